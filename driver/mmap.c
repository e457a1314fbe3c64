// SPDX-License-Identifier: GPL-2.0
/*
 * Mmap: CPU mappings of a buffer.
 *
 * A user mapping is complete when mmap() returns: it never faults, and needs
 * no object of its own, since it holds the dma-buf's file. One that can be
 * written, now or after mprotect(), is counted, and so is each copy and each part
 * of it, for who wants to seal the buffer. The kernel sees a
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

static void writable_open(struct vm_area_struct *vma)
{
	/* Not sealed, as this is a copy or a part of what prevents that. */
	cmm_buffer_add_writer(vma->vm_private_data);
}

static void writable_close(struct vm_area_struct *vma)
{
	cmm_buffer_remove_writer(vma->vm_private_data);
}

/* A mapping that can be written; its file holds the buffer. */
static const struct vm_operations_struct writable_ops = {
	.open = writable_open,
	.close = writable_close,
};

/*
 * Let a mapping be written, or see to it that it never is. What the dma-buf's
 * own file allows is not enough to know: a driver may map a dma-buf that it
 * imported through a file of its own.
 */
static int admit_writing(struct cmm_buffer *buffer, struct vm_area_struct *vma,
			 bool read_only)
{
	if (vma->vm_flags & VM_MAYWRITE && !read_only &&
	    !cmm_buffer_add_writer(buffer)) {
		vma->vm_private_data = buffer;
		vma->vm_ops = &writable_ops;
		return 0;
	}
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	vm_flags_mod(vma, 0, VM_MAYWRITE);
	return 0;
}

/* Who calls mmap() for us does not close what failed. */
static void withdraw_writing(struct cmm_buffer *buffer,
			     struct vm_area_struct *vma)
{
	if (vma->vm_ops != &writable_ops)
		return;
	vma->vm_ops = NULL;
	cmm_buffer_remove_writer(buffer);
}

/**
 * cmm_buffer_mmap() - map a part of a buffer for a user
 * @buffer: the buffer
 * @vma: where, and from which page on; the dma-buf core has checked that it
 *	ends inside the buffer
 * @read_only: it must not be written
 *
 * Return: 0, -EINVAL for a private mapping (a copy on write of device memory
 * makes no sense), -EACCES for an executable one and for a writable one if the
 * buffer is sealed or this must not be written, or -ENOMEM.
 */
int cmm_buffer_mmap(struct cmm_buffer *buffer, struct vm_area_struct *vma,
		    bool read_only)
{
	unsigned long pfn = PHYS_PFN(buffer->grant.extent.start) + vma->vm_pgoff;
	int ret;

	/* VM_SHARED is only set where the file may be written. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;
	ret = admit_writing(buffer, vma, read_only);
	if (ret)
		return ret;

	/* Neither to grow past the buffer, nor in core dumps, nor code. */
	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP, VM_MAYEXEC);
	if (cmm_buffer_is_wc(buffer))
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else
		note_cpu_mapping(buffer);

	ret = remap_pfn_range(vma, vma->vm_start, pfn,
			      vma->vm_end - vma->vm_start, vma->vm_page_prot);
	if (ret)
		withdraw_writing(buffer, vma);
	return ret;
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
