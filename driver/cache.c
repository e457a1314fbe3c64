// SPDX-License-Identifier: GPL-2.0
/*
 * Cache: selects the way to flush a zone's memory. The model is in cache.h.
 */
#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/mm.h>

#include "cache.h"
#include "cacheops.h"
#include "region.h"

/* Whether the DMA API flushes the memory in one pass, after cache_prepare_dma(). */
static bool cache_dma_flushes(const struct cmm_cache *cache)
{
	return COMPAT_DMA_FLUSHES && cache->region->kind == CMM_KIND_LINEAR &&
	       !cmm_cacheops_available();
}

/*
 * Set up the zone's own device so that the DMA API maintains caches for it: the
 * device does not snoop and uses the direct mapping.
 */
static int cache_prepare_dma(const struct cmm_cache *cache,
			     struct device *parent)
{
	const struct cmm_region *region = cache->region;
	struct page *page = pfn_to_page(PHYS_PFN(region->start));
	dma_addr_t addr;
	int ret;

	dev_clear_dma_coherent(cache->dev);
	ret = dma_coerce_mask_and_coherent(cache->dev, DMA_BIT_MASK(64));
	if (ret)
		return dev_err_probe(parent, ret,
				     "zone '%s': the DMA API does not support 64 bit addresses\n",
				     region->name);

	addr = dma_map_page_attrs(cache->dev, page, 0, region->size,
				  DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
	if (!dma_mapping_error(cache->dev, addr)) {
		dma_unmap_page_attrs(cache->dev, addr, region->size,
				     DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
		/* A bounce buffer would have another address. */
		if (addr == region->start)
			return 0;
	}
	return dev_err_probe(parent, -EOPNOTSUPP,
			     "zone '%s': the DMA API would copy to bounce buffers; boot without swiotlb=force\n",
			     region->name);
}

/*
 * The map call does sync_for_device, which is the flush. The unmap call skips the
 * sync, since that would be a second pass, which invalidates.
 */
static void cache_flush_by_dma(const struct cmm_cache *cache, u64 offset,
			       u64 size)
{
	struct page *page = pfn_to_page(PHYS_PFN(cache->region->start + offset));
	dma_addr_t addr;

	/* Cannot fail: cache_prepare_dma() could map all of it. */
	addr = dma_map_page_attrs(cache->dev, page, offset_in_page(offset),
				  size, DMA_BIDIRECTIONAL, 0);
	if (!dma_mapping_error(cache->dev, addr))
		dma_unmap_page_attrs(cache->dev, addr, size, DMA_BIDIRECTIONAL,
				     DMA_ATTR_SKIP_CPU_SYNC);
}

/**
 * cmm_cache_init() - prepare to flush the caches for a zone's memory
 * @cache: filled in by the caller
 * @parent: for messages, and to check whether devices snoop by default
 * @coherent: the device tree says that all devices snoop
 *
 * Return: 0, or a negative errno with a message: -EOPNOTSUPP if devices may not
 * snoop and the caches cannot be flushed.
 */
int cmm_cache_init(struct cmm_cache *cache, struct device *parent,
		   bool coherent)
{
	if (cmm_cacheops_available())
		return 0;
	if (cache_dma_flushes(cache))
		return cache_prepare_dma(cache, parent);
	if (coherent || dev_is_dma_coherent(parent))
		return 0;
	return dev_err_probe(parent, -EOPNOTSUPP,
			     "zone '%s': this kernel and CPU cannot flush caches %swithout losing stores; if all devices snoop, add dma-coherent to the zone's node\n",
			     cache->region->name,
			     COMPAT_DMA_FLUSHES ? "of no-map memory " : "");
}

/**
 * cmm_cache_can_flush() - whether cmm_cache_flush() has an effect
 * @cache: the zone's
 *
 * A zone does not need flushes if all its devices snoop and all its CPU mappings are
 * cached.
 *
 * Return: false if cmm_cache_flush() does nothing.
 */
bool cmm_cache_can_flush(const struct cmm_cache *cache)
{
	return cmm_cacheops_available() || cache_dma_flushes(cache);
}

/**
 * cmm_cache_line() - the smallest unit of cache maintenance
 *
 * Return: bytes, a power of two and not more than a page.
 */
u64 cmm_cache_line(void)
{
	return cmm_cacheops_size();
}

/**
 * cmm_cache_flush() - clean and invalidate a range, in one pass
 * @cache: the zone's; the zone is not protected
 * @offset: first byte, the start of a line
 * @size: bytes, whole lines
 *
 * Loses no store of any CPU. Does not sleep.
 */
void cmm_cache_flush(const struct cmm_cache *cache, u64 offset, u64 size)
{
	if (cmm_cacheops_available())
		cmm_cacheops_flush(cache->vaddr + offset, size);
	else if (cache_dma_flushes(cache))
		cache_flush_by_dma(cache, offset, size);
}
