// SPDX-License-Identifier: GPL-2.0
/*
 * "cmm_amba", an importer on the AMBA bus without an IOMMU and without a DMA engine. Its
 * DMA mask has 32 bits. The device is in the device tree.
 */
#include <linux/amba/bus.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "importer.h"

/* Equal to arm,primecell-periphid in the device tree. */
#define TEST_PERIPHID	0x000cadce

static void test_free(struct importer *imp)
{
	kfree(imp);
}

static int test_probe(struct amba_device *adev, const struct amba_id *id)
{
	struct importer *imp;
	int ret;

	imp = kzalloc(sizeof(*imp), GFP_KERNEL);
	if (!imp)
		return -ENOMEM;
	imp->free = test_free;
	amba_set_drvdata(adev, imp);
	ret = importer_register(imp, &adev->dev, "cmm_amba");
	if (ret)
		kfree(imp);
	return ret;
}

static void test_remove(struct amba_device *adev)
{
	importer_unregister(amba_get_drvdata(adev));
}

COMPAT_DEFINE_AMBA_REMOVE(test_remove)

static const struct amba_id test_ids[] = {
	{ .id = TEST_PERIPHID, .mask = 0x000fffff },
	{ }
};

static struct amba_driver test_driver = {
	.drv = {
		.name = "cmm_importer_amba",
	},
	.id_table = test_ids,
	.probe = test_probe,
	.remove = COMPAT_AMBA_REMOVE_OP(test_remove),
};

#ifdef CMM_HAVE_DRIVER_MANAGED_DMA
/*
 * A driver that manages the device's DMA itself, as VFIO's does. It binds only by
 * driver_override.
 */
static int managing_probe(struct amba_device *adev, const struct amba_id *id)
{
	return 0;
}

static void managing_remove(struct amba_device *adev)
{
}

static const struct amba_id no_ids[] = {
	{ }
};

static struct amba_driver managing_driver = {
	.drv = {
		.name = "cmm_managing_amba",
	},
	.id_table = no_ids,
	.probe = managing_probe,
	.remove = managing_remove,
	.driver_managed_dma = true,
};

static int managing_register(void)
{
	return amba_driver_register(&managing_driver);
}

static void managing_unregister(void)
{
	amba_driver_unregister(&managing_driver);
}
#else
static int managing_register(void)
{
	return 0;
}

static void managing_unregister(void)
{
}
#endif

int amba_importer_register(void)
{
	int ret;

	ret = amba_driver_register(&test_driver);
	if (ret)
		return ret;
	ret = managing_register();
	if (ret)
		amba_driver_unregister(&test_driver);
	return ret;
}

void amba_importer_unregister(void)
{
	managing_unregister();
	amba_driver_unregister(&test_driver);
}
