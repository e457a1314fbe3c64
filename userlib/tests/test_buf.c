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

#include "harness.h"
#include "fake.h"

/* --- allocation --- */

TEST(allocates)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 5000, 65536, CMM_ALLOC_WC,
					    "frame");

	ASSERT(buf);
	ASSERT(cmm_buf_len(buf) == 8192);
	ASSERT(fake.asked.len == 5000 && fake.asked.align == 65536);
	ASSERT(fake.asked.flags == CMM_BUF_WC && fake.asked.count == 1);
	ASSERT(fake.asked.fd_flags == O_CLOEXEC);
	ASSERT(!strcmp(fake.asked.name, "frame"));
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(allocates_arrays)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *bufs[CMM_MAX_COUNT];
	unsigned int i;

	ASSERT(!cmm_buf_alloc_array(zone, 1, 0, 0, NULL, bufs, CMM_MAX_COUNT));
	ASSERT(!*fake.asked.name);
	for (i = 0; i < CMM_MAX_COUNT; i++) {
		ASSERT(cmm_buf_len(bufs[i]) == FAKE_PAGE);
		ASSERT(!i || cmm_buf_fd(bufs[i]) != cmm_buf_fd(bufs[i - 1]));
	}
	for (i = 0; i < CMM_MAX_COUNT; i++)
		cmm_buf_close(bufs[i]);
	cmm_zone_close(zone);
}

TEST(alloc_checks_arguments)
{
	struct cmm_buf *bufs[CMM_MAX_COUNT + 1];
	struct cmm_zone *zone = cmm_zone_open(NULL);
	char name[CMM_NAME_SIZE + 1];
	unsigned int i;

	memset(name, 'x', CMM_NAME_SIZE);
	name[CMM_NAME_SIZE] = '\0';
	ASSERT_ERRNO(!cmm_buf_alloc(zone, 1, 0, 0, name), EINVAL);
	ASSERT(!fake.asked.count);
	ASSERT_ERRNO(!cmm_buf_alloc(zone, 0, 0, 0, NULL), EINVAL);
	ASSERT_ERRNO(cmm_buf_alloc_array(zone, 1, 0, 0, NULL, bufs, 0), EINVAL);

	memset(bufs, 0xaa, sizeof(bufs));
	ASSERT_ERRNO(cmm_buf_alloc_array(zone, 1, 0, 0, NULL, bufs,
					 CMM_MAX_COUNT + 1), E2BIG);
	for (i = 0; i < CMM_MAX_COUNT + 1; i++)
		ASSERT(!bufs[i]);

	name[CMM_NAME_SIZE - 1] = '\0';
	bufs[0] = cmm_buf_alloc(zone, 1, 0, 0, name);
	ASSERT(bufs[0]);
	cmm_buf_close(bufs[0]);
	cmm_zone_close(zone);
}

static void check_failure(uint64_t largest, uint64_t total)
{
	uint64_t largest_free = 1, total_free = 1;

	cmm_buf_alloc_failure(&largest_free, &total_free);
	ASSERT(largest_free == largest && total_free == total);
	cmm_buf_alloc_failure(NULL, NULL);
}

TEST(alloc_failure_tells_how_much_is_free)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *bufs[2];

	ASSERT_ERRNO(!cmm_buf_alloc(zone, FAKE_TOTAL + 1, 0, 0, NULL), EFBIG);
	check_failure(FAKE_LARGEST, FAKE_FREE);
	ASSERT_ERRNO(!cmm_buf_alloc(zone, 0, 0, 0, NULL), EINVAL);
	check_failure(0, 0);

	ASSERT_ERRNO(!cmm_buf_alloc(zone, FAKE_FREE, 0, 0, NULL), ENOBUFS);
	check_failure(FAKE_LARGEST, FAKE_FREE);
	cmm_buf_close(cmm_buf_alloc(zone, 1, 0, 0, NULL));
	check_failure(0, 0);

	ASSERT_ERRNO(cmm_buf_alloc_array(zone, FAKE_FREE, 0, 0, NULL, bufs, 2),
		     ENOSPC);
	ASSERT(!bufs[0] && !bufs[1]);
	check_failure(FAKE_LARGEST, FAKE_FREE);
	cmm_zone_close(zone);
}

static void *other_thread(void *zone)
{
	check_failure(0, 0);
	ASSERT_ERRNO(!cmm_buf_alloc(zone, FAKE_FREE, 0, 0, NULL), ENOBUFS);
	check_failure(FAKE_LARGEST, FAKE_FREE);
	return NULL;
}

TEST(alloc_failure_is_the_threads_own)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	pthread_t thread;

	ASSERT_ERRNO(!cmm_buf_alloc(zone, 0, 0, 0, NULL), EINVAL);
	ASSERT(!pthread_create(&thread, NULL, other_thread, zone));
	pthread_join(thread, NULL);
	check_failure(0, 0);
	cmm_zone_close(zone);
}

TEST(alloc_unwinds_without_memory)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *bufs[4];
	int i;

	for (i = 0; i < 4; i++) {
		memset(bufs, 0xaa, sizeof(bufs));
		fake.callocs = i;
		ASSERT_ERRNO(cmm_buf_alloc_array(zone, 1, 0, 0, NULL, bufs, 4),
			     ENOMEM);
		ASSERT(!bufs[0] && !bufs[1] && !bufs[2] && !bufs[3]);
		ASSERT(!fake.asked.count);
	}
	cmm_zone_close(zone);
}

TEST(alloc_passes_errors_on)
{
	static const int errors[] = { EMFILE, ENOMEM, ENODEV, EINTR, ENOTTY };
	struct cmm_zone *zone = cmm_zone_open(NULL);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		fake.error = errors[i];
		fake.error_after = 0;
		ASSERT_ERRNO(!cmm_buf_alloc(zone, 1, 0, 0, NULL), errors[i]);
	}
	cmm_zone_close(zone);
}

/* --- buffers --- */

TEST(imports_a_duplicate)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 3 * FAKE_PAGE, 0, 0, NULL);
	struct cmm_buf *copy = cmm_buf_import(zone, cmm_buf_fd(buf));
	struct cmm_buf_info info;

	ASSERT(copy && cmm_buf_fd(copy) != cmm_buf_fd(buf));
	ASSERT(fcntl(cmm_buf_fd(copy), F_GETFD) & FD_CLOEXEC);
	cmm_buf_close(buf);
	ASSERT(cmm_buf_len(copy) == 3 * FAKE_PAGE);
	ASSERT(!cmm_buf_info(copy, &info));
	cmm_buf_close(copy);
	cmm_zone_close(zone);
}

TEST(imports_foreign_dmabufs)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	int fd = fake_foreign_dmabuf();
	struct cmm_buf *buf = cmm_buf_import(NULL, fd);
	struct cmm_buf_info info;

	ASSERT(buf && cmm_buf_len(buf) == 3 * FAKE_PAGE);
	ASSERT_ERRNO(cmm_buf_info(buf, &info), EXDEV);
	ASSERT_ERRNO(!cmm_buf_import(zone, fd), EXDEV);
	cmm_buf_close(buf);
	close(fd);
	cmm_zone_close(zone);
}

TEST(import_refuses_other_files)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	int null = open("/dev/null", O_RDWR);

	ASSERT_ERRNO(!cmm_buf_import(zone, null), EBADF);
	ASSERT_ERRNO(!cmm_buf_import(NULL, null), EBADF);
	ASSERT_ERRNO(!cmm_buf_import(NULL, -1), EBADF);
	ASSERT_ERRNO(!cmm_buf_import(zone, -1), EBADF);
	close(null);
	cmm_zone_close(zone);
}

TEST(import_unwinds_without_memory)
{
	int fd = fake_foreign_dmabuf();

	fake.callocs = 0;
	ASSERT_ERRNO(!cmm_buf_import(NULL, fd), ENOMEM);
	close(fd);
}

TEST(tells_about_a_buffer)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	struct cmm_buf_info info;

	ASSERT(!cmm_buf_info(buf, &info));
	ASSERT(info.id && info.len == FAKE_PAGE && info.align == FAKE_PAGE);
	ASSERT(info.offset == 0x1000 && info.phys == 0x40001000);
	ASSERT(info.age_ns == 5 &&
	       info.flags == (CMM_INFO_PHYS | CMM_INFO_OFFSET));
	ASSERT(info.uid == 1000 && info.pid == 42);
	ASSERT(!strcmp(info.comm, "camera") && !strcmp(info.name, "frame"));

	fake.error = ENODEV;
	ASSERT_ERRNO(cmm_buf_info(buf, &info), ENODEV);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(buffers_outlive_their_zones_handle)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *bufs[2];
	struct cmm_buf_info info;

	ASSERT(!cmm_buf_alloc_array(zone, 1, 0, 0, NULL, bufs, 2));
	cmm_zone_close(zone);
	ASSERT(!cmm_buf_info(bufs[0], &info));
	cmm_buf_close(bufs[0]);
	ASSERT(!cmm_buf_info(bufs[1], &info));
	cmm_buf_close(bufs[1]);
}

TEST(closing_keeps_errno)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);

	/* Close it without the library, so that the library's close() fails. */
	close(cmm_buf_fd(buf));
	close(cmm_zone_fd(zone));
	errno = ENOSPC;
	cmm_buf_close(buf);
	ASSERT(errno == ENOSPC);
	cmm_zone_close(zone);
	cmm_buf_close(NULL);
	cmm_zone_close(NULL);
	ASSERT(errno == ENOSPC);
}

/* --- views --- */

TEST(views)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 3 * FAKE_PAGE, 0, 0, NULL);
	struct cmm_buf *view = cmm_buf_view(buf, FAKE_PAGE, 2 * FAKE_PAGE, 0);

	ASSERT(view && cmm_buf_fd(view) != cmm_buf_fd(buf));
	ASSERT(fake.viewed.offset == FAKE_PAGE);
	ASSERT(fake.viewed.len == 2 * FAKE_PAGE);
	ASSERT(cmm_buf_len(view) == 2 * FAKE_PAGE);
	ASSERT(fcntl(cmm_buf_fd(view), F_GETFD) == FD_CLOEXEC);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
	buf = cmm_buf_view(view, 0, FAKE_PAGE, CMM_VIEW_WRITABLE);
	ASSERT(buf && fake.viewed.flags == CMM_VIEW_WRITE);
	cmm_buf_close(view);
	cmm_buf_close(buf);
}

TEST(view_passes_errors_on)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	int fd = fake_foreign_dmabuf();
	struct cmm_buf *foreign = cmm_buf_import(NULL, fd);

	fake.busy = 1;
	ASSERT_ERRNO(!cmm_buf_view(buf, 0, FAKE_PAGE, CMM_VIEW_PERMANENT), EBUSY);
	ASSERT_ERRNO(!cmm_buf_view(buf, 0, 0, 0), EINVAL);
	ASSERT_ERRNO(!cmm_buf_view(buf, 1, FAKE_PAGE, 0), EINVAL);
	ASSERT_ERRNO(!cmm_buf_view(foreign, 0, FAKE_PAGE, 0), EXDEV);
	fake.callocs = 0;
	ASSERT_ERRNO(!cmm_buf_view(buf, 0, FAKE_PAGE, 0), ENOMEM);
	fake.callocs = -1;
	fake.error = ENOTTY;
	ASSERT_ERRNO(!cmm_buf_view(buf, 0, FAKE_PAGE, 0), ENOTTY);
	cmm_buf_close(foreign);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(maps_read_only_buffers_to_read)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	struct cmm_buf *sealed = cmm_buf_view(buf, 0, FAKE_PAGE, 0);
	char *at = cmm_buf_map(buf), *there = cmm_buf_map(sealed);

	ASSERT(at && there);
	strcpy(at, "written");
	ASSERT(!strcmp(there, "written"));
	cmm_buf_close(sealed);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}
