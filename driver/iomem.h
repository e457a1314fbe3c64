/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Iomem: the kernel's list of the physical addresses in use.
 *
 * A module cannot see the names of resources, and cannot lock the list of resources.
 * So it reads the list from /proc/iomem, as programs do.
 *
 * On riscv before 5.12, /proc/iomem has neither the kernel's image nor the SBI
 * firmware. A module cannot learn their places in another way.
 */
#ifndef _CMM_IOMEM_H
#define _CMM_IOMEM_H

#include <linux/types.h>

/**
 * struct cmm_iomem - one resource
 * @start: physical address of its first byte
 * @end: physical address of its last byte
 * @name: its name, truncated if too long
 * @has_kernel: the list has the kernel's image
 */
struct cmm_iomem {
	u64 start;
	u64 end;
	char name[48];
	bool has_kernel;
};

u64 cmm_iomem_ram_bytes(u64 start, u64 end);
int cmm_iomem_find_owner(u64 start, u64 end, struct cmm_iomem *owner);

#endif /* _CMM_IOMEM_H */
