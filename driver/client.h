/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Client: an open file on a zone's node, and the mappings for chosen devices that
 * it asked for.
 *
 * A mapping holds its dma_buf, by that the buffer, and its device. It is gone when
 * its client says so, with the client, or before the device's driver is unbound:
 * so the driver is there as long as the mapping.
 *
 * Lock order: device_lock -> zone gate -> list of clients -> a client's lock ->
 * buffer mutex. The unbinding of a device comes with its device_lock held.
 */
#ifndef _CMM_CLIENT_H
#define _CMM_CLIENT_H

#include <linux/dma-direction.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct cmm_zone;
struct device;
struct dma_buf;

/**
 * struct cmm_client - an open file
 * @zone: the zone, which the open file holds
 * @refs: one of the open file, and one of each unbind that looks at @mappings
 * @link: in the list of all clients until the last reference is gone
 * @lock: protects @mappings
 * @mappings: of type struct cmm_mapping, by their ids
 */
struct cmm_client {
	struct cmm_zone *zone;
	refcount_t refs;
	struct list_head link;
	struct mutex lock;	/* protects mappings */
	struct idr mappings;
};

int cmm_clients_init(void);
void cmm_clients_exit(void);

struct cmm_client *cmm_client_create(struct cmm_zone *zone);
void cmm_client_destroy(struct cmm_client *client);

int cmm_client_map(struct cmm_client *client, struct dma_buf *dmabuf,
		   struct device *dev, enum dma_data_direction dir,
		   dma_addr_t *addr);
int cmm_client_unmap(struct cmm_client *client, u32 id);

#endif /* _CMM_CLIENT_H */
