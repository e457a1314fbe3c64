// SPDX-License-Identifier: MIT
/* libcmm on the real driver: every call, and its errors. */
#include <cmm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "heap.h"
#include "pattern.h"

static struct cmm_zone *open_zone(void)
{
	struct cmm_zone *zone = cmm_zone_open(ZONE);

	ASSERT(zone);
	return zone;
}

/* Opening by @name gives ZONE. */
static void expect_opened(const char *name)
{
	struct cmm_zone *zone = cmm_zone_open(name);
	struct cmm_zone_info info;

	ASSERT(zone);
	ASSERT(!cmm_zone_info(zone, &info));
	ASSERT_STREQ(info.name, ZONE);
	ASSERT_EQ(info.total, ZONE_SIZE);
	ASSERT_EQ(info.kind, chosen.kind);
	ASSERT_EQ(info.flags,
		  (exposes_phys() ? CMM_ZONE_INFO_EXPOSE_PHYS : 0) |
		  (chosen.flags & CMM_ZONE_COHERENT ? CMM_ZONE_INFO_COHERENT : 0) |
		  (chosen.flags & CMM_ZONE_DEFAULT ? CMM_ZONE_INFO_DEFAULT : 0));
	ASSERT_EQ(fcntl(cmm_zone_fd(zone), F_GETFD), FD_CLOEXEC);
	cmm_zone_close(zone);
}

TEST(zone_opens_by_name_or_path)
{
	char path[64];

	expect_opened(ZONE);
	snprintf(path, sizeof(path), "/dev/cmm/%s", ZONE);
	expect_opened(path);
}

/* Unbinds the device of a zone other than ZONE, and adds it to *@names. */
static int unbind_other(const char *name, void *names)
{
	char (*next)[CMM_NAME_SIZE] = *(void **)names;

	if (strcmp(name, ZONE)) {
		strcpy(*next, name);
		*(void **)names = next + 1;
		ASSERT_OK(driver_unbind_zone(name));
	}
	return 0;
}

/* The device tree of the board marks "media". */
TEST(null_name_opens_the_marked_zone)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_zone_info info;

	ASSERT(zone);
	ASSERT(!cmm_zone_info(zone, &info));
	ASSERT_STREQ(info.name, "media");
	ASSERT(info.flags & CMM_ZONE_INFO_DEFAULT);
	cmm_zone_close(zone);
	setenv("CMM_ZONE", ZONE, 1);
	expect_opened(NULL);
	unsetenv("CMM_ZONE");
}

TEST(null_name_opens_the_only_zone)
{
	char others[8][CMM_NAME_SIZE] = { "" };
	void *next = others;
	int i;

	ASSERT(!cmm_zone_list(unbind_other, &next));
	ASSERT(next != others);
	expect_opened(NULL);
	for (i = 0; *others[i]; i++)
		ASSERT_OK(driver_bind_soon(others[i]));
}

TEST(opening_what_is_not_a_zone_fails)
{
	ASSERT(!cmm_zone_open("no-such-zone"));
	ASSERT_EQ(errno, ENOENT);
	ASSERT(!cmm_zone_open("/dev/null"));
	ASSERT_EQ(errno, ENOTTY);
	cmm_zone_close(NULL);
}

static int count_zone(const char *name, void *count)
{
	*(int *)count += !strcmp(name, ZONE);
	return 0;
}

TEST(zone_list_has_the_zone_once)
{
	int count = 0;

	ASSERT(!cmm_zone_list(count_zone, &count));
	ASSERT_EQ(count, 1);
}

TEST(buffer_works_from_alloc_to_close)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_buf *buf = cmm_buf_alloc(zone, MIB + 1, 64 * KIB, 0, "mine");
	struct cmm_buf_info info;
	uint8_t *p;

	ASSERT(buf);
	ASSERT_EQ(cmm_buf_len(buf), MIB + PAGE);
	ASSERT_EQ(fcntl(cmm_buf_fd(buf), F_GETFD), FD_CLOEXEC);
	ASSERT(!cmm_buf_info(buf, &info));
	ASSERT_EQ(info.len, MIB + PAGE);
	ASSERT_EQ(info.align, 64 * KIB);
	ASSERT_EQ(info.flags, CMM_INFO_OFFSET |
			      (exposes_phys() ? CMM_INFO_PHYS : 0));
	ASSERT_EQ(info.phys % (64 * KIB), 0);
	ASSERT_EQ(info.pid, getpid());
	ASSERT_STREQ(info.name, "mine");
	ASSERT_STREQ(info.comm, "cmm-check");

	p = cmm_buf_map(buf);
	ASSERT(p);
	ASSERT(cmm_buf_map(buf) == p);
	ASSERT_PATTERN(pattern_check_zero(p, MIB + PAGE));
	ASSERT(!cmm_buf_sync_begin(buf, CMM_CPU_READ | CMM_CPU_WRITE));
	pattern_fill(p, MIB, 0, 61);
	ASSERT(!cmm_buf_sync_end(buf, CMM_CPU_READ | CMM_CPU_WRITE));
	ASSERT(!cmm_buf_unmap(buf));
	p = cmm_buf_map(buf);
	ASSERT_PATTERN(pattern_check(p, MIB, 0, 61));

	cmm_zone_close(zone);
	expect_used(MIB + PAGE);
	cmm_buf_close(buf);
	expect_used(0);
}

TEST(write_combined_alloc_works_where_supported)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_buf *buf = cmm_buf_alloc(zone, PAGE, 0, CMM_ALLOC_WC, NULL);
	struct cmm_buf_info info;

	if (zone_lacks_wc()) {
		ASSERT(!buf);
		ASSERT_EQ(errno, EOPNOTSUPP);
		need_wc();
	}
	ASSERT(buf);
	ASSERT(!cmm_buf_info(buf, &info));
	ASSERT_EQ(info.flags, CMM_INFO_OFFSET | CMM_INFO_WC |
			      (exposes_phys() ? CMM_INFO_PHYS : 0));
	ASSERT_STREQ(info.name, "");
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(array_alloc_is_all_or_nothing)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_buf *bufs[CMM_MAX_COUNT];
	uint64_t largest, total;
	int i;

	ASSERT(!cmm_buf_alloc_array(zone, PAGE, 0, 0, "many", bufs,
				    CMM_MAX_COUNT));
	expect_used(CMM_MAX_COUNT * PAGE);
	for (i = 0; i < CMM_MAX_COUNT; i++)
		cmm_buf_close(bufs[i]);

	ASSERT(cmm_buf_alloc_array(zone, ZONE_SIZE / 2, 0, 0, "", bufs, 3));
	ASSERT_EQ(errno, ENOSPC);
	cmm_buf_alloc_failure(&largest, &total);
	ASSERT_EQ(largest, ZONE_SIZE);
	ASSERT_EQ(total, ZONE_SIZE);
	for (i = 0; i < 3; i++)
		ASSERT(!bufs[i]);
	ASSERT(cmm_buf_alloc_array(zone, PAGE, 0, 0, "", bufs, 0));
	ASSERT_EQ(errno, EINVAL);
	ASSERT(cmm_buf_alloc_array(zone, PAGE, 0, 0, "", bufs,
				   CMM_MAX_COUNT + 1));
	ASSERT_EQ(errno, E2BIG);
	expect_used(0);
	cmm_zone_close(zone);
}

TEST(failed_alloc_sets_errno_and_free_space)
{
	static const char too_long[] = "a name that is longer than it may be";
	struct cmm_zone *zone = open_zone();
	struct cmm_buf *buf;
	uint64_t largest, total;

	ASSERT(!cmm_buf_alloc(zone, 0, 0, 0, NULL) && errno == EINVAL);
	ASSERT(!cmm_buf_alloc(zone, PAGE, 3, 0, NULL) && errno == EINVAL);
	ASSERT(!cmm_buf_alloc(zone, PAGE, 0, CMM_MAP_PREFAULT, NULL) &&
	       errno == EINVAL);
	ASSERT(!cmm_buf_alloc(zone, PAGE, 0, 0, too_long) && errno == EINVAL);
	ASSERT(!cmm_buf_alloc(zone, PAGE, 0, 0, "\n") && errno == EINVAL);
	ASSERT(!cmm_buf_alloc(zone, ZONE_SIZE + 1, 0, 0, NULL));
	ASSERT_EQ(errno, EFBIG);
	cmm_buf_alloc_failure(&largest, &total);
	ASSERT_EQ(largest, ZONE_SIZE);

	buf = cmm_buf_alloc(zone, ZONE_SIZE, 0, 0, NULL);
	ASSERT(buf);
	ASSERT(!cmm_buf_alloc(zone, PAGE, 0, 0, NULL) && errno == ENOSPC);
	cmm_buf_alloc_failure(&largest, &total);
	ASSERT_EQ(largest, 0);
	ASSERT_EQ(total, 0);
	cmm_buf_close(buf);
	ASSERT(strlen(cmm_strerror(ENOBUFS)) > 0);
	ASSERT(strcmp(cmm_strerror(ENOBUFS), strerror(ENOBUFS)));
	cmm_zone_close(zone);
}

TEST(imported_buffers_share_memory_and_id)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_buf *buf = cmm_buf_alloc(zone, PAGE, 0, 0, "one"), *same;
	struct cmm_buf_info a, b;

	ASSERT(buf);
	same = cmm_buf_import(zone, cmm_buf_fd(buf));
	ASSERT(same);
	ASSERT(cmm_buf_fd(same) != cmm_buf_fd(buf));
	ASSERT(!cmm_buf_info(buf, &a) && !cmm_buf_info(same, &b));
	ASSERT_EQ(b.id, a.id);
	ASSERT_EQ(cmm_buf_len(same), PAGE);
	strcpy(cmm_buf_map(buf), "hello");
	cmm_buf_close(buf);
	ASSERT_STREQ((char *)cmm_buf_map(same), "hello");

	buf = cmm_buf_import(NULL, cmm_buf_fd(same));
	ASSERT(buf);
	ASSERT(cmm_buf_info(buf, &a) && errno == EXDEV);
	cmm_buf_close(buf);
	cmm_buf_close(same);
	ASSERT(!cmm_buf_import(zone, -1) && errno == EBADF);
	ASSERT(!cmm_buf_import(zone, STDERR_FILENO) && errno == EBADF);
	cmm_zone_close(zone);
}

static int count_buf(const struct cmm_buf_entry *entry, void *count)
{
	ASSERT_STREQ(entry->name, "listed");
	ASSERT_EQ(entry->len, PAGE);
	ASSERT_EQ(entry->pid, getpid());
	return ++*(int *)count == 100 ? 7 : 0;
}

TEST(buffer_list_stops_only_when_the_callback_asks)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_buf *bufs[3][50];
	int count = 0, i, j;

	for (i = 0; i < 3; i++)
		ASSERT(!cmm_buf_alloc_array(zone, PAGE, 0, 0, "listed", bufs[i],
					    i == 2 ? 49 : 50));
	/* The callback ends the list at entry 100 of 149. */
	ASSERT_EQ(cmm_buf_list(zone, count_buf, &count), 7);
	ASSERT_EQ(count, 100);
	ASSERT_EQ(cmm_buf_list(zone, count_buf, &count), 0);
	ASSERT_EQ(count, 249);
	for (i = 0; i < 3; i++) {
		for (j = 0; j < (i == 2 ? 49 : 50); j++)
			cmm_buf_close(bufs[i][j]);
	}
	cmm_zone_close(zone);
}

TEST(range_sync_and_seal_work_through_the_library)
{
	struct cmm_zone *zone = cmm_zone_open(ZONE);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 4 * PAGE, 0, 0, "sealed");
	const struct cmm_range parts[] = { { buf, 0, 6 }, { buf, PAGE, 1 } };
	struct cmm_buf_info info;
	struct cmm_buf *sealed;

	ASSERT(buf);
	ASSERT(!cmm_buf_sync_begin_range(buf, 0, 6, CMM_CPU_WRITE));
	strcpy(cmm_buf_map(buf), "hello");
	ASSERT(!cmm_buf_sync_end_ranges(parts, 2, CMM_CPU_WRITE));
	ASSERT(cmm_buf_sync_begin_range(buf, 4 * PAGE, 1, CMM_CPU_READ) &&
	       errno == EINVAL);

	sealed = cmm_buf_view(buf, 0, cmm_buf_len(buf), 0);
	ASSERT(sealed);
	ASSERT_STREQ((char *)cmm_buf_map(sealed), "hello");
	ASSERT(!cmm_buf_info(sealed, &info));
	ASSERT(info.flags & CMM_INFO_READ_ONLY);
	ASSERT(!cmm_buf_sync_begin(sealed, CMM_CPU_READ));
	ASSERT(cmm_buf_sync_begin(sealed, CMM_CPU_WRITE) && errno == EACCES);
	ASSERT(cmm_buf_sync_begin_range(sealed, 0, 1, CMM_CPU_WRITE) &&
	       errno == EACCES);
	ASSERT(!cmm_buf_view(sealed, 0, cmm_buf_len(sealed),
			     CMM_VIEW_PERMANENT) && errno == EACCES);
	cmm_buf_close(sealed);

	ASSERT(!cmm_buf_view(buf, 0, cmm_buf_len(buf), CMM_VIEW_PERMANENT) &&
	       errno == EBUSY);
	ASSERT(!cmm_buf_unmap(buf));
	sealed = cmm_buf_view(buf, 0, cmm_buf_len(buf), CMM_VIEW_PERMANENT);
	ASSERT(sealed);
	ASSERT_STREQ((char *)cmm_buf_map(sealed), "hello");
	ASSERT(!cmm_buf_map(buf) && errno == EACCES);
	cmm_buf_close(sealed);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(library_makes_a_handle_for_a_part)
{
	struct cmm_zone *zone = cmm_zone_open(ZONE);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 4 * PAGE, 0, 0, "planes");
	struct cmm_buf *view = cmm_buf_view(buf, PAGE, 2 * PAGE,
					    CMM_VIEW_WRITABLE);
	struct cmm_buf_info info, whole;

	ASSERT(view);
	ASSERT_EQ(cmm_buf_len(view), 2 * PAGE);
	ASSERT(!cmm_buf_sync_begin(view, CMM_CPU_WRITE));
	strcpy(cmm_buf_map(view), "second plane");
	ASSERT(!cmm_buf_sync_end(view, CMM_CPU_WRITE));
	ASSERT_STREQ((char *)cmm_buf_map(buf) + PAGE, "second plane");
	ASSERT(!cmm_buf_info(buf, &whole) && !cmm_buf_info(view, &info));
	ASSERT_EQ(info.id, whole.id);
	ASSERT_EQ(info.len, 2 * PAGE);
	ASSERT_EQ(info.view_offset, PAGE);
	ASSERT(info.inode != whole.inode || !info.inode);
	ASSERT(cmm_buf_sync_begin_range(view, 2 * PAGE, 1, CMM_CPU_READ) &&
	       errno == EINVAL);
	ASSERT(!cmm_buf_view(buf, PAGE, 4 * PAGE, 0) && errno == EINVAL);
	ASSERT(!cmm_buf_view(buf, 0, PAGE + 1, 0) && errno == EINVAL);
	cmm_buf_close(view);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(budget_follows_allocations)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_budget before, after;
	struct cmm_buf *buf;

	ASSERT(!cmm_zone_budget(zone, &before));
	ASSERT_EQ(before.free, ZONE_SIZE);
	ASSERT_EQ(before.largest, ZONE_SIZE);
	ASSERT_EQ(before.charged, 0);
	buf = cmm_buf_alloc(zone, MIB, 0, 0, NULL);
	ASSERT(!cmm_zone_budget(zone, &after));
	ASSERT_EQ(after.free, ZONE_SIZE - MIB);
	ASSERT_EQ(after.charged, MIB);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

/* A program's cache: one buffer of half the zone. */
static void drop_cache(uint64_t bytes, void *arg)
{
	struct cmm_buf **cache = arg;

	ASSERT_EQ(bytes, ZONE_SIZE);
	cmm_buf_close(*cache);
	*cache = NULL;
}

TEST(cached_buffers_are_reclaimed_when_the_zone_is_full)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_buf *cache, *buf;

	cache = cmm_buf_alloc(zone, ZONE_SIZE / 2, 0, 0, "cache");
	ASSERT(cache);
	ASSERT(!cmm_buf_alloc(zone, ZONE_SIZE, 0, 0, NULL) && errno == ENOSPC);
	ASSERT(strstr(cmm_explain(), "(the zone is full)"));
	cmm_zone_set_reclaim(zone, drop_cache, &cache);
	buf = cmm_buf_alloc(zone, ZONE_SIZE, 0, 0, NULL);
	ASSERT(buf && !cache);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

/* Alloc, map, sync and load by the interface of dma-heaps or udmabuf. */
static void use_backend(const char *name)
{
	struct cmm_zone *zone = cmm_zone_open(name);
	struct cmm_buf *buf;
	struct cmm_buf_info info;
	uint8_t *p;

	if (!zone)
		FAIL("%s", cmm_explain());
	buf = cmm_buf_alloc(zone, MIB + 1, 0, 0, "pc");
	if (!buf)
		FAIL("%s", cmm_explain());
	ASSERT_EQ(cmm_buf_len(buf), MIB + PAGE);
	p = cmm_buf_map(buf);
	ASSERT(p);
	ASSERT(!cmm_buf_sync_begin(buf, CMM_CPU_READ | CMM_CPU_WRITE));
	ASSERT_PATTERN(pattern_check_zero(p, MIB + PAGE));
	pattern_fill(p, MIB, 0, 62);
	ASSERT(!cmm_buf_sync_end(buf, CMM_CPU_READ | CMM_CPU_WRITE));
	ASSERT(cmm_buf_load_file(buf, MIB, "/proc/self/stat") > 0);
	ASSERT_PATTERN(pattern_check(p, MIB, 0, 62));
	ASSERT(cmm_buf_info(buf, &info) && errno == EOPNOTSUPP);
	ASSERT(!cmm_buf_view(buf, 0, PAGE, 0) && errno == EOPNOTSUPP);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(dma_heap_works_in_place_of_a_zone)
{
	char alias[HEAP_NAME], name[HEAP_NAME + 8];

	if (!heap_alias(alias, false))
		skip("the zone has no alias");
	snprintf(name, sizeof(name), "heap:%s", alias);
	use_backend(name);
}

TEST(kernel_heap_works_in_place_of_a_zone)
{
	if (access("/dev/dma_heap/system", F_OK))
		skip("this kernel has no system heap");
	use_backend("heap:system");
}

TEST(udmabuf_works_in_place_of_a_zone)
{
	if (access("/dev/udmabuf", F_OK))
		skip("this kernel has no udmabuf");
	use_backend("udmabuf:");
}
