// SPDX-License-Identifier: MIT
/*
 * Arenas on one buffer and splits of a zone.
 *
 * The random tests compare an arena with a model: an array with one entry per unit of
 * the rule's alignment, which holds the number of the block in that unit.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmm.h>

#include "harness.h"
#include "fake.h"
#include "range.h"

static const char *const names[] = {
	"ascend-rt", "ascend-rt-1g", "ascend-950", "ascend-dvpp", "axera", "cvi", "rknn",
};

static struct cmm_rule rule_of(const char *name)
{
	struct cmm_rule rule = { 0 };

	ASSERT(!cmm_rule_get(name, &rule));
	return rule;
}

static struct cmm_arena_info info_of(struct cmm_arena *arena)
{
	struct cmm_arena_info info;

	cmm_arena_info(arena, &info);
	return info;
}

/* An arena on a new buffer. */
struct fixture {
	struct cmm_zone *zone;
	struct cmm_buf *buf;
	struct cmm_arena *arena;
};

static struct fixture open_arena(size_t len, const struct cmm_rule *rule)
{
	struct fixture f;

	f.zone = cmm_zone_open("media");
	f.buf = cmm_buf_alloc(f.zone, len, 0, 0, NULL);
	f.arena = cmm_arena_open(f.buf, rule);
	ASSERT(f.zone && f.buf && f.arena);
	return f;
}

static void close_arena(struct fixture f)
{
	cmm_arena_close(f.arena);
	cmm_buf_close(f.buf);
	cmm_zone_close(f.zone);
}

/* --- one buffer --- */

TEST(block_is_a_part_of_the_buffer)
{
	const struct cmm_rule rule = rule_of("ascend-rt");
	struct fixture f = open_arena(2 * FAKE_PAGE, &rule);
	struct cmm_block first, second;
	struct cmm_arena_info info;

	ASSERT(!cmm_arena_alloc(f.arena, 100, &first));
	ASSERT(!cmm_arena_alloc(f.arena, 1, &second));
	ASSERT(first.buf == f.buf && first.fd == cmm_buf_fd(f.buf));
	ASSERT(first.offset == 0 && first.len == 100 && first.size == 160);
	ASSERT(first.ptr == cmm_buf_map(f.buf));
	ASSERT(second.offset == 192 && second.len == 1 && second.size == 64);
	ASSERT(second.ptr == (char *)first.ptr + 192);
	ASSERT(!cmm_buf_sync_begin_range(second.buf, second.offset, second.len,
					 CMM_CPU_WRITE));
	expect_range(0, f.buf, 192, 1, CMM_SYNC_WRITE);

	info = info_of(f.arena);
	ASSERT(info.limit == 2 * FAKE_PAGE && info.size == info.limit);
	ASSERT(info.used == 256 && info.free == info.limit - 256);
	ASSERT(info.largest_free == info.free && !info.idle && info.blocks == 2);
	ASSERT(!cmm_arena_free(f.arena, &first));
	info = info_of(f.arena);
	ASSERT(info.used == 64 && info.peak == 256 && info.blocks == 1);
	ASSERT(!cmm_arena_trim(f.arena));
	close_arena(f);
}

/* The pool of the documentation fits exactly, although its last slot is not full. */
TEST(buffer_of_a_packed_pool_holds_its_segments)
{
	static const size_t lens[] = { 1, 32, 33, 64, 100, 4096, 100000 };
	struct cmm_rule rule;
	struct cmm_segment segments[7];
	struct cmm_block block;
	struct fixture f;
	size_t i, n, total;

	for (n = 0; n < ARRAY_SIZE(names); n++) {
		rule = rule_of(names[n]);
		for (i = 0; i < 7; i++)
			segments[i] = (struct cmm_segment){ .rule = &rule,
							    .len = lens[i] };
		ASSERT(!cmm_segments_pack(segments, 7, 0, &total));
		f = open_arena(total, &rule);
		for (i = 0; i < 7; i++)
			ASSERT(!cmm_arena_alloc(f.arena, lens[i], &block) &&
			       block.offset == segments[i].offset &&
			       block.size == segments[i].size);
		close_arena(f);
	}
}

TEST(bad_requests_are_refused)
{
	const struct cmm_rule rule = rule_of("rknn"), large = { 1, 0, 1 << 20 };
	const struct cmm_rule bad = { 1, 0, 3 };
	struct fixture f = open_arena(2 * FAKE_PAGE, &rule);
	struct fixture other = open_arena(FAKE_PAGE, &rule);
	struct cmm_block block, first, wrong;

	ASSERT_ERRNO(!cmm_arena_open(f.buf, &large), EINVAL);
	ASSERT_ERRNO(!cmm_arena_open(f.buf, &bad), EINVAL);
	ASSERT_ERRNO(!cmm_arena_open(f.buf, NULL), EINVAL);

	ASSERT_ERRNO(cmm_arena_alloc(f.arena, 0, &block), EINVAL);
	ASSERT_ERRNO(cmm_arena_alloc(f.arena, SIZE_MAX, &block), EOVERFLOW);
	ASSERT_ERRNO(cmm_arena_alloc(f.arena, 2 * FAKE_PAGE + 1, &block), EFBIG);
	ASSERT(!cmm_arena_alloc(f.arena, FAKE_PAGE, &first));
	ASSERT(!cmm_arena_alloc(f.arena, 128, &block));
	ASSERT_ERRNO(cmm_arena_alloc(f.arena, FAKE_PAGE, &wrong), ENOSPC);
	ASSERT(!cmm_arena_free(f.arena, &first));
	ASSERT_ERRNO(cmm_arena_alloc(f.arena, FAKE_PAGE + 1, &wrong), ENOBUFS);

	ASSERT_ERRNO(cmm_arena_free(f.arena, &first), EINVAL);
	ASSERT_ERRNO(cmm_arena_free(other.arena, &block), EINVAL);
	wrong = block;
	wrong.offset++;
	ASSERT_ERRNO(cmm_arena_free(f.arena, &wrong), EINVAL);
	ASSERT(!cmm_arena_free(f.arena, &block));
	ASSERT(info_of(f.arena).largest_free == 2 * FAKE_PAGE);
	close_arena(other);
	close_arena(f);
	cmm_arena_close(NULL);
	cmm_split_close(NULL);
}

/* A newer block at the same place, and a part of a reservation, are not the block. */
TEST(stale_block_frees_nothing)
{
	const struct cmm_rule rule = rule_of("cvi");
	struct fixture f = open_arena(FAKE_PAGE, &rule);
	struct cmm_block stale, block, part;
	struct cmm_reserve cache;

	ASSERT(!cmm_arena_alloc(f.arena, 64, &stale) && !cmm_arena_free(f.arena, &stale));
	ASSERT(!cmm_arena_alloc(f.arena, 64, &block) && block.offset == stale.offset);
	ASSERT_ERRNO(cmm_arena_free(f.arena, &stale), EINVAL);
	ASSERT(!cmm_arena_free(f.arena, &block));

	ASSERT(!cmm_reserve_open(f.arena, 1000, &cache));
	ASSERT(!cmm_reserve_grow(&cache, 100, &part));
	ASSERT(part.offset == cache.block.offset);
	ASSERT_ERRNO(cmm_arena_free(f.arena, &part), EINVAL);
	ASSERT(!cmm_arena_free(f.arena, &cache.block));
	close_arena(f);
}

TEST(release_frees_what_is_newer_than_the_mark)
{
	const struct cmm_rule rule = rule_of("cvi");
	struct fixture f = open_arena(FAKE_PAGE, &rule);
	struct cmm_block block[6];
	uint64_t outer, inner, again;
	size_t i;

	ASSERT_ERRNO(cmm_arena_release(f.arena, 1), EINVAL);
	ASSERT(!cmm_arena_alloc(f.arena, 64, &block[0]));
	outer = cmm_arena_mark(f.arena);
	ASSERT(outer && !cmm_arena_alloc(f.arena, 64, &block[1]));
	inner = cmm_arena_mark(f.arena);
	for (i = 2; i < 6; i++)
		ASSERT(!cmm_arena_alloc(f.arena, 64, &block[i]));
	ASSERT(!cmm_arena_free(f.arena, &block[3]));

	ASSERT(!cmm_arena_release(f.arena, inner));
	ASSERT(info_of(f.arena).used == 128 && info_of(f.arena).blocks == 2);
	ASSERT_ERRNO(cmm_arena_release(f.arena, inner), EINVAL);
	again = cmm_arena_mark(f.arena);
	ASSERT(again && !cmm_arena_alloc(f.arena, 64, &block[2]));

	/* The outer mark takes the inner one with it. */
	ASSERT(!cmm_arena_release(f.arena, outer));
	ASSERT(info_of(f.arena).used == 64);
	ASSERT(!cmm_arena_alloc(f.arena, 64, &block[2]));
	ASSERT_ERRNO(cmm_arena_release(f.arena, again), EINVAL);
	ASSERT(info_of(f.arena).used == 128);
	ASSERT(!cmm_arena_free(f.arena, &block[0]) && !cmm_arena_free(f.arena, &block[2]));
	ASSERT(info_of(f.arena).largest_free == FAKE_PAGE);

	/* More marks than the first array of marks has room for. */
	outer = cmm_arena_mark(f.arena);
	for (i = 0; i < 40; i++)
		ASSERT(cmm_arena_mark(f.arena) == outer + i + 1);
	ASSERT(!cmm_arena_release(f.arena, outer));
	close_arena(f);
}

TEST(reservation_grows_to_its_maximum)
{
	const struct cmm_rule rule = rule_of("ascend-rt");
	struct fixture f = open_arena(2 * FAKE_PAGE, &rule);
	struct cmm_reserve cache;
	struct cmm_block part;
	unsigned int calls;

	ASSERT(!cmm_reserve_open(f.arena, 1000, &cache));
	ASSERT(cache.block.len == 1000 && !cache.used);
	calls = fake.calls;
	ASSERT(!cmm_reserve_grow(&cache, 600, &part));
	ASSERT(part.offset == cache.block.offset && part.len == 600);
	ASSERT(!cmm_reserve_grow(&cache, 300, &part));
	ASSERT(part.buf == f.buf && part.fd == cmm_buf_fd(f.buf));
	ASSERT(part.offset == cache.block.offset + 600 && part.len == 300);
	ASSERT(part.ptr == (char *)cache.block.ptr + 600 && part.size == 300);
	ASSERT_ERRNO(cmm_reserve_grow(&cache, 101, &part), ENOSPC);
	ASSERT_ERRNO(cmm_reserve_grow(&cache, SIZE_MAX, &part), ENOSPC);
	ASSERT_ERRNO(cmm_reserve_grow(&cache, 0, &part), EINVAL);
	ASSERT(cache.used == 900);
	ASSERT_ERRNO(cmm_reserve_shrink(&cache, 901), EINVAL);
	ASSERT(!cmm_reserve_shrink(&cache, 899));
	ASSERT(!cmm_reserve_grow(&cache, 101, NULL) && cache.used == 1000);
	ASSERT(fake.calls == calls);
	ASSERT(!cmm_arena_free(f.arena, &cache.block) && !info_of(f.arena).used);
	close_arena(f);
}

/* --- random, against the model --- */

#define UNITS		512
#define MAX_BLOCKS	UNITS

struct model {
	struct cmm_rule rule;
	unsigned int units;
	unsigned short owner[UNITS];	/* number of the block, 0: free */
	struct cmm_block blocks[MAX_BLOCKS + 1];
	unsigned int serial[MAX_BLOCKS + 1];
	unsigned int last;		/* serial number of the last block */
};

static unsigned int slots(const struct model *model, size_t len)
{
	const struct cmm_rule *rule = &model->rule;
	size_t size = (len + rule->round - 1) / rule->round * rule->round + rule->tail;

	return (unsigned int)((size + rule->align - 1) / rule->align);
}

static unsigned int count_units(const struct model *model, unsigned int number)
{
	unsigned int i, count = 0;

	for (i = 0; i < model->units; i++)
		count += model->owner[i] == number;
	return count;
}

/* The smallest run of at least @need free units, or the largest run if @need is 0. */
static unsigned int free_run(const struct model *model, unsigned int need)
{
	unsigned int i, run = 0, best = 0;

	for (i = 0; i <= model->units; i++) {
		if (i < model->units && !model->owner[i]) {
			run++;
			continue;
		}
		if (need ? run >= need && (!best || run < best) : run > best)
			best = run;
		run = 0;
	}
	return best;
}

static void expect_model(const struct model *model, struct cmm_arena *arena)
{
	struct cmm_arena_info info = info_of(arena);
	size_t align = model->rule.align;

	ASSERT(info.free == count_units(model, 0) * align);
	ASSERT(info.used + info.free == info.limit);
	ASSERT(info.largest_free == free_run(model, 0) * align);
}

/* The block lies in free units of the smallest run that fits, and nowhere else. */
static void add_block(struct model *model, unsigned int number, size_t len,
		      unsigned int best)
{
	const struct cmm_block *block = &model->blocks[number];
	unsigned int i, need = slots(model, len), run = 0;
	size_t first = block->offset / model->rule.align;

	ASSERT(block->offset % model->rule.align == 0 && block->len == len);
	ASSERT(block->size >= len + model->rule.tail);
	ASSERT(block->size <= need * model->rule.align);
	ASSERT(first + need <= model->units);
	for (i = (unsigned int)first; i < model->units && !model->owner[i]; i++)
		run++;
	ASSERT(run == best && (!first || model->owner[first - 1]));
	for (i = 0; i < need && first + i < model->units; i++)
		model->owner[first + i] = (unsigned short)number;
	model->serial[number] = ++model->last;
	memset(block->ptr, (int)(number & 0xff), block->size);
}

static void remove_block(struct model *model, unsigned int number)
{
	const struct cmm_block *block = &model->blocks[number];
	const unsigned char *at = block->ptr;
	unsigned int i;
	size_t n;

	for (n = 0; n < block->size; n++)
		ASSERT(at[n] == (number & 0xff));
	for (i = 0; i < model->units; i++)
		if (model->owner[i] == number)
			model->owner[i] = 0;
	model->serial[number] = 0;
}

static unsigned int unused_number(const struct model *model)
{
	unsigned int number = 1;

	while (model->serial[number])
		number++;
	return number;
}

static void alloc_one(struct model *model, struct cmm_arena *arena)
{
	size_t len = 1 + (size_t)rand() % (rand() % 8 ? 400 : 4000);
	unsigned int number = unused_number(model), need = slots(model, len);
	unsigned int best = free_run(model, need);
	int error = count_units(model, 0) < need ? ENOSPC : ENOBUFS;

	if (!best)
		ASSERT_ERRNO(cmm_arena_alloc(arena, len, &model->blocks[number]), error);
	else if (!cmm_arena_alloc(arena, len, &model->blocks[number]))
		add_block(model, number, len, best);
	else
		ASSERT(!"a block that fits was refused");
}

static void free_one(struct model *model, struct cmm_arena *arena)
{
	unsigned int number = 1 + (unsigned int)rand() % MAX_BLOCKS;

	if (!model->serial[number])
		return;
	remove_block(model, number);
	ASSERT(!cmm_arena_free(arena, &model->blocks[number]));
}

/* Allocates a few blocks after a mark, and releases them. */
static void mark_and_release(struct model *model, struct cmm_arena *arena)
{
	uint64_t mark = cmm_arena_mark(arena);
	unsigned int i, last = model->last;

	for (i = 0; i < 5; i++) {
		alloc_one(model, arena);
		free_one(model, arena);
	}
	for (i = 1; i <= MAX_BLOCKS; i++)
		if (model->serial[i] > last)
			remove_block(model, i);
	ASSERT(mark && !cmm_arena_release(arena, mark));
}

TEST(random_use_agrees_with_the_model)
{
	static struct model model;
	struct cmm_arena_info info;
	struct fixture f;
	unsigned int n, i;

	srand(7);
	for (n = 0; n < ARRAY_SIZE(names); n++) {
		model = (struct model){ .rule = rule_of(names[n]) };
		f = open_arena(UNITS * 64, &model.rule);
		model.units = (unsigned int)(cmm_buf_len(f.buf) / model.rule.align);
		for (i = 0; i < 3000; i++) {
			if (rand() % 2)
				alloc_one(&model, f.arena);
			else
				free_one(&model, f.arena);
			if (i % 50 == 0)
				mark_and_release(&model, f.arena);
			expect_model(&model, f.arena);
		}
		for (i = 1; i <= MAX_BLOCKS; i++) {
			if (!model.serial[i])
				continue;
			remove_block(&model, i);
			ASSERT(!cmm_arena_free(f.arena, &model.blocks[i]));
			expect_model(&model, f.arena);
		}
		info = info_of(f.arena);
		ASSERT(!info.used && !info.blocks && info.peak > info.limit / 2);
		ASSERT(info.largest_free == cmm_buf_len(f.buf));
		close_arena(f);
	}
}

struct worker {
	struct cmm_arena *arena;
	unsigned int id;
	int failed;
};

/* Fills its own blocks and finds them unchanged. */
static void *work(void *arg)
{
	struct worker *worker = arg;
	struct cmm_block blocks[8];
	unsigned int i, k, n;

	for (i = 0; i < 300; i++) {
		for (n = 0; n < 8; n++) {
			size_t len = 1 + (i * 37 + n * 101 + worker->id * 13) % 700;

			if (cmm_arena_alloc(worker->arena, len, &blocks[n]))
				break;
			memset(blocks[n].ptr, (int)worker->id, len);
		}
		for (k = 0; k < n; k++) {
			const unsigned char *at = blocks[k].ptr;

			worker->failed |= at[0] != worker->id ||
				at[blocks[k].len - 1] != worker->id;
			worker->failed |= cmm_arena_free(worker->arena, &blocks[k]);
		}
	}
	return NULL;
}

TEST(threads_share_an_arena)
{
	const struct cmm_rule rule = rule_of("ascend-dvpp");
	struct fixture f = open_arena(4 * FAKE_PAGE, &rule);
	struct worker workers[4];
	pthread_t threads[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		workers[i] = (struct worker){ f.arena, i + 1, 0 };
		ASSERT(!pthread_create(&threads[i], NULL, work, &workers[i]));
	}
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		ASSERT(!workers[i].failed);
	}
	ASSERT(!info_of(f.arena).used);
	ASSERT(info_of(f.arena).largest_free == 4 * FAKE_PAGE);
	close_arena(f);
}

/* --- a split of a zone --- */

static struct cmm_rule rt;

/* Two arenas: 4 MiB in buffers of 1 MiB, and 2 MiB in one buffer. */
static struct cmm_split *open_split(struct cmm_zone **zone)
{
	const struct cmm_share shares[] = {
		{ .rule = &rt, .limit = 4 << 20, .chunk = 1 << 20, .name = "camera" },
		{ .rule = &rt, .limit = 2 << 20, .name = "npu" },
	};
	struct cmm_split *split;

	rt = rule_of("ascend-rt");
	*zone = cmm_zone_open("media");
	split = cmm_split_open(*zone, shares, 2);
	ASSERT(split);
	return split;
}

TEST(split_arenas_allocate_buffers_on_demand)
{
	struct cmm_zone *zone;
	struct cmm_split *split = open_split(&zone);
	struct cmm_arena *camera = cmm_split_arena(split, 0);
	struct cmm_arena *npu = cmm_split_arena(split, 1);
	struct cmm_block a, b, c, large;

	ASSERT_ERRNO(!cmm_split_arena(split, 2), EINVAL);
	/* The buffers keep the zone open. */
	cmm_zone_close(zone);
	ASSERT(!info_of(camera).size && info_of(camera).free == 4 << 20);
	ASSERT(!cmm_arena_alloc(camera, 10000, &a));
	ASSERT(fake.asked.len == 1 << 20 && !strcmp(fake.asked.name, "camera"));
	ASSERT(!cmm_arena_alloc(camera, 10000, &b));
	ASSERT(b.buf == a.buf && info_of(camera).size == 1 << 20);
	/* More than a chunk gets a buffer of its own size. */
	ASSERT(!cmm_arena_alloc(camera, (2 << 20) + 1, &large));
	ASSERT(large.buf != a.buf && fake.asked.len == (2 << 20) + FAKE_PAGE);
	/* The limit leaves less than a chunk. */
	ASSERT(!cmm_arena_alloc(camera, 1030000, &c));
	ASSERT(fake.asked.len == (1 << 20) - FAKE_PAGE);
	ASSERT(info_of(camera).size == 4 << 20);
	ASSERT_ERRNO(cmm_arena_alloc(camera, 1 << 20, &c), ENOSPC);
	ASSERT_ERRNO(cmm_arena_alloc(camera, 4 << 20, &c), EFBIG);

	ASSERT(!cmm_arena_alloc(npu, 1, &c));
	ASSERT(fake.asked.len == 2 << 20 && !strcmp(fake.asked.name, "npu"));
	ASSERT_ERRNO(cmm_arena_free(camera, &c), EINVAL);
	ASSERT(!cmm_arena_free(npu, &c));
	ASSERT(info_of(npu).idle == 2 << 20 && info_of(npu).size == 2 << 20);
	ASSERT(!cmm_arena_alloc(npu, 1, &c) && !info_of(npu).idle);
	cmm_split_close(split);
}

TEST(idle_buffers_are_closed_when_an_allocation_fails)
{
	static const int shortages[] = { ENOSPC, ENOBUFS, EDQUOT };
	struct cmm_zone *zone;
	struct cmm_split *split = open_split(&zone);
	struct cmm_arena *camera = cmm_split_arena(split, 0);
	struct cmm_arena *npu = cmm_split_arena(split, 1);
	struct cmm_block block, other;
	unsigned int i, allocs;

	for (i = 0; i < ARRAY_SIZE(shortages); i++) {
		ASSERT(!cmm_arena_alloc(npu, 1, &block) && !cmm_arena_free(npu, &block));
		fake.error = shortages[i];
		fake.error_after = 0;
		ASSERT(!cmm_arena_alloc(camera, (1 << 20) - 32, &block));
		ASSERT(!info_of(npu).size);
		ASSERT(!cmm_arena_free(camera, &block));
		ASSERT(cmm_arena_trim(camera) == 1 << 20 && !info_of(camera).size);
	}

	/* A buffer with a block stays. Without idle buffers, the error is returned. */
	ASSERT(!cmm_arena_alloc(npu, 1, &other));
	fake.error = ENOSPC;
	fake.error_after = 0;
	allocs = fake.allocs;
	ASSERT_ERRNO(cmm_arena_alloc(camera, 1 << 20, &block), ENOSPC);
	ASSERT(fake.allocs == allocs + 1 && !info_of(camera).size);
	ASSERT(info_of(npu).size == 2 << 20);

	/* Other errors have nothing to do with idle buffers. */
	ASSERT(!cmm_arena_free(npu, &other));
	fake.error = ENODEV;
	fake.error_after = 0;
	ASSERT_ERRNO(cmm_arena_alloc(camera, 1 << 20, &block), ENODEV);
	ASSERT(info_of(npu).idle == 2 << 20);
	fake.error = 0;
	cmm_split_close(split);
	cmm_zone_close(zone);
}

/* The zone has no extent for a whole chunk, but some that are much larger than a block. */
TEST(fragmented_zone_needs_few_buffers)
{
	const struct cmm_rule rule = rule_of("cvi");
	const struct cmm_share share = { .rule = &rule, .limit = 8 << 20 };
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_split *split = cmm_split_open(zone, &share, 1);
	struct cmm_arena *arena = cmm_split_arena(split, 0);
	struct cmm_block block;
	unsigned int i;

	for (i = 0; i < 2000; i++)
		ASSERT(!cmm_arena_alloc(arena, 4000, &block));
	ASSERT_EQ(info_of(arena).size, 8 << 20);
	/* Of two buffers, the first needed a second attempt. */
	ASSERT_EQ(fake.allocs, 3);
	cmm_split_close(split);
	cmm_zone_close(zone);
}

/* The quota is too small for a chunk, but not for a block. */
TEST(optional_chunk_closes_no_idle_buffer)
{
	struct cmm_zone *zone;
	struct cmm_split *split = open_split(&zone);
	struct cmm_arena *camera = cmm_split_arena(split, 0);
	struct cmm_arena *npu = cmm_split_arena(split, 1);
	struct cmm_block block;

	ASSERT(!cmm_arena_alloc(npu, 1, &block) && !cmm_arena_free(npu, &block));
	fake.quota = FAKE_CHARGED + FAKE_PAGE;
	ASSERT(!cmm_arena_alloc(camera, 1000, &block));
	ASSERT_EQ(fake.asked.len, FAKE_PAGE);
	ASSERT_EQ(info_of(npu).idle, 2 << 20);
	cmm_split_close(split);
	cmm_zone_close(zone);
}

static unsigned int reclaims;
static uint64_t reclaimed;

static void count_reclaim(uint64_t bytes, void *arg)
{
	(void)arg;
	reclaims++;
	reclaimed = bytes;
}

TEST(reclaim_function_is_the_last_resort)
{
	const struct cmm_rule rule = rule_of("cvi");
	const struct cmm_share shares[] = {
		{ .rule = &rule, .limit = 8 << 20 },
		{ .rule = &rule, .limit = 1 << 20 },
	};
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_split *split = cmm_split_open(zone, shares, 2);
	struct cmm_arena *large = cmm_split_arena(split, 0);
	struct cmm_arena *small = cmm_split_arena(split, 1);
	struct cmm_block block;

	reclaims = 0;
	cmm_zone_set_reclaim(zone, count_reclaim, NULL);
	/* A smaller buffer than the chunk holds the block. */
	ASSERT(!cmm_arena_alloc(large, 100, &block) && !cmm_arena_free(large, &block));
	ASSERT_EQ(reclaims, 0);
	/* Idle buffers are enough. */
	fake.error = ENOSPC;
	ASSERT(!cmm_arena_alloc(small, 1 << 20, &block));
	ASSERT_EQ(reclaims, 0);
	ASSERT_EQ(info_of(large).size, 0);
	/* Nothing else helps. */
	ASSERT_ERRNO(cmm_arena_alloc(large, FAKE_LARGEST + 1, &block), ENOBUFS);
	ASSERT_EQ(reclaims, 1);
	ASSERT_EQ(reclaimed, FAKE_LARGEST + FAKE_PAGE);
	/* The arena's limit has nothing to do with the zone. */
	ASSERT_ERRNO(cmm_arena_alloc(small, 1, &block), ENOSPC);
	ASSERT_EQ(reclaims, 1);
	cmm_split_close(split);
	cmm_zone_close(zone);
}

TEST(limit_of_an_arena_leaves_other_arenas_alone)
{
	struct cmm_zone *zone;
	struct cmm_split *split = open_split(&zone);
	struct cmm_arena *camera = cmm_split_arena(split, 0);
	struct cmm_arena *npu = cmm_split_arena(split, 1);
	struct cmm_block block, large;

	ASSERT(!cmm_arena_alloc(npu, 1, &block) && !cmm_arena_free(npu, &block));
	ASSERT(!cmm_arena_alloc(camera, 1, &block) && !cmm_arena_free(camera, &block));
	ASSERT(!cmm_arena_alloc(camera, (4 << 20) - 32, &large));
	ASSERT_ERRNO(cmm_arena_alloc(camera, 1, &block), ENOSPC);
	ASSERT_EQ(info_of(npu).idle, 2 << 20);
	cmm_split_close(split);
	cmm_zone_close(zone);
}

/* The last failure is of the arena, not of the zone, and the sentence says so. */
static void expect_sentence(const char *text)
{
	const char *sentence = cmm_explain();

	if (!strstr(sentence, text) || strstr(sentence, "zone"))
		ASSERT_STREQ(sentence, text);
}

TEST(full_arena_is_explained)
{
	const struct cmm_rule rule = rule_of("cvi");
	struct fixture f = open_arena(FAKE_PAGE, &rule);
	struct cmm_zone *zone;
	struct cmm_split *split = open_split(&zone);
	struct cmm_arena *npu = cmm_split_arena(split, 1);
	struct cmm_block block;

	ASSERT(!cmm_arena_alloc(npu, 1 << 20, &block));
	ASSERT_ERRNO(!cmm_buf_alloc(f.zone, FAKE_FREE + 1, 0, 0, NULL), ENOSPC);
	ASSERT_ERRNO(cmm_arena_alloc(npu, 1 << 20, &block), ENOSPC);
	expect_sentence("The arena 'npu' cannot allocate");
	expect_sentence("of its limit of 2 MiB");
	expect_sentence("cmm_split_move()");
	ASSERT_ERRNO(cmm_arena_alloc(npu, 3 << 20, &block), EFBIG);
	expect_sentence("of its limit of 2 MiB");

	ASSERT(!cmm_arena_alloc(f.arena, 3000, &block));
	ASSERT_ERRNO(!cmm_buf_alloc(f.zone, FAKE_FREE + 1, 0, 0, NULL), ENOSPC);
	ASSERT_ERRNO(cmm_arena_alloc(f.arena, 3000, &block), ENOSPC);
	expect_sentence("The arena cannot allocate");
	expect_sentence("of its buffer of 4 KiB");
	cmm_split_close(split);
	cmm_zone_close(zone);
	close_arena(f);
}

TEST(other_memory_can_be_split_if_all_limits_are_given)
{
	const struct cmm_rule rule = rule_of("cvi");
	struct cmm_share shares[] = {
		{ .rule = &rule, .limit = 1 << 20 }, { .rule = &rule, .limit = 1 << 20 },
	};
	static const char *const others[] = { "heap:system", "udmabuf:" };
	struct cmm_split *split;
	struct cmm_block block;
	struct cmm_zone *zone;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		zone = cmm_zone_open(others[i]);
		ASSERT(zone);
		shares[1].limit = 1 << 20;
		split = cmm_split_open(zone, shares, 2);
		ASSERT(split);
		ASSERT(!cmm_arena_alloc(cmm_split_arena(split, 1), 100, &block));
		cmm_split_close(split);
		/* The rest of an unknown size is unknown. */
		shares[1].limit = 0;
		ASSERT_ERRNO(!cmm_split_open(zone, shares, 2), EOPNOTSUPP);
		cmm_zone_close(zone);
	}
}

/* The retry is the last attempt. */
TEST(allocation_is_retried_once)
{
	const struct cmm_rule rule = rule_of("cvi");
	const struct cmm_share share = { .rule = &rule, .limit = 8 << 20 };
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_split *split = cmm_split_open(zone, &share, 1);
	struct cmm_arena *arena = cmm_split_arena(split, 0);
	struct cmm_block block;
	unsigned int allocs;

	/* No extent of the zone is large enough, for the chunk or the block. */
	allocs = fake.allocs;
	ASSERT_ERRNO(cmm_arena_alloc(arena, FAKE_LARGEST + 1, &block), ENOBUFS);
	ASSERT(fake.allocs == allocs + 2 && !info_of(arena).size);
	/* The chunk is too large, but not the block. */
	allocs = fake.allocs;
	ASSERT(!cmm_arena_alloc(arena, FAKE_LARGEST, &block));
	ASSERT(info_of(arena).size == FAKE_LARGEST);
	cmm_split_close(split);
	cmm_zone_close(zone);
}

/* An idle buffer of the arena itself is in the way of its limit. */
TEST(arena_reclaims_its_own_idle_buffers)
{
	struct cmm_zone *zone;
	struct cmm_split *split = open_split(&zone);
	struct cmm_arena *camera = cmm_split_arena(split, 0);
	struct cmm_block block;

	ASSERT(!cmm_arena_alloc(camera, 1, &block) && !cmm_arena_free(camera, &block));
	ASSERT(info_of(camera).idle == 1 << 20);
	ASSERT(!cmm_arena_alloc(camera, (4 << 20) - 32, &block));
	ASSERT(info_of(camera).size == 4 << 20 && !info_of(camera).idle);
	cmm_split_close(split);
	cmm_zone_close(zone);
}

TEST(shares_of_a_split_can_change)
{
	struct cmm_zone *zone;
	struct cmm_split *split = open_split(&zone);
	struct cmm_arena *camera = cmm_split_arena(split, 0);
	struct cmm_arena *npu = cmm_split_arena(split, 1);
	struct cmm_block small, large;

	ASSERT_ERRNO(cmm_arena_alloc(npu, 3 << 20, &large), EFBIG);
	ASSERT(!cmm_split_move(split, 0, 1, 2 << 20));
	ASSERT(info_of(camera).limit == 2 << 20 && info_of(npu).limit == 4 << 20);
	ASSERT(!cmm_arena_alloc(npu, 3 << 20, &large));

	ASSERT_ERRNO(cmm_split_move(split, 0, 1, 1), EINVAL);
	ASSERT_ERRNO(cmm_split_move(split, 0, 1, 4 << 20), EINVAL);
	ASSERT_ERRNO(cmm_split_move(split, 0, 2, FAKE_PAGE), EINVAL);
	ASSERT_ERRNO(cmm_split_move(split, 2, 0, FAKE_PAGE), EINVAL);
	ASSERT_ERRNO(cmm_split_move(split, 1, 0, 2 << 20), EBUSY);
	ASSERT(info_of(npu).limit == 4 << 20);

	/* An idle buffer gives way. */
	ASSERT(!cmm_arena_alloc(camera, 1, &small));
	ASSERT(!cmm_arena_free(camera, &small));
	ASSERT(!cmm_split_move(split, 0, 1, 2 << 20));
	ASSERT(!info_of(camera).size && !info_of(camera).limit);
	ASSERT_ERRNO(cmm_arena_alloc(camera, 1, &small), EFBIG);
	cmm_split_close(split);
	cmm_zone_close(zone);
}

TEST(moving_a_limit_closes_only_what_is_in_the_way)
{
	struct cmm_zone *zone;
	struct cmm_split *split = open_split(&zone);
	struct cmm_arena *camera = cmm_split_arena(split, 0);
	struct cmm_block blocks[3];
	unsigned int i;

	/* Three buffers, of which two are idle. */
	for (i = 0; i < 3; i++)
		ASSERT(!cmm_arena_alloc(camera, (1 << 20) - 32, &blocks[i]));
	ASSERT(!cmm_arena_free(camera, &blocks[0]));
	ASSERT(!cmm_arena_free(camera, &blocks[2]));
	ASSERT_ERRNO(cmm_split_move(split, 0, 1, 4 << 20), EBUSY);
	ASSERT_EQ(info_of(camera).idle, 2 << 20);
	ASSERT_EQ(info_of(camera).limit, 4 << 20);
	ASSERT(!cmm_split_move(split, 0, 1, 2 << 20));
	ASSERT_EQ(info_of(camera).idle, 1 << 20);
	ASSERT(!cmm_split_move(split, 0, 1, 1 << 20));
	ASSERT_EQ(info_of(camera).idle, 0);
	cmm_split_close(split);
	cmm_zone_close(zone);
}

/* One large idle buffer is enough, although a small one is older. */
TEST(best_idle_buffer_is_closed)
{
	struct cmm_zone *zone;
	struct cmm_split *split = open_split(&zone);
	struct cmm_arena *camera = cmm_split_arena(split, 0);
	struct cmm_block small, large;

	ASSERT(!cmm_arena_alloc(camera, (1 << 20) - 32, &small));
	ASSERT(!cmm_arena_alloc(camera, (2 << 20) - 32, &large));
	ASSERT(!cmm_arena_free(camera, &small) && !cmm_arena_free(camera, &large));
	ASSERT(!cmm_split_move(split, 0, 1, (2 << 20) + FAKE_PAGE));
	ASSERT_EQ(info_of(camera).idle, 1 << 20);
	cmm_split_close(split);
	cmm_zone_close(zone);
}

TEST(rest_of_the_zone_is_shared_equally)
{
	const struct cmm_rule rule = rule_of("axera");
	const struct cmm_rule large = { 1, 0, 1 << 20 };
	struct cmm_share shares[] = {
		{ .rule = &rule, .limit = 1 << 20 }, { .rule = &rule }, { .rule = &rule },
	};
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_split *split = cmm_split_open(zone, shares, 3);
	struct cmm_arena_info info;

	info = info_of(cmm_split_arena(split, 1));
	ASSERT(info.limit == (FAKE_TOTAL - (1 << 20)) / 2);
	ASSERT(info_of(cmm_split_arena(split, 2)).limit == info.limit);
	cmm_split_close(split);

	shares[0].limit = FAKE_TOTAL;
	ASSERT_ERRNO(!cmm_split_open(zone, shares, 3), EINVAL);
	shares[1].limit = FAKE_PAGE;
	ASSERT_ERRNO(!cmm_split_open(zone, shares, 2), ENOSPC);
	shares[0].limit = 1;
	ASSERT_ERRNO(!cmm_split_open(zone, shares, 1), EINVAL);
	ASSERT_ERRNO(!cmm_split_open(zone, shares, 0), EINVAL);
	shares[0].limit = FAKE_PAGE;
	shares[0].name = "a name that is longer than a label can be";
	ASSERT_ERRNO(!cmm_split_open(zone, shares, 1), EINVAL);
	shares[0].name = NULL;
	shares[0].flags = 1u << 31;
	ASSERT_ERRNO(!cmm_split_open(zone, shares, 1), EINVAL);
	shares[0].flags = 0;
	shares[0].rule = &large;
	ASSERT_ERRNO(!cmm_split_open(zone, shares, 1), EINVAL);
	shares[0].rule = &rule;
	fake.error = ENODEV;
	ASSERT_ERRNO(!cmm_split_open(zone, shares, 1), ENODEV);
	cmm_zone_close(zone);
}

TEST(blocks_of_a_split_keep_their_contents)
{
	struct cmm_zone *zone;
	struct cmm_split *split = open_split(&zone);
	struct cmm_block blocks[64];
	size_t i, n, used = 0;

	srand(3);
	for (i = 0; i < 64; i++)
		blocks[i].buf = NULL;
	for (n = 0; n < 3000; n++) {
		struct cmm_arena *arena = cmm_split_arena(split, n % 2);

		i = (size_t)rand() % 32 * 2 + n % 2;
		if (blocks[i].buf) {
			const unsigned char *at = blocks[i].ptr;

			ASSERT(at[0] == i && at[blocks[i].size - 1] == i);
			ASSERT(!cmm_arena_free(arena, &blocks[i]));
			blocks[i].buf = NULL;
		} else if (!cmm_arena_alloc(arena, 1 + (size_t)rand() % 200000,
					    &blocks[i])) {
			memset(blocks[i].ptr, (int)i, blocks[i].size);
		} else {
			ASSERT(errno == ENOSPC || errno == ENOBUFS);
			blocks[i].buf = NULL;
		}
		if (n % 100 == 0)
			cmm_arena_trim(arena);
	}
	for (i = 0; i < 64; i++)
		if (blocks[i].buf)
			ASSERT(!cmm_arena_free(cmm_split_arena(split, i % 2),
					       &blocks[i]));
	for (i = 0; i < 2; i++) {
		struct cmm_arena *arena = cmm_split_arena(split, (unsigned int)i);

		used += info_of(arena).used;
		ASSERT(info_of(arena).idle == info_of(arena).size);
		ASSERT(cmm_arena_trim(arena) && !info_of(arena).size);
	}
	ASSERT(!used);
	cmm_split_close(split);
	cmm_zone_close(zone);
}

/* Every allocation of memory fails in turn. */
TEST(lack_of_memory_leaves_no_trace)
{
	const struct cmm_rule rule = rule_of("ascend-rt");
	const struct cmm_share share = { .rule = &rule, .limit = 1 << 20 };
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, FAKE_PAGE, 0, 0, NULL);
	struct cmm_arena *arena = NULL;
	struct cmm_split *split = NULL;
	struct cmm_block block;
	int i;

	for (i = 0; !arena; i++) {
		fake.callocs = i;
		arena = cmm_arena_open(buf, &rule);
		ASSERT(arena || errno == ENOMEM);
	}
	ASSERT(i > 2);
	fake.callocs = 0;
	ASSERT_ERRNO(cmm_arena_alloc(arena, 1, &block), ENOMEM);
	fake.callocs = -1;
	ASSERT(!info_of(arena).used && !info_of(arena).blocks);
	ASSERT(info_of(arena).largest_free == FAKE_PAGE);
	/* Without a rest, an allocation needs no new record. */
	ASSERT(!cmm_arena_alloc(arena, FAKE_PAGE - 32, &block));
	cmm_arena_close(arena);
	cmm_buf_close(buf);

	fake.callocs = 0;
	ASSERT_ERRNO(!cmm_split_open(zone, &share, 1), ENOMEM);
	fake.callocs = -1;
	split = cmm_split_open(zone, &share, 1);
	arena = cmm_split_arena(split, 0);
	for (i = 0; i < 10; i++) {
		fake.callocs = i;
		if (!cmm_arena_alloc(arena, 1, &block))
			break;
		ASSERT(errno == ENOMEM && !info_of(arena).used);
		ASSERT(info_of(arena).size == info_of(arena).idle);
		cmm_arena_trim(arena);
	}
	ASSERT(i > 2 && i < 10);
	fake.callocs = -1;
	cmm_split_close(split);
	cmm_zone_close(zone);
}
