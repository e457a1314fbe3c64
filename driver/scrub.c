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
 * Find the next granule to clear; there may be none.
 *
 * Return: false at the end of a pass over the zone, or if scrubbing is disabled.
 * While it is disabled, freed memory stays dirty.
 */
static bool find_granule(struct cmm_zone *zone)
{
	struct cmm_scrubber *scrubber = &zone->scrubber;
	bool more;

	spin_lock(&zone->lock);
	/* Memory freed from here on needs another pass. */
	if (!scrubber->cursor)
		scrubber->pending = false;
	more = scrubber->enabled &&
	       cmm_zeromap_find(&zone->zeromap, &scrubber->cursor,
				&scrubber->granule);
	WRITE_ONCE(scrubber->lost, false);
	spin_unlock(&zone->lock);
	return more;
}

/* Find the next free part of the granule, unless the granule is lost. */
static bool find_hole(struct cmm_zone *zone, struct cmm_chunk *hole)
{
	struct cmm_scrubber *scrubber = &zone->scrubber;
	bool found;

	spin_lock(&zone->lock);
	found = !scrubber->lost &&
		cmm_zeromap_next_free(&zone->zeromap, &scrubber->granule, hole);
	spin_unlock(&zone->lock);
	return found;
}

/*
 * Clear at most a page.
 *
 * Return: false if the granule is lost; nothing is cleared then. @busy is set if
 * another thread needs this CPU.
 */
static bool clear_step(struct cmm_zone *zone, u64 offset, u64 size, bool *busy)
{
	struct cmm_scrubber *scrubber = &zone->scrubber;
	bool lost;

	spin_lock(&scrubber->lock);
	lost = READ_ONCE(scrubber->lost);
	if (!lost) {
		memset(zone->vaddr + offset, 0, size);
		cmm_cache_flush(zone, offset, size);
	}
	*busy |= need_resched();
	spin_unlock(&scrubber->lock);
	cond_resched();
	return !lost;
}

static void clear_hole(struct cmm_zone *zone, const struct cmm_chunk *hole,
		       bool *busy)
{
	u64 done = 0, size;

	for (; done < hole->size; done += size) {
		size = min_t(u64, hole->size - done, CMM_SCRUB_STEP);
		if (!clear_step(zone, hole->offset + done, size, busy))
			break;
	}
	if (!done)
		return;
	spin_lock(&zone->lock);
	zone->stats.scrubbed += done;
	spin_unlock(&zone->lock);
	trace_cmm_scrub(zone, hole->offset, done);
}

static void end_granule(struct cmm_zone *zone)
{
	struct cmm_scrubber *scrubber = &zone->scrubber;

	spin_lock(&zone->lock);
	if (scrubber->lost)
		scrubber->pending = true;
	else
		cmm_zeromap_set(&zone->zeromap, &scrubber->granule);
	scrubber->granule.size = 0;
	spin_unlock(&zone->lock);
}

/*
 * Clear all free parts of at most one granule.
 *
 * Return: false at the end of the pass. @busy tells whether another thread needs
 * this CPU.
 */
static bool scrub_step(struct cmm_zone *zone, bool *busy)
{
	bool more = find_granule(zone);
	struct cmm_chunk hole = { .offset = zone->scrubber.granule.offset };

	*busy = false;
	if (!zone->scrubber.granule.size)
		return more;
	while (find_hole(zone, &hole))
		clear_hole(zone, &hole, busy);
	end_granule(zone);
	return more;
}

static void pause_scrubbing(struct cmm_zone *zone)
{
	wait_event_freezable_timeout(zone->scrubber.wake, kthread_should_stop(),
				     CMM_SCRUB_PAUSE);
}

static void scrub_pass(struct cmm_zone *zone)
{
	bool busy;

	while (!kthread_should_stop() && scrub_step(zone, &busy)) {
		if (busy)
			pause_scrubbing(zone);
		try_to_freeze();
	}
}

static int scrub_thread(void *data)
{
	struct cmm_zone *zone = data;

	set_freezable();
	set_user_nice(current, MAX_NICE);
	while (!kthread_should_stop()) {
		wait_event_freezable(zone->scrubber.wake,
				     kthread_should_stop() ||
				     (READ_ONCE(zone->scrubber.enabled) &&
				      READ_ONCE(zone->scrubber.pending)));
		/* More memory may be freed soon, or this memory allocated again. */
		pause_scrubbing(zone);
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
	zone->scrubber.enabled = true;
	task = kthread_run(scrub_thread, zone, "cmm/%s", cmm_zone_name(zone));
	if (IS_ERR(task))
		return PTR_ERR(task);
	zone->scrubber.task = task;
	return 0;
}

/**
 * cmm_scrub_stop() - stop the thread
 * @zone: the zone
 *
 * Waits for at most one granule.
 */
void cmm_scrub_stop(struct cmm_zone *zone)
{
	if (zone->scrubber.task)
		kthread_stop(zone->scrubber.task);
}

/**
 * cmm_scrub_enable() - choose when memory is cleared
 * @zone: the zone
 * @enable: true to clear free memory in the background, false to clear it when it
 *	is allocated
 */
void cmm_scrub_enable(struct cmm_zone *zone, bool enable)
{
	spin_lock(&zone->lock);
	WRITE_ONCE(zone->scrubber.enabled, enable);
	zone->scrubber.pending = true;
	spin_unlock(&zone->lock);
	wake_up(&zone->scrubber.wake);
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
	bool at_work;

	spin_lock(&zone->lock);
	at_work = cmm_zone_is_scrubbing(zone, allocation);
	spin_unlock(&zone->lock);
	if (!at_work)
		return;
	spin_lock(&zone->scrubber.lock);
	spin_unlock(&zone->scrubber.lock);
}
