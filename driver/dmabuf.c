// SPDX-License-Identifier: GPL-2.0
/*
 * Dmabuf: the exporter's operations, each of them a call on the buffer.
 *
 * The dma_buf owns its buffer. It pins the module, but neither the zone's node
 * nor its platform device: everything here works on after an unbind.
 *
 * Whether importers hold the reservation lock around attach and map depends on
 * the kernel, so nothing here relies on it.
 */
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>

#include "attach.h"
#include "buffer.h"
#include "dmabuf.h"
#include "mmap.h"
#include "sync.h"

static int cmm_dmabuf_attach(struct dma_buf *dmabuf,
			     struct dma_buf_attachment *attach)
{
	struct cmm_attachment *attachment;

	attachment = cmm_attach(dmabuf->priv, attach->dev);
	if (IS_ERR(attachment))
		return PTR_ERR(attachment);
	attach->priv = attachment;
	return 0;
}

static void cmm_dmabuf_detach(struct dma_buf *dmabuf,
			      struct dma_buf_attachment *attach)
{
	cmm_detach(attach->priv);
}

static struct sg_table *
cmm_dmabuf_map_dma_buf(struct dma_buf_attachment *attach,
		       enum dma_data_direction dir)
{
	return cmm_attachment_map(attach->priv, dir);
}

static void cmm_dmabuf_unmap_dma_buf(struct dma_buf_attachment *attach,
				     struct sg_table *sgt,
				     enum dma_data_direction dir)
{
	cmm_attachment_unmap(attach->priv, dir);
}

static int cmm_dmabuf_begin_cpu_access(struct dma_buf *dmabuf,
				       enum dma_data_direction dir)
{
	struct cmm_buffer *buffer = dmabuf->priv;
	int ret;

	ret = cmm_sync_wait(dmabuf, dir);
	if (!ret)
		cmm_sync_begin(buffer, 0, buffer->params.size, dir);
	return ret;
}

static int cmm_dmabuf_end_cpu_access(struct dma_buf *dmabuf,
				     enum dma_data_direction dir)
{
	struct cmm_buffer *buffer = dmabuf->priv;

	cmm_sync_end(buffer, 0, buffer->params.size, dir);
	return 0;
}

static int cmm_dmabuf_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	return cmm_buffer_mmap(dmabuf->priv, vma);
}

static int cmm_dmabuf_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	void *vaddr = cmm_buffer_vmap(dmabuf->priv);

	if (!vaddr)
		return -ENOMEM;
	iosys_map_set_vaddr(map, vaddr);
	return 0;
}

COMPAT_DEFINE_VMAP(cmm_dmabuf_vmap)

static void cmm_dmabuf_release(struct dma_buf *dmabuf)
{
	struct cmm_buffer *buffer = dmabuf->priv;

	cmm_buffer_vunmap(buffer);
	cmm_buffer_destroy(buffer);
}

static const struct dma_buf_ops cmm_dmabuf_ops = {
	.attach = cmm_dmabuf_attach,
	.detach = cmm_dmabuf_detach,
	.map_dma_buf = cmm_dmabuf_map_dma_buf,
	.unmap_dma_buf = cmm_dmabuf_unmap_dma_buf,
	.begin_cpu_access = cmm_dmabuf_begin_cpu_access,
	.end_cpu_access = cmm_dmabuf_end_cpu_access,
	.mmap = cmm_dmabuf_mmap,
	/* No vunmap: the address is the zone's, or the buffer's until its end. */
	COMPAT_VMAP_OPS(cmm_dmabuf_vmap),
	.release = cmm_dmabuf_release,
};

/**
 * cmm_dmabuf_export() - wrap a buffer in a dma_buf
 * @buffer: becomes the dma_buf's on success, and is then ended by the last
 *	dma_buf_put(); stays the caller's on failure
 *
 * Return: a dma_buf with one reference, without a descriptor, or an ERR_PTR.
 */
struct dma_buf *cmm_dmabuf_export(struct cmm_buffer *buffer)
{
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);

	exp_info.ops = &cmm_dmabuf_ops;
	exp_info.size = buffer->params.size;
	exp_info.flags = O_RDWR;
	exp_info.priv = buffer;
	return dma_buf_export(&exp_info);
}

/**
 * cmm_dmabuf_get() - the dma_buf behind a user's descriptor
 * @zone: the zone that its buffer must be of
 * @fd: any descriptor
 *
 * Return: a dma_buf with one more reference, or an ERR_PTR: -EBADF if it is
 * none, -EXDEV if it is not of @zone.
 */
struct dma_buf *cmm_dmabuf_get(const struct cmm_zone *zone, int fd)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);
	struct cmm_buffer *buffer;

	if (IS_ERR(dmabuf))
		return ERR_PTR(-EBADF);
	buffer = cmm_dmabuf_buffer(dmabuf);
	if (buffer && buffer->zone == zone)
		return dmabuf;
	dma_buf_put(dmabuf);
	return ERR_PTR(-EXDEV);
}

/**
 * cmm_dmabuf_buffer() - the buffer behind a dma_buf
 * @dmabuf: any dma_buf
 *
 * Return: the buffer, alive as long as the caller's reference on @dmabuf, or
 * NULL if another exporter made it.
 */
struct cmm_buffer *cmm_dmabuf_buffer(const struct dma_buf *dmabuf)
{
	return dmabuf->ops == &cmm_dmabuf_ops ? dmabuf->priv : NULL;
}
