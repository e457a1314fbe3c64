// SPDX-License-Identifier: MIT
/*
 * Tensors that share memory when their lifetimes do not overlap.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmm.h>

#include "harness.h"

static const struct cmm_rule bytes = { 1, 0, 1 };

static size_t size_of(const struct cmm_rule *rule, const struct cmm_tensor *tensor)
{
	size_t size = 0;

	ASSERT(!cmm_segment_size(rule, tensor->len, &size));
	return size;
}

/* No two tensors of one step overlap, and the block ends with the last tensor. */
static void expect_valid(const struct cmm_rule *rule, const struct cmm_tensor *tensors,
			 size_t count, size_t peak)
{
	size_t i, j, end, last = 0;

	for (i = 0; i < count; i++) {
		end = tensors[i].offset + size_of(rule, &tensors[i]);
		last = end > last ? end : last;
		ASSERT(tensors[i].offset % rule->align == 0);
		for (j = 0; j < count; j++)
			ASSERT(i == j || tensors[i].last < tensors[j].first ||
			       tensors[j].last < tensors[i].first ||
			       end <= tensors[j].offset ||
			       tensors[j].offset + size_of(rule, &tensors[j]) <=
			       tensors[i].offset);
	}
	ASSERT(last == peak);
}

/*
 * The bytes of the fullest step, counted step by step. Only the last tensor of a step
 * needs no padding behind it.
 */
static size_t live(const struct cmm_rule *rule, const struct cmm_tensor *tensors,
		   size_t count, unsigned int steps)
{
	size_t i, size, slot, sum, padding, most = 0;
	unsigned int step;

	for (step = 0; step < steps; step++) {
		for (sum = 0, padding = 0, i = 0; i < count; i++) {
			if (step < tensors[i].first || tensors[i].last < step)
				continue;
			size = size_of(rule, &tensors[i]);
			slot = (size + rule->align - 1) / rule->align * rule->align;
			sum += slot;
			padding = slot - size > padding ? slot - size : padding;
		}
		most = sum - padding > most ? sum - padding : most;
	}
	return most;
}

/* Each layer reads the one before: two neighbours are in use at the same time. */
TEST(layers_of_a_chain_take_turns)
{
	struct cmm_tensor chain[] = {
		{ .len = 100, .first = 0, .last = 1 },
		{ .len = 60, .first = 1, .last = 2 },
		{ .len = 80, .first = 2, .last = 3 },
		{ .len = 10, .first = 3, .last = 4 },
	};
	size_t peak, bound;

	ASSERT(!cmm_tensors_place(&bytes, chain, 4, &peak, &bound));
	expect_valid(&bytes, chain, 4, peak);
	ASSERT(peak == 160 && bound == 160);
	ASSERT(chain[0].offset == 0 && chain[2].offset == 0);
	ASSERT(chain[1].offset == 100 && chain[3].offset == 80);
}

/* At step 1, 60 bytes are free at 100, and 85 bytes at 210. */
TEST(smaller_gap_is_used_if_it_comes_first)
{
	struct cmm_tensor tensors[] = {
		{ .len = 100, .first = 0, .last = 1 },
		{ .len = 60, .first = 0, .last = 0 },
		{ .len = 50, .first = 0, .last = 1 },
		{ .len = 45, .first = 0, .last = 0 },
		{ .len = 40, .first = 0, .last = 0 },
		{ .len = 35, .first = 0, .last = 1 },
		{ .len = 30, .first = 1, .last = 1 },
	};
	size_t peak;

	ASSERT(!cmm_tensors_place(&bytes, tensors, 7, &peak, NULL));
	expect_valid(&bytes, tensors, 7, peak);
	ASSERT_EQ(tensors[6].offset, 100);
	ASSERT_EQ(peak, 330);
}

/* At step 3, 100 bytes are free at 0, and 75 bytes at 180. */
TEST(smaller_gap_is_used_if_it_comes_last)
{
	struct cmm_tensor tensors[] = {
		{ .len = 100, .first = 0, .last = 0 },
		{ .len = 80, .first = 0, .last = 3 },
		{ .len = 75, .first = 0, .last = 0 },
		{ .len = 70, .first = 0, .last = 3 },
		{ .len = 60, .first = 3, .last = 3 },
		{ .len = 20, .first = 3, .last = 3 },
	};
	size_t peak, bound;

	ASSERT(!cmm_tensors_place(&bytes, tensors, 6, &peak, &bound));
	expect_valid(&bytes, tensors, 6, peak);
	ASSERT(tensors[1].offset == 100 && tensors[2].offset == 180);
	ASSERT(tensors[3].offset == 255 && tensors[4].offset == 180);
	ASSERT(tensors[5].offset == 0 && peak == 325 && bound == 325);
}

/* Two models run one after the other and read the same camera frame. */
TEST(models_share_one_input_and_one_block)
{
	struct cmm_tensor both[] = {
		{ .len = 500, .first = 0, .last = 3 },	/* the input */
		{ .len = 300, .first = 0, .last = 1 },	/* first model */
		{ .len = 200, .first = 1, .last = 1 },
		{ .len = 400, .first = 2, .last = 3 },	/* second model */
		{ .len = 100, .first = 3, .last = 3 },
	};
	struct cmm_tensor alone[2][3] = {
		{ both[0], both[1], both[2] }, { both[0], both[3], both[4] },
	};
	struct cmm_rule rule;
	size_t peak, bound, one, other;

	ASSERT(!cmm_rule_get("ascend-rt", &rule));
	ASSERT(!cmm_tensors_place(&rule, both, 5, &peak, &bound));
	expect_valid(&rule, both, 5, peak);
	ASSERT(!cmm_tensors_place(&rule, alone[0], 3, &one, NULL));
	ASSERT(!cmm_tensors_place(&rule, alone[1], 3, &other, NULL));
	ASSERT(peak == (one > other ? one : other));
}

TEST(placement_is_valid_and_repeatable)
{
	static const char *const names[] = { "ascend-rt", "axera", "cvi", "rknn" };
	struct cmm_tensor tensors[60], again[60];
	struct cmm_rule rule;
	size_t i, n, peak, bound, peak2;

	srand(1);
	for (n = 0; n < 200; n++) {
		ASSERT(!cmm_rule_get(names[n % 4], &rule));
		for (i = 0; i < 60; i++) {
			tensors[i].first = (unsigned int)rand() % 30;
			tensors[i].last = tensors[i].first + (unsigned int)rand() % 5;
			tensors[i].len = 1 + (size_t)rand() % 3000;
		}
		memcpy(again, tensors, sizeof(again));
		ASSERT(!cmm_tensors_place(&rule, tensors, 60, &peak, &bound));
		expect_valid(&rule, tensors, 60, peak);
		ASSERT(bound == live(&rule, tensors, 60, 40) && bound <= peak);
		ASSERT(!cmm_tensors_place(&rule, again, 60, &peak2, NULL));
		ASSERT(peak2 == peak);
		for (i = 0; i < 60; i++)
			ASSERT(again[i].offset == tensors[i].offset);
	}
}

/* Tensors of one step cannot use each other's padding, so it is part of the bound. */
TEST(bound_includes_the_alignment)
{
	struct cmm_tensor small[100];
	struct cmm_rule rule;
	size_t i, peak, bound;

	ASSERT(!cmm_rule_get("axera", &rule));
	for (i = 0; i < 100; i++)
		small[i] = (struct cmm_tensor){ .len = 1 };
	small[50].len = 20;
	ASSERT(!cmm_tensors_place(&rule, small, 100, &peak, &bound));
	expect_valid(&rule, small, 100, peak);
	ASSERT_EQ(bound, 99 * 128 + 1);
	ASSERT_EQ(peak, bound);
}

/* The sum of the sizes does not fit into a size_t, but the block does. */
TEST(huge_tensors_take_turns)
{
	struct cmm_tensor turns[] = {
		{ .len = SIZE_MAX / 4 * 3, .first = 0, .last = 0, .offset = 77 },
		{ .len = SIZE_MAX / 4 * 3, .first = 1, .last = 1, .offset = 77 },
	};
	size_t peak, bound;

	turns[1].first = 0;
	ASSERT_ERRNO(cmm_tensors_place(&bytes, turns, 2, &peak, &bound), EOVERFLOW);
	ASSERT(turns[0].offset == 77 && turns[1].offset == 77);
	turns[1].first = 1;
	ASSERT(!cmm_tensors_place(&bytes, turns, 2, &peak, &bound));
	ASSERT(!turns[0].offset && !turns[1].offset);
	ASSERT(peak == SIZE_MAX / 4 * 3 && bound == peak);
}

/* C requires that an element is equal to itself. */
__typeof__(qsort) __real_qsort, __wrap_qsort;

/* What the first element is, compared with itself, in the last sort. */
static int self = -1;

void __wrap_qsort(void *base, size_t count, size_t size,
		  int (*compare)(const void *left, const void *right))
{
	self = compare(base, base);
	__real_qsort(base, count, size, compare);
}

TEST(tensor_is_equal_to_itself)
{
	struct cmm_tensor one = { .len = 1 };
	size_t peak;

	ASSERT(!cmm_tensors_place(&bytes, &one, 1, &peak, NULL));
	ASSERT_EQ(self, 0);
}

TEST(bad_tensors_are_refused)
{
	struct cmm_tensor two[] = { { .len = 1, .last = 1, .offset = 77 },
				    { .len = 1, .first = 1, .last = 0 } };
	const struct cmm_rule bad = { 0, 0, 1 };
	size_t peak, bound;

	ASSERT_ERRNO(cmm_tensors_place(&bytes, two, 0, &peak, &bound), EINVAL);
	ASSERT_ERRNO(cmm_tensors_place(&bytes, two, 2, &peak, &bound), EINVAL);
	ASSERT(two[0].offset == 77);
	two[1].last = 1;
	ASSERT(!cmm_tensors_place(&bytes, two, 2, &peak, &bound));
	ASSERT_ERRNO(cmm_tensors_place(&bad, two, 2, &peak, &bound), EINVAL);
	two[1].len = 0;
	ASSERT_ERRNO(cmm_tensors_place(&bytes, two, 2, &peak, &bound), EINVAL);
	two[1].len = SIZE_MAX - 1;
	ASSERT(!cmm_tensors_place(&bytes, two, 2, &peak, &bound));
	ASSERT(peak == SIZE_MAX && bound == SIZE_MAX);
	two[1].len = SIZE_MAX;
	ASSERT_ERRNO(cmm_tensors_place(&bytes, two, 2, &peak, &bound), EOVERFLOW);
}
