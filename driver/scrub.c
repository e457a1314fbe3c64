// SPDX-License-Identifier: GPL-2.0
/*
 * Scrub: clears free memory in the background. See scrub.h for the model.
 *
 * Cleared cache lines are flushed to memory, because non-coherent devices and
 * write-combined mappings read memory, not the cache.
 */
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "cache.h"
#include "scrub.h"
#include "trace.h"
#include "zone.h"

/* How long the thread pauses when another thread needs the CPU. */
#define CMM_SCRUB_PAUSE		(HZ / 20)
/* Bytes cleared without preemption, even if pages are larger. */
#define CMM_SCRUB_STEP		SZ_4K

/*
 * Clear at most a page.
 *
 * Return: false if the granule is lost; nothing is cleared then. @busy is set if
 * another thread needs this CPU.
 */
static bool scrub_clear_step(struct cmm_zone *zone, u64 offset, u64 size,
			     bool *busy)
{
	struct cmm_scrubber *scrubber = &zone->scrubber;
	bool lost;

	spin_lock(&scrubber->lock);
	lost = READ_ONCE(zone->pool.scrub.lost);
	if (!lost) {
		memset(zone->vaddr + offset, 0, size);
		cmm_cache_flush(&zone->cache, offset, size);
	}
	*busy |= need_resched();
	spin_unlock(&scrubber->lock);
	cond_resched();
	return !lost;
}

static void scrub_clear_hole(struct cmm_zone *zone,
			     const struct cmm_chunk *hole, bool *busy)
{
	u64 done = 0, size;

	for (; done < hole->size; done += size) {
		size = min_t(u64, hole->size - done, CMM_SCRUB_STEP);
		if (!scrub_clear_step(zone, hole->offset + done, size, busy))
			break;
	}
	if (!done)
		return;
	spin_lock(&zone->pool.lock);
	zone->pool.stats.scrubbed += done;
	spin_unlock(&zone->pool.lock);
	trace_cmm_scrub(zone, hole->offset, done);
}

/*
 * Clear all free parts of at most one granule.
 *
 * Return: false at the end of the pass, or if scrubbing is disabled. @busy tells
 * whether another thread needs this CPU.
 */
static bool scrub_step(struct cmm_zone *zone, bool *busy)
{
	struct cmm_chunk granule, hole = {};
	bool more;

	*busy = false;
	more = cmm_pool_scrub_begin(&zone->pool, &zone->scrubber.cursor,
				    &granule);
	if (!granule.size)
		return more;
	hole.offset = granule.offset;
	while (cmm_pool_scrub_next(&zone->pool, &hole))
		scrub_clear_hole(zone, &hole, busy);
	cmm_pool_scrub_end(&zone->pool);
	return more;
}

static void scrub_pause(struct cmm_zone *zone)
{
	wait_event_freezable_timeout(zone->pool.scrub.wake, kthread_should_stop(),
				     CMM_SCRUB_PAUSE);
}

static void scrub_pass(struct cmm_zone *zone)
{
	bool busy;

	while (!kthread_should_stop() && scrub_step(zone, &busy)) {
		if (busy)
			scrub_pause(zone);
		try_to_freeze();
	}
}

static int scrub_thread(void *data)
{
	struct cmm_zone *zone = data;

	set_freezable();
	set_user_nice(current, MAX_NICE);
	while (!kthread_should_stop()) {
		wait_event_freezable(zone->pool.scrub.wake,
				     kthread_should_stop() ||
				     (READ_ONCE(zone->pool.scrub.enabled) &&
				      READ_ONCE(zone->pool.scrub.pending)));
		/* More memory may be freed soon, or this memory allocated again. */
		scrub_pause(zone);
		scrub_pass(zone);
	}
	return 0;
}

/**
 * cmm_scrub_start() - start the thread that clears a zone's free memory
 * @zone: the zone; must exist until cmm_scrub_stop() returns
 *
 * A protected zone has no scrubber.
 *
 * Return: 0 or a negative errno.
 */
int cmm_scrub_start(struct cmm_zone *zone)
{
	struct task_struct *task;

	if (cmm_zone_is_protected(zone))
		return 0;
	cmm_pool_scrub_enable(&zone->pool, true);
	task = kthread_run(scrub_thread, zone, "cmm/%s", cmm_zone_name(zone));
	if (IS_ERR(task))
		return PTR_ERR(task);
	zone->scrubber.task = task;
	return 0;
}

/* Waits for at most one granule. */
void cmm_scrub_stop(struct cmm_zone *zone)
{
	if (zone->scrubber.task)
		kthread_stop(zone->scrubber.task);
}

/**
 * cmm_scrub_wait() - wait until the scrubber no longer writes to an extent
 * @zone: the zone
 * @allocation: the allocated extent
 *
 * Allocating the extent made the scrubber lose the granules that it overlaps. The
 * scrubber may still be clearing one page of them, with the scrubber's lock held.
 */
void cmm_scrub_wait(struct cmm_zone *zone,
		    const struct cmm_allocation *allocation)
{
	if (!cmm_pool_is_scrubbing(&zone->pool, allocation))
		return;
	spin_lock(&zone->scrubber.lock);
	spin_unlock(&zone->scrubber.lock);
}
