// SPDX-License-Identifier: MIT
/*
 * Buffers: allocating, importing, sealing and closing.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <cmm.h>

#include "check.h"
#include "fake.h"

/* --- allocation --- */

static void allocates(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 5000, 65536, CMM_ALLOC_WC,
					    "frame");

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
	CHECK(info.age_ns == 5 &&
	      info.flags == (CMM_INFO_PHYS | CMM_INFO_OFFSET));
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

	/* Close it without the library, so that the library's close() fails. */
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

/* --- views --- */

static void views(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 3 * FAKE_PAGE, 0, 0, NULL);
	struct cmm_buf *view = cmm_buf_view(buf, FAKE_PAGE, 2 * FAKE_PAGE, 0);

	CHECK(view && cmm_buf_fd(view) != cmm_buf_fd(buf));
	CHECK(fake.viewed.offset == FAKE_PAGE);
	CHECK(fake.viewed.len == 2 * FAKE_PAGE);
	CHECK(cmm_buf_len(view) == 2 * FAKE_PAGE);
	CHECK(fcntl(cmm_buf_fd(view), F_GETFD) == FD_CLOEXEC);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
	buf = cmm_buf_view(view, 0, FAKE_PAGE, CMM_VIEW_WRITABLE);
	CHECK(buf && fake.viewed.flags == CMM_VIEW_WRITE);
	cmm_buf_close(view);
	cmm_buf_close(buf);
}

static void view_passes_errors_on(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	int fd = fake_foreign_dmabuf();
	struct cmm_buf *foreign = cmm_buf_import(NULL, fd);

	fake.busy = 1;
	FAILS_WITH(!cmm_buf_view(buf, 0, FAKE_PAGE, CMM_VIEW_PERMANENT), EBUSY);
	FAILS_WITH(!cmm_buf_view(buf, 0, 0, 0), EINVAL);
	FAILS_WITH(!cmm_buf_view(buf, 1, FAKE_PAGE, 0), EINVAL);
	FAILS_WITH(!cmm_buf_view(foreign, 0, FAKE_PAGE, 0), EXDEV);
	fake.callocs = 0;
	FAILS_WITH(!cmm_buf_view(buf, 0, FAKE_PAGE, 0), ENOMEM);
	fake.callocs = -1;
	fake.error = ENOTTY;
	FAILS_WITH(!cmm_buf_view(buf, 0, FAKE_PAGE, 0), ENOTTY);
	cmm_buf_close(foreign);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void maps_read_only_buffers_to_read(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	struct cmm_buf *sealed = cmm_buf_view(buf, 0, FAKE_PAGE, 0);
	char *at = cmm_buf_map(buf), *there = cmm_buf_map(sealed);

	CHECK(at && there);
	strcpy(at, "written");
	CHECK(!strcmp(there, "written"));
	cmm_buf_close(sealed);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static const struct test tests[] = {
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
	TEST(views),
	TEST(view_passes_errors_on),
	TEST(maps_read_only_buffers_to_read),
};

int main(void)
{
	return run_tests("libcmm buffer", tests, ARRAY_SIZE(tests), fake_reset);
}
