// SPDX-License-Identifier: GPL-2.0
/*
 * Owner: see owner.h. Each kind of owner has one function here, except drivers that
 * claim a resource. region.c checks these when it claims the range.
 */
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/sched.h>

#include "carveout.h"
#include "fdt.h"
#include "memory.h"
#include "owner.h"
#include "region.h"

static bool owner_overlaps(const struct cmm_region *region, u64 start, u64 end)
{
	return start <= cmm_region_end(region) && region->start <= end;
}

/* All refusals have the same form: the part, its owner, and a solution. */
#define refuse(dev, region, from, to, owner, ...)				\
	dev_err_probe(dev, -EBUSY, "zone '%s': %#llx to %#llx is " owner "\n",	\
		      (region)->name, (u64)(from), (u64)(to), ##__VA_ARGS__)

/* Other carveouts: static or dynamic, of any driver or of another zone. */
static int owner_check_carveouts(struct device *dev,
				 const struct cmm_region *region,
				 const struct device_node *carveout)
{
	struct device_node *other;
	const char *compatible;
	u64 start, end;

	other = cmm_carveout_find(region->start, cmm_region_end(region),
				  carveout, &start, &end);
	if (!other)
		return 0;
	if (of_property_read_string(other, "compatible", &compatible))
		compatible = "no compatible";
	refuse(dev, region, start, end,
	       "the reserved region %pOF (%s%s); move one of the two", other,
	       compatible,
	       of_property_read_bool(other, "reusable") ? ", reusable" : "");
	of_node_put(other);
	return -EBUSY;
}

/* Boot loaders write numbers in /chosen with one or two cells. */
static bool owner_read_chosen(const struct device_node *chosen,
			      const char *name, u64 *value)
{
	int len;
	const __be32 *cells = of_get_property(chosen, name, &len);

	if (!cells || (len != 4 && len != 8))
		return false;
	*value = of_read_number(cells, len / 4);
	return true;
}

/* The initial ramdisk. The kernel keeps its pages or frees them to the allocator. */
static int owner_check_initrd(struct device *dev,
			      const struct cmm_region *region,
			      const struct device_node *chosen)
{
	u64 start, end;

	if (!owner_read_chosen(chosen, "linux,initrd-start", &start) ||
	    !owner_read_chosen(chosen, "linux,initrd-end", &end) || start >= end ||
	    !owner_overlaps(region, start, end - 1))
		return 0;
	return refuse(dev, region, start, end - 1,
		      "the place of the initial ramdisk; make the boot loader put that elsewhere, or move the zone's region");
}

/* Data that a kernel leaves in memory for the kernel that it starts by kexec. */
static int owner_check_kexec(struct device *dev,
			     const struct cmm_region *region,
			     struct device_node *chosen)
{
	static const char * const names[] = {
		"linux,elfcorehdr", "linux,ima-kexec-buffer", "linux,kho-fdt",
		"linux,kho-scratch",
	};
	int cells = of_n_addr_cells(chosen);
	int all = cells + of_n_size_cells(chosen);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		int len;
		const __be32 *value = of_get_property(chosen, names[i], &len);
		u64 start, size;

		if (!value || len < all * (int)sizeof(*value))
			continue;
		start = of_read_number(value, cells);
		size = of_read_number(value + cells, all - cells);
		if (size && owner_overlaps(region, start, start + size - 1))
			return refuse(dev, region, start, start + size - 1,
				      "%s of /chosen, from the kernel that started this one; move the zone's region",
				      names[i]);
	}
	return 0;
}

/* Memory that the boot loader describes in /chosen. */
static int owner_check_chosen(struct device *dev,
			      const struct cmm_region *region)
{
	struct device_node *chosen = of_find_node_by_path("/chosen");
	int ret = 0;

	/* The node may be missing if the kernel has a built-in command line. */
	if (!chosen)
		return 0;
	if (of_find_property(chosen, "linux,usable-memory-range", NULL))
		ret = dev_err_probe(dev, -EBUSY,
				    "zone '%s': the memory belongs to the crashed kernel that this one was started to dump\n",
				    region->name);
	if (!ret)
		ret = owner_check_initrd(dev, region, chosen);
	if (!ret)
		ret = owner_check_kexec(dev, region, chosen);
	of_node_put(chosen);
	return ret;
}

/* The device tree blob, and its memory reservation map (/memreserve/). */
static int owner_check_fdt(struct device *dev, const struct cmm_region *region)
{
	const struct cmm_fdt *fdt;
	u64 start, size;
	int i, ret;

	ret = cmm_fdt_find(&fdt);
	if (ret)
		return dev_err_probe(dev, ret,
				     "zone '%s': the device tree's /memreserve/ map is not where this driver looks for it, so no range is known to be free; please report this board and its boot loader\n",
				     region->name);
	if (!fdt)
		return 0;
	start = cmm_fdt_phys(fdt);
	if (start && owner_overlaps(region, start,
				    start + cmm_fdt_size(fdt) - 1))
		return refuse(dev, region, start, start + cmm_fdt_size(fdt) - 1,
			      "the place of the device tree; make the boot loader put that elsewhere, or move the zone's region");
	for (i = 0; cmm_fdt_reserve_entry(fdt, i, &start, &size); i++) {
		/* Some boot loaders also list the carveouts of /reserved-memory. */
		if (start == region->start && size == region->size)
			continue;
		if (owner_overlaps(region, start, start + size - 1))
			return refuse(dev, region, start, start + size - 1,
				      "in the device tree's /memreserve/ map, for firmware or the boot loader; move the zone's region");
	}
	return 0;
}

/* Whether the node may be a device with registers or memory in its reg property. */
static bool owner_is_device(const struct device_node *node,
			    const struct device_node *reserved_memory)
{
	const struct device_node *parent = node->parent;

	/* Other functions check memory and carveouts. */
	if (!parent || parent == reserved_memory ||
	    !of_property_match_string(node, "device_type", "memory"))
		return false;
	/* Newer kernels warn if a node lacks this property. */
	if (!of_find_property(parent, "#address-cells", NULL))
		return false;
	return of_device_is_available(node);
}

static int owner_check_reg(struct device *dev, const struct cmm_region *region,
			   struct device_node *node)
{
	struct resource res;
	int i;

	for (i = 0; !of_address_to_resource(node, i, &res); i++) {
		/* An empty range at 0 would end at the last address. */
		if (resource_type(&res) == IORESOURCE_MEM &&
		    resource_size(&res) && owner_overlaps(region, res.start,
							  res.end))
			return refuse(dev, region, res.start, res.end,
				      "the reg of %pOF; move the zone's region",
				      node);
	}
	return 0;
}

/* Registers, a boot loader's framebuffer, and memory in a node's reg property. */
static int owner_check_devices(struct device *dev,
			       const struct cmm_region *region)
{
	struct device_node *reserved_memory, *node;
	int ret = 0;

	reserved_memory = of_find_node_by_path("/reserved-memory");
	for_each_node_with_property(node, "reg") {
		if (owner_is_device(node, reserved_memory))
			ret = owner_check_reg(dev, region, node);
		if (ret) {
			of_node_put(node);
			break;
		}
	}
	of_node_put(reserved_memory);
	return ret;
}

static int owner_check_efi(struct device *dev, const struct cmm_region *region,
			   bool in_carveout)
{
	u64 start, end;

	if (!cmm_memory_find_efi_owner(region->start, cmm_region_end(region),
				       in_carveout, &start, &end))
		return 0;
	return refuse(dev, region, start, end,
		      "in use by the EFI firmware; move the zone's region");
}

/**
 * cmm_owner_check() - check that a range has no other owner
 * @dev: for messages
 * @region: name, start and size are set
 * @carveout: the carveout that contains the range, or NULL
 *
 * Return: 0, -EBUSY with a message that names the owner, or -EOPNOTSUPP with a
 * message if the owners cannot be determined.
 */
int cmm_owner_check(struct device *dev, const struct cmm_region *region,
		    const struct device_node *carveout)
{
	return owner_check_carveouts(dev, region, carveout) ?:
	       owner_check_chosen(dev, region) ?:
	       owner_check_fdt(dev, region) ?:
	       owner_check_devices(dev, region) ?:
	       owner_check_efi(dev, region, carveout);
}

/**
 * cmm_owner_check_pages() - check that the page allocator has no page of a range
 * @dev: for messages
 * @region: in the linear map
 *
 * The page allocator has all pages of the linear map that are not reserved. They
 * include the pages of CMA pools and the pages that were reserved only during boot.
 * A page that is reserved now stays reserved.
 *
 * Sleeps. Takes time for each page of the range.
 *
 * Return: 0, or -EBUSY with a message.
 */
int cmm_owner_check_pages(struct device *dev, const struct cmm_region *region)
{
	unsigned long pfn = PHYS_PFN(region->start);
	unsigned long end = pfn + PHYS_PFN(region->size);

	for (; pfn < end; pfn++) {
		if (!PageReserved(pfn_to_page(pfn)))
			return refuse(dev, region, PFN_PHYS(pfn),
				      PFN_PHYS(pfn + 1) - 1,
				      "a page of the kernel's page allocator: something was there at boot, or a CMA pool is; move the zone's region");
		cond_resched();
	}
	return 0;
}
