// SPDX-License-Identifier: GPL-2.0
/*
 * Attach: device mappings of a buffer. The model is told in attach.h.
 *
 * The extent is mapped as one, and the scatterlist is filled by hand: entries of
 * at most 2 GiB, since an entry's length has 32 bits, whose DMA addresses follow
 * each other. Caches are maintained here, by range, and only where it is due.
 */
#include <linux/dma-map-ops.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "attach.h"
#include "buffer.h"
#include "map.h"
#include "sync.h"
#include "trace.h"

/* The most bytes in one scatterlist entry. */
#define CMM_SEGMENT_SIZE	SZ_2G

/**
 * struct cmm_mapped_attachment - an attachment and its mapping
 * @base: the attachment as the buffer lists it; must be first
 * @sgt: the extent; its DMA addresses are valid while mapped
 * @only: the one entry that nearly every extent takes
 * @map: one reference, NULL while not mapped
 * @users: calls of map not yet undone
 * @read_only: the dma_buf that is attached does not let anybody write
 *
 * @map and @users are protected by the buffer's mutex.
 */
struct cmm_mapped_attachment {
	struct cmm_attachment base;
	struct sg_table sgt;
	struct scatterlist only;
	struct cmm_map *map;
	unsigned int users;
	bool read_only;
};

static inline struct cmm_mapped_attachment *
to_mapped(struct cmm_attachment *attachment)
{
	return container_of(attachment, struct cmm_mapped_attachment, base);
}

/*
 * Importers may look at the struct pages of memory in the kernel's linear map. The
 * kernel may have struct pages for other memory too, but kmap() or page_address()
 * of those is an address where nothing is mapped.
 */
static struct page *first_page(const struct cmm_buffer *buffer)
{
	if (buffer->zone->region.kind != CMM_KIND_LINEAR ||
	    cmm_zone_is_protected(buffer->zone))
		return NULL;
	return pfn_to_page(PHYS_PFN(buffer->grant.extent.start));
}

static int alloc_sgt(struct cmm_mapped_attachment *mapped, u64 size)
{
	struct sg_table *sgt = &mapped->sgt;

	if (size > CMM_SEGMENT_SIZE)
		return sg_alloc_table(sgt, DIV_ROUND_UP_ULL(size,
							    CMM_SEGMENT_SIZE),
				      GFP_KERNEL);
	sg_init_table(&mapped->only, 1);
	sgt->sgl = &mapped->only;
	sgt->nents = 1;
	sgt->orig_nents = 1;
	return 0;
}

static void free_sgt(struct cmm_mapped_attachment *mapped)
{
	if (mapped->sgt.sgl != &mapped->only)
		sg_free_table(&mapped->sgt);
}

static int fill_sgt(struct cmm_mapped_attachment *mapped,
		    const struct cmm_buffer *buffer)
{
	struct page *page = first_page(buffer);
	u64 left = buffer->grant.extent.size;
	struct scatterlist *sg;
	int ret, i;

	ret = alloc_sgt(mapped, left);
	if (ret)
		return ret;

	for_each_sgtable_sg(&mapped->sgt, sg, i) {
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

	ret = cmm_map_check(buffer, dev);
	if (ret)
		return ERR_PTR(ret);

	mapped = kzalloc(sizeof(*mapped), GFP_KERNEL);
	if (!mapped)
		return ERR_PTR(-ENOMEM);
	ret = fill_sgt(mapped, buffer);
	if (ret) {
		kfree(mapped);
		return ERR_PTR(ret);
	}

	mapped->read_only = read_only;
	mapped->base.buffer = buffer;
	mapped->base.dev = dev;
	mapped->base.coherent = cmm_map_snoops(&buffer->grant.extent, dev);
	cmm_buffer_add_attachment(&mapped->base);
	return &mapped->base;
}

static void unmap(struct cmm_mapped_attachment *mapped)
{
	if (!mapped->map)
		return;
	cmm_map_put(mapped->base.buffer, mapped->map);
	mapped->map = NULL;
}

static int map(struct cmm_mapped_attachment *mapped,
	       enum dma_data_direction dir)
{
	struct cmm_map *map;

	map = cmm_map_get(mapped->base.buffer, mapped->base.dev, dir);
	if (IS_ERR(map))
		return PTR_ERR(map);
	mapped->map = map;
	fill_dma_addresses(&mapped->sgt, map->addr);
	return 0;
}

/* See to it that the device has the access @dir; keeps a mapping that does. */
static int ensure_mapped(struct cmm_mapped_attachment *mapped,
			 enum dma_data_direction dir)
{
	if (dir != DMA_TO_DEVICE &&
	    (mapped->read_only || mapped->base.buffer->sealed))
		return -EACCES;
	if (!mapped->map)
		return map(mapped, dir);
	if (mapped->map->dir == dir || mapped->map->dir == DMA_BIDIRECTIONAL)
		return 0;
	if (mapped->users)
		return -EBUSY;
	unmap(mapped);
	return map(mapped, DMA_BIDIRECTIONAL);
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
	unmap(mapped);
	mutex_unlock(&buffer->lock);
	free_sgt(mapped);
	kfree(mapped);
}

/* Stays mapped, for the next time. */
static void end_use(struct cmm_mapped_attachment *mapped)
{
	struct cmm_buffer *buffer = mapped->base.buffer;

	mutex_lock(&buffer->lock);
	mapped->users--;
	mutex_unlock(&buffer->lock);
}

/**
 * cmm_attachment_map() - hand the buffer to the device
 * @attachment: the attachment
 * @dir: what the device is going to do with it
 *
 * Return: the scatterlist, valid until detach but to be used only until
 * cmm_attachment_unmap(), or an ERR_PTR: -ENOMEM, -EACCES if the device would
 * write and may not, -EBUSY if the importer already uses it for the other
 * direction only, or -EINTR if the process is being killed.
 */
struct sg_table *cmm_attachment_map(struct cmm_attachment *attachment,
				    enum dma_data_direction dir)
{
	struct cmm_mapped_attachment *mapped = to_mapped(attachment);
	struct cmm_buffer *buffer = attachment->buffer;
	bool dirty = false, made;
	int ret;

	mutex_lock(&buffer->lock);
	made = !mapped->map;
	ret = ensure_mapped(mapped, dir);
	if (!ret) {
		mapped->users++;
		dirty = buffer->cpu_touched;
	}
	mutex_unlock(&buffer->lock);
	if (ret)
		return ERR_PTR(ret);

	trace_cmm_map(attachment, dir, made);
	ret = cmm_sync_hand_over(attachment, dirty);
	if (ret) {
		end_use(mapped);
		return ERR_PTR(ret);
	}
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
	end_use(to_mapped(attachment));
	if (dir != DMA_TO_DEVICE)
		cmm_sync_take_back(attachment);
}
