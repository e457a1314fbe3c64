/* SPDX-License-Identifier: MIT */
/*
 * A DRM driver's node, and PRIME: the driver as an importer of dma-bufs. Each
 * function asserts that it succeeds.
 */
#ifndef CARD_H
#define CARD_H

#include <stdint.h>

/* Opens the first node of a driver; skips the test if the kernel has none. */
int card_open(const char *driver);

/* PRIME: a handle for a dma-buf, a dma-buf for a handle. */
uint32_t fd_to_handle(int card, int fd);
int handle_to_fd(int card, uint32_t handle);

#endif /* CARD_H */
