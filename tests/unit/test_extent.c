// SPDX-License-Identifier: MIT
/*
 * Tests of the extents: an example for each rule, and random operations whose results
 * must match a naive model's (see compare.h).
 *
 * See random.h for the settings.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <linux/kernel.h>

#include "compare.h"
#include "extent_check.h"
#include "harness.h"
#include "model.h"
#include "random.h"

#define BASE		0x40000000ULL

#define SPACE_ROUNDS	4096	/* random operations in one space */

/* --- single rules -------------------------------------------------------- */

TEST(first_fit_takes_the_lowest_hole)
{
	struct cmm_extents set;
	struct cmm_range range;
	struct cmm_extent e[4];
	int i;

	cmm_extents_init(&set);
	ASSERT(!cmm_extents_add_range(&set, &range, BASE, 16 * PAGE));
	for (i = 0; i < 4; i++) {
		ASSERT(!cmm_extents_insert(&set, &e[i], 4 * PAGE, PAGE));
		ASSERT(e[i].start == BASE + i * 4 * PAGE);
	}
	cmm_extents_remove(&set, &e[2]);
	cmm_extents_remove(&set, &e[0]);
	ASSERT(!cmm_extents_insert(&set, &e[2], PAGE, PAGE));
	ASSERT(e[2].start == BASE);
	ASSERT(!cmm_extents_insert(&set, &e[0], 4 * PAGE, PAGE));
	ASSERT(e[0].start == BASE + 8 * PAGE);
	ASSERT(extents_are_consistent(&set));
}

TEST(full_and_fragmented_are_told_apart)
{
	struct cmm_extents set;
	struct cmm_range range;
	struct cmm_extent e[4], more;
	int i;

	cmm_extents_init(&set);
	ASSERT(cmm_extents_insert(&set, &more, PAGE, PAGE) == -ENOSPC);
	ASSERT(!cmm_extents_add_range(&set, &range, BASE, 4 * PAGE));
	for (i = 0; i < 4; i++)
		ASSERT(!cmm_extents_insert(&set, &e[i], PAGE, PAGE));
	ASSERT(cmm_extents_insert(&set, &more, PAGE, PAGE) == -ENOSPC);
	cmm_extents_remove(&set, &e[0]);
	cmm_extents_remove(&set, &e[2]);
	ASSERT(cmm_extents_largest_free(&set) == PAGE);
	ASSERT(cmm_extents_insert(&set, &more, 2 * PAGE, PAGE) == -ENOBUFS);
	ASSERT(cmm_extents_insert(&set, &more, 3 * PAGE, PAGE) == -ENOSPC);
	ASSERT(set.free == 2 * PAGE);
}

TEST(ranges_neither_overlap_nor_merge)
{
	struct cmm_extents set;
	struct cmm_range a, b, c;
	struct cmm_extent e;

	cmm_extents_init(&set);
	ASSERT(cmm_extents_add_range(&set, &a, BASE, 0) == -EINVAL);
	ASSERT(cmm_extents_add_range(&set, &a, -PAGE, 2 * PAGE) == -EINVAL);
	ASSERT(!cmm_extents_add_range(&set, &b, BASE + 4 * PAGE, 4 * PAGE));
	ASSERT(cmm_extents_add_range(&set, &a, BASE, 5 * PAGE) == -EEXIST);
	ASSERT(cmm_extents_add_range(&set, &a, BASE + 7 * PAGE, PAGE) == -EEXIST);
	ASSERT(cmm_extents_add_range(&set, &a, BASE + 4 * PAGE, PAGE) == -EEXIST);
	ASSERT(!cmm_extents_add_range(&set, &a, BASE, 4 * PAGE));
	ASSERT(!cmm_extents_add_range(&set, &c, BASE + 8 * PAGE, 2 * PAGE));
	ASSERT(set.total == 10 * PAGE && set.free == set.total);
	ASSERT(cmm_extents_insert(&set, &e, 5 * PAGE, PAGE) == -ENOBUFS);
	ASSERT(!cmm_extents_insert(&set, &e, PAGE, 8 * PAGE));
	ASSERT(cmm_extents_remove_range(&set, &a) == -EBUSY);
	cmm_extents_remove(&set, &e);
	ASSERT(!cmm_extents_remove_range(&set, &a));
	ASSERT(!cmm_extents_remove_range(&set, &b));
	ASSERT(!cmm_extents_remove_range(&set, &c));
	ASSERT(!set.total && !set.free && !cmm_extents_largest_free(&set));
	ASSERT(extents_are_consistent(&set));
}

TEST(the_walk_is_in_address_order)
{
	struct cmm_extents set;
	struct cmm_range range;
	struct cmm_extent e[3], *at;

	cmm_extents_init(&set);
	ASSERT(!cmm_extents_first(&set));
	ASSERT(!cmm_extents_add_range(&set, &range, BASE, 8 * PAGE));
	ASSERT(!cmm_extents_reserve(&set, &e[1], BASE + 3 * PAGE, PAGE));
	ASSERT(!cmm_extents_reserve(&set, &e[0], BASE, 2 * PAGE));
	ASSERT(!cmm_extents_reserve(&set, &e[2], BASE + 4 * PAGE, 4 * PAGE));
	at = cmm_extents_first(&set);
	ASSERT(at->size == 0 && at->start == BASE);
	ASSERT((at = cmm_extents_next(at)) == &e[0]);
	ASSERT((at = cmm_extents_next(at)) == &e[1]);
	ASSERT((at = cmm_extents_next(at)) == &e[2]);
	ASSERT(!cmm_extents_next(at));
}

TEST(addresses_near_the_end_do_not_wrap)
{
	u64 start = -(4 * PAGE);
	struct cmm_extents set;
	struct cmm_range range;
	struct cmm_extent e;

	cmm_extents_init(&set);
	ASSERT(!cmm_extents_add_range(&set, &range, start, 3 * PAGE));
	ASSERT(cmm_extents_insert(&set, &e, PAGE, 1ULL << 30) == -ENOBUFS);
	ASSERT(cmm_extents_reserve(&set, &e, start, 4 * PAGE - 1) == -EBUSY);
	ASSERT(cmm_extents_reserve(&set, &e, start, 5 * PAGE) == -EINVAL);
	ASSERT(!cmm_extents_insert(&set, &e, 2 * PAGE, 2 * PAGE));
	ASSERT(e.start == start);
}

/* --- against the model --------------------------------------------------- */

TEST_LIMIT(random_operations_agree_with_the_model, 600)
{
	unsigned long rounds = random_begin(10000000), n;

	for (n = 0; n < rounds; n++) {
		if (n % SPACE_ROUNDS == 0)
			compare_begin(random_number);
		ASSERT(compare_step());
		ASSERT(compare_everything());
	}
}
