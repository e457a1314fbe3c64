/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat: this header exists since 5.10. The driver needs dev_is_dma_coherent() of
 * it. Before, that was in dma-noncoherent.h. In 4.19, only arm64 has a similar
 * function.
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
