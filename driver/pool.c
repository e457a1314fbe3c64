// SPDX-License-Identifier: GPL-2.0
/*
 * Pool: the memory of a zone. The model is in pool.h.
 */
#include <linux/bitops.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "pool.h"

/*
 * Extents of at least this size are aligned so that CPU and IOMMU page tables can
 * map them in blocks. Aligning smaller extents would fragment the pool.
 */
#define CMM_BLOCK_ALIGN_FROM	(4 * PMD_SIZE)

/**
 * cmm_pool_init() - initialise a pool; all its memory is free and dirty
 * @pool: the pool, zeroed
 * @start: physical address of the first byte
 * @size: bytes, whole pages, not 0
 * @quota: bytes that each user may have, or 0
 * @exclusive: the memory is never cleared, so only one user can allocate
 *
 * Return: 0 or -ENOMEM. cmm_pool_destroy() is allowed after both.
 */
int cmm_pool_init(struct cmm_pool *pool, u64 start, u64 size, u64 quota,
		  bool exclusive)
{
	u64 granules = cmm_zeromap_granules(size);
	int ret;

	spin_lock_init(&pool->lock);
	init_waitqueue_head(&pool->scrub.wake);
	cmm_extents_init(&pool->extents);
	cmm_extents_set_lock(&pool->extents, &pool->lock);
	cmm_quotas_init(&pool->quotas, quota);
	pool->start = start;
	pool->exclusive = exclusive;
	pool->scrub.pending = true;

	pool->zero_bits = kvcalloc(BITS_TO_LONGS(granules),
				   sizeof(*pool->zero_bits), GFP_KERNEL);
	if (!pool->zero_bits)
		return -ENOMEM;
	cmm_zeromap_init(&pool->zeromap, &pool->extents, start, size,
			 pool->zero_bits);

	spin_lock(&pool->lock);
	ret = cmm_extents_add_range(&pool->extents, &pool->range, start, size);
	spin_unlock(&pool->lock);
	return ret;
}

/* Nothing is allocated from the pool. It may be zeroed, without cmm_pool_init(). */
void cmm_pool_destroy(struct cmm_pool *pool)
{
	kvfree(pool->zero_bits);
}

static u64 pool_used(const struct cmm_pool *pool)
{
	return pool->extents.total - pool->extents.free;
}

static void pool_fill_usage(const struct cmm_pool *pool,
			    struct cmm_usage *usage)
{
	lockdep_assert_held(&pool->lock);
	*usage = (struct cmm_usage) {
		.total = pool->extents.total,
		.used = pool_used(pool),
		.peak = pool->peak,
		.free = pool->extents.free,
		.largest_free = cmm_extents_largest_free(&pool->extents),
		.clean = pool->zeromap.clean,
		.buffers = pool->count,
	};
}

/* Checking capabilities is slow, so do it only if the quota is exceeded. */
static struct cmm_account *pool_charge(struct cmm_pool *pool,
				       const struct cmm_request *request,
				       struct cmm_account **spare)
{
	u64 size = request->size * request->count;
	struct cmm_account *account;

	account = cmm_quota_charge(&pool->quotas, request->uid, size, false,
				   spare);
	if (account || !ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE))
		return account;
	return cmm_quota_charge(&pool->quotas, request->uid, size, true, spare);
}

/* Check whether the user may allocate so much, and charge it. */
static struct cmm_account *pool_admit(struct cmm_pool *pool,
				      const struct cmm_request *request,
				      struct cmm_account **spare)
{
	struct cmm_account *account;

	if (request->size > pool->extents.total)
		return ERR_PTR(-EFBIG);
	if (pool->owned && !uid_eq(pool->owner, request->uid))
		return ERR_PTR(-EBUSY);
	account = pool_charge(pool, request, spare);
	return account ?: ERR_PTR(-EDQUOT);
}

/* Insert all extents at one alignment, or none. */
static int pool_insert(struct cmm_pool *pool,
		       struct cmm_allocation **allocations,
		       const struct cmm_request *request, u64 align)
{
	struct cmm_extent *last = NULL;
	unsigned int n;
	int ret = 0;

	for (n = 0; n < request->count; n++) {
		ret = cmm_extents_insert_next(&pool->extents, last,
					      &allocations[n]->extent,
					      request->size, align);
		if (ret)
			break;
		last = &allocations[n]->extent;
	}
	while (ret && n)
		cmm_extents_remove(&pool->extents, &allocations[--n]->extent);
	return ret;
}

/* Block alignment is only a preference: fall back to the requested alignment. */
static int pool_place(struct cmm_pool *pool,
		      struct cmm_allocation **allocations,
		      const struct cmm_request *request)
{
	if (request->size * request->count > pool->extents.free)
		return -ENOSPC;
	if (request->size >= CMM_BLOCK_ALIGN_FROM &&
	    request->align < PMD_SIZE &&
	    !pool_insert(pool, allocations, request, PMD_SIZE))
		return 0;
	/* Enough is free: if the extents do not fit, it is fragmented. */
	return pool_insert(pool, allocations, request, request->align) ?
		       -ENOBUFS : 0;
}

static bool pool_is_scrubbing(const struct cmm_pool *pool,
			      const struct cmm_allocation *allocation)
{
	const struct cmm_chunk *granule = &pool->scrub.granule;
	u64 start = allocation->extent.start - pool->start;

	lockdep_assert_held(&pool->lock);
	return granule->size && start < granule->offset + granule->size &&
	       granule->offset < start + allocation->extent.size;
}

/* Make the scrubber abandon its granule if the extent overlaps it. */
static void pool_disturb_scrubber(struct cmm_pool *pool,
				  const struct cmm_allocation *allocation)
{
	if (pool_is_scrubbing(pool, allocation))
		WRITE_ONCE(pool->scrub.lost, true);
}

/* Record extents that were inserted. */
static void pool_record(struct cmm_pool *pool,
			struct cmm_allocation **allocations,
			const struct cmm_request *request)
{
	unsigned int n;

	for (n = 0; n < request->count; n++) {
		cmm_zeromap_alloc(&pool->zeromap, allocations[n]);
		pool_disturb_scrubber(pool, allocations[n]);
	}
	pool->count += request->count;
	pool->peak = max(pool->peak, pool_used(pool));
	if (pool->exclusive) {
		pool->owned = true;
		pool->owner = request->uid;
	}
}

static void pool_count_refusal(struct cmm_pool *pool, int reason)
{
	switch (reason) {
	case -EFBIG:
		pool->stats.too_large++;
		break;
	case -EBUSY:
		pool->stats.other_owner++;
		break;
	case -EDQUOT:
		pool->stats.over_quota++;
		break;
	case -ENOSPC:
		pool->stats.full++;
		break;
	default:
		pool->stats.fragmented++;
	}
}

/* Undo pool_admit(). The caller frees @spare. */
static void pool_uncharge(struct cmm_pool *pool, struct cmm_account *account,
			  const struct cmm_request *request,
			  struct cmm_account **spare)
{
	struct cmm_account *empty;

	empty = cmm_quota_uncharge(&pool->quotas, account,
				   request->size * request->count);
	if (empty)
		*spare = empty;
}

/**
 * cmm_pool_alloc() - allocate extents of equal size, all or none
 * @pool: the pool
 * @allocations: the caller's nodes, one for each requested extent
 * @request: the request
 * @shortage: on failure except -ENOMEM, set to the pool's usage at that moment
 *
 * A process with CAP_SYS_RESOURCE may exceed the quota. A failure does not make
 * the user the owner.
 *
 * Return: the charged account, or an ERR_PTR: -ENOMEM; -EFBIG if one extent is
 * larger than the pool; -EBUSY if another user owns the pool; -EDQUOT if the user
 * would exceed the quota; -ENOSPC if too little memory is free; -ENOBUFS if enough is
 * free but the extents do not fit.
 */
struct cmm_account *cmm_pool_alloc(struct cmm_pool *pool,
				   struct cmm_allocation **allocations,
				   const struct cmm_request *request,
				   struct cmm_usage *shortage)
{
	struct cmm_account *spare, *account;
	int ret;

	spare = kmalloc(sizeof(*spare), GFP_KERNEL_ACCOUNT);
	if (!spare)
		return ERR_PTR(-ENOMEM);

	spin_lock(&pool->lock);
	account = pool_admit(pool, request, &spare);
	ret = PTR_ERR_OR_ZERO(account);
	if (!ret) {
		ret = pool_place(pool, allocations, request);
		if (ret)
			pool_uncharge(pool, account, request, &spare);
	}
	if (ret) {
		pool_count_refusal(pool, ret);
		pool_fill_usage(pool, shortage);
	} else {
		pool_record(pool, allocations, request);
	}
	spin_unlock(&pool->lock);
	kfree(spare);
	return ret ? ERR_PTR(ret) : account;
}

/**
 * cmm_pool_free() - free one extent
 * @pool: the pool; its lock is held
 * @allocation: from cmm_pool_alloc()
 * @account: account that cmm_pool_alloc() returned
 *
 * Return: an account that the caller must free, or NULL.
 */
struct cmm_account *cmm_pool_free(struct cmm_pool *pool,
				  struct cmm_allocation *allocation,
				  struct cmm_account *account)
{
	lockdep_assert_held(&pool->lock);
	cmm_extents_remove(&pool->extents, &allocation->extent);
	cmm_zeromap_free(&pool->zeromap, allocation);
	pool_disturb_scrubber(pool, allocation);
	pool->count--;
	if (!pool->scrub.pending) {
		pool->scrub.pending = true;
		wake_up(&pool->scrub.wake);
	}
	return cmm_quota_uncharge(&pool->quotas, account,
				  allocation->extent.size);
}

/**
 * cmm_pool_find() - find the allocation that contains an address
 * @pool: the pool; its lock is held
 * @addr: physical address
 *
 * Return: an allocation from cmm_pool_alloc(), or NULL.
 */
struct cmm_allocation *cmm_pool_find(const struct cmm_pool *pool, u64 addr)
{
	struct cmm_extent *extent;

	lockdep_assert_held(&pool->lock);
	extent = cmm_extents_find(&pool->extents, addr);
	return extent ? container_of(extent, struct cmm_allocation, extent) :
			NULL;
}

void cmm_pool_usage(struct cmm_pool *pool, struct cmm_usage *usage)
{
	spin_lock(&pool->lock);
	pool_fill_usage(pool, usage);
	spin_unlock(&pool->lock);
}

void cmm_pool_stats(struct cmm_pool *pool, struct cmm_stats *stats)
{
	spin_lock(&pool->lock);
	*stats = pool->stats;
	spin_unlock(&pool->lock);
}

/* Bytes, or 0 for no limit. */
u64 cmm_pool_quota(struct cmm_pool *pool)
{
	u64 limit;

	spin_lock(&pool->lock);
	limit = pool->quotas.limit;
	spin_unlock(&pool->lock);
	return limit;
}

/* Existing buffers stay, even above the limit. A limit of 0 is no limit. */
void cmm_pool_set_quota(struct cmm_pool *pool, u64 limit)
{
	spin_lock(&pool->lock);
	pool->quotas.limit = limit;
	spin_unlock(&pool->lock);
}

u64 cmm_pool_charged(struct cmm_pool *pool, kuid_t uid)
{
	u64 charged;

	spin_lock(&pool->lock);
	charged = cmm_quota_charged(&pool->quotas, uid);
	spin_unlock(&pool->lock);
	return charged;
}

/**
 * cmm_pool_scrub_enable() - allow or forbid the scrubber to clear free memory
 * @pool: the pool
 * @enable: true to allow it. Memory freed after disabling is not scrubbed.
 */
void cmm_pool_scrub_enable(struct cmm_pool *pool, bool enable)
{
	spin_lock(&pool->lock);
	WRITE_ONCE(pool->scrub.enabled, enable);
	pool->scrub.pending = true;
	spin_unlock(&pool->lock);
	wake_up(&pool->scrub.wake);
}

/**
 * cmm_pool_scrub_begin() - choose the next granule to clear
 * @pool: the pool
 * @cursor: where to search, in bytes from the pool's start; moved on; 0 for the
 *	beginning of a pass over the pool
 * @granule: filled in; size 0 if this step found none. Otherwise the caller must call
 *	cmm_pool_scrub_end().
 *
 * Return: false at the end of a pass, or if scrubbing is disabled.
 */
bool cmm_pool_scrub_begin(struct cmm_pool *pool, u64 *cursor,
			  struct cmm_chunk *granule)
{
	struct cmm_scrub_state *scrub = &pool->scrub;
	bool more;

	spin_lock(&pool->lock);
	/* Memory freed from here on needs another pass. */
	if (!*cursor)
		scrub->pending = false;
	more = scrub->enabled &&
	       cmm_zeromap_find(&pool->zeromap, cursor, &scrub->granule);
	WRITE_ONCE(scrub->lost, false);
	*granule = scrub->granule;
	spin_unlock(&pool->lock);
	return more;
}

/**
 * cmm_pool_scrub_next() - find the next free part of the granule
 * @pool: the pool; between cmm_pool_scrub_begin() and cmm_pool_scrub_end()
 * @chunk: the previous part, or size 0 at the granule's start; replaced
 *
 * The part may be allocated at any time. The granule is lost then.
 *
 * Return: false if there is none, or the granule is lost.
 */
bool cmm_pool_scrub_next(struct cmm_pool *pool, struct cmm_chunk *chunk)
{
	struct cmm_scrub_state *scrub = &pool->scrub;
	bool found;

	spin_lock(&pool->lock);
	found = !scrub->lost &&
		cmm_zeromap_next_free(&pool->zeromap, &scrub->granule, chunk);
	spin_unlock(&pool->lock);
	return found;
}

/**
 * cmm_pool_scrub_end() - record that the granule's free memory is zero
 * @pool: the pool; after cmm_pool_scrub_begin()
 *
 * A lost granule stays dirty.
 */
void cmm_pool_scrub_end(struct cmm_pool *pool)
{
	struct cmm_scrub_state *scrub = &pool->scrub;

	spin_lock(&pool->lock);
	if (scrub->lost)
		scrub->pending = true;
	else
		cmm_zeromap_set(&pool->zeromap, &scrub->granule);
	scrub->granule.size = 0;
	spin_unlock(&pool->lock);
}

/**
 * cmm_pool_is_scrubbing() - whether the scrubber's granule overlaps an extent
 * @pool: the pool
 * @allocation: from cmm_pool_alloc()
 *
 * Return: true if the scrubber may still be writing to the extent.
 */
bool cmm_pool_is_scrubbing(struct cmm_pool *pool,
			   const struct cmm_allocation *allocation)
{
	bool overlaps;

	spin_lock(&pool->lock);
	overlaps = pool_is_scrubbing(pool, allocation);
	spin_unlock(&pool->lock);
	return overlaps;
}

/**
 * cmm_pool_reset() - mark all free memory dirty, because its contents are lost
 * @pool: the pool; no user and no scrubber may be running
 */
void cmm_pool_reset(struct cmm_pool *pool)
{
	spin_lock(&pool->lock);
	cmm_zeromap_reset(&pool->zeromap);
	pool->scrub.pending = true;
	spin_unlock(&pool->lock);
	wake_up(&pool->scrub.wake);
}
