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
static int client_check_disclosure(const struct cmm_zone *zone,
				   struct device *dev)
{
	if (cmm_device_is_translated(dev))
		return 0;
	if (!(zone->flags & CMM_ZONE_EXPOSE_PHYS) || !capable(CAP_SYS_RAWIO))
		return -EPERM;
	return 0;
}

/* The mapping may hold the last reference on the buffer. */
static void client_drop_mapping(struct cmm_mapping *mapping)
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

static struct cmm_mapping *client_get_mapping(const struct cmm_dmabuf *dmabuf,
					      struct cmm_binding *binding,
					      enum dma_data_direction dir)
{
	struct cmm_buffer *buffer = dmabuf->buffer;
	bool coherent, made;
	struct cmm_mapping *mapping;
	int ret;

	mutex_lock(&buffer->lock);
	ret = cmm_mapping_check(dmabuf, binding, &coherent);
	mapping = ret ? ERR_PTR(ret) :
			cmm_mapping_get(dmabuf, binding, dir, coherent, &made);
	if (IS_ERR(mapping)) {
		mutex_unlock(&buffer->lock);
		return mapping;
	}
	/* First count the device: from now on, CPU accesses are synced for it. */
	cmm_buffer_add_use(buffer, &mapping->client_use);
	cmm_mapping_begin_use(mapping, dir);
	trace_cmm_map(mapping, dir, made);
	mutex_unlock(&buffer->lock);

	ret = cmm_sync_for_device(buffer, &mapping->part, mapping->coherent);
	if (ret) {
		client_drop_mapping(mapping);
		return ERR_PTR(ret);
	}
	return mapping;
}

/* Check whether a map is allowed. The device_lock keeps the driver bound. */
static int client_check_map(const struct cmm_dmabuf *dmabuf, struct device *dev,
			    enum dma_data_direction dir)
{
	int ret;

	if (!dev->driver)
		return -EOPNOTSUPP;
	if (compat_driver_manages_dma(dev))
		return -EBUSY;
	ret = client_check_disclosure(dmabuf->buffer->zone, dev);
	if (ret)
		return ret;
	/* cmm_mapping_get() checks whether the buffer is sealed. */
	return dir != DMA_TO_DEVICE && dmabuf->read_only ? -EACCES : 0;
}

static int client_reserve_entry(struct cmm_client *client)
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

static void client_unreserve_entry(struct cmm_client *client)
{
	mutex_lock(&client->lock);
	client->count--;
	mutex_unlock(&client->lock);
}

static int client_add_entry(struct cmm_client *client,
			    struct cmm_mapping *mapping)
{
	int id;

	mutex_lock(&client->lock);
	id = idr_alloc_cyclic(&client->mappings, mapping, 1, 0,
			      GFP_KERNEL_ACCOUNT);
	mutex_unlock(&client->lock);
	return id;
}

/* The binding can't end, since the caller holds the device_lock. */
static int client_map(struct cmm_client *client,
		      const struct cmm_dmabuf *dmabuf, struct device *dev,
		      enum dma_data_direction dir, dma_addr_t *addr)
{
	struct cmm_binding *binding = cmm_binding_of(dev);
	struct cmm_mapping *mapping;
	int id;

	if (IS_ERR(binding))
		return PTR_ERR(binding);
	mapping = client_get_mapping(dmabuf, binding, dir);
	cmm_binding_put(binding);
	if (IS_ERR(mapping))
		return PTR_ERR(mapping);
	if (!mapping->entry.translated)
		cmm_sync_disclose(dmabuf->buffer);
	*addr = mapping->addr;
	id = client_add_entry(client, mapping);
	if (id < 0)
		client_drop_mapping(mapping);
	return id;
}

/**
 * cmm_client_map() - map a dma_buf's part of a buffer for a device
 * @client: the client; its zone is entered
 * @dmabuf: the dma_buf, held by the caller
 * @dev: a device of the zone's list; its device_lock is held
 * @dir: allowed access of the device
 * @addr: set to the part's address for the device
 *
 * Return: the mapping's id, at least 1, or a negative errno: -EBUSY if the client
 * has CMM_DEV_MAP_MAX mappings, or if the device's driver manages DMA itself, as
 * VFIO does; -EOPNOTSUPP if the device has no driver or can't be mapped for; -EPERM
 * if the address must not be disclosed; -EACCES if the device must not write;
 * -ENODEV; -ENOMEM; or -EINTR if the process is being killed.
 */
int cmm_client_map(struct cmm_client *client, const struct cmm_dmabuf *dmabuf,
		   struct device *dev, enum dma_data_direction dir,
		   dma_addr_t *addr)
{
	int id;

	device_lock_assert(dev);
	id = client_check_map(dmabuf, dev, dir);
	if (id)
		return id;
	id = client_reserve_entry(client);
	if (id)
		return id;
	id = client_map(client, dmabuf, dev, dir, addr);
	if (id < 0)
		client_unreserve_entry(client);
	return id;
}

static void client_remove_entry(struct cmm_client *client, int id,
				struct cmm_mapping *mapping)
{
	lockdep_assert_held(&client->lock);
	idr_remove(&client->mappings, id);
	client->count--;
	client_drop_mapping(mapping);
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
		client_remove_entry(client, id, mapping);
	mutex_unlock(&client->lock);
	return mapping ? 0 : -ENOENT;
}

/* Drop all references on mappings for @dev, or on all mappings if it is NULL. */
static void client_unmap_all(struct cmm_client *client,
			     const struct device *dev)
{
	struct cmm_mapping *mapping;
	int id;

	mutex_lock(&client->lock);
	idr_for_each_entry(&client->mappings, mapping, id)
		if (!dev || mapping->binding->dev == dev)
			client_remove_entry(client, id, mapping);
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
	client_unmap_all(client, NULL);
	client_put(client);
}

/*
 * Get the client behind @client in the list, or the first one if @client is NULL,
 * with a reference. Drops the reference on @client. New clients are added at the
 * front. A client without a reference has no mappings.
 */
static struct cmm_client *client_next(struct cmm_client *client)
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
 * cmm_clients_unmap_device() - drop all clients' references on a device's mappings
 * @dev: the device. Either its device_lock is held and its driver is about to be
 *	unbound, or it has no driver. So no client can map for it.
 *
 * An unmap may take long. The list is not locked during it, so clients of other
 * zones do not wait.
 */
void cmm_clients_unmap_device(const struct device *dev)
{
	struct cmm_client *client;

	for (client = client_next(NULL); client; client = client_next(client))
		client_unmap_all(client, dev);
}
