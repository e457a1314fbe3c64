// SPDX-License-Identifier: GPL-2.0
/*
 * Param: zones=name,0,start,size[:name,0,start,size...]
 *
 * The form that vendors' allocators on such boards take; the second field was
 * an allocation mask and has to be 0. Each entry becomes a platform device, so
 * that such a zone is bound, unbound and checked like any other. One entry that
 * cannot be had makes the whole module fail to load: a board that silently runs
 * without its memory fails later, and more obscurely.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
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

static bool parse_number(const char *field, u64 *value)
{
	char *end;

	if (!field || !isdigit(*field))
		return false;
	*value = memparse(field, &end);
	return !*end;
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

static int add_zone(const struct cmm_region *region)
{
	struct platform_device *pdev;

	if (device_count == CMM_PARAM_MAX_ZONES) {
		pr_err("cmm: zones=: more than %u entries\n", CMM_PARAM_MAX_ZONES);
		return -E2BIG;
	}
	pdev = platform_device_register_data(NULL, CMM_PARAM_DEVICE,
					     device_count, region,
					     sizeof(*region));
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	devices[device_count++] = pdev;

	/* Why it was refused, the probe has said. */
	return pdev->dev.driver ? 0 : -ENODEV;
}

/**
 * cmm_param_add_zones() - make the zones that the module was loaded with
 *
 * The driver has to be registered.
 *
 * Return: 0, or a negative errno with a message, and none of them is made.
 */
int cmm_param_add_zones(void)
{
	struct cmm_region region = {};
	char *copy, *next, *entry;
	int ret = 0;

	if (!zones)
		return 0;
	copy = kstrdup(zones, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;

	for (next = copy; !ret && (entry = strsep(&next, ":"));) {
		ret = parse_entry(entry, &region);
		if (ret)
			pr_err("cmm: zones=%s: each entry must be name,0,start,size\n",
			       zones);
		else
			ret = add_zone(&region);
	}
	kfree(copy);
	if (ret)
		cmm_param_remove_zones();
	return ret;
}

/**
 * cmm_param_remove_zones() - undo cmm_param_add_zones()
 */
void cmm_param_remove_zones(void)
{
	while (device_count)
		platform_device_unregister(devices[--device_count]);
}
