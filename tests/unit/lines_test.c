// SPDX-License-Identifier: MIT
/*
 * Cache maintenance by line as it is built for riscv with Zicbom, which the
 * emulated board has not: the calls that it makes of the kernel are recorded.
 */
#include <stdbool.h>
#include <string.h>

#include <linux/libnvdimm.h>
#include <asm/cacheflush.h>

#include "lines.h"
#include "rules.h"

static const struct call {
	char what;
	void *addr;
	size_t size;
} none;

static struct call calls[8];
static size_t count;

unsigned int riscv_cbom_block_size;

static void record(char what, void *addr, size_t size)
{
	CHECK(count < sizeof(calls) / sizeof(calls[0]));
	calls[count++] = (struct call){ what, addr, size };
}

void arch_wb_cache_pmem(void *addr, size_t size)
{
	record('w', addr, size);
}

void arch_invalidate_pmem(void *addr, size_t size)
{
	record('i', addr, size);
}

static bool is_call(const struct call *call, char what, void *addr, size_t size)
{
	return call->what == what && call->addr == addr && call->size == size;
}

/* Nothing is dropped that was not written back, and nothing beside it touched. */
static void a_range_is_written_back_and_then_dropped(void)
{
	char memory[512];

	memset(calls, 0, sizeof(calls));
	count = 0;
	cmm_lines_flush(memory + 64, 128);
	CHECK(count == 2);
	CHECK(is_call(&calls[0], 'w', memory + 64, 128));
	CHECK(is_call(&calls[1], 'i', memory + 64, 128));
	CHECK(!memcmp(&calls[2], &none, sizeof(none)));
}

static void a_processor_without_the_instructions_is_told_of(void)
{
	riscv_cbom_block_size = 0;
	CHECK(!cmm_lines_available());
	riscv_cbom_block_size = 64;
	CHECK(cmm_lines_available());
}

const struct rule rules[] = {
	RULE(a_range_is_written_back_and_then_dropped),
	RULE(a_processor_without_the_instructions_is_told_of),
	{}
};
