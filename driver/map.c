// SPDX-License-Identifier: GPL-2.0
/*
 * Map: calls of the DMA API. The model is told in map.h.
 *
 * An extent is mapped by one call, which never maintains caches, and is never
 * made for memory that the device can't address: the answer would be a copy.
 */
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swiotlb.h>

#include "buffer.h"
#include "cache.h"
#include "map.h"
#include "trace.h"

/**
 * cmm_map_is_translated() - whether an IOMMU gives a device its own addresses
 * @dev: the device
 *
 * Return: true if the DMA API maps for it through a translating IOMMU.
 */
bool cmm_map_is_translated(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && (domain->type & __IOMMU_DOMAIN_DMA_API);
}

/*
 * Whether a device without translation can address the whole extent itself.
 * Asked before the DMA API is, which would copy to a bounce buffer instead.
 */
static bool can_reach(struct device *dev, const struct cmm_extent *extent)
{
	dma_addr_t first = phys_to_dma(dev, extent->start);
	dma_addr_t last = first + extent->size - 1;

	if (compat_dma_takes_for_mmio(extent->start, extent->size) &&
	    first != extent->start)
		return false;
	return !is_swiotlb_force_bounce(dev) && first != DMA_MAPPING_ERROR &&
	       last <= min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
}

/**
 * cmm_map_snoops() - whether a device sees what is in the CPU's caches of an extent
 * @extent: the extent
 * @dev: the device
 *
 * Return: true if it snoops, and what it will be mapped by lets it.
 */
bool cmm_map_snoops(const struct cmm_extent *extent, struct device *dev)
{
	return dev_is_dma_coherent(dev) &&
	       !(cmm_map_is_translated(dev) &&
		 compat_dma_takes_for_mmio(extent->start, extent->size));
}

/* Whether nothing makes up for a device that does not snoop. */
static bool must_snoop(const struct cmm_zone *zone)
{
	if (zone->flags & CMM_ZONE_COHERENT)
		return true;
	return !cmm_zone_is_protected(zone) && !cmm_cache_can_flush(zone);
}

/**
 * cmm_map_check() - whether a buffer can be mapped for a device at all
 * @buffer: the buffer
 * @dev: the device
 *
 * Return: 0, or -EOPNOTSUPP if the device cannot address the buffer by itself and
 * no IOMMU helps it, or does not snoop though the zone is declared coherent or its
 * caches cannot be flushed.
 */
int cmm_map_check(const struct cmm_buffer *buffer, struct device *dev)
{
	if (!dev->dma_mask)
		return -EOPNOTSUPP;
	if (!cmm_map_is_translated(dev) &&
	    !can_reach(dev, &buffer->grant.extent))
		return -EOPNOTSUPP;
	if (!cmm_map_snoops(&buffer->grant.extent, dev) &&
	    must_snoop(buffer->zone))
		return -EOPNOTSUPP;
	return 0;
}

static struct cmm_map *find(const struct cmm_buffer *buffer,
			    const struct device *dev,
			    enum dma_data_direction dir)
{
	struct cmm_map *map;

	list_for_each_entry(map, &buffer->maps, link)
		if (map->dev == dev && map->dir == dir)
			return map;
	return NULL;
}

static struct cmm_map *map_extent(struct cmm_buffer *buffer, struct device *dev,
				  enum dma_data_direction dir)
{
	const struct cmm_extent *extent = &buffer->grant.extent;
	struct cmm_map *map;

	map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	if (!map)
		return ERR_PTR(-ENOMEM);
	map->addr = dma_map_phys(dev, extent->start, extent->size, dir,
				 DMA_ATTR_SKIP_CPU_SYNC);
	if (dma_mapping_error(dev, map->addr)) {
		kfree(map);
		return ERR_PTR(-ENOMEM);
	}

	map->buffer = buffer;
	map->dev = dev;
	map->dir = dir;
	map->translated = cmm_map_is_translated(dev);
	list_add(&map->link, &buffer->maps);
	spin_lock(&buffer->zone->lock);
	list_add(&map->zone_link, &buffer->zone->maps);
	spin_unlock(&buffer->zone->lock);
	if (dir != DMA_TO_DEVICE)
		buffer->writers++;
	return map;
}

/**
 * cmm_map_get() - map a buffer for a device, or have the mapping that is there
 * @buffer: the buffer, which passed cmm_map_check(); its mutex is held
 * @dev: the device
 * @dir: what the device may do
 *
 * Return: the mapping with one more reference, or an ERR_PTR: -EACCES if the
 * device would write and the buffer is sealed, or -ENOMEM.
 */
struct cmm_map *cmm_map_get(struct cmm_buffer *buffer, struct device *dev,
			    enum dma_data_direction dir)
{
	struct cmm_map *map;

	lockdep_assert_held(&buffer->lock);
	if (dir != DMA_TO_DEVICE && buffer->sealed)
		return ERR_PTR(-EACCES);
	map = find(buffer, dev, dir);
	if (!map)
		map = map_extent(buffer, dev, dir);
	if (!IS_ERR(map))
		map->users++;
	return map;
}

/*
 * Before the address is given up: the next mapping to have it is to be the newer
 * one, and what the device does there afterwards is later than the end.
 */
static void move_to_history(struct cmm_map *map)
{
	struct cmm_zone *zone = map->buffer->zone;
	struct cmm_record record;

	spin_lock(&zone->lock);
	list_del(&map->zone_link);
	cmm_map_record(map, &record);
	record.ended = ktime_get_boottime_ns();
	cmm_history_add(&zone->history, &record);
	spin_unlock(&zone->lock);
}

/**
 * cmm_map_put() - give a reference back; the last one ends the mapping
 * @buffer: the buffer; its mutex is held
 * @map: the mapping
 *
 * Return: whether it was the last.
 */
bool cmm_map_put(struct cmm_buffer *buffer, struct cmm_map *map)
{
	const struct cmm_extent *extent = &buffer->grant.extent;

	lockdep_assert_held(&buffer->lock);
	if (--map->users)
		return false;
	trace_cmm_unmap(buffer, map->dev, map->dir);
	move_to_history(map);
	compat_dma_unmap_phys(map->dev, extent->start, map->addr, extent->size,
			      map->dir, DMA_ATTR_SKIP_CPU_SYNC);
	if (map->dir != DMA_TO_DEVICE)
		buffer->writers--;
	list_del(&map->link);
	kfree(map);
	return true;
}

/**
 * cmm_map_record() - describe a mapping, as one that is there
 * @map: the mapping; the zone's lock is held
 * @record: filled in
 */
void cmm_map_record(const struct cmm_map *map, struct cmm_record *record)
{
	cmm_buffer_record(map->buffer, record);
	strscpy(record->device, dev_name(map->dev), sizeof(record->device));
	record->addr = map->addr;
	record->dir = map->dir;
	record->translated = map->translated;
}
