/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Address: an index of the addresses that devices use for a zone's buffers.
 *
 * Devices behind different IOMMUs may use the same address for different buffers, and
 * a device may have several views of one byte. So a lookup visits all entries of an
 * address. mapping.c limits the mappings of one buffer for one device. For n entries,
 * of which m have the address, the cost is O(log n + m).
 *
 * An address that no IOMMU translates discloses the physical address. A second tree
 * finds whether a user has a buffer that a device uses through such an address.
 *
 * The owner serialises all calls with one lock. Nothing here sleeps or allocates.
 */
#ifndef _CMM_ADDRESS_H
#define _CMM_ADDRESS_H

#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/**
 * struct cmm_address - address range that a device uses
 * @start: first address
 * @last: last address
 * @device: the device's name; valid as long as the entry
 * @uid: user that allocated the buffer
 * @translated: an IOMMU translates the addresses
 * @seq: number of the entry, larger than that of each older entry; set by
 *	cmm_addresses_add()
 *
 * Embedded by the caller.
 */
struct cmm_address {
	u64 start;
	u64 last;
	const char *device;
	kuid_t uid;
	bool translated;
	u64 seq;
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
	struct rb_root direct;	/* untranslated addresses, by name and user */
	u64 last_seq;
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
