// SPDX-License-Identifier: GPL-2.0
/*
 * Bus: finding devices, and notifiers. The model is in bus.h.
 */
#ifdef CMM_HAVE_AMBA_BUS
#include <linux/amba/bus.h>
#endif
#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/err.h>
#ifdef CMM_HAVE_FSL_MC_BUS
#include <linux/fsl/mc.h>
#endif
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "bus.h"

/*
 * In search order. The platform bus comes last: since 6.11, it may have a device
 * that powers a PCI function and has the same device-tree node as that function.
 */
static CMM_BUS_CONST struct bus_type *const built_in[] = {
#ifdef CONFIG_PCI
	&pci_bus_type,
#endif
#ifdef CMM_HAVE_FSL_MC_BUS
	&fsl_mc_bus_type,
#endif
#ifdef CMM_HAVE_AMBA_BUS
	&amba_bustype,
#endif
	&platform_bus_type,
};

/**
 * struct cmm_watch - a bus that is watched
 * @bus: the bus
 * @nb: in the bus's list of notifiers
 * @kset: the bus's kset; one reference, to keep the list of notifiers alive
 * @users: number of bindings; plus one for a built-in bus
 * @link: in the list of watches
 */
struct cmm_watch {
	CMM_BUS_CONST struct bus_type *bus;
	struct notifier_block nb;
	struct kset *kset;
	atomic_t users;
	struct list_head link;
};

static LIST_HEAD(watches);
/* Protects watches. Held while bus_end_watch() waits for running event handlers. */
static DEFINE_MUTEX(watches_lock);
static void (*handle)(struct device *dev, unsigned long action);

static void bus_end_unused_watches(struct work_struct *work);
static DECLARE_WORK(end_unused_work, bus_end_unused_watches);

static int bus_notify(struct notifier_block *nb, unsigned long action,
		      void *dev)
{
	handle(dev, action);
	return NOTIFY_DONE;
}

static struct cmm_watch *bus_begin_watch(CMM_BUS_CONST struct bus_type *bus)
{
	struct cmm_watch *watch = kzalloc(sizeof(*watch), GFP_KERNEL);
	int ret;

	lockdep_assert_held(&watches_lock);
	if (!watch)
		return ERR_PTR(-ENOMEM);
	watch->bus = bus;
	atomic_set(&watch->users, 1);
	watch->nb.notifier_call = bus_notify;
	/* Run before the IOMMU releases a device, and before leak checks. */
	watch->nb.priority = INT_MAX;
	ret = bus_register_notifier(bus, &watch->nb);
	if (ret) {
		kfree(watch);
		return ERR_PTR(ret);
	}
	watch->kset = kset_get(bus_get_kset(bus));
	list_add(&watch->link, &watches);
	return watch;
}

/* Waits for running event handlers. */
static void bus_end_watch(struct cmm_watch *watch)
{
	lockdep_assert_held(&watches_lock);
	bus_unregister_notifier(watch->bus, &watch->nb);
	kset_put(watch->kset);
	list_del(&watch->link);
	kfree(watch);
}

static void bus_end_unused_watches(struct work_struct *work)
{
	struct cmm_watch *watch, *next;

	mutex_lock(&watches_lock);
	list_for_each_entry_safe(watch, next, &watches, link)
		if (!atomic_read(&watch->users))
			bus_end_watch(watch);
	mutex_unlock(&watches_lock);
}

/* A watch without users may belong to a former bus at the same address. */
static struct cmm_watch *bus_find_watch(CMM_BUS_CONST struct bus_type *bus)
{
	struct cmm_watch *watch;

	lockdep_assert_held(&watches_lock);
	list_for_each_entry(watch, &watches, link)
		if (watch->bus == bus && atomic_inc_not_zero(&watch->users))
			return watch;
	return NULL;
}

static struct cmm_watch *bus_get_watch(CMM_BUS_CONST struct bus_type *bus)
{
	struct cmm_watch *watch;

	mutex_lock(&watches_lock);
	watch = bus_find_watch(bus) ?: bus_begin_watch(bus);
	mutex_unlock(&watches_lock);
	return watch;
}

static bool bus_is_built_in(const struct bus_type *bus)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(built_in); i++)
		if (built_in[i] == bus)
			return true;
	return false;
}

/**
 * cmm_bus_find_device() - find the device of a device-tree node
 * @node: the node
 *
 * Return: the device with one more reference, or NULL if it does not exist now.
 */
struct device *cmm_bus_find_device(const struct device_node *node)
{
	struct device *dev = NULL;
	unsigned int i;

	for (i = 0; !dev && i < ARRAY_SIZE(built_in); i++)
		dev = bus_find_device_by_of_node(built_in[i], node);
	return dev;
}

/**
 * cmm_buses_init() - watch the built-in buses
 * @event: called for each event of a device on a watched bus, with the action
 *	BUS_NOTIFY_*. For most events, the device_lock is held. It must not call
 *	cmm_bus_watch().
 *
 * Return: 0 or a negative errno.
 */
int cmm_buses_init(void (*event)(struct device *dev, unsigned long action))
{
	struct cmm_watch *watch;
	unsigned int i;

	handle = event;
	for (i = 0; i < ARRAY_SIZE(built_in); i++) {
		watch = bus_get_watch(built_in[i]);
		if (IS_ERR(watch)) {
			cmm_buses_exit();
			return PTR_ERR(watch);
		}
	}
	return 0;
}

/**
 * cmm_buses_exit() - end all watches
 *
 * No binding exists, except those that an event handler is about to put. No event
 * handler runs after the return.
 */
void cmm_buses_exit(void)
{
	struct cmm_watch *watch, *next;

	mutex_lock(&watches_lock);
	list_for_each_entry_safe(watch, next, &watches, link)
		bus_end_watch(watch);
	mutex_unlock(&watches_lock);
	/* The last event may have queued the work. It would find no watch. */
	cancel_work_sync(&end_unused_work);
}

/**
 * cmm_bus_watch() - receive the events of a device
 * @dev: the device; may have no bus
 *
 * May sleep. The caller must not hold a lock of this driver, since an event handler
 * may wait for it.
 *
 * Return: a watch to pass to cmm_bus_unwatch(); NULL if the bus is built in or the
 * device has no bus; or ERR_PTR(-ENOMEM).
 */
struct cmm_watch *cmm_bus_watch(const struct device *dev)
{
	if (!dev->bus || bus_is_built_in(dev->bus))
		return NULL;
	return bus_get_watch(dev->bus);
}

/**
 * cmm_bus_unwatch() - undo one cmm_bus_watch()
 * @watch: the result of that call; don't use it afterwards
 *
 * Events of the device may still come for some time. Does not sleep. An event
 * handler may call this.
 */
void cmm_bus_unwatch(struct cmm_watch *watch)
{
	if (watch && atomic_dec_and_test(&watch->users))
		schedule_work(&end_unused_work);
}
