/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scrub: a zone's thread that clears free memory when nothing else is to do, so
 * that an allocation finds it zero.
 *
 * It clears one granule at a time and is in nobody's way: extents are cut as if
 * it were not there. Whoever gets the very granule that is being cleared waits
 * for that, and no longer, as preemption is off meanwhile.
 */
#ifndef _CMM_SCRUB_H
#define _CMM_SCRUB_H

#include <linux/types.h>

struct cmm_grant;
struct cmm_zone;

int cmm_scrub_start(struct cmm_zone *zone);
void cmm_scrub_stop(struct cmm_zone *zone);
void cmm_scrub_enable(struct cmm_zone *zone, bool enable);
void cmm_scrub_wait(struct cmm_zone *zone, const struct cmm_grant *grant);

#endif /* _CMM_SCRUB_H */
