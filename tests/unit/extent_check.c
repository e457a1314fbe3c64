// SPDX-License-Identifier: MIT
/* See extent_check.h. Computes the sums by their definitions in extent.c. */
#include "extent_check.h"

#define UNIT	4096ULL
#define KINDS	8
#define MOST	127

static const struct cmm_extent *extent_of(const struct rb_node *node)
{
	return node ? rb_entry(node, struct cmm_extent, node) : NULL;
}

/* Units of the hole after its first multiple of 2, 4, ... 256 units. */
static u64 fit_of_kind(const struct cmm_extent *extent, unsigned int kind)
{
	u64 align = 2ULL << kind, first = (extent->start + extent->size) / UNIT;
	u64 end = (extent->start + extent->size + extent->hole + UNIT - 1) / UNIT;

	while (first % align)
		first++;
	if (first >= end)
		return 0;
	return end - first < MOST ? end - first : MOST;
}

static u64 byte(u64 fit, unsigned int kind)
{
	return fit >> 8 * kind & 0xff;
}

static u64 larger(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* Whether a node's sums match its hole and its subtree. */
static bool sums_are_right(const struct cmm_extent *extent)
{
	const struct cmm_extent *left = extent_of(extent->node.rb_left);
	const struct cmm_extent *right = extent_of(extent->node.rb_right);
	u64 hole = extent->hole, fit;
	unsigned int kind;

	if (left)
		hole = larger(hole, left->largest_hole);
	if (right)
		hole = larger(hole, right->largest_hole);
	if (extent->largest_hole != hole)
		return false;
	for (kind = 0; kind < KINDS; kind++) {
		fit = fit_of_kind(extent, kind);
		if (byte(extent->fit, kind) != fit)
			return false;
		if (left)
			fit = larger(fit, byte(left->largest_fit, kind));
		if (right)
			fit = larger(fit, byte(right->largest_fit, kind));
		if (byte(extent->largest_fit, kind) != fit)
			return false;
	}
	return true;
}

bool extents_are_consistent(const struct cmm_extents *extents)
{
	const struct cmm_extent *extent, *next;
	u64 taken = 0, free = 0, end;

	for (extent = cmm_extents_first(extents); extent; extent = next) {
		end = extent->start + extent->size + extent->hole;
		next = cmm_extents_next(extent);
		if (!sums_are_right(extent))
			return false;
		if (next && (next->size ? next->start != end :
					  next->start < end))
			return false;
		taken += extent->size;
		free += extent->hole;
	}
	return free == extents->free && taken + free == extents->total;
}
