/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Address: an index of the addresses that devices use for a zone's buffers.
 *
 * Devices behind different IOMMUs may use the same address for different buffers.
 * So a lookup returns one entry after the other, a few for each device at most.
 * Its cost is the depth of a tree, however many buffers are mapped.
 *
 * An address that no IOMMU translates is as good as a physical one. A second tree
 * answers whether a user has a buffer that a device uses by such an address.
 *
 * The owner serialises all calls with one lock. Nothing here sleeps or allocates.
 */
#ifndef _CMM_ADDRESS_H
#define _CMM_ADDRESS_H

#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/**
 * struct cmm_address - addresses that a device uses
 * @start: the first one
 * @last: the last one
 * @device: the device's name, which lives as long as the entry
 * @uid: the user whose buffer it is
 * @translated: an IOMMU translates the addresses
 *
 * Embedded by the caller.
 */
struct cmm_address {
	u64 start;
	u64 last;
	const char *device;
	kuid_t uid;
	bool translated;
	/* private: */
	u64 subtree_last;
	struct rb_node node;
	struct rb_node direct_node;
};

/**
 * struct cmm_addresses - the index of one zone
 */
struct cmm_addresses {
	/* private: */
	struct rb_root_cached root;
	struct rb_root direct;	/* those that are not translated, by name and user */
};

void cmm_addresses_init(struct cmm_addresses *addresses);
void cmm_addresses_add(struct cmm_addresses *addresses,
		       struct cmm_address *entry);
void cmm_addresses_remove(struct cmm_addresses *addresses,
			  struct cmm_address *entry);

bool cmm_address_is_of(const char *device, const char *name);
struct cmm_address *cmm_addresses_find(struct cmm_addresses *addresses,
				       u64 addr, const char *name,
				       const kuid_t *only);
bool cmm_addresses_has_direct(const struct cmm_addresses *addresses,
			      const char *name, const kuid_t *only);

#endif /* _CMM_ADDRESS_H */
