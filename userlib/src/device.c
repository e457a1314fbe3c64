// SPDX-License-Identifier: MIT
/*
 * The devices in the zone's list, and mappings of buffers for them.
 *
 * Callers identify a device by name, the kernel by its index in the zone's list. The
 * index never changes while the zone exists.
 */
#include <assert.h>
#include <errno.h>

#include <linux/cmm.h>

#include "internal.h"

static_assert(CMM_DEVICE_READY == CMM_DEV_READY, "flags are passed on");
static_assert(CMM_DEVICE_TRANSLATED == CMM_DEV_TRANSLATED, "flags are passed on");
static_assert(CMM_DEVICE_COHERENT == CMM_DEV_COHERENT, "flags are passed on");

static const struct flag dma_access[] = {
	{ CMM_DMA_READ, CMM_DEV_MAP_READ },
	{ CMM_DMA_WRITE, CMM_DEV_MAP_WRITE },
};

typedef int (*each_fn)(const struct cmm_device *device, void *arg);

/* Reads the list. Returns the number of entries, or -1. */
static int read_list(const struct cmm_zone *zone,
		     struct cmm_dev_entry entries[CMM_DEV_MAX_COUNT])
{
	struct cmm_dev_list list = {
		.entries = (uintptr_t)entries,
		.count = CMM_DEV_MAX_COUNT,
		.entry_size = sizeof(*entries),
	};

	return cmm_zone_call(zone, CMM_IOC_DEV_LIST, &list) ? -1 : (int)list.count;
}

int cmm_zone_devices(struct cmm_zone *zone, each_fn each, void *arg)
{
	struct cmm_dev_entry entries[CMM_DEV_MAX_COUNT];
	int i, ret = 0, count = read_list(zone, entries);

	if (count < 0)
		return -1;
	for (i = 0; i < count && !ret; i++) {
		struct cmm_device device = {
			.mask = entries[i].mask,
			.flags = entries[i].flags,
		};

		memcpy(device.name, entries[i].name, sizeof(device.name));
		ret = each(&device, arg);
	}
	return ret;
}

/* Returns the index of a device in the list, or -1. */
static int find(const struct cmm_zone *zone, const char *name)
{
	struct cmm_dev_entry entries[CMM_DEV_MAX_COUNT];
	int i, count = read_list(zone, entries);

	if (count < 0)
		return -1;
	for (i = 0; i < count; i++)
		if (!strcmp(entries[i].name, name))
			return (int)entries[i].index;
	errno = ENOENT;
	return -1;
}

int cmm_buf_map_device(const struct cmm_buf *buf, const char *device,
		       unsigned int access, struct cmm_device_map *map)
{
	struct cmm_dev_map request = { .fd = buf->fd };
	int index;

	if (cmm_access_to_kernel(dma_access, access, &request.flags))
		return -1;
	if (!buf->zone) {
		errno = EXDEV;
		return -1;
	}
	index = find(buf->zone, device);
	if (index < 0)
		return -1;
	request.index = (uint32_t)index;
	if (cmm_zone_call(buf->zone, CMM_IOC_DEV_MAP, &request))
		return -1;
	*map = (struct cmm_device_map){
		.addr = request.addr,
		.id = request.id,
	};
	return 0;
}

int cmm_buf_unmap_device(const struct cmm_buf *buf,
			 const struct cmm_device_map *map)
{
	struct cmm_dev_unmap request = { .id = map->id };

	if (!buf->zone) {
		errno = EXDEV;
		return -1;
	}
	return cmm_zone_call(buf->zone, CMM_IOC_DEV_UNMAP, &request) ? -1 : 0;
}
