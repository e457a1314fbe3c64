// SPDX-License-Identifier: MIT
/* Arenas of the library on the real driver. */
#include <cmm.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "pattern.h"
#include "tool.h"

/* Two arenas, which may use half of the zone each. */
struct halves {
	struct cmm_zone *zone;
	struct cmm_split *split;
	struct cmm_arena *arenas[2];
	size_t size;		/* bytes of a half */
};

static struct halves open_halves(size_t chunk)
{
	struct cmm_rule rule;
	struct cmm_share shares[2] = {
		{ .rule = &rule, .chunk = chunk, .name = "camera" },
		{ .rule = &rule, .chunk = chunk, .name = "npu" },
	};
	struct cmm_arena_info info;
	struct halves halves;

	ASSERT(!cmm_rule_get("ascend-dvpp", &rule));
	halves.zone = cmm_zone_open(ZONE);
	ASSERT(halves.zone);
	halves.split = cmm_split_open(halves.zone, shares, 2);
	ASSERT(halves.split);
	halves.arenas[0] = cmm_split_arena(halves.split, 0);
	halves.arenas[1] = cmm_split_arena(halves.split, 1);
	cmm_arena_info(halves.arenas[0], &info);
	ASSERT_EQ(info.limit, ZONE_SIZE / 2 / PAGE * PAGE);
	halves.size = info.limit;
	return halves;
}

static void close_halves(struct halves halves)
{
	cmm_split_close(halves.split);
	cmm_zone_close(halves.zone);
	expect_used(0);
}

/* Another user of the descriptor finds the block at its offset. */
static void expect_block(const struct cmm_block *block, unsigned int seed)
{
	struct cmm_buf *other = cmm_buf_import(NULL, block->fd);
	uint8_t *at;

	ASSERT(other && !cmm_buf_sync_begin(other, CMM_CPU_READ));
	at = cmm_buf_map(other);
	ASSERT(at);
	ASSERT_PATTERN(pattern_check(at + block->offset, block->len, 0, seed));
	ASSERT(!cmm_buf_sync_end(other, CMM_CPU_READ));
	cmm_buf_close(other);
}

TEST(block_is_at_its_offset_in_the_descriptor)
{
	struct halves halves = open_halves(16 * PAGE);
	struct cmm_block blocks[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		struct cmm_block *block = &blocks[i];

		ASSERT(!cmm_arena_alloc(halves.arenas[i % 2], 5000 + 777 * i, block));
		ASSERT_EQ(block->offset % 128, 0);
		ASSERT(!cmm_buf_sync_begin_range(block->buf, block->offset, block->len,
						 CMM_CPU_WRITE));
		pattern_fill(block->ptr, block->len, 0, 60 + i);
		ASSERT(!cmm_buf_sync_end_range(block->buf, block->offset, block->len,
					       CMM_CPU_WRITE));
	}
	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		expect_block(&blocks[i], 60 + i);
	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		ASSERT(!cmm_arena_free(halves.arenas[i % 2], &blocks[i]));
	close_halves(halves);
}

/* The buffer of the first arena is in the way of the second one until it is idle. */
TEST(full_zone_makes_arenas_close_idle_buffers)
{
	struct halves halves = open_halves(0);
	struct cmm_block first, second;
	struct cmm_arena_info info;
	struct cmm_buf *rest;

	ASSERT(!cmm_arena_alloc(halves.arenas[0], 1, &first));
	rest = cmm_buf_alloc(halves.zone, ZONE_SIZE - halves.size, 0, 0, NULL);
	ASSERT(rest);
	ASSERT_ERRNO(cmm_arena_alloc(halves.arenas[1], 1, &second) == -1, ENOSPC);

	ASSERT(!cmm_arena_free(halves.arenas[0], &first));
	ASSERT(!cmm_arena_alloc(halves.arenas[1], 1, &second));
	cmm_arena_info(halves.arenas[0], &info);
	ASSERT_EQ(info.size, 0);
	cmm_buf_close(rest);
	close_halves(halves);
}

struct worker {
	struct cmm_arena *arena;
	unsigned int seed;
};

/* Fills blocks and finds them unchanged. Buffers come and go. */
static void *work(void *arg)
{
	const struct worker *worker = arg;
	struct cmm_block block;
	unsigned int i;

	for (i = 0; i < 50; i++) {
		ASSERT(!cmm_arena_alloc(worker->arena, 1000 + 999 * i, &block));
		pattern_fill(block.ptr, block.len, 0, worker->seed);
		ASSERT_PATTERN(pattern_check(block.ptr, block.len, 0, worker->seed));
		ASSERT(!cmm_arena_free(worker->arena, &block));
		if (i % 10 == 0)
			cmm_arena_trim(worker->arena);
	}
	return NULL;
}

TEST(threads_share_a_split)
{
	struct halves halves = open_halves(32 * PAGE);
	struct worker workers[4];
	pthread_t threads[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		workers[i] = (struct worker){ halves.arenas[i % 2], 70 + i };
		ASSERT(!pthread_create(&threads[i], NULL, work, &workers[i]));
	}
	for (i = 0; i < 4; i++)
		ASSERT(!pthread_join(threads[i], NULL));
	close_halves(halves);
}

TEST(npu_example_uses_four_arenas)
{
	char text[4096], command[64];

	snprintf(command, sizeof(command), "example-npu %s", ZONE);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	ASSERT(strstr(text, "activations: 90080 bytes hold tensors of 150000 bytes"));
	ASSERT(strstr(text, "kv cache: 32768 of 32768 bytes in use"));
	ASSERT(strstr(text, "workspace: 0 bytes used, at most 20032, of 262144"));
	expect_used(0);
}
