// SPDX-License-Identifier: GPL-2.0
/*
 * Param: zones=name,0,start,size[:name,0,start,size...]
 *
 * Vendors' allocators use the same form. Their second field is an allocation mask.
 * Here it must be 0. Each entry becomes a platform device, which is bound, unbound
 * and checked like any other zone.
 *
 * If one entry is refused, the module does not load. Otherwise a program would fail
 * later without its memory, and the cause would be harder to find. All entries are
 * checked before the driver is registered, when no zone can be in use yet.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "param.h"
#include "region.h"
#include "size.h"

#define CMM_PARAM_MAX_ZONES	16

static char *zones;
module_param(zones, charp, 0444);
MODULE_PARM_DESC(zones, "zones without a device-tree node: name,0,start,size[:...], numbers with K, M, G or T or without");

static struct platform_device *devices[CMM_PARAM_MAX_ZONES];
static unsigned int device_count;

/* Log the wrong field and its rule. */
static int param_refuse_field(unsigned int entry, const char *field,
			      const char *text, const char *rule)
{
	if (text)
		pr_err("cmm: zones=: entry %u: the %s is '%s', but %s\n", entry,
		       field, text, rule);
	else
		pr_err("cmm: zones=: entry %u: the %s is missing; each entry must be name,0,start,size\n",
		       entry, field);
	return -EINVAL;
}

static int param_parse_number(unsigned int entry, const char *field,
			      const char *text, u64 *value)
{
	int ret = text ? cmm_parse_size(text, value) : -EINVAL;

	if (ret == -ERANGE)
		return param_refuse_field(entry, field, text,
					  "it must not need more than 64 bits");
	if (ret)
		return param_refuse_field(entry, field, text,
					  "it must be a decimal or 0x number, alone or with K, M, G or T (also KB, KiB and so on)");
	return 0;
}

/* @number counts from 1, for messages. */
static int param_parse_entry(char *entry, unsigned int number,
			     struct cmm_region *region)
{
	const char *name = strsep(&entry, ",");
	const char *mask = strsep(&entry, ",");
	const char *start = strsep(&entry, ",");
	const char *size = strsep(&entry, ",");
	u64 value;
	int ret;

	if (cmm_region_set_name(region, name))
		return param_refuse_field(number, "name", name,
					  "it " CMM_NAME_RULE);
	if (!mask || strcmp(mask, "0"))
		return param_refuse_field(number, "second field", mask,
					  "it must be 0");
	ret = param_parse_number(number, "start", start, &value);
	if (ret)
		return ret;
	region->start = value;
	if (region->start != value)
		return param_refuse_field(number, "start", start,
					  "this kernel has no address of that size");
	ret = param_parse_number(number, "size", size, &region->size);
	if (ret)
		return ret;
	if (entry)
		return param_refuse_field(number, "fifth field", entry,
					  "there must be four");
	return 0;
}

static int param_add_device(const struct cmm_region *region)
{
	struct platform_device *pdev;

	if (device_count == CMM_PARAM_MAX_ZONES) {
		pr_err("cmm: zones=: more than %u entries\n",
		       CMM_PARAM_MAX_ZONES);
		return -E2BIG;
	}
	pdev = platform_device_register_data(NULL, CMM_PARAM_DEVICE,
					     device_count, region,
					     sizeof(*region));
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	devices[device_count++] = pdev;
	return 0;
}

static int param_add_devices(char *entries)
{
	struct cmm_region region = {};
	char *entry;
	int ret;

	while ((entry = strsep(&entries, ":"))) {
		ret = param_parse_entry(entry, device_count + 1, &region);
		if (ret)
			return ret;
		ret = param_add_device(&region);
		if (ret)
			return ret;
	}
	return 0;
}

/* Zones of the device tree are bound first. They must not have the same names. */
static int param_check_name(struct device *dev, const struct cmm_region *region)
{
	struct device_node *node;
	const char *label;

	for_each_compatible_node(node, NULL, "cmm,zone") {
		if (of_property_read_string(node, "label", &label) ||
		    strcmp(label, region->name))
			continue;
		of_node_put(node);
		return dev_err_probe(dev, -EBUSY,
				     "zone '%s': the device tree has a zone of that name\n",
				     region->name);
	}
	return 0;
}

/* Claim all regions for a short time, to find overlaps between them. */
static int param_check_devices(void)
{
	struct cmm_region *region;
	unsigned int n;
	int ret = 0;

	for (n = 0; n < device_count; n++) {
		struct device *dev = &devices[n]->dev;

		region = dev_get_platdata(dev);
		ret = cmm_region_from_range(dev, region);
		if (!ret)
			ret = param_check_name(dev, region);
		if (!ret)
			ret = cmm_region_claim(dev, region);
		if (ret)
			break;
	}
	while (n)
		cmm_region_release(dev_get_platdata(&devices[--n]->dev));
	return ret;
}

/**
 * cmm_param_add_devices() - create a device for each entry of zones=
 *
 * Call it before the driver is registered. The registration binds the devices.
 *
 * Return: 0, or a negative errno with a message. On failure no device is left.
 */
int cmm_param_add_devices(void)
{
	char *copy;
	int ret;

	if (!zones)
		return 0;
	copy = kstrdup(zones, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	ret = param_add_devices(copy);
	kfree(copy);
	if (!ret)
		ret = param_check_devices();
	if (ret)
		cmm_param_remove_devices();
	return ret;
}

void cmm_param_remove_devices(void)
{
	while (device_count)
		platform_device_unregister(devices[--device_count]);
}
