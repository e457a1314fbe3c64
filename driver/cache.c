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

/* Maintain by mapping and unmapping, each with its part of the work or not. */
static void map_and_unmap(struct cmm_zone *zone, u64 offset, u64 size,
			  enum dma_data_direction dir, unsigned long map_attrs,
			  unsigned long unmap_attrs)
{
	struct page *page = pfn_to_page(PHYS_PFN(zone->region.start + offset));
	dma_addr_t addr;

	/* Cannot fail: check_mapping() has seen that all is mapped as it is. */
	addr = dma_map_page_attrs(&zone->dev, page, offset_in_page(offset),
				  size, dir, map_attrs);
	if (!dma_mapping_error(&zone->dev, addr))
		dma_unmap_page_attrs(&zone->dev, addr, size, dir, unmap_attrs);
}

static int check_mapping(struct device *parent, struct cmm_zone *zone)
{
	const struct cmm_region *region = &zone->region;
	struct page *page = pfn_to_page(PHYS_PFN(region->start));
	dma_addr_t addr;
	int ret;

	/*
	 * Some architectures take every device for one that snoops. Whether a zone's
	 * devices do is for those to look at who ask for maintenance: write-combined
	 * mappings need it all the same.
	 */
	dev_clear_dma_coherent(&zone->dev);
	ret = dma_coerce_mask_and_coherent(&zone->dev, DMA_BIT_MASK(64));
	if (ret)
		return dev_err_probe(parent, ret,
				     "zone '%s': the DMA API does not support 64 bit addresses\n",
				     region->name);

	addr = dma_map_page_attrs(&zone->dev, page, 0, region->size,
				  DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
	if (!dma_mapping_error(&zone->dev, addr)) {
		dma_unmap_page_attrs(&zone->dev, addr, region->size,
				     DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
		/* A bounce buffer has another address. */
		if (addr == region->start)
			return 0;
	}
	return dev_err_probe(parent, -EOPNOTSUPP,
			     "zone '%s': the DMA API would bounce it; boot without swiotlb=force\n",
			     region->name);
}

/* Without instructions for it, all must be coherent as far as the kernel knows. */
static int check_lines(struct device *parent, struct cmm_zone *zone)
{
	if (cmm_lines_available() || zone->flags & CMM_ZONE_COHERENT ||
	    dev_is_dma_coherent(parent))
		return 0;
	return dev_err_probe(parent, -EOPNOTSUPP,
			     "zone '%s': this machine cannot maintain caches outside of the linear map; use a reserved-memory node without no-map\n",
			     zone->region.name);
}

/**
 * cmm_cache_init() - prepare to maintain a zone's memory
 * @parent: for messages, and to know whether devices snoop by default
 * @zone: a zone that is mapped, and whose device is initialised but not added
 *
 * Return: 0 or a negative errno, with a message.
 */
int cmm_cache_init(struct device *parent, struct cmm_zone *zone)
{
	if (zone->region.kind == CMM_KIND_LINEAR)
		return check_mapping(parent, zone);
	return check_lines(parent, zone);
}

/**
 * cmm_cache_can_flush() - whether the cache lets go of a zone's memory when told to
 * @zone: the zone
 *
 * A zone in which all devices snoop can do without, as long as the CPU's mappings
 * are cached.
 *
 * Return: false if cmm_cache_flush() does nothing, as far as that is known: in the
 * linear map it is the DMA API's business, which may know of no way on this CPU.
 */
bool cmm_cache_can_flush(struct cmm_zone *zone)
{
	/* Where the DMA API never maintains, no device can be made to need it. */
	return zone->region.kind == CMM_KIND_LINEAR ?
	       !dev_is_dma_coherent(&zone->dev) : cmm_lines_available();
}

/**
 * cmm_cache_line() - the least that can be maintained
 *
 * Return: bytes, a power of two and not more than a page.
 */
u64 cmm_cache_line(void)
{
	return dma_get_cache_alignment();
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
	if (zone->region.kind == CMM_KIND_LINEAR)
		map_and_unmap(zone, offset, size, DMA_TO_DEVICE, 0,
			      DMA_ATTR_SKIP_CPU_SYNC);
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
	if (zone->region.kind == CMM_KIND_LINEAR)
		map_and_unmap(zone, offset, size, DMA_FROM_DEVICE,
			      DMA_ATTR_SKIP_CPU_SYNC, 0);
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
	if (zone->region.kind == CMM_KIND_LINEAR)
		cmm_cache_clean(zone, offset, size);
	cmm_cache_invalidate(zone, offset, size);
}
