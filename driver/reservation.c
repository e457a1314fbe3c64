// SPDX-License-Identifier: GPL-2.0
/*
 * Lot: memory that stays with the user who had it first. The model is told in
 * reservation.h.
 */
#include <linux/errno.h>
#include <linux/slab.h>

#include "reservation.h"

/**
 * struct cmm_reservation - memory that one user has, or had
 * @extent: what it is of the zone
 * @range: the same, for its owner's extents
 * @owner: the owner, once it has one
 * @link: in the owner's list, the youngest first, or among the spares
 */
struct cmm_reservation {
	struct cmm_extent extent;
	struct cmm_range range;
	struct cmm_owner *owner;
	struct list_head link;
};

/**
 * cmm_reservation_prealloc_init() - provide for a call that takes
 * @prealloc: filled in
 * @count: extents that it takes
 *
 * Return: 0, or -ENOMEM with nothing to be freed.
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
 * cmm_reservation_prealloc_free() - free what the call did not need
 * @prealloc: from cmm_reservation_prealloc_init()
 */
void cmm_reservation_prealloc_free(struct cmm_reservation_prealloc *prealloc)
{
	kfree(prealloc->owner);
	free_lots(&prealloc->reservations);
}

/**
 * cmm_reservations_init() - begin with nobody's memory
 * @reservations: the zone's
 * @zone: what of the zone is cut into lots
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
 * cmm_reservations_free() - forget who had what, at the zone's end
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
 * cmm_reservations_owner() - find a user among the owners, or make him one
 * @reservations: the zone's
 * @uid: the user
 * @prealloc: the caller's; may be NULL for a user who has an extent
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
 * cmm_reservations_drop_owner() - forget an owner who got nothing
 * @reservations: the zone's
 * @owner: stays if he has a lot
 * @prealloc: what cmm_reservations_owner() was given
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

/* Makes a piece of the zone that is nobody's the owner's, all of it free. */
static int cut_lot(struct cmm_reservations *reservations,
		   struct cmm_owner *owner, u64 size, u64 align,
		   struct cmm_reservation_prealloc *prealloc)
{
	struct cmm_reservation *reservation = list_first_entry(
		&prealloc->reservations, struct cmm_reservation, link);
	int ret;

	if (size > owner->limit || owner->extents.total > owner->limit - size)
		return -ENOBUFS;
	ret = cmm_extents_insert(reservations->zone, &reservation->extent, size,
				 align);
	if (ret)
		return ret;
	/* Cannot fail: what was free in the zone is in no lot. */
	cmm_extents_add_range(&owner->extents, &reservation->range,
			      reservation->extent.start, size);
	reservation->owner = owner;
	list_move(&reservation->link, &owner->reservations);
	reservations->retained += size;
	return 0;
}

/**
 * cmm_reservation_insert() - cut an extent out of what is the owner's, or nobody's
 * @reservations: the zone's
 * @owner: the owner
 * @extent: the caller's node for it
 * @size: bytes, not 0
 * @align: alignment of the first byte's address, a power of two
 * @prealloc: the caller's
 * @cut: counts the lots that had to be made
 *
 * Return: 0, -ENOBUFS if the owner's lots would come to more than his limit, or what
 * cmm_extents_insert() returns.
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
		/* Fits, and nowhere else. */
		cmm_extents_insert(&owner->extents, extent, size, align);
	}
	reservations->retained -= size;
	return 0;
}

/**
 * cmm_reservation_remove() - give an extent back to its owner
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
 * Return: an extent from cmm_reservation_insert(), or NULL if the address is in none.
 */
struct cmm_extent *
cmm_reservations_find(const struct cmm_reservations *reservations, u64 addr)
{
	struct cmm_extent *extent = cmm_extents_find(reservations->zone, addr);

	if (!extent)
		return NULL;
	return cmm_extents_find(
		&container_of(extent, struct cmm_reservation, extent)
			 ->owner->extents,
		addr);
}

/**
 * cmm_reservations_uncut() - let lots that nobody has seen be nobody's again
 * @reservations: the zone's
 * @owner: the owner
 * @cut: how many, the youngest of his; no extent is in them
 * @prealloc: the caller's
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
