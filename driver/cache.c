// SPDX-License-Identifier: GPL-2.0
/*
 * Cache: which way a zone's memory is maintained. The model is in cache.h.
 */
#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/mm.h>

#include "cache.h"
#include "lines.h"
#include "zone.h"

static int map_zone(struct device *parent, struct cmm_zone *zone)
{
	const struct cmm_region *region = &zone->region;
	struct page *page = pfn_to_page(PHYS_PFN(region->start));
	int ret;

	ret = dma_coerce_mask_and_coherent(&zone->dev, DMA_BIT_MASK(64));
	if (ret)
		return dev_err_probe(parent, ret,
				     "zone '%s': the DMA API does not support 64 bit addresses\n",
				     region->name);

	zone->dma_base = dma_map_page_attrs(&zone->dev, page, 0, region->size,
					    DMA_BIDIRECTIONAL,
					    DMA_ATTR_SKIP_CPU_SYNC);
	/* A bounce buffer has another address. */
	if (dma_mapping_error(&zone->dev, zone->dma_base) ||
	    zone->dma_base != region->start)
		return dev_err_probe(parent, -EOPNOTSUPP,
				     "zone '%s': the DMA API would bounce it; boot without swiotlb=force\n",
				     region->name);
	return 0;
}

/* Without instructions for it, all must be coherent as far as the kernel knows. */
static int check_lines(struct device *parent, struct cmm_zone *zone)
{
	if (cmm_lines_available() || zone->flags & CMM_ZONE_COHERENT ||
	    dev_is_dma_coherent(&zone->dev))
		return 0;
	return dev_err_probe(parent, -EOPNOTSUPP,
			     "zone '%s': this machine cannot maintain caches outside of the linear map; use a reserved-memory node without no-map\n",
			     zone->region.name);
}

/**
 * cmm_cache_init() - prepare to maintain a zone's memory
 * @parent: for messages
 * @zone: a zone that is mapped, and whose device is initialised but not added
 *
 * Return: 0 or a negative errno, with a message.
 */
int cmm_cache_init(struct device *parent, struct cmm_zone *zone)
{
	if (zone->region.kind == CMM_KIND_LINEAR)
		return map_zone(parent, zone);
	return check_lines(parent, zone);
}

/**
 * cmm_cache_exit() - undo cmm_cache_init(), if it succeeded
 * @zone: the zone
 */
void cmm_cache_exit(struct cmm_zone *zone)
{
	if (zone->dma_base != DMA_MAPPING_ERROR)
		dma_unmap_page_attrs(&zone->dev, zone->dma_base,
				     zone->region.size, DMA_BIDIRECTIONAL,
				     DMA_ATTR_SKIP_CPU_SYNC);
}

/**
 * cmm_cache_clean() - what the CPU wrote is in memory from now on
 * @zone: the zone
 * @offset: first byte
 * @size: bytes
 *
 * For any direction of DMA: before 5.18, arm64 took DMA_FROM_DEVICE as leave to
 * throw the CPU's lines away.
 */
void cmm_cache_clean(struct cmm_zone *zone, u64 offset, u64 size)
{
	if (zone->dma_base != DMA_MAPPING_ERROR)
		dma_sync_single_range_for_device(&zone->dev, zone->dma_base,
						 offset, size, DMA_TO_DEVICE);
	else
		cmm_lines_flush(zone->vaddr + offset, size);
}

/**
 * cmm_cache_invalidate() - the CPU reads from memory from now on
 * @zone: the zone
 * @offset: first byte
 * @size: bytes
 *
 * What the CPU wrote and was not cleaned is lost, or not: that depends on how
 * the zone is maintained.
 */
void cmm_cache_invalidate(struct cmm_zone *zone, u64 offset, u64 size)
{
	if (zone->dma_base != DMA_MAPPING_ERROR)
		dma_sync_single_range_for_cpu(&zone->dev, zone->dma_base,
					      offset, size, DMA_FROM_DEVICE);
	else
		cmm_lines_flush(zone->vaddr + offset, size);
}

/**
 * cmm_cache_flush() - clean, and then invalidate
 * @zone: the zone
 * @offset: first byte
 * @size: bytes
 *
 * Nothing that the CPU wrote is lost. By line it is one pass over the range.
 */
void cmm_cache_flush(struct cmm_zone *zone, u64 offset, u64 size)
{
	if (zone->dma_base != DMA_MAPPING_ERROR)
		cmm_cache_clean(zone, offset, size);
	cmm_cache_invalidate(zone, offset, size);
}
