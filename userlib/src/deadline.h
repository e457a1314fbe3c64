/* SPDX-License-Identifier: MIT */
/*
 * The end of a wait, from a timeout in milliseconds: 0 does not wait, a negative timeout
 * waits for ever.
 */
#ifndef CMM_DEADLINE_H
#define CMM_DEADLINE_H

#include <errno.h>
#include <pthread.h>
#include <time.h>

struct deadline {
	int timeout_ms;
	struct timespec at;	/* on CLOCK_MONOTONIC, if @timeout_ms is positive */
};

static inline struct deadline deadline_in(int timeout_ms)
{
	struct deadline end = { .timeout_ms = timeout_ms };

	if (timeout_ms <= 0)
		return end;
	clock_gettime(CLOCK_MONOTONIC, &end.at);
	end.at.tv_sec += timeout_ms / 1000;
	end.at.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (end.at.tv_nsec >= 1000000000L) {
		end.at.tv_sec++;
		end.at.tv_nsec -= 1000000000L;
	}
	return end;
}

/* Milliseconds until @end, rounded up, as poll() takes them. */
static inline int deadline_left(const struct deadline *end)
{
	struct timespec now;
	long long ns;

	if (end->timeout_ms <= 0)
		return end->timeout_ms;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (end->at.tv_sec - now.tv_sec) * 1000000000LL +
	     (end->at.tv_nsec - now.tv_nsec);
	return ns <= 0 ? 0 : (int)((ns + 999999) / 1000000);
}

/* The errno of a wait that got nothing. */
static inline int deadline_error(const struct deadline *end)
{
	return end->timeout_ms ? ETIMEDOUT : EAGAIN;
}

/*
 * Waits once for @cond, which uses CLOCK_MONOTONIC. The caller holds @lock and checks its
 * condition again. Returns 0 or deadline_error().
 */
static inline int deadline_wait(pthread_cond_t *cond, pthread_mutex_t *lock,
				const struct deadline *end)
{
	if (end->timeout_ms < 0)
		return pthread_cond_wait(cond, lock);
	return end->timeout_ms ? pthread_cond_timedwait(cond, lock, &end->at) :
				 deadline_error(end);
}

/* Initializes a condition for deadline_wait(). */
static inline void deadline_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

#endif /* CMM_DEADLINE_H */
