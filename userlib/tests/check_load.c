// SPDX-License-Identifier: MIT
/*
 * Loading files into buffers.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmm.h>

#include "check.h"
#include "fake.h"
#include "range.h"

/* Creates a file of that many bytes; each byte depends on its position. */
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

/* The buffer has the source's bytes from @first at @offset, and zeroes elsewhere. */
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
	/* At the end of the file, nothing is loaded or synced. */
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

	/* The size of a regular file is known before loading. */
	FAILS_WITH(cmm_buf_load(buf, 1, fd) == -1, EFBIG);
	FAILS_WITH(cmm_buf_load(buf, FAKE_PAGE, fd) == -1, EINVAL);
	FAILS_WITH(cmm_buf_load(buf, (size_t)-1, fd) == -1, EINVAL);
	CHECK(!fake.range_syncs);
	expect_loaded(buf, 0, 0, 0);
	close(fd);

	/* Otherwise the written part has been synced for devices. */
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
	/* The buffer is read-only, so nothing is read. */
	fake.error = EACCES;
	FAILS_WITH(cmm_buf_load(buf, 0, fd) == -1, EACCES);
	CHECK(!lseek(fd, 0, SEEK_CUR));
	/* The second call ends the access. It fails: devices might not see the data. */
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

static const struct test tests[] = {
	TEST(loads_to_the_end),
	TEST(loads_from_where_the_file_is),
	TEST(a_load_keeps_the_mapping_as_it_was),
	TEST(load_refuses_what_does_not_fit),
	TEST(loads_from_pipes_through_interruptions),
	TEST(load_passes_errors_on),
};

int main(void)
{
	return run_tests("libcmm load", tests, ARRAY_SIZE(tests), fake_reset);
}
