/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Region: the physical range of a zone.
 *
 * A range can be a zone only if all of it is existing memory that the kernel does
 * not use and that has no other owner. carveout.h covers what the device tree
 * reserves for a zone, memory.h where memory exists, owner.h and iomem.h other owners.
 * The rules are the same for a zone's node and for zones=.
 *
 * The regions of zones do not overlap, and no two have the same name.
 */
#ifndef _CMM_REGION_H
#define _CMM_REGION_H

#include <linux/list.h>
#include <linux/types.h>
#include <uapi/linux/cmm.h>

struct device;

/* What cmm_region_set_name() accepts, for messages that begin with a name. */
#define CMM_NAME_RULE \
	"must be 1 to 31 letters, digits and any of _-.@ and not begin with a dot"
static_assert(CMM_NAME_LEN == 32);

/**
 * struct cmm_region - a physical range with a name
 * @name: the zone's name; also its node's
 * @start: physical address of the first byte, page-aligned
 * @size: bytes, whole pages
 * @kind: CMM_KIND_*
 * @requested: it has a resource of its own in the kernel's list
 */
struct cmm_region {
	char name[CMM_NAME_LEN];
	phys_addr_t start;
	u64 size;
	u32 kind;
	bool requested;
	/* private: */
	struct list_head link;	/* in the list of claims */
};

/* The physical address of the last byte. */
static inline u64 cmm_region_end(const struct cmm_region *region)
{
	return region->start + region->size - 1;
}

int cmm_region_set_name(struct cmm_region *region, const char *name);
int cmm_region_from_node(struct device *dev, struct cmm_region *region);
int cmm_region_from_range(struct device *dev, struct cmm_region *region);

int cmm_region_claim(struct device *dev, struct cmm_region *region);
void cmm_region_release(struct cmm_region *region);
void cmm_region_hint(struct device *dev, const struct cmm_region *region);
void cmm_regions_drain(void);

#endif /* _CMM_REGION_H */
