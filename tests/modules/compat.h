/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat: the newest kernel's API of importers and drivers, on older kernels. Force-
 * included, as driver/compat/compat.h is.
 */
#ifndef _CMM_TEST_COMPAT_H
#define _CMM_TEST_COMPAT_H

/* The _unlocked functions exist since 6.2. Before, all functions took the lock. */
#ifndef CMM_HAVE_DMA_BUF_MAP_UNLOCKED
#define dma_buf_map_attachment_unlocked dma_buf_map_attachment
#define dma_buf_unmap_attachment_unlocked dma_buf_unmap_attachment
#endif

/* Before 5.11, dma_buf_vmap() returned a plain pointer. */
#ifndef CMM_HAVE_DMA_BUF_VMAP_UNLOCKED
#ifdef CMM_HAVE_DMA_BUF_VMAP_TO_MAP
#define dma_buf_vmap_unlocked dma_buf_vmap
#define dma_buf_vunmap_unlocked dma_buf_vunmap
#else
#define dma_buf_vmap_unlocked(dmabuf, map) \
	(((map)->vaddr = dma_buf_vmap(dmabuf)) ? 0 : -ENOMEM)
#define dma_buf_vunmap_unlocked(dmabuf, map) \
	dma_buf_vunmap(dmabuf, (map)->vaddr)
#endif
#endif

/* IOMMU domains are allocated for a device since 6.11, for a bus before. */
#ifndef CMM_HAVE_PAGING_DOMAIN_ALLOC
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommu.h>

static inline struct iommu_domain *
compat_iommu_paging_domain_alloc(struct device *dev)
{
	struct iommu_domain *domain = iommu_domain_alloc(dev->bus);

	return domain ? domain : ERR_PTR(-ENODEV);
}

#define iommu_paging_domain_alloc compat_iommu_paging_domain_alloc
#endif

/*
 * A platform driver's remove() returns void since 6.11. COMPAT_REMOVE_OP(f) is the
 * value for struct platform_driver, with a new-style f.
 */
#ifdef CMM_HAVE_VOID_REMOVE
#define COMPAT_DEFINE_REMOVE(f)
#define COMPAT_REMOVE_OP(f) f
#else
struct platform_device;

#define COMPAT_DEFINE_REMOVE(f)						\
static int compat_##f(struct platform_device *pdev)			\
{									\
	f(pdev);							\
	return 0;							\
}

#define COMPAT_REMOVE_OP(f) compat_##f
#endif

/* An AMBA driver's remove() returns void since 5.12. */
#ifdef CMM_HAVE_AMBA_VOID_REMOVE
#define COMPAT_DEFINE_AMBA_REMOVE(f)
#define COMPAT_AMBA_REMOVE_OP(f) f
#else
struct amba_device;

#define COMPAT_DEFINE_AMBA_REMOVE(f)					\
static int compat_##f(struct amba_device *adev)				\
{									\
	f(adev);							\
	return 0;							\
}

#define COMPAT_AMBA_REMOVE_OP(f) compat_##f
#endif

#endif /* _CMM_TEST_COMPAT_H */
