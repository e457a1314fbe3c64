/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat, dma-buf: what exporters call, and what they are called for.
 */
#ifndef _CMM_COMPAT_DMABUF_H
#define _CMM_COMPAT_DMABUF_H

/*
 * Which fences are waited for is told by an enum since 5.19, by a bool before;
 * and until 5.14 the function had another name. Until 5.4 the object had, too:
 * see include/linux/dma-resv.h.
 */
#ifndef CMM_HAVE_DMA_RESV_USAGE
#define dma_resv_usage_rw(write) (write)
#endif
#ifndef CMM_HAVE_DMA_RESV_WAIT_TIMEOUT
#if defined(CMM_HAVE_DMA_RESV_WAIT_TIMEOUT_RCU)
#define dma_resv_wait_timeout dma_resv_wait_timeout_rcu
#elif defined(CMM_HAVE_RESERVATION_OBJECT)
#define dma_resv reservation_object
#define dma_resv_init reservation_object_init
#define dma_resv_fini reservation_object_fini
#define dma_resv_wait_timeout reservation_object_wait_timeout_rcu
#else
#error "This kernel waits for a dma-buf's fences in a way that CMM does not know."
#endif
#endif

/*
 * The kernel address that vmap() returns is in a struct iosys_map since 5.18,
 * in a struct dma_buf_map since 5.11, and a plain pointer before.
 * COMPAT_DEFINE_VMAP(f) defines, and COMPAT_VMAP_OPS(f) is, what belongs in
 * dma_buf_ops for a new-style f; the same for vunmap().
 */
#if defined(CMM_HAVE_VMAP_IOSYS_MAP)
#include <linux/iosys-map.h>
#elif defined(CMM_HAVE_VMAP_DMA_BUF_MAP)
#include <linux/dma-buf-map.h>
#define iosys_map dma_buf_map
#define iosys_map_set_vaddr dma_buf_map_set_vaddr
#elif defined(CMM_HAVE_VMAP_POINTER)
struct iosys_map {
	void *vaddr;
};

static inline void iosys_map_set_vaddr(struct iosys_map *map, void *vaddr)
{
	map->vaddr = vaddr;
}

#define COMPAT_DEFINE_VMAP_POINTER(f)					\
static void *compat_##f(struct dma_buf *dmabuf)				\
{									\
	struct iosys_map map;						\
									\
	return f(dmabuf, &map) ? NULL : map.vaddr;			\
}

#define COMPAT_DEFINE_VUNMAP(f)						\
static void compat_##f(struct dma_buf *dmabuf, void *vaddr)		\
{									\
	struct iosys_map map = { .vaddr = vaddr };			\
									\
	f(dmabuf, &map);						\
}

#define COMPAT_VUNMAP_OPS(f) .vunmap = compat_##f
#else
#error "This kernel's dma_buf_ops.vmap() has a form that CMM does not know."
#endif

/*
 * Until 5.6 there was a call for a single page as well, at first mandatory, so
 * that COMPAT_NO_VMAP_OPS has one which maps nothing.
 */
#if !defined(CMM_HAVE_VMAP_POINTER)
#define COMPAT_DEFINE_VMAP(f)
#define COMPAT_VMAP_OPS(f) .vmap = f
#define COMPAT_DEFINE_VUNMAP(f)
#define COMPAT_VUNMAP_OPS(f) .vunmap = f
#elif !defined(CMM_HAVE_MAP_PAGE)
#define COMPAT_DEFINE_VMAP(f) COMPAT_DEFINE_VMAP_POINTER(f)
#define COMPAT_VMAP_OPS(f) .vmap = compat_##f
#else
#define COMPAT_DEFINE_VMAP(f)						\
COMPAT_DEFINE_VMAP_POINTER(f)						\
static void *compat_##f##_page(struct dma_buf *dmabuf, unsigned long n)	\
{									\
	void *vaddr = NULL;						\
									\
	if (n < dmabuf->size >> PAGE_SHIFT)				\
		vaddr = compat_##f(dmabuf);				\
	return vaddr ? vaddr + (n << PAGE_SHIFT) : NULL;		\
}

#define COMPAT_VMAP_OPS(f) .vmap = compat_##f, .map = compat_##f##_page

struct dma_buf;

static inline void *compat_map_nothing(struct dma_buf *dmabuf, unsigned long n)
{
	return NULL;
}

#define COMPAT_NO_VMAP_OPS .map = compat_map_nothing,
#endif

#ifndef COMPAT_NO_VMAP_OPS
#define COMPAT_NO_VMAP_OPS
#endif

/*
 * A dma-buf has a name, which users change, since 5.3; and since 5.8 and some stable
 * kernels a spinlock for it. Without the lock it is left alone.
 *
 * compat_dma_buf_set_name() gives a dma-buf that has no name yet one from kmalloc(),
 * which becomes the dma-buf's. compat_dma_buf_get_name() copies the name, fills the
 * rest with zeros, and returns false if there is no name.
 */
#include <linux/dma-buf.h>
#include <linux/slab.h>
#include <linux/string.h>

#ifdef CMM_HAVE_DMA_BUF_NAME_LOCK
static inline void compat_dma_buf_set_name(struct dma_buf *dmabuf,
					   const char *name)
{
	spin_lock(&dmabuf->name_lock);
	dmabuf->name = name;
	spin_unlock(&dmabuf->name_lock);
}

static inline bool compat_dma_buf_get_name(struct dma_buf *dmabuf, char *name,
					   size_t size)
{
	bool named;

	/* Mostly there is none. It may get one at the same time: then it has none yet. */
	if (!data_race(dmabuf->name))
		return false;
	spin_lock(&dmabuf->name_lock);
	named = dmabuf->name;
	if (named)
		strscpy_pad(name, dmabuf->name, size);
	spin_unlock(&dmabuf->name_lock);
	return named;
}
#else
static inline void compat_dma_buf_set_name(struct dma_buf *dmabuf,
					   const char *name)
{
	kfree(name);
}

static inline bool compat_dma_buf_get_name(struct dma_buf *dmabuf, char *name,
					   size_t size)
{
	return false;
}
#endif

#endif /* _CMM_COMPAT_DMABUF_H */
