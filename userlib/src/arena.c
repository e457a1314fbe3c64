// SPDX-License-Identifier: MIT
/*
 * Allocates blocks from the chunks of an arena.
 *
 * Every block occupies a slot: its size by the rule, rounded up to the rule's
 * alignment. So all extents are aligned, and the bytes in blocks and free extents add
 * up to the size of the buffers.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "explain.h"
#include "sizetext.h"

static void lock(struct cmm_arena *arena)
{
	pthread_mutex_lock(&arena->split->lock);
}

static void unlock(struct cmm_arena *arena)
{
	pthread_mutex_unlock(&arena->split->lock);
}

void arena_delete(struct cmm_arena *arena)
{
	struct chunk *chunk, *next;

	for (chunk = arena->chunks; chunk; chunk = next) {
		next = chunk->next;
		chunk_delete(chunk);
	}
	free(arena->marks);
}

struct cmm_arena *cmm_arena_open(struct cmm_buf *buf, const struct cmm_rule *rule)
{
	struct cmm_split *split;
	struct cmm_arena *arena;

	if (rule_check_arena(rule))
		return NULL;
	split = split_new(1);
	if (!split)
		return NULL;
	arena = &split->arenas[0];
	arena->rule = *rule;
	arena->chunks = chunk_new(buf, buf->len);
	if (!arena->chunks) {
		split_delete(split);
		return NULL;
	}
	arena->size = buf->len;
	arena->limit = buf->len;
	return arena;
}

void cmm_arena_close(struct cmm_arena *arena)
{
	int saved = errno;

	if (arena)
		split_delete(arena->split);
	errno = saved;
}

/* --- blocks --- */

/* The smallest free extent of at least @size bytes, and its chunk; or NULL. */
static struct extent *find_free(const struct cmm_arena *arena, size_t size,
				struct chunk **where)
{
	struct extent *extent, *best = NULL;
	struct chunk *chunk;

	for (chunk = arena->chunks; chunk; chunk = chunk->next) {
		extent = chunk_find(chunk, size, best ? best->size : SIZE_MAX);
		if (!extent)
			continue;
		best = extent;
		*where = chunk;
	}
	return best;
}

int arena_is_full(const struct cmm_arena *arena, size_t size)
{
	char wanted[SIZE_TEXT], free[SIZE_TEXT], limit[SIZE_TEXT];
	const bool split = arena->split->zone;
	const char *why = "";
	int errnum = ENOSPC;

	if (size > arena->limit) {
		errnum = EFBIG;
	} else if (arena->limit - arena->used >= size) {
		errnum = ENOBUFS;
		why = ", but not in one piece";
	}
	return explain_failure(errnum,
			       "The arena %s%s%scannot allocate %s: %s of its %s of %s are free%s; %s.",
			       split ? "'" : "", arena->name, split ? "' " : "",
			       size_text(wanted, size),
			       size_text(free, arena->limit - arena->used),
			       split ? "limit" : "buffer",
			       size_text(limit, arena->limit), why,
			       split ? "free blocks, or raise the limit with cmm_split_move()" :
				       "free blocks, or use a larger buffer");
}

static void count_block(struct cmm_arena *arena, size_t size)
{
	arena->used += size;
	arena->blocks++;
	if (arena->used > arena->peak)
		arena->peak = arena->used;
}

/* Allocates a slot of @slot bytes and fills in where it is. */
static int alloc_slot(struct cmm_arena *arena, size_t slot, struct cmm_block *block)
{
	struct extent *extent;
	struct chunk *chunk = NULL;

	extent = find_free(arena, slot, &chunk);
	if (!extent) {
		if (arena_grow(arena, slot))
			return -1;
		extent = find_free(arena, slot, &chunk);
	}
	if (chunk_alloc(chunk, extent, slot, arena->serial + 1))
		return -1;
	arena->serial++;
	count_block(arena, slot);
	block->serial = extent->serial;
	block->buf = chunk->buf;
	block->fd = cmm_buf_fd(chunk->buf);
	block->offset = extent->offset;
	block->ptr = chunk->addr ? chunk->addr + extent->offset : NULL;
	return 0;
}

int cmm_arena_alloc(struct cmm_arena *arena, size_t len, struct cmm_block *block)
{
	size_t size, slot;
	int ret;

	if (cmm_segment_size(&arena->rule, len, &size) ||
	    slot_size(&arena->rule, size, &slot))
		return -1;
	lock(arena);
	ret = alloc_slot(arena, slot, block);
	unlock(arena);
	if (ret)
		return -1;
	block->len = len;
	block->size = size;
	return 0;
}

static struct extent *free_extent(struct cmm_arena *arena, struct chunk *chunk,
				  struct extent *extent)
{
	arena->used -= extent->size;
	arena->blocks--;
	return chunk_free(chunk, extent);
}

/* Returns 0, or -1 if the arena does not have @block any more. */
static int free_block(struct cmm_arena *arena, const struct cmm_block *block)
{
	struct extent *extent;
	struct chunk *chunk;

	for (chunk = arena->chunks; chunk && chunk->buf != block->buf; chunk = chunk->next)
		;
	if (!chunk || !block->serial)
		return -1;
	for (extent = chunk->extents; extent; extent = extent->next) {
		if (extent->offset != block->offset || extent->serial != block->serial)
			continue;
		free_extent(arena, chunk, extent);
		return 0;
	}
	return -1;
}

int cmm_arena_free(struct cmm_arena *arena, const struct cmm_block *block)
{
	int ret;

	lock(arena);
	ret = free_block(arena, block);
	unlock(arena);
	if (ret)
		errno = EINVAL;
	return ret;
}

/* --- marks --- */

/* Makes room for one more mark. Returns 0, or -1 with ENOMEM. */
static int reserve_mark(struct cmm_arena *arena)
{
	size_t room = arena->mark_room ? 2 * arena->mark_room : 8;
	uint64_t *marks;

	if (arena->mark_count < arena->mark_room)
		return 0;
	marks = realloc(arena->marks, room * sizeof(*marks));
	if (!marks)
		return -1;
	arena->marks = marks;
	arena->mark_room = room;
	return 0;
}

uint64_t cmm_arena_mark(struct cmm_arena *arena)
{
	uint64_t mark = 0;

	lock(arena);
	if (!reserve_mark(arena)) {
		mark = ++arena->serial;
		arena->marks[arena->mark_count++] = mark;
	}
	unlock(arena);
	return mark;
}

/* Removes @mark and all newer marks. Returns 0, or -1 if there is no such mark. */
static int pop_marks(struct cmm_arena *arena, uint64_t mark)
{
	size_t i;

	for (i = arena->mark_count; i > 0; i--) {
		if (arena->marks[i - 1] != mark)
			continue;
		arena->mark_count = i - 1;
		return 0;
	}
	return -1;
}

static void free_newer(struct cmm_arena *arena, uint64_t mark)
{
	struct extent *extent;
	struct chunk *chunk;

	for (chunk = arena->chunks; chunk; chunk = chunk->next)
		for (extent = chunk->extents; extent; extent = extent->next)
			if (extent->serial > mark)
				extent = free_extent(arena, chunk, extent);
}

int cmm_arena_release(struct cmm_arena *arena, uint64_t mark)
{
	int ret;

	lock(arena);
	ret = pop_marks(arena, mark);
	if (!ret)
		free_newer(arena, mark);
	unlock(arena);
	if (ret)
		errno = EINVAL;
	return ret;
}

/* --- usage --- */

void cmm_arena_info_sized(struct cmm_arena *arena, struct cmm_arena_info *info,
			  size_t size)
{
	struct cmm_arena_info known = { 0 };
	const struct extent *extent;
	const struct chunk *chunk;

	lock(arena);
	known.limit = arena->limit;
	known.size = arena->size;
	known.used = arena->used;
	known.peak = arena->peak;
	known.free = arena->limit - arena->used;
	known.blocks = arena->blocks;
	for (chunk = arena->chunks; chunk; chunk = chunk->next) {
		if (!chunk->used)
			known.idle += chunk->size;
		for (extent = chunk->extents; extent; extent = extent->next)
			if (!extent->serial && extent->size > known.largest_free)
				known.largest_free = extent->size;
	}
	unlock(arena);
	copy_sized(info, size, &known, sizeof(known));
}

/* --- reservations --- */

int cmm_reserve_open(struct cmm_arena *arena, size_t max, struct cmm_reserve *reserve)
{
	if (cmm_arena_alloc(arena, max, &reserve->block))
		return -1;
	reserve->used = 0;
	return 0;
}

int cmm_reserve_grow(struct cmm_reserve *reserve, size_t len, struct cmm_block *part)
{
	const struct cmm_block *block = &reserve->block;

	if (!len || len > block->len - reserve->used) {
		errno = len ? ENOSPC : EINVAL;
		return -1;
	}
	if (part) {
		*part = *block;
		part->serial = 0;
		part->offset += reserve->used;
		part->len = len;
		part->size = len;
		if (part->ptr)
			part->ptr = (char *)part->ptr + reserve->used;
	}
	reserve->used += len;
	return 0;
}

int cmm_reserve_shrink(struct cmm_reserve *reserve, size_t used)
{
	if (used > reserve->used) {
		errno = EINVAL;
		return -1;
	}
	reserve->used = used;
	return 0;
}
