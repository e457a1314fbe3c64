// SPDX-License-Identifier: MIT
/*
 * Rules, segments and key-value caches: pure arithmetic.
 */
#include <stdint.h>
#include <stdlib.h>

#include <cmm.h>

#include "harness.h"

static const char *const names[] = {
	"ascend-rt", "ascend-rt-1g", "ascend-950", "ascend-dvpp", "axera", "cvi", "rknn",
};

static struct cmm_rule rule_of(const char *name)
{
	struct cmm_rule rule = { 0 };

	ASSERT(!cmm_rule_get(name, &rule));
	return rule;
}

static size_t size_by(const char *name, size_t len)
{
	const struct cmm_rule rule = rule_of(name);
	size_t size = 0;

	ASSERT(!cmm_segment_size(&rule, len, &size));
	return size;
}

/* Bytes from one start to the next of equal segments. */
static size_t slot_by(const char *name, size_t len)
{
	const struct cmm_rule rule = rule_of(name);
	struct cmm_segment two[] = { { .rule = &rule, .len = len },
				     { .rule = &rule, .len = len } };
	size_t total;

	ASSERT(!cmm_segments_pack(two, 2, 0, &total));
	ASSERT(!two[0].offset && total == two[1].offset + two[1].size);
	return two[1].offset;
}

TEST(ascend_sizes_follow_the_documentation)
{
	static const struct {
		size_t len, rt, rt_1g, slot64, slot128;
	} cases[] = {
		{ 1, 64, 32, 64, 128 },
		{ 32, 64, 32, 64, 128 },
		{ 33, 96, 64, 128, 128 },
		{ 64, 96, 64, 128, 128 },
		{ 65, 128, 96, 128, 128 },
		{ 100, 160, 128, 192, 256 },
		{ 1000, 1056, 1024, 1088, 1152 },
		{ 4096, 4128, 4096, 4160, 4224 },
		{ 3110400, 3110432, 3110400, 3110464, 3110528 },
		{ 3133440, 3133472, 3133440, 3133504, 3133568 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT(size_by("ascend-rt", cases[i].len) == cases[i].rt);
		ASSERT(size_by("ascend-dvpp", cases[i].len) == cases[i].rt);
		ASSERT(size_by("ascend-rt-1g", cases[i].len) == cases[i].rt_1g);
		ASSERT(size_by("ascend-950", cases[i].len) == cases[i].rt_1g);
		ASSERT(slot_by("ascend-rt", cases[i].len) == cases[i].slot64);
		ASSERT(slot_by("ascend-dvpp", cases[i].len) == cases[i].slot128);
	}
}

TEST(other_sizes_follow_their_rules)
{
	ASSERT(size_by("axera", 1) == 1 && slot_by("axera", 1) == 128);
	ASSERT(size_by("axera", 129) == 129 && slot_by("axera", 129) == 256);
	ASSERT(size_by("cvi", 1) == 16 && slot_by("cvi", 1) == 64);
	ASSERT(size_by("cvi", 65) == 80 && slot_by("cvi", 65) == 128);
	ASSERT(size_by("rknn", 1) == 128 && slot_by("rknn", 1) == 128);
	ASSERT(size_by("rknn", 129) == 256 && slot_by("rknn", 129) == 256);
}

/* Packs segments of these lengths and compares the result. */
static void expect_pack(const char *name, const size_t *lens, const size_t *offsets,
			size_t count, size_t expected)
{
	const struct cmm_rule rule = rule_of(name);
	struct cmm_segment segments[8];
	size_t i, total = 0;

	for (i = 0; i < count; i++)
		segments[i] = (struct cmm_segment){ .rule = &rule, .len = lens[i] };
	ASSERT(!cmm_segments_pack(segments, count, 0, &total));
	ASSERT(total == expected);
	for (i = 0; i < count; i++)
		ASSERT(segments[i].offset == offsets[i]);
}

TEST(pools_have_the_documented_offsets)
{
	static const size_t lens[] = { 1, 32, 33, 64, 100, 4096, 3110400 };
	static const size_t at64[] = { 0, 64, 128, 256, 384, 576, 4736 };
	static const size_t at128[] = { 0, 128, 256, 384, 512, 768, 4992 };
	static const size_t frames[] = { 3110400, 3110400, 3110400, 3110400 };
	static const size_t frames_at[] = { 0, 3110528, 6221056, 9331584 };

	expect_pack("ascend-rt", lens, at64, 7, 3115168);
	expect_pack("ascend-dvpp", lens, at128, 7, 3115424);
	expect_pack("ascend-dvpp", frames, frames_at, 4, 12442016);
}

TEST(segments_never_overlap)
{
	struct cmm_segment segments[50];
	struct cmm_rule rule;
	size_t i, n, total;

	for (n = 0; n < ARRAY_SIZE(names); n++) {
		rule = rule_of(names[n]);
		for (i = 0; i < 50; i++)
			segments[i] = (struct cmm_segment){
				.rule = &rule, .len = 1 + (size_t)rand() % 5000,
			};
		ASSERT(!cmm_segments_pack(segments, 50, 0, &total));
		for (i = 0; i < 50; i++) {
			size_t end = segments[i].offset + segments[i].size;

			ASSERT(segments[i].offset % rule.align == 0);
			ASSERT(segments[i].size >= segments[i].len + rule.tail);
			ASSERT((segments[i].size - rule.tail) % rule.round == 0);
			if (i == 49)
				ASSERT_EQ(end, total);
			else
				ASSERT(end <= segments[i + 1].offset &&
				       segments[i + 1].offset - end < rule.align);
		}
	}
}

TEST(mixed_pack_uses_the_largest_alignment_at_least_128)
{
	const struct cmm_rule rt = rule_of("ascend-rt"), cvi = rule_of("cvi");
	const struct cmm_rule dvpp = rule_of("ascend-dvpp"), page = { 1, 0, 4096 };
	const struct cmm_rule same = rt;
	struct cmm_segment two[] = { { .rule = &rt, .len = 1 }, { .len = 1 } };
	size_t total;

	two[1].rule = &same;
	ASSERT(!cmm_segments_pack(two, 2, 64, &total) && two[1].offset == 64);
	two[1].rule = &dvpp;
	ASSERT(!cmm_segments_pack(two, 2, 0, &total) && two[1].offset == 128);
	ASSERT(total == 192);
	ASSERT_ERRNO(cmm_segments_pack(two, 2, 64, &total), EINVAL);
	two[1].rule = &cvi;
	ASSERT(!cmm_segments_pack(two, 2, 0, &total) && two[1].offset == 128);
	ASSERT(total == 144);
	two[1].rule = &page;
	ASSERT(!cmm_segments_pack(two, 2, 8192, &total) && two[1].offset == 4096);
	ASSERT_ERRNO(cmm_segments_pack(two, 2, 128, &total), EINVAL);
}

TEST(bad_segments_are_refused)
{
	const struct cmm_rule rt = rule_of("ascend-rt");
	const struct cmm_rule bad[] = { { 0, 0, 64 }, { 32, 0, 0 }, { 32, 0, 96 } };
	struct cmm_segment two[] = { { .rule = &rt, .len = 1 },
				     { .rule = &rt, .len = 1 } };
	struct cmm_rule rule;
	size_t i, size, total;

	ASSERT_ERRNO(cmm_rule_get("ascend", &rule), ENOENT);
	ASSERT_ERRNO(cmm_rule_get("", &rule), ENOENT);
	ASSERT_ERRNO(cmm_segment_size(&rt, 0, &size), EINVAL);
	ASSERT_ERRNO(cmm_segment_size(NULL, 1, &size), EINVAL);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ASSERT_ERRNO(cmm_segment_size(&bad[i], 1, &size), EINVAL);

	ASSERT_ERRNO(cmm_segments_pack(two, 0, 0, &total), EINVAL);
	ASSERT_ERRNO(cmm_segments_pack(two, 2, 32, &total), EINVAL);
	ASSERT_ERRNO(cmm_segments_pack(two, 2, 1, &total), EINVAL);
	two[1].len = 0;
	ASSERT_ERRNO(cmm_segments_pack(two, 2, 0, &total), EINVAL);
	two[1].len = 1;
	two[1].rule = NULL;
	ASSERT_ERRNO(cmm_segments_pack(two, 2, 0, &total), EINVAL);
	two[1].rule = &bad[0];
	ASSERT_ERRNO(cmm_segments_pack(two, 2, 0, &total), EINVAL);
}

/* The first length that is too large has an error, and the one before it has none. */
TEST(sizes_do_not_overflow)
{
	const struct cmm_rule rt = rule_of("ascend-rt"), tail = { 1, 10, 1 };
	struct cmm_segment two[] = { { .rule = &rt, .len = 1 }, { .rule = &rt } };
	size_t size, total;

	ASSERT_ERRNO(cmm_segment_size(&rt, SIZE_MAX, &size), EOVERFLOW);
	ASSERT_ERRNO(cmm_segment_size(&rt, SIZE_MAX - 31, &size), EOVERFLOW);
	ASSERT_ERRNO(cmm_segment_size(&rt, SIZE_MAX - 62, &size), EOVERFLOW);
	ASSERT(!cmm_segment_size(&rt, SIZE_MAX - 63, &size) && size == SIZE_MAX - 31);
	ASSERT(!cmm_segment_size(&tail, SIZE_MAX - 10, &size) && size == SIZE_MAX);
	ASSERT_ERRNO(cmm_segment_size(&tail, SIZE_MAX - 9, &size), EOVERFLOW);

	two[1].len = SIZE_MAX - 63 - 64;
	ASSERT(!cmm_segments_pack(two, 2, 0, &total) && total == SIZE_MAX - 31);
	two[1].len++;
	ASSERT_ERRNO(cmm_segments_pack(two, 2, 0, &total), EOVERFLOW);
	two[1].len = 1;
	ASSERT(!cmm_segments_pack(two, 2, UINT64_MAX - 191, &total));
	ASSERT_ERRNO(cmm_segments_pack(two, 2, UINT64_MAX - 127, &total), EOVERFLOW);
}

TEST(key_value_caches_have_the_computed_size)
{
	static const struct {
		size_t layers, heads, head_dim, tokens, bits, size;
	} cases[] = {
		{ 26, 8, 128, 1, 8, 53248 },
		{ 26, 8, 128, 100, 8, 5324800 },
		{ 26, 8, 128, 100, 16, 10649600 },
		{ 26, 8, 128, 1000, 8, 53248000 },
		{ 26, 8, 128, 2048, 8, 109051904 },
		{ 26, 8, 128, 2048, 16, 218103808 },
		{ 26, 8, 128, 8192, 8, 436207616 },
		{ 28, 8, 128, 100, 16, 11468800 },
		{ 28, 8, 128, 1000, 8, 57344000 },
		{ 28, 8, 128, 1000, 16, 114688000 },
		{ 28, 8, 128, 2048, 8, 117440512 },
		{ 28, 8, 128, 2048, 16, 234881024 },
		{ 28, 8, 128, 4096, 8, 234881024 },
		{ 28, 8, 128, 8192, 16, 939524096 },
		{ 28, 8, 128, 8192, 4, 234881024 },
		{ 1, 1, 1, 1, 3, 1 },
	};
	size_t i, size;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		ASSERT(!cmm_kv_size(cases[i].layers, cases[i].heads,
				    cases[i].head_dim, cases[i].tokens,
				    cases[i].bits, &size) &&
		       size == cases[i].size);
	ASSERT_ERRNO(cmm_kv_size(28, 8, 128, 0, 8, &size), EINVAL);
	ASSERT_ERRNO(cmm_kv_size(28, 8, 128, SIZE_MAX, 8, &size), EOVERFLOW);
}
