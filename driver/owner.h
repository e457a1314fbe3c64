/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owner: all that may have a part of a range of memory, besides a zone.
 *
 * Reserving memory at boot never fails because of an overlap: the kernel prints a
 * line about it, if at all. Then two owners write to the same memory. So each
 * kind of owner that the kernel knows is asked about.
 */
#ifndef _CMM_OWNER_H
#define _CMM_OWNER_H

struct cmm_region;
struct device;
struct device_node;

int cmm_owner_check(struct device *dev, const struct cmm_region *region,
		    const struct device_node *carveout);
int cmm_owner_check_pages(struct device *dev, const struct cmm_region *region);

#endif /* _CMM_OWNER_H */
