/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat, memory management: mapping memory for users.
 */
#ifndef _CMM_COMPAT_MM_H
#define _CMM_COMPAT_MM_H

#include <linux/mm.h>

/* vma->vm_flags needs accessors for writing since 6.3. */
#ifndef CMM_HAVE_VM_FLAGS_MOD
static inline void compat_vm_flags_mod(struct vm_area_struct *vma,
				       vm_flags_t set, vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}

#define vm_flags_mod compat_vm_flags_mod
#endif

/* vmf_insert_pfn_pmd() takes a plain page frame number since 6.17, not a pfn_t. */
#if defined(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && defined(CMM_HAVE_INSERT_PFN_T)
#include <linux/pfn_t.h>

static inline vm_fault_t compat_vmf_insert_pfn_pmd(struct vm_fault *vmf,
						   unsigned long pfn,
						   bool write)
{
	return vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write);
}

#define vmf_insert_pfn_pmd compat_vmf_insert_pfn_pmd
#endif

#endif /* _CMM_COMPAT_MM_H */
