// SPDX-License-Identifier: GPL-2.0
/*
 * Dmabuf: the exporter's operations. Each is a call on the buffer.
 *
 * A dma_buf holds a reference on its buffer. It pins the module, but neither the
 * zone's node nor its platform device: all operations still work after an unbind.
 *
 * A buffer has one dma_buf from its creation, and any number of views. Each has a
 * struct cmm_dmabuf, which says what it gives access to. The file mode is a second
 * limit: the file of a writable dma_buf may be read-only, which restricts mappings of
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
#include "trace.h"
#include "vmap.h"

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

/**
 * cmm_dmabuf_check_access() - whether the CPU may access a dma_buf
 * @dmabuf: the dma_buf
 * @dir: the access; DMA_FROM_DEVICE means that the CPU only reads
 *
 * Return: 0, -EOPNOTSUPP if the zone is protected, or -EACCES if the CPU would write
 * but the dma_buf is read-only or the buffer is sealed.
 */
int cmm_dmabuf_check_access(const struct cmm_dmabuf *dmabuf,
			    enum dma_data_direction dir)
{
	if (cmm_zone_is_protected(dmabuf->buffer->zone))
		return -EOPNOTSUPP;
	if (dir != DMA_FROM_DEVICE && cmm_dmabuf_is_read_only(dmabuf))
		return -EACCES;
	return 0;
}

static int cmm_dmabuf_begin_cpu_access(struct dma_buf *dmabuf,
				       enum dma_data_direction dir)
{
	struct cmm_dmabuf *own = dmabuf->priv;
	int ret;

	ret = cmm_dmabuf_check_access(own, dir);
	if (!ret)
		ret = cmm_sync_wait(dmabuf, dir);
	if (!ret)
		ret = cmm_sync_begin(own->buffer, &own->part, dir);
	return ret;
}

static int cmm_dmabuf_end_cpu_access(struct dma_buf *dmabuf,
				     enum dma_data_direction dir)
{
	struct cmm_dmabuf *own = dmabuf->priv;
	int ret;

	ret = cmm_dmabuf_check_access(own, dir);
	if (!ret)
		ret = cmm_sync_end(own->buffer, &own->part, dir);
	return ret;
}

static int cmm_dmabuf_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	return cmm_mmap(dmabuf->priv, vma);
}

/*
 * A kernel mapping is always writable. Since 5.11, the dma-buf core warns once about
 * any error of this function. A buffer that was sealed after its export can be
 * refused only here.
 */
static int cmm_dmabuf_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct cmm_dmabuf *own = dmabuf->priv;
	void *vaddr;
	int ret;

	ret = cmm_buffer_add_writer(own->buffer);
	if (ret)
		return ret;
	vaddr = cmm_vmap(own);
	if (!vaddr) {
		cmm_buffer_remove_writer(own->buffer);
		return -ENOMEM;
	}
	iosys_map_set_vaddr(map, vaddr);
	return 0;
}

/* The mapping stays until the zone or the buffer that owns it is freed. */
static void cmm_dmabuf_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct cmm_dmabuf *own = dmabuf->priv;

	cmm_buffer_remove_writer(own->buffer);
}

COMPAT_DEFINE_VMAP(cmm_dmabuf_vmap)
COMPAT_DEFINE_VUNMAP(cmm_dmabuf_vunmap)

static void dmabuf_add_view(struct cmm_dmabuf *view)
{
	struct cmm_buffer *buffer = view->buffer;

	mutex_lock(&buffer->lock);
	list_add_tail(&view->link, &buffer->views);
	buffer->view_count++;
	mutex_unlock(&buffer->lock);
}

static void dmabuf_remove_view(struct cmm_dmabuf *view)
{
	struct cmm_buffer *buffer = view->buffer;

	mutex_lock(&buffer->lock);
	list_del(&view->link);
	buffer->view_count--;
	buffer->writable -= !view->read_only;
	mutex_unlock(&buffer->lock);
	kfree(view);
	cmm_buffer_put(buffer);
}

static void cmm_dmabuf_release(struct dma_buf *dmabuf)
{
	struct cmm_dmabuf *own = dmabuf->priv;

	if (own == &own->buffer->first)
		cmm_buffer_put_first(own->buffer);
	else
		dmabuf_remove_view(own);
}

/* Common operations. The two tables differ only in vmap. */
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

/*
 * For read-only dma_bufs, and for protected memory, which the CPU must not access: the
 * dma-buf core refuses vmap.
 */
static const struct dma_buf_ops cmm_dmabuf_no_vmap_ops = {
	COMPAT_NO_VMAP_OPS
	CMM_DMABUF_OPS,
};

static const struct dma_buf_ops *dmabuf_ops(const struct cmm_dmabuf *own)
{
	if (own->read_only || cmm_zone_is_protected(own->buffer->zone))
		return &cmm_dmabuf_no_vmap_ops;
	return &cmm_dmabuf_ops;
}

/*
 * Wrap @own in a dma_buf, which then owns it and its reference on the buffer. The
 * dma_buf gets a name, for the kernel's list of all dma-bufs. @access is the mode of
 * the file.
 */
static struct dma_buf *dmabuf_export(struct cmm_dmabuf *own, const char *name,
				     int access)
{
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);
	struct dma_buf *dmabuf;
	const char *copy = NULL;

	if (*name) {
		copy = kstrdup(name, GFP_KERNEL_ACCOUNT);
		if (!copy)
			return ERR_PTR(-ENOMEM);
	}
	exp_info.ops = dmabuf_ops(own);
	exp_info.size = own->part.size;
	exp_info.flags = access;
	/* Without it, the dma-buf core gives the dma_buf fences of its own. */
	if (COMPAT_SHARED_FENCES || own == &own->buffer->first)
		exp_info.resv = &own->buffer->resv;
	exp_info.priv = own;
	dmabuf = dma_buf_export(&exp_info);
	if (IS_ERR(dmabuf)) {
		kfree(copy);
		return dmabuf;
	}
	own->inode = compat_dma_buf_inode(dmabuf);
	if (copy)
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

	dmabuf = dmabuf_export(&buffer->first, buffer->params.name, access);
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

/* A view needs read access, because the file of each view can be read. */
static int dmabuf_check_mode(const struct dma_buf *dmabuf, bool writable)
{
	fmode_t mode = FMODE_READ | (writable ? FMODE_WRITE : 0);

	/* A descriptor from a dma-heap may be read-only or write-only. */
	return (dmabuf->file->f_mode & mode) == mode ? 0 : -EACCES;
}

static bool dmabuf_has_part(const struct cmm_dmabuf *own,
			    const struct cmm_part *part)
{
	return part->size && IS_ALIGNED(part->offset | part->size, PAGE_SIZE) &&
	       part->offset < own->part.size &&
	       part->size <= own->part.size - part->offset;
}

/* Count one more writable dma_buf, unless the buffer is sealed. */
static int dmabuf_add_writable(struct cmm_buffer *buffer)
{
	int ret = 0;

	mutex_lock(&buffer->lock);
	if (buffer->sealed)
		ret = -EACCES;
	else
		buffer->writable++;
	mutex_unlock(&buffer->lock);
	return ret;
}

static void dmabuf_remove_writable(struct cmm_buffer *buffer)
{
	mutex_lock(&buffer->lock);
	buffer->writable--;
	mutex_unlock(&buffer->lock);
}

static struct dma_buf *dmabuf_export_view(const struct cmm_dmabuf *parent,
					  const struct cmm_part *part,
					  bool writable)
{
	struct cmm_buffer *buffer = parent->buffer;
	char name[CMM_NAME_LEN];
	struct cmm_dmabuf *view;
	struct dma_buf *dmabuf;

	view = kzalloc(sizeof(*view), GFP_KERNEL_ACCOUNT);
	if (!view)
		return ERR_PTR(-ENOMEM);
	view->buffer = buffer;
	view->part.offset = parent->part.offset + part->offset;
	view->part.size = part->size;
	view->read_only = !writable;
	cmm_buffer_name(buffer, name);
	dmabuf = dmabuf_export(view, name, writable ? O_RDWR : O_RDONLY);
	if (IS_ERR(dmabuf)) {
		kfree(view);
		return dmabuf;
	}
	cmm_buffer_get(buffer);
	dmabuf_add_view(view);
	trace_cmm_view(view);
	return dmabuf;
}

/**
 * cmm_dmabuf_view() - create a dma_buf for a part of another one
 * @dmabuf: a dma_buf of this driver
 * @part: the part, relative to @dmabuf
 * @writable: the new dma_buf allows writing
 *
 * Return: a new dma_buf with one reference, without a descriptor, or an ERR_PTR:
 * -EINVAL if @part is empty, not whole pages, or not inside @dmabuf; -EACCES if
 * @dmabuf can't be read, or can't be written and @writable is set; or an error of
 * dma_buf_export().
 */
struct dma_buf *cmm_dmabuf_view(const struct dma_buf *dmabuf,
				const struct cmm_part *part, bool writable)
{
	const struct cmm_dmabuf *own = cmm_dmabuf_of(dmabuf);
	struct dma_buf *view;
	int ret;

	if (!dmabuf_has_part(own, part))
		return ERR_PTR(-EINVAL);
	ret = dmabuf_check_mode(dmabuf, writable);
	if (!ret && writable)
		ret = own->read_only ? -EACCES :
				       dmabuf_add_writable(own->buffer);
	if (ret)
		return ERR_PTR(ret);
	view = dmabuf_export_view(own, part, writable);
	if (IS_ERR(view) && writable)
		dmabuf_remove_writable(own->buffer);
	return view;
}

/**
 * cmm_dmabuf_seal() - forbid all further writes to a buffer, permanently
 * @dmabuf: a dma_buf of this driver
 *
 * Return: 0, also if the buffer is sealed already; -EACCES if @dmabuf is read-only or
 * does not cover the whole buffer; -EBUSY while the buffer has a writable mapping or
 * another writable dma_buf.
 */
int cmm_dmabuf_seal(const struct dma_buf *dmabuf)
{
	const struct cmm_dmabuf *own = cmm_dmabuf_of(dmabuf);
	struct cmm_buffer *buffer = own->buffer;
	int ret = 0;

	if (own->read_only || own->part.size != buffer->params.size ||
	    !(dmabuf->file->f_mode & FMODE_WRITE))
		return -EACCES;

	mutex_lock(&buffer->lock);
	/* @dmabuf itself is one of the writable dma_bufs. */
	if (buffer->writers || buffer->writable > 1)
		ret = -EBUSY;
	else
		WRITE_ONCE(buffer->sealed, true);
	mutex_unlock(&buffer->lock);
	return ret;
}

/**
 * cmm_dmabuf_is_read_only() - whether a buffer can't be written through a dma_buf
 * @dmabuf: the dma_buf
 *
 * Return: true if the dma_buf is read-only or the buffer is sealed.
 */
bool cmm_dmabuf_is_read_only(const struct cmm_dmabuf *dmabuf)
{
	return dmabuf->read_only || cmm_buffer_is_sealed(dmabuf->buffer);
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
	struct cmm_dmabuf *own;

	if (IS_ERR(dmabuf))
		return ERR_PTR(-EBADF);
	own = cmm_dmabuf_of(dmabuf);
	if (own && own->buffer->zone == zone)
		return dmabuf;
	dma_buf_put(dmabuf);
	return ERR_PTR(-EXDEV);
}

/**
 * cmm_dmabuf_of() - get what a dma_buf gives access to
 * @dmabuf: any dma_buf
 *
 * Return: its struct cmm_dmabuf, valid while the caller holds its reference on
 * @dmabuf, or NULL if @dmabuf has another exporter.
 */
struct cmm_dmabuf *cmm_dmabuf_of(const struct dma_buf *dmabuf)
{
	if (dmabuf->ops != &cmm_dmabuf_ops &&
	    dmabuf->ops != &cmm_dmabuf_no_vmap_ops)
		return NULL;
	return dmabuf->priv;
}
