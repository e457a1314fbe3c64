/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Map: a buffer's extent in the address space of a device.
 *
 * There is one mapping for a buffer, a device and a direction, however many ask
 * for it: importers' attachments, and users who chose the device. Each has a
 * reference, and the last takes the mapping away. Whoever has one sees to it that
 * the device keeps its driver.
 *
 * A buffer's mappings are under its mutex. The zone has a list of all, under its
 * lock, in which each is to be found from before anybody is told of it until its
 * address is given up; from then on it is in the zone's history (history.h).
 * Cache maintenance is not done here.
 */
#ifndef _CMM_MAP_H
#define _CMM_MAP_H

#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/types.h>

struct cmm_buffer;
struct cmm_extent;
struct cmm_record;
struct device;

/**
 * struct cmm_map - a mapping
 * @buffer: the buffer, which outlives it
 * @dev: the device
 * @dir: what the device may do
 * @translated: an IOMMU translates @addr
 * @addr: where the device finds the extent
 * @users: references
 * @link: in the buffer's list
 * @zone_link: in the zone's list, under the zone's lock
 */
struct cmm_map {
	struct cmm_buffer *buffer;
	struct device *dev;
	enum dma_data_direction dir;
	bool translated;
	dma_addr_t addr;
	unsigned int users;
	struct list_head link;
	struct list_head zone_link;
};

bool cmm_map_is_translated(struct device *dev);
bool cmm_map_snoops(const struct cmm_extent *extent, struct device *dev);
int cmm_map_check(const struct cmm_buffer *buffer, struct device *dev);

struct cmm_map *cmm_map_get(struct cmm_buffer *buffer, struct device *dev,
			    enum dma_data_direction dir);
bool cmm_map_put(struct cmm_buffer *buffer, struct cmm_map *map);

void cmm_map_record(const struct cmm_map *map, struct cmm_record *record);

#endif /* _CMM_MAP_H */
