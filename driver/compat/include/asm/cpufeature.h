/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat: a header since 6.4 on riscv. Before, asm/hwcap.h had all that we need of
 * it.
 */
#ifndef _CMM_COMPAT_CPUFEATURE_H
#define _CMM_COMPAT_CPUFEATURE_H

#include <asm/hwcap.h>

#endif /* _CMM_COMPAT_CPUFEATURE_H */
