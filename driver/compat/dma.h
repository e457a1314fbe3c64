/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat, DMA: mappings for devices.
 */
#ifndef _CMM_COMPAT_DMA_H
#define _CMM_COMPAT_DMA_H

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

/* DMA_MAPPING_ERROR exists since 5.0. Before, the value depended on the bus. */
#ifndef DMA_MAPPING_ERROR
#define DMA_MAPPING_ERROR (~(dma_addr_t)0)

static inline dma_addr_t compat_mapped(struct device *dev, dma_addr_t addr)
{
	return dma_mapping_error(dev, addr) ? DMA_MAPPING_ERROR : addr;
}

static inline dma_addr_t
compat_dma_map_page_attrs(struct device *dev, struct page *page, size_t offset,
			  size_t size, enum dma_data_direction dir,
			  unsigned long attrs)
{
	return compat_mapped(dev, dma_map_page_attrs(dev, page, offset, size,
						     dir, attrs));
}

static inline dma_addr_t
compat_dma_map_resource(struct device *dev, phys_addr_t phys, size_t size,
			enum dma_data_direction dir, unsigned long attrs)
{
	return compat_mapped(dev, dma_map_resource(dev, phys, size, dir,
						   attrs));
}

#define dma_map_page_attrs compat_dma_map_page_attrs
#define dma_map_resource compat_dma_map_resource
#define dma_mapping_error(dev, addr) ((addr) == DMA_MAPPING_ERROR)
#endif

/*
 * A device has a coherent flag with accessors since 7.1. Before, it has a bit if the
 * architecture needs one. If it has neither, the driver's own devices do not count
 * as coherent, or it makes no difference.
 */
#ifndef CMM_HAVE_DMA_COHERENT_FLAG
static inline void compat_clear_dma_coherent(struct device *dev)
{
#if defined(CMM_HAVE_DMA_COHERENT_BIT) &&				\
	(defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE) ||		\
	 defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU) ||			\
	 defined(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU_ALL))
	dev->dma_coherent = false;
#endif
}

#define dev_clear_dma_coherent compat_clear_dma_coherent
#endif

/*
 * Since 6.18, dma_map_phys() maps memory with and without struct pages. Before,
 * dma_map_page_attrs() maps memory with struct pages, and dma_map_resource() memory
 * without. On some kernels, each refuses the other kind. So the unmap needs the
 * physical address too.
 */
#ifdef CMM_HAVE_DMA_MAP_PHYS
static inline bool compat_dma_takes_for_mmio(phys_addr_t phys, size_t size)
{
	return false;
}

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

/*
 * dma_map_resource() treats memory as device registers. With an IOMMU, it maps them
 * so that no device snoops. Without one, it does not add the offset of the bus.
 */
static inline bool compat_dma_takes_for_mmio(phys_addr_t phys, size_t size)
{
	return !cmm_has_pages(phys, size);
}

static inline dma_addr_t compat_dma_map_phys(struct device *dev,
					     phys_addr_t phys, size_t size,
					     enum dma_data_direction dir,
					     unsigned long attrs)
{
	if (cmm_has_pages(phys, size))
		return dma_map_page_attrs(dev, pfn_to_page(PHYS_PFN(phys)), 0,
					  size, dir, attrs);
	return dma_map_resource(dev, phys, size, dir, attrs);
}

#define dma_map_phys compat_dma_map_phys

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
 * T-Head's own kernels clean and invalidate in one pass before a bidirectional
 * access of a device. Mainline riscv cleans before the access and invalidates after
 * it.
 */
#ifdef CMM_HAVE_DMA_WBINV_RANGE
#define COMPAT_DMA_FLUSHES true
#else
#define COMPAT_DMA_FLUSHES false
#endif

/* The address range of a bus is a limit since 5.5, a mask before. */
#ifndef CMM_HAVE_BUS_DMA_LIMIT
#ifndef CMM_HAVE_BUS_DMA_MASK
#error "This kernel tells what a bus can address in a way that CMM does not know."
#endif
#define bus_dma_limit bus_dma_mask
#endif

/* Bounce buffers for a single device exist since 5.15. */
#ifndef CMM_HAVE_SWIOTLB_FORCE_BOUNCE
static inline bool compat_is_swiotlb_force_bounce(struct device *dev)
{
	return false;
}

#define is_swiotlb_force_bounce compat_is_swiotlb_force_bounce
#endif

/*
 * Returns the device's own DMA operations, or NULL if it has none. get_dma_ops()
 * would return the architecture's operations instead of NULL, and set_dma_ops()
 * would make them the device's own. Kernels without such operations do not have the
 * member.
 */
static inline const struct dma_map_ops *compat_dma_ops(const struct device *dev)
{
#if !defined(CMM_HAVE_OPTIONAL_DMA_OPS) || defined(CONFIG_DMA_OPS) ||	\
	defined(CONFIG_ARCH_HAS_DMA_OPS)
	return dev->dma_ops;
#else
	return NULL;
#endif
}

/*
 * Whether the DMA API maps through a device's IOMMU, if that translates. Up to 6.10,
 * the device needs DMA operations for that. The driver core sets them before probe()
 * and clears them after remove(). Since 6.11, it depends only on the IOMMU.
 */
static inline bool compat_dma_follows_iommu(const struct device *dev)
{
#ifdef CMM_HAVE_DMA_IOMMU_FLAG
	return true;
#else
	return compat_dma_ops(dev);
#endif
}

/*
 * Since 5.19, drivers that manage all DMA of a device themselves, such as VFIO, set
 * a flag. Before, such a device has a domain that is not from the DMA API. The
 * function checks the built-in buses (bus.h).
 */
#ifdef CMM_HAVE_AMBA_BUS
#include <linux/amba/bus.h>
#endif
#ifdef CMM_HAVE_FSL_MC_BUS
#include <linux/fsl/mc.h>
#endif
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#ifdef CMM_HAVE_DRIVER_MANAGED_DMA
static inline bool compat_driver_manages_dma(struct device *dev)
{
#ifdef CMM_HAVE_AMBA_BUS
	if (dev->bus == &amba_bustype)
		return container_of(dev->driver, struct amba_driver,
				    drv)->driver_managed_dma;
#endif
#ifdef CMM_HAVE_FSL_MC_BUS
	if (dev_is_fsl_mc(dev))
		return container_of(dev->driver, struct fsl_mc_driver,
				    driver)->driver_managed_dma;
#endif
	if (dev_is_pci(dev))
		return to_pci_driver(dev->driver)->driver_managed_dma;
	return dev_is_platform(dev) &&
	       to_platform_driver(dev->driver)->driver_managed_dma;
}
#else
static inline bool compat_driver_manages_dma(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && domain->type == IOMMU_DOMAIN_UNMANAGED;
}
#endif

/*
 * Whether an unmap leaves the translation in the IOTLB for a while. A domain has a
 * type for that since 5.15. In 5.13 and 5.14 it is a property, and before an
 * attribute. 4.19 has no such domains on arm64.
 */
static inline bool compat_iommu_is_lazy(struct iommu_domain *domain)
{
#if defined(IOMMU_DOMAIN_DMA_FQ)
	return domain->type == IOMMU_DOMAIN_DMA_FQ;
#elif defined(CMM_HAVE_GET_DMA_STRICT)
	return !iommu_get_dma_strict(domain);
#elif defined(CMM_HAVE_ATTR_FLUSH_QUEUE)
	int lazy;

	return !iommu_domain_get_attr(domain, DOMAIN_ATTR_DMA_USE_FLUSH_QUEUE,
				      &lazy) && lazy;
#else
	return false;
#endif
}

#ifndef CMM_HAVE_FLUSH_IOTLB_ALL
#define iommu_flush_iotlb_all(domain) iommu_flush_tlb_all(domain)
#endif

/* for_each_sgtable_sg() exists since 5.8. */
#ifndef for_each_sgtable_sg
#define for_each_sgtable_sg(sgt, sg, i) \
	for_each_sg((sgt)->sgl, sg, (sgt)->orig_nents, i)
#endif

#endif /* _CMM_COMPAT_DMA_H */
