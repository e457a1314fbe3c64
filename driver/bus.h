/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bus: the buses that devices are on, and the events of these devices.
 *
 * The buses that are built into the kernel are always watched. Devices of the
 * device tree are looked for on these buses. Any other bus is watched while one of
 * its devices has a binding (binding.h). A device without a bus has no events.
 *
 * A watch has users. It cannot end in an event, as a notifier cannot be removed
 * while it runs. So a work item ends the watches that have no user any more. A bus in
 * a module may be unregistered before that: the watch holds what the kernel has of the
 * bus. The kernel waits for an RCU grace period before it frees the module's memory,
 * and the work item has run by then.
 *
 * Two watches of one bus may exist for a short time. An event that is handled twice
 * does nothing the second time.
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
