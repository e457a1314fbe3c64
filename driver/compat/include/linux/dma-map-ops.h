/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat: a header since 5.10. Of it we need whether a device is coherent; before
 * that was in dma-noncoherent.h, and in 4.19 known of arm64's devices alone.
 */
#ifndef _CMM_COMPAT_DMA_MAP_OPS_H
#define _CMM_COMPAT_DMA_MAP_OPS_H

#include <linux/dma-mapping.h>

#if defined(CMM_HAVE_DEV_IS_DMA_COHERENT)
#include <linux/dma-noncoherent.h>
#elif defined(CONFIG_ARM64)
#define dev_is_dma_coherent(dev) is_device_dma_coherent(dev)
#else
#define dev_is_dma_coherent(dev) true
#endif

#endif /* _CMM_COMPAT_DMA_MAP_OPS_H */
