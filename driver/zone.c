// SPDX-License-Identifier: GPL-2.0
/*
 * Zone: life cycle. The model and the lock order are in zone.h.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/of.h>
#include <linux/slab.h>

#include "zone.h"

static inline struct cmm_zone *to_zone(struct device *dev)
{
	return container_of(dev, struct cmm_zone, dev);
}

/* A range outside the linear map gets one mapping for the zone's lifetime. */
static void *zone_map_region(const struct cmm_region *region)
{
	if (region->kind == CMM_KIND_LINEAR)
		return phys_to_virt(region->start);
	return memremap(region->start, region->size, MEMREMAP_WB);
}

/* Map the memory for the CPU, and set up cache maintenance for devices. */
static int zone_map(struct device *parent, struct cmm_zone *zone)
{
	zone->vaddr = zone_map_region(&zone->region);
	if (!zone->vaddr)
		return dev_err_probe(parent, -ENOMEM,
				     "zone '%s': no kernel address space to map it\n",
				     zone->region.name);
	zone->cache.vaddr = zone->vaddr;
	return cmm_cache_init(&zone->cache, parent,
			      zone->flags & CMM_ZONE_COHERENT);
}

static void zone_unmap_region(struct cmm_zone *zone)
{
	if (zone->region.kind != CMM_KIND_LINEAR && zone->vaddr)
		memunmap(zone->vaddr);
}

/* Called when no buffer, open file or platform device is left. */
static void zone_release(struct device *dev)
{
	struct cmm_zone *zone = to_zone(dev);

	cmm_devices_release(&zone->devices);
	of_node_put(dev->of_node);
	zone_unmap_region(zone);
	cmm_history_free(&zone->history);
	cmm_region_release(&zone->region);
	cmm_pool_destroy(&zone->pool);
	kfree(zone);
}

/* Memory that nothing clears must not pass from one user to another. */
static bool zone_is_exclusive(u32 flags)
{
	return (flags & (CMM_ZONE_PROTECTED | CMM_ZONE_FIRMWARE_CLEARS)) ==
	       CMM_ZONE_PROTECTED;
}

/**
 * cmm_zone_create() - create a zone from a region
 * @parent: the zone's platform device, for messages
 * @region: a region that passed the checks in region.c; copied
 * @flags: CMM_ZONE_* bits
 * @quota: bytes that each user may have, or 0
 *
 * Return: a zone with one reference and without a node. On failure, an ERR_PTR,
 * and a message is logged.
 */
struct cmm_zone *cmm_zone_create(struct device *parent,
				 const struct cmm_region *region, u32 flags,
				 u64 quota)
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
	init_rwsem(&zone->unplug_lock);
	zone->buffers = RB_ROOT_CACHED;
	cmm_addresses_init(&zone->addresses);
	zone->cache.dev = &zone->dev;
	zone->cache.region = &zone->region;
	spin_lock_init(&zone->scrubber.lock);
	device_initialize(&zone->dev);
	zone->dev.release = zone_release;
	zone->dev.of_node = of_node_get(parent->of_node);
	/* From here on, dropping the last reference frees the zone and its claim. */

	ret = dev_set_name(&zone->dev, "%s", region->name);
	if (ret)
		goto put_zone;
	if (!cmm_zone_is_protected(zone))
		ret = zone_map(parent, zone);
	if (!ret)
		ret = cmm_pool_init(&zone->pool, region->start, region->size,
				    quota, zone_is_exclusive(flags));
	if (!ret)
		ret = cmm_history_init(&zone->history);
	if (ret)
		goto put_zone;
	return zone;

put_zone:
	cmm_zone_put(zone);
	return ERR_PTR(ret);
}

struct cmm_zone *cmm_zone_get(struct cmm_zone *zone)
{
	get_device(&zone->dev);
	return zone;
}

/* May sleep. */
void cmm_zone_put(struct cmm_zone *zone)
{
	put_device(&zone->dev);
}

/**
 * cmm_zone_enter() - begin a call on the zone's node
 * @zone: the zone
 *
 * The zone stays alive until cmm_zone_exit(), because cmm_zone_unplug() waits for
 * it. Don't access user memory in between.
 *
 * Return: 0, or -ENODEV if the platform device is unbound.
 */
int cmm_zone_enter(struct cmm_zone *zone)
{
	down_read(&zone->unplug_lock);
	if (!zone->unplugged)
		return 0;
	up_read(&zone->unplug_lock);
	return -ENODEV;
}

void cmm_zone_exit(struct cmm_zone *zone)
{
	up_read(&zone->unplug_lock);
}

/**
 * cmm_zone_check_alive() - check that the platform device is bound
 * @zone: the zone
 *
 * Return: 0 or -ENODEV. The result may be stale when the call returns.
 */
int cmm_zone_check_alive(struct cmm_zone *zone)
{
	int ret = cmm_zone_enter(zone);

	if (!ret)
		cmm_zone_exit(zone);
	return ret;
}

/* Refuse new calls, and wait for running calls. */
void cmm_zone_unplug(struct cmm_zone *zone)
{
	down_write(&zone->unplug_lock);
	zone->unplugged = true;
	up_write(&zone->unplug_lock);
}
