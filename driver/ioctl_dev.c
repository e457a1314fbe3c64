// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctl, devices: CMM_IOC_DEV_LIST, CMM_IOC_DEV_MAP and CMM_IOC_DEV_UNMAP.
 *
 * The device_lock is taken before the zone is entered, because the driver core holds
 * it during an unbind. Taking it may take long: probe() runs with it.
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
#include "ioctl.h"
#include "mapping.h"
#include "zone.h"

static_assert(sizeof(struct cmm_dev_entry) == 48);
static_assert(sizeof(struct cmm_dev_list) == 16);
static_assert(sizeof(struct cmm_dev_map) == 24);
static_assert(sizeof(struct cmm_dev_unmap) == 8);

static u32 ioctl_dev_flags(const struct cmm_zone *zone, struct device *dev)
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

static int ioctl_dev_fill(const struct cmm_zone *zone, struct device *dev,
			  struct cmm_dev_entry *entry)
{
	if (device_lock_interruptible(dev))
		return -ERESTARTSYS;
	entry->flags = ioctl_dev_flags(zone, dev);
	entry->mask = dev->dma_mask ? dma_get_mask(dev) : 0;
	device_unlock(dev);
	strscpy(entry->name, dev_name(dev), sizeof(entry->name));
	return 0;
}

/**
 * cmm_ioctl_dev_list() - CMM_IOC_DEV_LIST
 * @ucmd: the call
 *
 * Return: 0, -EINVAL, -E2BIG, -EFAULT, -ENODEV, or -ERESTARTSYS.
 */
int cmm_ioctl_dev_list(struct cmm_ucmd *ucmd)
{
	struct cmm_zone *zone = ucmd->client->zone;
	struct cmm_dev_list *list = ucmd->cmd;
	unsigned int n = 0, i;
	int ret;

	if (!list->entry_size)
		return -EINVAL;
	if (list->entry_size > CMM_IOCTL_MAX_ENTRY)
		return -E2BIG;

	ret = cmm_zone_check_alive(zone);
	for (i = 0; !ret && n < list->count && i < zone->devices.count; i++) {
		struct cmm_dev_entry entry = { .index = i };
		struct device *dev = cmm_devices_find(&zone->devices, i);

		if (!dev)
			continue;
		ret = ioctl_dev_fill(zone, dev, &entry);
		put_device(dev);
		if (!ret)
			ret = cmm_ucmd_reply_entry(list->entries, n++,
						   list->entry_size, &entry,
						   sizeof(entry));
	}
	list->count = n;
	return ret ?: cmm_ucmd_reply(ucmd, sizeof(*list));
}

static enum dma_data_direction ioctl_dev_direction(u32 flags)
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

static int ioctl_dev_map_locked(struct cmm_client *client, struct device *dev,
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
		ret = cmm_client_map(client, cmm_dmabuf_of(dmabuf), dev,
				     ioctl_dev_direction(map->flags), &addr);
		dma_buf_put(dmabuf);
	}
	cmm_zone_exit(client->zone);
	if (ret < 0)
		return ret;
	map->id = ret;
	map->addr = addr;
	return 0;
}

static int ioctl_dev_map(struct cmm_client *client, struct cmm_dev_map *map)
{
	struct device *dev = cmm_devices_find(&client->zone->devices, map->index);
	int ret;

	if (!dev)
		return -ENOENT;
	ret = device_lock_interruptible(dev) ? -ERESTARTSYS : 0;
	if (!ret) {
		ret = ioctl_dev_map_locked(client, dev, map);
		device_unlock(dev);
	}
	put_device(dev);
	return ret;
}

/**
 * cmm_ioctl_dev_map() - CMM_IOC_DEV_MAP
 * @ucmd: the call
 *
 * Return: 0, -EINVAL, -ENOENT, -EBADF, -EXDEV, -ENODEV, -EFAULT, -ERESTARTSYS, or an
 * error of cmm_client_map().
 */
int cmm_ioctl_dev_map(struct cmm_ucmd *ucmd)
{
	struct cmm_client *client = ucmd->client;
	struct cmm_dev_map *map = ucmd->cmd;
	int ret;

	if (map->flags & ~CMM_DEV_MAP_RW || !map->flags)
		return -EINVAL;
	ret = cmm_zone_check_alive(client->zone);
	if (!ret)
		ret = ioctl_dev_map(client, map);
	if (ret)
		return ret;
	ret = cmm_ucmd_reply(ucmd, sizeof(*map));
	/* The caller does not know the id, so it could not unmap. */
	if (ret)
		cmm_client_unmap(client, map->id);
	return ret;
}

/**
 * cmm_ioctl_dev_unmap() - CMM_IOC_DEV_UNMAP, also for a zone that is unbound
 * @ucmd: the call
 *
 * Return: 0, -EINVAL, or -ENOENT.
 */
int cmm_ioctl_dev_unmap(struct cmm_ucmd *ucmd)
{
	const struct cmm_dev_unmap *unmap = ucmd->cmd;

	if (unmap->pad)
		return -EINVAL;
	return cmm_client_unmap(ucmd->client, unmap->id);
}
