/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mapping: a buffer in the address space of a device.
 *
 * A mapping's key is (buffer, byte range, binding, direction). The range is the
 * whole buffer. All who need the same mapping share it: the attachments of
 * importers, and the clients that asked for the device. Each has a reference, and
 * the last reference ends the mapping. What the device may have written by then is
 * made visible to the CPU; all other cache maintenance is the caller's.
 *
 * References point one way: attachment or client -> mapping -> buffer -> zone, and
 * mapping -> binding -> device.
 *
 * Locks. A buffer's list of mappings and &cmm_mapping.users are under the buffer's
 * lock. &cmm_mapping.refs and the binding's list are under the binding's lock. A
 * mapping begins and ends with both locks held: buffer, then binding. The index of
 * addresses is under the zone's lock.
 *
 * The end of a device's driver. The events come in this order, with device_lock:
 *
 * - BUS_NOTIFY_UNBIND_DRIVER: The binding is gone from here on. A call that maps
 *   either holds the binding's lock already, and then its mapping is in the list
 *   when the event gets the lock; or it comes later, and fails with -ENODEV. The
 *   event takes a reference to each mapping in the list. So no other thread ends a
 *   mapping from here on, and only events change the list. Clients lose their
 *   references and their ids. Mappings that no call of map uses end.
 * - The driver's remove(). It may unmap and detach. The mapping stays, because the
 *   event has its reference. A call of attach or map fails with -ENODEV.
 * - Up to 6.10, the driver core clears the device's DMA operations. A call of the
 *   DMA API would take an IOVA for a physical address from here on. There is none:
 *   only the next event ends mappings.
 * - BUS_NOTIFY_UNBOUND_DRIVER: All mappings that are left end. The DMA operations
 *   that a mapping was made with are put back for the call. No other call can see
 *   them, since device_lock keeps the device from being bound. The IOMMU's domain
 *   is still the device's.
 *
 * Three more events end all mappings. BUS_NOTIFY_BIND_DRIVER comes before probe(),
 * for what was attached to a device without a driver. BUS_NOTIFY_DRIVER_NOT_BOUND
 * comes if probe() fails, before the DMA operations are cleared. The binding stays in
 * the list then, so that nothing is mapped until the next event.
 * BUS_NOTIFY_REMOVED_DEVICE comes for a device that never had a driver. The IOMMU
 * forgets the device at this event too, but our notifier is called first.
 *
 * A detach, an unmap or the close of a node that comes after that finds the mapping
 * ended, and calls no DMA API. A detach that came just before UNBIND_DRIVER has the
 * binding's lock until its mapping is gone, so the event waits for it. After a
 * rebind there is another binding: old attachments stay gone, and new ones find
 * none of the old mappings. The module is unloaded last: a dma_buf and an open node
 * hold the module, and no mapping lives longer than both.
 *
 * A device without a bus has no events. Its mappings end with their references.
 */
#ifndef _CMM_MAPPING_H
#define _CMM_MAPPING_H

#include <linux/dma-direction.h>
#include <linux/dma-map-ops.h>
#include <linux/list.h>
#include <linux/types.h>

#include "address.h"
#include "buffer.h"

struct cmm_binding;
struct device;

/**
 * struct cmm_mapping - a mapping
 * @buffer: the buffer; one reference
 * @binding: the device; one reference
 * @dir: what the device may do
 * @coherent: the device sees what is in the CPU's caches
 * @addr: where the device finds the first byte
 * @direct: no IOMMU has a part in it, so nothing has to be undone. A driver that
 *	attaches its own domain to the device has the IOMMU's addresses all the same.
 * @ops: the device's own DMA operations when the mapping was made
 * @entry: the mapping in the zone's index of addresses
 * @refs: attachments, clients and events that have the mapping
 * @users: what uses the mapping now: calls of map that are not undone, and clients
 * @client_use: references of clients, which listings show
 * @written: the device may have written since caches were last maintained for that
 * @ended: the device does not have it any more; set once, under the buffer's lock
 * @link: in the buffer's list, until the mapping ends
 * @binding_link: in the binding's list, until the mapping ends
 */
struct cmm_mapping {
	struct cmm_buffer *buffer;
	struct cmm_binding *binding;
	enum dma_data_direction dir;
	bool coherent;
	dma_addr_t addr;
	bool direct;
	const struct dma_map_ops *ops;
	struct cmm_address entry;
	unsigned int refs;
	unsigned int users;
	struct cmm_device_use client_use;
	bool written;
	bool ended;
	struct list_head link;
	struct list_head binding_link;
};

int cmm_mappings_init(void (*let_go)(const struct device *dev));
void cmm_mappings_exit(void);

bool cmm_mapping_is_coherent(const struct cmm_extent *extent,
			     struct device *dev);
int cmm_mapping_check(const struct cmm_buffer *buffer,
		      const struct cmm_binding *binding, bool *coherent);

struct cmm_mapping *cmm_mapping_get(struct cmm_buffer *buffer,
				    struct cmm_binding *binding,
				    enum dma_data_direction dir, bool coherent,
				    bool *made);
void cmm_mapping_begin_use(struct cmm_mapping *mapping,
			   enum dma_data_direction dir);
void cmm_mapping_end_use(struct cmm_mapping *mapping);
struct cmm_mapping *cmm_mapping_drop(struct cmm_mapping *mapping);
void cmm_mapping_free(struct cmm_mapping *mapping);

void cmm_mapping_record(const struct cmm_mapping *mapping,
			struct cmm_record *record);

#endif /* _CMM_MAPPING_H */
