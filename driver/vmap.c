// SPDX-License-Identifier: GPL-2.0
/*
 * Vmap: the kernel's mapping of a dma_buf.
 *
 * The zone's own mapping serves cached buffers. A write-combined buffer gets a mapping
 * of its own at the first use: nothing may access it through a cacheable address after
 * it was cleared. All views of the buffer share this mapping.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "buffer.h"
#include "sync.h"
#include "vmap.h"

/* A second mapping of pages that are in the linear map. */
static void *vmap_pages_wc(const struct cmm_buffer *buffer)
{
	struct page *page =
		pfn_to_page(PHYS_PFN(buffer->allocation.extent.start));
	unsigned int i, count = buffer->allocation.extent.size >> PAGE_SHIFT;
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

static void *vmap_wc(const struct cmm_buffer *buffer)
{
	if (buffer->zone->region.kind == CMM_KIND_LINEAR)
		return vmap_pages_wc(buffer);
	return memremap(buffer->allocation.extent.start,
			buffer->allocation.extent.size, MEMREMAP_WC);
}

/**
 * cmm_vmap() - get the kernel's address of a dma_buf
 * @dmabuf: the dma_buf
 *
 * Return: an address that is valid as long as the buffer, or NULL if memory for page
 * tables ran out.
 */
void *cmm_vmap(const struct cmm_dmabuf *dmabuf)
{
	struct cmm_buffer *buffer = dmabuf->buffer;
	void *vaddr;

	if (!cmm_buffer_is_wc(buffer)) {
		cmm_sync_note_cpu_mapping(buffer);
		return cmm_buffer_vaddr(buffer) + dmabuf->part.offset;
	}

	mutex_lock(&buffer->lock);
	if (!buffer->wc_vaddr)
		buffer->wc_vaddr = vmap_wc(buffer);
	vaddr = buffer->wc_vaddr;
	mutex_unlock(&buffer->lock);
	return vaddr ? vaddr + dmabuf->part.offset : NULL;
}
