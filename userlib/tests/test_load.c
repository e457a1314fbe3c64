// SPDX-License-Identifier: MIT
/*
 * Loading files into buffers.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmm.h>

#include "harness.h"
#include "fake.h"
#include "range.h"

/* Creates a file of that many bytes; each byte depends on its position. */
static int new_source(size_t len)
{
	int fd = memfd_create("source", MFD_CLOEXEC);
	unsigned char *bytes = malloc(len);
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 4096);
	ASSERT(write(fd, bytes, len) == (ssize_t)len);
	free(bytes);
	ASSERT(!lseek(fd, 0, SEEK_SET));
	return fd;
}

/* The buffer has the source's bytes from @first at @offset, and zeroes elsewhere. */
static void expect_loaded(struct cmm_buf *buf, size_t offset, size_t first,
			  size_t len)
{
	const unsigned char *at = cmm_buf_map(buf);
	size_t i, from;

	for (i = 0; i < cmm_buf_len(buf); i++) {
		from = first + i - offset;
		ASSERT(at[i] == (i < offset || i >= offset + len ? 0 :
				 (unsigned char)(from * 7 + from / 4096)));
	}
}

TEST(loads_to_the_end)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 4 * FAKE_PAGE, 0, 0, NULL);
	int fd = new_source(9000);
	char path[64];

	ASSERT(cmm_buf_load(buf, 100, fd) == 9000);
	ASSERT(fake.range_syncs == 2 && !fake.syncs);
	expect_range(0, buf, 100, 9000, CMM_SYNC_WRITE | CMM_SYNC_END);
	expect_loaded(buf, 100, 0, 9000);
	/* At the end of the file, nothing is loaded or synced. */
	ASSERT(cmm_buf_load(buf, 0, fd) == 0);
	ASSERT(fake.range_syncs == 3);
	close(fd);
	cmm_buf_close(buf);

	buf = cmm_buf_alloc(zone, 4 * FAKE_PAGE, 0, 0, NULL);
	fd = new_source(4 * FAKE_PAGE);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ASSERT(cmm_buf_load_file(buf, 0, path) == 4 * FAKE_PAGE);
	expect_loaded(buf, 0, 0, 4 * FAKE_PAGE);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(loads_from_where_the_file_is)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	int fd = new_source(3 * FAKE_PAGE);

	ASSERT(lseek(fd, 2 * FAKE_PAGE + 5, SEEK_SET) > 0);
	ASSERT(cmm_buf_load(buf, 0, fd) == FAKE_PAGE - 5);
	expect_loaded(buf, 0, 2 * FAKE_PAGE + 5, FAKE_PAGE - 5);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(a_load_keeps_the_mapping_as_it_was)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	char line[256];
	FILE *maps;
	int fd = new_source(10), mapped = 0;
	void *at;

	ASSERT(cmm_buf_load(buf, 0, fd) == 10);
	maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps))
		mapped |= !!strstr(line, "memfd:fake");
	fclose(maps);
	ASSERT(!mapped);

	at = cmm_buf_map(buf);
	ASSERT(!lseek(fd, 0, SEEK_SET));
	ASSERT(cmm_buf_load(buf, 0, fd) == 10);
	ASSERT(cmm_buf_map(buf) == at);
	expect_loaded(buf, 0, 0, 10);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(load_refuses_what_does_not_fit)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	int fd = new_source(FAKE_PAGE), pipes[2];
	char byte;

	/* The size of a regular file is known before loading. */
	ASSERT_ERRNO(cmm_buf_load(buf, 1, fd) == -1, EFBIG);
	ASSERT_ERRNO(cmm_buf_load(buf, FAKE_PAGE, fd) == -1, EINVAL);
	ASSERT_ERRNO(cmm_buf_load(buf, (size_t)-1, fd) == -1, EINVAL);
	ASSERT(!fake.range_syncs);
	expect_loaded(buf, 0, 0, 0);
	close(fd);

	/* Otherwise the written part has been synced for devices. */
	ASSERT(!pipe(pipes));
	ASSERT(write(pipes[1], "abc", 3) == 3);
	close(pipes[1]);
	ASSERT_ERRNO(cmm_buf_load(buf, FAKE_PAGE - 2, pipes[0]) == -1, EFBIG);
	expect_range(0, buf, FAKE_PAGE - 2, 2, CMM_SYNC_WRITE | CMM_SYNC_END);
	ASSERT(read(pipes[0], &byte, 1) == 0);
	close(pipes[0]);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void ignore_signal(int number)
{
	(void)number;
}

/* Writes slowly and interrupts the reader each time. */
static void *write_slowly(void *arg)
{
	const int *pipe_end = ((void **)arg)[0];
	const pthread_t *reader = ((void **)arg)[1];
	int i;

	for (i = 0; i < 20; i++) {
		usleep(2000);
		pthread_kill(*reader, SIGUSR1);
		usleep(2000);
		ASSERT(write(*pipe_end, "0123456789", 10) == 10);
	}
	close(*pipe_end);
	return NULL;
}

TEST(loads_from_pipes_through_interruptions)
{
	const struct sigaction action = { .sa_handler = ignore_signal };
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	pthread_t reader = pthread_self(), writer;
	int pipes[2], i;
	void *args[] = { &pipes[1], &reader };
	const char *at;

	ASSERT(!sigaction(SIGUSR1, &action, NULL) && !pipe(pipes));
	ASSERT(!pthread_create(&writer, NULL, write_slowly, args));
	ASSERT(cmm_buf_load(buf, 0, pipes[0]) == 200);
	pthread_join(writer, NULL);
	at = cmm_buf_map(buf);
	for (i = 0; i < 200; i++)
		ASSERT(at[i] == '0' + i % 10);
	close(pipes[0]);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(load_passes_errors_on)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	int foreign = fake_foreign_dmabuf(), fd = new_source(5);
	struct cmm_buf *other = cmm_buf_import(NULL, foreign);

	ASSERT_ERRNO(cmm_buf_load_file(buf, 0, "/no/such/file") == -1, ENOENT);
	ASSERT_ERRNO(cmm_buf_load_file(buf, 0, "/") == -1, EISDIR);
	ASSERT_ERRNO(cmm_buf_load(buf, 0, -1) == -1, EBADF);
	ASSERT_ERRNO(cmm_buf_load(other, 0, fd) == -1, EXDEV);
	/* The buffer is read-only, so nothing is read. */
	fake.error = EACCES;
	ASSERT_ERRNO(cmm_buf_load(buf, 0, fd) == -1, EACCES);
	ASSERT(!lseek(fd, 0, SEEK_CUR));
	/* The second call ends the access. It fails: devices might not see the data. */
	fake.error_after = 1;
	fake.error = 0;
	ASSERT(cmm_buf_map(buf));
	fake.error = ENODEV;
	ASSERT_ERRNO(cmm_buf_load(buf, 0, fd) == -1, ENODEV);
	cmm_buf_close(other);
	close(foreign);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

/* Loads a part of a file and leaves the file's position behind it. */
static void expect_part_loaded(size_t first, size_t len)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 3 << 20, 0, 0, NULL);
	int fd = new_source(first + len);

	ASSERT(lseek(fd, (off_t)first, SEEK_SET) == (off_t)first);
	ASSERT(cmm_buf_load(buf, 100, fd) == (ssize_t)len);
	ASSERT(lseek(fd, 0, SEEK_CUR) == (off_t)(first + len));
	expect_loaded(buf, 100, first, len);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(files_are_read_directly_without_fadvise)
{
	static const size_t firsts[] = { 0, 1, 65536, 65537, 1048575 };
	static const size_t lens[] = { 1, 511, 65536, 1048576, 2097153 };
	size_t i, j;

	fake.no_fadvise = 1;
	for (i = 0; i < ARRAY_SIZE(firsts); i++) {
		for (j = 0; j < ARRAY_SIZE(lens); j++) {
			fake.direct_bytes = 0;
			expect_part_loaded(firsts[i], lens[j]);
			ASSERT(fake.direct_bytes >= lens[j]);
		}
	}
	/* With fadvise, there is no reason for it. */
	fake.no_fadvise = 0;
	fake.direct_bytes = 0;
	expect_part_loaded(1, 100);
	ASSERT(!fake.direct_bytes);
}

TEST(direct_load_ends_with_the_file)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	int fd = new_source(FAKE_PAGE), pipes[2];

	fake.no_fadvise = 1;
	ASSERT(cmm_buf_load(buf, 0, fd) == FAKE_PAGE);
	expect_loaded(buf, 0, 0, FAKE_PAGE);
	ASSERT(cmm_buf_load(buf, 0, fd) == 0);
	close(fd);

	/* A pipe has no pages to drop. */
	ASSERT(!pipe(pipes) && write(pipes[1], "abc", 3) == 3);
	close(pipes[1]);
	ASSERT(cmm_buf_load(buf, 0, pipes[0]) == 3);
	close(pipes[0]);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(files_without_direct_io_are_read_through_the_cache)
{
	fake.no_fadvise = 1;
	fake.no_direct = 1;
	expect_part_loaded(3, 2 << 20);
	ASSERT(!fake.direct_bytes);

	/* Direct reads fail at once, or after the first one. */
	fake.no_direct = 0;
	fake.direct_reads = 0;
	expect_part_loaded(3, 2 << 20);
	ASSERT(!fake.direct_bytes);
	fake.direct_reads = 1;
	expect_part_loaded(3, 2 << 20);
	ASSERT(fake.direct_bytes == 1 << 20);
}

TEST(a_short_direct_read_is_not_the_end_of_the_file)
{
	fake.no_fadvise = 1;
	/* Not a multiple of the alignment, so the next read begins before it. */
	fake.direct_end = 98304;
	expect_part_loaded(0, 1 << 20);
	ASSERT(fake.direct_bytes >= 98304);
	fake.direct_end = 65536;
	expect_part_loaded(3, 1 << 20);
}

TEST(load_refuses_a_descriptor_for_writing)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	int source = new_source(10), fd;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", source);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT(fd >= 0);
	for (fake.no_fadvise = 0; fake.no_fadvise < 2; fake.no_fadvise++)
		ASSERT_ERRNO(cmm_buf_load(buf, 0, fd) == -1, EBADF);
	close(fd);
	close(source);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(load_keeps_the_advice_of_the_caller)
{
	expect_part_loaded(0, FAKE_PAGE);
	ASSERT(fake.advice == 1u << POSIX_FADV_DONTNEED);
}
