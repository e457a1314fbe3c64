/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scrub: a zone's thread that clears free memory when nothing else is to do, so
 * that an allocation finds it zero.
 *
 * It clears the free parts of one granule at a time. Extents are cut as if it were
 * not there: if one is cut out of that granule or given back to it, the scrubber
 * leaves the granule, and an allocation waits for the page that is being cleared at
 * most.
 *
 * A page is cleared with a spinlock held, and so without preemption, for which the
 * wait is bounded. Where spinlocks sleep, on PREEMPT_RT, the scrubber runs with the
 * priority of a thread that waits for it.
 */
#ifndef _CMM_SCRUB_H
#define _CMM_SCRUB_H

#include <linux/types.h>

struct cmm_allocation;
struct cmm_zone;

int cmm_scrub_start(struct cmm_zone *zone);
void cmm_scrub_stop(struct cmm_zone *zone);
void cmm_scrub_enable(struct cmm_zone *zone, bool enable);
void cmm_scrub_wait(struct cmm_zone *zone,
		    const struct cmm_allocation *allocation);

#endif /* _CMM_SCRUB_H */
