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
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>

/*
 * dma_map_phys() maps memory with and without struct pages since 6.18. Before,
 * dma_map_page_attrs() took the one kind and dma_map_resource() the other, and
 * on some kernels each only its own; so undoing it takes the address as well.
 */
#ifdef CMM_HAVE_DMA_MAP_PHYS
static inline void compat_dma_unmap_phys(struct device *dev, phys_addr_t phys,
					 dma_addr_t addr, size_t size,
					 enum dma_data_direction dir,
					 unsigned long attrs)
{
	dma_unmap_phys(dev, addr, size, dir, attrs);
}
#else
static inline bool cmm_has_pages(phys_addr_t phys, size_t size)
{
	return pfn_valid(PHYS_PFN(phys)) &&
	       pfn_valid(PHYS_PFN(phys + size - 1));
}

static inline dma_addr_t dma_map_phys(struct device *dev, phys_addr_t phys,
				      size_t size, enum dma_data_direction dir,
				      unsigned long attrs)
{
	if (cmm_has_pages(phys, size))
		return dma_map_page_attrs(dev, pfn_to_page(PHYS_PFN(phys)), 0,
					  size, dir, attrs);
	return dma_map_resource(dev, phys, size, dir, attrs);
}

static inline void compat_dma_unmap_phys(struct device *dev, phys_addr_t phys,
					 dma_addr_t addr, size_t size,
					 enum dma_data_direction dir,
					 unsigned long attrs)
{
	if (cmm_has_pages(phys, size))
		dma_unmap_page_attrs(dev, addr, size, dir, attrs);
	else
		dma_unmap_resource(dev, addr, size, dir, attrs);
}
#endif

/*
 * Which fences are waited for is told by an enum since 5.19, by a bool before;
 * and until 5.14 the function had another name.
 */
#ifndef CMM_HAVE_DMA_RESV_USAGE
#define dma_resv_usage_rw(write) (write)
#endif
#ifndef CMM_HAVE_DMA_RESV_WAIT_TIMEOUT
#define dma_resv_wait_timeout dma_resv_wait_timeout_rcu
#endif

/* Escaping whatever is not printable ASCII is a flag since 5.14. */
#ifndef CMM_HAVE_ESCAPE_NAP
#include <linux/seq_file.h>
#define ESCAPE_NAP 0
#define ESCAPE_APPEND 0
static inline void seq_escape_str(struct seq_file *m, const char *src,
				  unsigned int flags, const char *esc)
{
	seq_escape_mem_ascii(m, src, strlen(src));
}
#endif

/* Bounce buffers for a single device came with 5.15. */
#ifndef CMM_HAVE_SWIOTLB_FORCE_BOUNCE
static inline bool is_swiotlb_force_bounce(struct device *dev)
{
	return false;
}
#endif

/*
 * The kernel address that vmap() returns is in a struct iosys_map since 5.18,
 * in a struct dma_buf_map since 5.11, and a plain pointer before.
 * COMPAT_VMAP_OP(f) is what belongs in dma_buf_ops for a new-style f.
 */
#if defined(CMM_HAVE_IOSYS_MAP)
#include <linux/iosys-map.h>
#define COMPAT_DEFINE_VMAP(f)
#define COMPAT_VMAP_OP(f) f
#elif defined(CMM_HAVE_DMA_BUF_MAP)
#include <linux/dma-buf-map.h>
#define iosys_map dma_buf_map
#define iosys_map_set_vaddr dma_buf_map_set_vaddr
#define COMPAT_DEFINE_VMAP(f)
#define COMPAT_VMAP_OP(f) f
#else
struct iosys_map {
	void *vaddr;
};

static inline void iosys_map_set_vaddr(struct iosys_map *map, void *vaddr)
{
	map->vaddr = vaddr;
}

#define COMPAT_DEFINE_VMAP(f)						\
static void *compat_##f(struct dma_buf *dmabuf)				\
{									\
	struct iosys_map map;						\
									\
	return f(dmabuf, &map) ? NULL : map.vaddr;			\
}

#define COMPAT_VMAP_OP(f) compat_##f
#endif

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
