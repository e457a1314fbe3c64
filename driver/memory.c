// SPDX-License-Identifier: GPL-2.0
/*
 * Memory: see memory.h.
 */
#include <linux/efi.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/of.h>
#include <linux/of_address.h>

#include "memory.h"

/* Find an entry of a memory node that contains a byte from @start to @end. */
static bool memory_find_in_node(struct device_node *node, u64 start, u64 end,
				struct resource *found)
{
	int i;

	for (i = 0; !of_address_to_resource(node, i, found); i++) {
		/* An empty range at 0 would end at the last address. */
		if (resource_size(found) && found->start <= end &&
		    start <= found->end)
			return true;
	}
	return false;
}

static bool memory_find_in_tree(u64 start, u64 end, struct resource *found)
{
	struct device_node *node;

	for_each_node_by_type(node, "memory") {
		if (of_device_is_available(node) &&
		    memory_find_in_node(node, start, end, found)) {
			of_node_put(node);
			return true;
		}
	}
	return false;
}

static u64 memory_last_byte(const efi_memory_desc_t *md)
{
	return md->phys_addr + (md->num_pages << EFI_PAGE_SHIFT) - 1;
}

static bool memory_find_in_efi(u64 start, u64 end, struct resource *found)
{
	efi_memory_desc_t *md;

	for_each_efi_memory_desc(md) {
		/* Ranges that cannot be cached are devices, not memory. */
		if (!(md->attribute & (EFI_MEMORY_WB | EFI_MEMORY_WT |
				       EFI_MEMORY_WC)))
			continue;
		if (md->phys_addr > end || start > memory_last_byte(md))
			continue;
		found->start = md->phys_addr;
		found->end = memory_last_byte(md);
		return true;
	}
	return false;
}

/* Find an entry of memory that contains a byte from @start to @end. */
static bool memory_find(u64 start, u64 end, struct resource *found)
{
	return efi_enabled(EFI_MEMMAP) ? memory_find_in_efi(start, end, found) :
					 memory_find_in_tree(start, end, found);
}

/**
 * cmm_memory_covers() - whether all of a range is memory
 * @start: physical address of the first byte
 * @end: physical address of the last byte
 * @missing: the lowest address in the range that is not memory, if there is one
 *
 * Adjacent entries of memory may cover the range together.
 *
 * Return: true if all of the range is memory.
 */
bool cmm_memory_covers(u64 start, u64 end, u64 *missing)
{
	struct resource found;

	while (memory_find(start, start, &found)) {
		if (found.end >= end)
			return true;
		start = found.end + 1;
	}
	*missing = start;
	return false;
}

/**
 * cmm_memory_overlaps() - whether a part of a range is memory
 * @start: physical address of the first byte
 * @end: physical address of the last byte
 * @found: an address in the range that is memory, if there is one
 *
 * Return: true if a part of the range is memory.
 */
bool cmm_memory_overlaps(u64 start, u64 end, u64 *found)
{
	struct resource memory;

	if (!memory_find(start, end, &memory))
		return false;
	*found = max_t(u64, start, memory.start);
	return true;
}

/*
 * Whether the firmware still uses the memory while the kernel runs. Firmware reports
 * both its own memory and the device tree's carveouts as reserved.
 */
static bool memory_is_kept_by_firmware(const efi_memory_desc_t *md,
				       bool in_carveout)
{
	switch (md->type) {
	case EFI_RESERVED_TYPE:
		return !in_carveout;
	case EFI_ACPI_RECLAIM_MEMORY:
	case EFI_ACPI_MEMORY_NVS:
	case EFI_UNUSABLE_MEMORY:
		return true;
	default:
		return md->attribute & EFI_MEMORY_RUNTIME;
	}
}

/**
 * cmm_memory_find_efi_owner() - find memory that EFI firmware still uses
 * @start: physical address of the first byte
 * @end: physical address of the last byte
 * @in_carveout: the device tree reserves the range
 * @found_start: first byte of that memory
 * @found_end: its last byte
 *
 * Return: false if there is none, or if the firmware is not EFI.
 */
bool cmm_memory_find_efi_owner(u64 start, u64 end, bool in_carveout,
			       u64 *found_start, u64 *found_end)
{
	efi_memory_desc_t *md;

	if (!efi_enabled(EFI_MEMMAP))
		return false;
	/* The memory map itself is in memory that it reports as usable. */
	*found_start = efi.memmap.phys_map;
	*found_end = *found_start +
		     efi.memmap.nr_map * efi.memmap.desc_size - 1;
	if (*found_start <= end && start <= *found_end)
		return true;
	for_each_efi_memory_desc(md) {
		if (md->phys_addr > end || start > memory_last_byte(md) ||
		    !memory_is_kept_by_firmware(md, in_carveout))
			continue;
		*found_start = md->phys_addr;
		*found_end = memory_last_byte(md);
		return true;
	}
	return false;
}
