/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault: maps parts of a user's mapping on demand, one block per fault.
 *
 * A block is the size of one PMD entry: 2 MiB with pages of 4 KiB. The feature is
 * off on kernels that can't map memory without struct pages in blocks, or that allow
 * get_user_pages() on such blocks.
 */
#ifndef _CMM_FAULT_H
#define _CMM_FAULT_H

#include <linux/mm.h>

#include "buffer.h"

/* Bytes of a block; 0 if blocks are not supported. */
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
#define CMM_FAULT_BLOCK	PMD_SIZE
#else
#define CMM_FAULT_BLOCK	0UL
#endif

/* Bytes from the start of a block to the first byte of a dma_buf. */
static inline unsigned long cmm_fault_offset(const struct cmm_dmabuf *dmabuf)
{
	return CMM_FAULT_BLOCK ?
	       cmm_dmabuf_phys(dmabuf) & (CMM_FAULT_BLOCK - 1) : 0;
}

/* Page frame number of an address in a mapping. */
static inline unsigned long cmm_vma_pfn(const struct cmm_dmabuf *dmabuf,
					const struct vm_area_struct *vma,
					unsigned long addr)
{
	return PHYS_PFN(cmm_dmabuf_phys(dmabuf)) + vma->vm_pgoff +
	       ((addr - vma->vm_start) >> PAGE_SHIFT);
}

/*
 * Page protection of a mapping. Writable pages are mapped dirty: a CPU without
 * hardware dirty tracking would fault at the first write to each page.
 */
static inline pgprot_t cmm_vma_prot(const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_WRITE))
		return vma->vm_page_prot;
	return __pgprot(pte_val(pte_mkdirty(pfn_pte(0, vma->vm_page_prot))));
}

/* Operations of a mapping. Its vm_private_data is the struct cmm_dmabuf. */
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
vm_fault_t cmm_fault(struct vm_fault *vmf);
vm_fault_t cmm_huge_fault(struct vm_fault *vmf, unsigned int order);
void cmm_fault_prepare(const struct cmm_dmabuf *dmabuf, struct vm_area_struct *vma,
		       unsigned long *first, unsigned long *end);

#define CMM_FAULT_OPS	.fault = cmm_fault, .huge_fault = cmm_huge_fault
#else
static inline void cmm_fault_prepare(const struct cmm_dmabuf *dmabuf,
				     struct vm_area_struct *vma,
				     unsigned long *first, unsigned long *end)
{
	*first = vma->vm_end;
	*end = vma->vm_end;
}

#define CMM_FAULT_OPS
#endif

#endif /* _CMM_FAULT_H */
