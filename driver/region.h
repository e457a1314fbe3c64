/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Region: the physical range of a zone, before anybody allocates from it.
 *
 * Says where a zone may lie, and sees to it that no two zones overlap or share
 * a name. A range is only accepted where the kernel was told at boot to keep
 * its hands off: in a /reserved-memory node that nothing else uses, or where
 * the kernel knows of neither memory nor a device.
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
 */
struct cmm_region {
	char name[CMM_NAME_LEN];
	phys_addr_t start;
	u64 size;
	u32 kind;
	/* private: */
	struct list_head link;	/* in the list of claims */
};

int cmm_region_set_name(struct cmm_region *region, const char *name);
int cmm_region_from_node(struct device *dev, struct cmm_region *region);
int cmm_region_from_range(struct device *dev, struct cmm_region *region);

int cmm_region_claim(struct device *dev, struct cmm_region *region);
void cmm_region_release(struct cmm_region *region);
void cmm_regions_drain(void);

#endif /* _CMM_REGION_H */
