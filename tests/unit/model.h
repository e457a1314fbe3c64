/* SPDX-License-Identifier: MIT */
/*
 * A naive model of a set of extents: one state for each page of a small address space,
 * searched page by page. It shares no algorithm with driver/extent.c.
 */
#ifndef _MODEL_H
#define _MODEL_H

#include <stdbool.h>

#include <linux/types.h>

#define PAGE		4096ULL
#define MAX_PAGES	512		/* of the address space */
#define RANGES		3

/*
 * Range number r is pages [bounds[r], bounds[r + 1]). The ranges are adjacent. The first
 * page of the space has the number base.
 */
struct model {
	u64 base;
	unsigned int pages;
	unsigned int bounds[RANGES + 1];
	bool range_in[RANGES];
	enum { OUTSIDE, FREE, TAKEN } state[MAX_PAGES];
};

int model_insert(const struct model *model, u64 count, u64 align,
		 unsigned int *page);
int model_reserve(const struct model *model, unsigned int page, u64 count);
bool model_overlaps(const struct model *model, unsigned int page, u64 count);
void model_set(struct model *model, unsigned int page, unsigned int count,
	       int state);
bool model_range_is_free(const struct model *model, unsigned int r);
unsigned int model_free(const struct model *model);
unsigned int model_largest(const struct model *model);

#endif /* _MODEL_H */
