// SPDX-License-Identifier: MIT
/* Compares a set of extents with the naive model; see compare.h. */
#include <errno.h>
#include <string.h>

#include <linux/kernel.h>

#include "compare.h"
#include "extent_check.h"
#include "model.h"

#define MAX_EXTENTS	256

static compare_pick pick;
static struct model model;
static struct cmm_extents set;
static struct cmm_range ranges[RANGES];
static struct cmm_extent extents[MAX_EXTENTS];
static bool live[MAX_EXTENTS];
static unsigned int slots;		/* used elements of extents and live */

static u64 address(unsigned int page)
{
	return (model.base + page) * PAGE;
}

static unsigned int page_of(const struct cmm_extent *extent)
{
	return (unsigned int)(extent->start / PAGE - model.base);
}

/* Both allocated @extents[@i]. Whether the extent is at the model's @page. */
static bool taken(unsigned int i, unsigned int page, unsigned int count)
{
	live[i] = true;
	model_set(&model, page, count, TAKEN);
	return extents[i].start == address(page) &&
	       extents[i].size == count * PAGE;
}

/* Mostly a few pages, sometimes more than the space can have. */
static unsigned int pick_count(void)
{
	return 1 + pick(pick(4) ? 8 : pick(8) ? 80 : 256);
}

static unsigned int pick_page(void)
{
	return model.pages * pick(256) / 256;
}

/* Whether the pages end beyond the highest address. */
static bool impossible(unsigned int page, unsigned int count)
{
	return address(page) + count * PAGE < address(page);
}

/* Mostly smaller than the space, sometimes as large as an address can be. */
static u64 pick_align(void)
{
	return 1ULL << pick(pick(16) ? 7 : 52);
}

static bool step_insert(unsigned int i)
{
	const unsigned int count = pick_count();
	const u64 align = pick_align();
	unsigned int page = 0;
	const int want = model_insert(&model, count, align, &page);

	if (cmm_extents_insert(&set, &extents[i], count * PAGE,
			       align * PAGE) != want)
		return false;
	return want || taken(i, page, count);
}

/* Insert several of the same size; each search starts at the end of the last one. */
static bool step_insert_batch(void)
{
	const unsigned int count = pick_count();
	const u64 align = pick_align();
	struct cmm_extent *last = NULL;
	unsigned int i, page = 0;
	int want = 0;

	for (i = 0; i < slots && !want; i++) {
		if (live[i])
			continue;
		want = model_insert(&model, count, align, &page);
		if (cmm_extents_insert_next(&set, last, &extents[i],
					    count * PAGE, align * PAGE) != want)
			return false;
		if (!want && !taken(i, page, count))
			return false;
		last = &extents[i];
		if (!pick(4))
			break;
	}
	return true;
}

static bool step_reserve(unsigned int i)
{
	const unsigned int page = pick_page(), count = pick_count();
	const int want = impossible(page, count) ? -EINVAL :
			 model_reserve(&model, page, count);

	if (cmm_extents_reserve(&set, &extents[i], address(page),
				count * PAGE) != want)
		return false;
	return want || taken(i, page, count);
}

static bool step_remove(unsigned int i)
{
	model_set(&model, page_of(&extents[i]),
		  (unsigned int)(extents[i].size / PAGE), FREE);
	cmm_extents_remove(&set, &extents[i]);
	live[i] = false;
	return true;
}

static bool add_range(unsigned int r)
{
	const unsigned int page = model.bounds[r];
	const unsigned int count = model.bounds[r + 1] - page;

	model_set(&model, page, count, FREE);
	model.range_in[r] = true;
	return !cmm_extents_add_range(&set, &ranges[r], address(page),
				      count * PAGE);
}

static bool step_range(unsigned int r)
{
	const bool is_free = model_range_is_free(&model, r);

	if (!model.range_in[r])
		return add_range(r);
	if (cmm_extents_remove_range(&set, &ranges[r]) != (is_free ? 0 : -EBUSY))
		return false;
	if (is_free) {
		model_set(&model, model.bounds[r],
			  model.bounds[r + 1] - model.bounds[r], OUTSIDE);
		model.range_in[r] = false;
	}
	return true;
}

/* A range that overlaps another must be refused. */
static bool step_clash(void)
{
	static struct cmm_range refused;
	const unsigned int page = pick_page(), count = pick_count();

	if (impossible(page, count))
		return cmm_extents_add_range(&set, &refused, address(page),
					     count * PAGE) == -EINVAL;
	return !model_overlaps(&model, page, count) ||
	       cmm_extents_add_range(&set, &refused, address(page),
				     count * PAGE) == -EEXIST;
}

/**
 * compare_begin() - start again with a randomly chosen space
 * @numbers: the source of all numbers until the next call
 *
 * The space is at the lowest addresses, at the highest addresses or in between. All
 * ranges are added and free.
 */
void compare_begin(compare_pick numbers)
{
	static const unsigned int sizes[] = { 8, 24, 64, 64, 200, MAX_PAGES };
	unsigned int r;

	pick = numbers;
	memset(&model, 0, sizeof(model));
	memset(live, 0, sizeof(live));
	model.pages = sizes[pick(ARRAY_SIZE(sizes))];
	slots = model.pages / 2;
	switch (pick(3)) {
	case 0:
		model.base = 0;
		break;
	case 1:
		model.base = 0x40000 + pick(256);
		break;
	case 2:
		/* The end of a range must be a valid address too. */
		model.base = -1ULL / PAGE - model.pages;
		break;
	}
	model.bounds[0] = pick(model.pages / 8 + 1);
	model.bounds[1] = model.bounds[0] + 1 + pick(model.pages / 3);
	model.bounds[2] = model.bounds[1] + 1 + pick(model.pages / 3);
	model.bounds[3] = model.pages;

	cmm_extents_init(&set);
	for (r = 0; r < RANGES; r++)
		add_range(r);
}

/**
 * compare_step() - do one operation on both
 *
 * Return: true if both gave the same result and, if any, the same address.
 */
bool compare_step(void)
{
	const unsigned int i = pick(slots);

	switch (pick(64)) {
	case 0:
		return step_range(pick(RANGES));
	case 1:
		return step_clash();
	case 2:
	case 3:
		return step_insert_batch();
	}
	if (live[i])
		return step_remove(i);
	return pick(8) ? step_insert(i) : step_reserve(i);
}

/**
 * compare_everything() - compare the current state of both
 *
 * Return: true if the set is consistent and both have the same free memory.
 */
bool compare_everything(void)
{
	return extents_are_consistent(&set) &&
	       set.free == model_free(&model) * PAGE &&
	       cmm_extents_largest_free(&set) == model_largest(&model) * PAGE;
}
