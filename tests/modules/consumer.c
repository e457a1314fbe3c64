// SPDX-License-Identifier: GPL-2.0
/*
 * The test consumer: see cmm_consumer.h.
 */
#include <linux/cmm.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cmm_consumer.h"

struct consumer {
	struct miscdevice misc;
	struct device *dev;
	struct dma_buf *firmware;
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
};

/* Writes the buffer as a driver loads the firmware of its processor. */
static int write_firmware(struct dma_buf *dmabuf)
{
	struct iosys_map map;
	u8 *bytes;
	int ret, i;

	ret = dma_buf_begin_cpu_access(dmabuf, DMA_TO_DEVICE);
	if (ret)
		return ret;
	ret = dma_buf_vmap_unlocked(dmabuf, &map);
	if (!ret) {
		bytes = map.vaddr;
		for (i = 0; i < CMM_CONSUMER_FIRMWARE; i++)
			bytes[i] = i % 251;
		dma_buf_vunmap_unlocked(dmabuf, &map);
	}
	return dma_buf_end_cpu_access(dmabuf, DMA_TO_DEVICE) ?: ret;
}

static void free_firmware(void *data)
{
	struct consumer *consumer = data;

	if (!IS_ERR_OR_NULL(consumer->sgt))
		dma_buf_unmap_attachment_unlocked(consumer->attach,
						  consumer->sgt, DMA_TO_DEVICE);
	if (!IS_ERR_OR_NULL(consumer->attach))
		dma_buf_detach(consumer->firmware, consumer->attach);
	dma_buf_put(consumer->firmware);
}

static int load_firmware(struct consumer *consumer)
{
	int ret;

	consumer->firmware = cmm_dmabuf_alloc(consumer->dev,
					      CMM_CONSUMER_FIRMWARE, 0,
					      "firmware");
	if (IS_ERR(consumer->firmware))
		return PTR_ERR(consumer->firmware);
	ret = devm_add_action_or_reset(consumer->dev, free_firmware, consumer);
	if (ret)
		return ret;
	ret = write_firmware(consumer->firmware);
	if (ret)
		return ret;
	consumer->attach = dma_buf_attach(consumer->firmware, consumer->dev);
	if (IS_ERR(consumer->attach))
		return PTR_ERR(consumer->attach);
	consumer->sgt = dma_buf_map_attachment_unlocked(consumer->attach,
							DMA_TO_DEVICE);
	return PTR_ERR_OR_ZERO(consumer->sgt);
}

static int ioctl_alloc(struct consumer *consumer,
		       struct cmm_consumer_alloc __user *user)
{
	struct cmm_consumer_alloc arg;
	struct dma_buf *dmabuf;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	arg.name[sizeof(arg.name) - 1] = '\0';
	dmabuf = cmm_dmabuf_alloc(consumer->dev, arg.size, arg.flags,
				  *arg.name ? arg.name : NULL);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf) == -EPROBE_DEFER ? -EAGAIN :
							  PTR_ERR(dmabuf);
	arg.fd = dma_buf_fd(dmabuf, O_CLOEXEC);
	if (arg.fd < 0) {
		dma_buf_put(dmabuf);
		return arg.fd;
	}
	/* The descriptor is installed: the process owns it, even after -EFAULT. */
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static int ioctl_share(struct consumer *consumer)
{
	int fd;

	get_dma_buf(consumer->firmware);
	fd = dma_buf_fd(consumer->firmware, O_CLOEXEC);
	if (fd < 0)
		dma_buf_put(consumer->firmware);
	return fd;
}

static long consumer_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	struct consumer *consumer = container_of(file->private_data,
						 struct consumer, misc);

	switch (cmd) {
	case CMM_CONSUMER_ALLOC:
		return ioctl_alloc(consumer, (void __user *)arg);
	case CMM_CONSUMER_SHARE:
		return ioctl_share(consumer);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations consumer_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = consumer_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static void deregister(void *misc)
{
	misc_deregister(misc);
}

/*
 * The device owns the memory behind the node, so the driver must not be unbound while
 * the node is open. An open node pins the module, and tests unbind the driver only by
 * unloading the module.
 */
static int consumer_probe(struct platform_device *pdev)
{
	struct consumer *consumer;
	int ret;

	consumer = devm_kzalloc(&pdev->dev, sizeof(*consumer), GFP_KERNEL);
	if (!consumer)
		return -ENOMEM;
	consumer->dev = &pdev->dev;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (!ret)
		ret = load_firmware(consumer);
	if (ret)
		return ret;

	consumer->misc.minor = MISC_DYNAMIC_MINOR;
	consumer->misc.name = dev_name(&pdev->dev);
	consumer->misc.fops = &consumer_fops;
	consumer->misc.mode = 0600;
	ret = misc_register(&consumer->misc);
	if (ret)
		return ret;
	return devm_add_action_or_reset(&pdev->dev, deregister,
					&consumer->misc);
}

static const struct of_device_id consumer_ids[] = {
	{ .compatible = "cmm,test-consumer" },
	{ }
};
MODULE_DEVICE_TABLE(of, consumer_ids);

static struct platform_driver consumer_driver = {
	.driver = {
		.name = "cmm_consumer",
		.of_match_table = consumer_ids,
	},
	.probe = consumer_probe,
};
module_platform_driver(consumer_driver);

MODULE_DESCRIPTION("Allocates from CMM zones in the kernel, for CMM's tests");
MODULE_AUTHOR("The CMM authors");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("DMA_BUF");
