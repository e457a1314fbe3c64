/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bus: watches the buses of devices, for the events of these devices.
 *
 * Buses that are built into the kernel are always watched. Device-tree devices are
 * searched only on these buses. Any other bus is watched while one of its devices
 * has a binding (binding.h). A device without a bus has no events.
 *
 * A watch counts its users. An event handler can't end a watch, since a notifier
 * can't be removed while it runs. A work item ends the watches without users. The
 * bus of a module may be unregistered earlier. So the watch holds a reference on the
 * bus's kset. The kernel waits for an RCU grace period before it frees the module's
 * memory, and the work item has run by then.
 *
 * One bus may have two watches for a short time. Handling an event twice is
 * harmless.
 */
#ifndef _CMM_BUS_H
#define _CMM_BUS_H

struct cmm_watch;
struct device;
struct device_node;

struct device *cmm_bus_find_device(const struct device_node *node);

int cmm_buses_init(void (*event)(struct device *dev, unsigned long action));
void cmm_buses_exit(void);

struct cmm_watch *cmm_bus_watch(const struct device *dev);
void cmm_bus_unwatch(struct cmm_watch *watch);

#endif /* _CMM_BUS_H */
