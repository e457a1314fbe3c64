/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fdt: the flattened device tree from the boot loader, one block of memory. The
 * kernel's device nodes point into it permanently.
 */
#ifndef _CMM_FDT_H
#define _CMM_FDT_H

#include <linux/types.h>

struct cmm_fdt;

int cmm_fdt_find(const struct cmm_fdt **fdt);
phys_addr_t cmm_fdt_phys(const struct cmm_fdt *fdt);
u64 cmm_fdt_size(const struct cmm_fdt *fdt);
bool cmm_fdt_reserve_entry(const struct cmm_fdt *fdt, unsigned int index,
			   u64 *start, u64 *size);

#endif /* _CMM_FDT_H */
