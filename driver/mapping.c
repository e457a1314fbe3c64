// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping: calls of the DMA API, and device events. See mapping.h for the model.
 *
 * One call maps an extent, without cache maintenance. The call is not made for
 * memory that the device cannot address: the DMA API would use a bounce buffer.
 */
#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/ktime.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swiotlb.h>

#include "binding.h"
#include "bus.h"
#include "cache.h"
#include "mapping.h"
#include "sync.h"
#include "trace.h"

/* Mapped bytes of one buffer for one device, in sizes of the buffer. */
#define CMM_MAPPED_TIMES_MAX	8

/* Drops clients' references to a device's mappings; set once. */
static void (*unmap_clients)(const struct device *dev);

static struct cmm_extent mapping_extent(const struct cmm_buffer *buffer,
					const struct cmm_part *part)
{
	return (struct cmm_extent){
		.start = buffer->allocation.extent.start + part->offset,
		.size = part->size,
	};
}

/*
 * Whether a device without translation can address the whole extent.
 */
static bool mapping_can_reach(struct device *dev,
			      const struct cmm_extent *extent)
{
	dma_addr_t first = phys_to_dma(dev, extent->start);
	dma_addr_t last = first + extent->size - 1;

	if (compat_dma_takes_for_mmio(extent->start, extent->size) &&
	    first != extent->start)
		return false;
	return !is_swiotlb_force_bounce(dev) && first != DMA_MAPPING_ERROR &&
	       last <= min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
}

static bool mapping_is_coherent(const struct cmm_extent *extent,
				struct device *dev, bool translated)
{
	return dev_is_dma_coherent(dev) &&
	       !(translated &&
		 compat_dma_takes_for_mmio(extent->start, extent->size));
}

/**
 * cmm_mapping_is_coherent() - whether a device is coherent with the CPU's caches
 * @extent: the extent
 * @dev: the device
 *
 * Return: true if the device is coherent and stays so through the mapping.
 */
bool cmm_mapping_is_coherent(const struct cmm_extent *extent,
			     struct device *dev)
{
	return mapping_is_coherent(extent, dev, cmm_device_is_translated(dev));
}

/* Whether the zone supports only coherent devices. */
static bool mapping_needs_coherent(const struct cmm_zone *zone)
{
	if (zone->flags & CMM_ZONE_COHERENT)
		return true;
	return !cmm_zone_is_protected(zone) && !cmm_cache_can_flush(&zone->cache);
}

static bool mapping_is_of(const struct cmm_mapping *mapping,
			  const struct cmm_part *part,
			  const struct cmm_binding *binding)
{
	return mapping->binding == binding &&
	       mapping->part.offset == part->offset &&
	       mapping->part.size == part->size;
}

/**
 * cmm_mapping_check() - whether a part of a buffer can be mapped for a device at all
 * @dmabuf: the part; its buffer's lock is held
 * @binding: the device
 * @coherent: set to whether the device is coherent with the CPU's caches
 *
 * Return: 0 or -EOPNOTSUPP. The device fails if it can address the part neither
 * directly nor through an IOMMU. A non-coherent device also fails if the zone is
 * declared coherent or its caches cannot be flushed.
 */
int cmm_mapping_check(const struct cmm_dmabuf *dmabuf,
		      const struct cmm_binding *binding, bool *coherent)
{
	const struct cmm_buffer *buffer = dmabuf->buffer;
	struct cmm_extent extent = mapping_extent(buffer, &dmabuf->part);
	const struct cmm_mapping *mapping;
	struct device *dev = binding->dev;
	bool translated;

	lockdep_assert_held(&buffer->lock);
	/*
	 * Searching a few mappings is cheaper than querying the IOMMU. A mapping of
	 * another part may be coherent where this one is not: one part may have struct
	 * pages, and the other none.
	 */
	list_for_each_entry(mapping, &buffer->mappings, link) {
		if (mapping_is_of(mapping, &dmabuf->part, binding)) {
			*coherent = mapping->coherent;
			return 0;
		}
	}
	translated = cmm_device_is_translated(dev);
	if (!dev->dma_mask || (!translated && !mapping_can_reach(dev, &extent)))
		return -EOPNOTSUPP;
	*coherent = mapping_is_coherent(&extent, dev, translated);
	return *coherent || !mapping_needs_coherent(buffer->zone) ? 0 : -EOPNOTSUPP;
}

static struct cmm_mapping *mapping_find(const struct cmm_dmabuf *dmabuf,
					const struct cmm_binding *binding,
					enum dma_data_direction dir)
{
	struct cmm_mapping *mapping;

	list_for_each_entry(mapping, &dmabuf->buffer->mappings, link)
		if (mapping->dir == dir &&
		    mapping_is_of(mapping, &dmabuf->part, binding))
			return mapping;
	return NULL;
}

/*
 * Views may overlap, so the size of a buffer does not bound the addresses that its
 * mappings use up. All users of a device share its addresses.
 */
static bool mapping_exceeds_limit(const struct cmm_dmabuf *dmabuf,
				  const struct cmm_binding *binding)
{
	const struct cmm_buffer *buffer = dmabuf->buffer;
	const struct cmm_mapping *mapping;
	u64 bytes = dmabuf->part.size;
	unsigned int count = 0;

	list_for_each_entry(mapping, &buffer->mappings, link) {
		if (mapping->binding != binding)
			continue;
		bytes += mapping->part.size;
		count++;
	}
	return count >= CMM_DEV_MAP_MAX ||
	       bytes > CMM_MAPPED_TIMES_MAX * buffer->params.size;
}

static void mapping_add_to_index(struct cmm_mapping *mapping, bool translated)
{
	struct cmm_buffer *buffer = mapping->buffer;

	mapping->entry = (struct cmm_address){
		.start = mapping->addr,
		.last = mapping->addr + mapping->part.size - 1,
		.device = mapping->binding->name,
		.uid = buffer->uid,
		.translated = translated,
	};
	spin_lock(&buffer->zone->pool.lock);
	cmm_addresses_add(&buffer->zone->addresses, &mapping->entry);
	spin_unlock(&buffer->zone->pool.lock);
}

static struct cmm_mapping *mapping_create(const struct cmm_dmabuf *dmabuf,
					  struct cmm_binding *binding,
					  enum dma_data_direction dir,
					  bool coherent)
{
	struct cmm_buffer *buffer = dmabuf->buffer;
	struct cmm_extent extent = mapping_extent(buffer, &dmabuf->part);
	struct device *dev = binding->dev;
	struct cmm_mapping *mapping;
	bool translated;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return ERR_PTR(-ENOMEM);
	mapping->addr = dma_map_phys(dev, extent.start, extent.size, dir,
				     DMA_ATTR_SKIP_CPU_SYNC);
	if (dma_mapping_error(dev, mapping->addr)) {
		kfree(mapping);
		return ERR_PTR(-ENOMEM);
	}

	translated = cmm_device_is_translated(dev);
	mapping->buffer = cmm_buffer_get(buffer);
	mapping->part = dmabuf->part;
	mapping->binding = cmm_binding_get(binding);
	mapping->dir = dir;
	mapping->coherent = coherent;
	mapping->direct = !translated &&
			  mapping->addr == phys_to_dma(dev, extent.start);
	mapping->ops = compat_dma_ops(dev);
	mapping->client_use.device = binding->name;
	mapping->client_use.coherent = coherent;
	list_add(&mapping->link, &buffer->mappings);
	list_add(&mapping->binding_link, &binding->mappings);
	mapping_add_to_index(mapping, translated);
	if (dir != DMA_TO_DEVICE)
		buffer->writers++;
	return mapping;
}

/**
 * cmm_mapping_get() - map a part for a device, or get the existing mapping
 * @dmabuf: the part; its buffer's lock is held
 * @binding: the device
 * @dir: what the device may do
 * @coherent: result of cmm_mapping_check()
 * @made: set to whether the mapping is new
 *
 * Return: the mapping with one more reference, or an ERR_PTR: -EACCES if the
 * device would write to a sealed buffer, -ENODEV if the binding is gone, -EBUSY if
 * the buffer has too many mappings for the device, or -ENOMEM.
 */
struct cmm_mapping *cmm_mapping_get(const struct cmm_dmabuf *dmabuf,
				    struct cmm_binding *binding,
				    enum dma_data_direction dir, bool coherent,
				    bool *made)
{
	struct cmm_mapping *mapping;

	lockdep_assert_held(&dmabuf->buffer->lock);
	if (dir != DMA_TO_DEVICE && dmabuf->buffer->sealed)
		return ERR_PTR(-EACCES);

	mutex_lock(&binding->lock);
	if (binding->gone) {
		mapping = ERR_PTR(-ENODEV);
	} else {
		mapping = mapping_find(dmabuf, binding, dir);
		*made = !mapping;
		if (*made && mapping_exceeds_limit(dmabuf, binding))
			mapping = ERR_PTR(-EBUSY);
		else if (*made)
			mapping = mapping_create(dmabuf, binding, dir,
						 coherent);
		if (!IS_ERR(mapping))
			mapping->refs++;
	}
	mutex_unlock(&binding->lock);
	return mapping;
}

/**
 * cmm_mapping_begin_use() - the device is going to access the buffer
 * @mapping: the mapping; the buffer's lock is held
 * @dir: what it is going to do
 */
void cmm_mapping_begin_use(struct cmm_mapping *mapping,
			   enum dma_data_direction dir)
{
	lockdep_assert_held(&mapping->buffer->lock);
	mapping->users++;
	mapping->written |= dir != DMA_TO_DEVICE;
}

void cmm_mapping_end_use(struct cmm_mapping *mapping)
{
	lockdep_assert_held(&mapping->buffer->lock);
	mapping->users--;
}

/*
 * Called before the address is unmapped. So the next mapping at the address is
 * newer, and device accesses after the unmap are later than the recorded end.
 */
static void mapping_move_to_history(struct cmm_mapping *mapping)
{
	struct cmm_zone *zone = mapping->buffer->zone;
	struct cmm_record record;

	spin_lock(&zone->pool.lock);
	cmm_addresses_remove(&zone->addresses, &mapping->entry);
	cmm_mapping_record(mapping, &record);
	record.ended = ktime_get_boottime_ns();
	cmm_history_add(&zone->history, &record);
	spin_unlock(&zone->pool.lock);
}

/*
 * A domain with a flush queue keeps translations in the IOTLB for some time after
 * the unmap. The memory must not be reused before they are flushed.
 */
static void mapping_flush_iotlb(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	if (domain && compat_iommu_is_lazy(domain))
		iommu_flush_iotlb_all(domain);
}

/*
 * Without an IOMMU, unmapping undoes nothing. A device without a driver may also
 * have lost its bus offset. The address then means a different physical address, and
 * must not be passed to the DMA API.
 */
static bool mapping_can_unmap(const struct cmm_mapping *mapping, u64 phys)
{
	return !mapping->direct ||
	       phys_to_dma(mapping->binding->dev, phys) == mapping->addr;
}

/* The DMA operations differ only in an event, which holds device_lock. */
static void mapping_unmap(const struct cmm_mapping *mapping)
{
	struct cmm_extent extent = mapping_extent(mapping->buffer,
						  &mapping->part);
	struct device *dev = mapping->binding->dev;
	const struct dma_map_ops *ops = compat_dma_ops(dev);

	if (!mapping_can_unmap(mapping, extent.start))
		return;
	if (ops != mapping->ops)
		set_dma_ops(dev, mapping->ops);
	compat_dma_unmap_phys(dev, extent.start, mapping->addr, extent.size,
			      mapping->dir, DMA_ATTR_SKIP_CPU_SYNC);
	if (ops != mapping->ops)
		set_dma_ops(dev, ops);
	if (!mapping->direct)
		mapping_flush_iotlb(dev);
}

static void mapping_end(struct cmm_mapping *mapping)
{
	struct cmm_buffer *buffer = mapping->buffer;

	lockdep_assert_held(&buffer->lock);
	lockdep_assert_held(&mapping->binding->lock);
	trace_cmm_unmap(mapping);
	mapping_move_to_history(mapping);
	mapping_unmap(mapping);
	if (mapping->dir != DMA_TO_DEVICE)
		buffer->writers--;
	list_del(&mapping->link);
	list_del(&mapping->binding_link);
	WRITE_ONCE(mapping->ended, true);
}

/*
 * Make the device's writes visible to the CPU before the buffer's lock is released,
 * and so before the buffer can be sealed.
 */
static void mapping_settle(struct cmm_mapping *mapping)
{
	lockdep_assert_held(&mapping->buffer->lock);
	if (mapping->written)
		cmm_sync_for_cpu(mapping->buffer, &mapping->part,
				 mapping->coherent);
	mapping->written = false;
}

/**
 * cmm_mapping_drop() - drop a reference; the last one ends the mapping
 * @mapping: the mapping; the buffer's lock is held
 *
 * The caller holds its own reference to the buffer.
 *
 * Return: @mapping if it was the last reference: the caller must free it with
 * cmm_mapping_free() after releasing the buffer's lock. Otherwise NULL.
 */
struct cmm_mapping *cmm_mapping_drop(struct cmm_mapping *mapping)
{
	struct cmm_binding *binding = mapping->binding;
	bool last;

	lockdep_assert_held(&mapping->buffer->lock);
	mutex_lock(&binding->lock);
	last = !--mapping->refs;
	if (last && !mapping->ended)
		mapping_end(mapping);
	mutex_unlock(&binding->lock);
	if (!last)
		return NULL;
	mapping_settle(mapping);
	return mapping;
}

/**
 * cmm_mapping_free() - free a mapping without a reference
 * @mapping: result of cmm_mapping_drop(), may be NULL
 *
 * The caller holds no CMM lock except a client's.
 */
void cmm_mapping_free(struct cmm_mapping *mapping)
{
	if (!mapping)
		return;
	cmm_binding_put(mapping->binding);
	cmm_buffer_put(mapping->buffer);
	kfree(mapping);
}

/**
 * cmm_mapping_record() - describe a mapping that has not ended
 * @mapping: the mapping; the pool's lock is held
 * @record: filled in
 */
void cmm_mapping_record(const struct cmm_mapping *mapping,
			struct cmm_record *record)
{
	cmm_buffer_record(mapping->buffer, record);
	strscpy(record->device, mapping->binding->name, sizeof(record->device));
	record->addr = mapping->addr;
	record->offset = mapping->part.offset;
	record->len = mapping->part.size;
	record->dir = mapping->dir;
	record->translated = mapping->entry.translated;
}

/* --- events of devices --- */

/* After this, only events end mappings: see mapping.h. */
static void mapping_leave(struct cmm_binding *binding)
{
	struct cmm_mapping *mapping;

	mutex_lock(&binding->lock);
	if (!binding->gone)
		list_for_each_entry(mapping, &binding->mappings, binding_link)
			mapping->refs++;
	WRITE_ONCE(binding->gone, true);
	mutex_unlock(&binding->lock);
}

/*
 * End a mapping if it is unused or @in_use_too is set, and then drop the event's
 * reference.
 */
static void mapping_end_by_event(struct cmm_mapping *mapping, bool in_use_too)
{
	struct cmm_buffer *buffer = cmm_buffer_get(mapping->buffer);
	struct cmm_mapping *unused = NULL;

	mutex_lock(&buffer->lock);
	if (in_use_too || !mapping->users) {
		mutex_lock(&mapping->binding->lock);
		mapping_end(mapping);
		mutex_unlock(&mapping->binding->lock);
		mapping_settle(mapping);
		unused = cmm_mapping_drop(mapping);
	}
	mutex_unlock(&buffer->lock);
	cmm_mapping_free(unused);
	cmm_buffer_put(buffer);
}

static void mapping_end_all(struct cmm_binding *binding, bool in_use_too)
{
	struct cmm_mapping *mapping, *next;

	list_for_each_entry_safe(mapping, next, &binding->mappings,
				 binding_link)
		mapping_end_by_event(mapping, in_use_too);
}

/*
 * Effect of an event on a device's binding. Each value includes the previous ones.
 */
enum effect {
	END_UNUSED,	/* end the mappings that are not in use */
	END_ALL,	/* end the other mappings */
	FORGET,		/* remove the binding, so that a new one can be made */
};

static void mapping_unbind(struct device *dev, enum effect effect)
{
	struct cmm_binding *binding = cmm_binding_find(dev);

	if (!binding)
		return;
	mapping_leave(binding);
	unmap_clients(dev);
	mapping_end_all(binding, effect >= END_ALL);
	if (effect == FORGET)
		cmm_binding_remove(binding);
	cmm_binding_put(binding);
}

static void mapping_device_event(struct device *dev, unsigned long action)
{
	switch (action) {
	case BUS_NOTIFY_UNBIND_DRIVER:
		mapping_unbind(dev, END_UNUSED);
		break;
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
		mapping_unbind(dev, END_ALL);
		break;
	case BUS_NOTIFY_BIND_DRIVER:
	case BUS_NOTIFY_UNBOUND_DRIVER:
	case BUS_NOTIFY_REMOVED_DEVICE:
		mapping_unbind(dev, FORGET);
	}
}

/**
 * cmm_mappings_init() - subscribe to device events
 * @unmap: called before a device's mappings end; drops clients' references to them
 *
 * Return: 0 or a negative errno.
 */
int cmm_mappings_init(void (*unmap)(const struct device *dev))
{
	unmap_clients = unmap;
	return cmm_buses_init(mapping_device_event);
}

/* No buffer is left. */
void cmm_mappings_exit(void)
{
	cmm_buses_exit();
}
