/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Extents: which bytes of a zone are taken.
 *
 * A set of disjoint ranges of addresses, and the extents cut out of them, in
 * one tree ordered by address. Free space has no object of its own: each node
 * records the hole that follows it, and each range begins with an empty node
 * that stands for the hole at its start. So an allocation needs exactly one
 * node, which the caller embeds in whatever it allocates for, and neither
 * taking nor giving back can run out of memory.
 *
 * Placement is exact first fit: the lowest address at which the request fits.
 * Finding it takes O(log n) for n extents. There is one exception: an aligned
 * request of more than 508 KiB, or one aligned to more than 1 MiB, may have to look
 * at holes where it does not fit, at most one for each 508 KiB of the set.
 *
 * Addresses and sizes are bytes; an end is exclusive. Nothing here sleeps,
 * allocates, or knows a device. The owner serialises all calls with one lock
 * and may register it, to have it checked by lockdep.
 *
 * Usage:
 *
 *	struct buffer { struct cmm_extent extent; ... } *a;
 *
 *	cmm_extents_init(&extents);
 *	ret = cmm_extents_add_range(&extents, &range, start, size);
 *	ret = cmm_extents_insert(&extents, &a->extent, SZ_1M, PAGE_SIZE);
 *	if (!ret)			// else -ENOSPC or -ENOBUFS, and a is not in the set
 *		use(a->extent.start, a->extent.size);
 *	cmm_extents_remove(&extents, &a->extent);
 */
#ifndef _CMM_EXTENT_H
#define _CMM_EXTENT_H

#include <linux/lockdep.h>
#include <linux/rbtree.h>
#include <linux/types.h>

/**
 * struct cmm_extent - one extent, or the empty head of a range
 * @start: first byte
 * @size: bytes; 0 for the head of a range
 *
 * Embedded by the caller. @start and @size may be read while the extent is in
 * a set; everything else belongs to extent.c.
 */
struct cmm_extent {
	u64 start;
	u64 size;
	/* private: */
	u64 hole;		/* free bytes right behind this extent */
	u64 fit;		/* what of these is aligned, see extent.c */
	u64 largest_hole;	/* the largest hole in this node's subtree */
	u64 largest_fit;	/* the largest fit of each kind in this subtree */
	struct rb_node node;
};

/**
 * struct cmm_range - a range of addresses that extents may be cut from
 * @head: stands for the free space at the range's start
 * @size: bytes of the range
 *
 * Embedded by the caller; belongs to extent.c while it is in a set.
 */
struct cmm_range {
	/* private: */
	struct cmm_extent head;
	u64 size;
};

/**
 * struct cmm_extents - a set of ranges and the extents in them
 * @total: bytes of all ranges
 * @free: bytes of all ranges in no extent
 *
 * @total and @free may be read under the owner's lock.
 */
struct cmm_extents {
	u64 total;
	u64 free;
	/* private: */
	struct rb_root root;
#ifdef CONFIG_LOCKDEP
	struct lockdep_map *lock;
#endif
};

/**
 * cmm_extents_set_lock() - tell lockdep which lock serialises a set
 * @extents: the set
 * @l: a lock with a lockdep map, held by the owner around every other call
 */
#ifdef CONFIG_LOCKDEP
#define cmm_extents_set_lock(extents, l) ((extents)->lock = &(l)->dep_map)
#else
#define cmm_extents_set_lock(extents, l) do { } while (0)
#endif

void cmm_extents_init(struct cmm_extents *extents);

int cmm_extents_add_range(struct cmm_extents *extents, struct cmm_range *range,
			  u64 start, u64 size);
int cmm_extents_remove_range(struct cmm_extents *extents,
			     struct cmm_range *range);

int cmm_extents_insert(struct cmm_extents *extents, struct cmm_extent *extent,
		       u64 size, u64 align);
int cmm_extents_insert_next(struct cmm_extents *extents,
			    struct cmm_extent *last, struct cmm_extent *extent,
			    u64 size, u64 align);
int cmm_extents_reserve(struct cmm_extents *extents, struct cmm_extent *extent,
			u64 start, u64 size);
void cmm_extents_remove(struct cmm_extents *extents, struct cmm_extent *extent);

u64 cmm_extents_largest_free(const struct cmm_extents *extents);
u64 cmm_extents_next_free(const struct cmm_extents *extents, u64 *start,
			  u64 end);

struct cmm_extent *cmm_extents_find(const struct cmm_extents *extents,
				    u64 addr);
struct cmm_extent *cmm_extents_first(const struct cmm_extents *extents);
struct cmm_extent *cmm_extents_next(const struct cmm_extent *extent);

#endif /* _CMM_EXTENT_H */
