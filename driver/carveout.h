/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Carveout: a child of /reserved-memory.
 *
 * A static carveout has a reg property. A dynamic one has a size property instead,
 * and the kernel chooses its address.
 */
#ifndef _CMM_CARVEOUT_H
#define _CMM_CARVEOUT_H

#include <linux/of.h>
#include <linux/types.h>

struct cmm_region;
struct device;

bool cmm_carveout_is_dynamic(const struct device_node *node);
bool cmm_carveout_range(struct device_node *node, int index, u64 *start,
			u64 *size);
int cmm_carveout_check(struct device *dev, const char *zone,
		       struct device_node *node);
int cmm_carveout_get(struct device *dev, const char *zone,
		     struct device_node *node, u64 *start, u64 *size);
struct device_node *cmm_carveout_find(u64 start, u64 end,
				      const struct device_node *except,
				      u64 *found_start, u64 *found_end);

#endif /* _CMM_CARVEOUT_H */
