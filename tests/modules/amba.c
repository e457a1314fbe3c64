// SPDX-License-Identifier: GPL-2.0
/*
 * An importer on the AMBA bus, "cmm_amba": without an IOMMU and without an engine,
 * with a 32 bit DMA mask. The device tree has the device.
 */
#include <linux/amba/bus.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "importer.h"

/* As arm,primecell-periphid in the device tree. */
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

int amba_importer_register(void)
{
	return amba_driver_register(&test_driver);
}

void amba_importer_unregister(void)
{
	amba_driver_unregister(&test_driver);
}
