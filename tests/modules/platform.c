// SPDX-License-Identifier: GPL-2.0
/*
 * Two importers without an IOMMU and without a DMA engine. "cmm_direct" can address only
 * the first 256 MiB, where the boards have no memory. "cmm_plain" can address everything.
 *
 * The device tree has a second one of each, with nodes that other nodes can refer to.
 *
 * The masks are set directly in the devices: the DMA API refuses a mask that reaches no
 * memory.
 */
#include <linux/dma-mapping.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "importer.h"

static const struct platform_device_info plat_infos[] = {
	{
		.name = "cmm_direct",
		.id = PLATFORM_DEVID_NONE,
		.dma_mask = DMA_BIT_MASK(28),
	}, {
		.name = "cmm_plain",
		.id = PLATFORM_DEVID_NONE,
		.dma_mask = DMA_BIT_MASK(64),
	},
};

static struct platform_device *plat_devices[ARRAY_SIZE(plat_infos)];

static void plat_free(struct importer *imp)
{
	kfree(imp);
}

static int plat_probe(struct platform_device *pdev)
{
	struct importer *imp;
	int ret;

	if (of_device_is_compatible(pdev->dev.of_node, "cmm,test-direct"))
		*pdev->dev.dma_mask = DMA_BIT_MASK(28);
	imp = kzalloc(sizeof(*imp), GFP_KERNEL);
	if (!imp)
		return -ENOMEM;
	imp->free = plat_free;
	platform_set_drvdata(pdev, imp);
	ret = importer_register(imp, &pdev->dev, pdev->name);
	if (ret)
		kfree(imp);
	return ret;
}

static void plat_remove(struct platform_device *pdev)
{
	importer_unregister(platform_get_drvdata(pdev));
}

COMPAT_DEFINE_REMOVE(plat_remove)

static const struct platform_device_id plat_ids[] = {
	{ .name = "cmm_direct" },
	{ .name = "cmm_plain" },
	{ }
};

static const struct of_device_id plat_of_ids[] = {
	{ .compatible = "cmm,test-direct" },
	{ .compatible = "cmm,test-plain" },
	{ }
};
MODULE_DEVICE_TABLE(of, plat_of_ids);

static struct platform_driver plat_driver = {
	.driver = {
		.name = "cmm_importer_platform",
		.of_match_table = plat_of_ids,
	},
	.id_table = plat_ids,
	.probe = plat_probe,
	.remove = COMPAT_REMOVE_OP(plat_remove),
};

int platform_register(void)
{
	int ret, i;

	ret = platform_driver_register(&plat_driver);
	if (ret)
		return ret;

	for (i = 0; i < ARRAY_SIZE(plat_infos); i++) {
		plat_devices[i] = platform_device_register_full(&plat_infos[i]);
		if (IS_ERR(plat_devices[i])) {
			ret = PTR_ERR(plat_devices[i]);
			goto unregister;
		}
	}
	return 0;

unregister:
	while (--i >= 0)
		platform_device_unregister(plat_devices[i]);
	platform_driver_unregister(&plat_driver);
	return ret;
}

void platform_unregister(void)
{
	int i = ARRAY_SIZE(plat_devices);

	while (--i >= 0)
		platform_device_unregister(plat_devices[i]);
	platform_driver_unregister(&plat_driver);
}
