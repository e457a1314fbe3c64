/* SPDX-License-Identifier: MIT */
/* What riscv's kernels tell modules of Zicbom, and its instruction; the test has both. */
#ifndef SHIM_CACHEFLUSH_H
#define SHIM_CACHEFLUSH_H

extern unsigned int riscv_cbom_block_size;

void compat_cbo_flush(unsigned long addr);

#endif
