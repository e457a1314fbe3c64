// SPDX-License-Identifier: GPL-2.0
/*
 * Zone: life cycle, accounting, and allocation of extents. See zone.h for the model
 * and the lock order.
 */
#include <linux/bitmap.h>
#include <linux/capability.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/of.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/wait.h>

#include "cache.h"
#include "devices.h"
#include "zone.h"

/*
 * Extents of at least this size are aligned so that CPU and IOMMU page tables can
 * map them in blocks. Aligning smaller extents would fragment the zone.
 */
#define CMM_BLOCK_ALIGN_FROM	(4 * PMD_SIZE)

static inline struct cmm_zone *to_zone(struct device *dev)
{
	return container_of(dev, struct cmm_zone, dev);
}

/* A range outside the linear map gets one mapping for the zone's lifetime. */
static void *map_region(const struct cmm_region *region)
{
	if (region->kind == CMM_KIND_LINEAR)
		return phys_to_virt(region->start);
	return memremap(region->start, region->size, MEMREMAP_WB);
}

/* Map the memory for the CPU, and set up cache maintenance for devices. */
static int init_access(struct device *parent, struct cmm_zone *zone)
{
	zone->vaddr = map_region(&zone->region);
	if (!zone->vaddr)
		return dev_err_probe(parent, -ENOMEM,
				     "zone '%s': no kernel address space to map it\n",
				     zone->region.name);
	return cmm_cache_init(parent, zone);
}

static void unmap_region(struct cmm_zone *zone)
{
	if (zone->region.kind != CMM_KIND_LINEAR && zone->vaddr)
		memunmap(zone->vaddr);
}

/* Called when no buffer, open file or platform device is left. */
static void zone_release(struct device *dev)
{
	struct cmm_zone *zone = to_zone(dev);

	cmm_devices_release(zone);
	of_node_put(dev->of_node);
	unmap_region(zone);
	cmm_history_free(&zone->history);
	cmm_region_release(&zone->region);
	kvfree(zone->zero_bits);
	kfree(zone);
}

/* The range starts dirty: its contents are unknown. */
static int init_memory(struct cmm_zone *zone)
{
	const struct cmm_region *region = &zone->region;
	u64 granules = cmm_zeromap_granules(region->size);
	int ret;

	zone->zero_bits = kvcalloc(BITS_TO_LONGS(granules),
				   sizeof(*zone->zero_bits), GFP_KERNEL);
	if (!zone->zero_bits)
		return -ENOMEM;

	spin_lock(&zone->lock);
	cmm_zeromap_init(&zone->zeromap, &zone->extents, region->start,
			 region->size, zone->zero_bits);
	zone->scrubber.pending = true;
	ret = cmm_extents_add_range(&zone->extents, &zone->range,
				    region->start, region->size);
	spin_unlock(&zone->lock);
	return ret;
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
	init_rwsem(&zone->gate);
	spin_lock_init(&zone->lock);
	zone->buffers = RB_ROOT_CACHED;
	cmm_addresses_init(&zone->addresses);
	cmm_extents_init(&zone->extents);
	cmm_extents_set_lock(&zone->extents, &zone->lock);
	cmm_quotas_init(&zone->quotas, quota);
	init_waitqueue_head(&zone->scrubber.wake);
	spin_lock_init(&zone->scrubber.lock);
	device_initialize(&zone->dev);
	zone->dev.release = zone_release;
	zone->dev.of_node = of_node_get(parent->of_node);
	/* From here on, dropping the last reference frees the zone and its claim. */

	ret = dev_set_name(&zone->dev, "%s", region->name);
	if (ret)
		goto put_zone;
	if (!cmm_zone_is_protected(zone))
		ret = init_access(parent, zone);
	if (!ret)
		ret = init_memory(zone);
	if (!ret)
		ret = cmm_history_init(&zone->history);
	if (ret)
		goto put_zone;
	return zone;

put_zone:
	cmm_zone_put(zone);
	return ERR_PTR(ret);
}

/**
 * cmm_zone_get() - take a reference
 * @zone: a zone that the caller already holds a reference to
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
 * @zone: the zone; don't use it afterwards
 *
 * May sleep.
 */
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
	down_read(&zone->gate);
	if (!zone->dead)
		return 0;
	up_read(&zone->gate);
	return -ENODEV;
}

/**
 * cmm_zone_exit() - end a call begun with cmm_zone_enter()
 * @zone: the zone
 */
void cmm_zone_exit(struct cmm_zone *zone)
{
	up_read(&zone->gate);
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

/**
 * cmm_zone_unplug() - refuse new calls, and wait for running calls
 * @zone: the zone
 */
void cmm_zone_unplug(struct cmm_zone *zone)
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
		.free = zone->extents.free,
		.largest_free = cmm_extents_largest_free(&zone->extents),
		.clean = zone->zeromap.clean,
		.buffers = zone->buffer_count,
	};
}

/* Insert all extents at one alignment, or none. */
static int insert_all(struct cmm_zone *zone,
		      struct cmm_allocation **allocations, unsigned int count,
		      u64 size, u64 align)
{
	unsigned int n;
	int ret = 0;

	for (n = 0; n < count; n++) {
		ret = cmm_extents_insert_next(&zone->extents,
					      n ? &allocations[n - 1]->extent : NULL,
					      &allocations[n]->extent, size, align);
		if (ret)
			break;
	}
	while (ret && n)
		cmm_extents_remove(&zone->extents, &allocations[--n]->extent);
	return ret;
}

/* Block alignment is only a preference: fall back to the requested alignment. */
static int place(struct cmm_zone *zone, struct cmm_allocation **allocations,
		 const struct cmm_request *request)
{
	if (request->size * request->count > zone->extents.free)
		return -ENOSPC;
	if (request->size >= CMM_BLOCK_ALIGN_FROM &&
	    request->align < PMD_SIZE &&
	    !insert_all(zone, allocations, request->count, request->size,
			PMD_SIZE))
		return 0;
	/* Enough is free: if it does not fit, it is fragmented. */
	return insert_all(zone, allocations, request->count, request->size,
			  request->align) ? -ENOBUFS : 0;
}

/* Make the scrubber abandon its granule if the extent overlaps it. */
static void disturb_scrubber(struct cmm_zone *zone,
			     const struct cmm_allocation *allocation)
{
	if (cmm_zone_is_scrubbing(zone, allocation))
		WRITE_ONCE(zone->scrubber.lost, true);
}

static void count_refusal(struct cmm_stats *stats, int reason)
{
	switch (reason) {
	case -EFBIG:
		stats->too_large++;
		break;
	case -EBUSY:
		stats->other_owner++;
		break;
	case -EDQUOT:
		stats->over_quota++;
		break;
	case -ENOSPC:
		stats->full++;
		break;
	default:
		stats->fragmented++;
	}
}

/* Whether the current process is exempt from quotas. */
static bool is_above_quotas(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE);
}

/* Checking capabilities is slow, so do it only if the quota is exceeded. */
static struct cmm_account *charge(struct cmm_zone *zone,
				  const struct cmm_request *request, u64 size,
				  struct cmm_account **spare)
{
	struct cmm_account *account;

	account = cmm_quota_charge(&zone->quotas, request->uid, size, false,
				   spare);
	if (account || !is_above_quotas())
		return account;
	return cmm_quota_charge(&zone->quotas, request->uid, size, true, spare);
}

/* Memory that is never cleared must not pass from one user to another. */
static bool has_other_owner(const struct cmm_zone *zone, kuid_t uid)
{
	return zone->owned && !uid_eq(zone->owner, uid);
}

static void set_owner(struct cmm_zone *zone, kuid_t uid)
{
	if ((zone->flags & (CMM_ZONE_PROTECTED | CMM_ZONE_FIRMWARE_CLEARS)) !=
	    CMM_ZONE_PROTECTED)
		return;
	zone->owned = true;
	zone->owner = uid;
}

static struct cmm_account *alloc_locked(struct cmm_zone *zone,
					struct cmm_allocation **allocations,
					const struct cmm_request *request,
					struct cmm_account **spare)
{
	u64 size = request->size * request->count;
	struct cmm_account *account, *empty;
	unsigned int n;
	int ret;

	lockdep_assert_held(&zone->lock);
	if (request->size > zone->extents.total)
		return ERR_PTR(-EFBIG);
	if (has_other_owner(zone, request->uid))
		return ERR_PTR(-EBUSY);
	account = charge(zone, request, size, spare);
	if (!account)
		return ERR_PTR(-EDQUOT);
	ret = place(zone, allocations, request);
	if (ret) {
		empty = cmm_quota_uncharge(&zone->quotas, account, size);
		if (empty)
			*spare = empty;
		return ERR_PTR(ret);
	}

	set_owner(zone, request->uid);
	for (n = 0; n < request->count; n++) {
		cmm_zeromap_alloc(&zone->zeromap, allocations[n]);
		disturb_scrubber(zone, allocations[n]);
	}
	zone->peak = max(zone->peak, zone_used(zone));
	return account;
}

/**
 * cmm_zone_alloc() - allocate extents of equal size, all or none
 * @zone: the zone
 * @allocations: the caller's nodes, one for each requested extent
 * @request: the request
 * @shortage: on failure, may be set to the zone's state at that moment
 *
 * A process with CAP_SYS_RESOURCE may exceed the quota.
 *
 * Return: the charged account, or an ERR_PTR: -ENOMEM; -EFBIG if one extent is
 * larger than the zone; -EBUSY if another user owns the zone; -EDQUOT if the user
 * would exceed the quota; -ENOSPC if too little memory is free; -ENOBUFS if enough is
 * free but the extents do not fit.
 */
struct cmm_account *cmm_zone_alloc(struct cmm_zone *zone,
				   struct cmm_allocation **allocations,
				   const struct cmm_request *request,
				   struct cmm_usage *shortage)
{
	struct cmm_account *spare, *account;

	spare = kmalloc(sizeof(*spare), GFP_KERNEL_ACCOUNT);
	if (!spare)
		return ERR_PTR(-ENOMEM);

	spin_lock(&zone->lock);
	account = alloc_locked(zone, allocations, request, &spare);
	if (IS_ERR(account)) {
		count_refusal(&zone->stats, PTR_ERR(account));
		fill_usage(zone, shortage);
	}
	spin_unlock(&zone->lock);
	kfree(spare);
	return account;
}

/**
 * cmm_zone_free() - free one extent
 * @zone: the zone; its lock is held
 * @allocation: from cmm_zone_alloc()
 * @account: account that cmm_zone_alloc() returned
 *
 * Return: an account that the caller must free, or NULL.
 */
struct cmm_account *cmm_zone_free(struct cmm_zone *zone,
				  struct cmm_allocation *allocation,
				  struct cmm_account *account)
{
	lockdep_assert_held(&zone->lock);
	cmm_extents_remove(&zone->extents, &allocation->extent);
	cmm_zeromap_free(&zone->zeromap, allocation);
	disturb_scrubber(zone, allocation);
	if (!zone->scrubber.pending) {
		zone->scrubber.pending = true;
		wake_up(&zone->scrubber.wake);
	}
	return cmm_quota_uncharge(&zone->quotas, account,
				  allocation->extent.size);
}

/**
 * cmm_zone_find() - find the allocation that contains an address
 * @zone: the zone; its lock is held
 * @addr: physical address
 *
 * Return: an allocation from cmm_zone_alloc(), or NULL.
 */
struct cmm_allocation *cmm_zone_find(const struct cmm_zone *zone, u64 addr)
{
	struct cmm_extent *extent;

	lockdep_assert_held(&zone->lock);
	extent = cmm_extents_find(&zone->extents, addr);
	return extent ? container_of(extent, struct cmm_allocation, extent) :
			NULL;
}

/**
 * cmm_zone_reset() - mark all free memory dirty, because its contents are lost
 * @zone: the zone; no user and no scrubber may be running
 */
void cmm_zone_reset(struct cmm_zone *zone)
{
	spin_lock(&zone->lock);
	cmm_zeromap_reset(&zone->zeromap);
	zone->scrubber.pending = true;
	spin_unlock(&zone->lock);
	wake_up(&zone->scrubber.wake);
}

/**
 * cmm_zone_usage() - get the usage of a zone
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
 * cmm_zone_stats() - copy the counters
 * @zone: the zone
 * @stats: filled in
 */
void cmm_zone_stats(struct cmm_zone *zone, struct cmm_stats *stats)
{
	spin_lock(&zone->lock);
	*stats = zone->stats;
	spin_unlock(&zone->lock);
}

/**
 * cmm_zone_quota() - get the quota of each user
 * @zone: the zone
 *
 * Return: bytes, or 0 for no limit.
 */
u64 cmm_zone_quota(struct cmm_zone *zone)
{
	u64 limit;

	spin_lock(&zone->lock);
	limit = zone->quotas.limit;
	spin_unlock(&zone->lock);
	return limit;
}

/**
 * cmm_zone_charged() - get the bytes charged to a user
 * @zone: the zone
 * @uid: the user
 *
 * Return: bytes in live buffers that the user allocated.
 */
u64 cmm_zone_charged(struct cmm_zone *zone, kuid_t uid)
{
	u64 charged;

	spin_lock(&zone->lock);
	charged = cmm_quota_charged(&zone->quotas, uid);
	spin_unlock(&zone->lock);
	return charged;
}

/**
 * cmm_zone_set_quota() - change the quota of each user
 * @zone: the zone
 * @limit: bytes, or 0 for no limit. Existing buffers stay, even above the limit.
 */
void cmm_zone_set_quota(struct cmm_zone *zone, u64 limit)
{
	spin_lock(&zone->lock);
	zone->quotas.limit = limit;
	spin_unlock(&zone->lock);
}
