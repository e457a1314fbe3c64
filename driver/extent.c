// SPDX-License-Identifier: GPL-2.0
/*
 * Extents: which bytes of a zone are taken. The model is told in extent.h.
 *
 * The tree holds extents and range heads in the order of their addresses; a
 * head comes before an extent that starts at the same address. Every node
 * carries the largest hole in its subtree, so that a search for the lowest
 * hole of some size never enters a subtree that has none: O(log n), and the
 * same again for each hole that is long enough but misaligned.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/rbtree_augmented.h>

#include "extent.h"

static inline struct cmm_extent *to_extent(const struct rb_node *node)
{
	return rb_entry_safe(node, struct cmm_extent, node);
}

static inline u64 extent_hole(const struct cmm_extent *extent)
{
	return extent->hole;
}

RB_DECLARE_CALLBACKS_MAX(static, hole_callbacks, struct cmm_extent, node,
			 u64, largest_hole, extent_hole)

static inline u64 extent_end(const struct cmm_extent *extent)
{
	return extent->start + extent->size;
}

static void assert_locked(const struct cmm_extents *extents)
{
#ifdef CONFIG_LOCKDEP
	if (extents->lock)
		lockdep_assert(lock_is_held(extents->lock));
#endif
}

static void set_hole(struct cmm_extent *extent, u64 hole)
{
	extent->hole = hole;
	hole_callbacks_propagate(&extent->node, NULL);
}

/* Insert @extent, its hole set, right behind @pred; NULL: before all others. */
static void link_after(struct cmm_extents *extents, struct cmm_extent *pred,
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
	rb_link_node(&extent->node, parent, link);
	hole_callbacks_propagate(parent, NULL);
	rb_insert_augmented(&extent->node, &extents->root, &hole_callbacks);
}

static void unlink(struct cmm_extents *extents, struct cmm_extent *extent)
{
	rb_erase_augmented(&extent->node, &extents->root, &hole_callbacks);
}

/* The last node that starts at or below @addr, or NULL. */
static struct cmm_extent *find_at_or_below(const struct cmm_extents *extents,
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

static bool has_hole(const struct rb_node *subtree, u64 size)
{
	return subtree && to_extent(subtree)->largest_hole >= size;
}

/* The lowest node with a hole of @size in @subtree, which has one. */
static struct cmm_extent *lowest_hole(struct rb_node *subtree, u64 size)
{
	struct rb_node *node = subtree;

	for (;;) {
		if (has_hole(node->rb_left, size)) {
			node = node->rb_left;
			continue;
		}
		if (to_extent(node)->hole >= size)
			return to_extent(node);
		node = node->rb_right;
	}
}

/* The next node behind @extent with a hole of @size, or NULL. */
static struct cmm_extent *next_hole(const struct cmm_extent *extent, u64 size)
{
	const struct rb_node *node = &extent->node;
	struct rb_node *parent;

	if (has_hole(node->rb_right, size))
		return lowest_hole(node->rb_right, size);

	for (; (parent = rb_parent(node)); node = parent) {
		if (node != parent->rb_left)
			continue;
		if (to_extent(parent)->hole >= size)
			return to_extent(parent);
		if (has_hole(parent->rb_right, size))
			return lowest_hole(parent->rb_right, size);
	}
	return NULL;
}

/* Where @size bytes fit in the hole behind @pred. */
static bool fit_hole(const struct cmm_extent *pred, u64 size, u64 align,
		     u64 *start)
{
	u64 hole = extent_end(pred);
	u64 skip = -hole & (align - 1);

	*start = hole + skip;
	return skip <= pred->hole && pred->hole - skip >= size;
}

/* Cut [@start, @start + @size) out of the hole behind @pred. */
static void cut(struct cmm_extents *extents, struct cmm_extent *pred,
		struct cmm_extent *extent, u64 start, u64 size)
{
	u64 before = start - extent_end(pred);

	extent->start = start;
	extent->size = size;
	extent->hole = pred->hole - before - size;
	set_hole(pred, before);
	link_after(extents, pred, extent);
	extents->free -= size;
}

/**
 * cmm_extents_init() - make an empty set
 * @extents: the set
 */
void cmm_extents_init(struct cmm_extents *extents)
{
	*extents = (struct cmm_extents) { .root = RB_ROOT };
}

/**
 * cmm_extents_add_range() - add a range, all of it free
 * @extents: the set
 * @range: the caller's node for it, in the set until it is removed
 * @start: first byte
 * @size: bytes, not 0; the end must not exceed the u64 range
 *
 * Ranges that touch stay separate: no extent spans two of them.
 *
 * Return: 0, -EINVAL for an impossible range, or -EEXIST if it overlaps one.
 */
int cmm_extents_add_range(struct cmm_extents *extents, struct cmm_range *range,
			  u64 start, u64 size)
{
	struct cmm_extent *pred = find_at_or_below(extents, start);
	struct cmm_extent *next = pred ? cmm_extents_next(pred) :
					 cmm_extents_first(extents);

	assert_locked(extents);
	if (!size || start + size < start)
		return -EINVAL;
	if (pred && extent_end(pred) + pred->hole > start)
		return -EEXIST;
	if (next && next->start < start + size)
		return -EEXIST;

	range->size = size;
	range->head = (struct cmm_extent) { .start = start, .hole = size };
	link_after(extents, pred, &range->head);
	extents->total += size;
	extents->free += size;
	return 0;
}

/**
 * cmm_extents_remove_range() - take a range out again
 * @extents: the set
 * @range: a range of this set
 *
 * Return: 0, or -EBUSY while an extent lies in the range.
 */
int cmm_extents_remove_range(struct cmm_extents *extents,
			     struct cmm_range *range)
{
	assert_locked(extents);
	if (range->head.hole != range->size)
		return -EBUSY;

	unlink(extents, &range->head);
	extents->total -= range->size;
	extents->free -= range->size;
	return 0;
}

/**
 * cmm_extents_insert() - cut an extent at the lowest address that fits
 * @extents: the set
 * @extent: the caller's node for it, in the set until it is removed
 * @size: bytes, not 0
 * @align: alignment of the first byte's address, a power of two
 *
 * Return: 0, -ENOSPC if less than @size is free, or -ENOBUFS if it is free but
 * in no one place with that alignment.
 */
int cmm_extents_insert(struct cmm_extents *extents, struct cmm_extent *extent,
		       u64 size, u64 align)
{
	struct rb_node *root = extents->root.rb_node;
	struct cmm_extent *pred;
	u64 start;

	assert_locked(extents);
	if (size > extents->free)
		return -ENOSPC;

	pred = has_hole(root, size) ? lowest_hole(root, size) : NULL;
	while (pred && !fit_hole(pred, size, align, &start))
		pred = next_hole(pred, size);
	if (!pred)
		return -ENOBUFS;

	cut(extents, pred, extent, start, size);
	return 0;
}

/**
 * cmm_extents_reserve() - cut an extent at a given address
 * @extents: the set
 * @extent: the caller's node for it, in the set until it is removed
 * @start: first byte
 * @size: bytes, not 0
 *
 * Return: 0, -EINVAL for an impossible range, or -EBUSY if not all of it is
 * free.
 */
int cmm_extents_reserve(struct cmm_extents *extents, struct cmm_extent *extent,
			u64 start, u64 size)
{
	struct cmm_extent *pred = find_at_or_below(extents, start);

	assert_locked(extents);
	if (!size || start + size < start)
		return -EINVAL;
	if (!pred || start < extent_end(pred) ||
	    start + size > extent_end(pred) + pred->hole)
		return -EBUSY;

	cut(extents, pred, extent, start, size);
	return 0;
}

/**
 * cmm_extents_remove() - give an extent back
 * @extents: the set
 * @extent: an extent of this set; the caller's again on return
 */
void cmm_extents_remove(struct cmm_extents *extents, struct cmm_extent *extent)
{
	struct cmm_extent *pred = to_extent(rb_prev(&extent->node));

	assert_locked(extents);
	unlink(extents, extent);
	set_hole(pred, pred->hole + extent->size + extent->hole);
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

	assert_locked(extents);
	return root ? root->largest_hole : 0;
}

/**
 * cmm_extents_next_free() - the next free bytes
 * @extents: the set
 * @start: where to begin, inside of a range; moved to the first free byte
 * @end: where to stop, exclusive, in the same range
 *
 * O(log n).
 *
 * Return: how many are free in one piece, below @end; 0 if none.
 */
u64 cmm_extents_next_free(const struct cmm_extents *extents, u64 *start,
			  u64 end)
{
	const struct cmm_extent *pred = find_at_or_below(extents, *start);
	u64 hole_end;

	assert_locked(extents);
	for (; pred && extent_end(pred) < end; pred = next_hole(pred, 1)) {
		hole_end = min(extent_end(pred) + pred->hole, end);
		*start = max(*start, extent_end(pred));
		if (*start < hole_end)
			return hole_end - *start;
	}
	return 0;
}

/**
 * cmm_extents_first() - the lowest node: begins a walk in address order
 * @extents: the set
 *
 * A walk also meets the head of each range, with a size of 0.
 *
 * Return: a node or NULL.
 */
struct cmm_extent *cmm_extents_first(const struct cmm_extents *extents)
{
	assert_locked(extents);
	return to_extent(rb_first(&extents->root));
}

/**
 * cmm_extents_next() - the node behind another
 * @extent: a node of a set
 *
 * Return: a node or NULL.
 */
struct cmm_extent *cmm_extents_next(const struct cmm_extent *extent)
{
	return to_extent(rb_next(&extent->node));
}

static u64 largest_of(const struct cmm_extent *extent)
{
	const struct cmm_extent *left = to_extent(extent->node.rb_left);
	const struct cmm_extent *right = to_extent(extent->node.rb_right);
	u64 largest = extent->hole;

	if (left && left->largest_hole > largest)
		largest = left->largest_hole;
	if (right && right->largest_hole > largest)
		largest = right->largest_hole;
	return largest;
}

/**
 * cmm_extents_check() - verify every invariant of a set
 * @extents: the set
 *
 * For tests and debugfs; walks everything.
 *
 * Return: true if the nodes are in order without overlap, every hole ends where
 * the next node begins or its range ends, and all sums are right.
 */
bool cmm_extents_check(const struct cmm_extents *extents)
{
	const struct cmm_extent *extent, *next;
	u64 taken = 0, free = 0;

	for (extent = cmm_extents_first(extents); extent; extent = next) {
		u64 end = extent_end(extent) + extent->hole;

		next = cmm_extents_next(extent);
		if (extent->largest_hole != largest_of(extent))
			return false;
		if (next && (next->size ? next->start != end :
					  next->start < end))
			return false;
		taken += extent->size;
		free += extent->hole;
	}
	return free == extents->free && taken + free == extents->total;
}
