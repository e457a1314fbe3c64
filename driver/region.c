// SPDX-License-Identifier: GPL-2.0
/*
 * Region: see region.h.
 *
 * Each refusal is one message. It has the name of the zone, the reason and a
 * solution. Messages are logged when a device is probed or the module is loaded.
 */
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/of.h>
#include <linux/path.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "carveout.h"
#include "iomem.h"
#include "memory.h"
#include "owner.h"
#include "region.h"

static LIST_HEAD(claims);
static DEFINE_MUTEX(claims_lock);	/* protects claims */
static DECLARE_WAIT_QUEUE_HEAD(claims_gone);

/**
 * cmm_region_set_name() - give a region its name
 * @region: the region
 * @name: 1 to CMM_NAME_LEN - 1 letters, digits, and any of "_-.@"; not
 *	beginning with a dot, since it becomes a file name
 *
 * Return: 0 or -EINVAL.
 */
int cmm_region_set_name(struct cmm_region *region, const char *name)
{
	const char *c;

	if (!*name || *name == '.' || strlen(name) >= sizeof(region->name))
		return -EINVAL;
	for (c = name; *c; c++)
		if (!isascii(*c) || !(isalnum(*c) || strchr("_-.@", *c)))
			return -EINVAL;

	strscpy(region->name, name, sizeof(region->name));
	return 0;
}

static int region_check_range(struct device *dev,
			      const struct cmm_region *region)
{
	if (region->size && cmm_region_end(region) > region->start &&
	    PAGE_ALIGNED(region->start) && PAGE_ALIGNED(region->size))
		return 0;
	return dev_err_probe(dev, -EINVAL,
			     "zone '%s': start %#llx and size %#llx must be whole pages of %lu bytes, and the size not 0\n",
			     region->name, (u64)region->start, region->size,
			     PAGE_SIZE);
}

/* A part of the range is in the kernel's linear map. That is not allowed here. */
static int region_refuse_linear(struct device *dev,
				const struct cmm_region *region,
				const struct device_node *carveout,
				bool no_memory_node)
{
	if (no_memory_node)
		return dev_err_probe(dev, -EBUSY,
				     "zone '%s': cmm,no-memory-node says that the range is not in /memory, but the kernel has it as its memory\n",
				     region->name);
	if (carveout && of_property_read_bool(carveout, "no-map"))
		return dev_err_probe(dev, -EBUSY,
				     "zone '%s': the kernel did not follow the no-map of %pOF, because something else is there too; its messages on reserved memory say so\n",
				     region->name, carveout);
	return dev_err_probe(dev, -EBUSY,
			     "zone '%s': the range is memory that the kernel uses; reserve all of it in a reserved-memory node first\n",
			     region->name);
}

/* Check that all of the range is existing memory. */
static int region_check_memory(struct device *dev,
			       const struct cmm_region *region,
			       bool no_memory_node)
{
	u64 at;

	if (!no_memory_node) {
		/* Memory in the kernel's linear map exists. */
		if (cmm_iomem_ram_bytes(region->start, cmm_region_end(region)) ==
		    region->size)
			return 0;
		if (cmm_memory_covers(region->start, cmm_region_end(region),
				      &at))
			return 0;
		return dev_err_probe(dev, -EOPNOTSUPP,
				     "zone '%s': there is no memory at %#llx as far as the firmware says; move the region, or if the boot loader cuts it out of /memory, add cmm,no-memory-node to the zone's node\n",
				     region->name, at);
	}
	if (!cmm_memory_overlaps(region->start, cmm_region_end(region), &at))
		return 0;
	return dev_err_probe(dev, -EBUSY,
			     "zone '%s': cmm,no-memory-node says that the range is not in /memory, but %#llx is; remove that property\n",
			     region->name, at);
}

/*
 * Find the kind of the range. The carveout's node is not enough, because the kernel
 * may have ignored its properties.
 */
static int region_find_kind(struct device *dev, struct cmm_region *region,
			    const struct device_node *carveout,
			    bool no_memory_node)
{
	bool no_map = carveout && of_property_read_bool(carveout, "no-map");
	u64 linear = cmm_iomem_ram_bytes(region->start, cmm_region_end(region));

	if (linear == region->size && carveout && !no_map && !no_memory_node) {
		region->kind = CMM_KIND_LINEAR;
		return 0;
	}
	if (linear)
		return region_refuse_linear(dev, region, carveout,
					    no_memory_node);
	region->kind = no_map ? CMM_KIND_NO_MAP : CMM_KIND_EXTERNAL;
	return 0;
}

/* Check the rules for all ranges. @carveout contains the range, or is NULL. */
static int region_check_place(struct device *dev, struct cmm_region *region,
			      const struct device_node *carveout,
			      bool no_memory_node)
{
	int ret;

	ret = region_check_range(dev, region);
	if (!ret)
		ret = region_check_memory(dev, region, no_memory_node);
	if (!ret)
		ret = cmm_owner_check(dev, region, carveout);
	if (!ret)
		ret = region_find_kind(dev, region, carveout, no_memory_node);
	if (!ret && region->kind == CMM_KIND_LINEAR)
		ret = cmm_owner_check_pages(dev, region);
	return ret;
}

/* Get the only carveout of a zone's node, with one more reference. */
static int region_get_carveout(struct device *dev,
			       const struct cmm_region *region,
			       struct device_node **carveout)
{
	struct device_node *second;

	*carveout = of_parse_phandle(dev->of_node, "memory-region", 0);
	if (!*carveout)
		return dev_err_probe(dev, -EINVAL,
				     "zone '%s': no memory-region property that refers to a child of /reserved-memory\n",
				     region->name);
	second = of_parse_phandle(dev->of_node, "memory-region", 1);
	if (!second)
		return 0;
	dev_err_probe(dev, -EINVAL,
		      "zone '%s': the memory-region has a second region, %pOF, but a zone has one; make it a zone of its own\n",
		      region->name, second);
	of_node_put(second);
	of_node_put(*carveout);
	return -EINVAL;
}

/**
 * cmm_region_from_node() - get the range of a zone's node
 * @dev: a device with a device-tree node
 * @region: its name is set; start, size and kind are filled in
 *
 * Return: 0 or a negative errno, with a message.
 */
int cmm_region_from_node(struct device *dev, struct cmm_region *region)
{
	struct device_node *carveout;
	u64 start;
	int ret;

	ret = region_get_carveout(dev, region, &carveout);
	if (ret)
		return ret;
	ret = cmm_carveout_check(dev, region->name, carveout);
	if (!ret)
		ret = cmm_carveout_get(dev, region->name, carveout, &start,
				       &region->size);
	if (!ret) {
		region->start = start;
		ret = region_check_place(dev, region, carveout,
					 of_property_read_bool(dev->of_node,
							       "cmm,no-memory-node"));
	}
	of_node_put(carveout);
	return ret;
}

/* Check that a range from zones= is inside one carveout that has no other user. */
static int region_check_carveout(struct device *dev,
				 const struct cmm_region *region,
				 struct device_node *carveout)
{
	u64 start, size;
	int ret;

	ret = cmm_carveout_check(dev, region->name, carveout);
	if (!ret)
		ret = cmm_carveout_get(dev, region->name, carveout, &start,
				       &size);
	if (ret)
		return ret;
	if (region->start >= start &&
	    cmm_region_end(region) <= start + size - 1)
		return 0;
	return dev_err_probe(dev, -EBUSY,
			     "zone '%s': only a part of the range is in %pOF, from %#llx to %#llx\n",
			     region->name, carveout, start, start + size - 1);
}

/**
 * cmm_region_from_range() - check a range of zones=
 * @dev: for messages
 * @region: name, start and size are set; the kind is filled in
 *
 * Return: 0 or a negative errno, with a message.
 */
int cmm_region_from_range(struct device *dev, struct cmm_region *region)
{
	struct device_node *carveout;
	u64 start, end;
	int ret;

	ret = region_check_range(dev, region);
	if (ret)
		return ret;
	carveout = cmm_carveout_find(region->start, cmm_region_end(region),
				     NULL, &start, &end);
	if (carveout)
		ret = region_check_carveout(dev, region, carveout);
	if (!ret)
		ret = region_check_place(dev, region, carveout, false);
	of_node_put(carveout);
	return ret;
}

static bool region_overlap(const struct cmm_region *a,
			   const struct cmm_region *b)
{
	return a->start <= cmm_region_end(b) && b->start <= cmm_region_end(a);
}

/* Check that no other zone has the name or a part of the range. */
static int region_check_claims(struct device *dev,
			       const struct cmm_region *region)
{
	struct cmm_region *other;

	lockdep_assert_held(&claims_lock);
	list_for_each_entry(other, &claims, link) {
		if (!strcmp(other->name, region->name))
			return dev_err_probe(dev, -EBUSY,
					     "zone '%s': another zone has that name, and is bound or still has buffers\n",
					     region->name);
		if (region_overlap(other, region))
			return dev_err_probe(dev, -EBUSY,
					     "zone '%s': the range overlaps zone '%s', %#llx to %#llx, which is bound or still has buffers\n",
					     region->name, other->name,
					     (u64)other->start,
					     cmm_region_end(other));
	}
	return 0;
}

/* Check that the range is in no resource except the memory itself. */
static int region_check_resources(struct device *dev,
				  const struct cmm_region *region)
{
	struct cmm_iomem owner;
	int ret;

	ret = cmm_iomem_find_owner(region->start, cmm_region_end(region),
				   &owner);
	if (ret == -EBUSY)
		return dev_err_probe(dev, ret,
				     "zone '%s': %#llx to %#llx is claimed as \"%s\" in /proc/iomem; move the zone's region\n",
				     region->name, owner.start, owner.end,
				     owner.name);
	if (ret)
		return dev_err_probe(dev, ret,
				     "zone '%s': /proc/iomem, which says who uses memory, cannot be read; mount /proc, and load the module as root\n",
				     region->name);
	if (!owner.has_kernel)
		dev_notice(dev, "zone '%s': this kernel does not say where its own image and the firmware are; make sure that %#llx to %#llx leaves them out, this driver cannot check it\n",
			   region->name, (u64)region->start,
			   cmm_region_end(region));
	return 0;
}

static int region_request(struct device *dev, struct cmm_region *region)
{
	int ret;

	ret = region_check_resources(dev, region);
	/* In the linear map, the kernel's own resource covers the range. */
	if (ret || region->kind == CMM_KIND_LINEAR)
		return ret;
	region->requested = request_mem_region(region->start, region->size,
					       region->name);
	if (region->requested)
		return 0;
	/*
	 * Another driver may have claimed the range since the check. Otherwise the
	 * kernel has: some kernels claim dynamic carveouts with no-map.
	 */
	return region_check_resources(dev, region);
}

static void region_drop_claim(struct cmm_region *region)
{
	mutex_lock(&claims_lock);
	list_del(&region->link);
	wake_up(&claims_gone);
	mutex_unlock(&claims_lock);
}

/**
 * cmm_region_claim() - claim a range and a name for one zone
 * @dev: for messages
 * @region: stays in the list of claims until it is released
 *
 * Return: 0 or a negative errno with a message; -EBUSY if another zone has the
 * name or a part of the range, or a resource is there. An unbound zone has both
 * until its last buffer is gone.
 */
int cmm_region_claim(struct device *dev, struct cmm_region *region)
{
	int ret;

	mutex_lock(&claims_lock);
	ret = region_check_claims(dev, region);
	if (!ret)
		list_add_tail(&region->link, &claims);
	mutex_unlock(&claims_lock);
	if (ret)
		return ret;
	/* This opens a file, so the mutex is not held. */
	ret = region_request(dev, region);
	if (ret)
		region_drop_claim(region);
	return ret;
}

void cmm_region_release(struct cmm_region *region)
{
	if (region->requested)
		release_mem_region(region->start, region->size);
	region->requested = false;
	region_drop_claim(region);
}

/**
 * cmm_region_hint() - log a possible conflict that cannot be checked
 * @dev: for the message
 * @region: the region of a zone that is bound
 *
 * Axera's driver claims no resource for the memory of its cmmpool=, which is
 * memory above mem=. So an overlap with it cannot be seen.
 */
void cmm_region_hint(struct device *dev, const struct cmm_region *region)
{
	struct path path;
	bool loaded = !kern_path("/sys/module/ax_cmm", 0, &path);

	if (loaded)
		path_put(&path);
	if (loaded || region->kind == CMM_KIND_EXTERNAL)
		dev_info(dev, "zone '%s': if this board loads ax_cmm, its cmmpool= must leave out %#llx to %#llx; this driver cannot check that\n",
			 region->name, (u64)region->start,
			 cmm_region_end(region));
}

/**
 * cmm_regions_drain() - wait until every claim is released
 *
 * For module exit. All references on zones also pin the module, but the release of a
 * zone's device may run later. The release runs a few more instructions of the
 * module after it drops the claim. The kernel frees the module after an RCU grace
 * period.
 */
void cmm_regions_drain(void)
{
	/* A wait condition must not sleep, so check it without the mutex. */
	wait_event(claims_gone, list_empty_careful(&claims));
	/* The thread that emptied the list may still hold the mutex. */
	mutex_lock(&claims_lock);
	mutex_unlock(&claims_lock);
}
