/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Extents: the allocated bytes of a zone.
 *
 * A set has disjoint address ranges and the extents inside them, in one tree ordered
 * by address. Free space has no object. Each node records the hole behind it, and
 * each range begins with an empty node for the hole at its start. So an allocation
 * needs exactly one node. The caller embeds it in its own struct, so alloc and free
 * can't run out of memory.
 *
 * Placement is exact first fit: the lowest address at which the request fits. The
 * search is O(log n) for n extents, with one exception. An aligned request of more
 * than 508 KiB, or one aligned to more than 1 MiB, may visit holes where it does not
 * fit, at most one for each 508 KiB of the set.
 *
 * Addresses and sizes are bytes; an end is exclusive. No function here sleeps,
 * allocates, or accesses a device. The owner serialises all calls with one lock, and
 * may register it for lockdep checks.
 *
 * Usage:
 *
 *	struct buffer { struct cmm_extent extent; ... } *a;
 *
 *	cmm_extents_init(&extents);
 *	ret = cmm_extents_add_range(&extents, &range, start, size);
 *	ret = cmm_extents_insert(&extents, &a->extent, SZ_1M, PAGE_SIZE);
 *	if (!ret)	// else -ENOSPC or -ENOBUFS; a is not in the set
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
 * Embedded by the caller. The caller may read @start and @size while the extent is
 * in a set. All other members are private to extent.c.
 */
struct cmm_extent {
	u64 start;
	u64 size;
	/* private: */
	u64 hole;		/* free bytes right behind this extent */
	u64 fit;		/* aligned part of the hole, see extent.c */
	u64 largest_hole;	/* the largest hole in this node's subtree */
	u64 largest_fit;	/* the largest fit of each kind in this subtree */
	struct rb_node node;
};

/**
 * struct cmm_range - an address range in which extents are allocated
 * @head: empty node for the hole at the range's start
 * @size: bytes of the range
 *
 * Embedded by the caller. Private to extent.c while it is in a set.
 */
struct cmm_range {
	/* private: */
	struct cmm_extent head;
	u64 size;
};

/**
 * struct cmm_extents - a set of ranges and the extents in them
 * @total: bytes of all ranges
 * @free: bytes of all ranges that are in no extent
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
 * cmm_extents_set_lock() - register the lock of a set for lockdep checks
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
