/* SPDX-License-Identifier: MIT */
/* Cache maintenance by address that modules may call; the test has it. */
#ifndef SHIM_LIBNVDIMM_H
#define SHIM_LIBNVDIMM_H

#include <stddef.h>

void arch_wb_cache_pmem(void *addr, size_t size);
void arch_invalidate_pmem(void *addr, size_t size);

#endif
