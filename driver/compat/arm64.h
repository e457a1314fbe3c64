/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat, arm64: functions that the architecture's code does not export.
 */
#ifndef _CMM_COMPAT_ARM64_H
#define _CMM_COMPAT_ARM64_H

/*
 * 4.19 does not export read_sanitised_ftr_reg(), the value common to all CPUs. The
 * running CPU's register has the same value, unless the kernel reports a mismatch.
 * Then use the smallest possible line: 16 bytes, or 2^2 words.
 */
#ifndef CMM_HAVE_READ_SANITISED_FTR_REG
#include <linux/build_bug.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#ifndef ARM64_MISMATCHED_CACHE_LINE_SIZE
#define ARM64_MISMATCHED_CACHE_LINE_SIZE ARM64_MISMATCHED_CACHE_TYPE
#endif

static __always_inline u64 compat_read_ftr_reg(u32 reg)
{
	BUILD_BUG_ON(reg != SYS_CTR_EL0);
	if (cpus_have_cap(ARM64_MISMATCHED_CACHE_LINE_SIZE))
		return 2 << 16;
	return read_sysreg(ctr_el0);
}

#define read_sanitised_ftr_reg compat_read_ftr_reg
#endif

#endif /* _CMM_COMPAT_ARM64_H */
