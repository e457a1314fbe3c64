// SPDX-License-Identifier: GPL-2.0
/*
 * Scrub: clears free memory in the background. The model is told in scrub.h.
 *
 * The cleared lines leave the cache: a device that does not snoop reads memory, and
 * so does the next owner's write-combined mapping.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "cache.h"
#include "scrub.h"
#include "trace.h"
#include "zone.h"

/* How long the thread lets others go first. */
#define CMM_SCRUB_PAUSE		(HZ / 20)

/*
 * A piece is announced first. Until the thread has begun with it, whoever took
 * the memory may call it off; from then on he waits, and the thread cannot be
 * preempted.
 */
enum { ANNOUNCED, CALLED_OFF, BEGUN, DONE };

/*
 * The next piece, or none (@piece is of size 0 before); false at the end of a pass
 * over the zone, or if it is not wanted any more: what is freed after it was said is
 * left as it is.
 */
static bool announce_piece(struct cmm_zone *zone, struct cmm_piece *piece)
{
	struct cmm_scrubber *scrubber = &zone->scrubber;
	bool more;

	spin_lock(&zone->lock);
	/* Whatever is given back from here on takes another pass. */
	if (!scrubber->cursor)
		scrubber->pending = false;
	more = scrubber->enabled &&
	       cmm_zeromap_find(&zone->zeromap, &scrubber->cursor, piece);
	scrubber->piece = *piece;
	scrubber->lost = false;
	WRITE_ONCE(scrubber->phase, ANNOUNCED);
	spin_unlock(&zone->lock);
	return more;
}

static void clear_piece(struct cmm_zone *zone, const struct cmm_piece *piece)
{
	if (cmpxchg(&zone->scrubber.phase, ANNOUNCED, BEGUN) != ANNOUNCED)
		return;
	memset(zone->vaddr + piece->offset, 0, piece->size);
	cmm_cache_flush(zone, piece->offset, piece->size);
	/* Pairs with the barrier in cmm_scrub_wait(). */
	smp_store_release(&zone->scrubber.phase, DONE);
}

static void end_piece(struct cmm_zone *zone)
{
	struct cmm_scrubber *scrubber = &zone->scrubber;

	spin_lock(&zone->lock);
	if (scrubber->phase == DONE) {
		zone->stats.scrubbed += scrubber->piece.size;
		trace_cmm_scrub(zone, scrubber->piece.offset,
				scrubber->piece.size);
	}
	if (scrubber->lost)
		scrubber->pending = true;
	else
		cmm_zeromap_set(&zone->zeromap, &scrubber->piece);
	scrubber->piece.size = 0;
	spin_unlock(&zone->lock);
}

/*
 * One step of a pass: at most one granule.
 *
 * Return: false at the end of the pass. @busy tells whether anybody else wants
 * this CPU.
 */
static bool scrub_step(struct cmm_zone *zone, bool *busy)
{
	struct cmm_piece piece = {};
	bool more = announce_piece(zone, &piece);

	*busy = false;
	if (!piece.size)
		return more;

	preempt_disable();
	clear_piece(zone, &piece);
	*busy = need_resched();
	preempt_enable();
	end_piece(zone);
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
		/* More may be freed at once, or taken again. */
		pause_scrubbing(zone);
		scrub_pass(zone);
	}
	return 0;
}

/**
 * cmm_scrub_start() - begin to clear a zone's free memory
 * @zone: the zone; stays until cmm_scrub_stop() returns
 *
 * A protected zone has no such thread.
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
 * cmm_scrub_stop() - end what cmm_scrub_start() began
 * @zone: the zone; waits for at most one granule
 */
void cmm_scrub_stop(struct cmm_zone *zone)
{
	if (zone->scrubber.task)
		kthread_stop(zone->scrubber.task);
}

/**
 * cmm_scrub_enable() - choose when memory is cleared
 * @zone: the zone
 * @enable: when it is free and nothing else is to do; else when it is allocated
 */
void cmm_scrub_enable(struct cmm_zone *zone, bool enable)
{
	spin_lock(&zone->lock);
	WRITE_ONCE(zone->scrubber.enabled, enable);
	zone->scrubber.pending = true;
	spin_unlock(&zone->lock);
	wake_up(&zone->scrubber.wake);
}

/* Whether the thread is writing to the extent; it will not begin to. */
static bool is_being_scrubbed(struct cmm_zone *zone,
			      const struct cmm_grant *grant)
{
	const struct cmm_piece *piece = &zone->scrubber.piece;
	u64 start = grant->extent.start - zone->region.start;
	int phase = DONE;

	spin_lock(&zone->lock);
	if (piece->size && piece->offset < start + grant->extent.size &&
	    start < piece->offset + piece->size)
		phase = cmpxchg(&zone->scrubber.phase, ANNOUNCED, CALLED_OFF);
	spin_unlock(&zone->lock);
	return phase == BEGUN;
}

/**
 * cmm_scrub_wait() - wait until the scrubber has let go of an extent
 * @zone: the zone
 * @grant: the extent, taken; it will not be touched again
 */
void cmm_scrub_wait(struct cmm_zone *zone, const struct cmm_grant *grant)
{
	while (is_being_scrubbed(zone, grant))
		cpu_relax();
	/* Pairs with the release of DONE: a failed cmpxchg() orders nothing. */
	smp_mb();
}
