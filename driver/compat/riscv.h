/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat, riscv: an instruction of Zicbom. Assemblers before 2.38 do not know it.
 * The kernel's headers have it since 6.4, and before that only inside a loop.
 */
#ifndef _CMM_COMPAT_RISCV_H
#define _CMM_COMPAT_RISCV_H

/* cbo.flush: clean and invalidate the block at @addr. */
static inline void compat_cbo_flush(unsigned long addr)
{
	asm volatile(".insn i 0x0f, 2, x0, %0, 2" : : "r" (addr) : "memory");
}

#endif /* _CMM_COMPAT_RISCV_H */
