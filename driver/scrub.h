/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scrub: a zone's thread that clears free memory at the lowest priority, so that
 * allocations find it already zero.
 *
 * It clears the free parts of one granule at a time. Allocations may
 * choose memory in that granule. If an extent is allocated from it or freed into it,
 * the scrubber stops and does not mark the granule clean. An allocation waits at most
 * for the page that is being cleared.
 *
 * The scrubber clears a page with a spinlock held. The lock disables preemption,
 * which bounds the wait. On PREEMPT_RT, where spinlocks sleep, the scrubber inherits
 * the priority of a thread that waits for it.
 */
#ifndef _CMM_SCRUB_H
#define _CMM_SCRUB_H

#include <linux/types.h>

struct cmm_allocation;
struct cmm_zone;

int cmm_scrub_start(struct cmm_zone *zone);
void cmm_scrub_stop(struct cmm_zone *zone);
void cmm_scrub_wait(struct cmm_zone *zone,
		    const struct cmm_allocation *allocation);

#endif /* _CMM_SCRUB_H */
