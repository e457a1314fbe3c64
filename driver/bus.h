/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bus: the buses that devices are on, and the events of these devices.
 *
 * The buses that are built into the kernel are always watched. Devices of the
 * device tree are looked for on these buses. Any other bus is watched while a
 * buffer is attached to one of its devices. A device without a bus has no events.
 */
#ifndef _CMM_BUS_H
#define _CMM_BUS_H

struct device;
struct device_node;

struct device *cmm_bus_find_device(const struct device_node *node);

int cmm_buses_init(void (*event)(struct device *dev, unsigned long action));
void cmm_buses_exit(void);

int cmm_bus_watch(const struct device *dev);
void cmm_bus_unwatch(const struct device *dev);

#endif /* _CMM_BUS_H */
