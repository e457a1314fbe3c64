// SPDX-License-Identifier: GPL-2.0
/*
 * Attach: device mappings of a buffer. The model is told in attach.h.
 *
 * The extent is mapped by one call of the DMA API and the scatterlist is filled
 * by hand: entries of at most 2 GiB, since an entry's length has 32 bits, whose
 * DMA addresses follow each other. Cache maintenance is never left to that
 * call; it is done here, by range, and only where it is due.
 */
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>

#include "attach.h"
#include "buffer.h"
#include "trace.h"

/* The most bytes in one scatterlist entry. */
#define CMM_SEGMENT_SIZE	SZ_2G

/**
 * struct cmm_mapped_attachment - an attachment and its mapping
 * @base: the attachment as the buffer lists it; must be first
 * @sgt: the extent; its DMA addresses are valid while @addr is
 * @addr: DMA address, DMA_MAPPING_ERROR while not mapped
 * @dir: what the device may do; valid while mapped
 * @users: calls of map not yet undone
 * @read_only: the dma_buf that is attached does not let anybody write
 *
 * @addr, @dir and @users are protected by the buffer's mutex.
 */
struct cmm_mapped_attachment {
	struct cmm_attachment base;
	struct sg_table sgt;
	dma_addr_t addr;
	enum dma_data_direction dir;
	unsigned int users;
	bool read_only;
};

static inline struct cmm_mapped_attachment *
to_mapped(struct cmm_attachment *attachment)
{
	return container_of(attachment, struct cmm_mapped_attachment, base);
}

/* Whether the DMA API maps for the device through an IOMMU. */
static bool is_translated(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && (domain->type & __IOMMU_DOMAIN_DMA_API);
}

/*
 * Whether a device without translation can address the whole extent itself.
 * Asked before the DMA API is, which would copy to a bounce buffer instead.
 */
static bool can_reach(struct device *dev, const struct cmm_extent *extent)
{
	dma_addr_t first = phys_to_dma(dev, extent->start);
	dma_addr_t last = first + extent->size - 1;

	return !is_swiotlb_force_bounce(dev) && first != DMA_MAPPING_ERROR &&
	       last <= min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
}

/*
 * Where the kernel has struct pages, importers may want to look at them; but not
 * where the CPU must not look.
 */
static struct page *first_page(const struct cmm_buffer *buffer)
{
	const struct cmm_extent *extent = &buffer->grant.extent;
	u64 last = extent->start + extent->size - 1;

	if (cmm_zone_is_protected(buffer->zone) ||
	    !pfn_valid(PHYS_PFN(extent->start)) ||
	    !pfn_valid(PHYS_PFN(last)))
		return NULL;
	return pfn_to_page(PHYS_PFN(extent->start));
}

static int fill_sgt(struct sg_table *sgt, const struct cmm_buffer *buffer)
{
	struct page *page = first_page(buffer);
	u64 left = buffer->grant.extent.size;
	struct scatterlist *sg;
	int ret, i;

	ret = sg_alloc_table(sgt, DIV_ROUND_UP_ULL(left, CMM_SEGMENT_SIZE),
			     GFP_KERNEL);
	if (ret)
		return ret;

	for_each_sgtable_sg(sgt, sg, i) {
		u64 len = min_t(u64, left, CMM_SEGMENT_SIZE);

		sg_set_page(sg, page, len, 0);
		if (page)
			page += len >> PAGE_SHIFT;
		left -= len;
	}
	return 0;
}

static void fill_dma_addresses(struct sg_table *sgt, dma_addr_t addr)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_sg(sgt, sg, i) {
		sg_dma_address(sg) = addr;
		sg_dma_len(sg) = sg->length;
		addr += sg->length;
	}
}

/**
 * cmm_attach() - attach a device to a buffer
 * @buffer: the buffer; outlives the attachment
 * @dev: the importing device
 * @read_only: the device may only read
 *
 * Return: an attachment, not mapped yet, or an ERR_PTR: -EOPNOTSUPP if the
 * device cannot address the buffer by itself and no IOMMU helps it, or does not
 * snoop though the zone is declared coherent; -ENOMEM.
 */
struct cmm_attachment *cmm_attach(struct cmm_buffer *buffer, struct device *dev,
				  bool read_only)
{
	struct cmm_mapped_attachment *mapped;
	int ret;

	if (!dev->dma_mask ||
	    (!is_translated(dev) && !can_reach(dev, &buffer->grant.extent)))
		return ERR_PTR(-EOPNOTSUPP);
	if (buffer->zone->flags & CMM_ZONE_COHERENT &&
	    !dev_is_dma_coherent(dev))
		return ERR_PTR(-EOPNOTSUPP);

	mapped = kzalloc(sizeof(*mapped), GFP_KERNEL);
	if (!mapped)
		return ERR_PTR(-ENOMEM);
	ret = fill_sgt(&mapped->sgt, buffer);
	if (ret) {
		kfree(mapped);
		return ERR_PTR(ret);
	}

	mapped->addr = DMA_MAPPING_ERROR;
	mapped->read_only = read_only;
	mapped->base.buffer = buffer;
	mapped->base.dev = dev;
	mapped->base.coherent = dev_is_dma_coherent(dev);
	cmm_buffer_add_attachment(&mapped->base);
	return &mapped->base;
}

static void unmap_extent(struct cmm_mapped_attachment *mapped)
{
	struct cmm_buffer *buffer = mapped->base.buffer;
	const struct cmm_extent *extent = &buffer->grant.extent;

	lockdep_assert_held(&buffer->lock);
	if (mapped->addr == DMA_MAPPING_ERROR)
		return;
	compat_dma_unmap_phys(mapped->base.dev, extent->start, mapped->addr,
			      extent->size, mapped->dir,
			      DMA_ATTR_SKIP_CPU_SYNC);
	mapped->addr = DMA_MAPPING_ERROR;
	if (mapped->dir != DMA_TO_DEVICE)
		buffer->writers--;
}

static int map_extent(struct cmm_mapped_attachment *mapped,
		      enum dma_data_direction dir)
{
	struct cmm_buffer *buffer = mapped->base.buffer;
	const struct cmm_extent *extent = &buffer->grant.extent;
	struct device *dev = mapped->base.dev;
	dma_addr_t addr;

	lockdep_assert_held(&buffer->lock);
	addr = dma_map_phys(dev, extent->start, extent->size, dir,
			    DMA_ATTR_SKIP_CPU_SYNC);
	if (dma_mapping_error(dev, addr))
		return -ENOMEM;
	mapped->addr = addr;
	mapped->dir = dir;
	if (dir != DMA_TO_DEVICE)
		buffer->writers++;
	fill_dma_addresses(&mapped->sgt, addr);
	return 0;
}

/* See to it that the device has the access @dir; keeps a mapping that does. */
static int ensure_mapped(struct cmm_mapped_attachment *mapped,
			 enum dma_data_direction dir)
{
	if (dir != DMA_TO_DEVICE &&
	    (mapped->read_only || mapped->base.buffer->sealed))
		return -EACCES;
	if (mapped->addr == DMA_MAPPING_ERROR)
		return map_extent(mapped, dir);
	if (mapped->dir == dir || mapped->dir == DMA_BIDIRECTIONAL)
		return 0;
	if (mapped->users)
		return -EBUSY;
	unmap_extent(mapped);
	return map_extent(mapped, DMA_BIDIRECTIONAL);
}

/**
 * cmm_detach() - end an attachment and its mapping
 * @attachment: freed
 */
void cmm_detach(struct cmm_attachment *attachment)
{
	struct cmm_mapped_attachment *mapped = to_mapped(attachment);
	struct cmm_buffer *buffer = attachment->buffer;

	cmm_buffer_remove_attachment(attachment);
	mutex_lock(&buffer->lock);
	unmap_extent(mapped);
	mutex_unlock(&buffer->lock);
	sg_free_table(&mapped->sgt);
	kfree(mapped);
}

/* Whether what the CPU and this device do must be ordered by maintenance. */
static bool needs_maintenance(const struct cmm_attachment *attachment)
{
	return cmm_buffer_is_incoherent(attachment->buffer,
					attachment->coherent);
}

/*
 * From the CPU to the device. Of a write-combined buffer, the caches may have
 * older lines than memory has, and a device that snoops finds them.
 */
static void hand_over(struct cmm_buffer *buffer, bool dirty)
{
	if (cmm_buffer_is_wc(buffer))
		cmm_buffer_flush(buffer);
	else if (dirty)
		cmm_buffer_clean(buffer);
}

/* And back: what such a device wrote may be in the caches, and is not lost. */
static void take_back(struct cmm_buffer *buffer)
{
	if (cmm_buffer_is_wc(buffer))
		cmm_buffer_flush(buffer);
	else
		cmm_buffer_invalidate(buffer);
}

/**
 * cmm_attachment_map() - hand the buffer to the device
 * @attachment: the attachment
 * @dir: what the device is going to do with it
 *
 * Return: the scatterlist, valid until detach but to be used only until
 * cmm_attachment_unmap(), or an ERR_PTR: -ENOMEM, -EACCES if the device would
 * write and may not, or -EBUSY if the importer already uses it for the other
 * direction only.
 */
struct sg_table *cmm_attachment_map(struct cmm_attachment *attachment,
				    enum dma_data_direction dir)
{
	struct cmm_mapped_attachment *mapped = to_mapped(attachment);
	struct cmm_buffer *buffer = attachment->buffer;
	bool dirty = false, made;
	int ret;

	mutex_lock(&buffer->lock);
	made = mapped->addr == DMA_MAPPING_ERROR;
	ret = ensure_mapped(mapped, dir);
	if (!ret) {
		mapped->users++;
		dirty = buffer->cpu_touched;
	}
	mutex_unlock(&buffer->lock);
	if (ret)
		return ERR_PTR(ret);

	trace_cmm_map(attachment, dir, made);
	if (needs_maintenance(attachment))
		hand_over(buffer, dirty);
	return &mapped->sgt;
}

/**
 * cmm_attachment_unmap() - take the buffer back from the device
 * @attachment: the attachment; stays mapped, for the next time
 * @dir: what the device was going to do with it
 */
void cmm_attachment_unmap(struct cmm_attachment *attachment,
			  enum dma_data_direction dir)
{
	struct cmm_mapped_attachment *mapped = to_mapped(attachment);
	struct cmm_buffer *buffer = attachment->buffer;

	mutex_lock(&buffer->lock);
	mapped->users--;
	mutex_unlock(&buffer->lock);

	if (dir != DMA_TO_DEVICE && needs_maintenance(attachment))
		take_back(buffer);
}
