/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat: this header exists since 5.4. Before, struct dma_resv had another name.
 */
#ifndef _CMM_COMPAT_DMA_RESV_H
#define _CMM_COMPAT_DMA_RESV_H

#include <linux/reservation.h>

#endif /* _CMM_COMPAT_DMA_RESV_H */
