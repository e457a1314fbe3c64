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

TEST(the_tool_says_why_there_are_no_write_combined_buffers)
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

/* --- reuse of freed memory --- */

/* What a user does with the zone, and what he finds. */
struct user {
	uid_t uid;
	int node;
	int (*run)(int node);
	int result;
};

static void as_user(void *arg)
{
	struct user *user = arg;

	ASSERT(!seteuid(user->uid));
	user->result = user->run(user->node);
	ASSERT_EQ(user->result, 0);
}

static void run_as(uid_t uid, int node, int (*run)(int node))
{
	struct user user = { uid, node, run, -1 };

	join(fork_to(as_user, &user));
}

/* Only root gets an offset. The process has its own user back afterwards. */
static uint64_t offset_as_root(int node, int fd)
{
	const uid_t uid = geteuid();
	uint64_t offset;

	ASSERT(!seteuid(0));
	offset = buffer_offset(node, fd);
	ASSERT(!seteuid(uid));
	return offset;
}

static void begin_anew(void)
{
	ASSERT_OK(driver_unbind());
	ASSERT_OK(driver_bind_soon(ZONE));
}

#define SIZE	(4 * MIB)

/* Memory that no other user has had: half of the zone at first. */
static int take_half(int node)
{
	int fd = ASSERT_OK(zone_alloc(node, SIZE / 2, 0));

	ASSERT_EQ(offset_as_root(node, fd), 0);
	close(fd);
	return 0;
}

static int find_other_half(int node)
{
	int fd = ASSERT_OK(zone_alloc(node, SIZE / 2, 0));
	struct cmm_alloc req = { .len = SIZE / 2 + PAGE, .count = 1 };
	int32_t none;

	ASSERT_EQ(offset_as_root(node, fd), firmware_clears() ? 0 : SIZE / 2);
	close(fd);
	req.fds = (uintptr_t)&none;
	if (firmware_clears())
		return 0;
	ASSERT_ERR(zone_request(node, &req), ENOSPC);
	ASSERT_EQ(req.total_free, SIZE / 2);
	ASSERT_EQ(req.largest_free, SIZE / 2);
	return 0;
}

static int find_nothing(int node)
{
	int fd = zone_alloc(node, PAGE, 0);

	if (firmware_clears()) {
		close(ASSERT_OK(fd));
		return 0;
	}
	ASSERT_ERR(fd, ENOSPC);
	return 0;
}

TEST(protected_memory_is_not_reused_by_another_user)
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct cmm_info info;
	int i;

	ASSERT_EQ(ZONE_SIZE, SIZE);
	close(node);
	begin_anew();
	node = ASSERT_OK(zone_open(ZONE));
	run_as(1000, node, take_half);
	run_as(1001, node, find_other_half);
	run_as(1002, node, find_nothing);
	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.used, 0);
	ASSERT_EQ(info.largest_free, firmware_clears() ? SIZE : 0);
	/* A user may reuse its own memory any number of times. */
	for (i = 0; i < 3; i++) {
		run_as(1000, node, take_half);
		run_as(1001, node, find_other_half);
	}
	/* Root is a user like any other. */
	run_as(0, node, find_nothing);
	close(node);
	begin_anew();
}

/* A failed allocation leaves no memory reserved. */
static int fail_to_take(int node)
{
	int32_t fds[3];
	struct cmm_alloc req = {
		.len = SIZE / 2 - PAGE,
		.align = MIB,
		.fds = (uintptr_t)fds,
		.count = 2,
	};
	int fd = ASSERT_OK(zone_alloc(node, MIB, 0));

	/* One fits, two do not. */
	ASSERT_ERR(zone_request(node, &req), ENOSPC);
	req.len = MIB + PAGE;
	ASSERT_ERR(zone_request(node, &req), ENOBUFS);
	ASSERT_EQ(req.total_free, 3 * MIB);
	ASSERT_EQ(req.largest_free, 3 * MIB);
	close(fd);
	return 0;
}

static int take_the_rest(int node)
{
	close(ASSERT_OK(zone_alloc(node, 3 * MIB, 0)));
	return 0;
}

/* In parts, and in one piece, at the same place. */
static int take_parts(int node)
{
	int whole = ASSERT_OK(zone_alloc(node, MIB, 0)), parts[16], i;

	ASSERT_EQ(offset_as_root(node, whole), 0);
	close(whole);
	for (i = 0; i < 16; i++) {
		parts[i] = ASSERT_OK(zone_alloc(node, MIB / 16, 0));
		ASSERT_EQ(offset_as_root(node, parts[i]), i * MIB / 16);
	}
	for (i = 0; i < 16; i++)
		close(parts[i]);
	return 0;
}

TEST(failed_allocation_reserves_no_protected_memory)
{
	int node;

	begin_anew();
	node = ASSERT_OK(zone_open(ZONE));
	run_as(1000, node, fail_to_take);
	run_as(1000, node, take_parts);
	run_as(1001, node, take_the_rest);
	close(node);
	begin_anew();
}

/* A buffer belongs to its owner, whichever process closes it last. */
TEST(protected_memory_stays_reserved_for_its_owner)
{
	int node, fd;

	begin_anew();
	node = ASSERT_OK(zone_open(ZONE));
	ASSERT(!seteuid(1000));
	fd = ASSERT_OK(zone_alloc(node, SIZE / 2, 0));
	ASSERT(!seteuid(0));
	close(fd);
	run_as(1001, node, find_other_half);
	run_as(1000, node, take_half);
	close(node);
	begin_anew();
}

/* Growing sizes, none of which fits in the user's reserved memory. */
static int grow(int node)
{
	struct cmm_alloc req = { .len = MIB + PAGE, .count = 1 };
	int32_t fd;

	ASSERT(!setresuid(1000, 1000, 1000));
	close(ASSERT_OK(zone_alloc(node, MIB / 2, 0)));
	close(ASSERT_OK(zone_alloc(node, MIB, 0)));
	req.fds = (uintptr_t)&fd;
	if (firmware_clears()) {
		close(ASSERT_OK(zone_alloc(node, req.len, 0)));
		return 0;
	}
	ASSERT_ERR(zone_request(node, &req), ENOBUFS);
	ASSERT_EQ(req.total_free, 2 * MIB);
	ASSERT_EQ(req.largest_free, MIB);
	/* What is his already is not held against him twice. */
	close(ASSERT_OK(zone_alloc(node, MIB, 0)));
	close(ASSERT_OK(zone_alloc(node, MIB / 2, 0)));
	ASSERT_ERR(zone_alloc(node, MIB + PAGE, 0), ENOBUFS);
	ASSERT_ERR(zone_alloc(node, 2 * MIB + PAGE, 0), EDQUOT);
	/* What he may have more is nobody's yet. */
	close(ASSERT_OK(zone_alloc(node, MIB / 2, 0)));
	return 0;
}

TEST(quota_limits_memory_retained_for_a_user)
{
	int node;

	begin_anew();
	node = ASSERT_OK(zone_open(ZONE));
	ASSERT_OK(zone_set_attribute(ZONE, "quota", "2097152"));
	run_as(1000, node, grow);
	close(node);
	begin_anew();
}
