// SPDX-License-Identifier: GPL-2.0
/*
 * Zeromap: free memory of a zone that is known to be zero. See zeromap.h for the
 * model.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/kernel.h>

#include "zeromap.h"

static inline u64 zeromap_granule(u64 offset)
{
	return offset / CMM_GRANULE;
}

static inline u64 zeromap_granule_start(u64 granule)
{
	return granule * CMM_GRANULE;
}

static u64 zeromap_granule_end(const struct cmm_zeromap *map, u64 granule)
{
	return min((granule + 1) * CMM_GRANULE, map->size);
}

/*
 * Position of an extent in bytes, and the granules [@inner, @inner_end) that are
 * wholly inside it.
 */
struct span {
	u64 start;
	u64 end;
	u64 inner;
	u64 inner_end;
	bool shares_head;
	bool shares_tail;
};

static struct span zeromap_span(const struct cmm_zeromap *map,
				const struct cmm_extent *extent)
{
	u64 start = extent->start - map->start;
	u64 end = start + extent->size;
	struct span span = {
		.start = start,
		.end = end,
		.inner = DIV_ROUND_UP(start, CMM_GRANULE),
		.inner_end = zeromap_granule(end),
		.shares_head = start % CMM_GRANULE,
		.shares_tail = end % CMM_GRANULE && end != map->size,
	};

	if (end == map->size)
		span.inner_end = cmm_zeromap_granules(map->size);
	/* An extent inside a single granule has only a head. */
	span.inner_end = max(span.inner, span.inner_end);
	return span;
}

/*
 * Count the set bits of [@first, @end). Extents may be large, so count whole words.
 * Most extents are clean, so skip leading set bits first, which is faster.
 */
static u64 zeromap_count_set(const struct cmm_zeromap *map, u64 first, u64 end)
{
	u64 dirty = find_next_zero_bit(map->bits, end, first);
	u64 sum = dirty - first;
	unsigned long word;

	first = dirty;
	while (first < end) {
		unsigned int shift = first % BITS_PER_LONG;
		u64 count = min_t(u64, end - first, BITS_PER_LONG - shift);

		word = map->bits[BIT_WORD(first)] >> shift;
		if (count < BITS_PER_LONG)
			word &= BIT(count) - 1;
		sum += hweight_long(word);
		first += count;
	}
	return sum;
}

/* Bytes of [@start, @end) in granules whose bit is set. */
static u64 zeromap_clean_bytes(const struct cmm_zeromap *map, u64 start,
			       u64 end)
{
	u64 first = zeromap_granule(start), last = zeromap_granule(end - 1);
	u64 set = zeromap_count_set(map, first, last + 1);
	u64 sum = zeromap_granule_start(set);

	if (test_bit(first, map->bits))
		sum -= start - zeromap_granule_start(first);
	if (test_bit(last, map->bits))
		sum -= zeromap_granule_start(last + 1) - end;
	return sum;
}

/* Free bytes of one granule. */
static u64 zeromap_free_bytes(const struct cmm_zeromap *map, u64 granule)
{
	u64 end = map->start + zeromap_granule_end(map, granule);
	u64 at = map->start + zeromap_granule_start(granule);
	u64 size, sum = 0;

	while ((size = cmm_extents_next_free(map->extents, &at, end))) {
		sum += size;
		at += size;
	}
	return sum;
}

u64 cmm_zeromap_granules(u64 size)
{
	return DIV_ROUND_UP(size, CMM_GRANULE);
}

/**
 * cmm_zeromap_init() - initialise a map in which all memory is dirty
 * @map: the map
 * @extents: a set with one range
 * @start: that range's first byte
 * @size: its bytes, not 0
 * @bits: cmm_zeromap_granules() zero bits, owned by the caller
 */
void cmm_zeromap_init(struct cmm_zeromap *map, const struct cmm_extents *extents,
		      u64 start, u64 size, unsigned long *bits)
{
	*map = (struct cmm_zeromap) {
		.extents = extents,
		.start = start,
		.size = size,
		.bits = bits,
	};
}

/**
 * cmm_zeromap_alloc() - record that an extent was allocated
 * @map: the map
 * @allocation: its extent is already in the set; the other members are filled in
 */
void cmm_zeromap_alloc(struct cmm_zeromap *map,
		       struct cmm_allocation *allocation)
{
	struct span span = zeromap_span(map, &allocation->extent);
	u64 clean = zeromap_clean_bytes(map, span.start, span.end);

	allocation->clean = clean == allocation->extent.size;
	allocation->head_clean = test_bit(zeromap_granule(span.start),
					  map->bits);
	allocation->tail_clean = test_bit(zeromap_granule(span.end - 1),
					  map->bits);
	map->clean -= clean;
}

/* Mark a shared granule dirty. @own of its free bytes were not counted as clean. */
static void zeromap_mark_edge_dirty(struct cmm_zeromap *map, u64 granule,
				    u64 own)
{
	if (!test_bit(granule, map->bits))
		return;
	map->clean -= zeromap_free_bytes(map, granule) - own;
	__clear_bit(granule, map->bits);
}

/**
 * cmm_zeromap_free() - record that an extent was freed
 * @map: the map
 * @allocation: its extent is no longer in the set
 */
void cmm_zeromap_free(struct cmm_zeromap *map,
		      const struct cmm_allocation *allocation)
{
	struct span span = zeromap_span(map, &allocation->extent);
	u64 head = zeromap_granule(span.start);
	u64 tail = zeromap_granule(span.end);

	if (span.shares_head)
		zeromap_mark_edge_dirty(map, head,
					min(span.end,
					    zeromap_granule_end(map, head)) -
					span.start);
	if (span.shares_tail)
		zeromap_mark_edge_dirty(map, tail,
					span.end - zeromap_granule_start(tail));
	bitmap_clear(map->bits, span.inner, span.inner_end - span.inner);
}

/**
 * cmm_zeromap_next_dirty() - find the next part of an extent that needs clearing
 * @map: the map
 * @allocation: from cmm_zeromap_alloc(); only the caller may use it
 * @chunk: the previous part, or size 0 at the extent's start; replaced
 *
 * Needs no lock: other threads change only bits that this function does not use.
 *
 * Return: true if there is such a part.
 */
bool cmm_zeromap_next_dirty(const struct cmm_zeromap *map,
			    const struct cmm_allocation *allocation,
			    struct cmm_chunk *chunk)
{
	struct span span = zeromap_span(map, &allocation->extent);
	u64 at = chunk->offset + chunk->size;
	u64 granule, end;

	if (allocation->clean)
		return false;

	if (span.shares_head && at == span.start) {
		end = min(span.end,
			  zeromap_granule_end(map, zeromap_granule(at)));
		if (!allocation->head_clean)
			goto found;
		at = end;
	}

	/* Bits of other extents in the same words may change; these bits do not. */
	granule = data_race(find_next_zero_bit(map->bits, span.inner_end,
					       DIV_ROUND_UP(at, CMM_GRANULE)));
	if (granule < span.inner_end) {
		at = zeromap_granule_start(granule);
		/* As above. */
		granule = data_race(find_next_bit(map->bits, span.inner_end,
						  granule));
		end = min(zeromap_granule_start(granule), span.end);
		goto found;
	}

	at = max(at, zeromap_granule_start(span.inner_end));
	end = span.end;
	if (span.shares_tail && at < end && !allocation->tail_clean)
		goto found;
	return false;

found:
	*chunk = (struct cmm_chunk){ .offset = at, .size = end - at };
	return true;
}

/**
 * cmm_zeromap_find() - search for a granule that has dirty free memory
 * @map: the map
 * @cursor: where to search, in bytes; moved past the searched part, or to 0 at the
 *	range's end
 * @granule: filled in; size 0 if this step found none
 *
 * Each call is one short step, to hold the lock only briefly.
 *
 * Return: false when the range's end was reached.
 */
bool cmm_zeromap_find(const struct cmm_zeromap *map, u64 *cursor,
		      struct cmm_chunk *granule)
{
	u64 granules = cmm_zeromap_granules(map->size);
	u64 nr = find_next_zero_bit(map->bits, granules,
				    zeromap_granule(*cursor));
	u64 at, end;

	*granule = (struct cmm_chunk){};
	*cursor = 0;
	if (nr >= granules)
		return false;

	at = map->start + zeromap_granule_start(nr);
	if (!cmm_extents_next_free(map->extents, &at, map->start + map->size))
		return false;
	end = zeromap_granule_end(map, nr);
	if (at - map->start >= end) {
		*cursor = at - map->start;
		return true;
	}

	granule->offset = zeromap_granule_start(nr);
	granule->size = end - granule->offset;
	*cursor = end == map->size ? 0 : end;
	return *cursor;
}

/**
 * cmm_zeromap_next_free() - find the next free part of a granule
 * @map: the map
 * @granule: from cmm_zeromap_find()
 * @chunk: the previous part, or size 0 at the granule's start; replaced
 *
 * Return: true if there is such a part.
 */
bool cmm_zeromap_next_free(const struct cmm_zeromap *map,
			   const struct cmm_chunk *granule,
			   struct cmm_chunk *chunk)
{
	u64 at = map->start + chunk->offset + chunk->size;
	u64 end = map->start + granule->offset + granule->size;
	u64 size = at < end ? cmm_extents_next_free(map->extents, &at, end) : 0;

	*chunk = (struct cmm_chunk){ .offset = at - map->start, .size = size };
	return size;
}

/**
 * cmm_zeromap_set() - record that the free memory of a granule is zero
 * @map: the map
 * @granule: from cmm_zeromap_find(); nothing in it was allocated or freed since
 */
void cmm_zeromap_set(struct cmm_zeromap *map, const struct cmm_chunk *granule)
{
	u64 nr = zeromap_granule(granule->offset);

	__set_bit(nr, map->bits);
	map->clean += zeromap_free_bytes(map, nr);
}

/**
 * cmm_zeromap_reset() - mark all memory dirty, because its contents are lost
 * @map: the map; no thread may be clearing an extent
 */
void cmm_zeromap_reset(struct cmm_zeromap *map)
{
	bitmap_zero(map->bits, cmm_zeromap_granules(map->size));
	map->clean = 0;
}
