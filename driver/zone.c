// SPDX-License-Identifier: GPL-2.0
/*
 * Zone: life cycle, accounting, and the calls that take and give back extents.
 * The model and the lock order are told in zone.h.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "cache.h"
#include "zone.h"

/*
 * From this size on an extent is aligned so that page tables, the CPU's and an
 * IOMMU's, can map it in blocks; below, the alignment would fragment the zone.
 */
#define CMM_BLOCK_ALIGN_FROM	(4 * PMD_SIZE)

static inline struct cmm_zone *to_zone(struct device *dev)
{
	return container_of(dev, struct cmm_zone, dev);
}

/* What is not in the linear map gets one mapping for the zone's life. */
static void *map_region(const struct cmm_region *region)
{
	if (region->kind == CMM_KIND_LINEAR)
		return phys_to_virt(region->start);
	return memremap(region->start, region->size, MEMREMAP_WB);
}

static void unmap_region(struct cmm_zone *zone)
{
	if (zone->region.kind != CMM_KIND_LINEAR && zone->vaddr)
		memunmap(zone->vaddr);
}

/* No buffer, no open file and no platform device is left. */
static void zone_release(struct device *dev)
{
	struct cmm_zone *zone = to_zone(dev);

	cmm_cache_exit(zone);
	unmap_region(zone);
	cmm_region_release(&zone->region);
	kfree(zone);
}

/**
 * cmm_zone_create() - make a zone of a region
 * @parent: the device that brings the zone, for messages
 * @region: a region that passed the checks in region.c; copied
 * @flags: CMM_ZONE_* bits
 *
 * Return: a zone with one reference and without a node, or an ERR_PTR with a
 * message.
 */
struct cmm_zone *cmm_zone_create(struct device *parent,
				 const struct cmm_region *region, u32 flags)
{
	struct cmm_zone *zone;
	int ret;

	zone = kzalloc(sizeof(*zone), GFP_KERNEL);
	if (!zone)
		return ERR_PTR(-ENOMEM);

	zone->region = *region;
	ret = cmm_region_claim(parent, &zone->region);
	if (ret) {
		kfree(zone);
		return ERR_PTR(ret);
	}

	zone->flags = flags;
	zone->dma_base = DMA_MAPPING_ERROR;
	init_rwsem(&zone->gate);
	spin_lock_init(&zone->lock);
	INIT_LIST_HEAD(&zone->buffers);
	cmm_extents_init(&zone->extents);
	cmm_extents_set_lock(&zone->extents, &zone->lock);
	device_initialize(&zone->dev);
	zone->dev.release = zone_release;
	/* From here on the last reference frees the zone and its claim. */

	ret = dev_set_name(&zone->dev, "%s", region->name);
	if (ret)
		goto put_zone;
	zone->vaddr = map_region(region);
	if (!zone->vaddr) {
		ret = dev_err_probe(parent, -ENOMEM,
				    "zone '%s': no kernel address space to map it\n",
				    region->name);
		goto put_zone;
	}
	ret = cmm_cache_init(parent, zone);
	if (ret)
		goto put_zone;

	spin_lock(&zone->lock);
	ret = cmm_extents_add_range(&zone->extents, &zone->range,
				    region->start, region->size);
	spin_unlock(&zone->lock);
	if (ret)
		goto put_zone;
	return zone;

put_zone:
	cmm_zone_put(zone);
	return ERR_PTR(ret);
}

/**
 * cmm_zone_get() - take a reference
 * @zone: a zone that the caller has a reference to already
 *
 * Return: @zone.
 */
struct cmm_zone *cmm_zone_get(struct cmm_zone *zone)
{
	get_device(&zone->dev);
	return zone;
}

/**
 * cmm_zone_put() - drop a reference
 * @zone: the zone; not to be used any more. May sleep.
 */
void cmm_zone_put(struct cmm_zone *zone)
{
	put_device(&zone->dev);
}

/**
 * cmm_zone_enter() - begin a call on the zone's node
 * @zone: the zone
 *
 * Until cmm_zone_exit() the zone stays alive: cmm_zone_kill() waits. So
 * nothing that depends on a user's memory may happen in between.
 *
 * Return: 0, or -ENODEV if the platform device is unbound.
 */
int cmm_zone_enter(struct cmm_zone *zone)
{
	down_read(&zone->gate);
	if (!zone->dead)
		return 0;
	up_read(&zone->gate);
	return -ENODEV;
}

/**
 * cmm_zone_exit() - end what cmm_zone_enter() began
 * @zone: the zone
 */
void cmm_zone_exit(struct cmm_zone *zone)
{
	up_read(&zone->gate);
}

/**
 * cmm_zone_kill() - let nothing new begin, and wait for what is under way
 * @zone: the zone
 */
void cmm_zone_kill(struct cmm_zone *zone)
{
	down_write(&zone->gate);
	zone->dead = true;
	up_write(&zone->gate);
}

static u64 zone_used(const struct cmm_zone *zone)
{
	return zone->extents.total - zone->extents.free;
}

static void fill_usage(const struct cmm_zone *zone, struct cmm_usage *usage)
{
	lockdep_assert_held(&zone->lock);
	*usage = (struct cmm_usage) {
		.total = zone->extents.total,
		.used = zone_used(zone),
		.peak = zone->peak,
		.largest_free = cmm_extents_largest_free(&zone->extents),
		.buffers = zone->buffer_count,
	};
}

/* All or none at one alignment. */
static int insert_all(struct cmm_zone *zone, struct cmm_extent **extents,
		      unsigned int count, u64 size, u64 align)
{
	unsigned int n;
	int ret = 0;

	for (n = 0; n < count; n++) {
		ret = cmm_extents_insert(&zone->extents, extents[n], size,
					 align);
		if (ret)
			break;
	}
	while (ret && n)
		cmm_extents_remove(&zone->extents, extents[--n]);
	return ret;
}

/* The block alignment is a preference, never a reason to fail. */
static int take_locked(struct cmm_zone *zone, struct cmm_extent **extents,
		       unsigned int count, u64 size, u64 align)
{
	lockdep_assert_held(&zone->lock);
	if (size > zone->extents.total)
		return -EFBIG;
	if (size * count > zone->extents.free)
		return -ENOSPC;
	if (size >= CMM_BLOCK_ALIGN_FROM && align < PMD_SIZE &&
	    !insert_all(zone, extents, count, size, PMD_SIZE))
		return 0;
	return insert_all(zone, extents, count, size, align);
}

/**
 * cmm_zone_take() - take equal extents, all or none
 * @zone: the zone
 * @extents: @count nodes of the caller's
 * @count: extents wanted
 * @size: bytes of each, whole pages
 * @align: alignment of each physical address, at least a page; large extents
 *	get PMD_SIZE where that is to be had
 * @shortage: the zone's state at the moment of a failure
 *
 * Return: 0, -EFBIG if @size is more than the zone has, -ENOSPC if @count times
 * @size is more than what is free, or -ENOBUFS if it is not, but does not fit.
 */
int cmm_zone_take(struct cmm_zone *zone, struct cmm_extent **extents,
		  unsigned int count, u64 size, u64 align,
		  struct cmm_usage *shortage)
{
	int ret;

	spin_lock(&zone->lock);
	ret = take_locked(zone, extents, count, size, align);
	if (ret)
		fill_usage(zone, shortage);
	zone->peak = max(zone->peak, zone_used(zone));
	spin_unlock(&zone->lock);
	return ret;
}

/**
 * cmm_zone_give_back() - give one extent back
 * @zone: the zone
 * @extent: taken with cmm_zone_take()
 */
void cmm_zone_give_back(struct cmm_zone *zone, struct cmm_extent *extent)
{
	spin_lock(&zone->lock);
	cmm_extents_remove(&zone->extents, extent);
	spin_unlock(&zone->lock);
}

/**
 * cmm_zone_usage() - say how full a zone is
 * @zone: the zone
 * @usage: filled in
 */
void cmm_zone_usage(struct cmm_zone *zone, struct cmm_usage *usage)
{
	spin_lock(&zone->lock);
	fill_usage(zone, usage);
	spin_unlock(&zone->lock);
}

/**
 * cmm_zone_check() - verify the extents' invariants
 * @zone: the zone
 *
 * Return: true if all hold.
 */
bool cmm_zone_check(struct cmm_zone *zone)
{
	bool ok;

	spin_lock(&zone->lock);
	ok = cmm_extents_check(&zone->extents);
	spin_unlock(&zone->lock);
	return ok;
}
