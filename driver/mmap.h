/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mmap: a user's mappings of a dma_buf.
 */
#ifndef _CMM_MMAP_H
#define _CMM_MMAP_H

#include <linux/types.h>

struct cmm_dmabuf;
struct vm_area_struct;

int cmm_mmap(struct cmm_dmabuf *dmabuf, struct vm_area_struct *vma);

#endif /* _CMM_MMAP_H */
