// SPDX-License-Identifier: GPL-2.0
/*
 * Devices: the list of a zone. The model is in devices.h.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/nospec.h>
#include <linux/of.h>
#include <linux/slab.h>

#include "bus.h"
#include "devices.h"
#include "zone.h"

/**
 * cmm_devices_read() - read the device list of a zone's node
 * @dev: the zone's device, with a device-tree node
 * @zone: the zone; has no list yet and is not published yet
 *
 * Return: 0, or a negative errno with a message.
 */
int cmm_devices_read(struct device *dev, struct cmm_zone *zone)
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
	zone->devices = kcalloc(count, sizeof(*zone->devices), GFP_KERNEL);
	if (!zone->devices)
		return -ENOMEM;

	for (i = 0; i < count; i++) {
		node = of_parse_phandle(dev->of_node, "cmm,devices", i);
		if (!node)
			return dev_err_probe(dev, -EINVAL,
					     "cmm,devices: there is no node number %d\n",
					     i);
		zone->devices[zone->device_count++] = node;
	}
	return 0;
}

/**
 * cmm_devices_release() - free the list
 * @zone: the zone, which is about to be freed
 */
void cmm_devices_release(struct cmm_zone *zone)
{
	while (zone->device_count)
		of_node_put(zone->devices[--zone->device_count]);
	kfree(zone->devices);
}

/**
 * cmm_devices_find() - find a device of a zone's list
 * @zone: the zone
 * @index: index in the list
 *
 * Return: the device with one more reference, or NULL if it does not exist now.
 */
struct device *cmm_devices_find(const struct cmm_zone *zone, unsigned int index)
{
	if (index >= zone->device_count)
		return NULL;
	index = array_index_nospec(index, zone->device_count);
	return cmm_bus_find_device(zone->devices[index]);
}
