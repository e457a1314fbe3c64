/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat: the newest kernel's API on older kernels, and the supported kernels.
 *
 * Force-included, so that the rest of the driver is written only for the newest
 * kernel. The probes in Kbuild.include define the CMM_HAVE_* macros. Headers that a
 * kernel lacks are in include/. The parts are:
 *
 * - mm.h: mappings for users
 * - dma.h: the DMA API
 * - dmabuf.h: dma-buf exporters
 * - user.h: ioctls, sysfs and device nodes
 * - kernel.h: the rest
 * - arm64.h and riscv.h: these architectures
 *
 * A replacement is a macro, or a function with another name, so it does not clash
 * with a function that a probe missed. If the kernel has an unknown form of an API,
 * #error reports it.
 */
#ifndef _CMM_COMPAT_H
#define _CMM_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 19, 0)
#error "CMM needs a kernel of version 4.19 or newer: KDIR is an older one."
#endif
#if !defined(CONFIG_64BIT) || \
	!(defined(CONFIG_ARM64) || defined(CONFIG_RISCV) || defined(CONFIG_X86))
#error "CMM is for arm64 and riscv64: set ARCH to what the kernel in KDIR was configured for."
#endif
#ifndef CONFIG_DMA_SHARED_BUFFER
#error "CMM needs dma-bufs: enable a driver that selects CONFIG_DMA_SHARED_BUFFER in KDIR."
#endif

#include "kernel.h"
#include "mm.h"
#include "dma.h"
#include "dmabuf.h"
#include "user.h"
#ifdef CONFIG_ARM64
#include "arm64.h"
#endif
#ifdef CONFIG_RISCV
#include "riscv.h"
#endif

#endif /* _CMM_COMPAT_H */
