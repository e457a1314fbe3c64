/* SPDX-License-Identifier: MIT */
/*
 * Memory from the kernel's dma-heaps and from udmabuf, in place of a zone: for
 * development on a PC. cmm_zone_open() uses it only for an explicit name.
 */
#ifndef CMM_HEAP_H
#define CMM_HEAP_H

#include <stddef.h>

#include <cmm.h>

/*
 * Opens "heap:NAME" or "udmabuf:". Returns 0, or -1 with errno set, or 1 if @name is
 * something else.
 */
int heap_open(struct cmm_zone *zone, const char *name);

/*
 * Allocates a buffer with the arguments of cmm_buf_alloc(). *@len is rounded up to whole
 * pages. Returns its descriptor, or -1.
 */
int heap_alloc(const struct cmm_zone *zone, size_t *len, size_t align,
	       unsigned int flags, const char *name);

#endif /* CMM_HEAP_H */
