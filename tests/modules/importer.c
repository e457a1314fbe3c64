// SPDX-License-Identifier: GPL-2.0
/*
 * The importer's node. An open file is a table of attachments. An attachment has a stack
 * of mappings, because importers may map it several times.
 *
 * The table's mutex is held for dma-buf calls on its attachments. It is not held for
 * accesses to user memory or while an engine runs.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "importer.h"

/* Limits what one open file can pin. No test needs that many attachments. */
#define IMPORT_MAX_HANDLE	4096

struct import_mapping {
	struct list_head node;
	struct sg_table *sgt;
	enum dma_data_direction dir;
};

struct import_file {
	struct importer *imp;
	/* In the importer's list. */
	struct list_head link;
	/* Protects all members below and what they contain. */
	struct mutex lock;
	struct xarray attachments;
	/* The domain of OWN_DOMAIN, or NULL. */
	struct iommu_domain *domain;
	/* The device's mask before OWN_DOMAIN. */
	u64 mask;
};

struct import_attachment {
	/* Holds a reference. */
	struct dma_buf *dmabuf;
	struct dma_buf_attachment *attach;
	/* struct import_mapping, the latest first. */
	struct list_head mappings;
};

/* Attachments */

static struct import_attachment *attachment_create(int fd, struct device *dev)
{
	struct import_attachment *att;
	int ret;

	att = kzalloc(sizeof(*att), GFP_KERNEL);
	if (!att)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&att->mappings);

	att->dmabuf = dma_buf_get(fd);
	if (IS_ERR(att->dmabuf)) {
		ret = PTR_ERR(att->dmabuf);
		goto free;
	}
	att->attach = dma_buf_attach(att->dmabuf, dev);
	if (IS_ERR(att->attach)) {
		ret = PTR_ERR(att->attach);
		goto put;
	}
	return att;

put:
	dma_buf_put(att->dmabuf);
free:
	kfree(att);
	return ERR_PTR(ret);
}

static void attachment_unmap_last(struct import_attachment *att)
{
	struct import_mapping *map;

	map = list_first_entry(&att->mappings, struct import_mapping, node);
	list_del(&map->node);
	dma_buf_unmap_attachment_unlocked(att->attach, map->sgt, map->dir);
	kfree(map);
}

static void attachment_destroy(struct import_attachment *att)
{
	while (!list_empty(&att->mappings))
		attachment_unmap_last(att);
	dma_buf_detach(att->dmabuf, att->attach);
	dma_buf_put(att->dmabuf);
	kfree(att);
}

static struct sg_table *attachment_map(struct import_attachment *att,
				       enum dma_data_direction dir)
{
	struct import_mapping *map;
	struct sg_table *sgt;

	map = kzalloc(sizeof(*map), GFP_KERNEL);
	if (!map)
		return ERR_PTR(-ENOMEM);
	sgt = dma_buf_map_attachment_unlocked(att->attach, dir);
	if (IS_ERR(sgt)) {
		kfree(map);
		return sgt;
	}
	map->sgt = sgt;
	map->dir = dir;
	list_add(&map->node, &att->mappings);
	return sgt;
}

/* Whether any entry has a struct page. An importer may kmap() it. */
static u32 find_pages(struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;

	if (IS_ENABLED(CONFIG_DMABUF_DEBUG))
		return CMM_IMPORT_PAGES_HIDDEN;
	for_each_sgtable_sg(sgt, sg, i)
		if (sg_page(sg))
			return CMM_IMPORT_PAGES;
	return CMM_IMPORT_NO_PAGES;
}

static void describe(struct sg_table *sgt, struct cmm_import_map *arg)
{
	struct scatterlist *sg;
	unsigned int i;

	arg->addr = sg_dma_address(sgt->sgl);
	arg->len = 0;
	arg->nents = 0;
	arg->contiguous = 1;
	arg->pages = find_pages(sgt);
	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (sg_dma_address(sg) != arg->addr + arg->len)
			arg->contiguous = 0;
		arg->len += sg_dma_len(sg);
		arg->nents++;
	}
}

/* Ioctls: each copies in, works, copies out. */

static int ioctl_attach(struct import_file *file, void __user *user)
{
	struct cmm_import_attach arg;
	struct import_attachment *att;
	int ret;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;

	att = attachment_create(arg.fd, file->imp->dev);
	if (IS_ERR(att))
		return PTR_ERR(att);
	ret = xa_alloc(&file->attachments, &arg.handle, att,
		       XA_LIMIT(1, IMPORT_MAX_HANDLE), GFP_KERNEL);
	if (ret) {
		attachment_destroy(att);
		return ret;
	}
	/* The file owns the attachment, even after -EFAULT. */
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static int ioctl_detach(struct import_file *file, void __user *user)
{
	struct cmm_import_handle arg;
	struct import_attachment *att;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;

	mutex_lock(&file->lock);
	att = xa_erase(&file->attachments, arg.handle);
	if (att)
		attachment_destroy(att);
	mutex_unlock(&file->lock);
	return att ? 0 : -ENOENT;
}

static int map_locked(struct import_file *file, struct cmm_import_map *arg)
{
	struct import_attachment *att;
	struct sg_table *sgt;

	lockdep_assert_held(&file->lock);

	att = xa_load(&file->attachments, arg->handle);
	if (!att)
		return -ENOENT;
	sgt = attachment_map(att, arg->dir);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	describe(sgt, arg);
	return 0;
}

static int ioctl_map(struct import_file *file, void __user *user)
{
	struct cmm_import_map arg;
	int ret;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.dir > CMM_IMPORT_FROM_DEVICE)
		return -EINVAL;

	mutex_lock(&file->lock);
	ret = map_locked(file, &arg);
	mutex_unlock(&file->lock);
	if (ret)
		return ret;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static int unmap_locked(struct import_file *file, u32 handle)
{
	struct import_attachment *att;

	lockdep_assert_held(&file->lock);

	att = xa_load(&file->attachments, handle);
	if (!att || list_empty(&att->mappings))
		return -ENOENT;
	attachment_unmap_last(att);
	return 0;
}

static int ioctl_unmap(struct import_file *file, void __user *user)
{
	struct cmm_import_handle arg;
	int ret;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;

	mutex_lock(&file->lock);
	ret = unmap_locked(file, arg.handle);
	mutex_unlock(&file->lock);
	return ret;
}

static int ioctl_translate(struct import_file *file, void __user *user)
{
	struct cmm_import_translate arg;
	struct iommu_domain *domain;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;

	domain = iommu_get_domain_for_dev(file->imp->dev);
	arg.translated = domain && (domain->type & __IOMMU_DOMAIN_PAGING);
	if (arg.translated)
		arg.phys = iommu_iova_to_phys(domain, arg.addr);
	else
		arg.phys = arg.addr;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static int ioctl_dma(struct import_file *file, void __user *user)
{
	struct cmm_import_dma arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (!file->imp->dma)
		return -EOPNOTSUPP;
	return file->imp->dma(file->imp, &arg);
}

/* Copies through the page @bounce, so that only kernel accesses reach the buffer. */
static int cpu_copy(void *vaddr, const struct cmm_import_cpu *arg,
		    void *bounce)
{
	void __user *user = u64_to_user_ptr(arg->user);
	u64 done, n;

	for (done = 0; done < arg->len; done += n) {
		n = min_t(u64, arg->len - done, PAGE_SIZE);
		if (arg->write) {
			if (copy_from_user(bounce, user + done, n))
				return -EFAULT;
			memcpy(vaddr + arg->offset + done, bounce, n);
		} else {
			memcpy(bounce, vaddr + arg->offset + done, n);
			if (copy_to_user(user + done, bounce, n))
				return -EFAULT;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int cpu_access(struct dma_buf *dmabuf, const struct cmm_import_cpu *arg)
{
	/* A partial write also needs the current data around it. */
	enum dma_data_direction dir = arg->write ? DMA_BIDIRECTIONAL :
						   DMA_FROM_DEVICE;
	struct iosys_map map;
	void *bounce;
	int ret, end;

	bounce = (void *)__get_free_page(GFP_KERNEL);
	if (!bounce)
		return -ENOMEM;
	ret = dma_buf_begin_cpu_access(dmabuf, dir);
	if (ret)
		goto free;
	ret = dma_buf_vmap_unlocked(dmabuf, &map);
	if (!ret) {
		/* CMM's buffers are memory, never I/O memory. */
		ret = cpu_copy(map.vaddr, arg, bounce);
		dma_buf_vunmap_unlocked(dmabuf, &map);
	}
	end = dma_buf_end_cpu_access(dmabuf, dir);
	if (!ret)
		ret = end;
free:
	free_page((unsigned long)bounce);
	return ret;
}

static int ioctl_cpu(struct import_file *file, void __user *user)
{
	struct cmm_import_cpu arg;
	struct dma_buf *dmabuf;
	int ret;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;

	dmabuf = dma_buf_get(arg.fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	if (arg.offset > dmabuf->size || arg.len > dmabuf->size - arg.offset)
		ret = -EINVAL;
	else
		ret = cpu_access(dmabuf, &arg);
	dma_buf_put(dmabuf);
	return ret;
}

static int begin_own_domain(struct import_file *file)
{
	struct device *dev = file->imp->dev;
	struct iommu_domain *domain;
	int ret;

	lockdep_assert_held(&file->lock);
	if (file->domain)
		return -EBUSY;
	domain = iommu_paging_domain_alloc(dev);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	ret = iommu_attach_device(domain, dev);
	if (ret) {
		iommu_domain_free(domain);
		return ret;
	}
	file->domain = domain;
	file->mask = *dev->dma_mask;
	*dev->dma_mask = DMA_BIT_MASK(32);
	return 0;
}

static void end_own_domain(struct import_file *file)
{
	struct device *dev = file->imp->dev;

	if (!file->domain)
		return;
	*dev->dma_mask = file->mask;
	iommu_detach_device(file->domain, dev);
	iommu_domain_free(file->domain);
}

static int ioctl_own_domain(struct import_file *file)
{
	int ret;

	mutex_lock(&file->lock);
	ret = begin_own_domain(file);
	mutex_unlock(&file->lock);
	return ret;
}

/* The node */

static long importer_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	struct import_file *file = filp->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case CMM_IMPORT_ATTACH:
		return ioctl_attach(file, user);
	case CMM_IMPORT_DETACH:
		return ioctl_detach(file, user);
	case CMM_IMPORT_MAP:
		return ioctl_map(file, user);
	case CMM_IMPORT_UNMAP:
		return ioctl_unmap(file, user);
	case CMM_IMPORT_TRANSLATE:
		return ioctl_translate(file, user);
	case CMM_IMPORT_DMA:
		return ioctl_dma(file, user);
	case CMM_IMPORT_CPU:
		return ioctl_cpu(file, user);
	case CMM_IMPORT_LEAF:
		return leaf_ioctl(user);
	case CMM_IMPORT_OWN_DOMAIN:
		return ioctl_own_domain(file);
	default:
		return -ENOTTY;
	}
}

static void importer_free(struct kref *refs)
{
	struct importer *imp = container_of(refs, struct importer, refs);

	put_device(imp->dev);
	kfree(imp->misc.name);
	imp->free(imp);
}

static int importer_open(struct inode *inode, struct file *filp)
{
	/* misc_open() set this. */
	struct miscdevice *misc = filp->private_data;
	struct import_file *file;

	file = kzalloc(sizeof(*file), GFP_KERNEL);
	if (!file)
		return -ENOMEM;
	/* misc_deregister() waits until this returns, so the importer is valid. */
	file->imp = container_of(misc, struct importer, misc);
	kref_get(&file->imp->refs);
	mutex_init(&file->lock);
	xa_init_flags(&file->attachments, XA_FLAGS_ALLOC1);
	mutex_lock(&file->imp->files_lock);
	list_add(&file->link, &file->imp->files);
	mutex_unlock(&file->imp->files_lock);
	filp->private_data = file;
	return 0;
}

static int importer_release(struct inode *inode, struct file *filp)
{
	struct import_file *file = filp->private_data;
	struct import_attachment *att;
	unsigned long handle;

	mutex_lock(&file->imp->files_lock);
	list_del(&file->link);
	mutex_unlock(&file->imp->files_lock);
	xa_for_each(&file->attachments, handle, att)
		attachment_destroy(att);
	xa_destroy(&file->attachments);
	end_own_domain(file);
	kref_put(&file->imp->refs, importer_free);
	kfree(file);
	return 0;
}

static const struct file_operations importer_fops = {
	.owner = THIS_MODULE,
	.open = importer_open,
	.release = importer_release,
	.unlocked_ioctl = importer_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

/**
 * importer_register() - create the node of an importer
 * @imp: the importer, with @dma and @free set
 * @dev: the device that dma-bufs are attached to
 * @name: the node's name below /dev; copied
 *
 * After success, @imp is freed when importer_unregister() was called and all files are
 * closed. After a failure, the caller owns @imp.
 *
 * Return: 0 or a negative errno.
 */
int importer_register(struct importer *imp, struct device *dev,
		      const char *name)
{
	int ret;

	kref_init(&imp->refs);
	INIT_LIST_HEAD(&imp->files);
	mutex_init(&imp->files_lock);
	imp->dev = dev;
	imp->misc.name = kstrdup(name, GFP_KERNEL);
	if (!imp->misc.name)
		return -ENOMEM;
	imp->misc.minor = MISC_DYNAMIC_MINOR;
	imp->misc.fops = &importer_fops;
	imp->misc.parent = dev;
	imp->misc.mode = 0600;
	get_device(dev);
	ret = misc_register(&imp->misc);
	if (ret) {
		put_device(dev);
		kfree(imp->misc.name);
	}
	return ret;
}

/**
 * importer_unregister() - remove the node of an importer
 * @imp: the importer; the caller must not use it afterwards
 */
void importer_unregister(struct importer *imp)
{
	misc_deregister(&imp->misc);
	kref_put(&imp->refs, importer_free);
}

static void detach_file(struct import_file *file, struct dma_buf **dmabuf)
{
	struct import_attachment *att;
	unsigned long handle;

	mutex_lock(&file->lock);
	xa_for_each(&file->attachments, handle, att) {
		xa_erase(&file->attachments, handle);
		if (!*dmabuf) {
			get_dma_buf(att->dmabuf);
			*dmabuf = att->dmabuf;
		}
		attachment_destroy(att);
	}
	mutex_unlock(&file->lock);
}

/**
 * importer_detach_all() - unmap and detach all attachments of all open files
 * @imp: the importer
 *
 * Return: one of the dma-bufs, with a reference, or NULL if there was none.
 */
struct dma_buf *importer_detach_all(struct importer *imp)
{
	struct dma_buf *dmabuf = NULL;
	struct import_file *file;

	mutex_lock(&imp->files_lock);
	list_for_each_entry(file, &imp->files, link)
		detach_file(file, &dmabuf);
	mutex_unlock(&imp->files_lock);
	return dmabuf;
}
