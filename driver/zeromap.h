/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Zeromap: which free memory of a zone is zero already.
 *
 * One bit for each granule of the zone's only range. A set bit promises that
 * every free byte of the granule is zero, in memory and not only in a cache.
 * What is taken out of such a granule needs no clearing, and what stays free in
 * it stays clean. Whatever is given back is dirty: it takes the promise from
 * each granule that it touches. The promise holds as long as nothing but the CPU
 * and attached devices writes to the zone: who was told a physical address must
 * not use it any more once the buffer is gone.
 *
 * The bits of granules that lie wholly inside an extent belong to the extent's
 * owner: nobody else changes them until it is given back, so that he may read
 * them without the lock. A granule that an extent only shares may change
 * meanwhile; its state at the moment of taking is kept with the extent.
 *
 * Offsets are bytes from the range's start. Pure: no lock, no allocation, no
 * device. The owner serialises all calls but cmm_zeromap_next_dirty() with the
 * lock of the extents.
 */
#ifndef _CMM_ZEROMAP_H
#define _CMM_ZEROMAP_H

#include <linux/types.h>

#include "extent.h"

/* Bytes of a granule; the last one of a zone may be shorter. */
#define CMM_GRANULE	0x10000ULL

/**
 * struct cmm_zeromap - the map of one range
 * @clean: free bytes that are known to be zero; may be read under the lock
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
 * struct cmm_allocation - an extent, and what of it was clean when it was taken
 * @extent: the extent, in a set
 * @clean: all of it was
 * @head_clean: of the granule that it begins in, if it shares that
 * @tail_clean: of the granule that it ends in, likewise
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
