/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cacheops: cache maintenance by virtual address, with the CPU's own instructions.
 *
 * The kernel does not export its functions for this to modules, so the instructions
 * are here. The only operation cleans and invalidates each line in one step. cache.h
 * describes its effect on data.
 */
#ifndef _CMM_CACHEOPS_H
#define _CMM_CACHEOPS_H

#include <linux/types.h>

bool cmm_cacheops_available(void);
size_t cmm_cacheops_size(void);
void cmm_cacheops_flush(void *vaddr, size_t size);

#endif /* _CMM_CACHEOPS_H */
