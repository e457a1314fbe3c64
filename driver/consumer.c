// SPDX-License-Identifier: GPL-2.0
/*
 * Consumer: allocation by kernel drivers. The interface is documented in
 * include/linux/cmm.h.
 */
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "buffer.h"
#include "dmabuf.h"
#include "include/linux/cmm.h"
#include "name.h"
#include "node.h"
#include "zone.h"

/*
 * Log why @dev gets no zone, but only during its probe. Users may trigger later
 * calls and must not be able to fill the log.
 */
static __printf(3, 4) struct cmm_zone *no_zone(struct device *dev, int err,
					       const char *fmt, ...)
{
	struct va_format message = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	message.va = &args;
	if (dev->links.status == DL_DEV_PROBING)
		dev_err_probe(dev, err, "no zone: %pV\n", &message);
	va_end(args);
	return ERR_PTR(err);
}

static struct cmm_zone *consumer_find_zone(struct device *dev,
					   struct device_node *node)
{
	struct cmm_zone *zone;

	if (!of_device_is_compatible(node, "cmm,zone"))
		return no_zone(dev, -EINVAL,
			       "cmm,zone names %pOF, which is not a cmm,zone node",
			       node);
	if (!of_device_is_available(node))
		return no_zone(dev, -EINVAL,
			       "cmm,zone names %pOF, which is disabled", node);
	zone = cmm_node_find(node);
	return zone ?: no_zone(dev, -EPROBE_DEFER,
			       "the zone %pOF is not bound yet", node);
}

/* Get the zone that @dev's node refers to, with a reference. */
static struct cmm_zone *consumer_zone_of(struct device *dev)
{
	struct device_node *node = of_parse_phandle(dev->of_node, "cmm,zone", 0);
	struct cmm_zone *zone;

	if (!node)
		return no_zone(dev, -ENOENT,
			       "the device's node has no property cmm,zone");
	zone = consumer_find_zone(dev, node);
	of_node_put(node);
	return zone;
}

struct dma_buf *cmm_dmabuf_alloc(struct device *dev, u64 size, u32 flags,
				 const char *name)
{
	struct cmm_buffer_params params = {
		.size = PAGE_ALIGN(size),
		.align = PAGE_SIZE,
		.flags = flags,
	};
	struct dma_buf *dmabuf;
	struct cmm_zone *zone;

	/* Rounding up a too large size wraps to 0. */
	if (!params.size || flags & ~CMM_BUF_FLAGS ||
	    (name && !cmm_name_is_valid(name)))
		return ERR_PTR(-EINVAL);
	if (name)
		strscpy(params.name, name, sizeof(params.name));
	zone = consumer_zone_of(dev);
	if (IS_ERR(zone))
		return ERR_CAST(zone);
	dmabuf = cmm_dmabuf_create(zone, &params, O_RDWR);
	cmm_zone_put(zone);
	return dmabuf;
}
EXPORT_SYMBOL_GPL(cmm_dmabuf_alloc);
