// SPDX-License-Identifier: MIT
/*
 * Zones that are protected from the CPU. Only devices can access their buffers.
 * The kernel does not touch their memory.
 */
#include <cmm.h>
#include <errno.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "cachetrace.h"
#include "driver.h"
#include "events.h"
#include "tool.h"

static bool firmware_clears(void)
{
	return chosen.flags & CMM_ZONE_FIRMWARE_CLEARS;
}

ZONE_TEST(info_reports_protection)
{
	struct cmm_info info;
	uint64_t value;

	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.kind, CMM_KIND_NO_MAP);
	ASSERT_EQ(info.flags, chosen.flags);
	ASSERT_EQ(info.clean, 0);
	ASSERT_ERR(zone_attribute(ZONE, "scrub", &value), ENOENT);
}

static void expect_no_mapping(int fd)
{
	errno = 0;
	ASSERT(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	ASSERT_EQ(errno, EOPNOTSUPP);
	ASSERT(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) ==
	       MAP_FAILED);
	ASSERT(errno == EOPNOTSUPP || errno == EACCES);
}

ZONE_TEST(cpu_access_to_protected_buffer_is_refused)
{
	static const uint64_t accesses[] = {
		DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE, DMA_BUF_SYNC_RW,
	};
	int plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	int sealed = ASSERT_OK(zone_view_all(node, fd, 0));
	char byte = 1;
	size_t i;

	expect_no_mapping(fd);
	expect_no_mapping(sealed);
	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		note("access %zu", i);
		ASSERT_ERR(zone_sync(fd, DMA_BUF_SYNC_START | accesses[i]),
			   EOPNOTSUPP);
		ASSERT_ERR(zone_sync(fd, DMA_BUF_SYNC_END | accesses[i]),
			   EOPNOTSUPP);
		ASSERT_ERR(zone_sync_part(node, fd, i + 1, 0, PAGE),
			   EOPNOTSUPP);
		ASSERT_ERR(zone_sync_part(node, fd, (i + 1) | CMM_SYNC_END, 0,
					  PAGE), EOPNOTSUPP);
	}
	ASSERT_ERR(importer_cpu_read(plain, fd, 0, &byte, 1), EOPNOTSUPP);
	ASSERT_ERR(importer_cpu_write(plain, fd, 0, &byte, 1), EOPNOTSUPP);
	ASSERT_ERR(zone_alloc(node, PAGE, CMM_BUF_WC), EOPNOTSUPP);
	close(sealed);
	close(fd);
	close(plain);
}

TEST(cmmctl_explains_refused_write_combined_buffer)
{
	char command[128], text[512];

	snprintf(command, sizeof(command), "cmmctl alloc 4K --wc %s", ZONE);
	ASSERT(tool_run(command, text, sizeof(text)));
	note("it prints: %s", text);
	ASSERT(strstr(text, "protected zones and CPUs without uncached mappings"));
}

TEST(library_reports_protection)
{
	struct cmm_zone *zone = cmm_zone_open(ZONE);
	struct cmm_buf *buf = cmm_buf_alloc(zone, PAGE, 0, 0, "frame");

	ASSERT(buf);
	ASSERT(!cmm_buf_map(buf) && errno == EOPNOTSUPP);
	ASSERT(cmm_buf_sync_begin(buf, CMM_CPU_READ) && errno == EOPNOTSUPP);
	ASSERT(cmm_buf_load_file(buf, 0, "/proc/self/stat") == -1);
	ASSERT_EQ(errno, EOPNOTSUPP);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

ZONE_TEST(whois_finds_protected_buffer)
{
	int engine = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc_named(node, 2 * PAGE, 0, "frame"));
	struct import dma = import(engine, fd, CMM_IMPORT_TO_DEVICE);
	uint64_t phys = chosen.start + buffer_offset(node, fd) + PAGE;
	struct cmm_whois by_iova, by_phys;

	ASSERT_OK(zone_whois(node, "0000:00:05.0", dma.map.addr + PAGE,
			     &by_iova));
	ASSERT_OK(zone_whois(node, NULL, phys, &by_phys));
	ASSERT_EQ(by_iova.state, CMM_WHOIS_LIVE | CMM_WHOIS_MAPPED);
	ASSERT_EQ(by_phys.state, CMM_WHOIS_LIVE);
	ASSERT_EQ(by_iova.id, by_phys.id);
	ASSERT_EQ(by_iova.offset, PAGE);
	ASSERT_EQ(by_phys.offset, PAGE);
	ASSERT_OK(importer_release(&dma));
	close(fd);
	ASSERT_OK(zone_whois(node, "0000:00:05.0", dma.map.addr, &by_iova));
	ASSERT_OK(zone_whois(node, NULL, phys, &by_phys));
	ASSERT_EQ(by_iova.state, 0);
	ASSERT_STREQ(by_iova.name, "frame");
	ASSERT_EQ(by_iova.freed_ns, by_phys.freed_ns);
	close(engine);
}

ZONE_TEST(devices_access_protected_memory_directly)
{
	static uint8_t pattern[512], seen[512];
	int media;
	int engine = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	struct import dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import cpus;
	struct buffer plain;

	media = ASSERT_OK(zone_open("media"));
	plain = buffer_alloc(media, PAGE, 0);
	cpus = import(engine, plain.fd, CMM_IMPORT_BIDIRECTIONAL);
	ASSERT_EQ(translate(engine, dma.map.addr + PAGE),
		  chosen.start + buffer_offset(node, fd) + PAGE);
	ASSERT_EQ(dma.map.len, 2 * PAGE);

	memset(pattern, 0x3c, sizeof(pattern));
	memcpy(plain.at, pattern, sizeof(pattern));
	ASSERT_OK(importer_copy(engine, dma.map.addr + PAGE, cpus.map.addr, 512));
	memset(plain.at, 0, PAGE);
	ASSERT_OK(importer_copy(engine, cpus.map.addr, dma.map.addr + PAGE, 512));
	memcpy(seen, plain.at, sizeof(seen));
	ASSERT(!memcmp(seen, pattern, sizeof(seen)));

	ASSERT_OK(importer_release(&cpus));
	ASSERT_OK(importer_release(&dma));
	buffer_free(&plain);
	close(media);
	close(fd);
	close(engine);
}

/* Not mapped ("vmalloc" would show it), no cacheops (the cache-op trace would). */
ZONE_TEST(kernel_does_not_map_or_flush_protected_memory)
{
	FILE *areas = fopen("/proc/vmallocinfo", "r");
	char line[512], place[32];
	int plain, fd;
	struct import dma;

	ASSERT(areas);
	snprintf(place, sizeof(place), "phys=0x%016llx",
		 (unsigned long long)chosen.start);
	while (fgets(line, sizeof(line), areas))
		ASSERT(!strstr(line, place));
	fclose(areas);

	cachetrace_open_unmapped();
	plain = open_importer("plain");
	fd = ASSERT_OK(zone_alloc(node, MIB, 0));
	dma = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	ASSERT_OK(importer_release(&dma));
	close(fd);
	expect_none();
	cachetrace_close();
	close(plain);
}

/* --- the owner of a zone that nothing clears --- */

/* A user and its calls on the zone. */
struct user {
	uid_t uid;
	int node;
	int (*run)(int node);
	int result;
};

static void as_user(void *arg)
{
	struct user *user = arg;

	ASSERT(!setresuid(user->uid, user->uid, user->uid));
	user->result = user->run(user->node);
	ASSERT_EQ(user->result, 0);
}

static void run_as(uid_t uid, int node, int (*run)(int node))
{
	struct user user = { uid, node, run, -1 };

	join(fork_to(as_user, &user));
}

/* A zone that is bound again has no owner yet. */
static int bind_without_owner(void)
{
	ASSERT_OK(driver_unbind());
	ASSERT_OK(driver_bind_soon(ZONE));
	return ASSERT_OK(zone_open(ZONE));
}

/* Leaves the zone as the other tests need it: without an owner. */
static void end(int node)
{
	close(node);
	close(bind_without_owner());
}

static uint64_t refusals(void)
{
	uint64_t value;

	ASSERT_OK(zone_attribute(ZONE, "stats/other_owner", &value));
	return value;
}

static int alloc_all(int node)
{
	close(ASSERT_OK(zone_alloc(node, ZONE_SIZE, 0)));
	return 0;
}

static int expect_excluded(int node)
{
	int fd = zone_alloc(node, PAGE, 0);

	if (firmware_clears()) {
		close(ASSERT_OK(fd));
		return 0;
	}
	ASSERT_ERR(fd, EBUSY);
	return 0;
}

TEST(first_user_owns_protected_memory)
{
	int node = bind_without_owner(), i;
	struct cmm_info info;

	run_as(1000, node, alloc_all);
	for (i = 0; i < 3; i++) {
		run_as(1001, node, expect_excluded);
		/* Root is a user like any other. */
		run_as(0, node, expect_excluded);
		run_as(1000, node, alloc_all);
	}
	ASSERT_EQ(refusals(), firmware_clears() ? 0 : 6);
	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.used, 0);
	ASSERT_EQ(info.largest_free, ZONE_SIZE);
	end(node);
}

/* The user that allocated is the owner, even if another user closes the buffer. */
TEST(owner_of_protected_memory_is_the_allocating_user)
{
	int node = bind_without_owner(), fd;

	ASSERT(!seteuid(1000));
	fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	ASSERT(!seteuid(0));
	run_as(1001, node, expect_excluded);
	close(fd);
	run_as(1001, node, expect_excluded);
	run_as(1000, node, alloc_all);
	end(node);
}

TEST(protected_zone_has_no_owner_after_rebind)
{
	int node = bind_without_owner();

	run_as(1000, node, alloc_all);
	close(node);
	node = bind_without_owner();
	run_as(1001, node, alloc_all);
	end(node);
}

static int fail_in_each_way(int node)
{
	int32_t fds[2];
	struct cmm_alloc two = {
		.len = ZONE_SIZE / 2 + PAGE,
		.fds = (uintptr_t)fds,
		.count = 2,
	};

	ASSERT_ERR(zone_alloc(node, ZONE_SIZE + PAGE, 0), EFBIG);
	ASSERT_ERR(zone_alloc(node, ZONE_SIZE, 0), EDQUOT);
	ASSERT_ERR(zone_request(node, &two), EDQUOT);
	ASSERT_ERR(zone_alloc(node, PAGE, CMM_BUF_WC), EOPNOTSUPP);
	return 0;
}

/* Root has no quota, so it gets to the search for space. */
static int find_no_space(int node)
{
	int32_t fds[3];
	struct cmm_alloc request = {
		.len = ZONE_SIZE / 2 + PAGE,
		.fds = (uintptr_t)fds,
		.count = 2,
	};

	ASSERT_ERR(zone_request(node, &request), ENOSPC);
	request.len = ZONE_SIZE / 4 + PAGE;
	request.align = ZONE_SIZE / 2;
	request.count = 3;
	ASSERT_ERR(zone_request(node, &request), ENOBUFS);
	return 0;
}

TEST(failed_allocation_makes_no_owner)
{
	int node = bind_without_owner();

	ASSERT_OK(zone_set_attribute(ZONE, "quota", "8192"));
	run_as(1000, node, fail_in_each_way);
	run_as(0, node, find_no_space);
	ASSERT_OK(zone_set_attribute(ZONE, "quota", "0"));
	run_as(1001, node, alloc_all);
	ASSERT_EQ(refusals(), 0);
	end(node);
}

TEST(refusal_because_of_the_owner_is_explained)
{
	int node = bind_without_owner();
	char command[64], text[512];

	run_as(1000, node, alloc_all);
	events_begin();
	run_as(1001, node, expect_excluded);
	snprintf(command, sizeof(command), "cmmctl alloc 4K %s", ZONE);
	ASSERT_EQ(!tool_run(command, text, sizeof(text)), firmware_clears());
	events_end();
	note("it prints: %s", text);
	if (!firmware_clears()) {
		ASSERT(strstr(text, "a protected zone that another user owns"));
		ASSERT_EQ(events_count("cmm_refuse", " reason=EBUSY "), 2);
		ASSERT_EQ(events_count("cmm_refuse", " uid=1001 "), 1);
	} else {
		ASSERT_EQ(events_count("cmm_refuse", ""), 0);
	}
	end(node);
}

TEST(arena_in_protected_zone_has_no_addresses)
{
	struct cmm_share share = { .limit = 16 * PAGE };
	struct cmm_zone *zone = cmm_zone_open(ZONE);
	struct cmm_split *split;
	struct cmm_arena *arena;
	struct cmm_block block;
	struct cmm_rule rule;

	ASSERT(zone && !cmm_rule_get("rknn", &rule));
	share.rule = &rule;
	split = cmm_split_open(zone, &share, 1);
	ASSERT(split);
	arena = cmm_split_arena(split, 0);
	ASSERT(!cmm_arena_alloc(arena, 100, &block));
	ASSERT(!cmm_arena_alloc(arena, 100, &block));
	ASSERT_EQ(block.offset, 128);
	ASSERT(!block.ptr);
	ASSERT(!cmm_arena_free(arena, &block));
	cmm_split_close(split);
	cmm_zone_close(zone);
}
