/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reservation: memory that stays reserved for the user that first allocated it.
 *
 * Memory that cannot be cleared must not be allocated to another user. So the zone
 * keeps each allocation as a reservation of its user. Freed memory is free only for
 * that user. The user's next allocations reuse it, whole or in parts, before a new
 * reservation is made.
 *
 * Memory never changes its owner: each extent is inside one reservation, and a
 * reservation has one owner and lasts as long as the zone. The exception is a
 * reservation made for an allocation that failed: it is undone, because no user
 * has accessed it.
 *
 * Adjacent reservations are not merged: no extent spans two of them.
 *
 * The zone serialises all calls with its lock. Only cmm_reservation_prealloc_init()
 * allocates: callers preallocate what the other functions may need.
 */
#ifndef _CMM_RESERVATION_H
#define _CMM_RESERVATION_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "extent.h"

/**
 * struct cmm_owner - a user with reservations
 * @uid: the user
 * @extents: allocated parts of the user's reservations
 * @limit: maximum bytes of all reservations of the user, as of the latest call
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
 * @retained: bytes that are free only for their owners
 */
struct cmm_reservations {
	u64 retained;
	/* private: */
	struct cmm_extents *zone;
	struct rb_root owners; /* ordered by @uid */
};

/**
 * struct cmm_reservation_prealloc - objects preallocated by the caller
 * @owner: a new owner, or NULL
 * @reservations: list of new reservations, one for each extent to allocate
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
