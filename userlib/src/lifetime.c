// SPDX-License-Identifier: MIT
/*
 * Places tensors in one block so that tensors which are in use at the same time do not
 * overlap. Greedy by size: large tensors first, each in the smallest gap that fits.
 */
#include <errno.h>
#include <stdlib.h>

#include "arena.h"

struct item {
	struct cmm_tensor *tensor;
	size_t size;		/* by the rule */
	size_t slot;		/* @size rounded up to the rule's alignment */
	size_t offset;
	struct item *next;	/* the placed item with the next offset */
};

/*
 * Large items first. The other members make the order unique. An item is equal only to
 * itself: qsort() may compare an item with itself.
 */
static int compare(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	if (a->size != b->size)
		return a->size < b->size ? 1 : -1;
	if (a->tensor->first != b->tensor->first)
		return a->tensor->first > b->tensor->first ? 1 : -1;
	return (a->tensor > b->tensor) - (a->tensor < b->tensor);
}

static int live_together(const struct cmm_tensor *a, const struct cmm_tensor *b)
{
	return a->first <= b->last && b->first <= a->last;
}

/* Chooses the offset of @item among the items that have one. */
static void find_gap(struct item *item, const struct item *placed)
{
	size_t gap, end = 0, best = SIZE_MAX;

	for (; placed; placed = placed->next) {
		if (!live_together(placed->tensor, item->tensor))
			continue;
		gap = placed->offset > end ? placed->offset - end : 0;
		if (gap >= item->size && gap < best) {
			best = gap;
			item->offset = end;
		}
		if (placed->offset + placed->slot > end)
			end = placed->offset + placed->slot;
	}
	if (best == SIZE_MAX)
		item->offset = end;
}

static void insert(struct item **list, struct item *item)
{
	while (*list && (*list)->offset <= item->offset)
		list = &(*list)->next;
	item->next = *list;
	*list = item;
}

static int fill_items(struct item *items, const struct cmm_rule *rule,
		      struct cmm_tensor *tensors, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct item *item = &items[i];

		if (tensors[i].last < tensors[i].first) {
			errno = EINVAL;
			return -1;
		}
		item->tensor = &tensors[i];
		if (cmm_segment_size(rule, tensors[i].len, &item->size) ||
		    slot_size(rule, item->size, &item->slot))
			return -1;
	}
	return 0;
}

/*
 * The bytes that any placement needs in @step: a whole slot for each tensor, except that
 * the last tensor needs no padding behind it. The sum cannot overflow after the items
 * have been placed, because their slots do not overlap.
 */
static size_t live_bytes(const struct item *items, size_t count, unsigned int step)
{
	size_t i, sum = 0, padding = 0;

	for (i = 0; i < count; i++) {
		if (step < items[i].tensor->first || step > items[i].tensor->last)
			continue;
		sum += items[i].slot;
		if (items[i].slot - items[i].size > padding)
			padding = items[i].slot - items[i].size;
	}
	return sum - padding;
}

/* The most that a step needs. It is reached where some tensor begins. */
static size_t most_live_bytes(const struct item *items, size_t count)
{
	size_t i, live, most = 0;

	for (i = 0; i < count; i++) {
		live = live_bytes(items, count, items[i].tensor->first);
		if (live > most)
			most = live;
	}
	return most;
}

/* Chooses the offsets of all items. Returns 0, or -1 with EOVERFLOW. */
static int place_items(struct item *items, size_t count)
{
	struct item *placed = NULL;
	size_t i, end;

	qsort(items, count, sizeof(*items), compare);
	for (i = 0; i < count; i++) {
		find_gap(&items[i], placed);
		if (add_sizes(items[i].offset, items[i].slot, &end))
			return -1;
		insert(&placed, &items[i]);
	}
	return 0;
}

/* Stores the offsets in the tensors. Returns the end of the last tensor. */
static size_t set_offsets(const struct item *items, size_t count)
{
	size_t i, end, peak = 0;

	for (i = 0; i < count; i++) {
		items[i].tensor->offset = items[i].offset;
		end = items[i].offset + items[i].size;
		if (end > peak)
			peak = end;
	}
	return peak;
}

int cmm_tensors_place(const struct cmm_rule *rule, struct cmm_tensor *tensors,
		      size_t count, size_t *peak, size_t *bound)
{
	struct item *items;
	int ret;

	if (!count) {
		errno = EINVAL;
		return -1;
	}
	items = calloc(count, sizeof(*items));
	if (!items)
		return -1;
	ret = fill_items(items, rule, tensors, count);
	if (!ret)
		ret = place_items(items, count);
	if (!ret) {
		*peak = set_offsets(items, count);
		if (bound)
			*bound = most_live_bytes(items, count);
	}
	free(items);
	return ret;
}
