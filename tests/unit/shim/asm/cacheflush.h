/* SPDX-License-Identifier: MIT */
/* riscv's block size of Zicbom and its instruction. The test defines both. */
#ifndef SHIM_CACHEFLUSH_H
#define SHIM_CACHEFLUSH_H

extern unsigned int riscv_cbom_block_size;

void compat_cbo_flush(unsigned long addr);

#endif
