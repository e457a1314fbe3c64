/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat: riscv has this header since 6.4. Before, asm/hwcap.h had the declarations
 * that the driver needs.
 */
#ifndef _CMM_COMPAT_CPUFEATURE_H
#define _CMM_COMPAT_CPUFEATURE_H

#include <asm/hwcap.h>

#endif /* _CMM_COMPAT_CPUFEATURE_H */
