// SPDX-License-Identifier: MIT
/*
 * The rules of vendors' runtimes, and placing segments in a block. Pure arithmetic.
 */
#include <errno.h>

#include "arena.h"

static const struct {
	const char *name;
	struct cmm_rule rule;
} rules[] = {
	{ "ascend-rt", { 32, 32, 64 } },
	{ "ascend-rt-1g", { 32, 0, 64 } },
	{ "ascend-950", { 32, 0, 64 } },
	{ "ascend-dvpp", { 32, 32, 128 } },
	{ "axera", { 1, 0, 128 } },
	{ "cvi", { 16, 0, 64 } },
	{ "rknn", { 128, 0, 128 } },
};

int cmm_rule_get(const char *name, struct cmm_rule *rule)
{
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		if (strcmp(rules[i].name, name))
			continue;
		*rule = rules[i].rule;
		return 0;
	}
	errno = ENOENT;
	return -1;
}

int rule_check(const struct cmm_rule *rule)
{
	if (rule && rule->round && rule->align &&
	    !(rule->align & (rule->align - 1)))
		return 0;
	errno = EINVAL;
	return -1;
}

int add_sizes(size_t a, size_t b, size_t *sum)
{
	if (b <= SIZE_MAX - a) {
		*sum = a + b;
		return 0;
	}
	errno = EOVERFLOW;
	return -1;
}

/* Rounds up to a multiple of @unit. Zero stays zero. */
static int round_up(size_t len, size_t unit, size_t *rounded)
{
	size_t rest = len % unit;

	return add_sizes(len, rest ? unit - rest : 0, rounded);
}

int cmm_segment_size(const struct cmm_rule *rule, size_t len, size_t *size)
{
	size_t rounded;

	if (rule_check(rule))
		return -1;
	if (!len) {
		errno = EINVAL;
		return -1;
	}
	if (round_up(len, rule->round, &rounded))
		return -1;
	return add_sizes(rounded, rule->tail, size);
}

int slot_size(const struct cmm_rule *rule, size_t size, size_t *slot)
{
	return round_up(size, rule->align, slot);
}

static int same_rule(const struct cmm_rule *a, const struct cmm_rule *b)
{
	return a->round == b->round && a->tail == b->tail && a->align == b->align;
}

/* The alignment of all segments, or 0 with EINVAL if a rule is invalid. */
static size_t pack_align(const struct cmm_segment *segments, size_t count)
{
	size_t i, align = 0;
	int mixed = 0;

	for (i = 0; i < count; i++) {
		if (rule_check(segments[i].rule))
			return 0;
		if (segments[i].rule->align > align)
			align = segments[i].rule->align;
		mixed |= !same_rule(segments[i].rule, segments[0].rule);
	}
	if (mixed && align < CMM_MIXED_ALIGN)
		align = CMM_MIXED_ALIGN;
	return align;
}

/* Places @segment at the first aligned offset from *@end on, which moves to its end. */
static int place(struct cmm_segment *segment, size_t align, size_t *end)
{
	if (cmm_segment_size(segment->rule, segment->len, &segment->size) ||
	    round_up(*end, align, &segment->offset))
		return -1;
	return add_sizes(segment->offset, segment->size, end);
}

int cmm_segments_pack(struct cmm_segment *segments, size_t count, uint64_t base,
		      size_t *total)
{
	size_t i, align, end = 0;

	align = count ? pack_align(segments, count) : 0;
	if (!align || base % align) {
		errno = EINVAL;
		return -1;
	}
	for (i = 0; i < count; i++)
		if (place(&segments[i], align, &end))
			return -1;
	if (end > UINT64_MAX - base) {
		errno = EOVERFLOW;
		return -1;
	}
	*total = end;
	return 0;
}

int cmm_kv_size(size_t layers, size_t heads, size_t head_dim, size_t tokens,
		size_t bits, size_t *size)
{
	const size_t factors[] = { layers, heads, head_dim, tokens, bits };
	uint64_t product = 2;
	size_t i;

	for (i = 0; i < sizeof(factors) / sizeof(*factors); i++) {
		if (!factors[i]) {
			errno = EINVAL;
			return -1;
		}
	}
	for (i = 0; i < sizeof(factors) / sizeof(*factors); i++) {
		if (factors[i] > UINT64_MAX / product) {
			errno = EOVERFLOW;
			return -1;
		}
		product *= factors[i];
	}
	product = product / 8 + !!(product % 8);
	if (product > SIZE_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	*size = (size_t)product;
	return 0;
}
