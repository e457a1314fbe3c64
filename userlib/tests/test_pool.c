// SPDX-License-Identifier: MIT
/*
 * Frame pools: getting, sharing, putting and closing; limits, timeouts and threads.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmm_pool.h>

#include "harness.h"
#include "fake.h"

/* Frames of a page, from the zone "media". */
static struct cmm_pool *new_pool(unsigned int count, unsigned int limit)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_pool *pool = cmm_pool_alloc(zone, 1, 0, 0, "frame", count, limit);

	cmm_zone_close(zone);
	ASSERT(pool);
	return pool;
}

static struct cmm_pool_stats stats_of(struct cmm_pool *pool)
{
	struct cmm_pool_stats stats;

	cmm_pool_stats(pool, &stats);
	return stats;
}

static int is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* --- making pools --- */

TEST(allocates_all_frames_at_once)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_pool *pool = cmm_pool_alloc(zone, 5000, 65536, CMM_ALLOC_WC,
					       "camera", 3, 3);
	unsigned int calls = fake.calls;
	struct cmm_frame *frames[3];
	unsigned int i;

	ASSERT(fake.asked.len == 5000 && fake.asked.align == 65536);
	ASSERT(fake.asked.flags == CMM_BUF_WC && fake.asked.count == 3);
	ASSERT(!strcmp(fake.asked.name, "camera"));
	for (i = 0; i < 3; i++) {
		frames[i] = cmm_pool_get(pool, 0);
		ASSERT(frames[i]);
		ASSERT(cmm_frame_index(frames[i]) == i);
		ASSERT(cmm_buf_len(cmm_frame_buf(frames[i])) == 8192);
	}
	ASSERT_ERRNO(!cmm_pool_get(pool, 0), EAGAIN);
	ASSERT(fake.calls == calls);
	for (i = 0; i < 3; i++)
		cmm_frame_put(frames[i]);
	cmm_pool_close(pool);
	cmm_zone_close(zone);
}

TEST(allocates_more_than_one_call_can)
{
	struct cmm_pool *pool = new_pool(CMM_MAX_COUNT + 5, CMM_MAX_COUNT + 5);
	struct cmm_frame *frame;

	ASSERT(stats_of(pool).count == CMM_MAX_COUNT + 5);
	frame = cmm_pool_get(pool, 0);
	ASSERT(cmm_frame_index(frame) == 0);
	cmm_frame_put(frame);
	cmm_pool_close(pool);
}

TEST(alloc_checks_arguments)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	char name[CMM_NAME_SIZE + 1];

	memset(name, 'x', CMM_NAME_SIZE);
	name[CMM_NAME_SIZE] = '\0';
	ASSERT_ERRNO(!cmm_pool_alloc(zone, 1, 0, 0, "", 0, 0), EINVAL);
	ASSERT_ERRNO(!cmm_pool_alloc(zone, 1, 0, 0, "", 3, 2), EINVAL);
	ASSERT_ERRNO(!cmm_pool_alloc(zone, 1, 0, 0, name, 1, 1), EINVAL);
	ASSERT_ERRNO(!cmm_pool_alloc(zone, 1, 0, 0, "", 0, CMM_POOL_MAX + 1), E2BIG);
	ASSERT_ERRNO(!cmm_pool_alloc(zone, 0, 0, 0, "", 1, 1), EINVAL);
	ASSERT_ERRNO(!cmm_pool_alloc(zone, 1, 0, CMM_MAP_PREFAULT, "", 1, 1), EINVAL);
	ASSERT_ERRNO(!cmm_pool_alloc(zone, FAKE_TOTAL + 1, 0, 0, "", 1, 1), EFBIG);
	cmm_zone_close(zone);
}

/* At each allocation of the library in turn; the second part of the frames as well. */
TEST(alloc_unwinds_without_memory)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_pool *pool = NULL;
	int i;

	for (i = 0; !pool && i < 1000; i++) {
		fake.callocs = i;
		errno = 0;
		pool = cmm_pool_alloc(zone, 1, 0, 0, NULL, CMM_MAX_COUNT + 2,
				      CMM_MAX_COUNT + 2);
		ASSERT(pool || errno == ENOMEM);
	}
	ASSERT(pool && i > CMM_MAX_COUNT + 2);
	cmm_pool_close(pool);
	cmm_zone_close(zone);
}

TEST(imports_foreign_descriptors)
{
	struct cmm_pool *pool;
	struct cmm_frame *frames[2];
	int fds[2], i;

	for (i = 0; i < 2; i++)
		fds[i] = fake_foreign_dmabuf();
	pool = cmm_pool_import(NULL, fds, 2);
	ASSERT(pool);
	for (i = 0; i < 2; i++) {
		close(fds[i]);
		frames[i] = cmm_pool_get(pool, 0);
		ASSERT(cmm_frame_index(frames[i]) == (unsigned int)i);
		ASSERT(cmm_buf_len(cmm_frame_buf(frames[i])) == 3 * FAKE_PAGE);
	}
	ASSERT_ERRNO(!cmm_pool_get(pool, 0), EAGAIN);
	for (i = 0; i < 2; i++)
		cmm_frame_put(frames[i]);
	cmm_pool_close(pool);
}

TEST(import_takes_all_or_none)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	int fds[2] = { fake_foreign_dmabuf(), STDERR_FILENO };

	ASSERT_ERRNO(!cmm_pool_import(NULL, fds, 2), EBADF);
	ASSERT_ERRNO(!cmm_pool_import(zone, fds, 1), EXDEV);
	ASSERT_ERRNO(!cmm_pool_import(NULL, fds, 0), EINVAL);
	ASSERT_ERRNO(!cmm_pool_import(NULL, fds, CMM_POOL_MAX + 1), E2BIG);
	/* Two frames with the same memory. */
	fds[1] = fds[0];
	ASSERT_ERRNO(!cmm_pool_import(NULL, fds, 2), EINVAL);
	close(fds[0]);
	cmm_zone_close(zone);
}

/* --- getting and putting --- */

TEST(last_put_returns_the_frame)
{
	struct cmm_pool *pool = new_pool(1, 1);
	struct cmm_frame *frame = cmm_pool_get(pool, 0);

	ASSERT(cmm_frame_ref(frame) == frame);
	cmm_frame_put(frame);
	ASSERT_ERRNO(!cmm_pool_get(pool, 0), EAGAIN);
	cmm_frame_put(frame);
	ASSERT(cmm_pool_get(pool, 0) == frame);
	cmm_frame_put(frame);
	cmm_frame_put(NULL);
	cmm_pool_close(pool);
}

TEST(frame_keeps_its_mapping_and_contents)
{
	struct cmm_pool *pool = new_pool(1, 1);
	struct cmm_frame *frame = cmm_pool_get(pool, 0);
	char *at = cmm_buf_map(cmm_frame_buf(frame));

	strcpy(at, "frame");
	cmm_frame_put(frame);
	frame = cmm_pool_get(pool, 0);
	ASSERT(cmm_buf_map(cmm_frame_buf(frame)) == at && !strcmp(at, "frame"));
	cmm_frame_put(frame);
	cmm_pool_close(pool);
}

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

TEST(get_waits_until_the_timeout)
{
	struct cmm_pool *pool = new_pool(1, 1);
	struct cmm_frame *frame = cmm_pool_get(pool, 0);
	double start = now();

	ASSERT_ERRNO(!cmm_pool_get(pool, 1050), ETIMEDOUT);
	ASSERT(now() - start >= 1.05);
	ASSERT(stats_of(pool).waits == 1 && stats_of(pool).failures == 1);
	cmm_frame_put(frame);
	cmm_pool_close(pool);
}

TEST(grows_to_the_limit)
{
	struct cmm_pool *pool = new_pool(1, 3);
	struct cmm_frame *frames[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ASSERT(stats_of(pool).count == (i ? i : 1));
		frames[i] = cmm_pool_get(pool, 0);
		ASSERT(frames[i] && cmm_frame_index(frames[i]) == i);
		ASSERT(!strcmp(fake.asked.name, "frame"));
	}
	ASSERT_ERRNO(!cmm_pool_get(pool, 0), EAGAIN);
	for (i = 0; i < 3; i++)
		cmm_frame_put(frames[i]);
	ASSERT(stats_of(pool).count == 3);
	cmm_pool_close(pool);
}

/* The next call of a zone fails. */
static void fail_next(int errnum)
{
	fake.error = errnum;
	fake.error_after = 0;
}

TEST(failed_growth_is_reported_and_tried_again)
{
	struct cmm_pool *pool = new_pool(0, 2);
	struct cmm_frame *frame, *second;

	fail_next(ENOSPC);
	ASSERT_ERRNO(!cmm_pool_get(pool, -1), ENOSPC);
	fake.error = 0;
	frame = cmm_pool_get(pool, 0);
	ASSERT(frame);
	fail_next(EDQUOT);
	ASSERT_ERRNO(!cmm_pool_get(pool, 0), EDQUOT);
	fail_next(EDQUOT);
	ASSERT_ERRNO(!cmm_pool_get(pool, 1), ETIMEDOUT);
	fake.error = 0;
	second = cmm_pool_get(pool, 0);
	ASSERT(second && cmm_frame_index(second) == 1);
	cmm_frame_put(second);
	cmm_frame_put(frame);
	ASSERT(stats_of(pool).count == 2 && stats_of(pool).peak == 2);
	ASSERT(stats_of(pool).failures == 3);
	cmm_pool_close(pool);
}

TEST(counts_what_it_did)
{
	struct cmm_pool *pool = new_pool(2, 4);
	struct cmm_frame *a = cmm_pool_get(pool, 0), *b = cmm_pool_get(pool, 0);
	struct cmm_pool_stats stats;

	cmm_frame_put(a);
	a = cmm_pool_get(pool, -1);
	cmm_frame_put(b);
	stats = stats_of(pool);
	ASSERT(stats.count == 2 && stats.limit == 4);
	ASSERT(stats.used == 1 && stats.peak == 2);
	ASSERT(stats.gets == 3 && !stats.waits && !stats.failures);
	cmm_frame_put(a);
	cmm_pool_close(pool);
}

/* --- closing --- */

TEST(last_put_after_close_frees_the_frame)
{
	struct cmm_pool *pool = new_pool(3, 3);
	struct cmm_frame *a = cmm_pool_get(pool, 0), *b = cmm_pool_get(pool, 0);
	struct cmm_frame *idle = cmm_pool_get(pool, 0);
	int fd_a = cmm_buf_fd(cmm_frame_buf(a)), fd_b = cmm_buf_fd(cmm_frame_buf(b));
	int fd_idle = cmm_buf_fd(cmm_frame_buf(idle));

	cmm_frame_put(idle);
	cmm_frame_ref(a);
	cmm_pool_close(pool);
	ASSERT(!is_open(fd_idle) && is_open(fd_a) && is_open(fd_b));
	ASSERT(cmm_buf_map(cmm_frame_buf(a)));
	cmm_frame_put(a);
	ASSERT(is_open(fd_a));
	errno = EPIPE;
	cmm_frame_put(a);
	ASSERT(errno == EPIPE);
	ASSERT(!is_open(fd_a) && is_open(fd_b));
	cmm_frame_put(b);
	ASSERT(!is_open(fd_b));
	cmm_pool_close(NULL);
}

static void *get_for_ever(void *pool)
{
	struct cmm_frame *frame = cmm_pool_get(pool, -1);

	ASSERT(!frame && errno == ESHUTDOWN);
	return NULL;
}

TEST(shutdown_ends_all_waits)
{
	struct cmm_pool *pool = new_pool(1, 1);
	struct cmm_frame *frame = cmm_pool_get(pool, 0);
	pthread_t threads[3];
	int i;

	for (i = 0; i < 3; i++)
		ASSERT(!pthread_create(&threads[i], NULL, get_for_ever, pool));
	while (stats_of(pool).waits < 3)
		usleep(1000);
	cmm_pool_shutdown(pool);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	cmm_frame_put(frame);
	cmm_pool_close(pool);
}

TEST(get_fails_after_shutdown)
{
	struct cmm_pool *pool = new_pool(2, 3);
	struct cmm_frame *frame = cmm_pool_get(pool, 0);

	errno = EPIPE;
	cmm_pool_shutdown(pool);
	ASSERT(errno == EPIPE);
	cmm_pool_shutdown(NULL);
	/* One frame is free, and another one could be allocated. */
	ASSERT_ERRNO(!cmm_pool_get(pool, 0), ESHUTDOWN);
	ASSERT_ERRNO(!cmm_pool_get(pool, -1), ESHUTDOWN);
	ASSERT(cmm_buf_map(cmm_frame_buf(frame)));
	cmm_frame_put(frame);
	ASSERT_ERRNO(!cmm_pool_get(pool, 1), ESHUTDOWN);
	ASSERT(!stats_of(pool).used && stats_of(pool).failures == 3);
	cmm_pool_close(pool);
}

static struct cmm_pool *growing;

static int shut_down_growing(void)
{
	cmm_pool_shutdown(growing);
	return 0;
}

TEST(get_fails_after_shutdown_during_growth)
{
	growing = new_pool(0, 1);
	fake.on_alloc = shut_down_growing;
	ASSERT_ERRNO(!cmm_pool_get(growing, -1), ESHUTDOWN);
	ASSERT(stats_of(growing).count == 1 && !stats_of(growing).used);
	cmm_pool_close(growing);
}

static pthread_t waiting;

static void *get_without_memory(void *pool)
{
	ASSERT_ERRNO(!cmm_pool_get(pool, 10000), ENOSPC);
	return NULL;
}

/* Another thread waits for the frame whose allocation fails. */
static int fail_with_a_waiter(void)
{
	ASSERT(!pthread_create(&waiting, NULL, get_without_memory, growing));
	while (!stats_of(growing).waits)
		usleep(1000);
	return -ENOSPC;
}

TEST(failed_growth_ends_the_wait_for_the_first_frame)
{
	growing = new_pool(0, 1);
	fake.on_alloc = fail_with_a_waiter;
	ASSERT_ERRNO(!cmm_pool_get(growing, -1), ENOSPC);
	pthread_join(waiting, NULL);
	cmm_pool_close(growing);
}

/* --- threads --- */

#define THREADS		4
#define ROUNDS		20000
#define FRAMES		3

/* A place that any thread may leave a frame in, for another thread to put. */
static struct cmm_frame *_Atomic shelf;
static atomic_int owner[FRAMES];

static void *use_frames(void *arg)
{
	struct cmm_pool *pool = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct cmm_frame *frame = cmm_pool_get(pool, -1);
		unsigned int index;
		char *at;

		ASSERT(frame);
		if (!frame)
			break;
		index = cmm_frame_index(frame);
		/* No other thread got this frame. */
		ASSERT(atomic_fetch_add(&owner[index], 1) == 0);
		/* A plain access: ThreadSanitizer checks that put and get order it. */
		at = cmm_buf_map(cmm_frame_buf(frame));
		(*at)++;
		ASSERT(atomic_fetch_sub(&owner[index], 1) == 1);
		if (i % 3 == 0)
			cmm_frame_put(atomic_exchange(&shelf, cmm_frame_ref(frame)));
		cmm_frame_put(frame);
	}
	return NULL;
}

TEST(four_threads_share_frames)
{
	struct cmm_pool *pool = new_pool(FRAMES, FRAMES);
	pthread_t threads[THREADS];
	struct cmm_pool_stats stats;
	int i;

	for (i = 0; i < THREADS; i++)
		ASSERT(!pthread_create(&threads[i], NULL, use_frames, pool));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	cmm_frame_put(atomic_exchange(&shelf, NULL));
	stats = stats_of(pool);
	ASSERT(stats.gets == THREADS * ROUNDS);
	ASSERT(!stats.used && !stats.failures && stats.peak <= FRAMES);
	cmm_pool_close(pool);
}

static void *use_until_shutdown(void *pool)
{
	struct cmm_frame *frame;

	while ((frame = cmm_pool_get(pool, -1)))
		cmm_frame_put(frame);
	ASSERT(errno == ESHUTDOWN);
	return NULL;
}

TEST(shutdown_stops_threads_that_get_frames)
{
	pthread_t threads[THREADS];
	int i, round;

	for (round = 0; round < 50; round++) {
		struct cmm_pool *pool = new_pool(2, 2);

		for (i = 0; i < THREADS; i++)
			ASSERT(!pthread_create(&threads[i], NULL, use_until_shutdown,
					       pool));
		usleep(500);
		cmm_pool_shutdown(pool);
		for (i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		cmm_pool_close(pool);
		fake_reset();
	}
}

/* The pool is closed while threads put the last references to its frames. */
static void *put_frame(void *frame)
{
	cmm_frame_put(frame);
	return NULL;
}

TEST(threads_put_while_the_pool_closes)
{
	pthread_t threads[THREADS];
	int i, round;

	for (round = 0; round < 100; round++) {
		struct cmm_pool *pool = new_pool(THREADS, THREADS);

		for (i = 0; i < THREADS; i++)
			ASSERT(!pthread_create(&threads[i], NULL, put_frame,
					       cmm_pool_get(pool, 0)));
		cmm_pool_close(pool);
		for (i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		fake_reset();
	}
}
