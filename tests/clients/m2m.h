/* SPDX-License-Identifier: MIT */
/*
 * vim2m, the kernel's virtual image processor. It reads a frame in RGB565 from a dma-buf
 * and writes it to another dma-buf, mirrored left to right.
 */
#ifndef M2M_H
#define M2M_H

#include <stdint.h>

/*
 * Opens the processor's node for frames of that size. Returns a descriptor, or a negative
 * errno: -ENOENT if the kernel has no vim2m.
 */
int m2m_open(uint32_t width, uint32_t height);
/*
 * Mirrors a frame. Returns 0 or a negative errno after the processor has released both
 * buffers.
 */
int m2m_mirror(int m2m, int from, int to, uint32_t frame_len);

#endif /* M2M_H */
