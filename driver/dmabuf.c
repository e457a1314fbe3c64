// SPDX-License-Identifier: GPL-2.0
/*
 * Dmabuf: the exporter's operations. Each is a call on the buffer.
 *
 * A dma_buf holds a reference on its buffer. It pins the module, but neither the
 * zone's node nor its platform device: all operations still work after an unbind.
 *
 * A buffer has one writable dma_buf from its creation, and any number of read-only
 * ones, called views. The ops pointer shows which one it is. The file mode does not:
 * the file of the writable dma_buf may be read-only, which restricts mappings of
 * this file but not devices.
 *
 * Whether importers hold the dma_resv lock around attach and map depends on the
 * kernel version. The code here does not rely on it.
 */
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "attach.h"
#include "buffer.h"
#include "dmabuf.h"
#include "mmap.h"
#include "sync.h"
#include "vmap.h"

static bool is_view(const struct dma_buf *dmabuf);

static int cmm_dmabuf_attach(struct dma_buf *dmabuf,
			     struct dma_buf_attachment *attach)
{
	struct cmm_attachment *attachment;

	attachment = cmm_attach(dmabuf->priv, attach->dev,
				is_view(dmabuf));
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

/**
 * cmm_dmabuf_check_access() - whether the CPU may access a buffer
 * @dmabuf: a dma_buf of this driver
 * @dir: the access; DMA_FROM_DEVICE means that the CPU only reads
 *
 * Return: 0, -EOPNOTSUPP if the zone is protected, or -EACCES if the CPU would write
 * but the dma_buf is read-only or the buffer is sealed.
 */
int cmm_dmabuf_check_access(const struct dma_buf *dmabuf,
			    enum dma_data_direction dir)
{
	const struct cmm_buffer *buffer = dmabuf->priv;

	if (cmm_zone_is_protected(buffer->zone))
		return -EOPNOTSUPP;
	if (dir != DMA_FROM_DEVICE && cmm_dmabuf_is_read_only(dmabuf))
		return -EACCES;
	return 0;
}

static int cmm_dmabuf_begin_cpu_access(struct dma_buf *dmabuf,
				       enum dma_data_direction dir)
{
	struct cmm_buffer *buffer = dmabuf->priv;
	int ret;

	ret = cmm_dmabuf_check_access(dmabuf, dir);
	if (!ret)
		ret = cmm_sync_wait(dmabuf, dir);
	if (!ret)
		ret = cmm_sync_begin(buffer, 0, buffer->params.size, dir);
	return ret;
}

static int cmm_dmabuf_end_cpu_access(struct dma_buf *dmabuf,
				     enum dma_data_direction dir)
{
	struct cmm_buffer *buffer = dmabuf->priv;
	int ret;

	ret = cmm_dmabuf_check_access(dmabuf, dir);
	if (!ret)
		ret = cmm_sync_end(buffer, 0, buffer->params.size, dir);
	return ret;
}

static int cmm_dmabuf_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	return cmm_buffer_mmap(dmabuf->priv, vma, is_view(dmabuf));
}

/*
 * A kernel mapping is always writable. Since 5.11, the dma-buf core warns once about
 * any error of this function. A buffer that was sealed after its export can be
 * refused only here.
 */
static int cmm_dmabuf_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct cmm_buffer *buffer = dmabuf->priv;
	void *vaddr;
	int ret;

	ret = cmm_buffer_add_writer(buffer);
	if (ret)
		return ret;
	vaddr = cmm_buffer_vmap(buffer);
	if (!vaddr) {
		cmm_buffer_remove_writer(buffer);
		return -ENOMEM;
	}
	iosys_map_set_vaddr(map, vaddr);
	return 0;
}

/* The mapping stays until the zone or the buffer that owns it is freed. */
static void cmm_dmabuf_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	cmm_buffer_remove_writer(dmabuf->priv);
}

COMPAT_DEFINE_VMAP(cmm_dmabuf_vmap)
COMPAT_DEFINE_VUNMAP(cmm_dmabuf_vunmap)

static void cmm_dmabuf_release(struct dma_buf *dmabuf)
{
	cmm_buffer_put_dmabuf(dmabuf->priv, dmabuf);
}

/* Common operations. The three tables differ only in vmap. */
#define CMM_DMABUF_OPS							\
	.attach = cmm_dmabuf_attach,					\
	.detach = cmm_dmabuf_detach,					\
	.map_dma_buf = cmm_dmabuf_map_dma_buf,				\
	.unmap_dma_buf = cmm_dmabuf_unmap_dma_buf,			\
	.begin_cpu_access = cmm_dmabuf_begin_cpu_access,		\
	.end_cpu_access = cmm_dmabuf_end_cpu_access,			\
	.mmap = cmm_dmabuf_mmap,					\
	.release = cmm_dmabuf_release

static const struct dma_buf_ops cmm_dmabuf_ops = {
	COMPAT_VMAP_OPS(cmm_dmabuf_vmap),
	COMPAT_VUNMAP_OPS(cmm_dmabuf_vunmap),
	CMM_DMABUF_OPS,
};

/* Read-only views: the dma-buf core refuses vmap. */
static const struct dma_buf_ops cmm_dmabuf_view_ops = {
	COMPAT_NO_VMAP_OPS
	CMM_DMABUF_OPS,
};

/* Protected memory, which the CPU must not access. */
static const struct dma_buf_ops cmm_dmabuf_protected_ops = {
	COMPAT_NO_VMAP_OPS
	CMM_DMABUF_OPS,
};

static bool is_view(const struct dma_buf *dmabuf)
{
	return dmabuf->ops == &cmm_dmabuf_view_ops;
}

/*
 * On success, the dma_buf owns the caller's reference on the buffer. The dma_buf
 * gets the name of the buffer, for the kernel's list of all dma-bufs.
 */
static struct dma_buf *export_as(struct cmm_buffer *buffer, const char *name,
				 const struct dma_buf_ops *ops, int flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);
	struct dma_buf *dmabuf;
	const char *copy = NULL;

	if (*name) {
		copy = kstrdup(name, GFP_KERNEL_ACCOUNT);
		if (!copy)
			return ERR_PTR(-ENOMEM);
	}
	exp_info.ops = ops;
	exp_info.size = buffer->params.size;
	exp_info.flags = flags;
	exp_info.resv = &buffer->resv;
	exp_info.priv = buffer;
	dmabuf = dma_buf_export(&exp_info);
	if (IS_ERR(dmabuf))
		kfree(copy);
	else if (copy)
		compat_dma_buf_set_name(dmabuf, copy);
	return dmabuf;
}

/**
 * cmm_dmabuf_export() - wrap a new buffer in a dma_buf
 * @buffer: on success, the dma_buf owns the caller's reference; on failure, the
 *	caller keeps it
 * @access: O_RDWR, O_RDONLY or O_WRONLY, for the dma_buf's file
 *
 * Return: a dma_buf with one reference, without a descriptor, or an ERR_PTR.
 */
struct dma_buf *cmm_dmabuf_export(struct cmm_buffer *buffer, int access)
{
	struct dma_buf *dmabuf;

	dmabuf = export_as(buffer, buffer->params.name,
			   cmm_zone_is_protected(buffer->zone) ?
			   &cmm_dmabuf_protected_ops : &cmm_dmabuf_ops, access);
	if (!IS_ERR(dmabuf))
		cmm_buffer_set_named(buffer, dmabuf);
	return dmabuf;
}

/**
 * cmm_dmabuf_create() - allocate one buffer and wrap it in a dma_buf
 * @zone: the zone; not entered
 * @params: parameters of the buffer
 * @access: as for cmm_dmabuf_export()
 *
 * Return: a dma_buf with one reference, without a descriptor, or an ERR_PTR:
 * -ENODEV if the zone is unplugged, or an error of cmm_buffers_create().
 */
struct dma_buf *cmm_dmabuf_create(struct cmm_zone *zone,
				  const struct cmm_buffer_params *params,
				  int access)
{
	struct cmm_usage shortage;
	struct cmm_buffer *buffer;
	struct dma_buf *dmabuf;
	int ret;

	ret = cmm_zone_enter(zone);
	if (ret)
		return ERR_PTR(ret);
	ret = cmm_buffers_create(zone, params, &buffer, 1, &shortage);
	dmabuf = ret ? ERR_PTR(ret) : cmm_dmabuf_export(buffer, access);
	if (!ret && IS_ERR(dmabuf))
		cmm_buffer_put(buffer);
	cmm_zone_exit(zone);
	return dmabuf;
}

/**
 * cmm_dmabuf_export_read_only() - create a read-only dma_buf of a buffer
 * @dmabuf: any dma_buf of the buffer
 *
 * Return: a new dma_buf with one reference, without a descriptor, or an ERR_PTR:
 * -EACCES if @dmabuf cannot be read, or an error of dma_buf_export().
 */
struct dma_buf *cmm_dmabuf_export_read_only(const struct dma_buf *dmabuf)
{
	struct cmm_buffer *buffer = dmabuf->priv;
	struct dma_buf *read_only;
	char name[CMM_NAME_LEN];

	/* A descriptor from a dma-heap may be write-only. */
	if (!(dmabuf->file->f_mode & FMODE_READ))
		return ERR_PTR(-EACCES);
	cmm_buffer_name(buffer, name);
	read_only = export_as(cmm_buffer_get(buffer), name,
			      &cmm_dmabuf_view_ops, O_RDONLY);
	if (IS_ERR(read_only))
		cmm_buffer_put(buffer);
	return read_only;
}

/**
 * cmm_dmabuf_seal() - forbid all further writes to a buffer, permanently
 * @dmabuf: a dma_buf with a writable file
 *
 * Return: 0, also if the buffer is sealed already; -EACCES if @dmabuf is read-only;
 * -EBUSY while the buffer has a writable mapping.
 */
int cmm_dmabuf_seal(struct dma_buf *dmabuf)
{
	struct cmm_buffer *buffer = dmabuf->priv;
	int ret = 0;

	if (!(dmabuf->file->f_mode & FMODE_WRITE))
		return -EACCES;

	mutex_lock(&buffer->lock);
	if (buffer->writers)
		ret = -EBUSY;
	else
		WRITE_ONCE(buffer->sealed, true);
	mutex_unlock(&buffer->lock);
	return ret;
}

/**
 * cmm_dmabuf_is_read_only() - whether a buffer can't be written through a dma_buf
 * @dmabuf: a dma_buf of this driver
 *
 * Return: true if the dma_buf is a view or the buffer is sealed.
 */
bool cmm_dmabuf_is_read_only(const struct dma_buf *dmabuf)
{
	return is_view(dmabuf) || cmm_buffer_is_sealed(dmabuf->priv);
}

/**
 * cmm_dmabuf_get() - get the dma_buf of a user's descriptor
 * @zone: the zone to which its buffer must belong
 * @fd: any descriptor
 *
 * Return: a dma_buf with one more reference, or an ERR_PTR: -EBADF if @fd is not a
 * dma_buf, -EXDEV if it does not belong to @zone.
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
 * cmm_dmabuf_buffer() - get the buffer of a dma_buf
 * @dmabuf: any dma_buf
 *
 * Return: the buffer, valid while the caller holds its reference on @dmabuf, or
 * NULL if @dmabuf has another exporter.
 */
struct cmm_buffer *cmm_dmabuf_buffer(const struct dma_buf *dmabuf)
{
	if (dmabuf->ops != &cmm_dmabuf_ops &&
	    dmabuf->ops != &cmm_dmabuf_view_ops &&
	    dmabuf->ops != &cmm_dmabuf_protected_ops)
		return NULL;
	return dmabuf->priv;
}
