/* SPDX-License-Identifier: MIT */
/*
 * What the driver's cache maintenance needs of zones, buffers, devices, processes and the
 * DMA API. It is included before the driver's sources and replaces zone.h, buffer.h and
 * trace.h. The test defines the functions.
 */
#ifndef SHIM_ZONE_H
#define SHIM_ZONE_H

#define _CMM_REGION_H
#define _CMM_ZONE_H
#define _CMM_BUFFER_H
#define _CMM_TRACE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <asm/barrier.h>
#include <linux/kernel.h>
#include <linux/types.h>

#include "cache.h"
#include "zeromap.h"

#define PAGE_SIZE		4096UL
#define PHYS_PFN(phys)		((phys) / PAGE_SIZE)
#define pfn_to_page(pfn)	((struct page *)(uintptr_t)((pfn) * PAGE_SIZE))
#define offset_in_page(at)	((unsigned long)(at) % PAGE_SIZE)

/* Devices and the DMA API */

enum dma_data_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE };

typedef u64 dma_addr_t;

struct page;

struct device {
	bool coherent;
};

#define DMA_ATTR_SKIP_CPU_SYNC	1
#define DMA_BIT_MASK(n)		(~0ULL >> (64 - (n)))
#define dev_err_probe(dev, err, ...) (err)
#define dev_is_dma_coherent(dev) ((dev)->coherent)
#define dev_clear_dma_coherent(dev) ((dev)->coherent = false)
#define dma_coerce_mask_and_coherent(dev, mask) 0
#define dma_mapping_error(dev, addr) false

dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page,
			      size_t offset, size_t size,
			      enum dma_data_direction dir, unsigned long attrs);
void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs);

/* Whether this kernel's DMA API flushes in one pass. The test sets it. */
extern bool dma_flushes_in_one_pass;

#define COMPAT_DMA_FLUSHES	dma_flushes_in_one_pass

/* The process */

/* Whether the process is being killed. The test sets it. */
extern bool is_being_killed;

#define fatal_signal_pending(task) is_being_killed
#define current			((const struct task *)&(const struct task){ 0 })
#define PF_EXITING		1
#define cond_resched()		do { } while (0)

struct task {
	unsigned int flags;
};

/* Fences */

struct dma_resv;

struct dma_buf {
	struct dma_resv *resv;
};

#define MAX_SCHEDULE_TIMEOUT	0
#define dma_resv_usage_rw(write) (write)
#define dma_resv_wait_timeout(resv, usage, intr, timeout) 0L

/* Zones and buffers */

enum { CMM_KIND_LINEAR, CMM_KIND_NO_MAP };

#define CMM_ZONE_COHERENT	0x1

struct cmm_region {
	u64 start, size;
	u32 kind;
	const char *name;
};

struct cmm_zone {
	struct device dev;
	struct cmm_region region;
	u32 flags;
	struct cmm_cache cache;
};

static inline bool cmm_zone_is_protected(const struct cmm_zone *zone)
{
	return false;
}

/* The test has one thread. */
struct mutex {
	int unused;
};

#define mutex_lock(mutex)	((void)(mutex))
#define mutex_unlock(mutex)	((void)(mutex))

struct cmm_part {
	u64 offset, size;
};

struct cmm_buffer {
	struct cmm_zone *zone;
	struct {
		u64 size;
	} params;
	bool wc;
	bool disclosed;
	struct mutex lock;	/* protects the rest */
	unsigned int snooping, others;
	bool cpu_touched;
};

static inline u64 cmm_buffer_offset(const struct cmm_buffer *buffer)
{
	return 0;
}

static inline bool cmm_buffer_is_wc(const struct cmm_buffer *buffer)
{
	return buffer->wc;
}

#define trace_cmm_sync(buffer, begin, range, dir, maintained) do { } while (0)

#endif
