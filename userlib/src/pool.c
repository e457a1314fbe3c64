// SPDX-License-Identifier: MIT
/*
 * Frame pools: see cmm_pool.h.
 *
 * A slot of a pool is a frame with memory or an empty one. Each is on exactly one list
 * (free or empty), or in use. The pool lives until it is closed, no frame is in use and
 * no queue has joined it. A thread inside cmm_pool_get() does not keep it: the caller of
 * cmm_pool_close() ends these calls before, with cmm_pool_shutdown().
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmm_pool.h>

#include "deadline.h"
#include "internal.h"
#include "pool.h"

struct cmm_frame {
	struct cmm_pool *pool;
	struct cmm_buf *buf;	/* NULL: an empty slot */
	struct cmm_frame *next;	/* on the pool's list; under its lock */
	atomic_uint refs;	/* 0: on a list */
	unsigned int index;
};

struct cmm_pool {
	pthread_mutex_t lock;	/* for all members that change */
	pthread_cond_t changed;	/* a frame became free, or a wait is in vain */
	struct cmm_frame *free;	/* the frame that was put last comes first */
	struct cmm_frame *empty;
	bool shut_down;		/* cmm_pool_get() fails */
	bool closed;
	unsigned int queues;	/* that have joined */
	int grow_error;		/* errno of the last allocation that failed */
	struct recycler *recycler;	/* or NULL */
	struct cmm_pool_stats stats;

	/* How to allocate a frame. They never change. */
	struct cmm_zone *zone;	/* a reference, or NULL */
	size_t len;
	size_t align;
	unsigned int flags;
	char name[CMM_NAME_SIZE];

	struct cmm_frame frames[];
};

/* --- lists of frames; the caller holds the lock --- */

static void push(struct cmm_frame **list, struct cmm_frame *frame)
{
	frame->next = *list;
	*list = frame;
}

static struct cmm_frame *pop(struct cmm_frame **list)
{
	struct cmm_frame *frame = *list;

	if (frame)
		*list = frame->next;
	return frame;
}

/* --- the life of a pool --- */

/* Returns a pool of empty slots, or NULL. */
static struct cmm_pool *pool_new(struct cmm_zone *zone, unsigned int limit)
{
	struct cmm_pool *pool;
	unsigned int i;

	if (!limit || limit > CMM_POOL_MAX) {
		errno = limit ? E2BIG : EINVAL;
		return NULL;
	}
	pool = calloc(1, sizeof(*pool) + limit * sizeof(pool->frames[0]));
	if (!pool)
		return NULL;

	deadline_cond_init(&pool->changed);
	pthread_mutex_init(&pool->lock, NULL);

	pool->zone = zone ? zone_get(zone) : NULL;
	pool->stats.limit = limit;
	for (i = limit; i > 0; i--) {
		struct cmm_frame *frame = &pool->frames[i - 1];

		frame->pool = pool;
		frame->index = i - 1;
		push(&pool->empty, frame);
	}
	return pool;
}

static void pool_free(struct cmm_pool *pool)
{
	int saved = errno;

	cmm_zone_close(pool->zone);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
	errno = saved;
}

/* Unlocks the pool, and frees it if this was its last user. */
static void unlock(struct cmm_pool *pool)
{
	bool last = pool->closed && !pool->stats.used && !pool->queues;

	pthread_mutex_unlock(&pool->lock);
	if (last)
		pool_free(pool);
}

/* Gives the next empty slot its memory. For a pool that no other thread has. */
static void fill_slot(struct cmm_pool *pool, struct cmm_buf *buf)
{
	struct cmm_frame *frame = pop(&pool->empty);

	frame->buf = buf;
	push(&pool->free, frame);
	pool->stats.count++;
}

/* Puts the frames on the free list in ascending order of index. */
static void sort_new(struct cmm_pool *pool)
{
	struct cmm_frame *frame, *sorted = NULL;

	while ((frame = pop(&pool->free)))
		push(&sorted, frame);
	pool->free = sorted;
}

static int alloc_frames(struct cmm_pool *pool, unsigned int count)
{
	struct cmm_buf *bufs[CMM_MAX_COUNT];
	unsigned int i, n;

	for (; count; count -= n) {
		n = count < CMM_MAX_COUNT ? count : CMM_MAX_COUNT;
		if (cmm_buf_alloc_array(pool->zone, pool->len, pool->align,
					pool->flags, pool->name, bufs, n))
			return -1;
		for (i = 0; i < n; i++)
			fill_slot(pool, bufs[i]);
	}
	sort_new(pool);
	return 0;
}

struct cmm_pool *cmm_pool_alloc(struct cmm_zone *zone, size_t len, size_t align,
				unsigned int flags, const char *name,
				unsigned int count, unsigned int limit)
{
	size_t name_size = name ? strlen(name) + 1 : 0;
	struct cmm_pool *pool;

	if (count > limit || name_size > sizeof(pool->name)) {
		errno = EINVAL;
		return NULL;
	}
	pool = pool_new(zone, limit);
	if (!pool)
		return NULL;
	pool->len = len;
	pool->align = align;
	pool->flags = flags;
	if (name)
		memcpy(pool->name, name, name_size);
	if (alloc_frames(pool, count)) {
		cmm_pool_close(pool);
		return NULL;
	}
	return pool;
}

/* Two frames must not have the same memory. Sets errno if @fd is one of @count @fds. */
static bool has_fd(const int *fds, unsigned int count, int fd)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (fds[i] == fd) {
			errno = EINVAL;
			return true;
		}
	}
	return false;
}

struct cmm_pool *cmm_pool_import(struct cmm_zone *zone, const int *fds,
				 unsigned int count)
{
	struct cmm_pool *pool = pool_new(zone, count);
	struct cmm_buf *buf;
	unsigned int i;

	if (!pool)
		return NULL;
	for (i = 0; i < count; i++) {
		buf = has_fd(fds, i, fds[i]) ? NULL : cmm_buf_import(zone, fds[i]);
		if (!buf) {
			cmm_pool_close(pool);
			return NULL;
		}
		fill_slot(pool, buf);
	}
	sort_new(pool);
	return pool;
}

void cmm_pool_shutdown(struct cmm_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->shut_down = true;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}

void cmm_pool_close(struct cmm_pool *pool)
{
	struct cmm_frame *frame;

	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->shut_down = true;	/* a queue may still ask for frames */
	pool->closed = true;
	while ((frame = pop(&pool->free)))
		cmm_buf_close(frame->buf);
	unlock(pool);
}

/* --- frames in use --- */

/*
 * Allocates memory for an empty slot. The caller holds the lock, which is released
 * during the allocation: other threads may put frames and shut the pool down. Returns a
 * frame that is on no list, or NULL with errno set.
 */
static struct cmm_frame *grow(struct cmm_pool *pool)
{
	struct cmm_frame *frame = pop(&pool->empty);

	pthread_mutex_unlock(&pool->lock);
	frame->buf = cmm_buf_alloc(pool->zone, pool->len, pool->align,
				   pool->flags, pool->name);
	pthread_mutex_lock(&pool->lock);
	if (frame->buf) {
		pool->stats.count++;
		return frame;
	}
	pool->grow_error = errno;
	push(&pool->empty, frame);
	pthread_cond_broadcast(&pool->changed);
	return NULL;
}

/* No frame can become free: none has memory, and no thread allocates the last slot. */
static bool has_no_frame(const struct cmm_pool *pool)
{
	return !pool->stats.count && pool->empty;
}

/*
 * Waits until a frame is free. Returns 0, or -1 with errno set if no frame comes or the
 * pool is shut down. The caller holds the lock.
 */
static int wait_for_frame(struct cmm_pool *pool, int timeout_ms)
{
	const struct deadline end = deadline_in(timeout_ms);
	int error = 0;

	if (timeout_ms)
		pool->stats.waits++;
	while (!pool->free && !pool->shut_down && !has_no_frame(pool) && !error)
		error = deadline_wait(&pool->changed, &pool->lock, &end);
	if (pool->free)
		return 0;
	errno = has_no_frame(pool) ? pool->grow_error : error;
	return -1;
}

/*
 * Returns a frame that is on no list, or NULL with errno set. The caller holds the lock,
 * and checks for a shutdown before and after.
 */
static struct cmm_frame *take(struct cmm_pool *pool, int timeout_ms)
{
	struct cmm_frame *frame;

	if (!pool->free && pool->empty) {
		frame = grow(pool);
		if (frame)
			return frame;
		if (!pool->free && (!timeout_ms || !pool->stats.count))
			return NULL;
	}
	if (!pool->free && wait_for_frame(pool, timeout_ms))
		return NULL;
	return pop(&pool->free);
}

/* Makes the caller of cmm_pool_get() the frame's first user. The lock is held. */
static void start_use(struct cmm_pool *pool, struct cmm_frame *frame)
{
	atomic_store_explicit(&frame->refs, 1, memory_order_relaxed);
	pool->stats.gets++;
	if (++pool->stats.used > pool->stats.peak)
		pool->stats.peak = pool->stats.used;
}

struct cmm_frame *cmm_pool_get(struct cmm_pool *pool, int timeout_ms)
{
	struct cmm_frame *frame = NULL;

	pthread_mutex_lock(&pool->lock);
	if (!pool->shut_down)
		frame = take(pool, timeout_ms);
	if (pool->shut_down) {
		if (frame)
			push(&pool->free, frame);
		frame = NULL;
		errno = ESHUTDOWN;
	}
	if (frame)
		start_use(pool, frame);
	else
		pool->stats.failures++;
	unlock(pool);
	return frame;
}

struct cmm_frame *cmm_frame_ref(struct cmm_frame *frame)
{
	atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
	return frame;
}

/* Gives a frame without users to the recycler, or makes it free. The lock is held. */
static void recycle(struct cmm_pool *pool, struct cmm_frame *frame)
{
	if (pool->recycler) {
		/* The recycler may pass it on at once. */
		atomic_store_explicit(&frame->refs, 1, memory_order_relaxed);
		if (pool->recycler->take(pool->recycler, frame))
			return;
		atomic_store_explicit(&frame->refs, 0, memory_order_relaxed);
	}
	pool->stats.used--;
	push(&pool->free, frame);
	pthread_cond_signal(&pool->changed);
}

void cmm_frame_put(struct cmm_frame *frame)
{
	struct cmm_pool *pool;
	int saved = errno;

	if (!frame || atomic_fetch_sub_explicit(&frame->refs, 1,
						memory_order_acq_rel) != 1)
		return;
	pool = frame->pool;
	pthread_mutex_lock(&pool->lock);
	if (pool->closed) {
		pool->stats.used--;
		cmm_buf_close(frame->buf);
	} else {
		recycle(pool, frame);
	}
	unlock(pool);
	errno = saved;
}

struct cmm_buf *cmm_frame_buf(const struct cmm_frame *frame)
{
	return frame->buf;
}

unsigned int cmm_frame_index(const struct cmm_frame *frame)
{
	return frame->index;
}

void cmm_pool_stats_sized(struct cmm_pool *pool, struct cmm_pool_stats *stats,
			  size_t size)
{
	struct cmm_pool_stats now;

	pthread_mutex_lock(&pool->lock);
	now = pool->stats;
	pthread_mutex_unlock(&pool->lock);
	copy_sized(stats, size, &now, sizeof(now));
}

/* --- for queues of devices --- */

int pool_join(struct cmm_pool *pool, struct recycler *recycler)
{
	bool taken;

	pthread_mutex_lock(&pool->lock);
	taken = recycler && pool->recycler;
	if (!taken) {
		pool->queues++;
		if (recycler)
			pool->recycler = recycler;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!taken)
		return 0;
	errno = EBUSY;
	return -1;
}

void pool_leave(struct cmm_pool *pool, struct recycler *recycler)
{
	pthread_mutex_lock(&pool->lock);
	pool->queues--;
	if (recycler)
		pool->recycler = NULL;
	unlock(pool);
}

unsigned int pool_limit(const struct cmm_pool *pool)
{
	return pool->stats.limit;
}

struct cmm_pool *frame_pool(const struct cmm_frame *frame)
{
	return frame->pool;
}
