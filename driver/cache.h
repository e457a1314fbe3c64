/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cache: maintenance of the CPU's caches for a zone's memory.
 *
 * In the linear map the DMA API does the work, on the zone's own device: the
 * whole zone is mapped for it once, by the direct mapping and without any
 * maintenance, and single ranges are then synchronised. Elsewhere the DMA API
 * would go through linear addresses that are not mapped, and crash; there the
 * lines are maintained one by one, through the zone's own mapping.
 *
 * Offsets are bytes from the zone's start. Whether maintenance is needed is the
 * caller's to decide.
 */
#ifndef _CMM_CACHE_H
#define _CMM_CACHE_H

#include <linux/types.h>

struct cmm_zone;
struct device;

int cmm_cache_init(struct device *parent, struct cmm_zone *zone);
void cmm_cache_exit(struct cmm_zone *zone);

void cmm_cache_clean(struct cmm_zone *zone, u64 offset, u64 size);
void cmm_cache_invalidate(struct cmm_zone *zone, u64 offset, u64 size);
void cmm_cache_flush(struct cmm_zone *zone, u64 offset, u64 size);

#endif /* _CMM_CACHE_H */
