// SPDX-License-Identifier: GPL-2.0
/*
 * Mmap: CPU mappings of a buffer.
 *
 * A user mapping is complete when mmap() returns: it never faults, and needs
 * no object of its own, since it holds the dma-buf's file. The kernel sees a
 * cached buffer through the zone's mapping; a write-combined one gets a mapping
 * of its own at its first use, because after it was cleared nobody may touch
 * it through a cacheable address.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "buffer.h"
#include "mmap.h"

static void note_cpu_mapping(struct cmm_buffer *buffer)
{
	mutex_lock(&buffer->lock);
	buffer->cpu_touched = true;
	mutex_unlock(&buffer->lock);
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
	unsigned long pfn = PHYS_PFN(buffer->grant.extent.start) + vma->vm_pgoff;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;

	/* Neither to grow past the buffer, nor in core dumps, nor code. */
	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP, VM_MAYEXEC);
	if (cmm_buffer_is_wc(buffer))
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else
		note_cpu_mapping(buffer);

	return remap_pfn_range(vma, vma->vm_start, pfn,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

/* The zone's pages once more, besides the linear map. */
static void *vmap_pages_wc(const struct cmm_buffer *buffer)
{
	struct page *page = pfn_to_page(PHYS_PFN(buffer->grant.extent.start));
	unsigned int i, count = buffer->grant.extent.size >> PAGE_SHIFT;
	struct page **pages;
	void *vaddr;

	pages = kvmalloc_array(count, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	for (i = 0; i < count; i++)
		pages[i] = page + i;
	vaddr = vmap(pages, count, VM_MAP, pgprot_writecombine(PAGE_KERNEL));
	kvfree(pages);
	return vaddr;
}

static void *map_wc(const struct cmm_buffer *buffer)
{
	if (buffer->zone->region.kind == CMM_KIND_LINEAR)
		return vmap_pages_wc(buffer);
	return memremap(buffer->grant.extent.start, buffer->grant.extent.size,
			MEMREMAP_WC);
}

/**
 * cmm_buffer_vunmap() - undo what cmm_buffer_vmap() made, at the buffer's end
 * @buffer: the buffer; no address of it is in use any more
 */
void cmm_buffer_vunmap(struct cmm_buffer *buffer)
{
	if (!buffer->wc_vaddr)
		return;
	if (buffer->zone->region.kind == CMM_KIND_LINEAR)
		vunmap(buffer->wc_vaddr);
	else
		memunmap(buffer->wc_vaddr);
}

/**
 * cmm_buffer_vmap() - the buffer's address in the kernel
 * @buffer: the buffer
 *
 * Return: an address that is valid as long as the buffer, or NULL if memory
 * for page tables ran out.
 */
void *cmm_buffer_vmap(struct cmm_buffer *buffer)
{
	void *vaddr;

	if (!cmm_buffer_is_wc(buffer)) {
		note_cpu_mapping(buffer);
		return cmm_buffer_vaddr(buffer);
	}

	mutex_lock(&buffer->lock);
	if (!buffer->wc_vaddr)
		buffer->wc_vaddr = map_wc(buffer);
	vaddr = buffer->wc_vaddr;
	mutex_unlock(&buffer->lock);
	return vaddr;
}
