// SPDX-License-Identifier: GPL-2.0
/*
 * Extents: the allocated bytes of a zone. The model is in extent.h.
 *
 * The tree holds extents and range heads, ordered by address. A head comes before an
 * extent that starts at the same address. Every node stores the largest hole in its
 * subtree, so a search for the lowest hole of some size skips subtrees without such
 * a hole: O(log n).
 *
 * A hole that is large enough may be misaligned. To skip such holes, every node also
 * stores the "fit" of its hole, and the largest fits in its subtree. A fit has one
 * byte for each alignment from 8 KiB to 1 MiB: the size of the hole from its first
 * aligned address on, in units of 4 KiB, at most FIT_MAX.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/rbtree_augmented.h>

#include "extent.h"

#define FIT_UNIT	0x1000ULL
#define FIT_KINDS	8		/* alignments: 2 units, 4 units, ... */
#define FIT_MAX		0x7fULL		/* units; the byte's top bit stays clear */
#define FIT_ONES	0x0101010101010101ULL
#define FIT_TOPS	(FIT_ONES << 7)
/* A hole of at least this many bytes has a fit of FIT_MAX for each alignment. */
#define FIT_ROOMY	((FIT_MAX + (1ULL << FIT_KINDS)) * FIT_UNIT)

static inline struct cmm_extent *to_extent(const struct rb_node *node)
{
	return rb_entry_safe(node, struct cmm_extent, node);
}

static inline u64 extent_end(const struct cmm_extent *extent)
{
	return extent->start + extent->size;
}

static void extents_assert_locked(const struct cmm_extents *extents)
{
#ifdef CONFIG_LOCKDEP
	if (extents->lock)
		lockdep_assert(lock_is_held(extents->lock));
#endif
}

/* Bytes of the hole behind @extent, counted from its first multiple of @align. */
static u64 extent_aligned_room(const struct cmm_extent *extent, u64 align)
{
	u64 skip = -extent_end(extent) & (align - 1);

	return extent->hole > skip ? extent->hole - skip : 0;
}

/* Rounds the hole out to whole units, as requests are rounded up: misses no hole. */
static u64 extent_fit(const struct cmm_extent *extent)
{
	u64 start = extent_end(extent);
	u64 end = DIV_ROUND_UP(start + extent->hole, FIT_UNIT);
	unsigned int shift;
	u64 fit = 0, align;

	if (extent->hole >= FIT_ROOMY)
		return FIT_MAX * FIT_ONES;
	start /= FIT_UNIT;
	for (shift = 0, align = 2; shift < 8 * FIT_KINDS; shift += 8, align *= 2) {
		start = round_up(start, align);
		if (start >= end)
			break;
		fit |= min(end - start, FIT_MAX) << shift;
	}
	return fit;
}

/* The larger of each pair of bytes. */
static u64 extent_larger_fit(u64 a, u64 b)
{
	u64 not_less, mask;

	/* Often both are FIT_MAX, or one hole is empty. */
	if (a == b || !b)
		return a;
	not_less = ((a | FIT_TOPS) - b) & FIT_TOPS;
	mask = not_less - (not_less >> 7);
	return (a & mask) | (b & ~mask);
}

/* The largest hole and fits of @extent's subtree, from its hole and its children. */
static inline void extent_sum_up(const struct cmm_extent *extent, u64 *hole,
				 u64 *fit)
{
	const struct cmm_extent *left = to_extent(extent->node.rb_left);
	const struct cmm_extent *right = to_extent(extent->node.rb_right);

	*hole = extent->hole;
	*fit = extent->fit;
	if (left) {
		*hole = max(*hole, left->largest_hole);
		*fit = extent_larger_fit(*fit, left->largest_fit);
	}
	if (right) {
		*hole = max(*hole, right->largest_hole);
		*fit = extent_larger_fit(*fit, right->largest_fit);
	}
}

/* Returns whether anything has changed. */
static bool extent_update(struct cmm_extent *extent)
{
	u64 hole, fit;

	extent_sum_up(extent, &hole, &fit);
	if (extent->largest_hole == hole && extent->largest_fit == fit)
		return false;
	extent->largest_hole = hole;
	extent->largest_fit = fit;
	return true;
}

static void extent_propagate(struct rb_node *node, struct rb_node *stop)
{
	while (node != stop && extent_update(to_extent(node)))
		node = rb_parent(node);
}

/* The hole of @extent has grown: raise the values of its ancestors. */
static void extent_raise(struct cmm_extent *extent)
{
	const u64 hole = extent->hole, fit = extent->fit;
	u64 largest_fit;

	for (; extent; extent = to_extent(rb_parent(&extent->node))) {
		largest_fit = extent_larger_fit(extent->largest_fit, fit);
		if (extent->largest_hole >= hole &&
		    extent->largest_fit == largest_fit)
			return;
		extent->largest_hole = max(extent->largest_hole, hole);
		extent->largest_fit = largest_fit;
	}
}

static void extent_copy(struct rb_node *from, struct rb_node *to)
{
	to_extent(to)->largest_hole = to_extent(from)->largest_hole;
	to_extent(to)->largest_fit = to_extent(from)->largest_fit;
}

static void extent_rotate(struct rb_node *from, struct rb_node *to)
{
	extent_copy(from, to);
	extent_update(to_extent(from));
}

static const struct rb_augment_callbacks hole_callbacks = {
	.propagate = extent_propagate,
	.copy = extent_copy,
	.rotate = extent_rotate,
};

/* Does not update the values of the subtrees that contain @extent. */
static void extent_set_hole(struct cmm_extent *extent, u64 hole)
{
	extent->hole = hole;
	extent->fit = extent_fit(extent);
}

/*
 * Insert @extent right behind @pred, or before all nodes if @pred is NULL. The holes
 * of both are already set.
 */
static void extent_link_after(struct cmm_extents *extents,
			      struct cmm_extent *pred,
			      struct cmm_extent *extent)
{
	struct rb_node *parent = pred ? &pred->node : NULL;
	struct rb_node **link = pred ? &pred->node.rb_right :
				       &extents->root.rb_node;

	while (*link) {
		parent = *link;
		link = &parent->rb_left;
	}
	extent->largest_hole = extent->hole;
	extent->largest_fit = extent->fit;
	rb_link_node(&extent->node, parent, link);
	/* @extent is below @pred. */
	if (pred)
		extent_propagate(parent, &pred->node);
	extent_propagate(pred ? &pred->node : parent, NULL);
	rb_insert_augmented(&extent->node, &extents->root, &hole_callbacks);
}

static void extent_unlink(struct cmm_extents *extents,
			  struct cmm_extent *extent)
{
	rb_erase_augmented(&extent->node, &extents->root, &hole_callbacks);
}

/* The last node that starts at or below @addr, or NULL. */
static struct cmm_extent *extents_find_below(const struct cmm_extents *extents,
					     u64 addr)
{
	struct rb_node *node = extents->root.rb_node;
	struct cmm_extent *found = NULL;

	while (node) {
		if (to_extent(node)->start <= addr) {
			found = to_extent(node);
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	return found;
}

/**
 * struct want - parameters of a search for a hole
 * @size: bytes
 * @align: alignment
 * @units: minimum fit in the byte at @shift; 0 to check only the size of holes
 * @shift: position of the byte in a fit, in bits
 */
struct want {
	u64 size;
	u64 align;
	u64 units;
	unsigned int shift;
};

static struct want extent_want(u64 size, u64 align)
{
	struct want want = { .size = size, .align = align };
	unsigned int kind;

	if (align > FIT_UNIT && size <= FIT_MAX * FIT_UNIT) {
		kind = ilog2(align / FIT_UNIT) - 1;
		want.units = DIV_ROUND_UP(size, FIT_UNIT);
		want.shift = 8 * min_t(unsigned int, kind, FIT_KINDS - 1);
	}
	return want;
}

/* Whether a request may fit a hole, or some hole of a subtree. */
static bool extent_may_fit(u64 hole, u64 fit, const struct want *want)
{
	if (want->units)
		return (fit >> want->shift & FIT_MAX) >= want->units;
	return hole >= want->size;
}

static bool extent_hole_may_fit(const struct cmm_extent *extent,
				const struct want *want)
{
	return extent_may_fit(extent->hole, extent->fit, want);
}

static bool extent_subtree_may_fit(const struct rb_node *subtree,
				   const struct want *want)
{
	return subtree && extent_may_fit(to_extent(subtree)->largest_hole,
					 to_extent(subtree)->largest_fit, want);
}

/* The lowest node in @subtree that may fit. @subtree must have one. */
static struct cmm_extent *extent_lowest_hole(struct rb_node *subtree,
					     const struct want *want)
{
	struct rb_node *node = subtree;

	for (;;) {
		if (extent_subtree_may_fit(node->rb_left, want)) {
			node = node->rb_left;
			continue;
		}
		if (extent_hole_may_fit(to_extent(node), want))
			return to_extent(node);
		node = node->rb_right;
	}
}

/* The next node behind @extent that may fit, or NULL. */
static struct cmm_extent *extent_next_hole(const struct cmm_extent *extent,
					   const struct want *want)
{
	const struct rb_node *node = &extent->node;
	struct rb_node *parent;

	if (extent_subtree_may_fit(node->rb_right, want))
		return extent_lowest_hole(node->rb_right, want);

	for (; (parent = rb_parent(node)); node = parent) {
		if (node != parent->rb_left)
			continue;
		if (extent_hole_may_fit(to_extent(parent), want))
			return to_extent(parent);
		if (extent_subtree_may_fit(parent->rb_right, want))
			return extent_lowest_hole(parent->rb_right, want);
	}
	return NULL;
}

/* The lowest node that may fit, or NULL. */
static struct cmm_extent *extents_first_hole(const struct cmm_extents *extents,
					     const struct want *want)
{
	struct rb_node *root = extents->root.rb_node;

	return extent_subtree_may_fit(root, want) ?
		       extent_lowest_hole(root, want) : NULL;
}

/* Allocate [@start, @start + @size) from the hole behind @pred. */
static void extent_cut(struct cmm_extents *extents, struct cmm_extent *pred,
		       struct cmm_extent *extent, u64 start, u64 size)
{
	u64 before = start - extent_end(pred);

	extent->start = start;
	extent->size = size;
	extent_set_hole(extent, pred->hole - before - size);
	extent_set_hole(pred, before);
	extent_link_after(extents, pred, extent);
	extents->free -= size;
}

void cmm_extents_init(struct cmm_extents *extents)
{
	*extents = (struct cmm_extents) { .root = RB_ROOT };
}

/**
 * cmm_extents_add_range() - add a free range
 * @extents: the set
 * @range: node embedded by the caller; in the set until it is removed
 * @start: first byte
 * @size: bytes, not 0; the end must not exceed the u64 range
 *
 * Ranges that touch stay separate: no extent spans two of them.
 *
 * Return: 0, -EINVAL for an invalid range, or -EEXIST if it overlaps another one.
 */
int cmm_extents_add_range(struct cmm_extents *extents, struct cmm_range *range,
			  u64 start, u64 size)
{
	struct cmm_extent *pred = extents_find_below(extents, start);
	struct cmm_extent *next = pred ? cmm_extents_next(pred) :
					 cmm_extents_first(extents);

	extents_assert_locked(extents);
	if (!size || start + size < start)
		return -EINVAL;
	if (pred && extent_end(pred) + pred->hole > start)
		return -EEXIST;
	if (next && next->start < start + size)
		return -EEXIST;

	range->size = size;
	range->head = (struct cmm_extent) { .start = start };
	extent_set_hole(&range->head, size);
	extent_link_after(extents, pred, &range->head);
	extents->total += size;
	extents->free += size;
	return 0;
}

/**
 * cmm_extents_remove_range() - remove a range
 * @extents: the set
 * @range: a range of this set
 *
 * Return: 0, or -EBUSY while an extent lies in the range.
 */
int cmm_extents_remove_range(struct cmm_extents *extents,
			     struct cmm_range *range)
{
	extents_assert_locked(extents);
	if (range->head.hole != range->size)
		return -EBUSY;

	extent_unlink(extents, &range->head);
	extents->total -= range->size;
	extents->free -= range->size;
	return 0;
}

/**
 * cmm_extents_insert() - allocate an extent at the lowest address that fits
 * @extents: the set
 * @extent: node embedded by the caller; in the set until it is removed
 * @size: bytes, not 0
 * @align: alignment of the first byte's address, a power of two
 *
 * Return: 0, -ENOSPC if fewer than @size bytes are free, or -ENOBUFS if no hole has
 * @size bytes with that alignment.
 */
int cmm_extents_insert(struct cmm_extents *extents, struct cmm_extent *extent,
		       u64 size, u64 align)
{
	return cmm_extents_insert_next(extents, NULL, extent, size, align);
}

/**
 * cmm_extents_insert_next() - allocate one more extent of the same size and
 * alignment
 * @extents: the set
 * @last: the last extent inserted with @size and @align, or NULL. No extent may have
 *	been removed since then.
 * @extent: node embedded by the caller; in the set until it is removed
 * @size: bytes, not 0
 * @align: alignment of the first byte's address, a power of two
 *
 * The lowest address that fits is behind @last, so the search begins there.
 *
 * Return: as cmm_extents_insert().
 */
int cmm_extents_insert_next(struct cmm_extents *extents,
			    struct cmm_extent *last, struct cmm_extent *extent,
			    u64 size, u64 align)
{
	const struct want want = extent_want(size, align);
	struct cmm_extent *pred = last;

	extents_assert_locked(extents);
	if (size > extents->free)
		return -ENOSPC;

	if (!pred)
		pred = extents_first_hole(extents, &want);
	while (pred && extent_aligned_room(pred, align) < size)
		pred = extent_next_hole(pred, &want);
	if (!pred)
		return -ENOBUFS;

	extent_cut(extents, pred, extent, round_up(extent_end(pred), align),
		   size);
	return 0;
}

/**
 * cmm_extents_reserve() - allocate an extent at a given address
 * @extents: the set
 * @extent: node embedded by the caller; in the set until it is removed
 * @start: first byte
 * @size: bytes, not 0
 *
 * Return: 0, -EINVAL for an invalid range, or -EBUSY if not all of it is free.
 */
int cmm_extents_reserve(struct cmm_extents *extents, struct cmm_extent *extent,
			u64 start, u64 size)
{
	struct cmm_extent *pred = extents_find_below(extents, start);

	extents_assert_locked(extents);
	if (!size || start + size < start)
		return -EINVAL;
	if (!pred || start < extent_end(pred) ||
	    start + size > extent_end(pred) + pred->hole)
		return -EBUSY;

	extent_cut(extents, pred, extent, start, size);
	return 0;
}

/**
 * cmm_extents_remove() - free an extent
 * @extents: the set
 * @extent: an extent of this set; the caller may reuse it on return
 */
void cmm_extents_remove(struct cmm_extents *extents, struct cmm_extent *extent)
{
	struct cmm_extent *pred = to_extent(rb_prev(&extent->node));

	extents_assert_locked(extents);
	extent_set_hole(pred, pred->hole + extent->size + extent->hole);
	extent_raise(pred);
	/* @pred's hole includes that of @extent, so few values change again. */
	extent_unlink(extents, extent);
	extents->free += extent->size;
}

/**
 * cmm_extents_largest_free() - size of the largest hole
 * @extents: the set
 *
 * Return: bytes; 0 if nothing is free. O(1).
 */
u64 cmm_extents_largest_free(const struct cmm_extents *extents)
{
	const struct cmm_extent *root = to_extent(extents->root.rb_node);

	extents_assert_locked(extents);
	return root ? root->largest_hole : 0;
}

/**
 * cmm_extents_next_free() - find the next free bytes
 * @extents: the set
 * @start: first address of the search, inside a range; set to the first free byte
 * @end: end of the search, exclusive, in the same range
 *
 * O(log n).
 *
 * Return: number of contiguous free bytes below @end; 0 if none.
 */
u64 cmm_extents_next_free(const struct cmm_extents *extents, u64 *start,
			  u64 end)
{
	const struct cmm_extent *pred = extents_find_below(extents, *start);
	const struct want any = extent_want(1, 1);
	u64 hole_end;

	extents_assert_locked(extents);
	for (; pred && extent_end(pred) < end; pred = extent_next_hole(pred,
								       &any)) {
		hole_end = min(extent_end(pred) + pred->hole, end);
		*start = max(*start, extent_end(pred));
		if (*start < hole_end)
			return hole_end - *start;
	}
	return 0;
}

/**
 * cmm_extents_find() - find the extent that an address is in
 * @extents: the set
 * @addr: the address
 *
 * Return: the extent, or NULL if the address is free or in no range.
 */
struct cmm_extent *cmm_extents_find(const struct cmm_extents *extents,
				    u64 addr)
{
	struct cmm_extent *extent = extents_find_below(extents, addr);

	extents_assert_locked(extents);
	return extent && addr < extent_end(extent) ? extent : NULL;
}

/**
 * cmm_extents_first() - get the lowest node, to begin a walk in address order
 * @extents: the set
 *
 * A walk also visits the head of each range, which has size 0.
 *
 * Return: a node or NULL.
 */
struct cmm_extent *cmm_extents_first(const struct cmm_extents *extents)
{
	extents_assert_locked(extents);
	return to_extent(rb_first(&extents->root));
}

/**
 * cmm_extents_next() - get the next node in address order
 * @extent: a node of a set
 *
 * Return: a node or NULL.
 */
struct cmm_extent *cmm_extents_next(const struct cmm_extent *extent)
{
	return to_extent(rb_next(&extent->node));
}
