// SPDX-License-Identifier: MIT
/*
 * What a mapping costs and of what it is made: page faults, and page tables
 * with blocks of 2 MiB where the kernel can do that. And blocks in pieces:
 * whatever breaks them up leaves the contents as they are.
 */
#include <cmm.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "blocks.h"
#include "buffer.h"
#include "driver.h"
#include "fault.h"
#include "pattern.h"

/* Faults that have nothing to do with the mapping: the stack's, for instance. */
#define OTHER_FAULTS	3

#define THP	"/sys/kernel/mm/transparent_hugepage/enabled"

/* --- page faults and page tables --- */

static long minor_faults(void)
{
	struct rusage usage;

	ASSERT(!getrusage(RUSAGE_SELF, &usage));
	return usage.ru_minflt;
}

/* Faults that reading, or writing, a byte of each page takes. */
static long count_faults(volatile uint8_t *at, size_t len, bool write)
{
	long before = minor_faults();
	size_t i;

	for (i = 0; i < len; i += PAGE) {
		uint8_t byte = at[i];

		if (write)
			at[i] = byte;
	}
	return minor_faults() - before;
}

/* KiB of this process's page tables. */
static long page_tables(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[128];
	long kib = -1;

	ASSERT(status);
	while (kib < 0 && fgets(line, sizeof(line), status)) {
		if (sscanf(line, "VmPTE: %ld kB", &kib) != 1)
			kib = -1;
	}
	fclose(status);
	ASSERT(kib >= 0);
	return kib;
}

/* How transparent huge pages are set: "always", "madvise" or "never". */
static void get_thp(char mode[16])
{
	FILE *file = fopen(THP, "r");
	char text[64], *chosen_one;

	ASSERT(file && fgets(text, sizeof(text), file));
	fclose(file);
	chosen_one = strchr(text, '[');
	ASSERT(chosen_one && sscanf(chosen_one, "[%15[a-z]", mode) == 1);
}

static void set_thp(const char *mode)
{
	FILE *file = fopen(THP, "w");

	ASSERT(file && fputs(mode, file) >= 0);
	ASSERT(!fclose(file));
}

static size_t large(void)
{
	return ZONE_SIZE >= 128 * MIB ? 64 * MIB : ZONE_SIZE / 2;
}

/* The cost of touching a new mapping of a whole buffer, at that shift. */
struct cost {
	long reads, writes;	/* faults of the first touches */
	long rewrites;		/* and of writes after reads */
	long tables;		/* KiB */
};

static uint8_t *map_advised(int node, int fd, size_t len, size_t shift,
			    int advice)
{
	uint8_t *at = blocks_map(node, fd, len, 0, shift,
				 PROT_READ | PROT_WRITE);

	ASSERT(!madvise(at, len, advice));
	return at;
}

static struct cost measure(int node, int fd, size_t len, size_t shift,
			   int advice)
{
	struct cost cost;
	uint8_t *at;

	at = map_advised(node, fd, len, shift, advice);
	cost.reads = count_faults(at, len, false);
	cost.rewrites = count_faults(at, len, true);
	munmap(at, len);

	cost.tables = -page_tables();
	at = map_advised(node, fd, len, shift, advice);
	cost.writes = count_faults(at, len, true);
	cost.tables += page_tables();
	munmap(at, len);
	note("%ld faults to read, %ld to write, %ld then, %ld KiB of tables",
	     cost.reads, cost.writes, cost.rewrites, cost.tables);
	return cost;
}

static struct cost measure_with_thp(const char *mode, int node, int fd,
				    size_t len, size_t shift)
{
	struct cost cost;
	char before[16];

	get_thp(before);
	set_thp(mode);
	cost = measure(node, fd, len, shift, MADV_NORMAL);
	set_thp(before);
	return cost;
}

static void expect_cost(struct cost cost, long faults)
{
	ASSERT(cost.reads <= faults + OTHER_FAULTS);
	ASSERT(cost.writes <= faults + OTHER_FAULTS);
	ASSERT(cost.rewrites <= OTHER_FAULTS);
}

ZONE_TEST(block_mapping_takes_at_most_one_fault_per_block)
{
	static const char *const modes[] = { "always", "madvise", "never" };
	const uint32_t kinds[] = { 0, zone_wc() };
	size_t len = large(), kind, mode;

	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		int fd = ASSERT_OK(zone_alloc(node, len, kinds[kind]));

		for (mode = 0; mode < ARRAY_SIZE(modes); mode++)
			expect_cost(measure_with_thp(modes[mode], node, fd,
						     len, 0),
				    has_blocks() ? len / BLOCK : 0);
		close(fd);
	}
}

/* Newer kernels do not ask how huge pages are set, but for a program's advice. */
ZONE_TEST(block_mappings_use_no_page_tables)
{
	size_t len = large(), full = len / BLOCK * PAGE / KIB;
	int fd = ASSERT_OK(zone_alloc_named(node, len, BLOCK, "blocks"));
	struct cost blocks = measure_with_thp("always", node, fd, len, 0);
	struct cost asked = measure_with_thp("madvise", node, fd, len, 0);
	struct cost pages = measure(node, fd, len, 0, MADV_NOHUGEPAGE);

	expect_cost(pages, has_blocks() ? len / BLOCK : 0);
	ASSERT(pages.tables >= (long)full);
	if (has_blocks()) {
		ASSERT(blocks.tables < (long)full / 2);
		ASSERT(asked.tables < (long)full / 2);
	} else {
		ASSERT(blocks.tables >= (long)full);
	}
	close(fd);
}

ZONE_TEST(unaligned_mapping_is_populated_without_faults)
{
	size_t len = large();
	int fd = ASSERT_OK(zone_alloc(node, len, 0));

	expect_cost(measure_with_thp("always", node, fd, len, PAGE), 0);
	expect_cost(measure_with_thp("always", node, fd, len, BLOCK - PAGE), 0);
	close(fd);
}

ZONE_TEST(mapping_smaller_than_a_block_never_faults)
{
	int fd = ASSERT_OK(zone_alloc_named(node, BLOCK - PAGE, BLOCK, "small"));

	expect_cost(measure_with_thp("always", node, fd, BLOCK - PAGE, 0), 0);
	close(fd);
}

ZONE_TEST(query_reports_where_blocks_begin)
{
	int first = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int second = ASSERT_OK(zone_alloc(node, 4 * MIB, 0));
	struct cmm_query query;

	ASSERT_OK(zone_query(node, second, &query));
	ASSERT_EQ(query.offset, PAGE);
	ASSERT_EQ(query.map_block, has_blocks() ? BLOCK : 0);
	ASSERT_EQ(query.map_offset, has_blocks() ?
		  buffer_phys(node, second) % BLOCK : 0);
	close(second);
	close(first);
}

TEST(library_maps_with_blocks)
{
	size_t len = 8 * BLOCK;
	struct cmm_zone *zone = cmm_zone_open(ZONE);
	struct cmm_buf *first = cmm_buf_alloc(zone, PAGE, 0, 0, "first");
	struct cmm_buf *buf = cmm_buf_alloc(zone, len, 0, 0, "blocks");
	uint8_t *at = cmm_buf_map(buf);
	struct cmm_query query;

	ASSERT(at);
	ASSERT_OK(zone_query(cmm_zone_fd(zone), cmm_buf_fd(buf), &query));
	if (has_blocks())
		ASSERT_EQ((uintptr_t)at % BLOCK, query.map_offset);
	ASSERT(count_faults(at, len, true) <=
	       (has_blocks() ? 8 : 0) + OTHER_FAULTS);
	ASSERT(!cmm_buf_unmap(buf));
	at = cmm_buf_map_flags(buf, CMM_MAP_PREFAULT);
	ASSERT(at);
	ASSERT(count_faults(at, len, true) <= OTHER_FAULTS);
	cmm_buf_close(buf);
	cmm_buf_close(first);
	cmm_zone_close(zone);
}

/* --- split blocks --- */

#define SEED	77

static void expect_part(const uint8_t *at, size_t len, size_t offset)
{
	ASSERT_PATTERN(pattern_check(at, len, offset, SEED));
}

/* Flips all bits of one byte in each page. A second call undoes it. */
static void flip(uint8_t *at, size_t len)
{
	size_t i;

	for (i = 0; i < len; i += PAGE)
		at[i] ^= 0xff;
}

ZONE_TEST(mapping_at_an_offset_shows_that_part)
{
	const size_t skip = 3 * PAGE, len = 3 * BLOCK + PAGE;
	struct buffer buffer = blocks_alloc(node, 4 * BLOCK, SEED);
	uint8_t *at = blocks_map(node, buffer.fd, len, skip, 0, PROT_READ);

	ASSERT(count_faults(at, len, false) <=
	       (has_blocks() ? 2 : 0) + OTHER_FAULTS);
	expect_part(at, len, skip);
	munmap(at, len);
	buffer_free(&buffer);
}

ZONE_TEST(forked_child_shares_block_mappings)
{
	struct buffer buffer = blocks_alloc(node, 2 * BLOCK, SEED);
	uint8_t *untouched = blocks_map(node, buffer.fd, buffer.len, 0, 0,
					PROT_READ | PROT_WRITE);
	pid_t pid = fork();

	ASSERT(pid >= 0);
	if (!pid) {
		expect_part(buffer.at, buffer.len, 0);
		flip(untouched, buffer.len);
		munmap(buffer.at + PAGE, PAGE);
		_exit(0);
	}
	join(pid);
	flip(buffer.at, buffer.len);
	buffer_expect(&buffer, SEED);
	expect_part(untouched, buffer.len, 0);
	munmap(untouched, buffer.len);
	buffer_free(&buffer);
}

ZONE_TEST(page_inside_a_block_can_be_unmapped)
{
	const size_t hole = BLOCK + 17 * PAGE;
	struct buffer buffer = blocks_alloc(node, 3 * BLOCK, SEED);
	uint8_t *at = buffer.at;

	ASSERT(!munmap(at + hole, PAGE));
	ASSERT(fault_on_read(at + hole));
	expect_part(at, hole, 0);
	flip(at + hole + PAGE, buffer.len - hole - PAGE);
	flip(at + hole + PAGE, buffer.len - hole - PAGE);
	expect_part(at + hole + PAGE, buffer.len - hole - PAGE, hole + PAGE);
	close(buffer.fd);
	ASSERT(!munmap(at, hole));
	expect_used(buffer.len);
	ASSERT(!munmap(at + hole + PAGE, buffer.len - hole - PAGE));
	expect_used(0);
}

ZONE_TEST(page_inside_a_block_can_be_mprotected)
{
	const size_t page = BLOCK + 17 * PAGE;
	struct buffer buffer = blocks_alloc(node, 3 * BLOCK, SEED);
	uint8_t *at = buffer.at + page;

	ASSERT(!mprotect(at, PAGE, PROT_READ));
	expect_part(buffer.at, buffer.len, 0);
	ASSERT(fault_on_write(at));
	ASSERT_EQ(fault_on_write(at - 1), 0);
	ASSERT_EQ(fault_on_write(at + PAGE), 0);
	ASSERT(!mprotect(at, PAGE, PROT_NONE));
	ASSERT(fault_on_read(at));
	ASSERT(!mprotect(at, PAGE, PROT_READ | PROT_WRITE));
	flip(buffer.at, buffer.len);
	flip(buffer.at, buffer.len);
	buffer_expect(&buffer, SEED);
	buffer_free(&buffer);
}

ZONE_TEST(whole_blocks_can_be_mprotected)
{
	struct buffer buffer = blocks_alloc(node, 2 * BLOCK, SEED);

	ASSERT(!mprotect(buffer.at, buffer.len, PROT_READ));
	expect_part(buffer.at, buffer.len, 0);
	ASSERT(fault_on_write(buffer.at));
	ASSERT(fault_on_write(buffer.at + BLOCK));
	ASSERT(!mprotect(buffer.at, buffer.len, PROT_NONE));
	ASSERT(fault_on_read(buffer.at));
	ASSERT(!mprotect(buffer.at, buffer.len, PROT_READ | PROT_WRITE));
	flip(buffer.at, buffer.len);
	flip(buffer.at, buffer.len);
	buffer_expect(&buffer, SEED);
	buffer_free(&buffer);
}

ZONE_TEST(read_only_block_can_become_writable)
{
	struct buffer buffer = blocks_alloc(node, BLOCK, SEED);
	uint8_t *at = blocks_map(node, buffer.fd, BLOCK, 0, 0, PROT_READ);

	expect_part(at, BLOCK, 0);
	ASSERT(fault_on_write(at));
	ASSERT(!mprotect(at, BLOCK, PROT_READ | PROT_WRITE));
	flip(at, BLOCK);
	flip(buffer.at, BLOCK);
	expect_part(at, BLOCK, 0);
	munmap(at, BLOCK);
	buffer_free(&buffer);
}

/* Moves a whole mapping to an address that is shift off from one for blocks. */
static void move_by(struct buffer *buffer, size_t shift)
{
	uint8_t *room = mmap(NULL, buffer->len + 2 * BLOCK, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint8_t *to = room + ((uintptr_t)buffer->at + shift -
			      (uintptr_t)room) % BLOCK;

	ASSERT(room != MAP_FAILED);
	ASSERT(mremap(buffer->at, buffer->len, buffer->len,
		      MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	expect_part(to, buffer->len, 0);
	flip(to, buffer->len);
	flip(to, buffer->len);
	expect_part(to, buffer->len, 0);
	if (to != room)
		ASSERT(!munmap(room, to - room));
	room += buffer->len + 2 * BLOCK;
	ASSERT(!munmap(to + buffer->len, room - (to + buffer->len)));
	buffer->at = to;
}

ZONE_TEST(block_mapping_can_be_mremapped)
{
	struct buffer buffer = blocks_alloc(node, 3 * BLOCK, SEED);

	move_by(&buffer, 0);
	move_by(&buffer, 5 * PAGE);
	move_by(&buffer, BLOCK - 5 * PAGE);
	buffer_free(&buffer);
}

ZONE_TEST(part_of_a_block_can_be_mremapped)
{
	const size_t from = BLOCK + 9 * PAGE;
	struct buffer buffer = blocks_alloc(node, 3 * BLOCK, SEED);
	uint8_t *to = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	ASSERT(mremap(buffer.at + from, PAGE, PAGE,
		      MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	expect_part(to, PAGE, from);
	ASSERT(fault_on_read(buffer.at + from));
	expect_part(buffer.at, from, 0);
	expect_part(buffer.at + from + PAGE, buffer.len - from - PAGE,
		    from + PAGE);
	/* Neither can it grow back, nor be left where it was as well. */
	ASSERT(mremap(buffer.at, from, from + PAGE, 0) == MAP_FAILED);
	ASSERT(mremap(buffer.at, BLOCK, BLOCK,
		      MREMAP_MAYMOVE | MREMAP_DONTUNMAP) == MAP_FAILED);
	munmap(to, PAGE);
	buffer_free(&buffer);
}

ZONE_TEST(mapping_can_be_split_into_4096_parts)
{
	const size_t pieces = 4096;
	struct buffer buffer = blocks_alloc(node, pieces * PAGE, SEED);
	size_t i;

	for (i = 0; i < pieces; i += 2)
		ASSERT(!mprotect(buffer.at + i * PAGE, PAGE, PROT_READ));
	expect_part(buffer.at, buffer.len, 0);
	for (i = 0; i < pieces; i += 2)
		ASSERT(!munmap(buffer.at + i * PAGE, PAGE));
	for (i = 1; i < pieces; i += 2)
		expect_part(buffer.at + i * PAGE, PAGE, i * PAGE);
	buffer_free(&buffer);
	expect_used(0);
}

TEST(mapping_kept_after_unbind_is_populated_by_faults)
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct buffer buffer = blocks_alloc(node, 2 * BLOCK, SEED);
	uint8_t *at = blocks_map(node, buffer.fd, buffer.len, 0, 0, PROT_READ);

	buffer_free(&buffer);
	close(node);
	ASSERT_OK(driver_unbind());
	expect_part(at, buffer.len, 0);
	munmap(at, buffer.len);
	ASSERT_OK(driver_bind_soon(ZONE));
}

#define TOUCHERS	4

struct touched {
	uint8_t *at;
	size_t len;
};

static void *touch(void *arg)
{
	struct touched *touched = arg;

	expect_part(touched->at, touched->len, 0);
	return NULL;
}

ZONE_TEST(threads_can_fault_the_same_blocks_at_once)
{
	struct buffer buffer = blocks_alloc(node, 4 * BLOCK, SEED);
	struct touched touched = { .len = buffer.len };
	pthread_t threads[TOUCHERS];
	int i, round;

	for (round = 0; round < 4; round++) {
		touched.at = blocks_map(node, buffer.fd, buffer.len, 0, 0,
					PROT_READ | PROT_WRITE);
		for (i = 0; i < TOUCHERS; i++)
			ASSERT(!pthread_create(&threads[i], NULL, touch,
					       &touched));
		for (i = 0; i < TOUCHERS; i++)
			pthread_join(threads[i], NULL);
		munmap(touched.at, touched.len);
	}
	buffer_free(&buffer);
}

ZONE_TEST(madvise_does_not_change_contents_of_blocks)
{
	/* All that there is, known to this C library or not. */
	const int last = 25, poison = 100, offline = 101;
	struct buffer buffer = blocks_alloc(node, 2 * BLOCK, SEED);
	int advice;

	for (advice = 0; advice <= offline; advice++) {
		if (advice > last && advice < poison)
			continue;
		note("advice %d", advice);
		madvise(buffer.at, buffer.len, advice);
		madvise(buffer.at + PAGE, PAGE, advice);
		flip(buffer.at, buffer.len);
		flip(buffer.at, buffer.len);
		expect_part(buffer.at, buffer.len, 0);
	}
	buffer_free(&buffer);
}
