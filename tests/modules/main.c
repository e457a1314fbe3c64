// SPDX-License-Identifier: GPL-2.0
/*
 * The test importer's module: registers and unregisters its drivers and devices.
 */
#include <linux/module.h>

#include "importer.h"

static int __init cmm_importer_init(void)
{
	int ret;

	ret = edu_register();
	if (ret)
		return ret;
	ret = platform_register();
	if (ret)
		goto unregister_edu;
	ret = amba_importer_register();
	if (ret)
		goto unregister_platform;
	ret = bus_importer_register();
	if (ret)
		goto unregister_amba;
	return 0;

unregister_amba:
	amba_importer_unregister();
unregister_platform:
	platform_unregister();
unregister_edu:
	edu_unregister();
	return ret;
}

static void __exit cmm_importer_exit(void)
{
	bus_importer_unregister();
	amba_importer_unregister();
	platform_unregister();
	edu_unregister();
}

module_init(cmm_importer_init);
module_exit(cmm_importer_exit);

MODULE_DESCRIPTION("Imports dma-bufs for CMM's tests");
MODULE_AUTHOR("The CMM authors");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("DMA_BUF");
