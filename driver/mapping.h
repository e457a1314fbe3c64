/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mapping: a buffer in the address space of a device.
 *
 * A mapping's key is (buffer, part, binding, direction). A device gets addresses for
 * this part only. Attachments of importers, and clients that asked for the device,
 * share a mapping with the same key. Each holds a reference. Dropping the last
 * reference ends the mapping, and makes what the device may have written visible to
 * the CPU. The caller does all other cache maintenance.
 *
 * References point one way: attachment or client -> mapping -> buffer -> zone, and
 * mapping -> binding -> device.
 *
 * Locks. A buffer's list of mappings and &cmm_mapping.users are under the buffer's
 * lock. &cmm_mapping.refs and the binding's list are under the binding's lock. A
 * mapping begins and ends with both locks held: buffer, then binding. The index of
 * addresses is under the pool's lock.
 *
 * Unbinding a device's driver. The events come in this order, with device_lock held:
 *
 * - BUS_NOTIFY_UNBIND_DRIVER: The binding is marked gone. If a call that maps
 *   already holds the binding's lock, its mapping is in the list when the event gets
 *   the lock. Later calls fail with -ENODEV. The event takes a reference to each
 *   mapping in the list. So from here on, only events end mappings and change the
 *   list. Clients lose their references and ids. Mappings that are not in use end.
 * - The driver's remove(): It may unmap and detach. The mapping stays, because the
 *   event holds a reference. Attach and map calls fail with -ENODEV.
 * - Up to 6.10, the driver core clears the device's DMA operations. From here on,
 *   the DMA API would treat an IOVA as a physical address. It is not called: only
 *   the next event ends mappings.
 * - BUS_NOTIFY_UNBOUND_DRIVER: All remaining mappings end. The DMA operations that a
 *   mapping was created with are restored for the unmap call. No other call can see
 *   them, since device_lock prevents binding the device. The device still has its
 *   IOMMU domain.
 *
 * Three more events end all mappings. BUS_NOTIFY_BIND_DRIVER comes before probe(),
 * and ends mappings of a device that had no driver. BUS_NOTIFY_DRIVER_NOT_BOUND
 * comes if probe() fails, before the DMA operations are cleared. The binding then
 * stays in the list, so that no mapping is created until the next event.
 * BUS_NOTIFY_REMOVED_DEVICE comes for a device that never had a driver. The IOMMU
 * also releases the device at this event, but CMM's notifier is called first.
 *
 * A detach, unmap or close of a node after these events finds the mapping ended, and
 * does not call the DMA API. A detach just before UNBIND_DRIVER holds the binding's
 * lock until its mapping has ended, so the event waits for it. A rebind creates a
 * new binding: old attachments stay unusable, and new ones find no old mapping. The
 * module cannot be unloaded earlier: a dma_buf and an open node hold the module, and
 * no mapping outlives both.
 *
 * A device without a bus has no events. Its mappings end with their last reference.
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
 * @part: the mapped bytes of it
 * @binding: the device; one reference
 * @dir: what the device may do
 * @coherent: the device is coherent with the CPU's caches
 * @addr: device address of the first byte
 * @direct: the DMA address was the physical one when the mapping was made, so no
 *	IOMMU address has to be given up. It does not change when the device's driver
 *	later attaches an IOMMU domain of its own.
 * @ops: the device's own DMA operations when the mapping was made
 * @entry: the mapping in the zone's index of addresses
 * @refs: references of attachments, clients and events
 * @users: current users: map calls not yet unmapped, and clients
 * @client_use: references of clients, shown in listings
 * @written: the device may have written since the last sync_for_cpu
 * @ended: the mapping has ended; set once, under the buffer's lock
 * @link: in the buffer's list, until the mapping ends
 * @binding_link: in the binding's list, until the mapping ends
 */
struct cmm_mapping {
	struct cmm_buffer *buffer;
	struct cmm_part part;
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

int cmm_mappings_init(void (*unmap)(const struct device *dev));
void cmm_mappings_exit(void);

bool cmm_mapping_is_coherent(const struct cmm_extent *extent,
			     struct device *dev);
int cmm_mapping_check(const struct cmm_dmabuf *dmabuf,
		      const struct cmm_binding *binding, bool *coherent);

struct cmm_mapping *cmm_mapping_get(const struct cmm_dmabuf *dmabuf,
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
