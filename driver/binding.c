// SPDX-License-Identifier: GPL-2.0
/*
 * Binding: the list of bindings. The model is in binding.h.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "binding.h"
#include "bus.h"

static LIST_HEAD(bindings);
static DEFINE_MUTEX(bindings_lock);	/* protects bindings */

/**
 * cmm_device_is_translated() - whether an IOMMU translates a device's addresses
 * @dev: the device
 *
 * Return: true if the DMA API maps for the device through a translating IOMMU.
 */
bool cmm_device_is_translated(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && (domain->type & __IOMMU_DOMAIN_DMA_API);
}

/* The list is short: one binding for each device that uses buffers. */
static struct cmm_binding *binding_find(const struct device *dev)
{
	struct cmm_binding *binding;

	list_for_each_entry(binding, &bindings, link)
		if (binding->dev == dev)
			return binding;
	return NULL;
}

/*
 * Whether a driver could be bound to a device, but none is. Devices that need no
 * driver are on a bus without drivers or are virtual devices, such as vgem.
 */
static bool binding_has_no_driver(const struct device *dev)
{
	return !dev->driver && dev->bus && dev->bus->match;
}

/*
 * Whether a device has lost its driver or is about to lose it. The driver core then
 * sets one of these states:
 *
 * - DL_DEV_UNBINDING, from before BUS_NOTIFY_UNBIND_DRIVER until the end of
 *   remove(). Since 6.7, until dev->driver is cleared.
 * - DL_DEV_NO_DRIVER with dev->driver set: during the driver core's cleanup after
 *   remove() (before 6.7) or after a failed probe(). Before a bind, the state
 *   changes before dev->driver is set.
 *
 * An IOMMU may still translate for a device without a driver, but the DMA API may
 * not know that: see compat_dma_follows_iommu(). The same is true for
 * a while before a driver is bound. A removed device has no IOMMU.
 */
static bool binding_has_lost_driver(struct device *dev)
{
	enum dl_dev_state status = READ_ONCE(dev->links.status);

	if (status == DL_DEV_UNBINDING)
		return true;
	if (dev->driver)
		return status == DL_DEV_NO_DRIVER ||
		       (!compat_dma_follows_iommu(dev) &&
			cmm_device_is_translated(dev));
	return binding_has_no_driver(dev) && (cmm_device_is_translated(dev) ||
					      !device_is_registered(dev));
}

/* Takes ownership of @watch on success. */
static struct cmm_binding *binding_create(struct device *dev,
					  struct cmm_watch *watch)
{
	size_t size = strlen(dev_name(dev)) + 1;
	struct cmm_binding *binding;

	lockdep_assert_held(&bindings_lock);
	binding = kzalloc(struct_size(binding, name, size), GFP_KERNEL_ACCOUNT);
	if (!binding)
		return ERR_PTR(-ENOMEM);
	binding->dev = get_device(dev);
	binding->watch = watch;
	refcount_set(&binding->refs, 1);
	mutex_init(&binding->lock);
	INIT_LIST_HEAD(&binding->mappings);
	memcpy(binding->name, dev_name(dev), size);
	list_add(&binding->link, &bindings);
	return binding;
}

/**
 * cmm_binding_of() - get the current binding of a device
 * @dev: the device; the caller has a reference on it
 *
 * May sleep. The caller must not hold a lock of this driver.
 *
 * Return: the binding with one more reference, or an ERR_PTR: -ENODEV if the
 * driver is unbound or about to be, or -ENOMEM.
 */
struct cmm_binding *cmm_binding_of(struct device *dev)
{
	/* Watch before the check of the device's state, to miss no event. */
	struct cmm_watch *watch = cmm_bus_watch(dev);
	struct cmm_binding *binding;
	bool made = false;

	if (IS_ERR(watch))
		return ERR_CAST(watch);
	mutex_lock(&bindings_lock);
	binding = binding_find(dev);
	if (binding_has_lost_driver(dev) ||
	    (binding && READ_ONCE(binding->gone))) {
		binding = ERR_PTR(-ENODEV);
	} else if (binding) {
		cmm_binding_get(binding);
	} else {
		binding = binding_create(dev, watch);
		made = !IS_ERR(binding);
	}
	mutex_unlock(&bindings_lock);
	if (!made)
		cmm_bus_unwatch(watch);
	return binding;
}

/**
 * cmm_binding_is_over() - whether a device does not use the DMA API any more
 * @binding: the device
 *
 * Call this after a mapping has failed, to tell the reason: the device may have lost
 * its driver, and with it its IOMMU, in the middle of the call. A device without a
 * driver counts as unbound even while it is still on the bus.
 *
 * Return: true if the driver is unbound, or about to be.
 */
bool cmm_binding_is_over(struct cmm_binding *binding)
{
	bool over;

	mutex_lock(&binding->lock);
	over = binding->gone || binding_has_no_driver(binding->dev);
	mutex_unlock(&binding->lock);
	return over;
}

/**
 * cmm_binding_find() - find the binding for an event of a device
 * @dev: the device
 *
 * Return: the binding with one more reference, or NULL if there is none. The binding
 * may be gone.
 */
struct cmm_binding *cmm_binding_find(const struct device *dev)
{
	struct cmm_binding *binding;

	mutex_lock(&bindings_lock);
	binding = binding_find(dev);
	if (binding)
		cmm_binding_get(binding);
	mutex_unlock(&bindings_lock);
	return binding;
}

struct cmm_binding *cmm_binding_get(struct cmm_binding *binding)
{
	refcount_inc(&binding->refs);
	return binding;
}

/**
 * cmm_binding_put() - drop a reference
 * @binding: the binding; don't use it afterwards
 *
 * May sleep.
 */
void cmm_binding_put(struct cmm_binding *binding)
{
	if (!refcount_dec_and_mutex_lock(&binding->refs, &bindings_lock))
		return;
	list_del(&binding->link);
	mutex_unlock(&bindings_lock);
	cmm_bus_unwatch(binding->watch);
	put_device(binding->dev);
	mutex_destroy(&binding->lock);
	kfree(binding);
}

/**
 * cmm_binding_remove() - remove a binding from the list
 * @binding: a binding that is gone and expects no more events
 */
void cmm_binding_remove(struct cmm_binding *binding)
{
	mutex_lock(&bindings_lock);
	list_del_init(&binding->link);
	mutex_unlock(&bindings_lock);
	/* The bus may be unregistered before an importer detaches. */
	cmm_bus_unwatch(binding->watch);
	binding->watch = NULL;
}
