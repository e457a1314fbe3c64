/* SPDX-License-Identifier: MIT */
/*
 * vim2m, the kernel's virtual image processor: it reads a frame of RGB565 from a
 * dma-buf and writes it mirrored, left to right, to another one.
 *
 * Unless it says otherwise, a function returns 0 or a negative errno.
 */
#ifndef M2M_H
#define M2M_H

#include <stdint.h>

/* Opens its node, for frames of that size; a descriptor. -ENOENT: no vim2m. */
int m2m_open(uint32_t width, uint32_t height);
/* Returns when the frame is done, and the processor has let go of both. */
int m2m_mirror(int m2m, int from, int to, uint32_t frame_len);

#endif /* M2M_H */
