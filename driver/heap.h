/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Heap: /dev/dma_heap/<alias>, a zone for programs that use the kernel's dma-heaps.
 *
 * The interface is exactly linux/dma-heap.h, even on kernels without heaps. A heap
 * that is registered with the kernel can never be removed. So the driver has its own
 * nodes, class and device numbers.
 *
 * A heap holds a reference on its zone. The platform device, while it is bound, and
 * each open file hold a reference on the heap.
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
