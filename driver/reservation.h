/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lot: memory that stays with the user who had it first.
 *
 * Memory that nobody can clear must not come to another user. So what a user
 * takes is cut out of the zone for ever, as a lot of his own, and what he gives
 * back is free in his lots and nowhere else. He gets it again, whole or in parts,
 * before anything new is cut. No memory changes hands, because an extent is
 * always inside of one reservation, a lot has one owner, and it ends with the zone; but
 * for what was cut in vain, and seen by nobody.
 *
 * Lots that touch stay apart: no extent spans two of them.
 *
 * The zone serialises all calls with its lock. Nothing here sleeps or allocates:
 * whoever takes brings along what may be needed.
 */
#ifndef _CMM_RESERVATION_H
#define _CMM_RESERVATION_H

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
	struct list_head reservations;
	struct rb_node node;
};

/**
 * struct cmm_reservations - the owners of one zone's memory
 * @retained: bytes that are free, but only for their owners
 */
struct cmm_reservations {
	u64 retained;
	/* private: */
	struct cmm_extents *zone;
	struct rb_root owners; /* ordered by @uid */
};

/**
 * struct cmm_reservation_prealloc - what a call that takes may need, the caller's
 * @owner: or NULL
 * @reservations: as many as there are extents to take
 */
struct cmm_reservation_prealloc {
	struct cmm_owner *owner;
	struct list_head reservations;
};

int cmm_reservation_prealloc_init(struct cmm_reservation_prealloc *prealloc,
				  unsigned int count);
void cmm_reservation_prealloc_free(struct cmm_reservation_prealloc *prealloc);

void cmm_reservations_init(struct cmm_reservations *reservations,
			   struct cmm_extents *zone);
void cmm_reservations_free(struct cmm_reservations *reservations);

struct cmm_owner *
cmm_reservations_owner(struct cmm_reservations *reservations, kuid_t uid,
		       struct cmm_reservation_prealloc *prealloc);
void cmm_reservations_drop_owner(struct cmm_reservations *reservations,
				 struct cmm_owner *owner,
				 struct cmm_reservation_prealloc *prealloc);

int cmm_reservation_insert(struct cmm_reservations *reservations,
			   struct cmm_owner *owner, struct cmm_extent *extent,
			   u64 size, u64 align,
			   struct cmm_reservation_prealloc *prealloc,
			   unsigned int *cut);
void cmm_reservation_remove(struct cmm_reservations *reservations,
			    struct cmm_owner *owner, struct cmm_extent *extent);
void cmm_reservations_uncut(struct cmm_reservations *reservations,
			    struct cmm_owner *owner, unsigned int cut,
			    struct cmm_reservation_prealloc *prealloc);

struct cmm_extent *
cmm_reservations_find(const struct cmm_reservations *reservations, u64 addr);

#endif /* _CMM_RESERVATION_H */
