/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory: where the machine has any, as its firmware describes it.
 *
 * That is more than the kernel uses: what mem= hides is there too. EFI firmware
 * describes memory by its memory map, and the kernel then ignores the /memory
 * nodes of the device tree; all other firmware describes it by these nodes.
 */
#ifndef _CMM_MEMORY_H
#define _CMM_MEMORY_H

#include <linux/types.h>

bool cmm_memory_covers(u64 start, u64 end, u64 *missing);
bool cmm_memory_overlaps(u64 start, u64 end, u64 *found);
bool cmm_memory_find_efi_owner(u64 start, u64 end, bool in_carveout,
			       u64 *found_start, u64 *found_end);

#endif /* _CMM_MEMORY_H */
