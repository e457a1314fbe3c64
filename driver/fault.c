// SPDX-License-Identifier: GPL-2.0
/*
 * Fault: maps parts of a user's mapping on demand. The model is in fault.h.
 *
 * Only a fault may map a block. A block may not fit, if the mapping was split or
 * moved. Blocks are not allowed if transparent huge pages are disabled. In both
 * cases a fault maps all pages of the block that are in the mapping.
 *
 * The code here uses only the mapping and the address of the dma_buf's part, not the
 * zone's device. The mapping holds the dma-buf's file. The kernel holds the mapping's
 * lock, or the lock of all mappings, for reading.
 */
#include <linux/huge_mm.h>
#include <linux/mm.h>

#include "buffer.h"
#include "fault.h"

/* Whether a virtual address and its page frame have the same offset in a block. */
static bool fault_is_congruent(unsigned long addr, unsigned long pfn)
{
	return !((addr - PFN_PHYS(pfn)) & ~PMD_MASK);
}

/**
 * cmm_huge_fault() - map a block
 * @vmf: fault at an address without a page table
 * @order: page order; the kernel tries each order that it supports
 *
 * Return: VM_FAULT_FALLBACK if a block can't be mapped, else VM_FAULT_NOPAGE.
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
	if (!fault_is_congruent(addr, pfn))
		return VM_FAULT_FALLBACK;

	vmf_insert_pfn_pmd(vmf, pfn, false);
	/*
	 * Mark the block dirty, as cmm_vma_prot() does for pages. Inserting it
	 * dirty in one step would warn if another thread mapped pages there
	 * while huge pages were disabled.
	 */
	if (vma->vm_flags & VM_WRITE && pmd_leaf(pmdp_get_lockless(vmf->pmd)))
		vmf_insert_pfn_pmd(vmf, pfn, true);
	return VM_FAULT_NOPAGE;
}

static vm_fault_t fault_map_page(struct vm_area_struct *vma, unsigned long addr)
{
	return vmf_insert_pfn_prot(vma, addr,
				   cmm_vma_pfn(vma->vm_private_data, vma, addr),
				   cmm_vma_prot(vma));
}

/**
 * cmm_fault() - map the pages of a block
 * @vmf: fault at an address where no block could be mapped
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

	ret = fault_map_page(vma, vmf->address);
	/* Another thread may have mapped a block, if THP was enabled again. */
	if (ret == VM_FAULT_OOM && pmd_leaf(pmdp_get_lockless(vmf->pmd)))
		return VM_FAULT_NOPAGE;
	/* The page table exists now. A page that fails here faults again later. */
	for (; ret == VM_FAULT_NOPAGE && addr < end; addr += PAGE_SIZE)
		fault_map_page(vma, addr);
	return ret;
}

/**
 * cmm_fault_prepare() - choose the part of a mapping that faults will map
 * @dmabuf: the dma_buf; the caller sets it as @vma's vm_private_data
 * @vma: a shared mapping that is being created
 * @first: set to the start of the part
 * @end: set to the end of the part, exclusive. The caller maps the rest of @vma by
 *	pages. @first and @end are both the end of @vma if there is no such part.
 */
void cmm_fault_prepare(const struct cmm_dmabuf *dmabuf, struct vm_area_struct *vma,
		       unsigned long *first, unsigned long *end)
{
	*first = ALIGN(vma->vm_start, PMD_SIZE);
	*end = ALIGN_DOWN(vma->vm_end, PMD_SIZE);
	if (*first >= *end ||
	    !fault_is_congruent(vma->vm_start,
				cmm_vma_pfn(dmabuf, vma, vma->vm_start))) {
		*first = vma->vm_end;
		*end = vma->vm_end;
		return;
	}

	/* The flags of remap_pfn_range(), and a request for huge pages. */
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_HUGEPAGE);
}
