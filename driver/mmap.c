// SPDX-License-Identifier: GPL-2.0
/*
 * Mmap: a user's mappings of a buffer.
 *
 * A mapping is complete when mmap() returns and never faults, but for what the
 * kernel can map by blocks: that is left to fault.c. It needs no object of its
 * own, since it holds the dma-buf's file.
 */
#include <linux/mm.h>

#include "buffer.h"
#include "fault.h"
#include "mmap.h"

/* Complete page tables for the addresses from @start to @end, exclusive. */
static int map_pages(const struct cmm_buffer *buffer,
		     struct vm_area_struct *vma, unsigned long start,
		     unsigned long end)
{
	if (start == end)
		return 0;
	return remap_pfn_range(vma, start, cmm_vma_pfn(buffer, vma, start),
			       end - start, cmm_vma_prot(vma));
}

/**
 * cmm_buffer_mmap() - map a part of a buffer for a user
 * @buffer: the buffer
 * @vma: where, and from which page on; the dma-buf core has checked that it
 *	ends inside the buffer
 *
 * Return: 0, -EINVAL for a private mapping (a copy on write of device memory
 * makes no sense), -EACCES for an executable one, or -ENOMEM.
 */
int cmm_buffer_mmap(struct cmm_buffer *buffer, struct vm_area_struct *vma)
{
	unsigned long first, end;
	int ret;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;

	/* Neither to grow past the buffer, nor in core dumps, nor code. */
	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP, VM_MAYEXEC);
	if (cmm_buffer_is_wc(buffer))
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else
		cmm_buffer_note_cpu_mapping(buffer);

	cmm_fault_prepare(buffer, vma, &first, &end);
	ret = map_pages(buffer, vma, vma->vm_start, first);
	return ret ?: map_pages(buffer, vma, end, vma->vm_end);
}
