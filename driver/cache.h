/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cache: maintenance of the CPU's caches for a zone's memory.
 *
 * In the linear map the DMA API does the work, on the zone's own device, which has
 * the direct mapping: a range is mapped for it and unmapped again. One mapping of
 * all of the zone, synchronised in parts, would do as well, but the API's own
 * checks take a step for each 8 KiB in front of a part. Elsewhere the DMA API
 * would go through linear addresses that are not mapped, and crash; there the
 * lines are maintained one by one, through the zone's own mapping.
 *
 * Offsets are bytes from the zone's start. Whether maintenance is needed is the
 * caller's to decide, and so is that a range consists of whole lines: a part of
 * one would be copied through a bounce buffer by some kernels' DMA API.
 */
#ifndef _CMM_CACHE_H
#define _CMM_CACHE_H

#include <linux/types.h>

struct cmm_zone;
struct device;

int cmm_cache_init(struct device *parent, struct cmm_zone *zone);
bool cmm_cache_can_flush(struct cmm_zone *zone);
u64 cmm_cache_line(void);

void cmm_cache_clean(struct cmm_zone *zone, u64 offset, u64 size);
void cmm_cache_invalidate(struct cmm_zone *zone, u64 offset, u64 size);
void cmm_cache_flush(struct cmm_zone *zone, u64 offset, u64 size);

#endif /* _CMM_CACHE_H */
