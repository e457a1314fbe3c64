// SPDX-License-Identifier: MIT
/*
 * Allocates and frees, so that valgrind can count the instructions:
 *
 *   cost LIVE PAIRS [ALIGN]
 *
 * Allocates LIVE buffers of 4 KiB to 1 MiB. Frees and allocates more of them until there
 * are holes of all sizes. Then, PAIRS times, frees a random buffer and allocates another.
 *
 * With ALIGN, the LIVE buffers have 4 KiB each, with a hole of 4 KiB after each. No hole
 * has a multiple of ALIGN. Then, PAIRS times, frees and allocates a buffer of 4 KiB that
 * is aligned to ALIGN.
 *
 * Only cost_pair() is counted: see cost.sh.
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

/* Returns a power of two from 4 KiB to 1 MiB, each equally likely. */
static u64 size(void)
{
	return PAGE << below(9);
}

static noinline void cost_pair(struct cmm_extent *extent, u64 size, u64 align)
{
	cmm_extents_remove(&extents, extent);
	if (cmm_extents_insert(&extents, extent, size, align))
		exit(1);
}

static void take(struct cmm_extent *buffer)
{
	if (cmm_extents_insert(&extents, buffer, size(), PAGE))
		exit(1);
}

/* Odd pages are holes. */
static void cost_aligned(struct cmm_extent *buffers, unsigned int live,
			 unsigned int pairs, u64 align)
{
	struct cmm_extent aligned;
	unsigned int i;

	for (i = 0; i < live; i++)
		if (cmm_extents_reserve(&extents, &buffers[i], 2 * i * PAGE,
					PAGE))
			exit(1);
	if (cmm_extents_insert(&extents, &aligned, PAGE, align))
		exit(1);
	while (pairs--)
		cost_pair(&aligned, PAGE, align);
}

static void cost_any(struct cmm_extent *buffers, unsigned int live,
		     unsigned int pairs)
{
	unsigned int i;

	for (i = 0; i < live; i++)
		take(&buffers[i]);
	for (i = 0; i < 4 * live; i++) {
		struct cmm_extent *buffer = &buffers[below(live)];

		cmm_extents_remove(&extents, buffer);
		take(buffer);
	}
	while (pairs--)
		cost_pair(&buffers[below(live)], size(), PAGE);
}

int main(int argc, char **argv)
{
	const unsigned int live = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	const unsigned int pairs = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	const u64 align = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
	struct cmm_extent *buffers = calloc(live, sizeof(*buffers));

	if (!live || !pairs || !buffers || argc > 4) {
		fprintf(stderr, "usage: cost LIVE PAIRS [ALIGN]\n");
		return 1;
	}
	cmm_extents_init(&extents);
	cmm_extents_add_range(&extents, &range, 0, 1ULL << 40);
	if (align)
		cost_aligned(buffers, live, pairs, align);
	else
		cost_any(buffers, live, pairs);
	free(buffers);
	return 0;
}
