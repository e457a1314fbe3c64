// SPDX-License-Identifier: MIT
/*
 * The library, on a system that fake.c plays.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmm.h>
#include <linux/dma-buf.h>

#include "check.h"
#include "fake.h"

/* The errno that a call which fails leaves. */
#define FAILS_WITH(call, errnum)	CHECK((errno = 0, (call)) && errno == (errnum))

/* --- zones --- */

static void opens_by_name(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");

	CHECK(zone);
	CHECK(cmm_zone_fd(zone) >= 0);
	cmm_zone_close(zone);
}

static void opens_by_path(void)
{
	struct cmm_zone *zone = cmm_zone_open("/dev/cmm/media");

	CHECK(zone);
	cmm_zone_close(zone);
}

static void opens_the_only_one(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);

	CHECK(zone);
	cmm_zone_close(zone);
}

static void open_reports_none(void)
{
	fake.zones = NULL;
	FAILS_WITH(!cmm_zone_open(NULL), ENOENT);
	fake.zones = "";
	FAILS_WITH(!cmm_zone_open(NULL), ENOENT);
}

static void open_reports_several(void)
{
	fake.zones = "media spare";
	FAILS_WITH(!cmm_zone_open(NULL), ENOTUNIQ);
}

static void open_reports_bad_names(void)
{
	char name[1000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	FAILS_WITH(!cmm_zone_open(name), ENAMETOOLONG);
	FAILS_WITH(!cmm_zone_open(""), ENOENT);
	FAILS_WITH(!cmm_zone_open("other"), ENOENT);
}

static void open_reports_no_permission(void)
{
	fake.zones = "secret";
	FAILS_WITH(!cmm_zone_open("secret"), EACCES);
}

static void open_reports_other_nodes(void)
{
	FAILS_WITH(!cmm_zone_open("/dev/null"), ENOTTY);
}

static void open_reports_unbound_zones(void)
{
	fake.error = ENODEV;
	FAILS_WITH(!cmm_zone_open("media"), ENODEV);
}

static int append_name(const char *name, void *arg)
{
	strcat(arg, name);
	strcat(arg, " ");
	return !strcmp(name, "stop") ? 7 : 0;
}

static void lists_zones_in_order(void)
{
	char names[100] = "";

	fake.zones = "spare media .hidden";
	CHECK(cmm_zone_list(append_name, names) == 0);
	CHECK(!strcmp(names, "media spare "));
}

static void zone_list_stops(void)
{
	char names[100] = "";

	fake.zones = "media stop zone";
	CHECK(cmm_zone_list(append_name, names) == 7);
	CHECK(!strcmp(names, "media stop "));
}

static void zone_list_may_be_empty(void)
{
	char names[100] = "";

	fake.zones = NULL;
	CHECK(cmm_zone_list(append_name, names) == 0);
	CHECK(!*names);
}

static void tells_about_a_zone(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_zone_info info;

	CHECK(!cmm_zone_info(zone, &info));
	CHECK(info.total == FAKE_TOTAL);
	CHECK(info.used == FAKE_TOTAL - FAKE_FREE);
	CHECK(info.peak == FAKE_TOTAL - FAKE_PAGE);
	CHECK(info.largest_free == FAKE_LARGEST);
	CHECK(info.clean == FAKE_PAGE);
	CHECK(info.kind == CMM_LINEAR);
	CHECK(info.flags == CMM_EXPOSE_PHYS);
	CHECK(!strcmp(info.name, "media"));

	fake.error = ENODEV;
	FAILS_WITH(cmm_zone_info(zone, &info) == -1, ENODEV);
	cmm_zone_close(zone);
}

static void info_respects_the_callers_size(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	union {
		unsigned char bytes[2 * sizeof(struct cmm_zone_info)];
		struct cmm_zone_info info;
	} older, newer;

	memset(&older, 0xaa, sizeof(older));
	CHECK(!cmm_zone_info_sized(zone, &older.info, 16));
	CHECK(older.info.used == FAKE_TOTAL - FAKE_FREE);
	CHECK(older.bytes[16] == 0xaa);

	memset(&newer, 0xaa, sizeof(newer));
	CHECK(!cmm_zone_info_sized(zone, &newer.info, sizeof(newer)));
	CHECK(!strcmp(newer.info.name, "media"));
	CHECK(newer.bytes[sizeof(newer.info)] == 0);
	CHECK(newer.bytes[sizeof(newer) - 1] == 0);
	cmm_zone_close(zone);
}

/* --- allocation --- */

static void allocates(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 5000, 65536, CMM_WC, "frame");

	CHECK(buf);
	CHECK(cmm_buf_len(buf) == 8192);
	CHECK(fake.asked.len == 5000 && fake.asked.align == 65536);
	CHECK(fake.asked.flags == CMM_BUF_WC && fake.asked.count == 1);
	CHECK(fake.asked.fd_flags == O_CLOEXEC);
	CHECK(!strcmp(fake.asked.name, "frame"));
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void allocates_arrays(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *bufs[CMM_MAX_COUNT];
	unsigned int i;

	CHECK(!cmm_buf_alloc_array(zone, 1, 0, 0, NULL, bufs, CMM_MAX_COUNT));
	CHECK(!*fake.asked.name);
	for (i = 0; i < CMM_MAX_COUNT; i++) {
		CHECK(cmm_buf_len(bufs[i]) == FAKE_PAGE);
		CHECK(!i || cmm_buf_fd(bufs[i]) != cmm_buf_fd(bufs[i - 1]));
	}
	for (i = 0; i < CMM_MAX_COUNT; i++)
		cmm_buf_close(bufs[i]);
	cmm_zone_close(zone);
}

static void alloc_checks_arguments(void)
{
	struct cmm_buf *bufs[CMM_MAX_COUNT + 1];
	struct cmm_zone *zone = cmm_zone_open(NULL);
	char name[CMM_NAME_SIZE + 1];
	unsigned int i;

	memset(name, 'x', CMM_NAME_SIZE);
	name[CMM_NAME_SIZE] = '\0';
	FAILS_WITH(!cmm_buf_alloc(zone, 1, 0, 0, name), EINVAL);
	CHECK(!fake.asked.count);
	FAILS_WITH(!cmm_buf_alloc(zone, 0, 0, 0, NULL), EINVAL);
	FAILS_WITH(cmm_buf_alloc_array(zone, 1, 0, 0, NULL, bufs, 0), EINVAL);

	memset(bufs, 0xaa, sizeof(bufs));
	FAILS_WITH(cmm_buf_alloc_array(zone, 1, 0, 0, NULL, bufs,
				       CMM_MAX_COUNT + 1), E2BIG);
	for (i = 0; i < CMM_MAX_COUNT + 1; i++)
		CHECK(!bufs[i]);

	name[CMM_NAME_SIZE - 1] = '\0';
	bufs[0] = cmm_buf_alloc(zone, 1, 0, 0, name);
	CHECK(bufs[0]);
	cmm_buf_close(bufs[0]);
	cmm_zone_close(zone);
}

static void check_failure(uint64_t largest, uint64_t total)
{
	uint64_t largest_free = 1, total_free = 1;

	cmm_buf_alloc_failure(&largest_free, &total_free);
	CHECK(largest_free == largest && total_free == total);
	cmm_buf_alloc_failure(NULL, NULL);
}

static void alloc_failure_tells_how_much_is_free(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *bufs[2];

	FAILS_WITH(!cmm_buf_alloc(zone, FAKE_TOTAL + 1, 0, 0, NULL), EFBIG);
	check_failure(FAKE_LARGEST, FAKE_FREE);
	FAILS_WITH(!cmm_buf_alloc(zone, 0, 0, 0, NULL), EINVAL);
	check_failure(0, 0);

	FAILS_WITH(!cmm_buf_alloc(zone, FAKE_FREE, 0, 0, NULL), ENOBUFS);
	check_failure(FAKE_LARGEST, FAKE_FREE);
	cmm_buf_close(cmm_buf_alloc(zone, 1, 0, 0, NULL));
	check_failure(0, 0);

	FAILS_WITH(cmm_buf_alloc_array(zone, FAKE_FREE, 0, 0, NULL, bufs, 2),
		   ENOSPC);
	CHECK(!bufs[0] && !bufs[1]);
	check_failure(FAKE_LARGEST, FAKE_FREE);
	cmm_zone_close(zone);
}

static void *other_thread(void *zone)
{
	check_failure(0, 0);
	FAILS_WITH(!cmm_buf_alloc(zone, FAKE_FREE, 0, 0, NULL), ENOBUFS);
	check_failure(FAKE_LARGEST, FAKE_FREE);
	return NULL;
}

static void alloc_failure_is_the_threads_own(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	pthread_t thread;

	FAILS_WITH(!cmm_buf_alloc(zone, 0, 0, 0, NULL), EINVAL);
	CHECK(!pthread_create(&thread, NULL, other_thread, zone));
	pthread_join(thread, NULL);
	check_failure(0, 0);
	cmm_zone_close(zone);
}

static void alloc_unwinds_without_memory(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *bufs[4];
	int i;

	for (i = 0; i < 4; i++) {
		memset(bufs, 0xaa, sizeof(bufs));
		fake.callocs = i;
		FAILS_WITH(cmm_buf_alloc_array(zone, 1, 0, 0, NULL, bufs, 4),
			   ENOMEM);
		CHECK(!bufs[0] && !bufs[1] && !bufs[2] && !bufs[3]);
		CHECK(!fake.asked.count);
	}
	cmm_zone_close(zone);
}

static void alloc_passes_errors_on(void)
{
	static const int errors[] = { EMFILE, ENOMEM, ENODEV, EINTR, ENOTTY };
	struct cmm_zone *zone = cmm_zone_open(NULL);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		fake.error = errors[i];
		fake.error_after = 0;
		FAILS_WITH(!cmm_buf_alloc(zone, 1, 0, 0, NULL), errors[i]);
	}
	cmm_zone_close(zone);
}

/* --- buffers --- */

static void imports_a_duplicate(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 3 * FAKE_PAGE, 0, 0, NULL);
	struct cmm_buf *copy = cmm_buf_import(zone, cmm_buf_fd(buf));
	struct cmm_buf_info info;

	CHECK(copy && cmm_buf_fd(copy) != cmm_buf_fd(buf));
	CHECK(fcntl(cmm_buf_fd(copy), F_GETFD) & FD_CLOEXEC);
	cmm_buf_close(buf);
	CHECK(cmm_buf_len(copy) == 3 * FAKE_PAGE);
	CHECK(!cmm_buf_info(copy, &info));
	cmm_buf_close(copy);
	cmm_zone_close(zone);
}

static void imports_foreign_dmabufs(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	int fd = fake_foreign_dmabuf();
	struct cmm_buf *buf = cmm_buf_import(NULL, fd);
	struct cmm_buf_info info;

	CHECK(buf && cmm_buf_len(buf) == 3 * FAKE_PAGE);
	FAILS_WITH(cmm_buf_info(buf, &info), EXDEV);
	FAILS_WITH(!cmm_buf_import(zone, fd), EXDEV);
	cmm_buf_close(buf);
	close(fd);
	cmm_zone_close(zone);
}

static void import_refuses_other_files(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	int null = open("/dev/null", O_RDWR);

	FAILS_WITH(!cmm_buf_import(zone, null), EBADF);
	FAILS_WITH(!cmm_buf_import(NULL, null), EBADF);
	FAILS_WITH(!cmm_buf_import(NULL, -1), EBADF);
	FAILS_WITH(!cmm_buf_import(zone, -1), EBADF);
	close(null);
	cmm_zone_close(zone);
}

static void import_unwinds_without_memory(void)
{
	int fd = fake_foreign_dmabuf();

	fake.callocs = 0;
	FAILS_WITH(!cmm_buf_import(NULL, fd), ENOMEM);
	close(fd);
}

static void tells_about_a_buffer(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	struct cmm_buf_info info;

	CHECK(!cmm_buf_info(buf, &info));
	CHECK(info.id && info.len == FAKE_PAGE && info.align == FAKE_PAGE);
	CHECK(info.offset == 0x1000 && info.phys == 0x40001000);
	CHECK(info.age_ns == 5 && info.flags == CMM_PHYS);
	CHECK(info.uid == 1000 && info.pid == 42);
	CHECK(!strcmp(info.comm, "camera") && !strcmp(info.name, "frame"));

	fake.error = ENODEV;
	FAILS_WITH(cmm_buf_info(buf, &info), ENODEV);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void buffers_outlive_their_zones_handle(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *bufs[2];
	struct cmm_buf_info info;

	CHECK(!cmm_buf_alloc_array(zone, 1, 0, 0, NULL, bufs, 2));
	cmm_zone_close(zone);
	CHECK(!cmm_buf_info(bufs[0], &info));
	cmm_buf_close(bufs[0]);
	CHECK(!cmm_buf_info(bufs[1], &info));
	cmm_buf_close(bufs[1]);
}

static void closing_keeps_errno(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);

	/* Behind the library's back, so that its own close() fails. */
	close(cmm_buf_fd(buf));
	close(cmm_zone_fd(zone));
	errno = ENOSPC;
	cmm_buf_close(buf);
	CHECK(errno == ENOSPC);
	cmm_zone_close(zone);
	cmm_buf_close(NULL);
	cmm_zone_close(NULL);
	CHECK(errno == ENOSPC);
}

/* --- access --- */

static void maps_once(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 2 * FAKE_PAGE, 0, 0, NULL);
	struct cmm_buf *copy = cmm_buf_import(zone, cmm_buf_fd(buf));
	char *addr = cmm_buf_map(buf);
	char *other = cmm_buf_map(copy);

	CHECK(addr && other && addr != other);
	CHECK(cmm_buf_map(buf) == addr);
	addr[2 * FAKE_PAGE - 1] = 'x';
	CHECK(other[2 * FAKE_PAGE - 1] == 'x');

	CHECK(!cmm_buf_unmap(buf));
	CHECK(!cmm_buf_unmap(buf));
	addr = cmm_buf_map(buf);
	CHECK(addr && addr[2 * FAKE_PAGE - 1] == 'x');
	cmm_buf_close(buf);
	cmm_buf_close(copy);
	cmm_zone_close(zone);
}

static void maps_where_blocks_are(void)
{
	const size_t block = 16 * FAKE_PAGE;
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 5 * block, 0, 0, NULL);
	unsigned int page;

	fake.block = (unsigned int)block;
	for (page = 0; page < 16; page++) {
		char *addr;

		fake.block_offset = page * FAKE_PAGE;
		addr = cmm_buf_map(buf);
		CHECK(addr);
		CHECK((uintptr_t)addr % block == fake.block_offset);
		addr[0] = 'a';
		addr[5 * block - 1] = 'z';
		CHECK(cmm_buf_map_flags(buf, CMM_PREFAULT) == addr);
		CHECK(!cmm_buf_unmap(buf));
	}
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void maps_without_an_answer(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 3 * FAKE_PAGE, 0, 0, NULL);
	char *addr;

	fake.error = ENODEV;
	addr = cmm_buf_map_flags(buf, CMM_PREFAULT);
	CHECK(addr);
	addr[3 * FAKE_PAGE - 1] = 'z';
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void map_checks_flags(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);

	CHECK(!cmm_buf_map_flags(buf, CMM_PREFAULT << 1));
	CHECK(errno == EINVAL);
	CHECK(cmm_buf_map_flags(buf, 0));
	CHECK(!cmm_buf_map_flags(buf, ~0u));
	CHECK(errno == EINVAL);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void syncs_as_asked(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);

	CHECK(!cmm_buf_sync_begin(buf, CMM_READ));
	CHECK(fake.sync_flags == (DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ));
	CHECK(!cmm_buf_sync_begin(buf, CMM_READ | CMM_WRITE));
	CHECK(fake.sync_flags == (DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	CHECK(!cmm_buf_sync_end(buf, CMM_WRITE));
	CHECK(fake.sync_flags == (DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE));
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void sync_checks_access(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);

	FAILS_WITH(cmm_buf_sync_begin(buf, 0), EINVAL);
	FAILS_WITH(cmm_buf_sync_end(buf, 4), EINVAL);
	FAILS_WITH(cmm_buf_sync_begin(buf, CMM_READ | 8), EINVAL);
	CHECK(!fake.syncs);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void sync_goes_on_after_interruptions(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);

	fake.interruptions = 4;
	CHECK(!cmm_buf_sync_begin(buf, CMM_READ));
	CHECK(fake.syncs == 1 && !fake.interruptions);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void expect_range(unsigned int which, const struct cmm_buf *buf,
			 uint64_t offset, uint64_t len, uint32_t flags)
{
	CHECK(fake.ranges[which].fd == cmm_buf_fd(buf));
	CHECK(fake.ranges[which].offset == offset);
	CHECK(fake.ranges[which].len == len);
	CHECK(fake.ranges[which].flags == flags);
}

static void syncs_ranges_as_asked(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *a = cmm_buf_alloc(zone, 8 * FAKE_PAGE, 0, 0, NULL);
	struct cmm_buf *b = cmm_buf_alloc(zone, 8 * FAKE_PAGE, 0, 0, NULL);
	const struct cmm_range ranges[] = { { a, 5, 6 }, { b, 7, 8 } };

	CHECK(!cmm_buf_sync_begin_range(a, 1, 2, CMM_READ));
	CHECK(fake.range_count == 1);
	expect_range(0, a, 1, 2, CMM_SYNC_READ);
	CHECK(!cmm_buf_sync_end_range(a, 3, 4, CMM_WRITE));
	expect_range(0, a, 3, 4, CMM_SYNC_WRITE | CMM_SYNC_END);
	CHECK(!cmm_buf_sync_begin_ranges(ranges, 2, CMM_READ | CMM_WRITE));
	CHECK(fake.range_count == 2);
	expect_range(0, a, 5, 6, CMM_SYNC_RW);
	expect_range(1, b, 7, 8, CMM_SYNC_RW);
	fake.interruptions = 3;
	CHECK(!cmm_buf_sync_end_ranges(ranges, 2, CMM_READ));
	expect_range(1, b, 7, 8, CMM_SYNC_READ | CMM_SYNC_END);
	CHECK(!fake.interruptions && !fake.syncs);
	cmm_buf_close(b);
	cmm_buf_close(a);
	cmm_zone_close(zone);
}

static void range_sync_checks_arguments(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	int fd = fake_foreign_dmabuf();
	struct cmm_buf *foreign = cmm_buf_import(NULL, fd);
	struct cmm_range ranges[CMM_MAX_COUNT + 1];
	unsigned int i;

	for (i = 0; i <= CMM_MAX_COUNT; i++)
		ranges[i] = (struct cmm_range) { buf, 0, 1 };
	FAILS_WITH(cmm_buf_sync_begin_range(buf, 0, 1, 0), EINVAL);
	FAILS_WITH(cmm_buf_sync_end_range(buf, 0, 1, 4), EINVAL);
	FAILS_WITH(cmm_buf_sync_begin_ranges(ranges, 0, CMM_READ), EINVAL);
	FAILS_WITH(cmm_buf_sync_begin_ranges(ranges, CMM_MAX_COUNT + 1,
					     CMM_READ), E2BIG);
	FAILS_WITH(cmm_buf_sync_begin_range(foreign, 0, 1, CMM_READ), EXDEV);
	ranges[1].buf = foreign;
	FAILS_WITH(cmm_buf_sync_end_ranges(ranges, 2, CMM_READ), EXDEV);
	CHECK(!fake.range_count);
	cmm_buf_close(foreign);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void range_sync_has_no_other_way(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);

	fake.error = ENOTTY;
	FAILS_WITH(cmm_buf_sync_begin_range(buf, 0, 1, CMM_READ), ENOTTY);
	CHECK(!fake.syncs);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

/* --- loading --- */

/* A file of that many bytes, each of which tells where it is. */
static int new_source(size_t len)
{
	int fd = memfd_create("source", MFD_CLOEXEC);
	unsigned char byte;
	size_t i;

	for (i = 0; i < len; i++) {
		byte = (unsigned char)(i * 7 + i / 4096);
		CHECK(write(fd, &byte, 1) == 1);
	}
	CHECK(!lseek(fd, 0, SEEK_SET));
	return fd;
}

/* The buffer has the source's bytes from @first on at @offset, and else zeroes. */
static void expect_loaded(struct cmm_buf *buf, size_t offset, size_t first,
			  size_t len)
{
	const unsigned char *at = cmm_buf_map(buf);
	size_t i, from;

	for (i = 0; i < cmm_buf_len(buf); i++) {
		from = first + i - offset;
		CHECK(at[i] == (i < offset || i >= offset + len ? 0 :
				(unsigned char)(from * 7 + from / 4096)));
	}
}

static void loads_to_the_end(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 4 * FAKE_PAGE, 0, 0, NULL);
	int fd = new_source(9000);
	char path[64];

	CHECK(cmm_buf_load(buf, 100, fd) == 9000);
	CHECK(fake.range_syncs == 2 && !fake.syncs);
	expect_range(0, buf, 100, 9000, CMM_SYNC_WRITE | CMM_SYNC_END);
	expect_loaded(buf, 100, 0, 9000);
	/* At its end there is nothing more, and nothing to make visible. */
	CHECK(cmm_buf_load(buf, 0, fd) == 0);
	CHECK(fake.range_syncs == 3);
	close(fd);
	cmm_buf_close(buf);

	buf = cmm_buf_alloc(zone, 4 * FAKE_PAGE, 0, 0, NULL);
	fd = new_source(4 * FAKE_PAGE);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(cmm_buf_load_file(buf, 0, path) == 4 * FAKE_PAGE);
	expect_loaded(buf, 0, 0, 4 * FAKE_PAGE);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void loads_from_where_the_file_is(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	int fd = new_source(3 * FAKE_PAGE);

	CHECK(lseek(fd, 2 * FAKE_PAGE + 5, SEEK_SET) > 0);
	CHECK(cmm_buf_load(buf, 0, fd) == FAKE_PAGE - 5);
	expect_loaded(buf, 0, 2 * FAKE_PAGE + 5, FAKE_PAGE - 5);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void a_load_keeps_the_mapping_as_it_was(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	char line[256];
	FILE *maps;
	int fd = new_source(10), mapped = 0;
	void *at;

	CHECK(cmm_buf_load(buf, 0, fd) == 10);
	maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps))
		mapped |= !!strstr(line, "memfd:fake");
	fclose(maps);
	CHECK(!mapped);

	at = cmm_buf_map(buf);
	CHECK(!lseek(fd, 0, SEEK_SET));
	CHECK(cmm_buf_load(buf, 0, fd) == 10);
	CHECK(cmm_buf_map(buf) == at);
	expect_loaded(buf, 0, 0, 10);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void load_refuses_what_does_not_fit(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	int fd = new_source(FAKE_PAGE), pipes[2];
	char byte;

	/* Of a regular file it is known before. */
	FAILS_WITH(cmm_buf_load(buf, 1, fd) == -1, EFBIG);
	FAILS_WITH(cmm_buf_load(buf, FAKE_PAGE, fd) == -1, EINVAL);
	FAILS_WITH(cmm_buf_load(buf, (size_t)-1, fd) == -1, EINVAL);
	CHECK(!fake.range_syncs);
	expect_loaded(buf, 0, 0, 0);
	close(fd);

	/* Else what was written has been made visible. */
	CHECK(!pipe(pipes));
	CHECK(write(pipes[1], "abc", 3) == 3);
	close(pipes[1]);
	FAILS_WITH(cmm_buf_load(buf, FAKE_PAGE - 2, pipes[0]) == -1, EFBIG);
	expect_range(0, buf, FAKE_PAGE - 2, 2, CMM_SYNC_WRITE | CMM_SYNC_END);
	CHECK(read(pipes[0], &byte, 1) == 0);
	close(pipes[0]);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void ignore_signal(int number)
{
	(void)number;
}

/* Writes slowly, and interrupts the reader every time. */
static void *write_slowly(void *arg)
{
	const int *pipe_end = ((void **)arg)[0];
	const pthread_t *reader = ((void **)arg)[1];
	int i;

	for (i = 0; i < 20; i++) {
		usleep(2000);
		pthread_kill(*reader, SIGUSR1);
		usleep(2000);
		CHECK(write(*pipe_end, "0123456789", 10) == 10);
	}
	close(*pipe_end);
	return NULL;
}

static void loads_from_pipes_through_interruptions(void)
{
	const struct sigaction action = { .sa_handler = ignore_signal };
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	pthread_t reader = pthread_self(), writer;
	int pipes[2], i;
	void *args[] = { &pipes[1], &reader };
	const char *at;

	CHECK(!sigaction(SIGUSR1, &action, NULL) && !pipe(pipes));
	CHECK(!pthread_create(&writer, NULL, write_slowly, args));
	CHECK(cmm_buf_load(buf, 0, pipes[0]) == 200);
	pthread_join(writer, NULL);
	at = cmm_buf_map(buf);
	for (i = 0; i < 200; i++)
		CHECK(at[i] == '0' + i % 10);
	close(pipes[0]);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void load_passes_errors_on(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	int foreign = fake_foreign_dmabuf(), fd = new_source(5);
	struct cmm_buf *other = cmm_buf_import(NULL, foreign);

	FAILS_WITH(cmm_buf_load_file(buf, 0, "/no/such/file") == -1, ENOENT);
	FAILS_WITH(cmm_buf_load_file(buf, 0, "/") == -1, EISDIR);
	FAILS_WITH(cmm_buf_load(buf, 0, -1) == -1, EBADF);
	FAILS_WITH(cmm_buf_load(other, 0, fd) == -1, EXDEV);
	/* Nobody may write, so nothing is read. */
	fake.error = EACCES;
	FAILS_WITH(cmm_buf_load(buf, 0, fd) == -1, EACCES);
	CHECK(!lseek(fd, 0, SEEK_CUR));
	/* Devices might not see it: the second call of the kernel, for its end. */
	fake.error_after = 1;
	fake.error = 0;
	CHECK(cmm_buf_map(buf));
	fake.error = ENODEV;
	FAILS_WITH(cmm_buf_load(buf, 0, fd) == -1, ENODEV);
	cmm_buf_close(other);
	close(foreign);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

/* --- devices --- */

static int count_devices(const struct cmm_device *device, void *arg)
{
	int *count = arg;

	if (!*count)
		CHECK(!strcmp(device->name, "npu") &&
		      device->mask == 0xffffffff &&
		      device->flags == (CMM_DEVICE_READY |
					CMM_DEVICE_TRANSLATED));
	else
		CHECK(!strcmp(device->name, "isp") && !device->flags);
	return ++*count == 3 ? 9 : 0;
}

static int stop_at_once(const struct cmm_device *device, void *arg)
{
	(void)device;
	++*(int *)arg;
	return 9;
}

static void tells_devices(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	int count = 0;

	CHECK(!cmm_zone_devices(zone, count_devices, &count) && count == 2);
	count = 0;
	CHECK(cmm_zone_devices(zone, stop_at_once, &count) == 9 && count == 1);
	fake.error = ENODEV;
	FAILS_WITH(cmm_zone_devices(zone, stop_at_once, &count), ENODEV);
	cmm_zone_close(zone);
}

static void maps_for_devices(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	int fd = fake_foreign_dmabuf();
	struct cmm_buf *foreign = cmm_buf_import(NULL, fd);
	struct cmm_device_map map = { 0, 0 };

	CHECK(!cmm_buf_map_device(buf, "npu", CMM_WRITE, &map));
	CHECK(map.addr == 0xfe00002 && map.id == 7);
	CHECK(!cmm_buf_unmap_device(buf, &map));
	map.id = 8;
	FAILS_WITH(cmm_buf_unmap_device(buf, &map), ENOENT);
	FAILS_WITH(cmm_buf_map_device(buf, "npu", 0, &map), EINVAL);
	FAILS_WITH(cmm_buf_map_device(buf, "isp", CMM_READ, &map), EOPNOTSUPP);
	FAILS_WITH(cmm_buf_map_device(buf, "np", CMM_READ, &map), ENOENT);
	FAILS_WITH(cmm_buf_map_device(foreign, "npu", CMM_READ, &map), EXDEV);
	FAILS_WITH(cmm_buf_unmap_device(foreign, &map), EXDEV);
	CHECK(map.id == 8);
	fake.error = ENOTTY;
	FAILS_WITH(cmm_buf_map_device(buf, "npu", CMM_READ, &map), ENOTTY);
	cmm_buf_close(foreign);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

/* --- whose is that address? --- */

static void tells_whose_an_iova_is(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_whose whose;
	char name[65];

	CHECK(!cmm_zone_whois_iova(zone, "0000:00:03.0", FAKE_IOVA + 0x1010,
				   &whose));
	CHECK(whose.id == 17 && whose.len == 2 * FAKE_PAGE &&
	      whose.offset == 0x1010);
	CHECK(whose.state == (CMM_LIVE | CMM_MAPPED) &&
	      whose.access == CMM_WRITE && !whose.unmapped_ns &&
	      !whose.freed_ns);
	CHECK(whose.uid == 1000 && whose.pid == 42 &&
	      !strcmp(whose.comm, "camera") && !strcmp(whose.name, "frame"));
	CHECK(!cmm_zone_whois_iova(zone, "npu", FAKE_OLD_IOVA, &whose));
	CHECK(!whose.state && whose.access == (CMM_READ | CMM_WRITE) &&
	      whose.born_ns == 100000000000 &&
	      whose.unmapped_ns == 120000123000 &&
	      whose.freed_ns == 130500000000 && whose.now_ns == 150000000000);
	FAILS_WITH(cmm_zone_whois_iova(zone, "npu", 1, &whose), ENOENT);
	FAILS_WITH(cmm_zone_whois_iova(zone, "isp", 1, &whose), EPERM);
	FAILS_WITH(cmm_zone_whois_iova(zone, "", 1, &whose), EINVAL);
	memset(name, 'x', sizeof(name));
	name[63] = '\0';
	CHECK(!cmm_zone_whois_iova(zone, name, FAKE_IOVA, &whose));
	/* What is more does not count. */
	name[63] = 'y';
	name[64] = '\0';
	CHECK(!cmm_zone_whois_iova(zone, name, FAKE_IOVA, &whose));
	fake.error = ENOTTY;
	FAILS_WITH(cmm_zone_whois_iova(zone, "npu", 1, &whose), ENOTTY);
	CHECK(whose.id == 17);
	cmm_zone_close(zone);
}

static void tells_whose_a_physical_address_is(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_whose whose;
	uint64_t small[2] = { 0, 7 };

	CHECK(!cmm_zone_whois_phys(zone, FAKE_PHYS + 2 * FAKE_PAGE - 1,
				   &whose));
	CHECK(whose.id == 17 && whose.offset == 2 * FAKE_PAGE - 1);
	CHECK(whose.state == CMM_LIVE && !whose.access);
	FAILS_WITH(cmm_zone_whois_phys(zone, FAKE_PHYS + 2 * FAKE_PAGE, &whose),
		   ENOENT);
	/* As a program that was built with less of the structure. */
	CHECK(!cmm_zone_whois_phys_sized(zone, FAKE_PHYS, (void *)small,
					 sizeof(small[0])));
	CHECK(small[0] == 17 && small[1] == 7);
	fake.error = EPERM;
	FAILS_WITH(cmm_zone_whois_phys(zone, FAKE_PHYS, &whose), EPERM);
	cmm_zone_close(zone);
}

/* --- sealing --- */

static void seals(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 3 * FAKE_PAGE, 0, 0, NULL);
	struct cmm_buf *sealed = cmm_buf_seal(buf, 0);

	CHECK(sealed && cmm_buf_fd(sealed) != cmm_buf_fd(buf));
	CHECK(cmm_buf_len(sealed) == 3 * FAKE_PAGE);
	CHECK(fcntl(cmm_buf_fd(sealed), F_GETFD) == FD_CLOEXEC);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
	buf = cmm_buf_seal(sealed, 0);
	CHECK(buf);
	cmm_buf_close(sealed);
	cmm_buf_close(buf);
}

static void seal_passes_errors_on(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	int fd = fake_foreign_dmabuf();
	struct cmm_buf *foreign = cmm_buf_import(NULL, fd);

	fake.busy = 1;
	FAILS_WITH(!cmm_buf_seal(buf, CMM_FOREVER), EBUSY);
	FAILS_WITH(!cmm_buf_seal(buf, 2), EINVAL);
	FAILS_WITH(!cmm_buf_seal(foreign, 0), EXDEV);
	fake.callocs = 0;
	FAILS_WITH(!cmm_buf_seal(buf, 0), ENOMEM);
	fake.callocs = -1;
	fake.error = ENOTTY;
	FAILS_WITH(!cmm_buf_seal(buf, 0), ENOTTY);
	cmm_buf_close(foreign);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void maps_read_only_buffers_to_read(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	struct cmm_buf *sealed = cmm_buf_seal(buf, 0);
	char *at = cmm_buf_map(buf), *there = cmm_buf_map(sealed);

	CHECK(at && there);
	strcpy(at, "written");
	CHECK(!strcmp(there, "written"));
	cmm_buf_close(sealed);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

/* --- the list of buffers --- */

struct seen {
	unsigned int count;
	unsigned int in_order;
	unsigned int stop_at;
};

static int see(const struct cmm_buf_entry *entry, void *arg)
{
	struct seen *seen = arg;

	seen->in_order += entry->id == 2 * ++seen->count;
	return seen->count == seen->stop_at ? -5 : 0;
}

static void lists_page_by_page(void)
{
	static const unsigned int counts[] = { 0, 1, 63, 64, 65, 128, 1000 };
	struct cmm_zone *zone = cmm_zone_open(NULL);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		struct seen seen = { 0 };

		fake.entries = counts[i];
		CHECK(!cmm_buf_list(zone, see, &seen));
		CHECK(seen.count == counts[i] && seen.in_order == counts[i]);
	}
	cmm_zone_close(zone);
}

static void lists_short_pages(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct seen seen = { 0 };

	fake.entries = 20;
	fake.page = 3;
	CHECK(!cmm_buf_list(zone, see, &seen));
	CHECK(seen.count == 20 && seen.in_order == 20);
	cmm_zone_close(zone);
}

static void list_stops(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct seen seen = { .stop_at = 70 };

	fake.entries = 200;
	CHECK(cmm_buf_list(zone, see, &seen) == -5);
	CHECK(seen.count == 70);
	cmm_zone_close(zone);
}

static void list_reports_errors(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct seen seen = { 0 };

	fake.entries = 200;
	fake.error = ENODEV;
	fake.error_after = 2;
	FAILS_WITH(cmm_buf_list(zone, see, &seen) == -1, ENODEV);
	CHECK(seen.count == 128);

	fake.error = 0;
	fake.callocs = 0;
	FAILS_WITH(cmm_buf_list(zone, see, &seen) == -1, ENOMEM);
	cmm_zone_close(zone);
}

static int check_entry(const struct cmm_buf_entry *entry, void *arg)
{
	(void)arg;
	CHECK(entry->id == 2 && entry->offset == 2 * FAKE_PAGE);
	CHECK(entry->len == FAKE_PAGE && entry->age_ns == 2000000000);
	CHECK(entry->flags == 0 && entry->uid == 1000 && entry->pid == 42);
	CHECK(entry->attached == 1);
	CHECK(!strcmp(entry->comm, "camera") && !strcmp(entry->name, "frame"));
	CHECK(!strcmp(entry->devices, "0000:00:03.0"));
	return 0;
}

static void list_tells_all(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);

	fake.entries = 1;
	CHECK(!cmm_buf_list(zone, check_entry, NULL));
	cmm_zone_close(zone);
}

/* --- errors --- */

static void errors_have_words(void)
{
	static const int errors[] = {
		EINVAL, E2BIG, ENOTTY, EBADF, EXDEV, ENOMEM, EMFILE, ENFILE,
		EFAULT, EPERM, ENOSPC,
		ENOBUFS, EDQUOT, EFBIG, EINTR, EACCES, EOPNOTSUPP, EBUSY, ENODEV,
		ENOENT, ENOTUNIQ,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		CHECK(strcmp(cmm_strerror(errors[i]), strerror(errors[i])));
	CHECK(!strcmp(cmm_strerror(EPIPE), strerror(EPIPE)));
	CHECK(cmm_strerror(-1) && cmm_strerror(123456));
}

#define TEST(function)	{ #function, function }

static const struct test tests[] = {
	TEST(opens_by_name),
	TEST(opens_by_path),
	TEST(opens_the_only_one),
	TEST(open_reports_none),
	TEST(open_reports_several),
	TEST(open_reports_bad_names),
	TEST(open_reports_no_permission),
	TEST(open_reports_other_nodes),
	TEST(open_reports_unbound_zones),
	TEST(lists_zones_in_order),
	TEST(zone_list_stops),
	TEST(zone_list_may_be_empty),
	TEST(tells_about_a_zone),
	TEST(info_respects_the_callers_size),
	TEST(allocates),
	TEST(allocates_arrays),
	TEST(alloc_checks_arguments),
	TEST(alloc_failure_tells_how_much_is_free),
	TEST(alloc_failure_is_the_threads_own),
	TEST(alloc_unwinds_without_memory),
	TEST(alloc_passes_errors_on),
	TEST(imports_a_duplicate),
	TEST(imports_foreign_dmabufs),
	TEST(import_refuses_other_files),
	TEST(import_unwinds_without_memory),
	TEST(tells_about_a_buffer),
	TEST(buffers_outlive_their_zones_handle),
	TEST(closing_keeps_errno),
	TEST(maps_once),
	TEST(maps_where_blocks_are),
	TEST(maps_without_an_answer),
	TEST(map_checks_flags),
	TEST(syncs_as_asked),
	TEST(sync_checks_access),
	TEST(sync_goes_on_after_interruptions),
	TEST(syncs_ranges_as_asked),
	TEST(range_sync_checks_arguments),
	TEST(range_sync_has_no_other_way),
	TEST(loads_to_the_end),
	TEST(loads_from_where_the_file_is),
	TEST(a_load_keeps_the_mapping_as_it_was),
	TEST(load_refuses_what_does_not_fit),
	TEST(loads_from_pipes_through_interruptions),
	TEST(load_passes_errors_on),
	TEST(tells_devices),
	TEST(maps_for_devices),
	TEST(tells_whose_an_iova_is),
	TEST(tells_whose_a_physical_address_is),
	TEST(seals),
	TEST(seal_passes_errors_on),
	TEST(maps_read_only_buffers_to_read),
	TEST(lists_page_by_page),
	TEST(lists_short_pages),
	TEST(list_stops),
	TEST(list_reports_errors),
	TEST(list_tells_all),
	TEST(errors_have_words),
};

int main(void)
{
	return run_tests("libcmm", tests, ARRAY_SIZE(tests), fake_reset);
}
