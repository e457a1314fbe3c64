/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Zone: one reserved physical range that buffers are allocated from.
 *
 * A zone can outlive its platform device. It is refcounted by its own struct
 * device. The bound platform device, each open file on the node and each buffer
 * hold a reference. Unbinding marks the zone dead: new calls fail, existing
 * buffers keep working, and the range stays claimed until the last buffer is freed.
 *
 * Lock order: device_lock -> zone gate -> list of clients -> client -> mmap_lock or
 * dma_resv -> buffer mutex -> zone lock.
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
#include "zeromap.h"

/**
 * struct cmm_stats - counters since the zone was created
 * @allocations: buffers allocated
 * @too_large: requests refused because a buffer is larger than the zone
 * @other_owner: requests refused because another user owns the zone
 * @over_quota: requests refused because the user would exceed the quota
 * @full: requests refused because too little memory is free
 * @fragmented: requests refused because the free memory is not contiguous
 * @zeroed: bytes cleared during an allocation
 * @scrubbed: bytes cleared in the background
 */
struct cmm_stats {
	u64 allocations;
	u64 too_large;
	u64 other_owner;
	u64 over_quota;
	u64 full;
	u64 fragmented;
	u64 zeroed;
	u64 scrubbed;
};

/**
 * struct cmm_scrubber - a zone's thread that clears free memory
 * @task: the thread, from cmm_scrub_start() to cmm_scrub_stop()
 * @wake: wait queue of the thread
 * @cursor: where the next search starts; used by the thread only
 * @enabled: the thread may clear; otherwise memory is cleared when it is allocated
 * @pending: there may be dirty free memory; under the zone's lock
 * @granule: granule being cleared, or size 0; under the zone's lock
 * @lost: memory in @granule was allocated or freed since @granule was chosen; set
 *	under the zone's lock, also read under @lock
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
 * @dev: the node's device. It also represents the CPU in the DMA API. It is never
 *	bound to a driver, so CMM can choose its coherency. It holds a reference to
 *	the device-tree node that drivers may refer to.
 * @cdev: the node /dev/cmm/<name>
 * @region: the physical range, claimed
 * @flags: CMM_ZONE_* as declared by the zone's owner
 * @vaddr: cacheable kernel mapping of the whole range, NULL if it is protected
 * @devices: nodes of the devices that may be mapped on request; references
 * @device_count: number of @devices
 * @gate: read-locked by calls that create objects, write-locked to set @dead
 * @dead: the platform device is unbound; under @gate
 * @lock: protects the members below
 * @extents: allocated parts of the range; addresses are physical
 * @range: the region, in @extents
 * @zeromap: free memory that is known to be zero
 * @zero_bits: bitmap of @zeromap
 * @scrubber: clears dirty free memory in the background
 * @quotas: bytes charged to each user
 * @stats: counters
 * @buffers: tree of all live buffers by id, the newest (largest id) first
 * @buffer_count: number of @buffers
 * @addresses: current device addresses of the buffers
 * @history: buffers and mappings that have ended
 * @next_id: the next buffer's id
 * @peak: highest number of bytes in use since the zone was created
 * @owned: the zone has an owner, and no other user can allocate
 * @owner: the owner
 */
struct cmm_zone {
	struct device dev;
	struct cdev cdev;
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
	struct cmm_stats stats;
	struct rb_root_cached buffers;
	unsigned int buffer_count;
	struct cmm_addresses addresses;
	struct cmm_history history;
	u64 next_id;
	u64 peak;
	bool owned;
	kuid_t owner;
};

/**
 * struct cmm_usage - how full a zone is, at one moment
 * @total: bytes managed
 * @used: bytes in live buffers
 * @peak: highest value of @used
 * @free: bytes in no buffer
 * @largest_free: bytes of the largest free extent
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
 * struct cmm_request - a request to allocate extents
 * @count: extents wanted
 * @size: bytes of each, whole pages
 * @align: alignment of each physical address, at least a page; large extents
 *	get PMD_SIZE alignment if possible
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

/* Whether the extent overlaps the granule that the scrubber is clearing. */
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
