// SPDX-License-Identifier: GPL-2.0
/*
 * "cmm_bus", an importer on a bus that this module registers, without an IOMMU and
 * without a DMA engine. Its driver detaches in its remove(), as DRM drivers do.
 *
 * remove() keeps one of the dma-bufs until the next successful probe(). When the driver
 * core releases the driver's resources, after remove() or after a failed probe(), the
 * driver tries to attach to that dma-buf again. That must fail.
 */
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "importer.h"

static bool bus_fail;
module_param(bus_fail, bool, 0644);
MODULE_PARM_DESC(bus_fail, "make probe() of cmm_bus fail");

static int bus_late;
module_param(bus_late, int, 0444);
MODULE_PARM_DESC(bus_late, "result of the last attach without a bound driver");

/* The dma-buf of the only device, or NULL; protected by device_lock(). */
static struct dma_buf *kept;

static void forget_kept(void)
{
	if (kept)
		dma_buf_put(kept);
	kept = NULL;
}

static void attach_late(void *dev)
{
	struct dma_buf_attachment *attach;

	if (!kept)
		return;
	attach = dma_buf_attach(kept, dev);
	bus_late = PTR_ERR_OR_ZERO(attach);
	if (!IS_ERR(attach))
		dma_buf_detach(kept, attach);
}

static void test_free(struct importer *imp)
{
	kfree(imp);
}

static int test_start(struct device *dev)
{
	struct importer *imp;
	int ret;

	imp = kzalloc(sizeof(*imp), GFP_KERNEL);
	if (!imp)
		return -ENOMEM;
	imp->free = test_free;
	dev_set_drvdata(dev, imp);
	ret = importer_register(imp, dev, "cmm_bus");
	if (ret)
		kfree(imp);
	return ret;
}

static int test_probe(struct device *dev)
{
	int ret;

	ret = devm_add_action_or_reset(dev, attach_late, dev);
	if (ret)
		return ret;
	if (bus_fail)
		return -EIO;
	forget_kept();
	return test_start(dev);
}

static int test_remove(struct device *dev)
{
	struct importer *imp = dev_get_drvdata(dev);

	kept = importer_detach_all(imp);
	importer_unregister(imp);
	return 0;
}

/* Any driver matches any device. */
static struct bus_type test_bus = {
	.name = "cmm_test",
};

static struct device_driver test_driver = {
	.name = "cmm_importer_bus",
	.bus = &test_bus,
	.owner = THIS_MODULE,
	.probe = test_probe,
	.remove = test_remove,
};

static void test_release(struct device *dev)
{
	kfree(dev);
}

static u64 test_mask = DMA_BIT_MASK(64);
static struct device *test_device;

static int add_device(void)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	int ret;

	if (!dev)
		return -ENOMEM;
	dev->bus = &test_bus;
	dev->release = test_release;
	dev->dma_mask = &test_mask;
	dev->coherent_dma_mask = test_mask;
	device_initialize(dev);
	ret = dev_set_name(dev, "cmm_bus");
	if (!ret)
		ret = device_add(dev);
	if (ret)
		put_device(dev);
	else
		test_device = dev;
	return ret;
}

int bus_importer_register(void)
{
	int ret;

	ret = bus_register(&test_bus);
	if (ret)
		return ret;
	ret = driver_register(&test_driver);
	if (ret)
		goto unregister_bus;
	ret = add_device();
	if (ret)
		goto unregister_driver;
	return 0;

unregister_driver:
	driver_unregister(&test_driver);
unregister_bus:
	bus_unregister(&test_bus);
	return ret;
}

void bus_importer_unregister(void)
{
	device_unregister(test_device);
	driver_unregister(&test_driver);
	bus_unregister(&test_bus);
	forget_kept();
}
