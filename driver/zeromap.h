/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Zeromap: free memory of a zone that is known to be zero.
 *
 * The map has one bit for each granule of the zone's only range. A set bit means
 * that all free bytes of the granule are zero in memory, not only in a cache. Memory
 * allocated from such a granule needs no clearing, and the rest of it stays clean.
 * Freed memory is dirty: freeing an extent clears the bit of each granule that it
 * touches. The bits are valid only if nothing but the CPU and attached devices
 * writes to the zone. So a physical address must not be used after its buffer is
 * freed.
 *
 * The bits of granules wholly inside an extent do not change until the extent is
 * freed, so its owner may read them without the lock. A granule that is only partly
 * in the extent may change. Its state at allocation is stored with the extent.
 *
 * Offsets are bytes from the range's start. The functions take no lock, allocate
 * nothing and use no device. The zone serialises all calls except
 * cmm_zeromap_next_dirty() with the lock of the extents.
 */
#ifndef _CMM_ZEROMAP_H
#define _CMM_ZEROMAP_H

#include <linux/types.h>

#include "extent.h"

/* Bytes of a granule; the last one of a zone may be shorter. */
#define CMM_GRANULE	0x10000ULL

/**
 * struct cmm_zeromap - the map of one range
 * @clean: free bytes that are known to be zero; read it under the lock
 */
struct cmm_zeromap {
	u64 clean;
	/* private: */
	const struct cmm_extents *extents;
	u64 start;
	u64 size;
	unsigned long *bits;
};

/**
 * struct cmm_allocation - an extent, and its state when it was allocated
 * @extent: the extent, in a set
 * @clean: the whole extent was clean
 * @head_clean: its part of the first granule was clean, if it shares that granule
 * @tail_clean: its part of the last granule was clean, if it shares that granule
 */
struct cmm_allocation {
	struct cmm_extent extent;
	bool clean;
	bool head_clean;
	bool tail_clean;
};

/**
 * struct cmm_chunk - a part of the range
 * @offset: first byte, from the range's start
 * @size: bytes
 */
struct cmm_chunk {
	u64 offset;
	u64 size;
};

u64 cmm_zeromap_granules(u64 size);
void cmm_zeromap_init(struct cmm_zeromap *map, const struct cmm_extents *extents,
		      u64 start, u64 size, unsigned long *bits);

void cmm_zeromap_alloc(struct cmm_zeromap *map,
		       struct cmm_allocation *allocation);
void cmm_zeromap_free(struct cmm_zeromap *map,
		      const struct cmm_allocation *allocation);
bool cmm_zeromap_next_dirty(const struct cmm_zeromap *map,
			    const struct cmm_allocation *allocation,
			    struct cmm_chunk *chunk);

bool cmm_zeromap_find(const struct cmm_zeromap *map, u64 *cursor,
		      struct cmm_chunk *granule);
bool cmm_zeromap_next_free(const struct cmm_zeromap *map,
			   const struct cmm_chunk *granule,
			   struct cmm_chunk *chunk);
void cmm_zeromap_set(struct cmm_zeromap *map, const struct cmm_chunk *granule);

void cmm_zeromap_reset(struct cmm_zeromap *map);

#endif /* _CMM_ZEROMAP_H */
