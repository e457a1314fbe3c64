/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices: the devices for which users may map a zone's buffers.
 *
 * The device tree lists their nodes. A device may come and go at any time, so each
 * request searches it on the buses that are built into the kernel.
 */
#ifndef _CMM_DEVICES_H
#define _CMM_DEVICES_H

struct device;
struct device_node;

/**
 * struct cmm_devices - a zone's list
 * @nodes: the devices' nodes; references
 * @count: number of @nodes
 */
struct cmm_devices {
	struct device_node **nodes;
	unsigned int count;
};

int cmm_devices_read(struct cmm_devices *devices, struct device *dev);
void cmm_devices_release(struct cmm_devices *devices);

struct device *cmm_devices_find(const struct cmm_devices *devices,
				unsigned int index);

#endif /* _CMM_DEVICES_H */
