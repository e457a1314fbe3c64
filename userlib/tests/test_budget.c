// SPDX-License-Identifier: MIT
/*
 * What a program learns when memory is short: the budget, the sentence about a failure,
 * and the function that frees memory. Also the default zone.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmm.h>

#include "harness.h"
#include "fake.h"

static struct cmm_zone *open_media(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");

	ASSERT(zone);
	return zone;
}

/* The next ioctl of a zone fails with @errnum. */
static void fail_next(int errnum)
{
	fake.error = errnum;
	fake.error_after = 0;
}

/* --- the budget --- */

TEST(budget_is_one_call)
{
	struct cmm_zone *zone = open_media();
	unsigned int calls = fake.calls;
	struct cmm_budget budget;

	fake.quota = FAKE_TOTAL;
	ASSERT(!cmm_zone_budget(zone, &budget));
	ASSERT_EQ(fake.calls, calls + 1);
	ASSERT_EQ(budget.free, FAKE_FREE);
	ASSERT_EQ(budget.largest, FAKE_LARGEST);
	ASSERT_EQ(budget.quota, FAKE_TOTAL);
	ASSERT_EQ(budget.charged, FAKE_CHARGED);
	fail_next(ENODEV);
	ASSERT_ERRNO(cmm_zone_budget(zone, &budget), ENODEV);
	cmm_zone_close(zone);
}

/* --- the sentence --- */

TEST(sentence_has_request_room_quota_and_advice)
{
	struct cmm_zone *zone = open_media();
	struct cmm_buf *bufs[4];

	ASSERT_ERRNO(cmm_buf_alloc_array(zone, 3 << 20, 0, 0, NULL, bufs, 4), ENOSPC);
	ASSERT_STREQ(cmm_explain(),
		     "Zone 'media' cannot allocate 4 x 3 MiB (the zone is full): 8 MiB are free, at most 4 MiB in one piece, and no quota limits you; 'cmmctl list' shows which processes hold buffers.");
	fake.quota = 4 << 20;
	ASSERT_ERRNO(!cmm_buf_alloc(zone, 2 << 20, 0, 0, NULL), EDQUOT);
	ASSERT_STREQ(cmm_explain(),
		     "Zone 'media' cannot allocate 1 x 2 MiB (more than the user's quota of the zone): 8 MiB are free, at most 4 MiB in one piece, and you use 3 MiB of your quota of 4 MiB; 'cmmctl list' shows which processes hold buffers.");
	cmm_zone_close(zone);
}

TEST(sentence_is_about_the_last_failure)
{
	struct cmm_zone *zone = open_media();
	struct cmm_zone_info info;

	ASSERT_ERRNO(!cmm_buf_alloc(zone, FAKE_TOTAL + 1, 0, 0, NULL), EFBIG);
	ASSERT(strstr(cmm_explain(), "Zone 'media' cannot allocate"));
	fail_next(ENODEV);
	ASSERT_ERRNO(cmm_zone_info(zone, &info), ENODEV);
	ASSERT_STREQ(cmm_explain(),
		     "The call failed: the zone's device has been unbound; bind its device to cmm again.");
	/* The same errno from another call. */
	ASSERT_ERRNO(!cmm_buf_alloc(zone, FAKE_TOTAL + 1, 0, 0, NULL), EFBIG);
	fail_next(EFBIG);
	ASSERT_ERRNO(cmm_zone_info(zone, &info), EFBIG);
	ASSERT(strstr(cmm_explain(), "The call failed"));
	cmm_zone_close(zone);
}

static void *other_thread(void *zone)
{
	ASSERT_ERRNO(!cmm_buf_alloc(zone, FAKE_FREE, 0, 0, NULL), ENOBUFS);
	ASSERT(strstr(cmm_explain(), "1 x 8 MiB"));
	return NULL;
}

TEST(sentence_is_the_threads_own)
{
	struct cmm_zone *zone = open_media();
	pthread_t thread;

	ASSERT_ERRNO(!cmm_buf_alloc(zone, FAKE_TOTAL + 1, 0, 0, NULL), EFBIG);
	ASSERT(!pthread_create(&thread, NULL, other_thread, zone));
	pthread_join(thread, NULL);
	errno = EFBIG;
	ASSERT(strstr(cmm_explain(), "larger than the zone"));
	cmm_zone_close(zone);
}

/* --- freeing memory when it is short --- */

struct cache {
	struct cmm_zone *zone;
	unsigned int calls;
	uint64_t bytes;
};

static void count_call(uint64_t bytes, void *arg)
{
	struct cache *cache = arg;

	cache->calls++;
	cache->bytes = bytes;
}

TEST(short_allocation_reclaims_and_tries_once_more)
{
	static const int errors[] = { ENOSPC, ENOBUFS, EDQUOT };
	struct cmm_zone *zone = open_media();
	struct cache cache = { zone, 0, 0 };
	struct cmm_buf *bufs[2];
	unsigned int i;

	cmm_zone_set_reclaim(zone, count_call, &cache);
	for (i = 0; i < 3; i++) {
		fail_next(errors[i]);
		ASSERT(!cmm_buf_alloc_array(zone, 5000, 0, 0, "twice", bufs, 2));
		ASSERT_EQ(cache.calls, i + 1);
		ASSERT_EQ(cache.bytes, 10000);
		ASSERT_EQ(fake.asked.len, 5000);
		ASSERT_EQ(fake.asked.count, 2);
		cmm_buf_close(bufs[0]);
		cmm_buf_close(bufs[1]);
	}
	cmm_zone_close(zone);
}

TEST(reclaim_is_called_once_for_a_failure)
{
	struct cmm_zone *zone = open_media();
	struct cache cache = { zone, 0, 0 };

	cmm_zone_set_reclaim(zone, count_call, &cache);
	ASSERT_ERRNO(!cmm_buf_alloc(zone, FAKE_FREE, 0, 0, NULL), ENOBUFS);
	ASSERT_EQ(cache.calls, 1);
	ASSERT(strstr(cmm_explain(), "1 x 8 MiB"));
	ASSERT_ERRNO(!cmm_buf_alloc(zone, FAKE_TOTAL + 1, 0, 0, NULL), EFBIG);
	fail_next(EMFILE);
	ASSERT_ERRNO(!cmm_buf_alloc(zone, 1, 0, 0, NULL), EMFILE);
	ASSERT_EQ(cache.calls, 1);
	cmm_zone_set_reclaim(zone, NULL, NULL);
	ASSERT_ERRNO(!cmm_buf_alloc(zone, FAKE_FREE, 0, 0, NULL), ENOBUFS);
	ASSERT_EQ(cache.calls, 1);
	cmm_zone_close(zone);
}

static void alloc_too_much(uint64_t bytes, void *arg)
{
	struct cache *cache = arg;

	count_call(bytes, arg);
	ASSERT_ERRNO(!cmm_buf_alloc(cache->zone, FAKE_FREE, 0, 0, NULL), ENOBUFS);
}

TEST(reclaim_does_not_call_itself)
{
	struct cmm_zone *zone = open_media();
	struct cache cache = { zone, 0, 0 };

	cmm_zone_set_reclaim(zone, alloc_too_much, &cache);
	ASSERT_ERRNO(!cmm_buf_alloc(zone, FAKE_FREE, 0, 0, NULL), ENOBUFS);
	ASSERT_EQ(cache.calls, 1);
	cmm_zone_close(zone);
}

/* --- the default zone --- */

/* NULL opens the zone whose place in fake.zones is @place. */
static void expect_default(unsigned int place)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_zone_info info;

	ASSERT(zone);
	fake.marked = 1u << place;
	ASSERT(!cmm_zone_info(zone, &info));
	ASSERT(info.flags & CMM_ZONE_INFO_DEFAULT);
	cmm_zone_close(zone);
}

TEST(marked_zone_is_the_default)
{
	fake.zones = "media npu spare secret";
	ASSERT_ERRNO(!cmm_zone_open(NULL), ENOTUNIQ);
	ASSERT(strstr(cmm_explain(), "There are 4 zones"));
	fake.marked = 1u << 1;
	expect_default(1);
	fake.marked = 1u << 2;
	expect_default(2);
	fake.marked = 3;
	ASSERT_ERRNO(!cmm_zone_open(NULL), ENOTUNIQ);
}

TEST(environment_comes_before_the_mark)
{
	fake.zones = "media npu spare";
	fake.marked = 1u << 1;
	setenv("CMM_ZONE", "spare", 1);
	expect_default(2);
	setenv("CMM_ZONE", "/dev/cmm/media", 1);
	expect_default(0);
	setenv("CMM_ZONE", "other", 1);
	ASSERT_ERRNO(!cmm_zone_open(NULL), ENOENT);
	fake.marked = 1u << 1;
	setenv("CMM_ZONE", "", 1);
	expect_default(1);
	unsetenv("CMM_ZONE");
}
