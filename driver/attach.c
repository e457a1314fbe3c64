// SPDX-License-Identifier: GPL-2.0
/*
 * Attach: importers' attachments. The model is in attach.h.
 *
 * The scatterlist is filled by hand. Each entry has at most 2 GiB, since its length
 * has 32 bits. The DMA addresses are contiguous.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "attach.h"
#include "binding.h"
#include "buffer.h"
#include "mapping.h"
#include "sync.h"
#include "trace.h"

/* Maximum bytes in one scatterlist entry. */
#define CMM_SEGMENT_SIZE	SZ_2G

/**
 * struct cmm_attachment - a device that an importer has attached to a dma_buf
 * @use: in the buffer's list
 * @dmabuf: the dma_buf, which the importer holds
 * @binding: the device; one reference
 * @sgt: the dma_buf's part; its DMA addresses are valid while there is a mapping
 * @only: embedded entry, used if the part needs only one
 * @mapping: one reference, or NULL before the first map
 * @users: map calls that are not undone yet
 *
 * @mapping and @users are protected by the buffer's lock.
 */
struct cmm_attachment {
	struct cmm_device_use use;
	struct cmm_dmabuf *dmabuf;
	struct cmm_binding *binding;
	struct sg_table sgt;
	struct scatterlist only;
	struct cmm_mapping *mapping;
	unsigned int users;
};

/*
 * Importers get struct pages only for memory in the kernel's linear map. The kernel
 * may have struct pages for other memory too, but their kmap() or page_address() is
 * an unmapped address.
 */
static struct page *attach_first_page(const struct cmm_dmabuf *dmabuf)
{
	const struct cmm_buffer *buffer = dmabuf->buffer;

	if (buffer->zone->region.kind != CMM_KIND_LINEAR ||
	    cmm_zone_is_protected(buffer->zone))
		return NULL;
	return pfn_to_page(PHYS_PFN(cmm_dmabuf_phys(dmabuf)));
}

static int attach_alloc_sgt(struct cmm_attachment *attachment, u64 size)
{
	struct sg_table *sgt = &attachment->sgt;

	if (size > CMM_SEGMENT_SIZE)
		return sg_alloc_table(sgt, DIV_ROUND_UP_ULL(size,
							    CMM_SEGMENT_SIZE),
				      GFP_KERNEL_ACCOUNT);
	sg_init_table(&attachment->only, 1);
	sgt->sgl = &attachment->only;
	sgt->nents = 1;
	sgt->orig_nents = 1;
	return 0;
}

static void attach_free_sgt(struct cmm_attachment *attachment)
{
	if (attachment->sgt.sgl != &attachment->only)
		sg_free_table(&attachment->sgt);
}

static int attach_fill_sgt(struct cmm_attachment *attachment)
{
	struct page *page = attach_first_page(attachment->dmabuf);
	u64 left = attachment->dmabuf->part.size;
	struct scatterlist *sg;
	int ret, i;

	ret = attach_alloc_sgt(attachment, left);
	if (ret)
		return ret;

	for_each_sgtable_sg(&attachment->sgt, sg, i) {
		u64 len = min_t(u64, left, CMM_SEGMENT_SIZE);

		sg_set_page(sg, page, len, 0);
		if (page)
			page += len >> PAGE_SHIFT;
		left -= len;
	}
	return 0;
}

static void attach_fill_addresses(struct sg_table *sgt, dma_addr_t addr)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_sg(sgt, sg, i) {
		sg_dma_address(sg) = addr;
		sg_dma_len(sg) = sg->length;
		addr += sg->length;
	}
}

static void attach_free(struct cmm_attachment *attachment)
{
	attach_free_sgt(attachment);
	cmm_binding_put(attachment->binding);
	kfree(attachment);
}

static struct cmm_attachment *attach_create(struct cmm_dmabuf *dmabuf,
					    struct device *dev)
{
	struct cmm_attachment *attachment;
	int ret;

	attachment = kzalloc(sizeof(*attachment), GFP_KERNEL_ACCOUNT);
	if (!attachment)
		return ERR_PTR(-ENOMEM);
	attachment->dmabuf = dmabuf;
	attachment->binding = cmm_binding_of(dev);
	if (IS_ERR(attachment->binding)) {
		ret = PTR_ERR(attachment->binding);
		goto free;
	}
	attachment->use.device = attachment->binding->name;
	ret = attach_fill_sgt(attachment);
	if (ret)
		goto put_binding;
	return attachment;

put_binding:
	cmm_binding_put(attachment->binding);
free:
	kfree(attachment);
	return ERR_PTR(ret);
}

/* Count the device, if the dma_buf's part can be mapped for it. */
static int attach_add_use(struct cmm_attachment *attachment)
{
	struct cmm_buffer *buffer = attachment->dmabuf->buffer;
	int ret;

	mutex_lock(&buffer->lock);
	ret = cmm_mapping_check(attachment->dmabuf, attachment->binding,
				&attachment->use.coherent);
	if (!ret)
		cmm_buffer_add_use(buffer, &attachment->use);
	mutex_unlock(&buffer->lock);
	if (ret && cmm_binding_is_over(attachment->binding))
		return -ENODEV;
	return ret;
}

/**
 * cmm_attach() - attach a device to a dma_buf
 * @dmabuf: the dma_buf; outlives the attachment
 * @dev: the importing device
 *
 * Return: an attachment, not mapped yet, or an ERR_PTR: -EOPNOTSUPP if the device
 * can't address the dma_buf's part and has no IOMMU, or if it does not snoop but the zone is
 * declared coherent; -ENODEV if the device's driver is unbound or about to be;
 * -ENOMEM.
 */
struct cmm_attachment *cmm_attach(struct cmm_dmabuf *dmabuf, struct device *dev)
{
	struct cmm_attachment *attachment = attach_create(dmabuf, dev);
	int ret;

	if (IS_ERR(attachment))
		return attachment;
	ret = attach_add_use(attachment);
	if (ret) {
		attach_free(attachment);
		return ERR_PTR(ret);
	}
	return attachment;
}

/**
 * cmm_detach() - free an attachment and drop its reference on a mapping
 * @attachment: freed
 */
void cmm_detach(struct cmm_attachment *attachment)
{
	struct cmm_buffer *buffer = attachment->dmabuf->buffer;
	struct cmm_mapping *unused = NULL;

	mutex_lock(&buffer->lock);
	cmm_buffer_remove_use(buffer, &attachment->use);
	if (attachment->mapping)
		unused = cmm_mapping_drop(attachment->mapping);
	mutex_unlock(&buffer->lock);
	cmm_mapping_free(unused);
	attach_free(attachment);
}

/*
 * Find a mapping that gives the device the access @dir. If the current mapping does
 * not, a bidirectional one replaces it, unless the current one is in use.
 */
static struct cmm_mapping *
attach_find_mapping(struct cmm_attachment *attachment,
		    enum dma_data_direction dir, bool *made)
{
	struct cmm_mapping *mapping = attachment->mapping;
	struct cmm_dmabuf *dmabuf = attachment->dmabuf;

	*made = false;
	if (dir != DMA_TO_DEVICE &&
	    (dmabuf->read_only || dmabuf->buffer->sealed))
		return ERR_PTR(-EACCES);
	if (mapping) {
		if (READ_ONCE(attachment->binding->gone))
			return ERR_PTR(-ENODEV);
		if (mapping->dir == dir || mapping->dir == DMA_BIDIRECTIONAL)
			return mapping;
		if (attachment->users)
			return ERR_PTR(-EBUSY);
		dir = DMA_BIDIRECTIONAL;
	}
	return cmm_mapping_get(dmabuf, attachment->binding, dir,
			       attachment->use.coherent, made);
}

/*
 * The device's access is over. sync_for_cpu comes first: after the end of the use,
 * an unbind may end the mapping and a user may seal the buffer.
 */
static void attach_end_use(struct cmm_attachment *attachment, bool written)
{
	struct cmm_mapping *mapping = attachment->mapping;
	struct cmm_buffer *buffer = attachment->dmabuf->buffer;

	if (written && !READ_ONCE(mapping->ended))
		cmm_sync_for_cpu(buffer, &mapping->part, mapping->coherent);
	mutex_lock(&buffer->lock);
	attachment->users--;
	cmm_mapping_end_use(mapping);
	/* All users did sync_for_cpu, so the end of the mapping need not do it. */
	if (written && !mapping->users)
		mapping->written = false;
	mutex_unlock(&buffer->lock);
}

/**
 * cmm_attachment_map() - map the dma_buf's part and sync it for the device
 * @attachment: the attachment
 * @dir: access of the device
 *
 * Return: the scatterlist, or an ERR_PTR: -ENOMEM; -EACCES if the device must not
 * write; -EBUSY if the importer already uses the part in the other direction only;
 * -ENODEV if the driver that the device had at cmm_attach() is unbound or about to
 * be; or -EINTR if the process is being killed. The scatterlist is freed at detach.
 * Use it only until cmm_attachment_unmap().
 */
struct sg_table *cmm_attachment_map(struct cmm_attachment *attachment,
				    enum dma_data_direction dir)
{
	struct cmm_buffer *buffer = attachment->dmabuf->buffer;
	struct cmm_mapping *mapping, *unused = NULL;
	bool made;
	int ret;

	mutex_lock(&buffer->lock);
	mapping = attach_find_mapping(attachment, dir, &made);
	if (IS_ERR(mapping)) {
		mutex_unlock(&buffer->lock);
		return ERR_CAST(mapping);
	}
	if (mapping != attachment->mapping) {
		if (attachment->mapping)
			unused = cmm_mapping_drop(attachment->mapping);
		attachment->mapping = mapping;
		attach_fill_addresses(&attachment->sgt, mapping->addr);
	}
	attachment->users++;
	cmm_mapping_begin_use(mapping, dir);
	trace_cmm_map(mapping, dir, made);
	mutex_unlock(&buffer->lock);

	cmm_mapping_free(unused);
	ret = cmm_sync_for_device(buffer, &mapping->part, mapping->coherent);
	if (ret) {
		attach_end_use(attachment, false);
		return ERR_PTR(ret);
	}
	return &attachment->sgt;
}

/**
 * cmm_attachment_unmap() - sync the part for the CPU after the device's access
 * @attachment: the attachment; stays mapped for the next map call
 * @dir: the same as in cmm_attachment_map()
 */
void cmm_attachment_unmap(struct cmm_attachment *attachment,
			  enum dma_data_direction dir)
{
	attach_end_use(attachment, dir != DMA_TO_DEVICE);
}
