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
 * cmm_device_is_translated() - whether an IOMMU gives a device its own addresses
 * @dev: the device
 *
 * Return: true if the DMA API maps for it through a translating IOMMU.
 */
bool cmm_device_is_translated(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && (domain->type & __IOMMU_DOMAIN_DMA_API);
}

/* The list has few: one for each device that uses buffers. */
static struct cmm_binding *find(const struct device *dev)
{
	struct cmm_binding *binding;

	list_for_each_entry(binding, &bindings, link)
		if (binding->dev == dev)
			return binding;
	return NULL;
}

/*
 * Whether a driver could be bound to a device, and none is. Devices that need no
 * driver are on a bus without drivers, or are no real devices, as vgem's.
 */
static bool has_no_driver(const struct device *dev)
{
	return !dev->driver && dev->bus && dev->bus->match;
}

/*
 * Whether a device has lost its driver, or is about to. The driver core gives the
 * device one of these states:
 *
 * - DL_DEV_UNBINDING, from before BUS_NOTIFY_UNBIND_DRIVER until remove() is over.
 *   Since 6.7 it stays until the driver is gone.
 * - DL_DEV_NO_DRIVER, though there is a driver: while the driver core cleans up after
 *   remove(), before 6.7, and after a probe() that failed. When a driver is about to
 *   be bound, the state changes before there is a driver.
 *
 * An IOMMU still translates for a device without a driver, but the DMA API may not know
 * that: see compat_dma_follows_iommu(). A driver that is about to be bound has the same
 * state for a while. A removed device has no IOMMU at all.
 */
static bool has_lost_driver(struct device *dev)
{
	enum dl_dev_state status = READ_ONCE(dev->links.status);

	if (status == DL_DEV_UNBINDING)
		return true;
	if (dev->driver)
		return status == DL_DEV_NO_DRIVER ||
		       (!compat_dma_follows_iommu(dev) &&
			cmm_device_is_translated(dev));
	return has_no_driver(dev) && (cmm_device_is_translated(dev) ||
				      !device_is_registered(dev));
}

/* Takes the watch over on success. */
static struct cmm_binding *create(struct device *dev, struct cmm_watch *watch)
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
 * cmm_binding_of() - the present binding of a device
 * @dev: the device, of which the caller has a reference
 *
 * May sleep. The caller holds none of our locks.
 *
 * Return: the binding with one more reference, or an ERR_PTR: -ENODEV if the
 * driver is unbound or about to be, or -ENOMEM.
 */
struct cmm_binding *cmm_binding_of(struct device *dev)
{
	/* Before the state of the device is looked at, so that no event is missed. */
	struct cmm_watch *watch = cmm_bus_watch(dev);
	struct cmm_binding *binding;
	bool made = false;

	if (IS_ERR(watch))
		return ERR_CAST(watch);
	mutex_lock(&bindings_lock);
	binding = find(dev);
	if (has_lost_driver(dev) || (binding && READ_ONCE(binding->gone))) {
		binding = ERR_PTR(-ENODEV);
	} else if (binding) {
		cmm_binding_get(binding);
	} else {
		binding = create(dev, watch);
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
 * A device that cannot be mapped for may have lost its IOMMU just now, together with
 * its driver. To be asked after that was found: what it found is not newer than the
 * answer. A device that is being removed keeps its place on the bus for a while, and
 * has no driver then.
 *
 * Return: true if the driver is unbound, or about to be.
 */
bool cmm_binding_is_over(struct cmm_binding *binding)
{
	bool over;

	mutex_lock(&binding->lock);
	over = binding->gone || has_no_driver(binding->dev);
	mutex_unlock(&binding->lock);
	return over;
}

/**
 * cmm_binding_find() - the binding that an event of a device is about
 * @dev: the device
 *
 * Return: the binding with one more reference, also one that is gone; or NULL if
 * there is none.
 */
struct cmm_binding *cmm_binding_find(const struct device *dev)
{
	struct cmm_binding *binding;

	mutex_lock(&bindings_lock);
	binding = find(dev);
	if (binding)
		cmm_binding_get(binding);
	mutex_unlock(&bindings_lock);
	return binding;
}

/**
 * cmm_binding_get() - take a reference
 * @binding: a binding that the caller has a reference to already
 *
 * Return: @binding.
 */
struct cmm_binding *cmm_binding_get(struct cmm_binding *binding)
{
	refcount_inc(&binding->refs);
	return binding;
}

/**
 * cmm_binding_put() - drop a reference
 * @binding: the binding; not to be used any more. May sleep.
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
 * cmm_binding_remove() - take a binding out of the list
 * @binding: the binding, which is gone; no event is due for it any more
 */
void cmm_binding_remove(struct cmm_binding *binding)
{
	mutex_lock(&bindings_lock);
	list_del_init(&binding->link);
	mutex_unlock(&bindings_lock);
	/* The bus may go before an importer detaches from its device. */
	cmm_bus_unwatch(binding->watch);
	binding->watch = NULL;
}
