// SPDX-License-Identifier: GPL-2.0
/*
 * Consumer: drivers in the kernel that allocate. What they see is in
 * include/linux/cmm.h.
 */
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/string.h>

#include "buffer.h"
#include "dmabuf.h"
#include "include/linux/cmm.h"
#include "name.h"
#include "node.h"
#include "zone.h"

/* The zone of a node that names one. */
static struct cmm_zone *find_zone(struct device_node *node)
{
	struct cmm_zone *zone;

	if (!of_device_is_compatible(node, "cmm,zone") ||
	    !of_device_is_available(node))
		return ERR_PTR(-EINVAL);
	zone = cmm_node_find(node);
	return zone ?: ERR_PTR(-EPROBE_DEFER);
}

static struct cmm_zone *zone_of(struct device *dev)
{
	struct device_node *node = of_parse_phandle(dev->of_node, "cmm,zone", 0);
	struct cmm_zone *zone;

	if (!node)
		return ERR_PTR(-ENOENT);
	zone = find_zone(node);
	of_node_put(node);
	return zone;
}

/**
 * cmm_dmabuf_alloc() - allocate from the zone that a device is given
 * @dev: the driver's device, whose node has the property "cmm,zone"
 * @size: bytes, rounded up to whole pages; not 0
 * @flags: CMM_BUF_WC, or 0 for cached mappings
 * @name: what listings show, by the rule of &cmm_alloc.name, or NULL
 *
 * Every byte is zero, unless the zone is protected. The buffer is listed as, and
 * charged to the quota of, the process that is running. It lives until the last
 * reference on the dma_buf is put, also without the zone's device.
 *
 * Context: may sleep.
 * Return: a dma_buf with one reference, or an ERR_PTR: -ENOENT if the device
 * names no zone; -EPROBE_DEFER if the zone is not there, or not yet; -EINVAL if
 * what it names is none or disabled, or for a bad argument; -ENODEV if the zone is
 * being unbound; -EFBIG, -EDQUOT, -ENOSPC, -ENOBUFS, -EOPNOTSUPP and -ENOMEM as
 * for CMM_IOC_ALLOC; or -EINTR if the process is being killed.
 */
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

	/* Rounding up what is too large wraps to 0. */
	if (!params.size || flags & ~CMM_BUF_FLAGS ||
	    (name && !cmm_name_is_valid(name)))
		return ERR_PTR(-EINVAL);
	if (name)
		strscpy(params.name, name, sizeof(params.name));
	zone = zone_of(dev);
	if (IS_ERR(zone))
		return ERR_CAST(zone);
	dmabuf = cmm_dmabuf_create(zone, &params, O_RDWR);
	cmm_zone_put(zone);
	return dmabuf;
}
EXPORT_SYMBOL_GPL(cmm_dmabuf_alloc);
