/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mmap: a user's mappings of a buffer.
 */
#ifndef _CMM_MMAP_H
#define _CMM_MMAP_H

#include <linux/types.h>

struct cmm_buffer;
struct vm_area_struct;

int cmm_buffer_mmap(struct cmm_buffer *buffer, struct vm_area_struct *vma,
		    bool read_only);

#endif /* _CMM_MMAP_H */
