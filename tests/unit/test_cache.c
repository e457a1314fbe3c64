// SPDX-License-Identifier: MIT
/*
 * Tests the effect of cache maintenance on data, in a model of a machine with a device
 * that is not coherent. All CPUs see one cache; the device sees memory. The driver
 * decides what to maintain (sync.c) and how (cache.c, cacheops.c). Here each of its
 * instructions changes the model. Between two instructions, another CPU may store.
 */
#include <string.h>

#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include <asm/cpufeature.h>
#include <linux/cache.h>

#include "cache.h"
#include "harness.h"
#include "sync.h"

#define LINE		L1_CACHE_BYTES
#define SIZE		(2 * PAGE_SIZE)
#define LINES		(SIZE / LINE)

/* The values that memory has at first, and that each writer stores. */
enum { OLD = 1, DEVICE, CPU, OTHER };

/* --- the machine --- */

static struct {
	unsigned char memory[SIZE] __attribute__((aligned(4096)));
	unsigned char cache[SIZE];
	bool valid[LINES], dirty[LINES];
} machine;

/* The other CPU stores at the step where this becomes 0. */
static int steps_left;
static size_t other_at;

unsigned int riscv_cbom_block_size = LINE;
bool has_zicbom;
bool dma_flushes_in_one_pass;
bool is_being_killed;

static void fetch(size_t line)
{
	if (!machine.valid[line])
		memcpy(machine.cache + line * LINE,
		       machine.memory + line * LINE, LINE);
	machine.valid[line] = true;
}

static void clean(size_t line)
{
	if (machine.dirty[line])
		memcpy(machine.memory + line * LINE,
		       machine.cache + line * LINE, LINE);
	machine.dirty[line] = false;
}

static void invalidate(size_t line)
{
	machine.valid[line] = false;
	machine.dirty[line] = false;
}

/* A CPU may fetch any line at any time, and may write any line back. */
static void fetch_all(void)
{
	size_t line;

	for (line = 0; line < LINES; line++)
		fetch(line);
}

static void write_back_all(void)
{
	size_t line;

	for (line = 0; line < LINES; line++)
		clean(line);
}

static unsigned char load(size_t at)
{
	fetch(at / LINE);
	return machine.cache[at];
}

static void store(size_t at, unsigned char value)
{
	fetch(at / LINE);
	machine.cache[at] = value;
	machine.dirty[at / LINE] = true;
}

/* Called between any two instructions of cache maintenance. */
static void step(void)
{
	if (!--steps_left)
		store(other_at, OTHER);
}

static size_t line_of(unsigned long addr)
{
	size_t line = (addr - (unsigned long)machine.memory) / LINE;

	ASSERT(line < LINES && addr % LINE == 0);
	return line;
}

void compat_cbo_flush(unsigned long addr)
{
	size_t line = line_of(addr);

	step();
	clean(line);
	invalidate(line);
}

void record_barrier(void)
{
	step();
}

/*
 * As T-Head's kernels do: mapping flushes in one pass. Unmapping only invalidates, which
 * the API allows.
 */
dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page,
			      size_t offset, size_t size,
			      enum dma_data_direction dir, unsigned long attrs)
{
	u64 addr = (uintptr_t)page + offset, at;

	ASSERT(!dev->coherent && dir == DMA_BIDIRECTIONAL);
	if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		for (at = addr; at < addr + size; at += LINE)
			compat_cbo_flush(at);
	return addr;
}

void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs)
{
	u64 at;

	if (attrs & DMA_ATTR_SKIP_CPU_SYNC)
		return;
	for (at = addr; at < addr + size; at += LINE) {
		step();
		invalidate(line_of(at));
	}
}

/* --- the driver on it --- */

static struct cmm_zone zone = {
	.cache = {
		.dev = &zone.dev,
		.region = &zone.region,
		.vaddr = machine.memory,
	},
};

static struct cmm_buffer buffer = { .zone = &zone, .params.size = SIZE };

static const struct cmm_part whole = { .size = SIZE };

/* Starts a machine with Zicbom, or one with T-Head's kernel. */
static void boot(bool zicbom)
{
	struct device parent = { .coherent = false };

	memset(&machine, 0, sizeof(machine));
	memset(machine.memory, OLD, SIZE);
	buffer.cpu_touched = false;
	steps_left = 0;
	has_zicbom = zicbom;
	dma_flushes_in_one_pass = !zicbom;
	zone.region.start = (uintptr_t)machine.memory;
	zone.region.size = SIZE;
	ASSERT(!cmm_cache_init(&zone.cache, &parent, false));
	ASSERT(cmm_cache_can_flush(&zone.cache));
}

/* The device accesses memory without the cache. */
static void device_writes(size_t first, size_t end)
{
	memset(machine.memory + first, DEVICE, end - first);
}

static bool memory_is(size_t first, size_t end, unsigned char value)
{
	size_t i;

	for (i = first; i < end; i++)
		if (machine.memory[i] != value)
			return false;
	return true;
}

static void cpu_writes(size_t first, size_t end)
{
	size_t i;

	for (i = first; i < end; i++)
		store(i, CPU);
}

static bool cpu_reads(size_t first, size_t end, unsigned char value)
{
	size_t i;

	for (i = first; i < end; i++)
		if (load(i) != value)
			return false;
	return true;
}

/* All calls that maintain the cache, for the whole buffer and for parts of lines. */
enum { BEGIN, END, HAND_OVER, TAKE_BACK };

static const struct call {
	int what;
	enum dma_data_direction dir;
	struct cmm_part part;
} calls[] = {
	{ BEGIN, DMA_FROM_DEVICE, { 0, SIZE } },
	{ BEGIN, DMA_TO_DEVICE, { 0, SIZE } },
	{ BEGIN, DMA_BIDIRECTIONAL, { 0, SIZE } },
	{ BEGIN, DMA_FROM_DEVICE, { LINE + 1, LINE } },
	{ BEGIN, DMA_TO_DEVICE, { LINE + 1, LINE } },
	{ BEGIN, DMA_TO_DEVICE, { LINE + 1, 1 } },
	{ END, DMA_FROM_DEVICE, { 0, SIZE } },
	{ END, DMA_TO_DEVICE, { 0, SIZE } },
	{ END, DMA_TO_DEVICE, { LINE + 1, LINE } },
	{ .what = HAND_OVER },
	{ .what = TAKE_BACK },
};

#define CALLS	(sizeof(calls) / sizeof(calls[0]))

static void make(const struct call *call)
{
	switch (call->what) {
	case BEGIN:
		cmm_sync_begin(&buffer, &call->part, call->dir);
		break;
	case END:
		cmm_sync_end(&buffer, &call->part, call->dir);
		break;
	case HAND_OVER:
		cmm_sync_note_cpu_mapping(&buffer);
		cmm_sync_for_device(&buffer, &whole, false);
		break;
	case TAKE_BACK:
		cmm_sync_for_cpu(&buffer, &whole, false);
		break;
	}
}

/* --- no store is lost --- */

/* Bytes at and near the ends of the ranges in calls[], and bytes far from them. */
static const size_t bytes[] = {
	0, LINE - 1, LINE, LINE + 1, 2 * LINE, 2 * LINE + 1, SIZE - 1,
};

#define BYTES	(sizeof(bytes) / sizeof(bytes[0]))

/* CPUs read the other CPU's store, and it reaches memory. */
static bool is_kept(size_t at)
{
	bool seen = steps_left > 0 || load(at) == OTHER;

	write_back_all();
	return seen && (steps_left > 0 || machine.memory[at] == OTHER);
}

/*
 * Runs the calls again and again: in each run, another CPU stores at another step. Returns
 * the number of lost stores.
 */
static unsigned int losses(bool zicbom, void (*run)(const void *), const void *arg)
{
	unsigned int lost = 0;
	size_t i;
	int when;

	for (i = 0; i < BYTES; i++) {
		/* Ends when the run has fewer steps. */
		for (when = 1; ; when++) {
			boot(zicbom);
			other_at = bytes[i];
			steps_left = when;
			fetch_all();
			run(arg);
			lost += !is_kept(other_at);
			if (steps_left > 0)
				break;
		}
	}
	return lost;
}

static void make_three(const void *arg)
{
	const struct call *const *three = arg;
	int i;

	for (i = 0; i < 3; i++) {
		make(three[i]);
		fetch_all();
	}
}

/* For all sequences of three calls. */
TEST(no_call_loses_another_cpus_store)
{
	const struct call *three[3];
	size_t i;
	int zicbom;

	for (zicbom = 0; zicbom < 2; zicbom++) {
		for (i = 0; i < CALLS * CALLS * CALLS; i++) {
			three[0] = &calls[i / CALLS / CALLS];
			three[1] = &calls[i / CALLS % CALLS];
			three[2] = &calls[i % CALLS];
			ASSERT(!losses(zicbom, make_three, three));
		}
	}
}

/* The driver must not do this. The model must show that it loses stores. */
static void clean_then_invalidate(const void *unused)
{
	size_t line;

	for (line = 0; line < LINES; line++) {
		step();
		clean(line);
	}
	for (line = 0; line < LINES; line++) {
		step();
		invalidate(line);
	}
}

TEST(two_passes_would_lose_stores)
{
	ASSERT(losses(true, clean_then_invalidate, NULL) > 0);
}

/* --- the device's bytes --- */

/* Offsets at, next to and between the edges of lines. */
static const size_t edges[] = {
	0, 1, LINE - 1, LINE, LINE + 1, LINE + 300, 2 * LINE, 3 * LINE - 1,
	3 * LINE, SIZE - 1, SIZE,
};

#define EDGES	(sizeof(edges) / sizeof(edges[0]))

static void on_each_part(void (*run)(size_t first, size_t end))
{
	size_t first, end;
	int zicbom;

	for (zicbom = 0; zicbom < 2; zicbom++) {
		for (first = 0; first < EDGES; first++) {
			for (end = first + 1; end < EDGES; end++) {
				boot(zicbom);
				/* The cache has the old data. */
				fetch_all();
				run(edges[first], edges[end]);
			}
		}
	}
}

static void write_beside_device(size_t first, size_t end)
{
	device_writes(0, SIZE);
	cmm_sync_begin(&buffer, &(struct cmm_part){ first, end - first },
		       DMA_TO_DEVICE);
	cpu_writes(first, end);
	cmm_sync_end(&buffer, &(struct cmm_part){ first, end - first },
		     DMA_TO_DEVICE);
	write_back_all();
	ASSERT(memory_is(0, first, DEVICE));
	ASSERT(memory_is(first, end, CPU));
	ASSERT(memory_is(end, SIZE, DEVICE));
}

TEST(a_write_keeps_a_devices_bytes_beside_it)
{
	on_each_part(write_beside_device);
}

static void change_one_byte(size_t first, size_t end)
{
	device_writes(0, SIZE);
	cmm_sync_begin(&buffer, &(struct cmm_part){ first, end - first },
		       DMA_BIDIRECTIONAL);
	store(first, CPU);
	cmm_sync_end(&buffer, &(struct cmm_part){ first, end - first },
		     DMA_BIDIRECTIONAL);
	write_back_all();
	ASSERT(memory_is(0, first, DEVICE));
	ASSERT(memory_is(first, first + 1, CPU));
	ASSERT(memory_is(first + 1, SIZE, DEVICE));
}

TEST(a_change_keeps_a_devices_bytes_around_it)
{
	on_each_part(change_one_byte);
}

static void read_part(size_t first, size_t end)
{
	device_writes(first, end);
	cmm_sync_begin(&buffer, &(struct cmm_part){ first, end - first },
		       DMA_FROM_DEVICE);
	fetch_all();
	ASSERT(cpu_reads(first, end, DEVICE));
}

TEST(a_read_sees_what_a_device_wrote)
{
	on_each_part(read_part);
}

static void take_back(size_t first, size_t end)
{
	cmm_sync_for_device(&buffer, &whole, false);
	device_writes(first, end);
	cmm_sync_for_cpu(&buffer, &whole, false);
	ASSERT(cpu_reads(0, first, OLD));
	ASSERT(cpu_reads(first, end, DEVICE));
	ASSERT(cpu_reads(end, SIZE, OLD));
}

TEST(the_cpu_sees_what_a_device_wrote_while_it_had_the_buffer)
{
	on_each_part(take_back);
}

/* --- the CPU's bytes --- */

static void end_write(size_t first, size_t end)
{
	cpu_writes(first, end);
	cmm_sync_end(&buffer, &(struct cmm_part){ first, end - first },
		     DMA_TO_DEVICE);
	ASSERT(memory_is(first, end, CPU));
}

TEST(a_device_sees_what_the_cpu_wrote)
{
	on_each_part(end_write);
}

static void hand_over(size_t first, size_t end)
{
	cmm_sync_note_cpu_mapping(&buffer);
	cpu_writes(first, end);
	cmm_sync_for_device(&buffer, &whole, false);
	ASSERT(memory_is(first, end, CPU));
}

TEST(a_device_that_gets_the_buffer_sees_what_the_cpu_wrote)
{
	on_each_part(hand_over);
}

/* --- a process that is being killed --- */

/*
 * For a process that is being killed, calls return early and lose no store.
 * cmm_sync_for_cpu(), which ends device access, completes.
 */
TEST(a_killed_process_does_not_wait_and_loses_no_store)
{
	int zicbom;

	for (zicbom = 0; zicbom < 2; zicbom++) {
		boot(zicbom);
		cmm_sync_note_cpu_mapping(&buffer);
		cpu_writes(0, SIZE);
		is_being_killed = true;
		ASSERT(cmm_sync_end(&buffer, &whole, DMA_TO_DEVICE) == -EINTR);
		ASSERT(cmm_sync_begin(&buffer, &whole, DMA_FROM_DEVICE) == -EINTR);
		ASSERT(cmm_sync_for_device(&buffer, &whole, false) == -EINTR);
		ASSERT(cpu_reads(0, SIZE, CPU));
		cmm_sync_for_cpu(&buffer, &whole, false);
		is_being_killed = false;
		ASSERT(memory_is(0, SIZE, CPU));
	}
}

/* --- machines without cache maintenance --- */

TEST(a_cache_that_cannot_be_flushed_is_refused)
{
	struct device snoops = { .coherent = true }, plain = { .coherent = false };

	has_zicbom = false;
	dma_flushes_in_one_pass = false;
	ASSERT(cmm_cache_init(&zone.cache, &plain, false) == -EOPNOTSUPP);
	ASSERT(!cmm_cache_can_flush(&zone.cache));
	ASSERT(!cmm_cache_init(&zone.cache, &snoops, false));
	ASSERT(!cmm_cache_init(&zone.cache, &plain, true));
	ASSERT(!cmm_cache_can_flush(&zone.cache));

	/* Outside the linear map, the DMA API cannot flush. */
	dma_flushes_in_one_pass = true;
	zone.region.kind = CMM_KIND_NO_MAP;
	ASSERT(cmm_cache_init(&zone.cache, &plain, false) == -EOPNOTSUPP);
	ASSERT(!cmm_cache_can_flush(&zone.cache));
	has_zicbom = true;
	ASSERT(!cmm_cache_init(&zone.cache, &plain, false));
	zone.region.kind = CMM_KIND_LINEAR;
}
