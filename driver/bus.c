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
 * In the order of the search: the platform comes last. Since 6.11 it has a device
 * that powers a PCI function, with the device-tree node of that function.
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
 * @kset: the bus's; one reference, so that the list of notifiers stays
 * @users: bindings, and one for a bus that is built in
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
/* Protects watches. Held while a notifier is removed, which waits for events. */
static DEFINE_MUTEX(watches_lock);
static void (*handle)(struct device *dev, unsigned long action);

static void end_unused(struct work_struct *work);
static DECLARE_WORK(end_unused_work, end_unused);

static int notify(struct notifier_block *nb, unsigned long action, void *dev)
{
	handle(dev, action);
	return NOTIFY_DONE;
}

static struct cmm_watch *begin(CMM_BUS_CONST struct bus_type *bus)
{
	struct cmm_watch *watch = kzalloc(sizeof(*watch), GFP_KERNEL);
	int ret;

	lockdep_assert_held(&watches_lock);
	if (!watch)
		return ERR_PTR(-ENOMEM);
	watch->bus = bus;
	atomic_set(&watch->users, 1);
	watch->nb.notifier_call = notify;
	/* Before the IOMMU lets go of a device, and before leaks are looked for. */
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

/* Waits for the events that are being handled. */
static void end(struct cmm_watch *watch)
{
	lockdep_assert_held(&watches_lock);
	bus_unregister_notifier(watch->bus, &watch->nb);
	kset_put(watch->kset);
	list_del(&watch->link);
	kfree(watch);
}

static void end_unused(struct work_struct *work)
{
	struct cmm_watch *watch, *next;

	mutex_lock(&watches_lock);
	list_for_each_entry_safe(watch, next, &watches, link)
		if (!atomic_read(&watch->users))
			end(watch);
	mutex_unlock(&watches_lock);
}

/* A watch without a user may be of an earlier bus at the same address. */
static struct cmm_watch *find_and_get(CMM_BUS_CONST struct bus_type *bus)
{
	struct cmm_watch *watch;

	lockdep_assert_held(&watches_lock);
	list_for_each_entry(watch, &watches, link)
		if (watch->bus == bus && atomic_inc_not_zero(&watch->users))
			return watch;
	return NULL;
}

static struct cmm_watch *get(CMM_BUS_CONST struct bus_type *bus)
{
	struct cmm_watch *watch;

	mutex_lock(&watches_lock);
	watch = find_and_get(bus) ?: begin(bus);
	mutex_unlock(&watches_lock);
	return watch;
}

static bool is_built_in(const struct bus_type *bus)
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
 * Return: the device with one more reference, or NULL if there is none now.
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
 * cmm_buses_init() - watch the buses that are built in
 * @event: called for each event of a device on a watched bus, with the action
 *	BUS_NOTIFY_*. Most of these events come with the device_lock held. It must
 *	not call cmm_bus_watch().
 *
 * Return: 0 or a negative errno.
 */
int cmm_buses_init(void (*event)(struct device *dev, unsigned long action))
{
	struct cmm_watch *watch;
	unsigned int i;

	handle = event;
	for (i = 0; i < ARRAY_SIZE(built_in); i++) {
		watch = get(built_in[i]);
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
 * There is no binding any more, except for those that an event is about to put. No
 * event is handled any more when this returns.
 */
void cmm_buses_exit(void)
{
	struct cmm_watch *watch, *next;

	mutex_lock(&watches_lock);
	list_for_each_entry_safe(watch, next, &watches, link)
		end(watch);
	mutex_unlock(&watches_lock);
	/* After the last event, which may have queued it. It finds no watch. */
	cancel_work_sync(&end_unused_work);
}

/**
 * cmm_bus_watch() - receive the events of a device
 * @dev: the device; may have no bus
 *
 * May sleep. The caller holds none of our locks, as an event may wait for them.
 *
 * Return: a watch to give back to cmm_bus_unwatch(); NULL if the bus is always
 * watched or there is none; or ERR_PTR(-ENOMEM).
 */
struct cmm_watch *cmm_bus_watch(const struct device *dev)
{
	if (!dev->bus || is_built_in(dev->bus))
		return NULL;
	return get(dev->bus);
}

/**
 * cmm_bus_unwatch() - undo one cmm_bus_watch()
 * @watch: what that returned; not to be used any more
 *
 * Events of the device may still come for some time. Does not sleep. May be called in
 * an event.
 */
void cmm_bus_unwatch(struct cmm_watch *watch)
{
	if (watch && atomic_dec_and_test(&watch->users))
		schedule_work(&end_unused_work);
}
