/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mmap: a buffer in the address space of the CPU, a user's or the kernel's.
 */
#ifndef _CMM_MMAP_H
#define _CMM_MMAP_H

#include <linux/types.h>

struct cmm_buffer;
struct vm_area_struct;

int cmm_buffer_mmap(struct cmm_buffer *buffer, struct vm_area_struct *vma,
		    bool read_only);
void *cmm_buffer_vmap(struct cmm_buffer *buffer);
void cmm_buffer_vunmap(struct cmm_buffer *buffer);

#endif /* _CMM_MMAP_H */
