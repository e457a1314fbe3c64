/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CMM for drivers: contiguous memory from the zone that the driver's device names
 * in the device tree:
 *
 *	npu@1000000 {
 *		...
 *		cmm,zone = <&cmm_npu>;
 *	};
 *
 * "make install" puts this header and Module.symvers into $(prefix)/src/cmm.
 * Build a module with -I$(prefix)/src/cmm/include and
 * KBUILD_EXTRA_SYMBOLS=$(prefix)/src/cmm/<kernel release>/Module.symvers.
 */
#ifndef _LINUX_CMM_H
#define _LINUX_CMM_H

#include <linux/types.h>
#include <uapi/linux/cmm.h>

struct device;
struct dma_buf;

/**
 * cmm_dmabuf_alloc() - allocate a buffer from the zone that a device names
 * @dev: the caller's device; the property "cmm,zone" of its node names the zone
 * @size: bytes, not 0; rounded up to whole pages
 * @flags: CMM_BUF_WC for write-combined CPU mappings, or 0 for cached ones
 * @name: for listings, by the rule of &cmm_alloc.name, or NULL for none; copied
 *
 * The buffer is physically contiguous. All of its bytes are zero, unless the zone
 * is protected. Listings show it as a buffer of the current process, and the
 * quota of that process's user is charged, until the buffer is freed.
 *
 * If no zone is found while @dev is being probed, the reason is logged with
 * dev_err_probe(). A later call logs nothing, because a user may have caused it.
 *
 * Ownership: the caller owns the one reference of the returned dma_buf. It ends
 * with dma_buf_put(), or passes to a file descriptor with dma_buf_fd(). The buffer
 * is freed with its last reference. Until then it stays valid, also after the zone
 * is unbound, and the module cmm cannot be unloaded. @dev is used only during the
 * call; the buffer holds no reference to it.
 *
 * Context: process context, may sleep. Call it with no spinlock held.
 *
 * Return: the dma_buf, never NULL, or an ERR_PTR():
 * * -ENOENT: the node of @dev has no property "cmm,zone", or @dev has no node
 * * -EINVAL: "cmm,zone" names a node that is disabled or is no zone, or @size,
 *   @flags or @name is wrong
 * * -EPROBE_DEFER: the zone is not bound; return this from the probe function
 * * -ENODEV: the zone is being unbound
 * * -EFBIG: @size is larger than the zone
 * * -EBUSY: the zone is protected and another user owns it
 * * -EDQUOT: the user's quota does not allow it
 * * -ENOSPC: the zone has less than @size free
 * * -ENOBUFS: the zone has @size free, but not in one piece
 * * -EOPNOTSUPP: the zone cannot have the buffers that @flags asks for
 * * -ENOMEM: the kernel has no memory for its own structures
 * * -EINTR: the current process is being killed
 */
struct dma_buf *cmm_dmabuf_alloc(struct device *dev, u64 size, u32 flags,
				 const char *name);

#endif /* _LINUX_CMM_H */
