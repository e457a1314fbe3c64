// SPDX-License-Identifier: MIT
/*
 * Concurrent calls must not fail or disturb each other. A request may change while
 * the kernel reads it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "latepage.h"
#include "pattern.h"

#define STORM_MS	1500
#define THREADS		4

static atomic_bool stop;
static int node;

/* Runs the functions at once for STORM_MS, each with its number. */
static void storm(void *(*const run[THREADS])(void *))
{
	pthread_t threads[THREADS];
	intptr_t i;

	stop = false;
	for (i = 0; i < THREADS; i++)
		ASSERT(!pthread_create(&threads[i], NULL, run[i], (void *)i));
	usleep(STORM_MS * 1000);
	stop = true;
	for (i = 0; i < THREADS; i++)
		ASSERT(!pthread_join(threads[i], NULL));
}

static void *allocate_fill_free(void *number)
{
	uint64_t seed = (uintptr_t)number << 32;

	while (!stop) {
		size_t len = (1 + seed % 32) * PAGE;
		uint32_t flags = seed % 3 ? 0 : zone_wc();
		struct buffer buffer = buffer_alloc(node, len, flags);

		buffer_expect_zero(&buffer);
		buffer_fill(&buffer, seed);
		sched_yield();
		buffer_expect(&buffer, seed);
		buffer_free(&buffer);
		seed++;
	}
	return NULL;
}

TEST(threads_can_allocate_and_fill_at_once)
{
	static void *(*const team[THREADS])(void *) = {
		allocate_fill_free, allocate_fill_free, allocate_fill_free,
		allocate_fill_free,
	};

	node = ASSERT_OK(zone_open(ZONE));
	storm(team);
	close(node);
}

/* --- one shared buffer --- */

static struct buffer shared;

static void *import_it(void *number)
{
	int importer = open_importer((uintptr_t)number % 2 ? "edu0" : "plain");

	while (!stop) {
		struct import dma = import(importer, shared.fd,
					   CMM_IMPORT_BIDIRECTIONAL);

		ASSERT_EQ(dma.map.len, shared.len);
		ASSERT_OK(importer_unmap(importer, dma.handle));
		ASSERT_OK(importer_map(importer, dma.handle,
				       CMM_IMPORT_BIDIRECTIONAL, NULL));
		ASSERT_OK(importer_release(&dma));
	}
	close(importer);
	return NULL;
}

static void *map_it(void *number)
{
	(void)number;
	while (!stop) {
		struct buffer again = buffer_of(dup(shared.fd), shared.len);

		buffer_expect(&again, 51);
		buffer_free(&again);
	}
	return NULL;
}

static void *vmap_it(void *number)
{
	int importer = open_importer("plain");
	uint8_t data[256];

	(void)number;
	while (!stop) {
		ASSERT_OK(importer_cpu_read(importer, shared.fd, PAGE, data,
					    sizeof(data)));
		ASSERT_PATTERN(pattern_check(data, sizeof(data), PAGE, 51));
	}
	close(importer);
	return NULL;
}

static void use_one_buffer(uint32_t flags)
{
	static void *(*const team[THREADS])(void *) = {
		import_it, import_it, map_it, vmap_it,
	};

	node = ASSERT_OK(zone_open(ZONE));
	shared = buffer_alloc(node, 4 * PAGE, flags);
	buffer_fill(&shared, 51);
	storm(team);
	buffer_expect(&shared, 51);
	buffer_free(&shared);
	close(node);
}

TEST(threads_share_one_cached_buffer)
{
	use_one_buffer(0);
}

TEST(threads_share_one_write_combined_buffer)
{
	need_wc();
	use_one_buffer(CMM_BUF_WC);
}

/* --- listing during allocation --- */

static void *allocate_and_free(void *number)
{
	int32_t fds[8];
	struct cmm_alloc req = {
		.len = (1 + (uintptr_t)number) * PAGE,
		.fds = (uintptr_t)fds,
		.count = 8,
	};
	int i;

	while (!stop) {
		req.len = (1 + (uintptr_t)number) * PAGE;
		ASSERT_OK(zone_request(node, &req));
		for (i = 0; i < 8; i++)
			close(fds[i]);
	}
	return NULL;
}

/*
 * Buffers that live at the most: those of two threads, and one for each of the two
 * that look. A listing holds a buffer while it describes it, so that the buffer may
 * end later than its last descriptor.
 */
#define LIVE	(2 * 8 + 2)

/*
 * A listing does not stop the zone. It may show a buffer that is ended by now and one
 * that was made after that, so it has no limit, but ids only grow.
 */
static void *look(void *number)
{
	struct cmm_list_entry entries[32];
	uint64_t used;
	struct cmm_info info;
	int i, count;

	(void)number;
	while (!stop) {
		ASSERT_OK(zone_info(node, &info));
		ASSERT(info.used <= LIVE * 3 * PAGE);
		ASSERT(info.largest_free <= info.total - info.used);
		ASSERT_OK(zone_attribute(ZONE, "used", &used));
		ASSERT(used <= LIVE * 3 * PAGE);
		count = ASSERT_OK(zone_list(node, entries, 32, 0));
		for (i = 1; i < count; i++)
			ASSERT(entries[i].id > entries[i - 1].id);
	}
	return NULL;
}

TEST(list_can_race_with_alloc_and_free)
{
	static void *(*const team[THREADS])(void *) = {
		look, allocate_and_free, allocate_and_free, look,
	};

	node = ASSERT_OK(zone_open(ZONE));
	storm(team);
	close(node);
}

/* --- descriptors closed by other threads --- */

/* The node and the log are moved out of the guesser's reach. */
#define FIRST_SAFE_FD	200
#define GUESSED_FDS	40

static int first_guess;

static void *close_guessed(void *number)
{
	int fd;

	(void)number;
	while (!stop) {
		for (fd = first_guess; fd < first_guess + GUESSED_FDS; fd++)
			close(fd);
	}
	return NULL;
}

static void *allocate_for_guesser(void *number)
{
	int32_t fds[4];
	struct cmm_alloc req = {
		.fds = (uintptr_t)fds,
		.count = 4,
	};
	struct cmm_query query;
	int i;

	(void)number;
	while (!stop) {
		req.len = PAGE;
		ASSERT_OK(zone_request(node, &req));
		for (i = 0; i < 4; i++) {
			zone_query(node, fds[i], &query);
			close(fds[i]);
		}
	}
	return NULL;
}

TEST(alloc_can_race_with_close_of_its_new_descriptors)
{
	static void *(*const team[THREADS])(void *) = {
		close_guessed, allocate_for_guesser, allocate_for_guesser,
		close_guessed,
	};
	int fd = ASSERT_OK(zone_open(ZONE));

	node = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_SAFE_FD);
	ASSERT(node >= FIRST_SAFE_FD);
	close(fd);
	first_guess = fd;
	storm(team);
	close_range(first_guess, FIRST_SAFE_FD - 1, 0);
	expect_used(0);
	close(node);
}

/* --- a request that changes during the call --- */

static struct cmm_alloc flipped;
static int32_t flipped_fds[2];

static void *flip(void *number)
{
	volatile struct cmm_alloc *req = &flipped;

	(void)number;
	while (!stop) {
		req->len = 3 * PAGE;
		req->count = 2;
		req->flags = CMM_BUF_WC;
		req->align = 64 * KIB;
		req->len = 1ULL << 60;
		req->count = 1000;
		req->flags = 0x40;
		req->align = 12345;
		req->pad = 1;
		req->pad = 0;
	}
	return NULL;
}

static void *request_flipped(void *number)
{
	struct cmm_query query;
	int i, ret;

	(void)number;
	while (!stop) {
		flipped_fds[0] = -1;
		flipped_fds[1] = -1;
		ret = zone_request(node, &flipped);
		note("it gave %d", ret);
		ASSERT(!ret || ret == -EINVAL || ret == -E2BIG ||
		       ret == -EFBIG || (!zone_wc() && ret == -EOPNOTSUPP));
		for (i = 0; i < 2; i++) {
			if (flipped_fds[i] < 0)
				continue;
			ASSERT(!ret);
			ASSERT_OK(zone_query(node, flipped_fds[i], &query));
			ASSERT_EQ(query.len, 3 * PAGE);
			ASSERT(query.align == PAGE || query.align == 64 * KIB);
			ASSERT_EQ(query.flags & ~CMM_BUF_PHYS & ~CMM_BUF_WC,
				  CMM_BUF_OFFSET);
			close(flipped_fds[i]);
		}
	}
	return NULL;
}

TEST(request_changed_during_the_call_does_no_harm)
{
	static void *(*const team[THREADS])(void *) = {
		flip, request_flipped, flip, flip,
	};

	node = ASSERT_OK(zone_open(ZONE));
	flipped = (struct cmm_alloc){
		.len = 3 * PAGE,
		.fds = (uintptr_t)flipped_fds,
		.count = 2,
	};
	storm(team);
	close(node);
}

static void *request_it(void *req)
{
	return (void *)(intptr_t)zone_request(node, req);
}

/*
 * The request lies across two pages, and the second comes late: what the first
 * says changes after the kernel has read it.
 */
TEST(alloc_request_is_read_once)
{
	static uint8_t second[PAGE];
	const size_t split = offsetof(struct cmm_alloc, name);
	uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct late_page page = late_page_make(pages + PAGE);
	struct cmm_alloc *req = (void *)(pages + PAGE - split);
	int32_t fds[3] = { -1, -1, -1 };
	struct cmm_query query;
	pthread_t thread;
	void *ret;

	node = ASSERT_OK(zone_open(ZONE));
	req->len = 3 * PAGE;
	req->fds = (uintptr_t)fds;
	req->count = 1;
	ASSERT(!pthread_create(&thread, NULL, request_it, req));
	late_page_wait(&page);
	req->len = 2 * ZONE_SIZE;
	req->align = 3;
	req->fds = 0;
	req->count = 3;
	req->flags = ~0U;
	req->fd_flags = ~0U;
	req->pad = 1;
	late_page_fill(&page, second);
	ASSERT(!pthread_join(thread, &ret));
	ASSERT_OK((intptr_t)ret);

	ASSERT(fds[0] >= 0 && fds[1] == -1);
	ASSERT_OK(zone_query(node, fds[0], &query));
	ASSERT_EQ(query.len, 3 * PAGE);
	expect_used(3 * PAGE);
	close(fds[0]);
	close(node);
	late_page_end(&page);
	munmap(pages, 2 * PAGE);
}

/* --- the last reference --- */

static atomic_int contended;

static void *close_contended(void *number)
{
	int fd;

	(void)number;
	while (!stop) {
		fd = contended;
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

static void *query_and_import_contended(void *number)
{
	int importer = open_importer("plain");
	struct cmm_query query;
	struct import dma;
	int ret;

	(void)number;
	while (!stop) {
		contended = ASSERT_OK(zone_alloc(node, PAGE, 0));
		ret = zone_query(node, contended, &query);
		ASSERT(!ret || ret == -EBADF);
		ret = importer_import(importer, contended,
				      CMM_IMPORT_TO_DEVICE, &dma);
		ASSERT(!ret || ret == -EBADF);
		if (!ret)
			ASSERT_OK(importer_release(&dma));
		close(atomic_exchange(&contended, -1));
	}
	close(importer);
	return NULL;
}

TEST(last_close_races_with_other_calls)
{
	static void *(*const team[THREADS])(void *) = {
		close_contended, query_and_import_contended, close_contended,
		close_contended,
	};
	int fd = ASSERT_OK(zone_open(ZONE));

	contended = -1;
	node = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_SAFE_FD);
	close(fd);
	storm(team);
	expect_used(0);
	close(node);
}
