// SPDX-License-Identifier: GPL-2.0
/*
 * Vmap: the kernel's mapping of a buffer.
 *
 * The kernel sees a cached buffer through the zone's mapping; a write-combined
 * one gets a mapping of its own at its first use, because after it was cleared
 * nobody may touch it through a cacheable address.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "buffer.h"
#include "sync.h"
#include "vmap.h"

/* The zone's pages once more, besides the linear map. */
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

static void *map_wc(const struct cmm_buffer *buffer)
{
	if (buffer->zone->region.kind == CMM_KIND_LINEAR)
		return vmap_pages_wc(buffer);
	return memremap(buffer->allocation.extent.start,
			buffer->allocation.extent.size, MEMREMAP_WC);
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
		cmm_sync_note_cpu_mapping(buffer);
		return cmm_buffer_vaddr(buffer);
	}

	mutex_lock(&buffer->lock);
	if (!buffer->wc_vaddr)
		buffer->wc_vaddr = map_wc(buffer);
	vaddr = buffer->wc_vaddr;
	mutex_unlock(&buffer->lock);
	return vaddr;
}
