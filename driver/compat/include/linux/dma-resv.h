/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat: a header since 5.4. Before, a struct dma_resv was another name's.
 */
#ifndef _CMM_COMPAT_DMA_RESV_H
#define _CMM_COMPAT_DMA_RESV_H

#include <linux/reservation.h>

#endif /* _CMM_COMPAT_DMA_RESV_H */
