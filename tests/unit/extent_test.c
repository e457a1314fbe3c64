// SPDX-License-Identifier: MIT
/*
 * Tests of the extents: an example for each rule, and random operations whose results
 * must match a naive model's (see compare.h).
 *
 * The seed is printed; CMM_SEED=n replays it. CMM_ROUNDS=n sets the length.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/kernel.h>

#include "compare.h"
#include "extent_check.h"
#include "model.h"
#include "rules.h"

#define BASE		0x40000000ULL

#define SPACE_ROUNDS	4096	/* random operations in one space */

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
	CHECK(extents_are_consistent(&set));
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
	CHECK(extents_are_consistent(&set));
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

/* --- against the model --------------------------------------------------- */

static u64 random_state;

static u32 random_number(u32 below)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(random_state >> 33) % below;
}

static void random_operations_agree_with_the_model(void)
{
	unsigned long seed = setting("CMM_SEED", (unsigned long)time(NULL));
	unsigned long rounds = setting("CMM_ROUNDS", 10000000), n;

	printf("seed: CMM_SEED=%lu CMM_ROUNDS=%lu\n", seed, rounds);
	random_state = seed;
	for (n = 0; n < rounds; n++) {
		if (n % SPACE_ROUNDS == 0)
			compare_begin(random_number);
		CHECK(compare_step());
		CHECK(compare_everything());
	}
}

const struct rule rules[] = {
	RULE(first_fit_takes_the_lowest_hole),
	RULE(full_and_fragmented_are_told_apart),
	RULE(ranges_neither_overlap_nor_merge),
	RULE(the_walk_is_in_address_order),
	RULE(addresses_near_the_end_do_not_wrap),
	RULE(random_operations_agree_with_the_model),
	{}
};
