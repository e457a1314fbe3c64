/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Zone: one reserved physical range that buffers are cut from.
 *
 * A zone outlives the platform device that brought it. Its life is the
 * reference count of its own struct device, which is held by the platform
 * device while that is bound, by each open file on the node, and by each
 * buffer. Unbinding only makes the zone unreachable ("dead"): buffers that
 * exist go on working, and the range stays claimed until the last is gone.
 *
 * Lock order: device_lock -> zone gate -> dma_resv -> buffer mutex -> zone lock.
 * No user memory is touched with any of them held.
 */
#ifndef _CMM_ZONE_H
#define _CMM_ZONE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <uapi/linux/cmm.h>

#include "extent.h"
#include "region.h"

/**
 * struct cmm_zone - a zone
 * @dev: the node's device, and the device that stands for the CPU in the DMA
 *	API: never bound to a driver, so that its coherency is ours to choose
 * @cdev: the node /dev/cmm/<name>
 * @listing: the zone's file in debugfs
 * @region: the physical range, claimed
 * @flags: CMM_ZONE_* as declared by the zone's owner
 * @vaddr: cacheable kernel mapping of the whole range
 * @dma_base: the range's address for @dev in the DMA API, by which cache
 *	maintenance goes; DMA_MAPPING_ERROR where it goes by @vaddr
 * @gate: held for reading by calls that make something new, for writing to
 *	set @dead
 * @dead: the platform device is gone; under @gate
 * @lock: protects the members below, and each buffer's list of attachments
 * @extents: what of the range is taken; addresses are physical
 * @range: the region, in @extents
 * @buffers: all live buffers, in the order of their ids
 * @buffer_count: number of @buffers
 * @next_id: the next buffer's id
 * @peak: the most bytes that were ever in use
 */
struct cmm_zone {
	struct device dev;
	struct cdev cdev;
	struct dentry *listing;
	struct cmm_region region;
	u32 flags;
	void *vaddr;
	dma_addr_t dma_base;

	struct rw_semaphore gate;
	bool dead;

	spinlock_t lock;	/* protects the rest */
	struct cmm_extents extents;
	struct cmm_range range;
	struct list_head buffers;
	unsigned int buffer_count;
	u64 next_id;
	u64 peak;
};

/**
 * struct cmm_usage - how full a zone is, at one moment
 * @total: bytes managed
 * @used: bytes in live buffers
 * @peak: the highest that @used ever was
 * @largest_free: bytes of the largest free extent
 * @buffers: number of live buffers
 */
struct cmm_usage {
	u64 total;
	u64 used;
	u64 peak;
	u64 largest_free;
	unsigned int buffers;
};

static inline const char *cmm_zone_name(const struct cmm_zone *zone)
{
	return zone->region.name;
}

struct cmm_zone *cmm_zone_create(struct device *parent,
				 const struct cmm_region *region, u32 flags);
struct cmm_zone *cmm_zone_get(struct cmm_zone *zone);
void cmm_zone_put(struct cmm_zone *zone);

int cmm_zone_enter(struct cmm_zone *zone);
void cmm_zone_exit(struct cmm_zone *zone);
void cmm_zone_kill(struct cmm_zone *zone);

int cmm_zone_take(struct cmm_zone *zone, struct cmm_extent **extents,
		  unsigned int count, u64 size, u64 align,
		  struct cmm_usage *shortage);
void cmm_zone_give_back(struct cmm_zone *zone, struct cmm_extent *extent);

void cmm_zone_usage(struct cmm_zone *zone, struct cmm_usage *usage);
bool cmm_zone_check(struct cmm_zone *zone);

#endif /* _CMM_ZONE_H */
