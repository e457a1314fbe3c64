/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat: the newest kernel's names on older kernels.
 *
 * Force-included, so that the rest of the driver is written for the newest
 * kernel only. The CMM_HAVE_* macros come from the probes in Kbuild.include.
 */
#ifndef _CMM_COMPAT_H
#define _CMM_COMPAT_H

#include <linux/device.h>
#include <linux/mm.h>
#include <linux/module.h>

/* vma->vm_flags is written through accessors since 6.3. */
#ifndef CMM_HAVE_VM_FLAGS_MOD
static inline void vm_flags_mod(struct vm_area_struct *vma, vm_flags_t set,
				vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

/* The namespace is a string literal since 6.13. */
#ifdef CMM_HAVE_TOKEN_IMPORT_NS
#undef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, ns)
#endif

/* struct class's devnode() takes a const device since 6.2. */
#ifdef CMM_HAVE_CONST_DEVNODE
#define CMM_DEVNODE_CONST const
#else
#define CMM_DEVNODE_CONST
#endif

#endif /* _CMM_COMPAT_H */
