/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files of the arenas.
 *
 * A split has one or more arenas, an arena has chunks, a chunk is one buffer and the
 * list of its extents. The split's mutex protects all of them. No system call and no
 * callback of the caller runs with the mutex held.
 */
#ifndef CMM_ARENA_INTERNAL_H
#define CMM_ARENA_INTERNAL_H

#include <pthread.h>

#include "internal.h"

/* --- segment.c --- */

/* Returns 0, or -1 with EINVAL if @rule is NULL or invalid. */
int rule_check(const struct cmm_rule *rule);

/* Sets *@sum to @a + @b. Returns 0, or -1 with EOVERFLOW. */
int add_sizes(size_t a, size_t b, size_t *sum);

/* Rounds a segment's @size up to the rule's alignment. Returns 0, or -1 with EOVERFLOW. */
int slot_size(const struct cmm_rule *rule, size_t size, size_t *slot);

/* --- chunk.c --- */

/* A free part of a buffer, or a block. */
struct extent {
	struct extent *prev;	/* neighbours, in order of @offset */
	struct extent *next;
	size_t offset;		/* bytes from the start of the buffer */
	size_t size;		/* bytes, a multiple of the arena's alignment */
	uint64_t serial;	/* of the block, see struct cmm_arena; 0: free */
};

struct chunk {
	struct chunk *next;
	struct cmm_buf *buf;
	char *addr;		/* of the mapping; NULL in a protected zone */
	size_t size;		/* bytes of the buffer */
	size_t used;		/* bytes in blocks */
	struct extent *extents;	/* cover the buffer; no two neighbours are free */
};

/*
 * Creates a chunk with one free extent of @size bytes at the start of @buf, and maps
 * @buf. Does not take ownership of @buf. Returns NULL with an errno of cmm_buf_map() or
 * ENOMEM.
 */
struct chunk *chunk_new(struct cmm_buf *buf, size_t size);

/* Frees the chunk, but not its buffer. */
void chunk_delete(struct chunk *chunk);

/* The smallest free extent of at least @size bytes and less than @below, or NULL. */
struct extent *chunk_find(const struct chunk *chunk, size_t size, size_t below);

/*
 * Makes the first @size bytes of a free extent a block; the rest stays free. Returns 0,
 * or -1 with ENOMEM.
 */
int chunk_alloc(struct chunk *chunk, struct extent *extent, size_t size,
		uint64_t serial);

/* Frees a block and merges it with free neighbours. Returns the merged extent. */
struct extent *chunk_free(struct chunk *chunk, struct extent *extent);

/* --- arena.c --- */

struct cmm_arena {
	struct cmm_split *split;
	struct cmm_rule rule;
	size_t limit;		/* maximum of @size */
	size_t size;		/* bytes of all chunks, and of one being allocated */
	size_t used;		/* bytes in blocks */
	size_t peak;		/* highest value of @used */
	size_t blocks;		/* number of blocks */
	uint64_t serial;	/* last number given to a block or mark; they only rise */
	uint64_t *marks;	/* numbers of the marks, oldest first */
	size_t mark_count;
	size_t mark_room;	/* entries allocated */
	struct chunk *chunks;	/* oldest first */

	/* How to allocate chunks. Only in a split of a zone; constant. */
	size_t chunk;		/* bytes, a multiple of the page size */
	unsigned int flags;
	char name[CMM_NAME_SIZE];
};

/* Frees the records of an arena, but not the buffers. */
void arena_delete(struct cmm_arena *arena);

/* --- split.c --- */

struct cmm_split {
	pthread_mutex_t lock;
	struct cmm_zone *zone;	/* a reference; NULL for an arena on one buffer */
	unsigned int count;	/* number of arenas */
	struct cmm_arena arenas[];
};

/* rule_check() for an arena: the alignment must not exceed a page. */
int rule_check_arena(const struct cmm_rule *rule);

/* Creates a split without a zone and with empty arenas. Returns NULL with ENOMEM. */
struct cmm_split *split_new(unsigned int count);

/* Frees the split and the records of its arenas, but not the buffers. */
void split_delete(struct cmm_split *split);

/*
 * Fails because of the arena's own limit: a slot of @size bytes does not fit. Explains
 * that for cmm_explain(). Returns -1 with EFBIG, ENOSPC or ENOBUFS.
 */
int arena_is_full(const struct cmm_arena *arena, size_t size);

/*
 * Allocates another chunk for a block of @size bytes. Called and returns with the lock
 * held, but releases it in between. Returns 0, or -1; see cmm_arena_alloc().
 */
int arena_grow(struct cmm_arena *arena, size_t size);

#endif /* CMM_ARENA_INTERNAL_H */
