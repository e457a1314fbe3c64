// SPDX-License-Identifier: MIT
/*
 * Policies that keep the holes between buffers and merge adjacent holes. They differ in
 * the hole that they use. Best fit uses the smallest hole that is large enough; of equal
 * ones, the lowest. TLSF uses the first class of sizes in which every hole is large
 * enough, and its hole that was freed last. The buffer is at the hole's low end.
 *
 * The holes are an array in the order of their addresses, searched linearly: the place
 * of buffers is measured, not the speed.
 */
#include <string.h>

#include "policy.h"

#define MAX_HOLES	65536
#define TLSF_CLASSES	5	/* log2 of the number of classes for each power of two */

static struct hole {
	u64 start;
	u64 size;
	u64 since;	/* larger for newer holes */
} holes[MAX_HOLES];

static unsigned int hole_count;
static u64 now;

static void insert_hole(unsigned int at, u64 start, u64 size)
{
	memmove(&holes[at + 1], &holes[at], (hole_count++ - at) * sizeof(*holes));
	holes[at] = (struct hole) { start, size, now++ };
}

static void remove_hole(unsigned int at)
{
	memmove(&holes[at], &holes[at + 1], (--hole_count - at) * sizeof(*holes));
}

static void holes_begin(u64 zone)
{
	hole_count = 0;
	insert_hole(0, 0, zone);
}

static bool take_from(struct hole *hole, struct buffer *buffer)
{
	if (!hole)
		return false;
	buffer->start = hole->start;
	hole->start += buffer->size;
	hole->size -= buffer->size;
	hole->since = now++;
	if (!hole->size)
		remove_hole(hole - holes);
	return true;
}

static void holes_give(struct buffer *buffer)
{
	const u64 end = buffer->start + buffer->size;
	unsigned int at = 0;

	while (at < hole_count && holes[at].start < buffer->start)
		at++;
	insert_hole(at, buffer->start, buffer->size);
	if (at + 1 < hole_count && holes[at + 1].start == end) {
		holes[at].size += holes[at + 1].size;
		remove_hole(at + 1);
	}
	if (at && holes[at - 1].start + holes[at - 1].size == buffer->start) {
		holes[at].start = holes[at - 1].start;
		holes[at].size += holes[at - 1].size;
		remove_hole(at - 1);
	}
}

static bool best_fit_take(struct buffer *buffer)
{
	struct hole *best = NULL, *hole;

	for (hole = holes; hole < holes + hole_count; hole++)
		if (hole->size >= buffer->size && (!best || hole->size < best->size))
			best = hole;
	return take_from(best, buffer);
}

/* The class of @size: the position of its top bit, and the bits after it. */
static u64 tlsf_class(u64 size)
{
	const unsigned int top = 63 - __builtin_clzll(size);

	return ((u64)top << TLSF_CLASSES) +
	       ((size >> (top - TLSF_CLASSES)) & ((1 << TLSF_CLASSES) - 1));
}

/* The first class that has no size smaller than @size. */
static u64 tlsf_class_from(u64 size)
{
	const unsigned int top = 63 - __builtin_clzll(size);

	return tlsf_class(size + (1ULL << (top - TLSF_CLASSES)) - 1);
}

static bool tlsf_take(struct buffer *buffer)
{
	const u64 from = tlsf_class_from(buffer->size);
	struct hole *best = NULL, *hole;
	u64 class, best_class = -1;

	for (hole = holes; hole < holes + hole_count; hole++) {
		class = tlsf_class(hole->size);
		if (class < from || class > best_class)
			continue;
		if (class < best_class || hole->since > best->since) {
			best = hole;
			best_class = class;
		}
	}
	return take_from(best, buffer);
}

const struct policy best_fit = {
	"best fit", holes_begin, best_fit_take, holes_give
};

const struct policy tlsf = { "TLSF", holes_begin, tlsf_take, holes_give };
