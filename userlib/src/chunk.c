// SPDX-License-Identifier: MIT
/*
 * One buffer of an arena, as a list of extents in order of their offsets. The records
 * are outside the buffer.
 */
#include <errno.h>
#include <stdlib.h>

#include "arena.h"

struct chunk *chunk_new(struct cmm_buf *buf, size_t size)
{
	struct chunk *chunk;

	if (!cmm_buf_map(buf) && errno != EOPNOTSUPP)
		return NULL;
	chunk = calloc(1, sizeof(*chunk));
	if (!chunk)
		return NULL;
	chunk->extents = calloc(1, sizeof(*chunk->extents));
	if (!chunk->extents) {
		free(chunk);
		return NULL;
	}
	chunk->buf = buf;
	chunk->addr = buf->addr;
	chunk->size = size;
	chunk->extents->size = size;
	return chunk;
}

void chunk_delete(struct chunk *chunk)
{
	struct extent *extent, *next;

	for (extent = chunk->extents; extent; extent = next) {
		next = extent->next;
		free(extent);
	}
	free(chunk);
}

struct extent *chunk_find(const struct chunk *chunk, size_t size, size_t below)
{
	struct extent *extent, *best = NULL;

	for (extent = chunk->extents; extent; extent = extent->next) {
		if (extent->serial || extent->size < size || extent->size >= below)
			continue;
		best = extent;
		below = extent->size;
	}
	return best;
}

int chunk_alloc(struct chunk *chunk, struct extent *extent, size_t size,
		uint64_t serial)
{
	struct extent *rest;

	if (extent->size > size) {
		rest = calloc(1, sizeof(*rest));
		if (!rest)
			return -1;
		rest->offset = extent->offset + size;
		rest->size = extent->size - size;
		rest->prev = extent;
		rest->next = extent->next;
		if (rest->next)
			rest->next->prev = rest;
		extent->next = rest;
		extent->size = size;
	}
	extent->serial = serial;
	chunk->used += size;
	return 0;
}

/* Adds the extent after @extent to it. */
static void merge_next(struct extent *extent)
{
	struct extent *next = extent->next;

	extent->size += next->size;
	extent->next = next->next;
	if (extent->next)
		extent->next->prev = extent;
	free(next);
}

struct extent *chunk_free(struct chunk *chunk, struct extent *extent)
{
	chunk->used -= extent->size;
	extent->serial = 0;
	if (extent->next && !extent->next->serial)
		merge_next(extent);
	if (extent->prev && !extent->prev->serial) {
		extent = extent->prev;
		merge_next(extent);
	}
	return extent;
}
