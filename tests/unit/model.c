// SPDX-License-Identifier: MIT
/* The naive model of a set of extents; see model.h. */
#include <errno.h>

#include "model.h"

static unsigned int range_of(const struct model *model, unsigned int page)
{
	unsigned int r;

	for (r = 0; r < RANGES; r++)
		if (page >= model->bounds[r] && page < model->bounds[r + 1])
			return r;
	return RANGES;
}

static bool fits(const struct model *model, unsigned int page, u64 count)
{
	const unsigned int range = range_of(model, page);
	u64 i;

	for (i = page; i < page + count; i++)
		if (i >= model->pages || model->state[i] != FREE ||
		    range_of(model, i) != range)
			return false;
	return true;
}

/* The lowest page at which @count pages fit. */
int model_insert(const struct model *model, u64 count, u64 align,
		 unsigned int *page)
{
	if (count > model_free(model))
		return -ENOSPC;
	for (*page = 0; *page < model->pages; ++*page)
		if (!((model->base + *page) % align) && fits(model, *page, count))
			return 0;
	return -ENOBUFS;
}

int model_reserve(const struct model *model, unsigned int page, u64 count)
{
	return fits(model, page, count) ? 0 : -EBUSY;
}

bool model_overlaps(const struct model *model, unsigned int page, u64 count)
{
	u64 i;

	for (i = page; i < page + count && i < model->pages; i++)
		if (model->state[i] != OUTSIDE)
			return true;
	return false;
}

void model_set(struct model *model, unsigned int page, unsigned int count,
	       int state)
{
	while (count--)
		model->state[page++] = state;
}

bool model_range_is_free(const struct model *model, unsigned int r)
{
	return fits(model, model->bounds[r],
		    model->bounds[r + 1] - model->bounds[r]);
}

unsigned int model_free(const struct model *model)
{
	unsigned int page, n = 0;

	for (page = 0; page < model->pages; page++)
		n += model->state[page] == FREE;
	return n;
}

/* The longest run of free pages in one range. */
unsigned int model_largest(const struct model *model)
{
	unsigned int page, run = 0, largest = 0;

	for (page = 0; page < model->pages; page++) {
		if (page && range_of(model, page) != range_of(model, page - 1))
			run = 0;
		run = model->state[page] == FREE ? run + 1 : 0;
		if (run > largest)
			largest = run;
	}
	return largest;
}
