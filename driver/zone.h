/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Zone: one reserved physical range that buffers are allocated from.
 *
 * A zone can outlive its platform device. It is refcounted by its own struct
 * device. The bound platform device, each open file on the node and each buffer
 * hold a reference. Unbinding unplugs the zone: new calls fail, existing
 * buffers keep working, and the range stays claimed until the last buffer is freed.
 *
 * Lock order: device_lock -> unplug_lock -> list of clients -> client -> mmap_lock or
 * dma_resv -> buffer mutex -> pool lock.
 * No user memory is accessed while any CMM lock is held.
 *
 * Only devices access the memory of a protected zone. The CPU does not map it,
 * clear it or maintain caches for it. Unless firmware clears the memory, the zone has
 * one owner: the first user to whom memory is allocated owns all of it until the
 * zone's end.
 */
#ifndef _CMM_ZONE_H
#define _CMM_ZONE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/rbtree.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <uapi/linux/cmm.h>

#include "address.h"
#include "cache.h"
#include "devices.h"
#include "history.h"
#include "pool.h"
#include "region.h"

/**
 * struct cmm_scrubber - a zone's thread that clears free memory
 * @task: the thread, from cmm_scrub_start() to cmm_scrub_stop()
 * @cursor: where the next search starts; used by the thread only
 * @lock: held while a page is cleared
 */
struct cmm_scrubber {
	struct task_struct *task;
	u64 cursor;
	spinlock_t lock;	/* serialises clearing a page and waiting for it */
};

/**
 * struct cmm_zone - a zone
 * @dev: the node's device. It also represents the CPU in the DMA API. It is never
 *	bound to a driver, so CMM can choose its coherency. It holds a reference to
 *	the device-tree node that drivers may refer to.
 * @cdev: the node /dev/cmm/<name>
 * @region: the physical range, claimed
 * @flags: CMM_ZONE_* as declared in the device tree
 * @vaddr: cacheable kernel mapping of the whole range, NULL if it is protected
 * @cache: how to flush the caches for it
 * @devices: the devices that may be mapped on request
 * @unplug_lock: read-locked by calls that create objects, write-locked to set
 *	@unplugged
 * @unplugged: the platform device is unbound; under @unplug_lock
 * @pool: the memory. Its lock also protects @buffers, @next_id, @addresses and
 *	@history, so that a buffer and its memory appear and disappear in one step.
 * @scrubber: clears dirty free memory in the background
 * @buffers: tree of all live buffers by id, the newest (largest id) first
 * @addresses: current device addresses of the buffers
 * @history: buffers and mappings that have ended
 * @next_id: the next buffer's id
 */
struct cmm_zone {
	struct device dev;
	struct cdev cdev;
	struct cmm_region region;
	u32 flags;
	void *vaddr;
	struct cmm_cache cache;
	struct cmm_devices devices;

	struct rw_semaphore unplug_lock;
	bool unplugged;

	struct cmm_pool pool;
	struct cmm_scrubber scrubber;
	/* Under the pool's lock: */
	struct rb_root_cached buffers;
	u64 next_id;
	struct cmm_addresses addresses;
	struct cmm_history history;
};

static inline const char *cmm_zone_name(const struct cmm_zone *zone)
{
	return zone->region.name;
}

static inline bool cmm_zone_is_protected(const struct cmm_zone *zone)
{
	return zone->flags & CMM_ZONE_PROTECTED;
}

struct cmm_zone *cmm_zone_create(struct device *parent,
				 const struct cmm_region *region, u32 flags,
				 u64 quota);
struct cmm_zone *cmm_zone_get(struct cmm_zone *zone);
void cmm_zone_put(struct cmm_zone *zone);

int cmm_zone_enter(struct cmm_zone *zone);
void cmm_zone_exit(struct cmm_zone *zone);
int cmm_zone_check_alive(struct cmm_zone *zone);
void cmm_zone_unplug(struct cmm_zone *zone);

#endif /* _CMM_ZONE_H */
