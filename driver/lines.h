/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines: cache maintenance by virtual address, where the DMA API cannot help.
 *
 * The architectures' own functions for this are not for modules, so the few
 * instructions are here.
 */
#ifndef _CMM_LINES_H
#define _CMM_LINES_H

#include <linux/types.h>

bool cmm_lines_available(void);
void cmm_lines_flush(void *vaddr, size_t size);

#endif /* _CMM_LINES_H */
