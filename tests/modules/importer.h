/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interface between the importer's node (importer.c) and the drivers of its devices
 * (edu.c, platform.c, amba.c, bus.c).
 *
 * A device may be unbound or unplugged while its node is open. The open file keeps
 * the importer, a reference to the device, and its attachments, as many drivers do.
 */
#ifndef _IMPORTER_H
#define _IMPORTER_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>

#include "cmm_importer.h"

struct dma_buf;

struct importer {
	struct miscdevice misc;
	struct kref refs;
	/* The device that dma-bufs are attached to; holds a reference. */
	struct device *dev;
	/* The open files, of type struct import_file. */
	struct list_head files;
	struct mutex files_lock;	/* protects files */
	/*
	 * Runs one transfer; NULL for a device without a DMA engine. May sleep.
	 * Returns -ENODEV after the driver's remove().
	 */
	int (*dma)(struct importer *imp, const struct cmm_import_dma *xfer);
	/* Frees the structure that embeds the importer. */
	void (*free)(struct importer *imp);
};

int importer_register(struct importer *imp, struct device *dev,
		      const char *name);
void importer_unregister(struct importer *imp);
struct dma_buf *importer_detach_all(struct importer *imp);

int leaf_ioctl(struct cmm_import_leaf __user *user);

int edu_register(void);
void edu_unregister(void);

int bus_importer_register(void);
void bus_importer_unregister(void);

int platform_register(void);
void platform_unregister(void);

#ifdef CONFIG_ARM_AMBA
int amba_importer_register(void);
void amba_importer_unregister(void);
#else
static inline int amba_importer_register(void)
{
	return 0;
}

static inline void amba_importer_unregister(void)
{
}
#endif

#endif /* _IMPORTER_H */
