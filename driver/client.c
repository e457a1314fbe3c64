// SPDX-License-Identifier: GPL-2.0
/*
 * Client: references to mappings for chosen devices. The model and the lock order
 * are in client.h.
 */
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/dma-map-ops.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "binding.h"
#include "buffer.h"
#include "client.h"
#include "dmabuf.h"
#include "mapping.h"
#include "sync.h"
#include "trace.h"
#include "zone.h"

static LIST_HEAD(clients);
static DEFINE_MUTEX(clients_lock);	/* protects clients */

/* Without a translating IOMMU, the bus address discloses the physical address. */
static int check_disclosure(const struct cmm_zone *zone, struct device *dev)
{
	if (cmm_device_is_translated(dev))
		return 0;
	if (!(zone->flags & CMM_ZONE_EXPOSE_PHYS) || !capable(CAP_SYS_RAWIO))
		return -EPERM;
	return 0;
}

/* The mapping may hold the last reference on the buffer. */
static void drop_mapping(struct cmm_mapping *mapping)
{
	struct cmm_buffer *buffer = cmm_buffer_get(mapping->buffer);

	mutex_lock(&buffer->lock);
	cmm_mapping_end_use(mapping);
	cmm_buffer_remove_use(buffer, &mapping->client_use);
	mapping = cmm_mapping_drop(mapping);
	mutex_unlock(&buffer->lock);
	cmm_mapping_free(mapping);
	cmm_buffer_put(buffer);
}

static struct cmm_mapping *take_mapping(struct cmm_buffer *buffer,
					struct cmm_binding *binding,
					enum dma_data_direction dir)
{
	bool coherent, made;
	struct cmm_mapping *mapping;
	int ret;

	mutex_lock(&buffer->lock);
	ret = cmm_mapping_check(buffer, binding, &coherent);
	mapping = ret ? ERR_PTR(ret) :
			cmm_mapping_get(buffer, binding, dir, coherent, &made);
	if (IS_ERR(mapping)) {
		mutex_unlock(&buffer->lock);
		return mapping;
	}
	/* First count the device: from now on, CPU accesses are synced for it. */
	cmm_buffer_add_use(buffer, &mapping->client_use);
	cmm_mapping_begin_use(mapping, dir);
	trace_cmm_map(mapping, dir, made);
	mutex_unlock(&buffer->lock);

	ret = cmm_sync_for_device(buffer, mapping->coherent);
	if (ret) {
		drop_mapping(mapping);
		return ERR_PTR(ret);
	}
	return mapping;
}

/* Check whether a map is allowed. The device_lock keeps the driver bound. */
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
	return dir != DMA_TO_DEVICE && cmm_dmabuf_is_read_only(dmabuf) ?
		       -EACCES : 0;
}

static int reserve_entry(struct cmm_client *client)
{
	int ret = 0;

	mutex_lock(&client->lock);
	if (client->count == CMM_DEV_MAP_MAX)
		ret = -EBUSY;
	else
		client->count++;
	mutex_unlock(&client->lock);
	return ret;
}

static void unreserve_entry(struct cmm_client *client)
{
	mutex_lock(&client->lock);
	client->count--;
	mutex_unlock(&client->lock);
}

static int add_entry(struct cmm_client *client, struct cmm_mapping *mapping)
{
	int id;

	mutex_lock(&client->lock);
	id = idr_alloc_cyclic(&client->mappings, mapping, 1, 0,
			      GFP_KERNEL_ACCOUNT);
	mutex_unlock(&client->lock);
	return id;
}

/* The binding can't end, since the caller holds the device_lock. */
static int map(struct cmm_client *client, struct cmm_buffer *buffer,
	       struct device *dev, enum dma_data_direction dir,
	       dma_addr_t *addr)
{
	struct cmm_binding *binding = cmm_binding_of(dev);
	struct cmm_mapping *mapping;
	int id;

	if (IS_ERR(binding))
		return PTR_ERR(binding);
	mapping = take_mapping(buffer, binding, dir);
	cmm_binding_put(binding);
	if (IS_ERR(mapping))
		return PTR_ERR(mapping);
	if (!mapping->entry.translated)
		cmm_sync_disclose(buffer);
	*addr = mapping->addr;
	id = add_entry(client, mapping);
	if (id < 0)
		drop_mapping(mapping);
	return id;
}

/**
 * cmm_client_map() - map a buffer for a device
 * @client: the client; its zone is entered
 * @dmabuf: a dma_buf of the buffer
 * @dev: a device of the zone's list; its device_lock is held
 * @dir: allowed access of the device
 * @addr: set to the buffer's address for the device
 *
 * Return: the mapping's id, at least 1, or a negative errno: -EBUSY if the client
 * has CMM_DEV_MAP_MAX mappings, or if the device's driver manages DMA itself, as
 * VFIO does; -EOPNOTSUPP if the device has no driver or can't be mapped for; -EPERM
 * if the address must not be disclosed; -EACCES if the device must not write;
 * -ENODEV; -ENOMEM; or -EINTR if the process is being killed.
 */
int cmm_client_map(struct cmm_client *client, struct dma_buf *dmabuf,
		   struct device *dev, enum dma_data_direction dir,
		   dma_addr_t *addr)
{
	int id;

	device_lock_assert(dev);
	id = check_map(dmabuf, dev, dir);
	if (id)
		return id;
	id = reserve_entry(client);
	if (id)
		return id;
	id = map(client, cmm_dmabuf_buffer(dmabuf), dev, dir, addr);
	if (id < 0)
		unreserve_entry(client);
	return id;
}

static void remove_entry(struct cmm_client *client, int id,
			 struct cmm_mapping *mapping)
{
	lockdep_assert_held(&client->lock);
	idr_remove(&client->mappings, id);
	client->count--;
	drop_mapping(mapping);
}

/**
 * cmm_client_unmap() - drop a client's reference on a mapping
 * @client: the client
 * @id: id of the mapping
 *
 * Return: 0, or -ENOENT if the client has no mapping with this id.
 */
int cmm_client_unmap(struct cmm_client *client, u32 id)
{
	struct cmm_mapping *mapping;

	mutex_lock(&client->lock);
	mapping = id ? idr_find(&client->mappings, id) : NULL;
	if (mapping)
		remove_entry(client, id, mapping);
	mutex_unlock(&client->lock);
	return mapping ? 0 : -ENOENT;
}

/* Drop all references on mappings for @dev, or on all mappings if it is NULL. */
static void unmap_all(struct cmm_client *client, const struct device *dev)
{
	struct cmm_mapping *mapping;
	int id;

	mutex_lock(&client->lock);
	idr_for_each_entry(&client->mappings, mapping, id)
		if (!dev || mapping->binding->dev == dev)
			remove_entry(client, id, mapping);
	mutex_unlock(&client->lock);
}

/**
 * cmm_client_create() - create a client
 * @zone: its zone; must outlive the client
 *
 * Return: a client, or NULL if memory ran out.
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
 * cmm_client_destroy() - free a client and drop its mappings
 * @client: no other call uses it
 */
void cmm_client_destroy(struct cmm_client *client)
{
	/* The client is still in the list: a device may be unbound concurrently. */
	unmap_all(client, NULL);
	client_put(client);
}

/*
 * Get the client behind @client in the list, or the first one if @client is NULL,
 * with a reference. Drops the reference on @client. New clients are added at the
 * front. A client without a reference has no mappings.
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

/**
 * cmm_clients_let_go() - drop all clients' references on a device's mappings
 * @dev: the device. Either its device_lock is held and its driver is about to be
 *	unbound, or it has no driver. So no client can map for it.
 *
 * An unmap may take long. The list is not locked during it, so clients of other
 * zones do not wait.
 */
void cmm_clients_let_go(const struct device *dev)
{
	struct cmm_client *client;

	for (client = next_client(NULL); client; client = next_client(client))
		unmap_all(client, dev);
}
