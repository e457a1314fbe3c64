/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pool: the memory of a zone: its allocated parts, their users, and the free parts that
 * are zero.
 *
 * A pool combines the extents, the zero map, the quotas and the counters of one range,
 * and has the lock around them. An allocation is charged, placed and recorded in one
 * step. Otherwise it is refused for one reason, which is counted.
 *
 * A pool whose memory is never cleared has one owner: the first user to whom memory is
 * allocated. No other user can allocate until the pool's end.
 *
 * The scrubber (scrub.h) clears free memory concurrently. It works on one granule at
 * a time. If an extent is allocated from this granule or freed into it, the granule is
 * lost: the scrubber must not mark it clean.
 *
 * A pool knows no device and does not access its memory, so native tests compile it.
 * Code that holds the lock allocates no kernel memory, and does not clear or copy data.
 */
#ifndef _CMM_POOL_H
#define _CMM_POOL_H

#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>

#include "extent.h"
#include "quota.h"
#include "zeromap.h"

/**
 * struct cmm_stats - counters since the pool was created
 * @allocations: buffers allocated
 * @too_large: requests refused because a buffer is larger than the pool
 * @other_owner: requests refused because another user owns the pool
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
 * struct cmm_scrub_state - state that a pool shares with its scrubber
 * @wake: the scrubber waits here for dirty memory
 * @enabled: the scrubber may clear; otherwise memory is cleared when it is allocated
 * @pending: there may be dirty free memory
 * @granule: granule being cleared, or size 0
 * @lost: memory in @granule was allocated or freed since @granule was chosen; may be
 *	read without the lock
 */
struct cmm_scrub_state {
	wait_queue_head_t wake;
	bool enabled;
	bool pending;
	struct cmm_chunk granule;
	bool lost;
};

/**
 * struct cmm_pool - a range of memory and its users
 * @lock: protects all members, and the zone's tree, addresses and history of buffers
 * @start: physical address of the first byte; does not change
 * @extents: allocated parts of the range; addresses are physical
 * @range: the range, in @extents
 * @zeromap: free memory that is known to be zero
 * @zero_bits: bitmap of @zeromap
 * @scrub: state of the scrubber
 * @quotas: bytes charged to each user
 * @stats: counters
 * @count: number of allocated extents
 * @peak: highest number of allocated bytes since the pool was created
 * @exclusive: only one user can allocate; does not change
 * @owned: there is an owner
 * @owner: the only user that can allocate, if @owned
 */
struct cmm_pool {
	spinlock_t lock;	/* protects the rest */
	u64 start;
	struct cmm_extents extents;
	struct cmm_range range;
	struct cmm_zeromap zeromap;
	unsigned long *zero_bits;
	struct cmm_scrub_state scrub;
	struct cmm_quotas quotas;
	struct cmm_stats stats;
	unsigned int count;
	u64 peak;
	bool exclusive;
	bool owned;
	kuid_t owner;
};

/**
 * struct cmm_usage - how full a pool is, at one moment
 * @total: bytes managed
 * @used: bytes allocated
 * @peak: highest value of @used
 * @free: bytes that are not allocated
 * @largest_free: bytes of the largest free extent
 * @clean: free bytes that are known to be zero
 * @buffers: number of allocated extents; each buffer has one
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

int cmm_pool_init(struct cmm_pool *pool, u64 start, u64 size, u64 quota,
		  bool exclusive);
void cmm_pool_destroy(struct cmm_pool *pool);

struct cmm_account *cmm_pool_alloc(struct cmm_pool *pool,
				   struct cmm_allocation **allocations,
				   const struct cmm_request *request,
				   struct cmm_usage *shortage);
struct cmm_account *cmm_pool_free(struct cmm_pool *pool,
				  struct cmm_allocation *allocation,
				  struct cmm_account *account);
struct cmm_allocation *cmm_pool_find(const struct cmm_pool *pool, u64 addr);

void cmm_pool_usage(struct cmm_pool *pool, struct cmm_usage *usage);
void cmm_pool_stats(struct cmm_pool *pool, struct cmm_stats *stats);
u64 cmm_pool_quota(struct cmm_pool *pool);
void cmm_pool_set_quota(struct cmm_pool *pool, u64 limit);
u64 cmm_pool_charged(struct cmm_pool *pool, kuid_t uid);

void cmm_pool_scrub_enable(struct cmm_pool *pool, bool enable);
bool cmm_pool_scrub_begin(struct cmm_pool *pool, u64 *cursor,
			  struct cmm_chunk *granule);
bool cmm_pool_scrub_next(struct cmm_pool *pool, struct cmm_chunk *chunk);
void cmm_pool_scrub_end(struct cmm_pool *pool);
bool cmm_pool_is_scrubbing(struct cmm_pool *pool,
			   const struct cmm_allocation *allocation);
void cmm_pool_reset(struct cmm_pool *pool);

#endif /* _CMM_POOL_H */
