// SPDX-License-Identifier: GPL-2.0
/*
 * Cacheops: cache maintenance by virtual address. The model is in cacheops.h.
 *
 * Each architecture defines the line size, the instruction that cleans and
 * invalidates one line in every CPU's cache down to memory, and the barrier that
 * waits for completion. On arm64, no erratum weakens this instruction.
 */
#include <linux/cache.h>
#include <linux/kernel.h>

#include "cacheops.h"

#if defined(CONFIG_ARM64)

#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

static bool cacheops_available(void)
{
	return true;
}

/* CTR_EL0.DminLine: log2 of the smallest data cache line, in 4 byte words. */
static size_t cacheops_line_size(void)
{
	u64 ctr = read_sanitised_ftr_reg(SYS_CTR_EL0);

	return 4 << ((ctr >> 16) & 0xf);
}

static void cacheops_flush_line(unsigned long addr)
{
	asm volatile("dc civac, %0" : : "r" (addr) : "memory");
}

static void cacheops_complete_flush(void)
{
	dsb(sy);
}

#elif defined(CONFIG_RISCV) && defined(CONFIG_RISCV_ISA_ZICBOM)

#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include <asm/cpufeature.h>
#include <asm/hwcap.h>

/* The kernel also sets the block size for CPUs with other instructions. */
static bool cacheops_available(void)
{
	return riscv_isa_extension_available(NULL, ZICBOM) &&
	       riscv_cbom_block_size;
}

static size_t cacheops_line_size(void)
{
	return riscv_cbom_block_size;
}

static void cacheops_flush_line(unsigned long addr)
{
	compat_cbo_flush(addr);
}

static void cacheops_complete_flush(void)
{
	mb(); /* after the lines, before what follows */
}

#elif defined(CONFIG_X86)

#include <asm/barrier.h>
#include <asm/processor.h>
#include <asm/special_insns.h>

static bool cacheops_available(void)
{
	return true;
}

static size_t cacheops_line_size(void)
{
	return boot_cpu_data.x86_clflush_size;
}

static void cacheops_flush_line(unsigned long addr)
{
	clflush((void *)addr);
}

static void cacheops_complete_flush(void)
{
	mb(); /* after the lines, before what follows */
}

#else

static bool cacheops_available(void)
{
	return false;
}

static size_t cacheops_line_size(void)
{
	return L1_CACHE_BYTES;
}

static void cacheops_flush_line(unsigned long addr)
{
}

static void cacheops_complete_flush(void)
{
}

#endif

/**
 * cmm_cacheops_available() - whether this CPU can flush single lines
 *
 * Return: true if cmm_cacheops_flush() has an effect and may be called.
 */
bool cmm_cacheops_available(void)
{
	return cacheops_available();
}

/**
 * cmm_cacheops_size() - the unit of cache maintenance
 *
 * Return: bytes, a power of two and not more than a page. This is the line size of
 * the hardware. dma_get_cache_alignment() is the maximum of all supported CPUs.
 */
size_t cmm_cacheops_size(void)
{
	return cacheops_available() ? cacheops_line_size() : L1_CACHE_BYTES;
}

/**
 * cmm_cacheops_flush() - clean and invalidate every line of a range, in one pass
 * @vaddr: cacheable address of the first byte
 * @size: bytes
 *
 * On return, memory holds all that the CPUs stored before the call. Only call this
 * if cmm_cacheops_available() is true.
 */
void cmm_cacheops_flush(void *vaddr, size_t size)
{
	size_t line = cacheops_line_size();
	unsigned long addr = round_down((unsigned long)vaddr, line);
	unsigned long end = (unsigned long)vaddr + size;

	for (; addr < end; addr += line)
		cacheops_flush_line(addr);
	cacheops_complete_flush();
}
