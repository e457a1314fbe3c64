// SPDX-License-Identifier: GPL-2.0
/*
 * Fault: the parts of a user's mapping that are mapped when they are touched,
 * by blocks.
 *
 * Only a fault may put a block into the page tables. Where a block does not fit,
 * because the mapping was split or moved, or must not be used, because
 * transparent huge pages are switched off, a fault maps all pages of a block
 * that are in the mapping.
 *
 * Nothing here depends on the zone's device, or on more of the buffer than where
 * it is: both are told by the mapping, which holds the dma-buf's file. The
 * kernel holds the mapping's lock, or that of all of them, for reading.
 */
#include <linux/huge_mm.h>
#include <linux/mm.h>

#include "buffer.h"
#include "fault.h"

/* A block's address and memory are aligned alike. */
static bool is_congruent(unsigned long addr, unsigned long pfn)
{
	return !((addr - PFN_PHYS(pfn)) & ~PMD_MASK);
}

/**
 * cmm_huge_fault() - map a block
 * @vmf: an address without a page table
 * @order: the kernel asks for each size that it knows
 *
 * Return: VM_FAULT_FALLBACK where it cannot be a block, else VM_FAULT_NOPAGE.
 */
vm_fault_t cmm_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vmf->address & PMD_MASK;
	unsigned long pfn;

	if (order != PMD_ORDER || addr < vma->vm_start ||
	    addr + PMD_SIZE > vma->vm_end)
		return VM_FAULT_FALLBACK;
	pfn = cmm_vma_pfn(vma->vm_private_data, vma, addr);
	if (!is_congruent(addr, pfn))
		return VM_FAULT_FALLBACK;

	vmf_insert_pfn_pmd(vmf, pfn, false);
	/*
	 * As cmm_vma_prot() does. To insert it as written to in one step would
	 * draw a warning if another thread's pages, of a moment when huge pages
	 * were switched off, are there already.
	 */
	if (vma->vm_flags & VM_WRITE && pmd_leaf(pmdp_get_lockless(vmf->pmd)))
		vmf_insert_pfn_pmd(vmf, pfn, true);
	return VM_FAULT_NOPAGE;
}

static vm_fault_t map_page(struct vm_area_struct *vma, unsigned long addr)
{
	return vmf_insert_pfn_prot(vma, addr,
				   cmm_vma_pfn(vma->vm_private_data, vma, addr),
				   cmm_vma_prot(vma));
}

/**
 * cmm_fault() - map the pages of a block
 * @vmf: an address where no block could be mapped
 *
 * Return: VM_FAULT_NOPAGE, or VM_FAULT_OOM if memory for a page table ran out.
 */
vm_fault_t cmm_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long block = vmf->address & PMD_MASK;
	unsigned long addr = max(block, vma->vm_start);
	unsigned long end = min(block + PMD_SIZE, vma->vm_end);
	vm_fault_t ret;

	ret = map_page(vma, vmf->address);
	/* Another thread may have mapped a block meanwhile, if that is allowed again. */
	if (ret == VM_FAULT_OOM && pmd_leaf(pmdp_get_lockless(vmf->pmd)))
		return VM_FAULT_NOPAGE;
	/* With that the page table is there; what fails now will fault later. */
	for (; ret == VM_FAULT_NOPAGE && addr < end; addr += PAGE_SIZE)
		map_page(vma, addr);
	return ret;
}

/**
 * cmm_fault_prepare() - choose the part of a mapping that is left to faults
 * @buffer: what is mapped, @vma's vm_private_data once that is complete
 * @vma: a shared mapping that is being made
 * @first: set to where the part begins
 * @end: set to where it ends, exclusive; all of @vma outside of it is to be
 *	mapped by pages. Both are the mapping's end if there is no such part.
 */
void cmm_fault_prepare(struct cmm_buffer *buffer, struct vm_area_struct *vma,
		       unsigned long *first, unsigned long *end)
{
	*first = ALIGN(vma->vm_start, PMD_SIZE);
	*end = ALIGN_DOWN(vma->vm_end, PMD_SIZE);
	if (*first >= *end ||
	    !is_congruent(vma->vm_start,
			  cmm_vma_pfn(buffer, vma, vma->vm_start))) {
		*first = vma->vm_end;
		*end = vma->vm_end;
		return;
	}

	/* As remap_pfn_range() has it; and huge pages where one has to ask. */
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_HUGEPAGE);
}
