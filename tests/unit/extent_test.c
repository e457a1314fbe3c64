// SPDX-License-Identifier: MIT
/*
 * Extents against a naive model: one flag for each page of a small address
 * space, searched page by page. After every operation both must agree on the
 * result, on the address, and on what is free; and the set must be consistent.
 *
 * The seed is printed; CMM_SEED=n replays it. CMM_ROUNDS=n sets the length.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/kernel.h>

#include "extent.h"

#define PAGE		4096ULL
#define SPACE		512		/* pages of the model's address space */
#define BASE		0x40000000ULL	/* address of its first page */
#define MAX_EXTENTS	256
#define RANGES		3

static jmp_buf test_failed;
static char reason[256];

static void check(bool ok, const char *what, int line)
{
	if (ok)
		return;
	snprintf(reason, sizeof(reason), "line %d: %s", line, what);
	longjmp(test_failed, 1);
}

#define CHECK(cond) check(cond, #cond, __LINE__)

/* --- single rules -------------------------------------------------------- */

static void first_fit_takes_the_lowest_hole(void)
{
	struct cmm_extents set;
	struct cmm_range range;
	struct cmm_extent e[4];
	int i;

	cmm_extents_init(&set);
	CHECK(!cmm_extents_add_range(&set, &range, BASE, 16 * PAGE));
	for (i = 0; i < 4; i++) {
		CHECK(!cmm_extents_insert(&set, &e[i], 4 * PAGE, PAGE));
		CHECK(e[i].start == BASE + i * 4 * PAGE);
	}
	cmm_extents_remove(&set, &e[2]);
	cmm_extents_remove(&set, &e[0]);
	CHECK(!cmm_extents_insert(&set, &e[2], PAGE, PAGE));
	CHECK(e[2].start == BASE);
	CHECK(!cmm_extents_insert(&set, &e[0], 4 * PAGE, PAGE));
	CHECK(e[0].start == BASE + 8 * PAGE);
	CHECK(cmm_extents_check(&set));
}

static void full_and_fragmented_are_told_apart(void)
{
	struct cmm_extents set;
	struct cmm_range range;
	struct cmm_extent e[4], more;
	int i;

	cmm_extents_init(&set);
	CHECK(cmm_extents_insert(&set, &more, PAGE, PAGE) == -ENOSPC);
	CHECK(!cmm_extents_add_range(&set, &range, BASE, 4 * PAGE));
	for (i = 0; i < 4; i++)
		CHECK(!cmm_extents_insert(&set, &e[i], PAGE, PAGE));
	CHECK(cmm_extents_insert(&set, &more, PAGE, PAGE) == -ENOSPC);
	cmm_extents_remove(&set, &e[0]);
	cmm_extents_remove(&set, &e[2]);
	CHECK(cmm_extents_largest_free(&set) == PAGE);
	CHECK(cmm_extents_insert(&set, &more, 2 * PAGE, PAGE) == -ENOBUFS);
	CHECK(cmm_extents_insert(&set, &more, 3 * PAGE, PAGE) == -ENOSPC);
	CHECK(set.free == 2 * PAGE);
}

static void ranges_neither_overlap_nor_merge(void)
{
	struct cmm_extents set;
	struct cmm_range a, b, c;
	struct cmm_extent e;

	cmm_extents_init(&set);
	CHECK(cmm_extents_add_range(&set, &a, BASE, 0) == -EINVAL);
	CHECK(cmm_extents_add_range(&set, &a, -PAGE, 2 * PAGE) == -EINVAL);
	CHECK(!cmm_extents_add_range(&set, &b, BASE + 4 * PAGE, 4 * PAGE));
	CHECK(cmm_extents_add_range(&set, &a, BASE, 5 * PAGE) == -EEXIST);
	CHECK(cmm_extents_add_range(&set, &a, BASE + 7 * PAGE, PAGE) == -EEXIST);
	CHECK(cmm_extents_add_range(&set, &a, BASE + 4 * PAGE, PAGE) == -EEXIST);
	CHECK(!cmm_extents_add_range(&set, &a, BASE, 4 * PAGE));
	CHECK(!cmm_extents_add_range(&set, &c, BASE + 8 * PAGE, 2 * PAGE));
	CHECK(set.total == 10 * PAGE && set.free == set.total);
	CHECK(cmm_extents_insert(&set, &e, 5 * PAGE, PAGE) == -ENOBUFS);
	CHECK(!cmm_extents_insert(&set, &e, PAGE, 8 * PAGE));
	CHECK(cmm_extents_remove_range(&set, &a) == -EBUSY);
	cmm_extents_remove(&set, &e);
	CHECK(!cmm_extents_remove_range(&set, &a));
	CHECK(!cmm_extents_remove_range(&set, &b));
	CHECK(!cmm_extents_remove_range(&set, &c));
	CHECK(!set.total && !set.free && !cmm_extents_largest_free(&set));
	CHECK(cmm_extents_check(&set));
}

static void the_walk_is_in_address_order(void)
{
	struct cmm_extents set;
	struct cmm_range range;
	struct cmm_extent e[3], *at;

	cmm_extents_init(&set);
	CHECK(!cmm_extents_first(&set));
	CHECK(!cmm_extents_add_range(&set, &range, BASE, 8 * PAGE));
	CHECK(!cmm_extents_reserve(&set, &e[1], BASE + 3 * PAGE, PAGE));
	CHECK(!cmm_extents_reserve(&set, &e[0], BASE, 2 * PAGE));
	CHECK(!cmm_extents_reserve(&set, &e[2], BASE + 4 * PAGE, 4 * PAGE));
	at = cmm_extents_first(&set);
	CHECK(at->size == 0 && at->start == BASE);
	CHECK((at = cmm_extents_next(at)) == &e[0]);
	CHECK((at = cmm_extents_next(at)) == &e[1]);
	CHECK((at = cmm_extents_next(at)) == &e[2]);
	CHECK(!cmm_extents_next(at));
}

static void addresses_near_the_end_do_not_wrap(void)
{
	u64 start = -(4 * PAGE);
	struct cmm_extents set;
	struct cmm_range range;
	struct cmm_extent e;

	cmm_extents_init(&set);
	CHECK(!cmm_extents_add_range(&set, &range, start, 3 * PAGE));
	CHECK(cmm_extents_insert(&set, &e, PAGE, 1ULL << 30) == -ENOBUFS);
	CHECK(cmm_extents_reserve(&set, &e, start, 4 * PAGE - 1) == -EBUSY);
	CHECK(cmm_extents_reserve(&set, &e, start, 5 * PAGE) == -EINVAL);
	CHECK(!cmm_extents_insert(&set, &e, 2 * PAGE, 2 * PAGE));
	CHECK(e.start == start);
}

/* --- the model ----------------------------------------------------------- */

enum page_state { OUTSIDE, FREE, TAKEN };

/* Range number r is pages [bounds[r][0], bounds[r][1]); the last two touch. */
static const unsigned int bounds[RANGES][2] = {
	{ 3, 120 }, { 130, 300 }, { 300, 509 },
};

static enum page_state model[SPACE];
static bool range_in[RANGES];
static struct cmm_extents set;
static struct cmm_range ranges[RANGES];
static struct cmm_extent extents[MAX_EXTENTS];
static bool live[MAX_EXTENTS];
static u64 random_state;

static u32 rnd(u32 below)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(random_state >> 33) % below;
}

static unsigned int range_of(unsigned int page)
{
	unsigned int r;

	for (r = 0; r < RANGES; r++)
		if (page >= bounds[r][0] && page < bounds[r][1])
			return r;
	return RANGES;
}

static bool model_fits(unsigned int page, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (page + i >= SPACE || model[page + i] != FREE ||
		    range_of(page + i) != range_of(page))
			return false;
	return true;
}

static unsigned int model_free(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < SPACE; i++)
		n += model[i] == FREE;
	return n;
}

static unsigned int model_largest(void)
{
	unsigned int page, run = 0, largest = 0;

	for (page = 0; page < SPACE; page++) {
		if (page && range_of(page) != range_of(page - 1))
			run = 0;
		run = model[page] == FREE ? run + 1 : 0;
		if (run > largest)
			largest = run;
	}
	return largest;
}

static void model_set(unsigned int page, unsigned int count,
		      enum page_state state)
{
	while (count--)
		model[page++] = state;
}

static int model_insert(unsigned int count, unsigned int align,
			unsigned int *page)
{
	if (count > model_free())
		return -ENOSPC;
	for (*page = 0; *page < SPACE; ++*page)
		if (!((BASE / PAGE + *page) % align) && model_fits(*page, count))
			return 0;
	return -ENOBUFS;
}

static unsigned int page_of(const struct cmm_extent *extent)
{
	return (unsigned int)((extent->start - BASE) / PAGE);
}

static bool step_insert(unsigned int i)
{
	unsigned int count = 1 + rnd(rnd(4) ? 8 : 80);
	unsigned int align = 1U << rnd(7), page = 0;
	int want = model_insert(count, align, &page);

	if (cmm_extents_insert(&set, &extents[i], count * PAGE,
			       align * PAGE) != want)
		return false;
	if (want)
		return true;
	live[i] = true;
	model_set(page, count, TAKEN);
	return page_of(&extents[i]) == page && extents[i].size == count * PAGE;
}

static bool step_reserve(unsigned int i)
{
	unsigned int page = rnd(SPACE), count = 1 + rnd(12);
	int want = model_fits(page, count) ? 0 : -EBUSY;

	if (cmm_extents_reserve(&set, &extents[i], BASE + page * PAGE,
				count * PAGE) != want)
		return false;
	if (want)
		return true;
	live[i] = true;
	model_set(page, count, TAKEN);
	return page_of(&extents[i]) == page;
}

static bool step_remove(unsigned int i)
{
	model_set(page_of(&extents[i]),
		  (unsigned int)(extents[i].size / PAGE), FREE);
	cmm_extents_remove(&set, &extents[i]);
	live[i] = false;
	return true;
}

static bool step_range(unsigned int r)
{
	unsigned int page = bounds[r][0], count = bounds[r][1] - page;

	if (!range_in[r]) {
		model_set(page, count, FREE);
		range_in[r] = true;
		return !cmm_extents_add_range(&set, &ranges[r],
					      BASE + page * PAGE, count * PAGE);
	}
	if (!model_fits(page, count))
		return cmm_extents_remove_range(&set, &ranges[r]) == -EBUSY;
	model_set(page, count, OUTSIDE);
	range_in[r] = false;
	return !cmm_extents_remove_range(&set, &ranges[r]);
}

static bool step(void)
{
	unsigned int i = rnd(MAX_EXTENTS);

	if (!rnd(100))
		return step_range(rnd(RANGES));
	if (live[i])
		return step_remove(i);
	return rnd(8) ? step_insert(i) : step_reserve(i);
}

static bool agrees(void)
{
	return cmm_extents_check(&set) && set.free == model_free() * PAGE &&
	       cmm_extents_largest_free(&set) == model_largest() * PAGE;
}

static unsigned long setting(const char *name, unsigned long fallback)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : fallback;
}

static void random_operations_agree_with_the_model(void)
{
	unsigned long seed = setting("CMM_SEED", (unsigned long)time(NULL));
	unsigned long rounds = setting("CMM_ROUNDS", 100000), n;

	printf("seed: CMM_SEED=%lu CMM_ROUNDS=%lu\n", seed, rounds);
	random_state = seed;
	cmm_extents_init(&set);
	for (n = 0; n < rounds; n++) {
		CHECK(step());
		CHECK(agrees());
	}
}

#define TEST(test) { #test, test }

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	TEST(first_fit_takes_the_lowest_hole),
	TEST(full_and_fragmented_are_told_apart),
	TEST(ranges_neither_overlap_nor_merge),
	TEST(the_walk_is_in_address_order),
	TEST(addresses_near_the_end_do_not_wrap),
	TEST(random_operations_agree_with_the_model),
};

int main(void)
{
	static unsigned int i, failed;
	const unsigned int count = ARRAY_SIZE(tests);

	for (i = 0; i < count; i++) {
		if (setjmp(test_failed)) {
			printf("not ok - %s: %s\n", tests[i].name, reason);
			failed++;
			continue;
		}
		tests[i].run();
		printf("ok - %s\n", tests[i].name);
	}
	printf("%u passed, %u failed, 0 skipped\n", count - failed, failed);
	return failed != 0;
}
