/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lot: memory that stays with the user who had it first.
 *
 * Memory that nobody can clear must not come to another user. So what a user
 * takes is cut out of the zone for ever, as a lot of his own, and what he gives
 * back is free in his lots and nowhere else. He gets it again, whole or in parts,
 * before anything new is cut. No memory changes hands, because an extent is
 * always inside of one lot, a lot has one owner, and it ends with the zone; but
 * for what was cut in vain, and seen by nobody.
 *
 * Lots that touch stay apart: no extent spans two of them.
 *
 * The zone serialises all calls with its lock. Nothing here sleeps or allocates:
 * whoever takes brings along what may be needed.
 */
#ifndef _CMM_LOT_H
#define _CMM_LOT_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "extent.h"

/**
 * struct cmm_owner - a user, and the lots that are his
 * @uid: the user
 * @extents: what of his lots is taken
 * @limit: bytes that his lots may come to, as of the latest call
 */
struct cmm_owner {
	kuid_t uid;
	struct cmm_extents extents;
	u64 limit;
	/* private: */
	struct list_head lots;
	struct rb_node node;
};

/**
 * struct cmm_lots - the owners of one zone's memory
 * @kept: bytes that are free, but only for their owners
 */
struct cmm_lots {
	u64 kept;
	/* private: */
	struct cmm_extents *zone;
	struct rb_root owners;	/* ordered by @uid */
};

/**
 * struct cmm_lot_spares - what a call that takes may need, the caller's
 * @owner: or NULL
 * @lots: as many as there are extents to take
 */
struct cmm_lot_spares {
	struct cmm_owner *owner;
	struct list_head lots;
};

int cmm_lot_spares_init(struct cmm_lot_spares *spares, unsigned int count);
void cmm_lot_spares_free(struct cmm_lot_spares *spares);

void cmm_lots_init(struct cmm_lots *lots, struct cmm_extents *zone);
void cmm_lots_free(struct cmm_lots *lots);

struct cmm_owner *cmm_lots_owner(struct cmm_lots *lots, kuid_t uid,
				 struct cmm_lot_spares *spares);
void cmm_lots_drop_owner(struct cmm_lots *lots, struct cmm_owner *owner,
			 struct cmm_lot_spares *spares);

int cmm_lot_insert(struct cmm_lots *lots, struct cmm_owner *owner,
		   struct cmm_extent *extent, u64 size, u64 align,
		   struct cmm_lot_spares *spares, unsigned int *cut);
void cmm_lot_remove(struct cmm_lots *lots, struct cmm_owner *owner,
		    struct cmm_extent *extent);
void cmm_lots_uncut(struct cmm_lots *lots, struct cmm_owner *owner,
		    unsigned int cut, struct cmm_lot_spares *spares);

struct cmm_extent *cmm_lots_find(const struct cmm_lots *lots, u64 addr);

#endif /* _CMM_LOT_H */
