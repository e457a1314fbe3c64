// SPDX-License-Identifier: GPL-2.0
/*
 * Binding: the list of bindings. The model is in binding.h.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/slab.h>

#include "binding.h"

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
 * Whether a device has lost its driver, or is about to. The status is set before
 * BUS_NOTIFY_UNBIND_DRIVER and stays until the driver is gone.
 *
 * Without a driver, an IOMMU still translates for the device, but up to 6.10 the
 * DMA API does not know that any more. A removed device has no IOMMU at all.
 * Devices that need no driver work on: they are on a bus without drivers, or are
 * no real devices, as vgem's.
 */
static bool has_lost_driver(struct device *dev)
{
	if (dev->links.status == DL_DEV_UNBINDING)
		return true;
	if (dev->driver || !dev->bus || !dev->bus->match)
		return false;
	return cmm_device_is_translated(dev) || !device_is_registered(dev);
}

static struct cmm_binding *create(struct device *dev)
{
	struct cmm_binding *binding;

	binding = kzalloc(sizeof(*binding), GFP_KERNEL_ACCOUNT);
	if (!binding)
		return ERR_PTR(-ENOMEM);
	binding->name = kstrdup(dev_name(dev), GFP_KERNEL_ACCOUNT);
	if (!binding->name) {
		kfree(binding);
		return ERR_PTR(-ENOMEM);
	}
	binding->dev = get_device(dev);
	refcount_set(&binding->refs, 1);
	mutex_init(&binding->lock);
	INIT_LIST_HEAD(&binding->mappings);
	list_add(&binding->link, &bindings);
	return binding;
}

static struct cmm_binding *find_or_create(struct device *dev)
{
	struct cmm_binding *binding = find(dev);

	if (has_lost_driver(dev) || (binding && READ_ONCE(binding->gone)))
		return ERR_PTR(-ENODEV);
	return binding ? cmm_binding_get(binding) : create(dev);
}

/**
 * cmm_binding_of() - the present binding of a device
 * @dev: the device, of which the caller has a reference
 *
 * Return: the binding with one more reference, or an ERR_PTR: -ENODEV if the
 * driver is unbound or about to be, or -ENOMEM.
 */
struct cmm_binding *cmm_binding_of(struct device *dev)
{
	struct cmm_binding *binding;

	mutex_lock(&bindings_lock);
	binding = find_or_create(dev);
	mutex_unlock(&bindings_lock);
	return binding;
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
	put_device(binding->dev);
	mutex_destroy(&binding->lock);
	kfree(binding->name);
	kfree(binding);
}

/**
 * cmm_binding_forget() - take a binding out of the list
 * @binding: the binding, which is gone; no event is due for it any more
 */
void cmm_binding_forget(struct cmm_binding *binding)
{
	mutex_lock(&bindings_lock);
	list_del_init(&binding->link);
	mutex_unlock(&bindings_lock);
}
