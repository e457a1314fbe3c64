/* SPDX-License-Identifier: MIT */
/*
 * Mappings at chosen addresses, and so with blocks, or without, on kernels that
 * can map buffers by blocks.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"

/* What page tables can map in one entry, with pages of 4 KiB. */
#define BLOCK	(2 * MIB)

/* Whether this kernel can map buffers by blocks. */
bool has_blocks(void);

/*
 * Maps a part of a buffer where its address, modulo BLOCK, is shift more than
 * the physical one: blocks are possible if shift is 0.
 */
uint8_t *blocks_map(int node, int fd, size_t len, off_t offset, size_t shift,
		    int prot);

/* Allocates, maps with blocks only, and fills with a pattern. */
struct buffer blocks_alloc(int node, size_t len, uint64_t seed);

#endif /* BLOCKS_H */
