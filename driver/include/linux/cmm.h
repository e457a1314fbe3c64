/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CMM for drivers: contiguous memory of a zone that the driver's device names in
 * the device tree,
 *
 *	npu@1000000 {
 *		...
 *		cmm,zone = <&cmm_npu>;
 *	};
 *
 * as a dma_buf, which is used and ended like any other: attached and mapped, given
 * to users with dma_buf_fd(), and put with dma_buf_put().
 *
 * Modules are built with -I<CMM>/driver/include -I<CMM>, and with
 * KBUILD_EXTRA_SYMBOLS=<CMM>/Module.symvers.
 */
#ifndef _LINUX_CMM_H
#define _LINUX_CMM_H

#include <linux/types.h>
#include <uapi/linux/cmm.h>

struct device;
struct dma_buf;

struct dma_buf *cmm_dmabuf_alloc(struct device *dev, u64 size, u32 flags,
				 const char *name);

#endif /* _LINUX_CMM_H */
