/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat: the newest kernel's names on older kernels, and what kernels those
 * may be.
 *
 * Force-included, so that the rest of the driver is written for the newest
 * kernel only. The CMM_HAVE_* macros come from the probes in Kbuild.include;
 * headers that a kernel lacks are in include/. Each part is a matter of its
 * own: mm.h how users' memory is mapped, dma.h what the DMA API is, dmabuf.h
 * what exporters are, importer.h what the tests' importer is, user.h what users
 * reach, kernel.h the rest, and arm64.h and riscv.h those architectures.
 *
 * A stand-in is a macro or a function of another name, so that it does not
 * clash with what a probe overlooked. Where there is no stand-in, because the
 * kernel has the thing in a form that is not known here, #error says so.
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
#include "importer.h"
#include "user.h"
#ifdef CONFIG_ARM64
#include "arm64.h"
#endif
#ifdef CONFIG_RISCV
#include "riscv.h"
#endif

#endif /* _CMM_COMPAT_H */
