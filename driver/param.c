// SPDX-License-Identifier: GPL-2.0
/*
 * Param: zones=name,0,start,size[:name,0,start,size...]
 *
 * The form that vendors' allocators on such boards take; the second field was
 * an allocation mask and has to be 0. Each entry becomes a platform device, so
 * that such a zone is bound, unbound and checked like any other. One entry that
 * cannot be had makes the whole module fail to load: a board that silently runs
 * without its memory fails later, and more obscurely. So all of them are checked
 * before the driver is registered, when nobody can hold a zone yet.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/overflow.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "param.h"
#include "region.h"

#define CMM_PARAM_MAX_ZONES	16

static char *zones;
module_param(zones, charp, 0444);
MODULE_PARM_DESC(zones, "zones without a device-tree node: name,0,start,size[:...], size with K, M or G");

static struct platform_device *devices[CMM_PARAM_MAX_ZONES];
static unsigned int device_count;

static unsigned int suffix_shift(char suffix)
{
	switch (suffix) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return 0;
	}
}

/* A number, with K, M or G behind it or not; memparse() would let it wrap. */
static bool parse_number(const char *field, u64 *value)
{
	size_t len = field ? strlen(field) : 0;
	unsigned int shift;
	char digits[24];

	if (!len || len >= sizeof(digits) || !isdigit(*field))
		return false;
	shift = suffix_shift(field[len - 1]);
	strscpy(digits, field, shift ? len : sizeof(digits));
	return !kstrtou64(digits, 0, value) &&
	       !check_shl_overflow(*value, shift, value);
}

static int parse_entry(char *entry, struct cmm_region *region)
{
	const char *name = strsep(&entry, ",");
	const char *mask = strsep(&entry, ",");
	const char *start = strsep(&entry, ",");
	u64 value;

	if (!mask || strcmp(mask, "0") || cmm_region_set_name(region, name) ||
	    !parse_number(start, &value) || !parse_number(entry, &region->size))
		return -EINVAL;

	region->start = value;
	return region->start == value ? 0 : -EINVAL;
}

static int add_device(const struct cmm_region *region)
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

static int add_devices(char *entries)
{
	struct cmm_region region = {};
	char *entry;
	int ret;

	while ((entry = strsep(&entries, ":"))) {
		ret = parse_entry(entry, &region);
		if (ret) {
			pr_err("cmm: zones=%s: each entry must be name,0,start,size\n",
			       zones);
			return ret;
		}
		ret = add_device(&region);
		if (ret)
			return ret;
	}
	return 0;
}

/* The device tree's zones are bound first, and must not take our names. */
static int check_name(struct device *dev, const struct cmm_region *region)
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

/* Claim every region for a moment, so that they exclude each other. */
static int check_devices(void)
{
	struct cmm_region *region;
	unsigned int n;
	int ret = 0;

	for (n = 0; n < device_count; n++) {
		struct device *dev = &devices[n]->dev;

		region = dev_get_platdata(dev);
		ret = cmm_region_from_range(dev, region);
		if (!ret)
			ret = check_name(dev, region);
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
 * cmm_param_add_devices() - a device for each zone given at load time
 *
 * Before the driver is registered, which then binds them.
 *
 * Return: 0, or a negative errno with a message, and there is none of them.
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
	ret = add_devices(copy);
	kfree(copy);
	if (!ret)
		ret = check_devices();
	if (ret)
		cmm_param_remove_devices();
	return ret;
}

/**
 * cmm_param_remove_devices() - undo cmm_param_add_devices()
 */
void cmm_param_remove_devices(void)
{
	while (device_count)
		platform_device_unregister(devices[--device_count]);
}
