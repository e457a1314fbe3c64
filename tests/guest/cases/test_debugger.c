// SPDX-License-Identifier: MIT
/*
 * A debugger accesses a mapping by /proc/PID/mem and ptrace(). It can read and write
 * what the program itself can, and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocks.h"
#include "buffer.h"
#include "events.h"
#include "pattern.h"

#define LEN	(4 * PAGE)
#define SEED	91

/*
 * Whether this kernel lets a driver handle access to memory without struct pages.
 * Other kernels lack generic_access_phys(), which most drivers use for that.
 */
static bool kernel_asks_drivers(void)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	char line[512];
	bool found = false;

	ASSERT(symbols);
	while (!found && fgets(line, sizeof(line), symbols))
		found = strstr(line, " generic_access_phys\n");
	fclose(symbols);
	return found;
}

/* Opens this process's memory as a debugger does. */
static int open_mem(void)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	ASSERT(mem >= 0);
	if (!kernel_asks_drivers())
		skip("this kernel does not let debuggers look at such memory");
	return mem;
}

static ssize_t peek(int mem, const void *at, void *data, size_t len)
{
	ssize_t done = pread(mem, data, len, (off_t)(uintptr_t)at);

	return done < 0 ? -errno : done;
}

static ssize_t poke(int mem, void *at, const void *data, size_t len)
{
	ssize_t done = pwrite(mem, data, len, (off_t)(uintptr_t)at);

	return done < 0 ? -errno : done;
}

/* Reading at @at gives the pattern of a buffer from @offset on. */
static void expect_seen(int mem, const uint8_t *at, size_t len, size_t offset,
			uint64_t seed)
{
	static uint8_t data[LEN];

	memset(data, 0, sizeof(data));
	ASSERT_EQ(ASSERT_OK(peek(mem, at, data, len)), len);
	ASSERT_PATTERN(pattern_check(data, len, offset, seed));
}

ZONE_TEST(proc_mem_fails_with_eio_if_kernel_cannot_ask_drivers)
{
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char byte;

	if (kernel_asks_drivers())
		skip("this kernel does");
	ASSERT_ERR(peek(mem, buffer.at, &byte, 1), EIO);
	ASSERT_ERR(poke(mem, buffer.at, &byte, 1), EIO);
	close(mem);
	buffer_free(&buffer);
}

ZONE_TEST(proc_mem_reads_and_writes_the_buffer)
{
	static const size_t places[] = { 0, 1, PAGE - 3, PAGE, 2 * PAGE + 7 };
	uint32_t kinds[] = { 0, zone_wc() };
	int mem = open_mem();
	static uint8_t data[LEN];
	size_t k, p;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct buffer buffer = buffer_alloc(node, LEN, kinds[k]);

		buffer_fill(&buffer, SEED);
		for (p = 0; p < ARRAY_SIZE(places); p++) {
			size_t at = places[p], len = LEN - at;

			note("flags %#x, %zu bytes from %zu on", kinds[k], len, at);
			expect_seen(mem, buffer.at + at, len, at, SEED);
			expect_seen(mem, buffer.at + at, 1, at, SEED);

			/* Change bytes and restore them: other bytes stay. */
			pattern_fill(data, 2 * PAGE - 7, at, SEED + 1);
			len = at < 2 * PAGE ? 2 * PAGE - 7 : PAGE;
			ASSERT_EQ(ASSERT_OK(poke(mem, buffer.at + at, data,
						 len)), len);
			ASSERT_PATTERN(pattern_check(buffer.at + at, len, at,
						     SEED + 1));
			pattern_fill(data, len, at, SEED);
			ASSERT_EQ(ASSERT_OK(poke(mem, buffer.at + at, data,
						 len)), len);
			buffer_expect(&buffer, SEED);
		}
		buffer_free(&buffer);
	}
	close(mem);
}

ZONE_TEST(proc_mem_access_stops_at_the_end_of_the_mapping)
{
	int mem = open_mem();
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	uint8_t *end = buffer.at + PAGE;
	static uint8_t data[2 * PAGE];

	buffer_fill(&buffer, SEED);
	/* First nothing is mapped behind, and later a page of other memory. */
	ASSERT(!munmap(end, LEN - PAGE));
	memset(data, 0xa5, sizeof(data));
	ASSERT_EQ(ASSERT_OK(peek(mem, end - 100, data, 200)), 100);
	ASSERT_PATTERN(pattern_check(data, 100, PAGE - 100, SEED));
	ASSERT_EQ(data[100], 0xa5);
	ASSERT_EQ(ASSERT_OK(poke(mem, end - 100, data, 200)), 100);
	ASSERT_ERR(peek(mem, end, data, 1), EIO);

	ASSERT(mmap(end, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == end);
	memset(end, 0x5a, PAGE);
	ASSERT_EQ(ASSERT_OK(peek(mem, end - 100, data, 200)), 200);
	ASSERT_PATTERN(pattern_check(data, 100, PAGE - 100, SEED));
	ASSERT_EQ(data[100], 0x5a);
	ASSERT_EQ(data[199], 0x5a);
	memset(data + 100, 0x77, 100);
	ASSERT_EQ(ASSERT_OK(poke(mem, end - 100, data, 200)), 200);
	ASSERT_EQ(end[99], 0x77);
	ASSERT(!munmap(buffer.at, 2 * PAGE));

	/* The buffer's next page is unchanged. */
	buffer.at = zone_map(buffer.fd, LEN);
	ASSERT(buffer.at);
	buffer_expect(&buffer, SEED);
	buffer_free(&buffer);
	close(mem);
}

ZONE_TEST(proc_mem_reads_split_and_moved_mappings)
{
	int mem = open_mem();
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	uint8_t *part = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, buffer.fd,
			     PAGE);
	uint8_t *room = mmap(NULL, PAGE, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(part != MAP_FAILED && room != MAP_FAILED);
	buffer_fill(&buffer, SEED);
	expect_seen(mem, part, 3 * PAGE, PAGE, SEED);
	ASSERT(!munmap(part + PAGE, PAGE));
	expect_seen(mem, part, PAGE, PAGE, SEED);
	expect_seen(mem, part + 2 * PAGE, PAGE, 3 * PAGE, SEED);
	ASSERT(mremap(part + 2 * PAGE, PAGE, PAGE,
		      MREMAP_MAYMOVE | MREMAP_FIXED, room) == room);
	expect_seen(mem, room, PAGE, 3 * PAGE, SEED);
	ASSERT(!munmap(room, PAGE));
	ASSERT(!munmap(part, PAGE));
	buffer_free(&buffer);
	close(mem);
}

ZONE_TEST(proc_mem_reads_blocks_before_and_after_first_access)
{
	int mem = open_mem();
	struct buffer buffer = blocks_alloc(node, 2 * BLOCK, SEED);
	uint8_t *fresh = blocks_map(node, buffer.fd, 2 * BLOCK, 0, 0, PROT_READ);
	size_t i;

	for (i = 0; i < 2; i++) {
		note("round %zu", i);
		expect_seen(mem, fresh, LEN, 0, SEED);
		expect_seen(mem, fresh + BLOCK - PAGE - 5, LEN,
			    BLOCK - PAGE - 5, SEED);
		expect_seen(mem, fresh + 2 * BLOCK - LEN, LEN, 2 * BLOCK - LEN,
			    SEED);
		ASSERT_PATTERN(pattern_check(fresh, 2 * BLOCK, 0, SEED));
	}
	ASSERT(!munmap(fresh, 2 * BLOCK));
	buffer_free(&buffer);
	close(mem);
}

/* Reading works, and writing fails. */
static void expect_read_only(int mem, uint8_t *at)
{
	static const uint8_t other[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	expect_seen(mem, at, LEN, 0, SEED);
	ASSERT_ERR(poke(mem, at, other, sizeof(other)), EIO);
	ASSERT_ERR(poke(mem, at + PAGE, other, 1), EIO);
	expect_seen(mem, at, LEN, 0, SEED);
}

static uint8_t *map_to_read(int fd)
{
	uint8_t *at = mmap(NULL, LEN, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT(at != MAP_FAILED);
	return at;
}

ZONE_TEST(proc_mem_cannot_write_read_only_mappings)
{
	int mem = open_mem();
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	int view = ASSERT_OK(zone_view_all(node, buffer.fd, 0)), forever;
	uint8_t *at = map_to_read(buffer.fd);

	buffer_fill(&buffer, SEED);
	expect_read_only(mem, at);
	ASSERT(!mprotect(at, LEN, PROT_READ | PROT_WRITE));
	ASSERT_EQ(ASSERT_OK(poke(mem, at, buffer.at, 8)), 8);
	ASSERT(!mprotect(at, LEN, PROT_READ));
	expect_read_only(mem, at);
	ASSERT(!munmap(at, LEN));

	at = map_to_read(view);
	expect_read_only(mem, at);
	ASSERT(!munmap(at, LEN));

	ASSERT(!munmap(buffer.at, LEN));
	forever = ASSERT_OK(zone_view_all(node, buffer.fd, CMM_VIEW_SEAL));
	at = map_to_read(buffer.fd);
	expect_read_only(mem, at);
	ASSERT(!munmap(at, LEN));
	close(forever);
	close(view);
	close(buffer.fd);
	close(mem);
}

/* Forks a child, which has the same mappings, and stops it. */
static pid_t trace_child(void)
{
	pid_t pid = fork();
	int status;

	ASSERT(pid >= 0);
	if (!pid) {
		for (;;)
			pause();
	}
	ASSERT(!ptrace(PTRACE_ATTACH, pid, NULL, NULL));
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT(WIFSTOPPED(status));
	return pid;
}

static void end_child(pid_t pid)
{
	ASSERT(!kill(pid, SIGKILL));
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
}

static int poke_word(pid_t pid, void *at, long word)
{
	return ptrace(PTRACE_POKEDATA, pid, at, (void *)word) ? -errno : 0;
}

ZONE_TEST(ptrace_reads_and_writes_words)
{
	int mem = open_mem();
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	int view = ASSERT_OK(zone_view_all(node, buffer.fd, 0));
	uint8_t *read_only = map_to_read(view);
	long *words = (long *)buffer.at;
	pid_t pid;

	words[0] = 0x1122334455667788;
	words[LEN / sizeof(long) - 1] = 42;
	pid = trace_child();
	errno = 0;
	ASSERT_EQ(ptrace(PTRACE_PEEKDATA, pid, words, NULL), words[0]);
	ASSERT_EQ(ptrace(PTRACE_PEEKDATA, pid, words + LEN / sizeof(long) - 1,
			 NULL), 42);
	ASSERT_EQ(ptrace(PTRACE_PEEKDATA, pid, read_only, NULL), words[0]);
	ASSERT_EQ(errno, 0);
	ASSERT_OK(poke_word(pid, words + 1000, 99));
	ASSERT_EQ(words[1000], 99);
	ASSERT_ERR(poke_word(pid, read_only, 99), EIO);
	ASSERT_EQ(words[0], 0x1122334455667788);
	end_child(pid);
	ASSERT(!munmap(read_only, LEN));
	close(view);
	buffer_free(&buffer);
	close(mem);
}

/* These calls pin pages, and the mapping has none to pin. */
ZONE_TEST(process_vm_readv_and_writev_fail_with_efault)
{
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	struct iovec theirs = { buffer.at, 8 };
	char data[8];
	struct iovec ours = { data, 8 };

	ASSERT_EQ(process_vm_readv(getpid(), &ours, 1, &theirs, 1, 0), -1);
	ASSERT_EQ(errno, EFAULT);
	ASSERT_EQ(process_vm_writev(getpid(), &ours, 1, &theirs, 1, 0), -1);
	ASSERT_EQ(errno, EFAULT);
	buffer_free(&buffer);
}

/* Expects these numbers of sync events, all with that direction and cacheops. */
static void expect_announced(const char *dir, int begins, int ends)
{
	char begin[64], end[64];

	snprintf(begin, sizeof(begin), " begin dir=%s maintained=1", dir);
	snprintf(end, sizeof(end), " end dir=%s maintained=1", dir);
	ASSERT_EQ(events_count("cmm_sync", begin), begins);
	ASSERT_EQ(events_count("cmm_sync", end), ends);
	ASSERT_EQ(events_count("cmm_sync", ""), begins + ends);
}

ZONE_TEST(proc_mem_access_syncs_the_cache)
{
	int mem = open_mem();
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	int plain = open_importer("plain");
	struct import dma = import(plain, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);
	uint8_t data[8];

	if (zone_lacks_maintenance())
		skip("this CPU has no instructions to maintain its cache");
	/* A non-coherent device may have written. */
	events_begin();
	ASSERT_EQ(ASSERT_OK(peek(mem, buffer.at + 100, data, 8)), 8);
	events_end();
	expect_announced("from-device", 1, 0);
	events_begin();
	ASSERT_EQ(ASSERT_OK(poke(mem, buffer.at + 100, data, 8)), 8);
	events_end();
	expect_announced("both", 1, 1);
	ASSERT_OK(importer_release(&dma));
	close(plain);
	buffer_free(&buffer);
	close(mem);
}

/* Through a view, a debugger sees its part, and stops at its end. */
ZONE_TEST(debugger_sees_the_bytes_of_a_view)
{
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	int view = ASSERT_OK(zone_view(node, buffer.fd, PAGE, 2 * PAGE,
				       CMM_VIEW_WRITE));
	uint8_t data[64], *at;
	int mem = open_mem();

	/* With an unmapped page after the view. */
	at = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(at != MAP_FAILED);
	ASSERT(mmap(at, 2 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, view, 0) == at);
	ASSERT(!munmap(at + 2 * PAGE, PAGE));
	buffer_fill(&buffer, SEED);
	expect_seen(mem, at + PAGE, 64, 2 * PAGE, SEED);
	memset(data, 0x77, sizeof(data));
	ASSERT_EQ(poke(mem, at + 2 * PAGE - 32, data, 64), 32);
	ASSERT_EQ(buffer.at[3 * PAGE - 1], 0x77);
	ASSERT_PATTERN(pattern_check(buffer.at + 3 * PAGE, PAGE, 3 * PAGE, SEED));
	ASSERT_PATTERN(pattern_check(buffer.at, PAGE, 0, SEED));
	ASSERT(!munmap(at, 2 * PAGE));
	close(mem);
	close(view);
	buffer_free(&buffer);
}
