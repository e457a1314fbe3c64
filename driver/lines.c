// SPDX-License-Identifier: GPL-2.0
/*
 * Lines: cache maintenance by virtual address. The model is told in lines.h.
 *
 * There is one operation, clean and invalidate, for both directions: it never
 * loses what the CPU wrote, and on arm64 no erratum weakens it.
 */
#include <linux/kernel.h>

#include "lines.h"

#if defined(CONFIG_ARM64)

#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

/* CTR_EL0.DminLine: log2 of the smallest data cache line, in 4 byte words. */
static size_t line_size(void)
{
	u64 ctr = read_sanitised_ftr_reg(SYS_CTR_EL0);

	return 4 << ((ctr >> 16) & 0xf);
}

static void flush(void *vaddr, size_t size)
{
	size_t line = line_size();
	unsigned long addr = round_down((unsigned long)vaddr, line);
	unsigned long end = (unsigned long)vaddr + size;

	for (; addr < end; addr += line)
		asm volatile("dc civac, %0" : : "r" (addr) : "memory");
	dsb(sy);
}

static bool available(void)
{
	return true;
}

#elif defined(CONFIG_RISCV) && defined(CONFIG_RISCV_ISA_ZICBOM)

#include <linux/libnvdimm.h>
#include <asm/cacheflush.h>

static void flush(void *vaddr, size_t size)
{
	arch_wb_cache_pmem(vaddr, size);
	arch_invalidate_pmem(vaddr, size);
}

static bool available(void)
{
	return riscv_cbom_block_size;
}

#elif defined(CONFIG_X86)

#include <asm/cacheflush.h>

static void flush(void *vaddr, size_t size)
{
	clflush_cache_range(vaddr, size);
}

static bool available(void)
{
	return true;
}

#else

static void flush(void *vaddr, size_t size)
{
}

static bool available(void)
{
	return false;
}

#endif

/**
 * cmm_lines_available() - whether this machine can maintain single lines
 *
 * Return: true if cmm_lines_flush() has an effect.
 */
bool cmm_lines_available(void)
{
	return available();
}

/**
 * cmm_lines_flush() - write back and drop every line of a range
 * @vaddr: cacheable address of the first byte
 * @size: bytes
 */
void cmm_lines_flush(void *vaddr, size_t size)
{
	flush(vaddr, size);
}
