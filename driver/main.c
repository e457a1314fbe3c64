// SPDX-License-Identifier: GPL-2.0
/*
 * CMM: physically contiguous memory for cameras and NPUs.
 *
 * Init and exit of the module, and the platform driver. Each device has one zone.
 * region.h describes which memory can be a zone, zone.h and buffer.h the objects,
 * uapi/linux/cmm.h the interface to users.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/property.h>

#include "client.h"
#include "devices.h"
#include "heap.h"
#include "mapping.h"
#include "node.h"
#include "param.h"
#include "region.h"
#include "scrub.h"
#include "zone.h"

/* The CPU may access memory in the linear map at any time, also speculatively. */
static int zone_check_protection(struct device *dev,
				 const struct cmm_region *region, u32 flags)
{
	if (flags & CMM_ZONE_PROTECTED && region->kind == CMM_KIND_LINEAR)
		return dev_err_probe(dev, -EINVAL,
				     "zone '%s': a protected zone needs a reserved-memory node with no-map\n",
				     region->name);
	if (flags & CMM_ZONE_FIRMWARE_CLEARS && !(flags & CMM_ZONE_PROTECTED))
		return dev_err_probe(dev, -EINVAL,
				     "zone '%s': cmm,cleared-by-firmware is for protected zones only\n",
				     region->name);
	return 0;
}

/* Read the zone's properties from the device tree. Errors come with a message. */
static int zone_read_node(struct device *dev, struct cmm_region *region,
			  u32 *flags, u64 *quota)
{
	const char *label;
	int ret;

	if (of_property_read_string(dev->of_node, "label", &label))
		return dev_err_probe(dev, -EINVAL,
				     "a zone needs a label property, which is its name in /dev/cmm\n");
	if (cmm_region_set_name(region, label))
		return dev_err_probe(dev, -EINVAL,
				     "the label '%s' " CMM_NAME_RULE "\n", label);

	if (of_property_read_bool(dev->of_node, "dma-coherent"))
		*flags |= CMM_ZONE_COHERENT;
	if (of_property_read_bool(dev->of_node, "cmm,expose-phys"))
		*flags |= CMM_ZONE_EXPOSE_PHYS;
	if (of_property_read_bool(dev->of_node, "cmm,protected"))
		*flags |= CMM_ZONE_PROTECTED;
	if (of_property_read_bool(dev->of_node, "cmm,cleared-by-firmware"))
		*flags |= CMM_ZONE_FIRMWARE_CLEARS;
	if (of_property_read_bool(dev->of_node, "cmm,default"))
		*flags |= CMM_ZONE_DEFAULT;
	ret = of_property_read_u64(dev->of_node, "cmm,quota-bytes", quota);
	if (ret && ret != -EINVAL) /* -EINVAL: the property is missing */
		return dev_err_probe(dev, ret,
				     "cmm,quota-bytes must be one number of 64 bits\n");
	ret = cmm_region_from_node(dev, region);
	return ret ?: zone_check_protection(dev, region, *flags);
}

/* Buffers and open files may keep the zone alive. */
static void zone_unbind(void *data)
{
	struct cmm_zone *zone = data;

	cmm_zone_unplug(zone);
	/* First, so that drivers that look for the zone wait until it is bound again. */
	cmm_node_remove(zone);
	cmm_scrub_stop(zone);
	cmm_heaps_remove(zone);
	cmm_zone_put(zone);
}

static int cmm_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct cmm_region region = {};
	struct cmm_zone *zone;
	u32 flags = 0;
	u64 quota = 0;
	int ret;

	if (dev->of_node) {
		ret = zone_read_node(dev, &region, &flags, &quota);
	} else if (platform_get_device_id(pdev)) {
		region = *(struct cmm_region *)dev_get_platdata(dev);
		ret = cmm_region_from_range(dev, &region);
	} else {
		/* A user bound the driver to another device by driver_override. */
		ret = -ENODEV;
	}
	if (ret)
		return ret;

	zone = cmm_zone_create(dev, &region, flags, quota);
	if (IS_ERR(zone))
		return PTR_ERR(zone);
	platform_set_drvdata(pdev, zone);
	if (dev->of_node) {
		ret = cmm_devices_read(&zone->devices, dev);
		if (ret)
			goto put_zone;
	}
	ret = cmm_scrub_start(zone);
	if (ret) {
		dev_err_probe(dev, ret, "zone '%s': no thread to clear it\n",
			      region.name);
		goto put_zone;
	}
	ret = cmm_node_add(zone);
	if (ret) {
		dev_err_probe(dev, ret, "zone '%s': no device node\n",
			      region.name);
		goto stop_scrubber;
	}

	/* From here on, the action undoes everything. */
	ret = devm_add_action_or_reset(dev, zone_unbind, zone);
	if (!ret && dev->of_node)
		ret = cmm_heaps_add(dev, zone);
	if (ret)
		return ret;
	dev_info(dev, "zone '%s': %llu KiB\n", region.name, region.size >> 10);
	cmm_region_hint(dev, &region);
	return 0;

stop_scrubber:
	cmm_scrub_stop(zone);
put_zone:
	cmm_zone_put(zone);
	return ret;
}

/* Hibernation does not save the contents of zones. No process runs yet. */
static int cmm_restore(struct device *dev)
{
	struct cmm_zone *zone = dev_get_drvdata(dev);

	cmm_pool_reset(&zone->pool);
	return 0;
}

static const struct dev_pm_ops cmm_pm_ops = {
	.restore = cmm_restore,
};

static const struct of_device_id cmm_of_match[] = {
	{ .compatible = "cmm,zone" },
	{ }
};
MODULE_DEVICE_TABLE(of, cmm_of_match);

static const struct platform_device_id cmm_platform_ids[] = {
	{ .name = CMM_PARAM_DEVICE },
	{ }
};

static struct platform_driver cmm_driver = {
	.probe = cmm_probe,
	.id_table = cmm_platform_ids,
	.driver = {
		.name = "cmm",
		.of_match_table = cmm_of_match,
		.pm = &cmm_pm_ops,
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};

static int __init cmm_init(void)
{
	int ret;

	ret = cmm_nodes_init();
	if (ret)
		return ret;
	ret = cmm_heaps_init();
	if (ret)
		goto exit_nodes;
	ret = cmm_mappings_init(cmm_clients_unmap_device);
	if (ret)
		goto exit_heaps;
	ret = cmm_param_add_devices();
	if (ret)
		goto exit_mappings;
	/* Users may hold nodes as soon as a zone is bound: nothing may fail. */
	ret = platform_driver_register(&cmm_driver);
	if (ret)
		goto remove_devices;
	return 0;

remove_devices:
	cmm_param_remove_devices();
exit_mappings:
	cmm_mappings_exit();
exit_heaps:
	cmm_heaps_exit();
exit_nodes:
	cmm_nodes_exit();
	return ret;
}

static void __exit cmm_exit(void)
{
	platform_driver_unregister(&cmm_driver);
	cmm_param_remove_devices();
	cmm_regions_drain();
	cmm_mappings_exit();
	cmm_heaps_exit();
	cmm_nodes_exit();
}

module_init(cmm_init);
module_exit(cmm_exit);

MODULE_DESCRIPTION("Physically contiguous dma-bufs from reserved memory");
MODULE_AUTHOR("The CMM authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(CMM_VERSION);
MODULE_IMPORT_NS("DMA_BUF");
