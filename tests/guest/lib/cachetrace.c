// SPDX-License-Identifier: MIT
/* The cachetrace of cache maintenance: see cachetrace.h. */
#include "cachetrace.h"

#include <fcntl.h>
#include <glob.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "harness.h"
#include "zone.h"

#define TRACING		"/sys/kernel/debug/tracing/"
#define GROUP		"cmm_cachetrace"

/*
 * riscv64 keeps probes off a function's first two instructions, which are the
 * tracer's; after them the arguments are still in their registers.
 */
#ifdef __riscv
#define ENTRY		"+8"
#define REGISTER_1	"%a0"
#define REGISTER_2	"%a1"
#define REGISTER_4	"%a3"
#define REGISTER_5	"%a4"
#define ARG(n)		REGISTER_##n
#else
#define ENTRY		""
#define ARG(n)		"$arg" #n
#endif

static const struct {
	const char *event, *function, *args;
} probes[CACHETRACE_KINDS] = {
	/* By virtual address: cachetrace_read() makes it a physical one. */
	[FLUSHED] = {
		"flushed", "cmm_cacheops_flush",
		"phys=" ARG(1) ":x64 size=" ARG(2) ":x64 attributes=\\0:x64",
	},
	[FOR_DEVICE] = {
		"for_device", "arch_sync_dma_for_device",
		"phys=" ARG(1) ":x64 size=" ARG(2) ":x64 attributes=\\0:x64",
	},
	[FOR_CPU] = {
		"for_cpu", "arch_sync_dma_for_cpu",
		"phys=" ARG(1) ":x64 size=" ARG(2) ":x64 attributes=\\0:x64",
	},
	[MAPPED] = {
		"mapped", "remap_pfn_range",
		"phys=\\0:x64 size=\\0:x64 attributes=" ARG(5) ":x64",
	},
	/* Of memory with struct pages; of other memory see function_of(). */
	[VMAPPED] = {
		"vmapped", "vmap",
		"phys=\\0:x64 size=\\0:x64 attributes=" ARG(4) ":x64",
	},
};

static const char *function_of(int kind)
{
	if (kind == VMAPPED && chosen.kind != CMM_KIND_LINEAR)
		return "ioremap_page_range";
	return probes[kind].function;
}

static int add_probe(int kind)
{
	char text[256];

	snprintf(text, sizeof(text), "p:" GROUP "/%s %s" ENTRY " %s",
		 probes[kind].event, function_of(kind), probes[kind].args);
	return file_write(TRACING "kprobe_events", text);
}

/* From the kernel's addresses of the zone to physical ones. */
static uint64_t to_phys;

/* Where the kernel sees the zone: without a known device it flushes. */
static void find_mapping(void)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cachetrace_entry entry;
	struct cmm_query query;

	to_phys = 0;
	ASSERT_OK(zone_query(node, fd, &query));
	cachetrace_clear();
	ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ));
	if (cachetrace_read(&entry, 1) && entry.kind == FLUSHED)
		to_phys = chosen.start + query.offset - entry.phys;
	close(fd);
	close(node);
}

static void open_for(long thread)
{
	char text[64];
	int i;

	if (access(TRACING "kprobe_events", F_OK))
		skip("this kernel has no kprobe events");
	if (zone_lacks_maintenance())
		skip("this CPU has no instructions to maintain its cache");
	cachetrace_close();
	for (i = 0; i < CACHETRACE_KINDS; i++)
		ASSERT_OK(add_probe(i));
	snprintf(text, sizeof(text), "common_pid == %ld", thread);
	ASSERT_OK(file_write(TRACING "events/" GROUP "/filter", text));
	ASSERT_OK(file_write(TRACING "events/" GROUP "/enable", "1"));
	cachetrace_clear();
}

void cachetrace_open(void)
{
	open_for(syscall(SYS_gettid));
	find_mapping();
	cachetrace_clear();
}

void cachetrace_open_unmapped(void)
{
	open_for(syscall(SYS_gettid));
}

/* The process with that name; 0 if there is none. */
static long find_process(const char *name)
{
	char comm[32];
	long found = 0;
	size_t i;
	glob_t all;

	ASSERT(!glob("/proc/[0-9]*/comm", 0, NULL, &all));
	for (i = 0; i < all.gl_pathc && !found; i++) {
		FILE *file = fopen(all.gl_pathv[i], "r");

		if (file && fgets(comm, sizeof(comm), file) &&
		    !strcmp(strtok(comm, "\n"), name))
			found = atol(all.gl_pathv[i] + strlen("/proc/"));
		if (file)
			fclose(file);
	}
	globfree(&all);
	return found;
}

void cachetrace_open_scrubber(void)
{
	char name[48];
	long thread;

	snprintf(name, sizeof(name), "cmm/%s", ZONE);
	thread = find_process(name);
	ASSERT(thread);
	cachetrace_open();
	open_for(thread);
}

/* Also removes what an earlier test, which failed, may have left. */
void cachetrace_close(void)
{
	char text[64];
	int i;

	file_write(TRACING "events/" GROUP "/enable", "0");
	for (i = 0; i < CACHETRACE_KINDS; i++) {
		snprintf(text, sizeof(text), "-:" GROUP "/%s",
			 probes[i].event);
		file_write(TRACING "kprobe_events", text);
	}
}

/* "... flushed: (function+0x0/0x38) phys=0x50000000 size=0x1000 ..." */
static bool parse(const char *line, struct cachetrace_entry *entry)
{
	unsigned long long phys, size, attributes;
	const char *numbers = strstr(line, " phys=");
	char event[32];
	int kind;

	if (line[0] == '#' || !numbers ||
	    sscanf(numbers, " phys=%llx size=%llx attributes=%llx", &phys,
		   &size, &attributes) != 3)
		return false;
	for (kind = 0; kind < CACHETRACE_KINDS; kind++) {
		snprintf(event, sizeof(event), " %s: ", probes[kind].event);
		if (!strstr(line, event))
			continue;
		if (kind == FLUSHED)
			phys += to_phys;
		*entry = (struct cachetrace_entry){ kind, phys, size, attributes };
		return true;
	}
	return false;
}

/* What was recorded since cachetrace_clear(). */
static struct cachetrace_entry *records;
static size_t record_count;

/*
 * Moves new records from the kernel to @records. Unlike a read of "trace", this
 * does not wait for an RCU grace period; a test would wait for hundreds of them.
 */
static void take_records(void)
{
	int fd = open(TRACING "trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *pipe = fd < 0 ? NULL : fdopen(fd, "r");
	struct cachetrace_entry entry;
	char line[512];

	ASSERT(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		if (!parse(line, &entry))
			continue;
		records = realloc(records,
				  (record_count + 1) * sizeof(*records));
		ASSERT(records);
		records[record_count++] = entry;
	}
	fclose(pipe);
}

void cachetrace_clear(void)
{
	take_records();
	record_count = 0;
}

size_t cachetrace_read(struct cachetrace_entry *entries, size_t max)
{
	size_t count;

	take_records();
	count = record_count < max ? record_count : max;
	if (count)
		memcpy(entries, records, count * sizeof(*entries));
	return count;
}

#define MAX_ENTRIES	256

static struct cachetrace_entry entries[MAX_ENTRIES];

/* Makes one entry of those that continue each other; how many are left. */
static size_t join_entries(size_t count)
{
	size_t i, n = 0;

	for (i = 0; i < count; i++) {
		struct cachetrace_entry *last = n ? &entries[n - 1] : NULL;

		if (last && last->kind == entries[i].kind &&
		    last->phys + last->size == entries[i].phys)
			last->size += entries[i].size;
		else
			entries[n++] = entries[i];
	}
	return n;
}

/* Those of maintenance alone; how many. */
static size_t read_maintenance(void)
{
	size_t i, n = 0, count = cachetrace_read(entries, MAX_ENTRIES);

	ASSERT(count < MAX_ENTRIES);
	for (i = 0; i < count; i++)
		if (entries[i].kind <= FOR_CPU)
			entries[n++] = entries[i];
	return n;
}

void expect_flushed(const struct cachetrace_range *ranges, size_t count)
{
	size_t i, n = join_entries(read_maintenance());

	for (i = 0; i < n && i < count; i++) {
		ASSERT_EQ(entries[i].kind, FLUSHED);
		ASSERT_EQ(entries[i].phys, ranges[i].phys);
		ASSERT_EQ(entries[i].size, ranges[i].size);
	}
	ASSERT_EQ(n, count);
}

void expect_one_pass(uint64_t phys, uint64_t len)
{
	const struct cachetrace_range range = { phys, len };

	expect_flushed(&range, 1);
}

void expect_none(void)
{
	ASSERT_EQ(read_maintenance(), 0);
}

uint64_t hardware_line(void)
{
#ifdef __aarch64__
	uint64_t type;

	/* The data cache's smallest line: log2 of its 4 byte words. */
	__asm__("mrs %0, ctr_el0" : "=r" (type));
	return 4UL << (type >> 16 & 0xf);
#else
	return 0;
#endif
}
