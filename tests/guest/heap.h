/* SPDX-License-Identifier: MIT */
/*
 * A zone's aliases in /dev/dma_heap, by the bare ioctl.
 *
 * Unless it says otherwise, a function returns 0 or a negative errno.
 */
#ifndef HEAP_H
#define HEAP_H

#include <stdbool.h>
#include <stdint.h>

#define HEAP_NAME	64

/*
 * An alias of ZONE, which nobody else has the node of, or with taken one that
 * somebody has: false if there is none.
 */
bool heap_alias(char name[HEAP_NAME], bool taken);
/* The n-th of the kernel's own heaps; false if there are no more. */
bool heap_of_kernel(unsigned int n, char name[HEAP_NAME]);

/* Opens /dev/dma_heap/<name> to read; a descriptor. */
int heap_open(const char *name);
/* One buffer with those flags of its descriptor; its descriptor. */
int heap_alloc(int heap, uint64_t len, uint32_t fd_flags);

#endif /* HEAP_H */
