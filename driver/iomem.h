/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Iomem: the kernel's list of physical addresses that are in use.
 *
 * The kernel lets a module neither see the names of resources nor take the lock
 * of their list. So this reads the list as programs do, from /proc/iomem.
 *
 * riscv kernels before 5.12 do not list their own image, and no other list that a module
 * can read has it, or the SBI firmware.
 */
#ifndef _CMM_IOMEM_H
#define _CMM_IOMEM_H

#include <linux/types.h>

/**
 * struct cmm_iomem - one resource, and what the list has
 * @start: physical address of its first byte
 * @end: physical address of its last byte
 * @name: its name, cut if it is longer
 * @has_kernel: the list says where the kernel's image is
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
