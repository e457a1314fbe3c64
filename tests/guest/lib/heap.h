/* SPDX-License-Identifier: MIT */
/*
 * A zone's aliases in /dev/dma_heap, with direct ioctl calls.
 *
 * Functions return 0 or a negative errno unless documented otherwise.
 */
#ifndef HEAP_H
#define HEAP_H

#include <stdbool.h>
#include <stdint.h>

#define HEAP_NAME	64

/*
 * Finds an alias of ZONE that owns its heap node, or with taken one whose node
 * another heap owns. Returns false if there is none.
 */
bool heap_alias(char name[HEAP_NAME], bool taken);
/* The n-th of the kernel's own heaps; false if there are no more. */
bool heap_of_kernel(unsigned int n, char name[HEAP_NAME]);

/* Opens /dev/dma_heap/<name> to read; a descriptor. */
int heap_open(const char *name);
/* One buffer with those flags of its descriptor; its descriptor. */
int heap_alloc(int heap, uint64_t len, uint32_t fd_flags);

#endif /* HEAP_H */
