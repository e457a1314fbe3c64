// SPDX-License-Identifier: GPL-2.0
/*
 * Bus: finding devices, and notifiers. The model is in bus.h.
 */
#ifdef CMM_HAVE_AMBA_BUS
#include <linux/amba/bus.h>
#endif
#include <linux/device.h>
#include <linux/errno.h>
#ifdef CMM_HAVE_FSL_MC_BUS
#include <linux/fsl/mc.h>
#endif
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

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
 * struct watch - a bus that is watched
 * @bus: the bus
 * @nb: in the bus's list of notifiers
 * @users: attachments, and one for a bus that is always watched
 * @link: in the list of watches
 */
struct watch {
	CMM_BUS_CONST struct bus_type *bus;
	struct notifier_block nb;
	unsigned int users;
	struct list_head link;
};

static LIST_HEAD(watches);
static DEFINE_MUTEX(watches_lock);	/* protects watches; never held in an event */
static void (*handle)(struct device *dev, unsigned long action);

static int notify(struct notifier_block *nb, unsigned long action, void *dev)
{
	handle(dev, action);
	return NOTIFY_DONE;
}

static struct watch *find(CMM_BUS_CONST struct bus_type *bus)
{
	struct watch *watch;

	list_for_each_entry(watch, &watches, link)
		if (watch->bus == bus)
			return watch;
	return NULL;
}

static int add(CMM_BUS_CONST struct bus_type *bus)
{
	struct watch *watch = kzalloc(sizeof(*watch), GFP_KERNEL);
	int ret;

	if (!watch)
		return -ENOMEM;
	watch->bus = bus;
	watch->users = 1;
	watch->nb.notifier_call = notify;
	/* Before the IOMMU lets go of a device, and before leaks are looked for. */
	watch->nb.priority = INT_MAX;
	ret = bus_register_notifier(bus, &watch->nb);
	if (ret) {
		kfree(watch);
		return ret;
	}
	list_add(&watch->link, &watches);
	return 0;
}

static int get(CMM_BUS_CONST struct bus_type *bus)
{
	struct watch *watch;
	int ret = 0;

	mutex_lock(&watches_lock);
	watch = find(bus);
	if (watch)
		watch->users++;
	else
		ret = add(bus);
	mutex_unlock(&watches_lock);
	return ret;
}

static void put(CMM_BUS_CONST struct bus_type *bus)
{
	struct watch *watch;

	mutex_lock(&watches_lock);
	watch = find(bus);
	if (!--watch->users) {
		bus_unregister_notifier(bus, &watch->nb);
		list_del(&watch->link);
		kfree(watch);
	}
	mutex_unlock(&watches_lock);
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
 *	not call cmm_bus_watch() or cmm_bus_unwatch().
 *
 * Return: 0 or a negative errno.
 */
int cmm_buses_init(void (*event)(struct device *dev, unsigned long action))
{
	unsigned int i;
	int ret;

	handle = event;
	for (i = 0; i < ARRAY_SIZE(built_in); i++) {
		ret = get(built_in[i]);
		if (ret)
			goto put;
	}
	return 0;

put:
	while (i)
		put(built_in[--i]);
	return ret;
}

/**
 * cmm_buses_exit() - undo cmm_buses_init(), when nothing is attached any more
 */
void cmm_buses_exit(void)
{
	unsigned int i = ARRAY_SIZE(built_in);

	while (i)
		put(built_in[--i]);
}

/**
 * cmm_bus_watch() - receive the events of a device
 * @dev: the device; may have no bus
 *
 * May sleep. The caller holds none of our locks, as an event may wait for them.
 *
 * Return: 0, or -ENOMEM.
 */
int cmm_bus_watch(const struct device *dev)
{
	return dev->bus ? get(dev->bus) : 0;
}

/**
 * cmm_bus_unwatch() - undo one cmm_bus_watch()
 * @dev: the device, of which the caller still has a reference
 *
 * May sleep. The caller holds none of our locks, as an event may wait for them.
 */
void cmm_bus_unwatch(const struct device *dev)
{
	if (dev->bus)
		put(dev->bus);
}
