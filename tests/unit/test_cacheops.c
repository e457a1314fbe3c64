// SPDX-License-Identifier: MIT
/*
 * Tests of cache maintenance by line, as built for riscv with Zicbom. The emulated board
 * has no Zicbom. The test records each instruction.
 */
#include <stdbool.h>
#include <stddef.h>

#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include <asm/cpufeature.h>
#include <linux/cache.h>

#include "cacheops.h"
#include "harness.h"

#define MOST 64

unsigned int riscv_cbom_block_size;
bool has_zicbom;

static unsigned long flushed[MOST];
static size_t count;
/* The number of flushes before the last barrier, and the number of barriers. */
static size_t completed;
static unsigned int barriers;

void compat_cbo_flush(unsigned long addr)
{
	ASSERT(count < MOST);
	flushed[count++] = addr;
}

void record_barrier(void)
{
	completed = count;
	barriers++;
}

static void flush(char *at, size_t size)
{
	count = 0;
	completed = 0;
	barriers = 0;
	cmm_cacheops_flush(at, size);
}

/* Exactly the lines of the range were flushed, once and in order. */
static void expect_lines(char *at, size_t size)
{
	unsigned long line = riscv_cbom_block_size;
	unsigned long addr = (unsigned long)at / line * line;
	size_t i = 0;

	for (; addr < (unsigned long)at + size; addr += line, i++)
		ASSERT(i < count && flushed[i] == addr);
	ASSERT(i == count);
}

TEST(a_range_is_flushed_in_one_pass_of_whole_lines)
{
	static const size_t sizes[] = { 1, 63, 64, 65, 128, 500 };
	char memory[1024] __attribute__((aligned(256)));
	size_t offset, i;

	has_zicbom = true;
	for (riscv_cbom_block_size = 16; riscv_cbom_block_size <= 256;
	     riscv_cbom_block_size *= 2) {
		ASSERT(cmm_cacheops_size() == riscv_cbom_block_size);
		for (offset = 0; offset < 257; offset += 1 + offset / 2) {
			for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
				flush(memory + offset, sizes[i]);
				expect_lines(memory + offset, sizes[i]);
			}
		}
	}
}

TEST(the_last_line_is_in_memory_at_the_end)
{
	char memory[512] __attribute__((aligned(64)));

	has_zicbom = true;
	riscv_cbom_block_size = 64;
	flush(memory, sizeof(memory));
	ASSERT(count == 8 && completed == 8 && barriers == 1);
}

TEST(a_processor_without_the_instruction_is_known)
{
	has_zicbom = false;
	riscv_cbom_block_size = 0;
	ASSERT(!cmm_cacheops_available());
	ASSERT(cmm_cacheops_size() == L1_CACHE_BYTES);
	/* The kernel also sets the block size for T-Head's own instructions. */
	riscv_cbom_block_size = 64;
	ASSERT(!cmm_cacheops_available());
	has_zicbom = true;
	riscv_cbom_block_size = 0;
	ASSERT(!cmm_cacheops_available());
	riscv_cbom_block_size = 64;
	ASSERT(cmm_cacheops_available());
}
