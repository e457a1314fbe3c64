// SPDX-License-Identifier: GPL-2.0
/*
 * Lot: memory that stays with the user who had it first. The model is told in
 * lot.h.
 */
#include <linux/errno.h>
#include <linux/slab.h>

#include "lot.h"

/**
 * struct cmm_lot - memory that one user has, or had
 * @extent: what it is of the zone
 * @range: the same, for its owner's extents
 * @owner: the owner, once it has one
 * @link: in the owner's list, the youngest first, or among the spares
 */
struct cmm_lot {
	struct cmm_extent extent;
	struct cmm_range range;
	struct cmm_owner *owner;
	struct list_head link;
};

/**
 * cmm_lot_spares_init() - provide for a call that takes
 * @spares: filled in
 * @count: extents that it takes
 *
 * Return: 0, or -ENOMEM with nothing to be freed.
 */
int cmm_lot_spares_init(struct cmm_lot_spares *spares, unsigned int count)
{
	struct cmm_lot *lot;

	INIT_LIST_HEAD(&spares->lots);
	spares->owner = kzalloc(sizeof(*spares->owner), GFP_KERNEL_ACCOUNT);
	if (!spares->owner)
		return -ENOMEM;
	for (; count; count--) {
		lot = kzalloc(sizeof(*lot), GFP_KERNEL_ACCOUNT);
		if (!lot) {
			cmm_lot_spares_free(spares);
			return -ENOMEM;
		}
		list_add(&lot->link, &spares->lots);
	}
	return 0;
}

static void free_lots(struct list_head *list)
{
	struct cmm_lot *lot, *next;

	list_for_each_entry_safe(lot, next, list, link)
		kfree(lot);
}

/**
 * cmm_lot_spares_free() - free what the call did not need
 * @spares: from cmm_lot_spares_init()
 */
void cmm_lot_spares_free(struct cmm_lot_spares *spares)
{
	kfree(spares->owner);
	free_lots(&spares->lots);
}

/**
 * cmm_lots_init() - begin with nobody's memory
 * @lots: the zone's
 * @zone: what of the zone is cut into lots
 */
void cmm_lots_init(struct cmm_lots *lots, struct cmm_extents *zone)
{
	*lots = (struct cmm_lots) { .zone = zone, .owners = RB_ROOT };
}

static struct cmm_owner *to_owner(struct rb_node *node)
{
	return rb_entry(node, struct cmm_owner, node);
}

/**
 * cmm_lots_free() - forget who had what, at the zone's end
 * @lots: the zone's; no extent is left
 */
void cmm_lots_free(struct cmm_lots *lots)
{
	struct cmm_owner *owner, *next;

	rbtree_postorder_for_each_entry_safe(owner, next, &lots->owners, node) {
		free_lots(&owner->lots);
		kfree(owner);
	}
}

/**
 * cmm_lots_owner() - find a user among the owners, or make him one
 * @lots: the zone's
 * @uid: the user
 * @spares: the caller's; may be NULL for a user who has an extent
 *
 * Return: the owner.
 */
struct cmm_owner *cmm_lots_owner(struct cmm_lots *lots, kuid_t uid,
				 struct cmm_lot_spares *spares)
{
	struct rb_node **link = &lots->owners.rb_node, *parent = NULL;
	struct cmm_owner *owner;

	while (*link) {
		parent = *link;
		owner = to_owner(parent);
		if (uid_eq(owner->uid, uid))
			return owner;
		link = uid_lt(uid, owner->uid) ? &parent->rb_left :
						 &parent->rb_right;
	}

	owner = spares->owner;
	spares->owner = NULL;
	owner->uid = uid;
	cmm_extents_init(&owner->extents);
	INIT_LIST_HEAD(&owner->lots);
	rb_link_node(&owner->node, parent, link);
	rb_insert_color(&owner->node, &lots->owners);
	return owner;
}

/**
 * cmm_lots_drop_owner() - forget an owner who got nothing
 * @lots: the zone's
 * @owner: stays if he has a lot
 * @spares: what cmm_lots_owner() was given
 */
void cmm_lots_drop_owner(struct cmm_lots *lots, struct cmm_owner *owner,
			 struct cmm_lot_spares *spares)
{
	if (!list_empty(&owner->lots))
		return;
	rb_erase(&owner->node, &lots->owners);
	spares->owner = owner;
}

/* Makes a piece of the zone that is nobody's the owner's, all of it free. */
static int cut_lot(struct cmm_lots *lots, struct cmm_owner *owner, u64 size,
		   u64 align, struct cmm_lot_spares *spares)
{
	struct cmm_lot *lot = list_first_entry(&spares->lots, struct cmm_lot,
					       link);
	int ret;

	if (size > owner->limit || owner->extents.total > owner->limit - size)
		return -ENOBUFS;
	ret = cmm_extents_insert(lots->zone, &lot->extent, size, align);
	if (ret)
		return ret;
	/* Cannot fail: what was free in the zone is in no lot. */
	cmm_extents_add_range(&owner->extents, &lot->range, lot->extent.start,
			      size);
	lot->owner = owner;
	list_move(&lot->link, &owner->lots);
	lots->kept += size;
	return 0;
}

/**
 * cmm_lot_insert() - cut an extent out of what is the owner's, or nobody's
 * @lots: the zone's
 * @owner: the owner
 * @extent: the caller's node for it
 * @size: bytes, not 0
 * @align: alignment of the first byte's address, a power of two
 * @spares: the caller's
 * @cut: counts the lots that had to be made
 *
 * Return: 0, -ENOBUFS if the owner's lots would come to more than his limit, or what
 * cmm_extents_insert() returns.
 */
int cmm_lot_insert(struct cmm_lots *lots, struct cmm_owner *owner,
		   struct cmm_extent *extent, u64 size, u64 align,
		   struct cmm_lot_spares *spares, unsigned int *cut)
{
	int ret;

	ret = cmm_extents_insert(&owner->extents, extent, size, align);
	if (ret) {
		ret = cut_lot(lots, owner, size, align, spares);
		if (ret)
			return ret;
		++*cut;
		/* Fits, and nowhere else. */
		cmm_extents_insert(&owner->extents, extent, size, align);
	}
	lots->kept -= size;
	return 0;
}

/**
 * cmm_lot_remove() - give an extent back to its owner
 * @lots: the zone's
 * @owner: the owner
 * @extent: from cmm_lot_insert()
 */
void cmm_lot_remove(struct cmm_lots *lots, struct cmm_owner *owner,
		    struct cmm_extent *extent)
{
	cmm_extents_remove(&owner->extents, extent);
	lots->kept += extent->size;
}

/**
 * cmm_lots_find() - find the extent that an address is in
 * @lots: the zone's
 * @addr: the address
 *
 * Return: an extent from cmm_lot_insert(), or NULL if the address is in none.
 */
struct cmm_extent *cmm_lots_find(const struct cmm_lots *lots, u64 addr)
{
	struct cmm_extent *extent = cmm_extents_find(lots->zone, addr);

	if (!extent)
		return NULL;
	return cmm_extents_find(&container_of(extent, struct cmm_lot,
					      extent)->owner->extents, addr);
}

/**
 * cmm_lots_uncut() - let lots that nobody has seen be nobody's again
 * @lots: the zone's
 * @owner: the owner
 * @cut: how many, the youngest of his; no extent is in them
 * @spares: the caller's
 */
void cmm_lots_uncut(struct cmm_lots *lots, struct cmm_owner *owner,
		    unsigned int cut, struct cmm_lot_spares *spares)
{
	struct cmm_lot *lot;

	for (; cut; cut--) {
		lot = list_first_entry(&owner->lots, struct cmm_lot, link);
		lots->kept -= lot->extent.size;
		cmm_extents_remove_range(&owner->extents, &lot->range);
		cmm_extents_remove(lots->zone, &lot->extent);
		list_move(&lot->link, &spares->lots);
	}
}
