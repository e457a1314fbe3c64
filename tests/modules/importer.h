/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the test importer: what the node (importer.c) asks of the device
 * behind it (edu.c, platform.c).
 *
 * The devices outlive the open files of their nodes: nobody unbinds them through
 * sysfs while their nodes are open, and an open node pins the module.
 */
#ifndef _IMPORTER_H
#define _IMPORTER_H

#include <linux/miscdevice.h>

#include "cmm_importer.h"

struct importer {
	struct miscdevice misc;
	/* The device that dma-bufs are attached to. */
	struct device *dev;
	/* One transfer, or NULL for a device without an engine; may sleep. */
	int (*dma)(struct importer *imp, const struct cmm_import_dma *xfer);
};

int importer_register(struct importer *imp, const char *name);
void importer_unregister(struct importer *imp);

int leaf_ioctl(struct cmm_import_leaf __user *user);

int edu_register(void);
void edu_unregister(void);

int platform_register(void);
void platform_unregister(void);

#endif /* _IMPORTER_H */
