/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Heap: /dev/dma_heap/<alias>, a zone as programs written for the kernel's own
 * dma-heaps see it.
 *
 * The interface is linux/dma-heap.h and nothing else, whether or not the kernel
 * has heaps: a heap that is registered with the kernel could never be removed, so
 * these nodes, their class and their numbers are our own. A heap holds its zone
 * and belongs to the platform device while that is bound, and to each open file.
 */
#ifndef _CMM_HEAP_H
#define _CMM_HEAP_H

struct cmm_zone;
struct device;

int cmm_heaps_init(void);
void cmm_heaps_exit(void);

int cmm_heaps_add(struct device *dev, struct cmm_zone *zone);
void cmm_heaps_remove(struct cmm_zone *zone);

#endif /* _CMM_HEAP_H */
