// SPDX-License-Identifier: GPL-2.0
/*
 * Node: the device class, device numbers, and the zones' sysfs attributes.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/of.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "ioctl.h"
#include "node.h"
#include "size.h"
#include "zone.h"

#define CMM_MAX_ZONES	64

static dev_t first_devt;
static DEFINE_IDA(minors);

static inline struct cmm_zone *to_zone(struct device *dev)
{
	return container_of(dev, struct cmm_zone, dev);
}

/* Each file holds one number of struct cmm_usage. */
#define CMM_USAGE_SHOW(field)						\
static ssize_t field##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	struct cmm_usage usage;						\
									\
	cmm_pool_usage(&to_zone(dev)->pool, &usage);			\
	return sysfs_emit(buf, "%llu\n", (u64)usage.field);		\
}

CMM_USAGE_SHOW(total)
static DEVICE_ATTR_RO(total);
CMM_USAGE_SHOW(used)
static DEVICE_ATTR_RO(used);
CMM_USAGE_SHOW(peak)
static DEVICE_ATTR_RO(peak);
CMM_USAGE_SHOW(largest_free)
static DEVICE_ATTR_RO(largest_free);
CMM_USAGE_SHOW(clean)
static DEVICE_ATTR_RO(clean);
CMM_USAGE_SHOW(buffers)
static DEVICE_ATTR_RO(buffers);

static ssize_t kind_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	static const char * const kinds[] = {
		[CMM_KIND_LINEAR] = "linear",
		[CMM_KIND_NO_MAP] = "no-map",
		[CMM_KIND_EXTERNAL] = "external",
	};

	return sysfs_emit(buf, "%s\n", kinds[to_zone(dev)->region.kind]);
}
static DEVICE_ATTR_RO(kind);

/* Memory is cleared when it is allocated, or earlier while the system is idle. */
static const char * const scrub_policies[] = { "alloc", "idle", NULL };

static ssize_t scrub_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	bool idle = READ_ONCE(to_zone(dev)->pool.scrub.enabled);

	return sysfs_emit(buf, "%s\n", scrub_policies[idle]);
}

static ssize_t scrub_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	int policy = sysfs_match_string(scrub_policies, buf);

	if (policy < 0)
		return policy;
	cmm_pool_scrub_enable(&to_zone(dev)->pool, policy);
	return count;
}
static DEVICE_ATTR_RW(scrub);

static ssize_t quota_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%llu\n", cmm_pool_quota(&to_zone(dev)->pool));
}

static ssize_t quota_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	u64 limit;
	int ret = cmm_parse_size(buf, &limit);

	if (ret)
		return ret;
	cmm_pool_set_quota(&to_zone(dev)->pool, limit);
	return count;
}
static DEVICE_ATTR_RW(quota);

static struct attribute *cmm_zone_attrs[] = {
	&dev_attr_total.attr,
	&dev_attr_used.attr,
	&dev_attr_peak.attr,
	&dev_attr_largest_free.attr,
	&dev_attr_clean.attr,
	&dev_attr_buffers.attr,
	&dev_attr_kind.attr,
	&dev_attr_scrub.attr,
	&dev_attr_quota.attr,
	NULL
};

/* Protected memory is never cleared, so "scrub" does not exist. */
static umode_t cmm_zone_attr_visible(struct kobject *kobj,
				     struct attribute *attr, int n)
{
	if (attr == &dev_attr_scrub.attr &&
	    cmm_zone_is_protected(to_zone(kobj_to_dev(kobj))))
		return 0;
	return attr->mode;
}

static const struct attribute_group cmm_zone_group = {
	.attrs = cmm_zone_attrs,
	.is_visible = cmm_zone_attr_visible,
};

/* Each file holds one counter of struct cmm_stats. */
#define CMM_STATS_SHOW(field)						\
static ssize_t field##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	struct cmm_stats stats;						\
									\
	cmm_pool_stats(&to_zone(dev)->pool, &stats);			\
	return sysfs_emit(buf, "%llu\n", stats.field);			\
}

CMM_STATS_SHOW(allocations)
static DEVICE_ATTR_RO(allocations);
CMM_STATS_SHOW(too_large)
static DEVICE_ATTR_RO(too_large);
CMM_STATS_SHOW(other_owner)
static DEVICE_ATTR_RO(other_owner);
CMM_STATS_SHOW(over_quota)
static DEVICE_ATTR_RO(over_quota);
CMM_STATS_SHOW(full)
static DEVICE_ATTR_RO(full);
CMM_STATS_SHOW(fragmented)
static DEVICE_ATTR_RO(fragmented);
CMM_STATS_SHOW(zeroed)
static DEVICE_ATTR_RO(zeroed);
CMM_STATS_SHOW(scrubbed)
static DEVICE_ATTR_RO(scrubbed);

static struct attribute *cmm_stats_attrs[] = {
	&dev_attr_allocations.attr,
	&dev_attr_too_large.attr,
	&dev_attr_other_owner.attr,
	&dev_attr_over_quota.attr,
	&dev_attr_full.attr,
	&dev_attr_fragmented.attr,
	&dev_attr_zeroed.attr,
	&dev_attr_scrubbed.attr,
	NULL
};

static const struct attribute_group cmm_stats_group = {
	.name = "stats",
	.attrs = cmm_stats_attrs,
};

static const struct attribute_group *cmm_zone_groups[] = {
	&cmm_zone_group,
	&cmm_stats_group,
	NULL
};

static char *cmm_devnode(CMM_DEVNODE_CONST struct device *dev, umode_t *mode)
{
	return kasprintf(GFP_KERNEL, "cmm/%s", dev_name(dev));
}

static struct class cmm_class = {
	.name = "cmm",
	.devnode = cmm_devnode,
	.dev_groups = cmm_zone_groups,
};

int cmm_nodes_init(void)
{
	int ret;

	ret = class_register(&cmm_class);
	if (ret)
		return ret;
	ret = alloc_chrdev_region(&first_devt, 0, CMM_MAX_ZONES, "cmm");
	if (ret)
		class_unregister(&cmm_class);
	return ret;
}

void cmm_nodes_exit(void)
{
	unregister_chrdev_region(first_devt, CMM_MAX_ZONES);
	class_unregister(&cmm_class);
}

/**
 * cmm_node_add() - make a zone reachable
 * @zone: complete; users may be there before this returns
 *
 * Return: 0 or a negative errno.
 */
int cmm_node_add(struct cmm_zone *zone)
{
	int minor, ret;

	minor = ida_alloc_max(&minors, CMM_MAX_ZONES - 1, GFP_KERNEL);
	if (minor < 0)
		return minor;

	zone->dev.class = &cmm_class;
	zone->dev.devt = first_devt + minor;
	cdev_init(&zone->cdev, &cmm_node_fops);
	zone->cdev.owner = THIS_MODULE;
	ret = cdev_device_add(&zone->cdev, &zone->dev);
	if (ret)
		ida_free(&minors, minor);
	return ret;
}

/**
 * cmm_node_find() - the zone of a device-tree node
 * @node: the node
 *
 * Return: the zone with one more reference, or NULL if none is reachable.
 */
struct cmm_zone *cmm_node_find(const struct device_node *node)
{
	struct device *dev = class_find_device_by_of_node(&cmm_class, node);

	return dev ? to_zone(dev) : NULL;
}

/**
 * cmm_node_remove() - make a zone unreachable for everybody who has it not open
 * @zone: the zone
 */
void cmm_node_remove(struct cmm_zone *zone)
{
	cdev_device_del(&zone->cdev, &zone->dev);
	/* Buffers may keep the zone after an overlay that its node is of. */
	of_node_put(zone->dev.of_node);
	zone->dev.of_node = NULL;
	ida_free(&minors, zone->dev.devt - first_devt);
}
