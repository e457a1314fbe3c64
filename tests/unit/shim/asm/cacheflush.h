/* SPDX-License-Identifier: MIT */
/* What riscv's kernels tell modules of Zicbom; the test has it. */
#ifndef SHIM_CACHEFLUSH_H
#define SHIM_CACHEFLUSH_H

extern unsigned int riscv_cbom_block_size;

#endif
