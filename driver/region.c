// SPDX-License-Identifier: GPL-2.0
/*
 * Region: where a zone may lie. The rules are told in region.h.
 *
 * Every refusal is one message that names the zone and says why; it is printed
 * while a device is probed or the module is loaded, never on a user's request.
 */
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_reserved_mem.h>
#include <linux/string.h>
#include <linux/wait.h>

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

static bool overlap(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a < b + b_size && b < a + a_size;
}

static int add_size(struct resource *res, void *sum)
{
	*(u64 *)sum += resource_size(res);
	return 0;
}

/* How much of the range the kernel has in its linear map. */
static u64 linear_bytes(const struct cmm_region *region)
{
	u64 sum = 0;

	walk_iomem_res_desc(IORES_DESC_NONE,
			    IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
			    region->start, region->start + region->size - 1,
			    &sum, add_size);
	return sum;
}

static int check_range(struct device *dev, const struct cmm_region *region)
{
	u64 end = region->start + region->size;

	if (region->size && end > region->start &&
	    PAGE_ALIGNED(region->start) && PAGE_ALIGNED(region->size))
		return 0;
	return dev_err_probe(dev, -EINVAL,
			     "zone '%s': start and size must be whole pages, and the size not 0\n",
			     region->name);
}

/* Whether a device other than @except has @carveout as its memory-region. */
static bool carveout_in_use(const struct device_node *carveout,
			    const struct device_node *except)
{
	struct device_node *user, *node;
	bool in_use = false;
	int i;

	for_each_node_with_property(user, "memory-region") {
		for (i = 0; !in_use; i++) {
			node = of_parse_phandle(user, "memory-region", i);
			if (!node)
				break;
			in_use = node == carveout && user != except &&
				 of_device_is_available(user);
			of_node_put(node);
		}
		if (in_use) {
			of_node_put(user);
			break;
		}
	}
	return in_use;
}

/* A carveout is ours alone only if nobody else was told to use it. */
static int check_carveout(struct device *dev, const struct cmm_region *region,
			  const struct device_node *node)
{
	if (of_property_read_bool(node, "reusable"))
		return dev_err_probe(dev, -EBUSY,
				     "zone '%s': %pOF is reusable, so the kernel itself allocates from it\n",
				     region->name, node);
	if (of_find_property(node, "compatible", NULL))
		return dev_err_probe(dev, -EBUSY,
				     "zone '%s': %pOF has a compatible, so it belongs to another driver\n",
				     region->name, node);
	if (carveout_in_use(node, dev->of_node))
		return dev_err_probe(dev, -EBUSY,
				     "zone '%s': %pOF is the memory-region of another device\n",
				     region->name, node);
	return 0;
}

/* Whether the device tree calls all of the range memory, as behind mem=. */
static bool is_memory(const struct cmm_region *region)
{
	struct device_node *node;
	struct resource res;
	bool found = false;
	int i;

	for_each_node_by_type(node, "memory") {
		for (i = 0; !found && !of_address_to_resource(node, i, &res); i++)
			found = region->start >= res.start &&
				region->start + region->size - 1 <= res.end;
		if (found) {
			of_node_put(node);
			break;
		}
	}
	return found;
}

/*
 * Find out what the range is to the kernel. What the node says is not enough:
 * the kernel may have had reasons not to follow it.
 */
static int find_kind(struct device *dev, struct cmm_region *region,
		     const struct device_node *carveout)
{
	bool no_map = carveout && of_property_read_bool(carveout, "no-map");
	u64 linear = linear_bytes(region);

	if (linear == region->size && carveout && !no_map) {
		region->kind = CMM_KIND_LINEAR;
		return 0;
	}
	if (linear)
		return dev_err_probe(dev, -EBUSY,
				     "zone '%s': the range is memory that the kernel uses; reserve all of it in a reserved-memory node first\n",
				     region->name);
	if (!carveout && !is_memory(region))
		return dev_err_probe(dev, -EOPNOTSUPP,
				     "zone '%s': the device tree knows of no memory there\n",
				     region->name);
	region->kind = no_map ? CMM_KIND_NO_MAP : CMM_KIND_EXTERNAL;
	return 0;
}

/**
 * cmm_region_from_node() - find the range that a device's node refers to
 * @dev: a device with a device-tree node
 * @region: its name is set; the rest is filled in
 *
 * Return: 0 or a negative errno, with a message.
 */
int cmm_region_from_node(struct device *dev, struct cmm_region *region)
{
	struct reserved_mem *rmem;
	struct device_node *node;
	int ret;

	node = of_parse_phandle(dev->of_node, "memory-region", 0);
	if (!node)
		return dev_err_probe(dev, -EINVAL,
				     "zone '%s': no memory-region property\n",
				     region->name);

	ret = check_carveout(dev, region, node);
	if (ret)
		goto put_node;

	rmem = of_reserved_mem_lookup(node);
	if (!rmem) {
		ret = dev_err_probe(dev, -EINVAL,
				    "zone '%s': the kernel did not reserve %pOF at boot\n",
				    region->name, node);
		goto put_node;
	}
	region->start = rmem->base;
	region->size = rmem->size;
	ret = check_range(dev, region);
	if (!ret)
		ret = find_kind(dev, region, node);
put_node:
	of_node_put(node);
	return ret;
}

/* The /reserved-memory child that @region overlaps; returns a reference. */
static struct device_node *find_carveout(const struct cmm_region *region,
					 struct reserved_mem **rmem)
{
	struct device_node *parent, *node, *found = NULL;

	parent = of_find_node_by_path("/reserved-memory");
	for_each_available_child_of_node(parent, node) {
		*rmem = of_reserved_mem_lookup(node);
		if (!*rmem || !overlap((*rmem)->base, (*rmem)->size,
				       region->start, region->size))
			continue;
		found = node;
		break;
	}
	of_node_put(parent);
	return found;
}

static int check_free_carveout(struct device *dev,
			       const struct cmm_region *region,
			       const struct device_node *carveout,
			       const struct reserved_mem *rmem)
{
	if (region->start < rmem->base ||
	    region->start + region->size > rmem->base + rmem->size)
		return dev_err_probe(dev, -EBUSY,
				     "zone '%s': the range is only partly in %pOF\n",
				     region->name, carveout);
	return check_carveout(dev, region, carveout);
}

/**
 * cmm_region_from_range() - decide whether a range named by hand may be used
 * @dev: for messages
 * @region: name, start and size are set; the kind is filled in
 *
 * Return: 0 or a negative errno, with a message.
 */
int cmm_region_from_range(struct device *dev, struct cmm_region *region)
{
	struct device_node *carveout;
	struct reserved_mem *rmem;
	int ret;

	ret = check_range(dev, region);
	if (ret)
		return ret;

	carveout = find_carveout(region, &rmem);
	if (carveout)
		ret = check_free_carveout(dev, region, carveout, rmem);
	if (!ret)
		ret = find_kind(dev, region, carveout);
	of_node_put(carveout);
	return ret;
}

static int claim_locked(struct device *dev, struct cmm_region *region)
{
	struct cmm_region *other;

	lockdep_assert_held(&claims_lock);
	list_for_each_entry(other, &claims, link) {
		if (!strcmp(other->name, region->name) ||
		    overlap(other->start, other->size, region->start,
			    region->size))
			return dev_err_probe(dev, -EBUSY,
					     "zone '%s': zone '%s' has that name or overlaps it, and is bound or still has buffers\n",
					     region->name, other->name);
	}
	/* In the linear map, the kernel's own claim covers the range. */
	if (region->kind != CMM_KIND_LINEAR &&
	    !request_mem_region(region->start, region->size, region->name))
		return dev_err_probe(dev, -EBUSY,
				     "zone '%s': another driver has claimed the range or a part of it\n",
				     region->name);
	list_add_tail(&region->link, &claims);
	return 0;
}

/**
 * cmm_region_claim() - take a range, and a name, for one zone
 * @dev: for messages
 * @region: stays in the list of claims until it is released
 *
 * Return: 0, or -EBUSY with a message if another zone has the name or a part of
 * the range, or a driver has. An unbound zone has both until its last buffer is
 * gone.
 */
int cmm_region_claim(struct device *dev, struct cmm_region *region)
{
	int ret;

	mutex_lock(&claims_lock);
	ret = claim_locked(dev, region);
	mutex_unlock(&claims_lock);
	return ret;
}

/**
 * cmm_region_release() - give up a claim
 * @region: a claimed region
 */
void cmm_region_release(struct cmm_region *region)
{
	mutex_lock(&claims_lock);
	if (region->kind != CMM_KIND_LINEAR)
		release_mem_region(region->start, region->size);
	list_del(&region->link);
	wake_up(&claims_gone);
	mutex_unlock(&claims_lock);
}

/**
 * cmm_regions_drain() - wait until every claim is given up
 *
 * For module exit: every holder of a zone holds the module too, but the
 * release of its device may run a little later. It returns from module code
 * just after it gave up the claim; freeing a module takes a grace period.
 */
void cmm_regions_drain(void)
{
	/* A condition is no place to sleep in, so it is asked without the mutex. */
	wait_event(claims_gone, list_empty_careful(&claims));
	/* Whoever emptied the list may still hold it. */
	mutex_lock(&claims_lock);
	mutex_unlock(&claims_lock);
}
