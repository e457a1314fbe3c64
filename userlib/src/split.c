// SPDX-License-Identifier: MIT
/*
 * Divides a zone between arenas, which allocate their buffers on demand.
 *
 * A buffer without blocks is idle. It stays with its arena until an allocation fails in
 * any arena of the split.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int rule_check_arena(const struct cmm_rule *rule)
{
	if (rule_check(rule))
		return -1;
	if (rule->align <= page_size())
		return 0;
	errno = EINVAL;
	return -1;
}

struct cmm_split *split_new(unsigned int count)
{
	struct cmm_split *split;
	unsigned int i;

	split = calloc(1, sizeof(*split) + count * sizeof(split->arenas[0]));
	if (!split)
		return NULL;
	pthread_mutex_init(&split->lock, NULL);
	split->count = count;
	for (i = 0; i < count; i++)
		split->arenas[i].split = split;
	return split;
}

void split_delete(struct cmm_split *split)
{
	unsigned int i;

	for (i = 0; i < split->count; i++)
		arena_delete(&split->arenas[i]);
	pthread_mutex_destroy(&split->lock);
	free(split);
}

/* --- idle buffers --- */

/* Whether closing a chunk of @size bytes is a better way to free @bytes than @than. */
static int is_better(size_t size, size_t than, size_t bytes)
{
	if (than >= bytes)
		return size >= bytes && size < than;
	return size > than;
}

/* The link to the idle chunk that frees @bytes with least waste, or NULL. */
static struct chunk **find_idle(struct cmm_arena *arena, size_t bytes)
{
	struct chunk **link, **best = NULL;

	for (link = &arena->chunks; *link; link = &(*link)->next)
		if (!(*link)->used &&
		    (!best || is_better((*link)->size, (*best)->size, bytes)))
			best = link;
	return best;
}

/*
 * Moves idle chunks of @arena to the front of *@idle, until they have at least @bytes or
 * there are no more. Returns their bytes.
 */
static size_t take_idle(struct cmm_arena *arena, size_t bytes, struct chunk **idle)
{
	struct chunk **link, *chunk;
	size_t taken = 0;

	while (taken < bytes) {
		link = find_idle(arena, bytes - taken);
		if (!link)
			break;
		chunk = *link;
		*link = chunk->next;
		chunk->next = *idle;
		*idle = chunk;
		taken += chunk->size;
	}
	arena->size -= taken;
	return taken;
}

static size_t idle_bytes(const struct cmm_arena *arena)
{
	const struct chunk *chunk;
	size_t bytes = 0;

	for (chunk = arena->chunks; chunk; chunk = chunk->next)
		if (!chunk->used)
			bytes += chunk->size;
	return bytes;
}

/*
 * Makes sure that the arena's buffers leave at least @bytes of its limit. Moves only as
 * many idle chunks to *@idle as that needs. Returns 0; or -1 without an effect if other
 * chunks are in the way.
 */
static int make_room(struct cmm_arena *arena, size_t bytes, struct chunk **idle)
{
	if (bytes > arena->limit ||
	    arena->size - idle_bytes(arena) > arena->limit - bytes)
		return -1;
	if (arena->size > arena->limit - bytes)
		take_idle(arena, arena->size - (arena->limit - bytes), idle);
	return 0;
}

/* Frees chunks that belong to no arena any more, and their buffers. Needs no lock. */
static void close_chunks(struct chunk *chunk)
{
	struct chunk *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		cmm_buf_close(chunk->buf);
		chunk_delete(chunk);
	}
}

size_t cmm_arena_trim(struct cmm_arena *arena)
{
	struct cmm_split *split = arena->split;
	struct chunk *idle = NULL;
	size_t bytes;

	if (!split->zone)
		return 0;
	pthread_mutex_lock(&split->lock);
	bytes = take_idle(arena, SIZE_MAX, &idle);
	pthread_mutex_unlock(&split->lock);
	close_chunks(idle);
	return bytes;
}

/*
 * Closes the idle buffers of all arenas. Returns their bytes, and preserves errno. Called
 * and returns with the lock held, but releases it in between.
 */
static size_t close_idle(struct cmm_split *split)
{
	struct chunk *idle = NULL;
	int saved = errno;
	size_t bytes = 0;
	unsigned int i;

	for (i = 0; i < split->count; i++)
		bytes += take_idle(&split->arenas[i], SIZE_MAX, &idle);
	pthread_mutex_unlock(&split->lock);
	close_chunks(idle);
	pthread_mutex_lock(&split->lock);
	errno = saved;
	return bytes;
}

/* --- growth --- */

static void add_chunk(struct cmm_arena *arena, struct chunk *chunk)
{
	struct chunk **link = &arena->chunks;

	while (*link)
		link = &(*link)->next;
	*link = chunk;
}

/* Allocates a chunk of @size bytes. Needs no lock. */
static struct chunk *alloc_chunk(const struct cmm_arena *arena, size_t size)
{
	struct cmm_buf *buf;
	struct chunk *chunk;
	int saved;

	buf = buf_alloc_once(arena->split->zone, size, arena->flags, arena->name);
	if (!buf)
		return NULL;
	chunk = chunk_new(buf, size);
	if (!chunk) {
		saved = errno;
		cmm_buf_close(buf);
		errno = saved;
	}
	return chunk;
}

/*
 * Adds a chunk of @wanted bytes, or less if the limit is near, but at least @need. Called
 * and returns with the lock held, but releases it in between. Returns 0; or -1; or 1 if
 * the zone is short of memory, with the errno.
 */
static int try_grow(struct cmm_arena *arena, size_t need, size_t wanted)
{
	struct chunk *chunk, *idle = NULL;
	int ret = 0;

	if (make_room(arena, need, &idle))
		return arena_is_full(arena, need);
	if (wanted > arena->limit - arena->size)
		wanted = arena->limit - arena->size;
	arena->size += wanted;
	pthread_mutex_unlock(&arena->split->lock);
	close_chunks(idle);
	chunk = alloc_chunk(arena, wanted);
	if (!chunk)
		ret = is_short(errno) ? 1 : -1;
	pthread_mutex_lock(&arena->split->lock);
	if (chunk)
		add_chunk(arena, chunk);
	else
		arena->size -= wanted;
	return ret;
}

/*
 * The size of the next attempt after the zone did not allocate @wanted bytes: its largest
 * free piece, or @need if the quota was too small.
 */
static size_t smaller_chunk(size_t need, size_t wanted)
{
	uint64_t largest;

	if (errno == EDQUOT)
		return need;
	cmm_buf_alloc_failure(&largest, NULL);
	largest = largest / page_size() * page_size();
	return largest < wanted ? (size_t)largest : need;
}

/*
 * Calls the reclaim function of the zone, with the lock released. Returns false, and
 * preserves errno, if there is none.
 */
static bool reclaim_zone(struct cmm_split *split, size_t bytes)
{
	bool called;

	pthread_mutex_unlock(&split->lock);
	called = zone_reclaim(split->zone, bytes);
	pthread_mutex_lock(&split->lock);
	return called;
}

/*
 * An optional larger chunk is not worth an idle buffer of an arena, and idle buffers go
 * before memory that the program's reclaim function frees.
 */
int arena_grow(struct cmm_arena *arena, size_t size)
{
	size_t page = page_size(), need, wanted, smaller;
	int ret;

	if (size > arena->limit || !arena->split->zone)
		return arena_is_full(arena, size);
	/* The limit is a multiple of the page size, so this cannot overflow. */
	need = (size + page - 1) / page * page;
	wanted = arena->chunk > need ? arena->chunk : need;

	ret = try_grow(arena, need, wanted);
	if (ret > 0 && wanted > need) {
		smaller = smaller_chunk(need, wanted);
		if (smaller >= need) {
			wanted = smaller;
			ret = try_grow(arena, need, wanted);
		}
	}
	if (ret > 0 && (close_idle(arena->split) || wanted > need))
		ret = try_grow(arena, need, need);
	if (ret > 0 && reclaim_zone(arena->split, need))
		ret = try_grow(arena, need, need);
	return ret ? -1 : 0;
}

/* --- splits of a zone --- */

/* Copies a share, of which the limit may be 0. */
static int set_share(struct cmm_arena *arena, const struct cmm_share *share)
{
	const char *name = share->name ? share->name : "";

	if (rule_check_arena(share->rule))
		return -1;
	if (share->limit % page_size() || share->flags & ~CMM_ALLOC_WC ||
	    strlen(name) >= sizeof(arena->name)) {
		errno = EINVAL;
		return -1;
	}
	arena->rule = *share->rule;
	arena->limit = share->limit;
	arena->flags = share->flags;
	strcpy(arena->name, name);
	return 0;
}

/* Sets the limits that are 0 to equal parts of what the others leave of @total bytes. */
static int share_rest(struct cmm_split *split, uint64_t total)
{
	unsigned int i, parts = 0;
	uint64_t rest = total;

	for (i = 0; i < split->count; i++) {
		if (split->arenas[i].limit > rest) {
			errno = ENOSPC;
			return -1;
		}
		rest -= split->arenas[i].limit;
		parts += !split->arenas[i].limit;
	}
	if (!parts)
		return 0;
	rest = rest / parts / page_size() * page_size();
	if (rest > SIZE_MAX)
		rest = SIZE_MAX / page_size() * page_size();
	if (!rest) {
		errno = EINVAL;
		return -1;
	}
	for (i = 0; i < split->count; i++)
		if (!split->arenas[i].limit)
			split->arenas[i].limit = (size_t)rest;
	return 0;
}

/* The limit is a multiple of the page size, so rounding up cannot overflow. */
static void set_chunk(struct cmm_arena *arena, size_t size)
{
	if (!size || size > arena->limit)
		size = arena->limit;
	arena->chunk = (size + page_size() - 1) / page_size() * page_size();
}

static bool all_limited(const struct cmm_split *split)
{
	unsigned int i;

	for (i = 0; i < split->count; i++)
		if (!split->arenas[i].limit)
			return false;
	return true;
}

/* Memory other than a zone's has no known size: then each share needs a limit. */
static int set_shares(struct cmm_split *split, const struct cmm_zone *zone,
		      const struct cmm_share *shares)
{
	struct cmm_zone_info info;
	uint64_t total = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < split->count; i++)
		if (set_share(&split->arenas[i], &shares[i]))
			return -1;
	if (!cmm_zone_info(zone, &info))
		total = info.total;
	else if (errno != EOPNOTSUPP || !all_limited(split))
		return -1;
	if (share_rest(split, total))
		return -1;
	for (i = 0; i < split->count; i++)
		set_chunk(&split->arenas[i], shares[i].chunk);
	return 0;
}

struct cmm_split *cmm_split_open(struct cmm_zone *zone, const struct cmm_share *shares,
				 unsigned int count)
{
	struct cmm_split *split;

	if (!count) {
		errno = EINVAL;
		return NULL;
	}
	split = split_new(count);
	if (!split)
		return NULL;
	if (set_shares(split, zone, shares)) {
		split_delete(split);
		return NULL;
	}
	split->zone = zone_get(zone);
	return split;
}

void cmm_split_close(struct cmm_split *split)
{
	struct cmm_arena *arena;
	int saved = errno;
	unsigned int i;

	if (!split)
		return;
	for (i = 0; i < split->count; i++) {
		arena = &split->arenas[i];
		close_chunks(arena->chunks);
		arena->chunks = NULL;
	}
	cmm_zone_close(split->zone);
	split_delete(split);
	errno = saved;
}

struct cmm_arena *cmm_split_arena(struct cmm_split *split, unsigned int index)
{
	if (index < split->count)
		return &split->arenas[index];
	errno = EINVAL;
	return NULL;
}

/* Lowers the limit of @arena. Moves chunks that must be closed to *@idle. */
static int lower_limit(struct cmm_arena *arena, size_t bytes, struct chunk **idle)
{
	if (bytes > arena->limit || bytes % page_size()) {
		errno = EINVAL;
		return -1;
	}
	if (make_room(arena, bytes, idle)) {
		errno = EBUSY;
		return -1;
	}
	arena->limit -= bytes;
	return 0;
}

int cmm_split_move(struct cmm_split *split, unsigned int from, unsigned int to,
		   size_t bytes)
{
	struct chunk *idle = NULL;
	int ret, saved;

	if (from >= split->count || to >= split->count) {
		errno = EINVAL;
		return -1;
	}
	pthread_mutex_lock(&split->lock);
	ret = lower_limit(&split->arenas[from], bytes, &idle);
	if (!ret)
		split->arenas[to].limit += bytes;
	saved = errno;
	pthread_mutex_unlock(&split->lock);
	close_chunks(idle);
	errno = saved;
	return ret;
}
