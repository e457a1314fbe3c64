/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cache: maintenance of the CPUs' caches for a zone's memory.
 *
 * The only operation is the flush. It cleans and invalidates each line of a range in
 * one step and in one pass, through the zone's own cacheable mapping.
 *
 * - A flush loses no store of a CPU. A store before the step is in memory after
 *   it. A store after the step fetches the line from memory again. Two passes,
 *   first clean and then invalidate, would drop the stores in between.
 * - After a flush, the CPU reads data that devices wrote to memory before it, unless
 *   a CPU stored to the same line after the line was fetched.
 *
 * Memory and cache exchange whole lines, so sharing a line matters:
 *
 * - CPUs that share a line never lose bytes. Any CPU may flush at any time.
 * - A CPU and a device that does not snoop may share a line only if they take turns.
 *   One flush of the line must be between the end of the device's access and the
 *   CPU's first store. Another one must be between the CPU's last store and the
 *   device's next access. Otherwise the CPU may write back old bytes to the device's
 *   part of the line. No maintenance can prevent this: concurrent users need
 *   separate lines.
 *
 * Buffers consist of whole pages, so no two buffers share a line.
 *
 * The driver lacks the flush instructions of some CPUs. There it can use the DMA API
 * on the zone's own device, with DMA_BIDIRECTIONAL, for zones in the linear map:
 *
 * - T-Head's own kernels, for example on SG2002 and CV1800B (MaixCAM, Milk-V Duo;
 *   5.10): they flush in the same single pass, so all of the above is true.
 * - All other kernels: refused. On riscv, a mainline kernel cleans in one pass and
 *   invalidates in another. This affects boards with devices that do not snoop and
 *   a CPU without Zicbom, for example TH1520 (Lichee Pi 4A), D1, JH7100 and RZ/Five,
 *   and SG2002 with a mainline kernel.
 *
 * A zone is accepted without flushes if it is declared coherent, or if its devices
 * snoop by default.
 *
 * Offsets are bytes from the zone's start. The caller decides whether maintenance
 * is needed, and passes whole lines.
 */
#ifndef _CMM_CACHE_H
#define _CMM_CACHE_H

#include <linux/types.h>

struct cmm_region;
struct device;

/**
 * struct cmm_cache - how to flush the caches for a zone's memory
 * @dev: the zone's own device, for the DMA API; initialised but not added
 * @region: the memory
 * @vaddr: cacheable kernel mapping of all of it
 */
struct cmm_cache {
	struct device *dev;
	const struct cmm_region *region;
	void *vaddr;
};

int cmm_cache_init(struct cmm_cache *cache, struct device *parent,
		   bool coherent);
bool cmm_cache_can_flush(const struct cmm_cache *cache);
u64 cmm_cache_line(void);
void cmm_cache_flush(const struct cmm_cache *cache, u64 offset, u64 size);

#endif /* _CMM_CACHE_H */
