// SPDX-License-Identifier: MIT
/*
 * Checks the zeromap against a naive model. The model records for each page whether it
 * is free and whether it is zero. The test allocates extents, clears the pages that the
 * zeromap reports, checks that every page is zero, makes some dirty and frees them. A
 * scrubber runs in between, step by step.
 *
 * See random.h for the settings.
 */
#include <stdbool.h>
#include <string.h>

#include <linux/kernel.h>

#include "harness.h"
#include "random.h"
#include "zeromap.h"

#define PAGE		4096ULL
#define BASE		0x50003000ULL	/* not a multiple of a granule */
#define PAGES		1003		/* the last granule is shorter */
#define SIZE		(PAGES * PAGE)
#define GRANULE_PAGES	(CMM_GRANULE / PAGE)
#define MAX_GRANTS	96

static struct cmm_extents set;
static struct cmm_range range;
static struct cmm_zeromap map;
static unsigned long bits[PAGES];
static bool taken[PAGES], zero[PAGES];

static struct cmm_allocation grants[MAX_GRANTS];
static bool live[MAX_GRANTS];

/* The scrubber's state between its steps for one granule. */
static struct cmm_chunk scrubbing, hole;
static bool scrub_lost;
static u64 cursor;

static void begin(void)
{
	memset(bits, 0, sizeof(bits));
	memset(taken, 0, sizeof(taken));
	memset(zero, 0, sizeof(zero));
	memset(live, 0, sizeof(live));
	scrubbing.size = 0;
	cursor = 0;
	cmm_extents_init(&set);
	ASSERT(!cmm_extents_add_range(&set, &range, BASE, SIZE));
	cmm_zeromap_init(&map, &set, BASE, SIZE, bits);
}

static size_t page_of(const struct cmm_allocation *grant)
{
	return (grant->extent.start - BASE) / PAGE;
}

static size_t pages_of(const struct cmm_allocation *grant)
{
	return grant->extent.size / PAGE;
}

/* The scrubber must not mark a granule clean that changed during scrubbing. */
static void disturb(const struct cmm_allocation *grant)
{
	u64 start = grant->extent.start - BASE;
	u64 end = start + grant->extent.size;

	if (scrubbing.size && start < scrubbing.offset + scrubbing.size &&
	    end > scrubbing.offset)
		scrub_lost = true;
}

static void scrub_begin(void)
{
	scrub_lost = false;
	cmm_zeromap_find(&map, &cursor, &scrubbing);
	hole = (struct cmm_chunk){ .offset = scrubbing.offset };
}

/* Clears one hole, or ends the scrubbing of the granule. */
static void scrub_go_on(void)
{
	u64 page;

	if (scrub_lost || !cmm_zeromap_next_free(&map, &scrubbing, &hole)) {
		if (!scrub_lost)
			cmm_zeromap_set(&map, &scrubbing);
		scrubbing.size = 0;
		return;
	}
	ASSERT(hole.size && hole.offset >= scrubbing.offset);
	ASSERT(hole.offset + hole.size <= scrubbing.offset + scrubbing.size);
	for (page = hole.offset / PAGE; page < (hole.offset + hole.size) / PAGE;
	     page++) {
		ASSERT(!taken[page]);
		zero[page] = true;
	}
}

static void scrub_end(void)
{
	while (scrubbing.size)
		scrub_go_on();
}

static void take(struct cmm_allocation *grant)
{
	struct cmm_chunk piece = { .offset = grant->extent.start - BASE };
	size_t page, end = page_of(grant) + pages_of(grant);
	u64 last = piece.offset;

	cmm_zeromap_alloc(&map, grant);
	disturb(grant);
	while (cmm_zeromap_next_dirty(&map, grant, &piece)) {
		ASSERT(piece.size && !(piece.size % PAGE));
		ASSERT(piece.offset >= last);
		last = piece.offset + piece.size;
		ASSERT(last <= end * PAGE);
		for (page = piece.offset / PAGE; page < last / PAGE; page++)
			zero[page] = true;
	}
	for (page = page_of(grant); page < end; page++) {
		ASSERT(!taken[page]);
		ASSERT(zero[page]);
		taken[page] = true;
		zero[page] = random_number(4) == 0;
	}
}

static void give_back(struct cmm_allocation *grant)
{
	size_t i;

	for (i = 0; i < pages_of(grant); i++)
		taken[page_of(grant) + i] = false;
	cmm_extents_remove(&set, &grant->extent);
	cmm_zeromap_free(&map, grant);
	disturb(grant);
}

static void step(void)
{
	unsigned int i = random_number(MAX_GRANTS);
	static const u32 sizes[] = { 3, 20, 60, 200 };
	u64 size, align;

	if (!random_number(3)) {
		if (scrubbing.size)
			scrub_go_on();
		else
			scrub_begin();
	} else if (live[i]) {
		give_back(&grants[i]);
		live[i] = false;
	} else {
		size = (1 + random_number(sizes[random_number(4)])) * PAGE;
		align = PAGE << random_number(6);
		if (cmm_extents_insert(&set, &grants[i].extent, size, align))
			return;
		take(&grants[i]);
		live[i] = true;
	}
}

/* Free pages of granules with a set bit are zero, and the sum of clean bytes is right. */
static void expect_truth(void)
{
	u64 page, clean = 0;

	for (page = 0; page < PAGES; page++) {
		u64 granule = page / GRANULE_PAGES;
		bool set = bits[granule / BITS_PER_LONG] >>
			   granule % BITS_PER_LONG & 1;

		if (taken[page] || !set)
			continue;
		ASSERT(zero[page]);
		clean += PAGE;
	}
	ASSERT(map.clean == clean);
}

TEST(everything_is_scrubbed_in_the_end)
{
	int rounds = 0;

	begin();
	do {
		ASSERT(rounds++ <= PAGES);
		scrub_begin();
		scrub_end();
		expect_truth();
	} while (map.clean != SIZE);
	ASSERT(!cmm_zeromap_find(&map, &cursor, &scrubbing));
	ASSERT(!scrubbing.size);
}

/* Either all even or all odd pages are allocated. */
TEST(granules_with_many_holes_are_scrubbed)
{
	size_t first, page, count = 0;
	static struct cmm_extent pages[PAGES];

	for (first = 0; first < 2; first++) {
		begin();
		for (page = first; page < PAGES; page += 2, count++)
			ASSERT(!cmm_extents_reserve(&set, &pages[page],
						    BASE + page * PAGE, PAGE));
		do {
			scrub_begin();
			scrub_end();
		} while (cursor);
		ASSERT(map.clean == set.free);
	}
	ASSERT(count == PAGES);
}

TEST(what_is_taken_from_a_clean_granule_leaves_it_clean)
{
	struct cmm_chunk piece = {};
	struct cmm_allocation *a = &grants[0], *b = &grants[1];

	begin();
	scrub_begin();
	scrub_end();
	ASSERT(map.clean == CMM_GRANULE);
	ASSERT(!cmm_extents_insert(&set, &a->extent, PAGE, PAGE));
	cmm_zeromap_alloc(&map, a);
	ASSERT(!cmm_zeromap_next_dirty(&map, a, &piece));
	ASSERT(map.clean == CMM_GRANULE - PAGE);
	ASSERT(!cmm_extents_insert(&set, &b->extent, PAGE, PAGE));
	cmm_zeromap_alloc(&map, b);
	piece = (struct cmm_chunk){ .offset = PAGE };
	ASSERT(!cmm_zeromap_next_dirty(&map, b, &piece));
	ASSERT(map.clean == CMM_GRANULE - 2 * PAGE);
	/* The first free makes the granule dirty. */
	cmm_extents_remove(&set, &a->extent);
	cmm_zeromap_free(&map, a);
	ASSERT(!map.clean);
}

TEST(only_what_is_dirty_is_cleared)
{
	struct cmm_allocation *a = &grants[0];
	struct cmm_chunk piece;

	begin();
	/* Granule 1 is clean; 0 and 2 are not. */
	cursor = CMM_GRANULE;
	scrub_begin();
	scrub_end();
	ASSERT(!cmm_extents_reserve(&set, &a->extent, BASE + PAGE,
				    2 * CMM_GRANULE));
	cmm_zeromap_alloc(&map, a);
	piece = (struct cmm_chunk){ .offset = PAGE };
	ASSERT(cmm_zeromap_next_dirty(&map, a, &piece));
	ASSERT(piece.offset == PAGE && piece.size == CMM_GRANULE - PAGE);
	ASSERT(cmm_zeromap_next_dirty(&map, a, &piece));
	ASSERT(piece.offset == 2 * CMM_GRANULE && piece.size == PAGE);
	ASSERT(!cmm_zeromap_next_dirty(&map, a, &piece));
}

TEST_LIMIT(random_owners_and_a_scrubber_agree_with_the_model, 600)
{
	unsigned long rounds = random_begin(300000), n;

	begin();
	for (n = 0; n < rounds; n++) {
		step();
		if (!(n % 8))
			expect_truth();
	}
}
