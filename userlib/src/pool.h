/* SPDX-License-Identifier: MIT */
/*
 * What a queue of a device needs from a pool.
 */
#ifndef CMM_POOL_INTERNAL_H
#define CMM_POOL_INTERNAL_H

#include <stdbool.h>

#include <cmm_pool.h>

/**
 * struct recycler - where frames go whose last reference was dropped
 * @take: called under the pool's lock with a frame that has one reference. Returns true
 *	if it keeps that reference, or false if the frame is to become free.
 */
struct recycler {
	bool (*take)(struct recycler *recycler, struct cmm_frame *frame);
};

/*
 * Keeps the memory of @pool until pool_leave(). @recycler may be NULL. Returns 0, or -1
 * with EBUSY if the pool has a recycler already.
 */
int pool_join(struct cmm_pool *pool, struct recycler *recycler);

/* Undoes pool_join(). The recycler is not called afterwards. */
void pool_leave(struct cmm_pool *pool, struct recycler *recycler);

/* Maximum number of frames. Never changes. */
unsigned int pool_limit(const struct cmm_pool *pool);

/* The pool of a frame. */
struct cmm_pool *frame_pool(const struct cmm_frame *frame);

#endif /* CMM_POOL_INTERNAL_H */
