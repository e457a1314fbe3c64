// SPDX-License-Identifier: MIT
/*
 * What an allocation and its end cost, by the number of buffers that live:
 *
 *   cost LIVE PAIRS
 *
 * Takes LIVE buffers of 4 KiB to 1 MiB, gives back and takes more of them until
 * there are holes of all sizes in between, and then PAIRS times gives back one at
 * random and takes another. Only cost_pair() is to be counted, by valgrind: see
 * cost.sh.
 */
#include <stdio.h>
#include <stdlib.h>

#include "extent.h"

#define PAGE	4096ULL

static struct cmm_extents extents;
static struct cmm_range range;

static u64 below(u64 limit)
{
	static u64 state = 1;

	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % limit;
}

/* Each of the nine magnitudes as probable as the others. */
static u64 size(void)
{
	return PAGE << below(9);
}

static noinline void cost_pair(struct cmm_extent *extent, u64 size)
{
	cmm_extents_remove(&extents, extent);
	if (cmm_extents_insert(&extents, extent, size, PAGE))
		exit(1);
}

static void take(struct cmm_extent *buffer)
{
	if (cmm_extents_insert(&extents, buffer, size(), PAGE))
		exit(1);
}

int main(int argc, char **argv)
{
	const unsigned int live = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned int pairs = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, i;
	struct cmm_extent *buffers = calloc(live, sizeof(*buffers));

	if (!live || !pairs || !buffers) {
		fprintf(stderr, "usage: cost LIVE PAIRS\n");
		return 1;
	}
	cmm_extents_init(&extents);
	cmm_extents_add_range(&extents, &range, 0, 1ULL << 40);
	for (i = 0; i < live; i++)
		take(&buffers[i]);
	for (i = 0; i < 4 * live; i++) {
		struct cmm_extent *buffer = &buffers[below(live)];

		cmm_extents_remove(&extents, buffer);
		take(buffer);
	}
	while (pairs--)
		cost_pair(&buffers[below(live)], size());
	free(buffers);
	return 0;
}
