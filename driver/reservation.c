// SPDX-License-Identifier: GPL-2.0
/*
 * Reservation: memory that stays reserved for the user that first allocated it. See
 * reservation.h for the model.
 */
#include <linux/errno.h>
#include <linux/slab.h>

#include "reservation.h"

/**
 * struct cmm_reservation - memory reserved for one user
 * @extent: the memory, as an extent of the zone
 * @range: the same memory, as a range of the owner's extents
 * @owner: the owner, set when the reservation is made
 * @link: in the owner's list, the newest first, or in the preallocated list
 */
struct cmm_reservation {
	struct cmm_extent extent;
	struct cmm_range range;
	struct cmm_owner *owner;
	struct list_head link;
};

/**
 * cmm_reservation_prealloc_init() - preallocate for an allocation
 * @prealloc: filled in
 * @count: number of extents to allocate
 *
 * Return: 0, or -ENOMEM; nothing needs to be freed then.
 */
int cmm_reservation_prealloc_init(struct cmm_reservation_prealloc *prealloc,
				  unsigned int count)
{
	struct cmm_reservation *reservation;

	INIT_LIST_HEAD(&prealloc->reservations);
	prealloc->owner = kzalloc(sizeof(*prealloc->owner), GFP_KERNEL_ACCOUNT);
	if (!prealloc->owner)
		return -ENOMEM;
	for (; count; count--) {
		reservation = kzalloc(sizeof(*reservation), GFP_KERNEL_ACCOUNT);
		if (!reservation) {
			cmm_reservation_prealloc_free(prealloc);
			return -ENOMEM;
		}
		list_add(&reservation->link, &prealloc->reservations);
	}
	return 0;
}

static void free_lots(struct list_head *list)
{
	struct cmm_reservation *reservation, *next;

	list_for_each_entry_safe(reservation, next, list, link)
		kfree(reservation);
}

/**
 * cmm_reservation_prealloc_free() - free unused preallocated objects
 * @prealloc: from cmm_reservation_prealloc_init()
 */
void cmm_reservation_prealloc_free(struct cmm_reservation_prealloc *prealloc)
{
	kfree(prealloc->owner);
	free_lots(&prealloc->reservations);
}

/**
 * cmm_reservations_init() - initialise without reservations
 * @reservations: the zone's
 * @zone: the zone's extents, which reservations are made from
 */
void cmm_reservations_init(struct cmm_reservations *reservations,
			   struct cmm_extents *zone)
{
	*reservations =
		(struct cmm_reservations){ .zone = zone, .owners = RB_ROOT };
}

static struct cmm_owner *to_owner(struct rb_node *node)
{
	return rb_entry(node, struct cmm_owner, node);
}

/**
 * cmm_reservations_free() - free all owners and reservations of a zone
 * @reservations: the zone's; no extent is left
 */
void cmm_reservations_free(struct cmm_reservations *reservations)
{
	struct cmm_owner *owner, *next;

	rbtree_postorder_for_each_entry_safe(owner, next, &reservations->owners,
					     node) {
		free_lots(&owner->reservations);
		kfree(owner);
	}
}

/**
 * cmm_reservations_owner() - find the owner of a user, or add one
 * @reservations: the zone's
 * @uid: the user
 * @prealloc: preallocated objects; may be NULL if the user has an extent
 *
 * Return: the owner.
 */
struct cmm_owner *
cmm_reservations_owner(struct cmm_reservations *reservations, kuid_t uid,
		       struct cmm_reservation_prealloc *prealloc)
{
	struct rb_node **link = &reservations->owners.rb_node, *parent = NULL;
	struct cmm_owner *owner;

	while (*link) {
		parent = *link;
		owner = to_owner(parent);
		if (uid_eq(owner->uid, uid))
			return owner;
		link = uid_lt(uid, owner->uid) ? &parent->rb_left :
						 &parent->rb_right;
	}

	owner = prealloc->owner;
	prealloc->owner = NULL;
	owner->uid = uid;
	cmm_extents_init(&owner->extents);
	INIT_LIST_HEAD(&owner->reservations);
	rb_link_node(&owner->node, parent, link);
	rb_insert_color(&owner->node, &reservations->owners);
	return owner;
}

/**
 * cmm_reservations_drop_owner() - remove an owner without reservations
 * @reservations: the zone's
 * @owner: the owner; kept if it has a reservation
 * @prealloc: as passed to cmm_reservations_owner(); gets a removed owner back
 */
void cmm_reservations_drop_owner(struct cmm_reservations *reservations,
				 struct cmm_owner *owner,
				 struct cmm_reservation_prealloc *prealloc)
{
	if (!list_empty(&owner->reservations))
		return;
	rb_erase(&owner->node, &reservations->owners);
	prealloc->owner = owner;
}

/* Reserve unreserved memory of the zone for the owner. All of it is free. */
static int cut_lot(struct cmm_reservations *reservations,
		   struct cmm_owner *owner, u64 size, u64 align,
		   struct cmm_reservation_prealloc *prealloc)
{
	struct cmm_reservation *reservation =
		list_first_entry(&prealloc->reservations, struct cmm_reservation, link);
	int ret;

	if (size > owner->limit || owner->extents.total > owner->limit - size)
		return -ENOBUFS;
	ret = cmm_extents_insert(reservations->zone, &reservation->extent, size,
				 align);
	if (ret)
		return ret;
	/* Cannot fail: memory that was free in the zone is in no reservation. */
	cmm_extents_add_range(&owner->extents, &reservation->range,
			      reservation->extent.start, size);
	reservation->owner = owner;
	list_move(&reservation->link, &owner->reservations);
	reservations->retained += size;
	return 0;
}

/**
 * cmm_reservation_insert() - allocate an extent from reserved or unreserved memory
 * @reservations: the zone's
 * @owner: the owner
 * @extent: the caller's node for the extent
 * @size: bytes, not 0
 * @align: alignment of the first byte's address, a power of two
 * @prealloc: preallocated objects
 * @cut: incremented if a new reservation was made
 *
 * The owner's reservations are used first.
 *
 * Return: 0, -ENOBUFS if the owner's reservations would exceed its limit, or an
 * error of cmm_extents_insert().
 */
int cmm_reservation_insert(struct cmm_reservations *reservations,
			   struct cmm_owner *owner, struct cmm_extent *extent,
			   u64 size, u64 align,
			   struct cmm_reservation_prealloc *prealloc,
			   unsigned int *cut)
{
	int ret;

	ret = cmm_extents_insert(&owner->extents, extent, size, align);
	if (ret) {
		ret = cut_lot(reservations, owner, size, align, prealloc);
		if (ret)
			return ret;
		++*cut;
		/* Cannot fail: it fits only in the new reservation. */
		cmm_extents_insert(&owner->extents, extent, size, align);
	}
	reservations->retained -= size;
	return 0;
}

/**
 * cmm_reservation_remove() - free an extent; its memory is retained for its owner
 * @reservations: the zone's
 * @owner: the owner
 * @extent: from cmm_reservation_insert()
 */
void cmm_reservation_remove(struct cmm_reservations *reservations,
			    struct cmm_owner *owner, struct cmm_extent *extent)
{
	cmm_extents_remove(&owner->extents, extent);
	reservations->retained += extent->size;
}

/**
 * cmm_reservations_find() - find the extent that an address is in
 * @reservations: the zone's
 * @addr: the address
 *
 * Return: an extent from cmm_reservation_insert(), or NULL.
 */
struct cmm_extent *
cmm_reservations_find(const struct cmm_reservations *reservations, u64 addr)
{
	struct cmm_extent *extent = cmm_extents_find(reservations->zone, addr);

	if (!extent)
		return NULL;
	return cmm_extents_find(&container_of(extent, struct cmm_reservation,
					      extent)->owner->extents, addr);
}

/**
 * cmm_reservations_uncut() - undo new reservations that no user has accessed
 * @reservations: the zone's
 * @owner: the owner
 * @cut: number of reservations to undo, the newest first; no extent is in them
 * @prealloc: gets the reservations back
 */
void cmm_reservations_uncut(struct cmm_reservations *reservations,
			    struct cmm_owner *owner, unsigned int cut,
			    struct cmm_reservation_prealloc *prealloc)
{
	struct cmm_reservation *reservation;

	for (; cut; cut--) {
		reservation = list_first_entry(&owner->reservations,
					       struct cmm_reservation, link);
		reservations->retained -= reservation->extent.size;
		cmm_extents_remove_range(&owner->extents, &reservation->range);
		cmm_extents_remove(reservations->zone, &reservation->extent);
		list_move(&reservation->link, &prealloc->reservations);
	}
}
