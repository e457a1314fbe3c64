// SPDX-License-Identifier: MIT
/*
 * Allocates buffers from a zone, all or none.
 *
 * Does everything that can fail in the library before it calls the kernel, so every
 * new descriptor has its struct cmm_buf.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include <linux/cmm.h>

#include "explain.h"
#include "heap.h"
#include "internal.h"

static_assert(CMM_MAX_COUNT == CMM_ALLOC_MAX_COUNT, "one limit");

static const struct flag alloc_flags[] = {
	{ CMM_ALLOC_WC, CMM_BUF_WC },
};

/* The kernel's answer to the thread's last allocation; bytes. */
static _Thread_local struct {
	uint64_t largest_free;
	uint64_t total_free;
} failure;

void cmm_buf_alloc_failure(uint64_t *largest_free, uint64_t *total_free)
{
	if (largest_free)
		*largest_free = failure.largest_free;
	if (total_free)
		*total_free = failure.total_free;
}

/* Fills all of @bufs, or returns -1 with ENOMEM and some of them NULL. */
static int new_bufs(struct cmm_zone *zone, struct cmm_buf **bufs,
		    unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		bufs[i] = cmm_buf_new(zone);
		if (!bufs[i])
			return -1;
	}
	return 0;
}

/* Labels @request with @name, which may be NULL. */
static int set_name(struct cmm_alloc *request, const char *name)
{
	size_t size = name ? strlen(name) + 1 : 0;

	if (size > sizeof(request->name)) {
		errno = EINVAL;
		return -1;
	}
	if (size)
		memcpy(request->name, name, size);
	return 0;
}

static void close_fds(const int32_t *fds, unsigned int count)
{
	int saved = errno;

	while (count-- > 0)
		close(fds[count]);
	errno = saved;
}

bool is_short(int errnum)
{
	return errnum == ENOSPC || errnum == ENOBUFS || errnum == EDQUOT;
}

static int ask_kernel(struct cmm_zone *zone, struct cmm_alloc *request)
{
	int ret;

	failure.largest_free = 0;
	failure.total_free = 0;
	ret = cmm_zone_call(zone, CMM_IOC_ALLOC, request);
	if (ret) {
		failure.largest_free = request->largest_free;
		failure.total_free = request->total_free;
	}
	return ret;
}

/* Whether a failed allocation of this thread must not call a reclaim function. */
static _Thread_local bool no_reclaim;

/* The reclaim function may allocate: a failure inside it does not call it again. */
bool zone_reclaim(const struct cmm_zone *zone, uint64_t bytes)
{
	if (!zone->reclaim || no_reclaim)
		return false;
	no_reclaim = true;
	zone->reclaim(bytes, zone->reclaim_arg);
	no_reclaim = false;
	return true;
}

static int alloc_from_zone(struct cmm_zone *zone, struct cmm_alloc *request)
{
	const struct cmm_alloc again = *request;

	if (!ask_kernel(zone, request))
		return 0;
	if (is_short(errno)) {
		int errnum = errno;

		if (zone_reclaim(zone, again.len * again.count)) {
			*request = again;
			if (!ask_kernel(zone, request))
				return 0;
			errnum = errno;
		}
		errno = errnum;
	}
	return explain_alloc(zone, &again, request);
}

/* Allocates the buffers of another backend, which has no call for several. */
static int alloc_from_heap(const struct cmm_zone *zone, struct cmm_alloc *request,
			   unsigned int flags, int32_t *fds)
{
	size_t len = (size_t)request->len;
	unsigned int i;

	if (!request->count) {
		errno = EINVAL;
		return -1;
	}
	for (i = 0; i < request->count; i++) {
		len = (size_t)request->len;
		fds[i] = heap_alloc(zone, &len, (size_t)request->align, flags,
				    request->name);
		if (fds[i] >= 0)
			continue;
		close_fds(fds, i);
		return -1;
	}
	request->len = len;
	return 0;
}

static int alloc_fds(struct cmm_zone *zone, struct cmm_alloc *request,
		     unsigned int flags, int32_t *fds)
{
	if (zone->backend != BACKEND_CMM)
		return alloc_from_heap(zone, request, flags, fds);
	if (cmm_flags_to_kernel(alloc_flags, 1, flags, &request->flags))
		return -1;
	return alloc_from_zone(zone, request);
}

int cmm_buf_alloc_array(struct cmm_zone *zone, size_t len, size_t align,
			unsigned int flags, const char *name,
			struct cmm_buf **bufs, unsigned int count)
{
	int32_t fds[CMM_MAX_COUNT];
	struct cmm_alloc request = {
		.len = len,
		.align = align,
		.fds = (uintptr_t)fds,
		.count = count,
		.fd_flags = O_CLOEXEC,
	};
	unsigned int i;

	failure.largest_free = 0;
	failure.total_free = 0;
	for (i = 0; i < count; i++)
		bufs[i] = NULL;

	if (count > CMM_MAX_COUNT) {
		errno = E2BIG;
		return -1;
	}
	if (set_name(&request, name) || new_bufs(zone, bufs, count) ||
	    alloc_fds(zone, &request, flags, fds))
		goto close_bufs;

	for (i = 0; i < count; i++) {
		bufs[i]->fd = fds[i];
		bufs[i]->len = (size_t)request.len;
	}
	return 0;

close_bufs:
	for (i = 0; i < count; i++) {
		cmm_buf_close(bufs[i]);
		bufs[i] = NULL;
	}
	return -1;
}

struct cmm_buf *cmm_buf_alloc(struct cmm_zone *zone, size_t len, size_t align,
			      unsigned int flags, const char *name)
{
	struct cmm_buf *buf;

	if (cmm_buf_alloc_array(zone, len, align, flags, name, &buf, 1))
		return NULL;
	return buf;
}

struct cmm_buf *buf_alloc_once(struct cmm_zone *zone, size_t len, unsigned int flags,
			       const char *name)
{
	const bool before = no_reclaim;
	struct cmm_buf *buf;

	no_reclaim = true;
	buf = cmm_buf_alloc(zone, len, 0, flags, name);
	no_reclaim = before;
	return buf;
}
