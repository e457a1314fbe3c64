// SPDX-License-Identifier: GPL-2.0
/*
 * Devices: the list of a zone. The model is in devices.h.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/nospec.h>
#include <linux/of.h>
#include <linux/slab.h>
#include <uapi/linux/cmm.h>

#include "bus.h"
#include "devices.h"

/**
 * cmm_devices_read() - read the device list of a zone's node
 * @devices: the list, zeroed
 * @dev: the zone's device, with a device-tree node
 *
 * Return: 0, or a negative errno with a message. cmm_devices_release() is needed
 * after both.
 */
int cmm_devices_read(struct cmm_devices *devices, struct device *dev)
{
	struct device_node *node;
	int count, i;

	if (!of_find_property(dev->of_node, "cmm,devices", NULL))
		return 0;
	count = of_count_phandle_with_args(dev->of_node, "cmm,devices", NULL);
	if (count < 1 || count > CMM_DEV_MAX_COUNT)
		return dev_err_probe(dev, -EINVAL,
				     "cmm,devices must be 1 to %u phandles\n",
				     CMM_DEV_MAX_COUNT);
	devices->nodes = kcalloc(count, sizeof(*devices->nodes), GFP_KERNEL);
	if (!devices->nodes)
		return -ENOMEM;

	for (i = 0; i < count; i++) {
		node = of_parse_phandle(dev->of_node, "cmm,devices", i);
		if (!node)
			return dev_err_probe(dev, -EINVAL,
					     "cmm,devices: there is no node number %d\n",
					     i);
		devices->nodes[devices->count++] = node;
	}
	return 0;
}

void cmm_devices_release(struct cmm_devices *devices)
{
	while (devices->count)
		of_node_put(devices->nodes[--devices->count]);
	kfree(devices->nodes);
}

/**
 * cmm_devices_find() - find a device of a zone's list
 * @devices: the list
 * @index: index in the list
 *
 * Return: the device with one more reference, or NULL if it does not exist now.
 */
struct device *cmm_devices_find(const struct cmm_devices *devices,
				unsigned int index)
{
	if (index >= devices->count)
		return NULL;
	index = array_index_nospec(index, devices->count);
	return cmm_bus_find_device(devices->nodes[index]);
}
