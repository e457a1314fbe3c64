/* SPDX-License-Identifier: MIT */
/*
 * Frame pools: equal buffers that threads get, share and put back.
 *
 * A pool holds its frames until it is closed, so a camera or an encoder always finds
 * its memory. A frame has a reference count. The last put returns it to the pool:
 *
 *	struct cmm_pool *pool = cmm_pool_alloc(zone, size, 0, 0, "frame", 4, 4);
 *	struct cmm_frame *frame = cmm_pool_get(pool, 100);
 *
 *	fill(cmm_buf_map(cmm_frame_buf(frame)));
 *	send_to_thread(cmm_frame_ref(frame));	// the thread calls cmm_frame_put()
 *	cmm_frame_put(frame);
 *	cmm_pool_close(pool);			// the last put frees the memory
 *
 * Threads
 *
 * - Any number of threads may get frames of one pool, and reference and put frames.
 * - cmm_pool_get() and cmm_frame_put() make no system call, unless they wait for another
 *   thread, wake one, or allocate a frame.
 * - The buffer of a frame follows the rule of cmm.h: only one thread at a time may use
 *   it. A thread that only reads a mapped buffer may do so beside other readers: call
 *   cmm_buf_map() before you share the frame.
 *
 * The conventions of cmm.h apply: a function that fails returns NULL or -1, sets errno,
 * and has no effect.
 */
#ifndef CMM_POOL_H
#define CMM_POOL_H

#include <cmm.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct cmm_pool;
struct cmm_frame;

/* Maximum number of frames of one pool. */
#define CMM_POOL_MAX	1024

/**
 * struct cmm_pool_stats - how a pool is used
 * @count: frames that have memory
 * @limit: maximum of @count
 * @used: frames that are in use, by a device also
 * @peak: the highest value of @used so far
 * @gets: frames that cmm_pool_get() has returned
 * @waits: calls of cmm_pool_get() that had to wait
 * @failures: calls of cmm_pool_get() that failed
 *
 * Later versions may add members at the end.
 */
struct cmm_pool_stats {
	uint32_t count;
	uint32_t limit;
	uint32_t used;
	uint32_t peak;
	uint64_t gets;
	uint64_t waits;
	uint64_t failures;
};

/**
 * cmm_pool_alloc() - make a pool of new buffers
 * @zone: the zone to allocate from; the pool keeps a reference
 * @len: bytes of each frame, as in cmm_buf_alloc()
 * @align: as in cmm_buf_alloc()
 * @flags: as in cmm_buf_alloc()
 * @name: the label of all buffers, as in cmm_buf_alloc()
 * @count: frames to allocate now, 0 to @limit
 * @limit: maximum number of frames, 1 to CMM_POOL_MAX
 *
 * With @limit equal to @count, the pool never allocates again. With a higher @limit,
 * cmm_pool_get() allocates another frame when all frames are in use. The pool keeps that
 * frame until it is closed: it never shrinks.
 *
 * Errors: as cmm_buf_alloc(); EINVAL @limit is 0 or less than @count; E2BIG @limit is
 * more than CMM_POOL_MAX.
 *
 * Return: the pool, which the caller closes with cmm_pool_close(), or NULL.
 */
struct cmm_pool *cmm_pool_alloc(struct cmm_zone *zone, size_t len, size_t align,
				unsigned int flags, const char *name,
				unsigned int count, unsigned int limit);

/**
 * cmm_pool_import() - make a pool of existing dma-bufs
 * @zone: the zone that must own the dma-bufs, or NULL for those of any exporter
 * @fds: array of @count descriptors, one for each frame; the library duplicates them,
 *	and the caller still owns its own
 * @count: 1 to CMM_POOL_MAX
 *
 * The dma-bufs may differ in length. The pool has these frames only: it never allocates.
 *
 * Errors: as cmm_buf_import(); EINVAL @count is 0, or @fds has a descriptor twice; E2BIG
 * @count is more than CMM_POOL_MAX. Duplicates of one descriptor are not noticed: pass
 * different dma-bufs.
 *
 * Return: the pool, which the caller closes with cmm_pool_close(), or NULL.
 */
struct cmm_pool *cmm_pool_import(struct cmm_zone *zone, const int *fds,
				 unsigned int count);

/**
 * cmm_pool_close() - close a pool
 * @pool: a pool, or NULL
 *
 * Frees the frames that are not in use. A frame in use stays valid, and its last put
 * frees it. No other call with @pool may run at the same time or follow: first call
 * cmm_pool_shutdown(), and join the threads that get frames. Calls of cmm_frame_put()
 * may run at the same time and follow. Rings that use the pool may stay open. Preserves
 * errno.
 */
void cmm_pool_close(struct cmm_pool *pool);

/**
 * cmm_pool_shutdown() - stop the threads that get frames
 * @pool: a pool, or NULL
 *
 * All calls of cmm_pool_get(), also those that wait, fail with ESHUTDOWN from now on.
 * Frames in use stay valid, and a put returns them to the pool. Any thread may call this,
 * until the pool is closed. Preserves errno.
 *
 * A program stops its threads in this order: shut the pool down, join the threads,
 * close the pool.
 */
void cmm_pool_shutdown(struct cmm_pool *pool);

/**
 * cmm_pool_get() - get a frame that is not in use
 * @pool: a pool
 * @timeout_ms: how long to wait for a frame, in milliseconds: 0 not at all, negative
 *	for ever
 *
 * Returns the free frame that was put last, because its data may still be in the CPU's
 * caches. The contents are those of the frame's last user. A new frame is zero, see
 * cmm_buf_alloc(). If all frames are in use and the limit allows it, allocates another
 * one. If that fails, waits for a frame that is put, and does not allocate again.
 *
 * Errors: EAGAIN no frame is free, and @timeout_ms is 0; ETIMEDOUT no frame was put in
 * time; ESHUTDOWN cmm_pool_shutdown() was called. The errors of cmm_buf_alloc() if
 * the pool has no frame at all, or if @timeout_ms is 0 and the limit is not reached.
 *
 * Return: the frame with one reference, which the caller drops with cmm_frame_put(), or
 * NULL.
 */
struct cmm_frame *cmm_pool_get(struct cmm_pool *pool, int timeout_ms);

/**
 * cmm_pool_stats_sized() - cmm_pool_stats() for callers that cannot use inlines
 * @pool: a pool
 * @stats: filled up to @size bytes; unknown members are zero
 * @size: sizeof(struct cmm_pool_stats) as the caller knows it
 */
void cmm_pool_stats_sized(struct cmm_pool *pool, struct cmm_pool_stats *stats,
			  size_t size);

/**
 * cmm_pool_stats() - how a pool is used
 * @pool: a pool
 * @stats: filled
 *
 * All members describe the same moment.
 */
static inline void cmm_pool_stats(struct cmm_pool *pool,
				  struct cmm_pool_stats *stats)
{
	cmm_pool_stats_sized(pool, stats, sizeof(*stats));
}

/**
 * cmm_frame_ref() - take another reference to a frame
 * @frame: a frame to which the caller has a reference
 *
 * Return: @frame. The new reference needs its own cmm_frame_put().
 */
struct cmm_frame *cmm_frame_ref(struct cmm_frame *frame);

/**
 * cmm_frame_put() - drop a reference to a frame
 * @frame: a frame to which the caller has a reference, or NULL
 *
 * The last put returns the frame to its pool, or frees it if the pool is closed. End
 * each access of the CPU before. Preserves errno.
 */
void cmm_frame_put(struct cmm_frame *frame);

/**
 * cmm_frame_buf() - the buffer of a frame
 * @frame: a frame
 *
 * Return: the buffer. The frame owns it: do not close it. It stays mapped when the frame
 * returns to the pool.
 */
struct cmm_buf *cmm_frame_buf(const struct cmm_frame *frame);

/**
 * cmm_frame_index() - the number of a frame in its pool
 * @frame: a frame
 *
 * Return: 0 to the pool's limit less 1. A frame keeps its number until the pool is
 * closed, and no other frame of the pool has it. In an imported pool it is the index in
 * the array of descriptors. Use it as the index of an array with your own data for each
 * frame.
 */
unsigned int cmm_frame_index(const struct cmm_frame *frame);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* CMM_POOL_H */
