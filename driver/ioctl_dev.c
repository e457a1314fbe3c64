// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctl, devices: checking what came in, and finding what it names.
 *
 * A device's lock is taken before the zone is entered, since whoever unbinds the
 * device has it; and it may take long, since a driver may take long to be bound.
 */
#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/string.h>

#include "binding.h"
#include "client.h"
#include "devices.h"
#include "dmabuf.h"
#include "ioctl_dev.h"
#include "mapping.h"
#include "reply.h"
#include "zone.h"

static_assert(sizeof(struct cmm_dev_entry) == 48);
static_assert(sizeof(struct cmm_dev_list) == 16);
static_assert(sizeof(struct cmm_dev_map) == 24);
static_assert(sizeof(struct cmm_dev_unmap) == 8);

/* The largest entry that a caller may know: far more than is ever needed. */
#define CMM_DEV_MAX_ENTRY	4096

static u32 device_flags(const struct cmm_zone *zone, struct device *dev)
{
	const struct cmm_extent all = {
		.start = zone->region.start,
		.size = zone->region.size,
	};
	u32 flags = CMM_DEV_READY;

	if (!dev->driver || compat_driver_manages_dma(dev))
		return 0;
	if (cmm_device_is_translated(dev))
		flags |= CMM_DEV_TRANSLATED;
	if (cmm_mapping_is_coherent(&all, dev))
		flags |= CMM_DEV_COHERENT;
	return flags;
}

static int describe(const struct cmm_zone *zone, struct device *dev,
		    struct cmm_dev_entry *entry)
{
	if (device_lock_interruptible(dev))
		return -ERESTARTSYS;
	entry->flags = device_flags(zone, dev);
	entry->mask = dev->dma_mask ? dma_get_mask(dev) : 0;
	device_unlock(dev);
	strscpy(entry->name, dev_name(dev), sizeof(entry->name));
	return 0;
}

/**
 * cmm_ioctl_dev_list() - list a zone's devices
 * @zone: the zone
 * @list: the caller's request; its count becomes what was written
 *
 * Return: 0, -EINVAL, -E2BIG, -EFAULT, -ENODEV, or -ERESTARTSYS.
 */
int cmm_ioctl_dev_list(struct cmm_zone *zone, struct cmm_dev_list *list)
{
	unsigned int n = 0, i;
	int ret;

	if (!list->entry_size)
		return -EINVAL;
	if (list->entry_size > CMM_DEV_MAX_ENTRY)
		return -E2BIG;

	ret = cmm_zone_check_alive(zone);
	for (i = 0; !ret && n < list->count && i < zone->device_count; i++) {
		struct cmm_dev_entry entry = { .index = i };
		struct device *dev = cmm_devices_find(zone, i);

		if (!dev)
			continue;
		ret = describe(zone, dev, &entry);
		put_device(dev);
		if (!ret)
			ret = cmm_reply_entry(list->entries, n++,
					      list->entry_size, &entry,
					      sizeof(entry));
	}
	list->count = n;
	return ret;
}

static enum dma_data_direction direction_of(u32 flags)
{
	switch (flags) {
	case CMM_DEV_MAP_READ:
		return DMA_TO_DEVICE;
	case CMM_DEV_MAP_WRITE:
		return DMA_FROM_DEVICE;
	default:
		return DMA_BIDIRECTIONAL;
	}
}

static int map_locked(struct cmm_client *client, struct device *dev,
		      struct cmm_dev_map *map)
{
	struct dma_buf *dmabuf;
	dma_addr_t addr;
	int ret;

	ret = cmm_zone_enter(client->zone);
	if (ret)
		return ret;
	dmabuf = cmm_dmabuf_get(client->zone, map->fd);
	if (IS_ERR(dmabuf)) {
		ret = PTR_ERR(dmabuf);
	} else {
		ret = cmm_client_map(client, dmabuf, dev,
				     direction_of(map->flags), &addr);
		dma_buf_put(dmabuf);
	}
	cmm_zone_exit(client->zone);
	if (ret < 0)
		return ret;
	map->id = ret;
	map->addr = addr;
	return 0;
}

/**
 * cmm_ioctl_dev_map() - map a buffer for a device of the zone's list
 * @client: whose mapping it is going to be
 * @map: the caller's request, and the answer
 *
 * Return: 0, -EINVAL, -ENOENT, -EBADF, -EXDEV, -ENODEV, -ERESTARTSYS, or what
 * cmm_client_map() returns.
 */
int cmm_ioctl_dev_map(struct cmm_client *client, struct cmm_dev_map *map)
{
	struct device *dev;
	int ret;

	if (map->flags & ~CMM_DEV_MAP_RW || !map->flags)
		return -EINVAL;
	ret = cmm_zone_check_alive(client->zone);
	if (ret)
		return ret;
	dev = cmm_devices_find(client->zone, map->index);
	if (!dev)
		return -ENOENT;
	ret = device_lock_interruptible(dev) ? -ERESTARTSYS : 0;
	if (!ret) {
		ret = map_locked(client, dev, map);
		device_unlock(dev);
	}
	put_device(dev);
	return ret;
}

/**
 * cmm_ioctl_dev_unmap() - end a mapping, also of a zone that is dead
 * @client: whose mapping it is
 * @unmap: the caller's request
 *
 * Return: 0, -EINVAL, or -ENOENT.
 */
int cmm_ioctl_dev_unmap(struct cmm_client *client,
			const struct cmm_dev_unmap *unmap)
{
	if (unmap->pad)
		return -EINVAL;
	return cmm_client_unmap(client, unmap->id);
}
