// SPDX-License-Identifier: GPL-2.0
/*
 * Fdt: see fdt.h.
 *
 * The kernel does not export the address of the block to modules. But the values of
 * properties are inside it. The header is at most MAX_DISTANCE before the values of
 * the root node.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_fdt.h>

#include "fdt.h"

/* The header; all numbers are big-endian. */
struct cmm_fdt {
	__be32 magic;
	__be32 totalsize;
	__be32 off_dt_struct;
	__be32 off_dt_strings;
	__be32 off_mem_rsvmap;
};

struct reserve_entry {
	__be64 address;
	__be64 size;
};

/* Only reserve entries lie between the header and the root's properties. */
#define MAX_DISTANCE	4096

/* Whether @fdt is the header of a block that has a property at @value. */
static bool fdt_is_header(const struct cmm_fdt *fdt, const void *value)
{
	u32 distance = value - (const void *)fdt;

	return fdt->magic == cpu_to_be32(OF_DT_HEADER) &&
	       distance < be32_to_cpu(fdt->totalsize) &&
	       distance > be32_to_cpu(fdt->off_dt_struct) &&
	       be32_to_cpu(fdt->off_mem_rsvmap) < be32_to_cpu(fdt->off_dt_struct);
}

static const struct cmm_fdt *fdt_find_header(const void *value)
{
	const void *at = (const void *)round_down((unsigned long)value, 8);

	for (; value - at < MAX_DISTANCE; at -= 8) {
		if (fdt_is_header(at, value))
			return at;
	}
	return NULL;
}

/**
 * cmm_fdt_find() - find the block
 * @fdt: set to its header, or to NULL if the machine has no device tree
 *
 * Return: 0, or -EOPNOTSUPP if the machine has a device tree, but its block was not
 * found.
 */
int cmm_fdt_find(const struct cmm_fdt **fdt)
{
	struct device_node *root = of_find_node_by_path("/");
	const void *value = of_get_property(root, "#address-cells", NULL);

	*fdt = value ? fdt_find_header(value) : NULL;
	of_node_put(root);
	return root && !*fdt ? -EOPNOTSUPP : 0;
}

#ifdef CONFIG_ARM64

#include <asm/barrier.h>
#include <asm/sysreg.h>

/* The block is neither in the linear map nor in vmalloc(), so ask the MMU. */
static phys_addr_t fdt_ask_mmu(const void *vaddr)
{
	unsigned long flags;
	u64 par;

	local_irq_save(flags);
	asm volatile("at s1e1r, %0" : : "r" (vaddr));
	isb();
	/* Some CPUs need the barriers around a read of this register. */
	dmb(sy);
	par = read_sysreg(par_el1);
	dmb(sy);
	local_irq_restore(flags);

	if (par & 1) /* the translation failed */
		return 0;
	return (par & GENMASK_ULL(51, 12)) | offset_in_page(vaddr);
}

#else

static phys_addr_t fdt_ask_mmu(const void *vaddr)
{
	return 0;
}

#endif

/**
 * cmm_fdt_phys() - get the physical address of the block
 * @fdt: the block's header
 *
 * Return: the physical address of the first byte, or 0 if it is not known.
 */
phys_addr_t cmm_fdt_phys(const struct cmm_fdt *fdt)
{
	/* riscv needs a pointer that is not const. */
	void *vaddr = (void *)fdt;

	return virt_addr_valid(vaddr) ? virt_to_phys(vaddr) : fdt_ask_mmu(fdt);
}

u64 cmm_fdt_size(const struct cmm_fdt *fdt)
{
	return be32_to_cpu(fdt->totalsize);
}

/**
 * cmm_fdt_reserve_entry() - get an entry of the block's memory reservation map
 * @fdt: the block's header
 * @index: index of the entry, from 0
 * @start: physical address of its first byte
 * @size: bytes
 *
 * Return: false if the map has no such entry.
 */
bool cmm_fdt_reserve_entry(const struct cmm_fdt *fdt, unsigned int index,
			   u64 *start, u64 *size)
{
	u32 offset = be32_to_cpu(fdt->off_mem_rsvmap) +
		     index * sizeof(struct reserve_entry);
	const struct reserve_entry *entry = (const void *)fdt + offset;

	if (offset + sizeof(*entry) > be32_to_cpu(fdt->off_dt_struct))
		return false;
	*start = be64_to_cpu(entry->address);
	*size = be64_to_cpu(entry->size);
	return *size;
}
