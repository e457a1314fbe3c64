// SPDX-License-Identifier: GPL-2.0
/*
 * Heap: the nodes and their only command. The model is in heap.h.
 *
 * The command is decoded exactly like in the kernel's heaps. Only its number
 * matters. The structure may have any size. It is read or written only if the
 * direction bits of the command say so. As in fixed kernels, the descriptor is
 * installed last, so a fault leaks no descriptor.
 */
#include <linux/cdev.h>
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/of.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/dma-heap.h>

#include "buffer.h"
#include "dmabuf.h"
#include "heap.h"
#include "zone.h"

#define CMM_MAX_HEAPS	128

/**
 * struct cmm_heap - one alias of a zone
 * @dev: the node's device; the alias is its name
 * @cdev: the node /dev/dma_heap/<alias>
 * @zone: the zone; one reference
 * @link: in the list of all heaps while the node exists
 */
struct cmm_heap {
	struct device dev;
	struct cdev cdev;
	struct cmm_zone *zone;
	struct list_head link;
};

static dev_t first_devt;
static DEFINE_IDA(minors);
static LIST_HEAD(heaps);
static DEFINE_MUTEX(heaps_lock);	/* protects heaps */

/* Heap users expect -ENOMEM if a zone has no memory for them. /dev/cmm says why. */
static int heap_error(int error)
{
	switch (error) {
	case -EFBIG:
	case -EBUSY:
	case -EDQUOT:
	case -ENOSPC:
	case -ENOBUFS:
		return -ENOMEM;
	default:
		return error;
	}
}

static struct dma_buf *heap_alloc(struct cmm_zone *zone,
				  const struct dma_heap_allocation_data *data)
{
	const struct cmm_buffer_params params = {
		.size = PAGE_ALIGN(data->len),
		.align = PAGE_SIZE,
	};
	struct dma_buf *dmabuf;

	if (data->fd || data->fd_flags & ~DMA_HEAP_VALID_FD_FLAGS ||
	    data->heap_flags & ~(u64)DMA_HEAP_VALID_HEAP_FLAGS || !params.size)
		return ERR_PTR(-EINVAL);
	dmabuf = cmm_dmabuf_create(zone, &params, data->fd_flags & O_ACCMODE);
	return IS_ERR(dmabuf) ? ERR_PTR(heap_error(PTR_ERR(dmabuf))) : dmabuf;
}

static int heap_reply_fd(struct dma_heap_allocation_data *data,
			 struct dma_buf *dmabuf, void __user *to, size_t size)
{
	int fd = get_unused_fd_flags(data->fd_flags);

	if (fd < 0)
		return fd;
	data->fd = fd;
	if (copy_to_user(to, data, size)) {
		put_unused_fd(fd);
		return -EFAULT;
	}
	fd_install(fd, dmabuf->file);
	return 0;
}

/* Writes the reply only on success. */
static int heap_alloc_and_reply(struct cmm_zone *zone,
				struct dma_heap_allocation_data *data,
				void __user *to, size_t size)
{
	struct dma_buf *dmabuf = heap_alloc(zone, data);
	int ret;

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	ret = heap_reply_fd(data, dmabuf, to, size);
	if (ret)
		dma_buf_put(dmabuf);
	return ret;
}

static long cmm_heap_ioctl(struct file *file, unsigned int cmd,
			   unsigned long user_arg)
{
	struct cmm_heap *heap = file->private_data;
	void __user *user = (void __user *)user_arg;
	size_t size = _IOC_SIZE(cmd);
	void *data;
	int ret;

	if (_IOC_NR(cmd) != _IOC_NR(DMA_HEAP_IOCTL_ALLOC))
		return -EINVAL;

	data = kzalloc(max(size, sizeof(struct dma_heap_allocation_data)),
		       GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	if (cmd & IOC_IN && copy_from_user(data, user, size))
		ret = -EFAULT;
	else
		ret = heap_alloc_and_reply(heap->zone, data, user,
					   cmd & IOC_OUT ? size : 0);
	kfree(data);
	return ret;
}

static int cmm_heap_open(struct inode *inode, struct file *file)
{
	struct cmm_heap *heap = container_of(inode->i_cdev, struct cmm_heap,
					     cdev);
	int ret;

	ret = cmm_zone_check_alive(heap->zone);
	if (ret)
		return ret;

	/* The open file holds the cdev, and the cdev holds the heap. */
	file->private_data = heap;
	return nonseekable_open(inode, file);
}

static const struct file_operations cmm_heap_fops = {
	.owner = THIS_MODULE,
	.open = cmm_heap_open,
	.unlocked_ioctl = cmm_heap_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static char *cmm_heap_devnode(CMM_DEVNODE_CONST struct device *dev,
			      umode_t *mode)
{
	return kasprintf(GFP_KERNEL, "dma_heap/%s", dev_name(dev));
}

/* The kernel's own class is named "dma_heap". */
static struct class cmm_heap_class = {
	.name = "cmm_heap",
	.devnode = cmm_heap_devnode,
};

static void heap_release(struct device *dev)
{
	struct cmm_heap *heap = container_of(dev, struct cmm_heap, dev);
	struct cmm_zone *zone = heap->zone;

	ida_free(&minors, heap->dev.devt - first_devt);
	kfree(heap);
	cmm_zone_put(zone);
}

static bool heap_is_valid_alias(const char *alias)
{
	const char *c;

	if (!*alias || *alias == '.' || strlen(alias) >= CMM_NAME_LEN)
		return false;
	for (c = alias; *c; c++)
		if (!isascii(*c) || !(isalnum(*c) || strchr("_-.@,+", *c)))
			return false;
	return true;
}

static bool heap_is_taken(const char *alias)
{
	struct cmm_heap *heap;

	lockdep_assert_held(&heaps_lock);
	list_for_each_entry(heap, &heaps, link)
		if (!strcmp(dev_name(&heap->dev), alias))
			return true;
	return false;
}

/* Create a heap without a node. The device's reference count frees the heap. */
static struct cmm_heap *heap_new(struct device *dev, struct cmm_zone *zone,
				 const char *alias)
{
	struct cmm_heap *heap;
	int minor, ret;

	heap = kzalloc(sizeof(*heap), GFP_KERNEL);
	if (!heap)
		return ERR_PTR(-ENOMEM);
	minor = ida_alloc_max(&minors, CMM_MAX_HEAPS - 1, GFP_KERNEL);
	if (minor < 0) {
		kfree(heap);
		return ERR_PTR(minor);
	}

	heap->zone = cmm_zone_get(zone);
	device_initialize(&heap->dev);
	heap->dev.class = &cmm_heap_class;
	heap->dev.parent = dev;
	heap->dev.devt = first_devt + minor;
	heap->dev.release = heap_release;
	cdev_init(&heap->cdev, &cmm_heap_fops);
	heap->cdev.owner = THIS_MODULE;

	ret = dev_set_name(&heap->dev, "%s", alias);
	if (ret) {
		put_device(&heap->dev);
		return ERR_PTR(ret);
	}
	return heap;
}

/*
 * Device registration does not fail if another device already has the node's name.
 * So look up the node, if this process can see /dev.
 */
static bool heap_node_is_another(const struct cmm_heap *heap)
{
	char name[sizeof("/dev/dma_heap/") + CMM_NAME_LEN];
	struct path path;
	bool another;

	snprintf(name, sizeof(name), "/dev/dma_heap/%s", dev_name(&heap->dev));
	if (kern_path(name, 0, &path))
		return false;
	another = d_inode(path.dentry)->i_rdev != heap->dev.devt;
	path_put(&path);
	return another;
}

static int heap_add_locked(struct device *dev, struct cmm_zone *zone,
			   const char *alias)
{
	struct cmm_heap *heap;
	int ret;

	if (heap_is_taken(alias))
		return dev_err_probe(dev, -EBUSY,
				     "heap alias '%s' is given twice\n", alias);
	heap = heap_new(dev, zone, alias);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	ret = cdev_device_add(&heap->cdev, &heap->dev);
	if (ret) {
		put_device(&heap->dev);
		return ret;
	}
	list_add_tail(&heap->link, &heaps);
	if (heap_node_is_another(heap))
		dev_warn(dev, "/dev/dma_heap/%s is another driver's, so this zone can't be reached by that name\n",
			 alias);
	return 0;
}

static int heap_add_alias(struct device *dev, struct cmm_zone *zone,
			  const char *alias)
{
	int ret;

	if (!heap_is_valid_alias(alias))
		return dev_err_probe(dev, -EINVAL,
				     "heap aliases must be names of files\n");
	mutex_lock(&heaps_lock);
	ret = heap_add_locked(dev, zone, alias);
	mutex_unlock(&heaps_lock);
	return ret;
}

/**
 * cmm_heaps_add() - create the heaps for the aliases of a zone's node
 * @dev: the zone's device, with a device-tree node
 * @zone: the zone, fully initialised
 *
 * Return: 0 or a negative errno. On error, aliases that were already added stay
 * until cmm_heaps_remove().
 */
int cmm_heaps_add(struct device *dev, struct cmm_zone *zone)
{
	const char *alias;
	int count, i, ret = 0;

	if (!of_find_property(dev->of_node, "cmm,heap-aliases", NULL))
		return 0;
	count = of_property_count_strings(dev->of_node, "cmm,heap-aliases");
	if (count < 1)
		return dev_err_probe(dev, -EINVAL,
				     "cmm,heap-aliases must be strings\n");
	for (i = 0; !ret && i < count; i++) {
		ret = of_property_read_string_index(dev->of_node,
						    "cmm,heap-aliases", i,
						    &alias);
		if (!ret)
			ret = heap_add_alias(dev, zone, alias);
	}
	return ret;
}

/**
 * cmm_heaps_remove() - remove the heaps of a zone
 * @zone: the zone. Open files keep their heap, and get -ENODEV after the zone is
 *	unplugged.
 */
void cmm_heaps_remove(struct cmm_zone *zone)
{
	struct cmm_heap *heap, *next;

	mutex_lock(&heaps_lock);
	list_for_each_entry_safe(heap, next, &heaps, link) {
		if (heap->zone != zone)
			continue;
		list_del(&heap->link);
		cdev_device_del(&heap->cdev, &heap->dev);
		put_device(&heap->dev);
	}
	mutex_unlock(&heaps_lock);
}

int cmm_heaps_init(void)
{
	int ret;

	ret = class_register(&cmm_heap_class);
	if (ret)
		return ret;
	ret = alloc_chrdev_region(&first_devt, 0, CMM_MAX_HEAPS, "cmm_heap");
	if (ret)
		class_unregister(&cmm_heap_class);
	return ret;
}

void cmm_heaps_exit(void)
{
	unregister_chrdev_region(first_devt, CMM_MAX_HEAPS);
	class_unregister(&cmm_heap_class);
}
