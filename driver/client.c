// SPDX-License-Identifier: GPL-2.0
/*
 * Client: mappings for chosen devices, and their ends. The model and the lock
 * order are told in client.h.
 */
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/dma-map-ops.h>
#include <linux/err.h>
#include <linux/notifier.h>
#include <linux/slab.h>

#include "buffer.h"
#include "client.h"
#include "devices.h"
#include "dmabuf.h"
#include "map.h"
#include "sync.h"
#include "trace.h"
#include "zone.h"

/*
 * Whoever asks for more of the same has lost count; each is in the buffer's list.
 * Drivers are not counted: users must not keep them from what is theirs.
 */
#define CMM_CLIENT_MAX_USERS	1024

/**
 * struct cmm_mapping - a buffer mapped for a chosen device
 * @base: as the buffer lists it; its device is held
 * @dmabuf: one reference, which holds the buffer
 * @map: one reference
 */
struct cmm_mapping {
	struct cmm_attachment base;
	struct dma_buf *dmabuf;
	struct cmm_map *map;
};

static LIST_HEAD(clients);
static DEFINE_MUTEX(clients_lock);	/* protects clients */

/* A bus address that nobody translates is a physical one. */
static int check_disclosure(const struct cmm_zone *zone, struct device *dev)
{
	if (cmm_map_is_translated(dev))
		return 0;
	if (!(zone->flags & CMM_ZONE_EXPOSE_PHYS) || !capable(CAP_SYS_RAWIO))
		return -EPERM;
	return 0;
}

static int get_map(struct cmm_mapping *mapping, enum dma_data_direction dir)
{
	struct cmm_buffer *buffer = mapping->base.buffer;
	struct cmm_map *map;
	bool dirty, made;
	int ret;

	mutex_lock(&buffer->lock);
	map = cmm_map_get(buffer, mapping->base.dev, dir);
	if (!IS_ERR(map) && map->users > CMM_CLIENT_MAX_USERS) {
		cmm_map_put(buffer, map);
		map = ERR_PTR(-EBUSY);
	}
	made = !IS_ERR(map) && map->users == 1;
	dirty = buffer->cpu_touched;
	mutex_unlock(&buffer->lock);
	if (IS_ERR(map))
		return PTR_ERR(map);

	mapping->map = map;
	trace_cmm_map(&mapping->base, dir, made);
	ret = cmm_sync_hand_over(&mapping->base, dirty);
	if (ret) {
		mutex_lock(&buffer->lock);
		cmm_map_put(buffer, map);
		mutex_unlock(&buffer->lock);
	}
	return ret;
}

/* The buffer is the CPU's again as far as this device goes. */
static void mapping_destroy(struct cmm_mapping *mapping)
{
	struct cmm_buffer *buffer = mapping->base.buffer;
	enum dma_data_direction dir = mapping->map->dir;

	/* Before anybody may seal the buffer, what the device wrote can be seen. */
	mutex_lock(&buffer->lock);
	if (cmm_map_put(buffer, mapping->map) && dir != DMA_TO_DEVICE)
		cmm_sync_take_back(&mapping->base);
	mutex_unlock(&buffer->lock);
	cmm_buffer_remove_attachment(&mapping->base);
	put_device(mapping->base.dev);
	dma_buf_put(mapping->dmabuf);
	kfree(mapping);
}

static struct cmm_mapping *mapping_create(struct dma_buf *dmabuf,
					  struct device *dev,
					  enum dma_data_direction dir)
{
	struct cmm_buffer *buffer = cmm_dmabuf_buffer(dmabuf);
	struct cmm_mapping *mapping;
	int ret;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return ERR_PTR(-ENOMEM);
	mapping->base.buffer = buffer;
	mapping->base.dev = dev;
	mapping->base.coherent = cmm_map_snoops(&buffer->grant.extent, dev);
	/* In the list first: from now on the CPU's accesses are maintained. */
	cmm_buffer_add_attachment(&mapping->base);
	ret = get_map(mapping, dir);
	if (ret) {
		cmm_buffer_remove_attachment(&mapping->base);
		kfree(mapping);
		return ERR_PTR(ret);
	}

	get_device(dev);
	get_dma_buf(dmabuf);
	mapping->dmabuf = dmabuf;
	return mapping;
}

/* All that can be said against it, with the device's driver kept in place. */
static int check_map(struct dma_buf *dmabuf, struct device *dev,
		     enum dma_data_direction dir)
{
	struct cmm_buffer *buffer = cmm_dmabuf_buffer(dmabuf);
	int ret;

	if (!dev->driver)
		return -EOPNOTSUPP;
	if (compat_driver_manages_dma(dev))
		return -EBUSY;
	ret = check_disclosure(buffer->zone, dev);
	if (ret)
		return ret;
	if (dir != DMA_TO_DEVICE && cmm_dmabuf_is_read_only(dmabuf))
		return -EACCES;
	return cmm_map_check(buffer, dev);
}

/**
 * cmm_client_map() - map a buffer for a device
 * @client: the client; its zone is entered
 * @dmabuf: the buffer's
 * @dev: a device of the zone's list; its device_lock is held
 * @dir: what the device may do
 * @addr: where the device finds the buffer
 *
 * Return: the mapping's id, from 1 on, or a negative errno: -EOPNOTSUPP, -EBUSY,
 * -EPERM, -EACCES, -ENOMEM, or -EINTR if the process is being killed.
 */
int cmm_client_map(struct cmm_client *client, struct dma_buf *dmabuf,
		   struct device *dev, enum dma_data_direction dir,
		   dma_addr_t *addr)
{
	struct cmm_mapping *mapping;
	int id;

	device_lock_assert(dev);
	id = check_map(dmabuf, dev, dir);
	if (id)
		return id;
	mapping = mapping_create(dmabuf, dev, dir);
	if (IS_ERR(mapping))
		return PTR_ERR(mapping);
	if (!cmm_map_is_translated(dev))
		cmm_buffer_disclose(mapping->base.buffer);
	*addr = mapping->map->addr;

	mutex_lock(&client->lock);
	id = idr_alloc_cyclic(&client->mappings, mapping, 1, 0,
			      GFP_KERNEL_ACCOUNT);
	mutex_unlock(&client->lock);
	if (id < 0)
		mapping_destroy(mapping);
	return id;
}

/**
 * cmm_client_unmap() - end a mapping
 * @client: the client
 * @id: the mapping's
 *
 * Return: 0, or -ENOENT if there is none.
 */
int cmm_client_unmap(struct cmm_client *client, u32 id)
{
	struct cmm_mapping *mapping;

	mutex_lock(&client->lock);
	mapping = id ? idr_remove(&client->mappings, id) : NULL;
	if (mapping)
		mapping_destroy(mapping);
	mutex_unlock(&client->lock);
	return mapping ? 0 : -ENOENT;
}

/* End all mappings for a device, or all. */
static void unmap_all(struct cmm_client *client, const struct device *dev)
{
	struct cmm_mapping *mapping;
	int id;

	mutex_lock(&client->lock);
	idr_for_each_entry(&client->mappings, mapping, id) {
		if (dev && mapping->base.dev != dev)
			continue;
		idr_remove(&client->mappings, id);
		mapping_destroy(mapping);
	}
	mutex_unlock(&client->lock);
}

/**
 * cmm_client_create() - begin a client
 * @zone: its zone, which outlives it
 *
 * Return: a client, or NULL without memory.
 */
struct cmm_client *cmm_client_create(struct cmm_zone *zone)
{
	struct cmm_client *client;

	client = kzalloc(sizeof(*client), GFP_KERNEL_ACCOUNT);
	if (!client)
		return NULL;
	client->zone = zone;
	refcount_set(&client->refs, 1);
	mutex_init(&client->lock);
	idr_init(&client->mappings);
	mutex_lock(&clients_lock);
	list_add(&client->link, &clients);
	mutex_unlock(&clients_lock);
	return client;
}

static void client_put(struct cmm_client *client)
{
	if (!refcount_dec_and_mutex_lock(&client->refs, &clients_lock))
		return;
	list_del(&client->link);
	mutex_unlock(&clients_lock);
	idr_destroy(&client->mappings);
	mutex_destroy(&client->lock);
	kfree(client);
}

/**
 * cmm_client_destroy() - end a client and its mappings
 * @client: in no call any more
 */
void cmm_client_destroy(struct cmm_client *client)
{
	/* Still in the list: a device may be unbound at the same time. */
	unmap_all(client, NULL);
	client_put(client);
}

/*
 * The client behind @client in the list, or the first one if that is NULL, with a
 * reference; gives up the reference to @client. A client that comes later is in
 * front of all others. A client without a reference has no mapping any more.
 */
static struct cmm_client *next_client(struct cmm_client *client)
{
	struct cmm_client *next, *found = NULL;

	mutex_lock(&clients_lock);
	next = list_prepare_entry(client, &clients, link);
	list_for_each_entry_continue(next, &clients, link) {
		if (refcount_inc_not_zero(&next->refs)) {
			found = next;
			break;
		}
	}
	mutex_unlock(&clients_lock);
	if (client)
		client_put(client);
	return found;
}

/*
 * The device's driver is still there, and its device_lock is held, so that no mapping
 * for it is made. Unmapping may take long, and other zones' clients do not wait for it:
 * the list is not locked then.
 */
static int device_event(struct notifier_block *nb, unsigned long event,
			void *data)
{
	struct cmm_client *client;

	if (event != BUS_NOTIFY_UNBIND_DRIVER)
		return NOTIFY_DONE;
	for (client = next_client(NULL); client; client = next_client(client))
		unmap_all(client, data);
	return NOTIFY_DONE;
}

static struct notifier_block platform_events = {
	.notifier_call = device_event,
};

static struct notifier_block pci_events = {
	.notifier_call = device_event,
};

/**
 * cmm_clients_init() - watch the devices that mappings can be for
 *
 * Return: 0 or a negative errno.
 */
int cmm_clients_init(void)
{
	return cmm_devices_watch(&platform_events, &pci_events);
}

/**
 * cmm_clients_exit() - undo cmm_clients_init(), when no client is left
 */
void cmm_clients_exit(void)
{
	cmm_devices_unwatch(&platform_events, &pci_events);
}
