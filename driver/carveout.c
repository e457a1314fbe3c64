// SPDX-License-Identifier: GPL-2.0
/*
 * Carveout: see carveout.h.
 *
 * The kernel's table of reserved memory also has entries for carveouts that the
 * kernel could not reserve, or reserved only in part. So an entry is no proof.
 */
#include <linux/device.h>
#include <linux/of_address.h>
#include <linux/of_reserved_mem.h>

#include "carveout.h"

/**
 * cmm_carveout_is_dynamic() - whether the kernel chose the address
 * @node: a carveout
 *
 * Return: true if the node has no reg property.
 */
bool cmm_carveout_is_dynamic(const struct device_node *node)
{
	return !of_find_property(node, "reg", NULL);
}

/* The kernel's entry for the node, or NULL if it has none or an empty one. */
static struct reserved_mem *carveout_find_entry(struct device_node *node)
{
	struct reserved_mem *rmem = of_reserved_mem_lookup(node);

	return rmem && rmem->size ? rmem : NULL;
}

/**
 * cmm_carveout_range() - get an address range of a carveout
 * @node: a carveout
 * @index: index of the range, from 0
 * @start: physical address of the first byte
 * @size: bytes, not 0
 *
 * Return: false if the carveout has no such range, or the kernel found no space for
 * it.
 */
bool cmm_carveout_range(struct device_node *node, int index, u64 *start,
			u64 *size)
{
	struct reserved_mem *rmem;
	struct resource res;

	if (!cmm_carveout_is_dynamic(node)) {
		if (of_address_to_resource(node, index, &res))
			return false;
		*start = res.start;
		*size = resource_size(&res);
		return *size;
	}
	rmem = index ? NULL : carveout_find_entry(node);
	if (!rmem)
		return false;
	*start = rmem->base;
	*size = rmem->size;
	return true;
}

static bool carveout_is_child_of_reserved_memory(const struct device_node *node)
{
	struct device_node *parent = of_find_node_by_path("/reserved-memory");
	bool is_child = parent && node->parent == parent;

	of_node_put(parent);
	return is_child;
}

/* Whether @user has @carveout among its memory regions. */
static bool carveout_is_user(struct device_node *user,
			     const struct device_node *carveout)
{
	struct device_node *node;
	int i;

	for (i = 0; (node = of_parse_phandle(user, "memory-region", i)); i++) {
		of_node_put(node);
		if (node == carveout)
			return true;
	}
	return false;
}

/* An enabled device other than @except that uses the carveout; with a reference. */
static struct device_node *carveout_get_user(const struct device_node *carveout,
					     const struct device_node *except)
{
	struct device_node *user;

	for_each_node_with_property(user, "memory-region") {
		if (user != except && of_device_is_available(user) &&
		    carveout_is_user(user, carveout))
			break;
	}
	return user;
}

static int carveout_check_user(struct device *dev, const char *zone,
			       const struct device_node *node)
{
	struct device_node *user = carveout_get_user(node, dev->of_node);

	if (!user)
		return 0;
	dev_err_probe(dev, -EBUSY,
		      "zone '%s': %pOF is the memory-region of another device, %pOF; give the zone a region of its own\n",
		      zone, node, user);
	of_node_put(user);
	return -EBUSY;
}

/**
 * cmm_carveout_check() - check that a carveout belongs to one zone only
 * @dev: the zone's device, for messages; its own node may refer to @node
 * @zone: the zone's name, for messages
 * @node: the carveout
 *
 * Return: 0, -EINVAL if the kernel does not reserve @node as a carveout, or -EBUSY
 * if another driver or device uses it. Errors come with a message.
 */
int cmm_carveout_check(struct device *dev, const char *zone,
		       struct device_node *node)
{
	u64 start, size;

	if (!carveout_is_child_of_reserved_memory(node))
		return dev_err_probe(dev, -EINVAL,
				     "zone '%s': %pOF is not a child of /reserved-memory, so the kernel does not reserve it; move it there\n",
				     zone, node);
	if (!of_device_is_available(node))
		return dev_err_probe(dev, -EINVAL,
				     "zone '%s': %pOF is disabled by its status, so the kernel does not reserve it\n",
				     zone, node);
	if (of_property_read_bool(node, "reusable"))
		return dev_err_probe(dev, -EBUSY,
				     "zone '%s': %pOF is reusable, so the kernel itself allocates from it; remove that property\n",
				     zone, node);
	if (of_find_property(node, "compatible", NULL))
		return dev_err_probe(dev, -EBUSY,
				     "zone '%s': %pOF has a compatible, so it belongs to another driver; give the zone a region of its own\n",
				     zone, node);
	if (cmm_carveout_range(node, 1, &start, &size))
		return dev_err_probe(dev, -EINVAL,
				     "zone '%s': %pOF has a second range at %#llx in its reg, but a zone has one; make it a region and a zone of its own\n",
				     zone, node, start);
	return carveout_check_user(dev, zone, node);
}

/* Read a number of @cells cells from a property; 0 if it has none. */
static u64 carveout_read_number(const struct device_node *node,
				const char *property, int first_cell, int cells)
{
	int len;
	const __be32 *value = of_get_property(node, property, &len);

	if (!value || len < (first_cell + cells) * (int)sizeof(*value))
		return 0;
	return of_read_number(value + first_cell, cells);
}

/* Log the request, to show why the kernel found no space. */
static int carveout_refuse_unplaced(struct device *dev, const char *zone,
				    struct device_node *node)
{
	int address_cells = of_n_addr_cells(node);
	int size_cells = of_n_size_cells(node);
	u64 size = carveout_read_number(node, "size", 0, size_cells);
	u64 from = carveout_read_number(node, "alloc-ranges", 0, address_cells);
	u64 within = carveout_read_number(node, "alloc-ranges", address_cells,
					  size_cells);

	if (within)
		return dev_err_probe(dev, -EINVAL,
				     "zone '%s': the kernel found no room for %pOF at boot: %#llx bytes, from %#llx to %#llx; ask for less, or change its alloc-ranges\n",
				     zone, node, size, from, from + within - 1);
	return dev_err_probe(dev, -EINVAL,
			     "zone '%s': the kernel found no room for %pOF at boot: %#llx bytes; ask for less\n",
			     zone, node, size);
}

static int carveout_refuse_unreserved(struct device *dev, const char *zone,
				      const struct device_node *node)
{
	return dev_err_probe(dev, -EINVAL,
			     "zone '%s': the kernel did not reserve %pOF at boot; its messages on reserved memory say why\n",
			     zone, node);
}

/**
 * cmm_carveout_get() - get the range that the kernel reserved for a carveout
 * @dev: for messages
 * @zone: the zone's name, for messages
 * @node: a carveout that cmm_carveout_check() accepts
 * @start: physical address of the first byte
 * @size: bytes, not 0
 *
 * Return: 0, or -EINVAL with a message if the kernel reserved nothing, or a range
 * that differs from the reg property.
 */
int cmm_carveout_get(struct device *dev, const char *zone,
		     struct device_node *node, u64 *start, u64 *size)
{
	struct reserved_mem *rmem = carveout_find_entry(node);

	if (cmm_carveout_range(node, 0, start, size)) {
		if (rmem && rmem->base == *start && rmem->size == *size)
			return 0;
	} else if (cmm_carveout_is_dynamic(node)) {
		return carveout_refuse_unplaced(dev, zone, node);
	}
	return carveout_refuse_unreserved(dev, zone, node);
}

/* Find the first range of @node that overlaps [start, end]. */
static bool carveout_find_overlap(struct device_node *node, u64 start, u64 end,
				  u64 *found_start, u64 *found_end)
{
	u64 at, size;
	int i;

	for (i = 0; cmm_carveout_range(node, i, &at, &size); i++) {
		if (at > end || start > at + size - 1)
			continue;
		*found_start = at;
		*found_end = at + size - 1;
		return true;
	}
	return false;
}

/**
 * cmm_carveout_find() - find a carveout that overlaps a range
 * @start: physical address of the first byte
 * @end: physical address of the last byte
 * @except: carveout to skip; may be NULL
 * @found_start: first byte of the overlapping range
 * @found_end: last byte of the overlapping range
 *
 * Skips disabled carveouts, since the kernel ignores them.
 *
 * Return: the carveout with one more reference, or NULL.
 */
struct device_node *cmm_carveout_find(u64 start, u64 end,
				      const struct device_node *except,
				      u64 *found_start, u64 *found_end)
{
	struct device_node *parent, *node;

	parent = of_find_node_by_path("/reserved-memory");
	for_each_available_child_of_node(parent, node) {
		if (node != except && carveout_find_overlap(node, start, end,
							    found_start,
							    found_end))
			break;
	}
	of_node_put(parent);
	return node;
}
