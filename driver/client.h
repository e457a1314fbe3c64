/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Client: an open file on a zone's node, and its references to mappings for
 * chosen devices.
 *
 * A reference has an id. It ends when the client unmaps it, when the file is closed,
 * or when the device's driver is unbound. A client has at most CMM_DEV_MAP_MAX
 * references, so it can't use up those of another client. Drivers have no limit.
 *
 * Lock order: device_lock -> zone enter/exit -> list of clients -> a client's lock
 * -> buffer's lock. During an unbind, the driver core holds the device_lock.
 */
#ifndef _CMM_CLIENT_H
#define _CMM_CLIENT_H

#include <linux/dma-direction.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct cmm_dmabuf;
struct cmm_zone;
struct device;

/**
 * struct cmm_client - an open file
 * @zone: the zone; the open file holds a reference on it
 * @refs: one for the open file, and one for each unbind that walks @mappings
 * @link: in the list of all clients until the last reference is dropped
 * @lock: protects the members below
 * @mappings: of type struct cmm_mapping, indexed by id; one reference each
 * @count: entries of @mappings, and entries that are about to be added
 */
struct cmm_client {
	struct cmm_zone *zone;
	refcount_t refs;
	struct list_head link;
	struct mutex lock;	/* protects the rest */
	struct idr mappings;
	unsigned int count;
};

struct cmm_client *cmm_client_create(struct cmm_zone *zone);
void cmm_client_destroy(struct cmm_client *client);

int cmm_client_map(struct cmm_client *client, const struct cmm_dmabuf *dmabuf,
		   struct device *dev, enum dma_data_direction dir,
		   dma_addr_t *addr);
int cmm_client_unmap(struct cmm_client *client, u32 id);
void cmm_clients_unmap_device(const struct device *dev);

#endif /* _CMM_CLIENT_H */
