// SPDX-License-Identifier: MIT
/*
 * The memory of a model on an NPU: weights, activations, workspace, and a key-value
 * cache, each in an arena of one zone.
 *
 *	example-npu [ZONE]
 *
 * It has no NPU. Where a program would start one, run_layer() shows what the driver
 * needs: a descriptor, an offset and a length.
 */
#include <cmm.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYERS		4
#define WEIGHT_BYTES	50000	/* per layer */
#define SCRATCH_BYTES	20000	/* per layer, while it runs */
#define TOKENS		16

enum { WEIGHTS, ACTIVATIONS, WORKSPACE, CACHE, ARENAS };

struct model {
	struct cmm_arena *arenas[ARENAS];
	struct cmm_block weights[LAYERS];
	struct cmm_block activations;	/* all tensors */
	struct cmm_tensor tensors[LAYERS + 1];
	struct cmm_reserve cache;
};

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, cmm_strerror(errno));
	exit(1);
}

/* Each arena gets a limit. The last one gets what is left of the zone. */
static struct cmm_split *split_zone(struct cmm_zone *zone)
{
	struct cmm_share shares[ARENAS] = {
		[WEIGHTS] = { .limit = 1 << 20, .name = "weights" },
		[ACTIVATIONS] = { .limit = 1 << 19, .name = "activations" },
		[WORKSPACE] = { .limit = 1 << 18, .name = "workspace" },
		[CACHE] = { .chunk = 1 << 19, .name = "kv cache" },
	};
	struct cmm_split *split;
	struct cmm_rule rule;
	unsigned int i;

	if (cmm_rule_get("ascend-rt", &rule))
		fail("rule");
	for (i = 0; i < ARENAS; i++)
		shares[i].rule = &rule;
	split = cmm_split_open(zone, shares, ARENAS);
	if (!split)
		fail("split");
	return split;
}

/* Weights stay as long as the model. A program would use cmm_buf_load() here. */
static void load_weights(struct model *model)
{
	struct cmm_block *block;
	unsigned int i;

	for (i = 0; i < LAYERS; i++) {
		block = &model->weights[i];
		if (cmm_arena_alloc(model->arenas[WEIGHTS], WEIGHT_BYTES, block) ||
		    cmm_buf_sync_begin_range(block->buf, block->offset, block->len,
					     CMM_CPU_WRITE))
			fail("weights");
		memset(block->ptr, (int)i, block->len);
		cmm_buf_sync_end_range(block->buf, block->offset, block->len,
				       CMM_CPU_WRITE);
	}
}

/* Layer i reads tensor i and writes tensor i + 1, so only two are in use at a time. */
static void place_activations(struct model *model)
{
	size_t i, peak, bound, sum = 0;
	struct cmm_rule rule;

	for (i = 0; i <= LAYERS; i++) {
		model->tensors[i].len = 10000 * (LAYERS + 1 - i);
		model->tensors[i].first = (unsigned int)(i ? i - 1 : 0);
		model->tensors[i].last = (unsigned int)i;
		sum += model->tensors[i].len;
	}
	if (cmm_rule_get("ascend-rt", &rule) ||
	    cmm_tensors_place(&rule, model->tensors, LAYERS + 1, &peak, &bound) ||
	    cmm_arena_alloc(model->arenas[ACTIVATIONS], peak, &model->activations))
		fail("activations");
	printf("activations: %zu bytes hold tensors of %zu bytes; at least %zu\n", peak,
	       sum, bound);
}

/* The cache is reserved for the longest context, so it cannot fail later. */
static void reserve_cache(struct model *model)
{
	size_t size;

	if (cmm_kv_size(LAYERS, 2, 64, TOKENS, 16, &size) ||
	    cmm_reserve_open(model->arenas[CACHE], size, &model->cache))
		fail("kv cache");
}

static void run_layer(const struct model *model, unsigned int layer,
		      const struct cmm_block *scratch)
{
	const struct cmm_block *weights = &model->weights[layer];
	const struct cmm_block *activations = &model->activations;

	printf("layer %u: weights fd %d at %zu, scratch fd %d at %zu, ", layer,
	       weights->fd, weights->offset, scratch->fd, scratch->offset);
	printf("activations fd %d at %zu and %zu\n", activations->fd,
	       activations->offset + model->tensors[layer].offset,
	       activations->offset + model->tensors[layer + 1].offset);
}

static void run_model(struct model *model)
{
	struct cmm_arena *workspace = model->arenas[WORKSPACE];
	struct cmm_block scratch;
	unsigned int layer;
	uint64_t mark;

	for (layer = 0; layer < LAYERS; layer++) {
		mark = cmm_arena_mark(workspace);
		if (!mark || cmm_arena_alloc(workspace, SCRATCH_BYTES, &scratch))
			fail("workspace");
		run_layer(model, layer, &scratch);
		cmm_arena_release(workspace, mark);
	}
}

/* Each token adds its keys and values to the cache. */
static void decode(struct model *model)
{
	struct cmm_block part;
	unsigned int token;

	for (token = 0; token < TOKENS; token++)
		if (cmm_reserve_grow(&model->cache, model->cache.block.len / TOKENS,
				     &part))
			fail("token");
	printf("kv cache: %zu of %zu bytes in use\n", model->cache.used,
	       model->cache.block.len);
}

static void show_arenas(const struct model *model)
{
	static const char *const names[ARENAS] = {
		"weights", "activations", "workspace", "kv cache",
	};
	struct cmm_arena_info info;
	unsigned int i;

	for (i = 0; i < ARENAS; i++) {
		cmm_arena_info(model->arenas[i], &info);
		printf("%s: %llu bytes used, at most %llu, of %llu\n", names[i],
		       (unsigned long long)info.used, (unsigned long long)info.peak,
		       (unsigned long long)info.limit);
	}
}

int main(int argc, char **argv)
{
	struct cmm_zone *zone = cmm_zone_open(argc > 1 ? argv[1] : NULL);
	struct cmm_split *split;
	struct model model;
	unsigned int i;

	if (!zone)
		fail("zone");
	split = split_zone(zone);
	for (i = 0; i < ARENAS; i++)
		model.arenas[i] = cmm_split_arena(split, i);
	load_weights(&model);
	place_activations(&model);
	reserve_cache(&model);
	run_model(&model);
	decode(&model);
	show_arenas(&model);
	cmm_split_close(split);
	cmm_zone_close(zone);
	return 0;
}
