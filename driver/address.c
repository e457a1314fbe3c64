// SPDX-License-Identifier: GPL-2.0
/*
 * Address: an interval tree of addresses, and a tree of names. The model is in
 * address.h.
 */
#include <linux/interval_tree_generic.h>
#include <linux/string.h>
#include <uapi/linux/cmm.h>

#include "address.h"

#define ENTRY_START(entry) ((entry)->start)
#define ENTRY_LAST(entry) ((entry)->last)

INTERVAL_TREE_DEFINE(struct cmm_address, node, u64, subtree_last, ENTRY_START,
		     ENTRY_LAST, static, entries)

/* Compares only as many bytes as callers can pass. */
static int address_compare_names(const char *a, const char *b)
{
	return strncmp(a, b, CMM_DEVICE_LEN - 1);
}

static int address_compare_uids(kuid_t a, kuid_t b)
{
	if (uid_eq(a, b))
		return 0;
	return uid_lt(a, b) ? -1 : 1;
}

static struct cmm_address *to_direct(struct rb_node *node)
{
	return rb_entry(node, struct cmm_address, direct_node);
}

/* Equal entries are next to each other. */
static void addresses_add_direct(struct rb_root *root,
				 struct cmm_address *entry)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		struct cmm_address *other = to_direct(*link);
		int order = address_compare_names(entry->device,
						  other->device) ?:
			    address_compare_uids(entry->uid, other->uid);

		parent = *link;
		link = order < 0 ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&entry->direct_node, parent, link);
	rb_insert_color(&entry->direct_node, root);
}

void cmm_addresses_init(struct cmm_addresses *addresses)
{
	addresses->root = RB_ROOT_CACHED;
	addresses->direct = RB_ROOT;
	addresses->last_seq = 0;
}

/**
 * cmm_addresses_add() - add an entry
 * @addresses: the index
 * @entry: filled in and owned by the caller; in the index until it is removed
 */
void cmm_addresses_add(struct cmm_addresses *addresses,
		       struct cmm_address *entry)
{
	entry->seq = ++addresses->last_seq;
	entries_insert(entry, &addresses->root);
	if (!entry->translated)
		addresses_add_direct(&addresses->direct, entry);
}

void cmm_addresses_remove(struct cmm_addresses *addresses,
			  struct cmm_address *entry)
{
	entries_remove(entry, &addresses->root);
	if (!entry->translated)
		rb_erase(&entry->direct_node, &addresses->direct);
}

/**
 * cmm_address_is_of() - whether a device has a given name
 * @device: the device's name, complete or truncated to CMM_DEVICE_LEN bytes
 * @name: the given name, at most CMM_DEVICE_LEN bytes with the NUL
 *
 * Return: true if the names are equal, as far as CMM_DEVICE_LEN bytes can show.
 */
bool cmm_address_is_of(const char *device, const char *name)
{
	return !address_compare_names(device, name);
}

/**
 * cmm_addresses_find() - find the newest entry of an address that a device uses
 * @addresses: the index
 * @addr: the address
 * @name: the device's name
 * @only: find only buffers of this user; NULL for all users
 *
 * Return: an entry, or NULL if there is none.
 */
struct cmm_address *cmm_addresses_find(struct cmm_addresses *addresses,
				       u64 addr, const char *name,
				       const kuid_t *only)
{
	struct cmm_address *entry, *newest = NULL;

	for (entry = entries_iter_first(&addresses->root, addr, addr); entry;
	     entry = entries_iter_next(entry, addr, addr))
		if (cmm_address_is_of(entry->device, name) &&
		    (!only || uid_eq(entry->uid, *only)) &&
		    (!newest || entry->seq > newest->seq))
			newest = entry;
	return newest;
}

/**
 * cmm_addresses_has_direct() - whether a device uses untranslated addresses
 * @addresses: the index
 * @name: the device's name
 * @only: check only buffers of this user; NULL for all users
 *
 * Return: true if the index has such an address, which no IOMMU translates.
 */
bool cmm_addresses_has_direct(const struct cmm_addresses *addresses,
			      const char *name, const kuid_t *only)
{
	struct rb_node *node = addresses->direct.rb_node;

	while (node) {
		struct cmm_address *entry = to_direct(node);
		int order = address_compare_names(name, entry->device);

		if (!order && only)
			order = address_compare_uids(*only, entry->uid);
		if (!order)
			return true;
		node = order < 0 ? node->rb_left : node->rb_right;
	}
	return false;
}
