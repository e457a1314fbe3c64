/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault: the parts of a user's mapping that are mapped when they are touched,
 * by blocks.
 *
 * A block is what one entry of the page tables' last but one level maps: 2 MiB
 * with pages of 4 KiB. Kernels that cannot map memory without struct pages that
 * way, or let others take hold of it then, have no such parts.
 */
#ifndef _CMM_FAULT_H
#define _CMM_FAULT_H

#include <linux/mm.h>

#include "buffer.h"

/* Bytes of a block; 0 if there are none. */
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
#define CMM_FAULT_BLOCK	PMD_SIZE
#else
#define CMM_FAULT_BLOCK	0UL
#endif

/* Bytes from the beginning of a block to that of a buffer. */
static inline unsigned long cmm_fault_offset(const struct cmm_buffer *buffer)
{
	return CMM_FAULT_BLOCK ?
	       buffer->allocation.extent.start & (CMM_FAULT_BLOCK - 1) : 0;
}

/* The page frame behind an address of a mapping. */
static inline unsigned long cmm_vma_pfn(const struct cmm_buffer *buffer,
					const struct vm_area_struct *vma,
					unsigned long addr)
{
	return PHYS_PFN(buffer->allocation.extent.start) + vma->vm_pgoff +
	       ((addr - vma->vm_start) >> PAGE_SHIFT);
}

/*
 * How to map pages: as written to already where they may be, because a CPU that
 * does not note that by itself would fault at the first write to each of them.
 */
static inline pgprot_t cmm_vma_prot(const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_WRITE))
		return vma->vm_page_prot;
	return __pgprot(pte_val(pte_mkdirty(pfn_pte(0, vma->vm_page_prot))));
}

/* The operations of a mapping, with the buffer in its vm_private_data. */
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
vm_fault_t cmm_fault(struct vm_fault *vmf);
vm_fault_t cmm_huge_fault(struct vm_fault *vmf, unsigned int order);
void cmm_fault_prepare(struct cmm_buffer *buffer, struct vm_area_struct *vma,
		       unsigned long *first, unsigned long *end);

#define CMM_FAULT_OPS	.fault = cmm_fault, .huge_fault = cmm_huge_fault
#else
static inline void cmm_fault_prepare(struct cmm_buffer *buffer,
				     struct vm_area_struct *vma,
				     unsigned long *first, unsigned long *end)
{
	*first = vma->vm_end;
	*end = vma->vm_end;
}

#define CMM_FAULT_OPS
#endif

#endif /* _CMM_FAULT_H */
