/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat, dma-buf: functions and operations of exporters.
 */
#ifndef _CMM_COMPAT_DMABUF_H
#define _CMM_COMPAT_DMABUF_H

/*
 * dma_resv_wait_timeout() selects fences by an enum since 5.19, by a bool before.
 * The function had another name before 5.14. The struct had another name before 5.4:
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
 * vmap() returns the kernel address in a struct iosys_map since 5.18, in a struct
 * dma_buf_map since 5.11, and as a plain pointer before. COMPAT_DEFINE_VMAP(f)
 * defines wrappers for a new-style f. COMPAT_VMAP_OPS(f) sets them in a dma_buf_ops.
 * The same macros exist for vunmap().
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

#define COMPAT_DEFINE_VUNMAP_POINTER(f)					\
static void compat_##f(struct dma_buf *dmabuf, void *vaddr)		\
{									\
	struct iosys_map map = { .vaddr = vaddr };			\
									\
	f(dmabuf, &map);						\
}
#else
#error "This kernel's dma_buf_ops.vmap() has a form that CMM does not know."
#endif

/*
 * Before 5.6, there was also an operation for a single page. It was mandatory at
 * first, so COMPAT_NO_VMAP_OPS has one that maps nothing.
 */
#if !defined(CMM_HAVE_VMAP_POINTER)
#define COMPAT_DEFINE_VMAP(f)
#define COMPAT_VMAP_OPS(f) .vmap = f
#define COMPAT_DEFINE_VUNMAP(f)
#define COMPAT_VUNMAP_OPS(f) .vunmap = f
#elif !defined(CMM_HAVE_MAP_PAGE)
#define COMPAT_DEFINE_VMAP(f) COMPAT_DEFINE_VMAP_POINTER(f)
#define COMPAT_VMAP_OPS(f) .vmap = compat_##f
#define COMPAT_DEFINE_VUNMAP(f) COMPAT_DEFINE_VUNMAP_POINTER(f)
#define COMPAT_VUNMAP_OPS(f) .vunmap = compat_##f
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

#define COMPAT_DEFINE_VUNMAP(f)						\
COMPAT_DEFINE_VUNMAP_POINTER(f)						\
static void compat_##f##_page(struct dma_buf *dmabuf, unsigned long n,	\
			      void *vaddr)				\
{									\
	compat_##f(dmabuf, vaddr);					\
}

#define COMPAT_VUNMAP_OPS(f) .vunmap = compat_##f, .unmap = compat_##f##_page

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
 * Since 5.3, a dma-buf has a name that users can change. Since 5.8 and in some
 * stable kernels, a spinlock protects it. Without the lock, the driver does not use
 * the name.
 *
 * compat_dma_buf_set_name() sets the name of a dma-buf without a name. It takes
 * ownership of @name, which is from kmalloc(). compat_dma_buf_get_name() copies the
 * name and fills the rest with zeros. It returns false if there is no name.
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

	/* Usually there is no name. May miss a name that is set concurrently. */
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

/*
 * Until 5.15, poll() of a dma-buf waits for its fences without a reference on it. The
 * dma-buf core stops with BUG() if the dma-buf is released before. The importer whose
 * fence it is holds a reference, but only on its own dma-buf. So two dma-bufs must not
 * have the same fences on these kernels.
 */
#ifdef CMM_HAVE_DMA_BUF_CB_EXCL
#define COMPAT_SHARED_FENCES	false
#else
#define COMPAT_SHARED_FENCES	true
#endif

/*
 * Since 5.3, each dma-buf has an inode in a filesystem of dma-bufs. Before, all files
 * of anonymous inodes shared one inode.
 */
#include <linux/fs.h>
#include <linux/magic.h>

#ifdef DMA_BUF_MAGIC
#define COMPAT_DMA_BUF_INODES	true
#else
#define COMPAT_DMA_BUF_INODES	false
#endif

/* The inode number of a dma-buf, or 0 if it has no inode of its own. */
static inline u64 compat_dma_buf_inode(const struct dma_buf *dmabuf)
{
	return COMPAT_DMA_BUF_INODES ? file_inode(dmabuf->file)->i_ino : 0;
}

#endif /* _CMM_COMPAT_DMABUF_H */
