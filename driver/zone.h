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
 * Lock order: device_lock -> zone gate -> list of clients -> client -> mmap_lock or
 * dma_resv -> buffer mutex -> zone lock.
 * No user memory is touched with any of ours held.
 *
 * The memory of a protected zone is not the CPU's: it is not mapped, not cleared
 * and not kept coherent, and devices alone work on it. Unless somebody else
 * clears it, what a user has had stays his (reservation.h).
 */
#ifndef _CMM_ZONE_H
#define _CMM_ZONE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <uapi/linux/cmm.h>

#include "address.h"
#include "extent.h"
#include "history.h"
#include "quota.h"
#include "region.h"
#include "reservation.h"
#include "zeromap.h"

/**
 * struct cmm_stats - what happened in a zone since it was made
 * @allocations: buffers handed out
 * @too_large: requests refused because a buffer is larger than the zone
 * @over_quota: because the user would have more than his quota
 * @full: because less is free than was asked for
 * @fragmented: because it is free, but not in one piece
 * @zeroed: bytes cleared while somebody waited for them
 * @scrubbed: bytes cleared in the background
 */
struct cmm_stats {
	u64 allocations;
	u64 too_large;
	u64 over_quota;
	u64 full;
	u64 fragmented;
	u64 zeroed;
	u64 scrubbed;
};

/**
 * struct cmm_scrubber - a zone's thread that clears what is free
 * @task: the thread, from cmm_scrub_start() to cmm_scrub_stop()
 * @wake: where it waits for something to do
 * @cursor: where it looks next; its own
 * @enabled: it may work; else memory is cleared when it is allocated
 * @pending: there may be dirty free memory; under the zone's lock
 * @granule: what it clears the free memory of, or of size 0; under the zone's lock
 * @lost: something in @granule was taken or given back since it was chosen; set under
 *	the zone's lock, and read with @lock held as well
 * @lock: held while a page is cleared
 */
struct cmm_scrubber {
	struct task_struct *task;
	wait_queue_head_t wake;
	u64 cursor;
	bool enabled;
	bool pending;
	struct cmm_chunk granule;
	bool lost;
	spinlock_t lock;	/* serialises clearing a page and waiting for it */
};

/**
 * struct cmm_zone - a zone
 * @dev: the node's device, and the device that stands for the CPU in the DMA
 *	API: never bound to a driver, so that its coherency is ours to choose; has
 *	the device-tree node that drivers may name, one reference
 * @cdev: the node /dev/cmm/<name>
 * @listing: the zone's file in debugfs
 * @region: the physical range, claimed
 * @flags: CMM_ZONE_* as declared by the zone's owner
 * @vaddr: cacheable kernel mapping of the whole range, NULL if it is protected
 * @devices: nodes of the devices that may be mapped on request; references
 * @device_count: number of @devices
 * @gate: held for reading by calls that make something new, for writing to
 *	set @dead
 * @dead: the platform device is gone; under @gate
 * @lock: protects the members below
 * @extents: what of the range is taken; addresses are physical
 * @range: the region, in @extents
 * @zeromap: which of it is zero already
 * @zero_bits: the map's
 * @scrubber: clears the rest in the background
 * @quotas: who has how much
 * @reservations: who has had what, if that matters
 * @stats: counters
 * @buffers: tree of all live buffers, the newest first, which has the largest id
 * @buffer_count: number of @buffers
 * @addresses: where devices find them now
 * @history: which buffers and mappings there were
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
	struct device_node **devices;
	unsigned int device_count;

	struct rw_semaphore gate;
	bool dead;

	spinlock_t lock;	/* protects the rest */
	struct cmm_extents extents;
	struct cmm_range range;
	struct cmm_zeromap zeromap;
	unsigned long *zero_bits;
	struct cmm_scrubber scrubber;
	struct cmm_quotas quotas;
	struct cmm_reservations reservations;
	struct cmm_stats stats;
	struct rb_root_cached buffers;
	unsigned int buffer_count;
	struct cmm_addresses addresses;
	struct cmm_history history;
	u64 next_id;
	u64 peak;
};

/**
 * struct cmm_usage - how full a zone is, at one moment
 * @total: bytes managed
 * @used: bytes in live buffers
 * @peak: the highest that @used ever was
 * @free: bytes that could be had now: by anybody, or by him whose request failed
 * @largest_free: bytes of the largest extent of these
 * @clean: free bytes that are known to be zero
 * @buffers: number of live buffers
 */
struct cmm_usage {
	u64 total;
	u64 used;
	u64 peak;
	u64 free;
	u64 largest_free;
	u64 clean;
	unsigned int buffers;
};

/**
 * struct cmm_request - what is to be taken out of a zone
 * @count: extents wanted
 * @size: bytes of each, whole pages
 * @align: alignment of each physical address, at least a page; large extents
 *	get PMD_SIZE where that is to be had
 * @uid: the user who is charged
 */
struct cmm_request {
	unsigned int count;
	u64 size;
	u64 align;
	kuid_t uid;
};

static inline const char *cmm_zone_name(const struct cmm_zone *zone)
{
	return zone->region.name;
}

static inline bool cmm_zone_is_protected(const struct cmm_zone *zone)
{
	return zone->flags & CMM_ZONE_PROTECTED;
}

/* Whether the scrubber works on a granule that an extent has a part of. */
static inline bool
cmm_zone_is_scrubbing(const struct cmm_zone *zone,
		      const struct cmm_allocation *allocation)
{
	const struct cmm_chunk *granule = &zone->scrubber.granule;
	u64 start = allocation->extent.start - zone->region.start;

	lockdep_assert_held(&zone->lock);
	return granule->size && start < granule->offset + granule->size &&
	       granule->offset < start + allocation->extent.size;
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

struct cmm_account *cmm_zone_alloc(struct cmm_zone *zone,
				   struct cmm_allocation **allocations,
				   const struct cmm_request *request,
				   struct cmm_usage *shortage);
struct cmm_account *cmm_zone_free(struct cmm_zone *zone,
				  struct cmm_allocation *allocation,
				  struct cmm_account *account);

struct cmm_allocation *cmm_zone_find(const struct cmm_zone *zone, u64 addr);

void cmm_zone_reset(struct cmm_zone *zone);

void cmm_zone_usage(struct cmm_zone *zone, struct cmm_usage *usage);
void cmm_zone_stats(struct cmm_zone *zone, struct cmm_stats *stats);
u64 cmm_zone_quota(struct cmm_zone *zone);
u64 cmm_zone_charged(struct cmm_zone *zone, kuid_t uid);
void cmm_zone_set_quota(struct cmm_zone *zone, u64 limit);

#endif /* _CMM_ZONE_H */
