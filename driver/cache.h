/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cache: maintenance of the CPUs' caches for a zone's memory.
 *
 * There is one operation, the flush: it cleans and invalidates each line of a
 * range in one step and in one pass, through the zone's own cacheable mapping.
 *
 * - A flush loses no store of a CPU. A store before the step is in memory after
 *   it. A store after the step fetches the line from memory again. Two passes,
 *   first clean and then invalidate, would drop the stores in between.
 * - After a flush, the CPU reads what devices wrote to memory before it, unless a
 *   CPU had stored to the same line since the line was fetched.
 *
 * Memory and cache exchange whole lines, so two users of one line matter:
 *
 * - Two users on CPUs keep all their bytes, whoever flushes, and when.
 * - A user on a CPU and a device that does not snoop keep their bytes only if they
 *   take turns: a flush of the line lies between the end of the device's access
 *   and the CPU's first store, and another one between the CPU's last store and
 *   the device's next access. Without that, the line that the CPU writes back may
 *   have older bytes in the device's part. No maintenance can prevent this: users
 *   that work at the same time need lines of their own.
 *
 * Buffers consist of whole pages, so no two buffers share a line.
 *
 * A few kernels run on CPUs whose instructions for this the driver does not have.
 * There it may use the DMA API on the zone's own device, in the direction
 * DMA_BIDIRECTIONAL, for zones in the linear map:
 *
 * - T-Head's own kernels, as on SG2002 and CV1800B (MaixCAM, Milk-V Duo; 5.10):
 *   the same single pass, so all of the above holds.
 * - All other kernels: refused. On riscv, a mainline kernel cleans in one pass and
 *   invalidates in another. This concerns boards whose devices do not snoop and
 *   whose CPU has no Zicbom, as TH1520 (Lichee Pi 4A), D1, JH7100 and RZ/Five, and
 *   SG2002 with a mainline kernel.
 *
 * Where all devices snoop, as far as the kernel knows, nothing is maintained.
 *
 * Offsets are bytes from the zone's start. The caller decides whether maintenance
 * is needed, and passes whole lines.
 */
#ifndef _CMM_CACHE_H
#define _CMM_CACHE_H

#include <linux/types.h>

struct cmm_zone;
struct device;

int cmm_cache_init(struct device *parent, struct cmm_zone *zone);
bool cmm_cache_can_flush(const struct cmm_zone *zone);
u64 cmm_cache_line(void);
void cmm_cache_flush(struct cmm_zone *zone, u64 offset, u64 size);

#endif /* _CMM_CACHE_H */
