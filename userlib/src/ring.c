// SPDX-License-Identifier: MIT
/*
 * A ring of frames between a program and a V4L2 device: see cmm_ring.h.
 *
 * The slot of a frame in the device's queue has the frame's index in its pool. So a slot
 * always gets the same memory, and the driver keeps it mapped. While a frame is queued,
 * the ring has its only reference (capture) or an additional one (output), and its buffer
 * counts as queued.
 *
 * Lock order: the pool's lock, then the ring's.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmm_ring.h>

#include "deadline.h"
#include "explain.h"
#include "internal.h"
#include "pool.h"
#include "video.h"

struct slot {
	struct cmm_frame *frame;		/* a reference while it is queued, or NULL */
	struct cmm_buf *views[CMM_MAX_PLANES];	/* owned; NULL if the frame needs none */
};

struct cmm_ring {
	struct recycler recycler;
	struct cmm_pool *pool;
	bool owns_pool;
	bool has_slots;			/* in the device */
	struct video_queue queue;	/* never changes */

	pthread_mutex_t lock;		/* for all below */
	pthread_cond_t changed;		/* a frame was queued, or the members below changed */
	bool running;
	unsigned int queued;
	int error;			/* of a frame that was put; 0 if none failed */
	bool has_sequence;
	uint32_t sequence;		/* of the last frame */
	uint64_t lost;
	struct slot slots[CMM_RING_MAX];
};

static bool is_capture(const struct cmm_ring *ring)
{
	return !V4L2_TYPE_IS_OUTPUT(ring->queue.type);
}

/* --- where the buffers of the device lie in a frame --- */

static size_t round_to_page(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* The start of buffer @i of the device. For @i == buffers: the size of a frame. */
static size_t start_of(const struct video_queue *queue, unsigned int i)
{
	size_t start = 0;

	while (i-- > 0)
		start += round_to_page(queue->size[i]);
	return start;
}

int cmm_ring_layout(const struct cmm_ring *ring, struct cmm_layout *layout)
{
	const struct video_queue *queue = &ring->queue;
	const struct cmm_format *format = cmm_format_by_v4l2(queue->fourcc);
	struct cmm_layout_given given = { .stride = { 0 } };
	unsigned int i;

	if (!format)
		return -1;
	for (i = 0; i < queue->buffers; i++) {
		given.stride[i] = queue->stride[i];
		given.offset[i] = start_of(queue, i);
	}
	i = queue->buffers - 1;
	given.len[0] = start_of(queue, i) + queue->size[i];
	return cmm_layout_from_strides(layout, format, queue->width,
				       queue->height, &given);
}

/* --- queueing; the caller holds the ring's lock --- */

/* Makes the views of a frame that the device needs. They last as long as the ring. */
static int make_views(struct cmm_ring *ring, struct slot *slot, struct cmm_buf *buf)
{
	const struct video_queue *queue = &ring->queue;
	unsigned int i;

	for (i = 0; i < queue->buffers && !slot->views[i]; i++) {
		slot->views[i] = cmm_buf_view(buf, start_of(queue, i),
					      round_to_page(queue->size[i]),
					      CMM_VIEW_WRITABLE);
		if (!slot->views[i])
			return explain_failure(errno,
					       "The driver '%s' needs a descriptor for each plane, and the frame cannot be split into views: %s.",
				    queue->driver, cmm_strerror(errno));
	}
	return 0;
}

/* Fills @fds with the descriptors of a frame. */
static int get_fds(struct cmm_ring *ring, struct cmm_frame *frame, int *fds)
{
	struct slot *slot = &ring->slots[cmm_frame_index(frame)];
	const struct video_queue *queue = &ring->queue;
	struct cmm_buf *buf = cmm_frame_buf(frame);
	unsigned int i;

	if (buf->len < start_of(queue, queue->buffers))
		return explain_failure(EINVAL,
				       "A frame of %zu bytes is too small: the driver '%s' needs %zu bytes; make the pool with larger frames.",
			    buf->len, queue->driver,
			    start_of(queue, queue->buffers));
	fds[0] = buf->fd;
	if (queue->buffers == 1)
		return 0;
	if (make_views(ring, slot, buf))
		return -1;
	for (i = 0; i < queue->buffers; i++)
		fds[i] = slot->views[i]->fd;
	return 0;
}

/* Gives a frame to the device. On success the ring owns the caller's reference. */
static int enqueue(struct cmm_ring *ring, struct cmm_frame *frame,
		   struct video_frame *request)
{
	struct cmm_buf *buf = cmm_frame_buf(frame);
	int fds[CMM_MAX_PLANES];

	if (get_fds(ring, frame, fds))
		return -1;
	atomic_fetch_add(&buf->queued, 1);
	if (video_enqueue(&ring->queue, request, fds)) {
		atomic_fetch_sub(&buf->queued, 1);
		return -1;
	}
	ring->slots[cmm_frame_index(frame)].frame = frame;
	ring->queued++;
	pthread_cond_signal(&ring->changed);
	return 0;
}

static int enqueue_empty(struct cmm_ring *ring, struct cmm_frame *frame)
{
	struct video_frame request;

	video_frame_init(&ring->queue, &request, cmm_frame_index(frame));
	return enqueue(ring, frame, &request);
}

/* Ends the device's ownership of a slot. Returns the frame with the ring's reference. */
static struct cmm_frame *leave_slot(struct cmm_ring *ring, struct slot *slot)
{
	struct cmm_frame *frame = slot->frame;

	slot->frame = NULL;
	ring->queued--;
	atomic_fetch_sub(&cmm_frame_buf(frame)->queued, 1);
	return frame;
}

/* A frame of the pool has lost its last user. Called with the pool's lock. */
static bool take_frame(struct recycler *recycler, struct cmm_frame *frame)
{
	struct cmm_ring *ring = (struct cmm_ring *)recycler;
	bool taken = false;

	pthread_mutex_lock(&ring->lock);
	if (ring->running) {
		taken = !enqueue_empty(ring, frame);
		if (!taken)
			ring->error = errno;
		pthread_cond_signal(&ring->changed);
	}
	pthread_mutex_unlock(&ring->lock);
	return taken;
}

/* --- starting and stopping --- */

/* Gives the pool's free frames to the device. Returns -1 if it rejects one. */
static int enqueue_free(struct cmm_ring *ring)
{
	struct cmm_frame *frame;
	int ret = 0;

	while (!ret && (frame = cmm_pool_get(ring->pool, 0))) {
		pthread_mutex_lock(&ring->lock);
		ret = enqueue_empty(ring, frame);
		pthread_mutex_unlock(&ring->lock);
		if (ret)
			cmm_frame_put(frame);
	}
	return ret;
}

/* Puts the frames that the device gave up. */
static void release_all(struct cmm_ring *ring)
{
	struct cmm_frame *frame;
	unsigned int i;

	for (i = 0; i < CMM_RING_MAX; i++) {
		frame = NULL;
		pthread_mutex_lock(&ring->lock);
		if (ring->slots[i].frame)
			frame = leave_slot(ring, &ring->slots[i]);
		pthread_mutex_unlock(&ring->lock);
		cmm_frame_put(frame);
	}
}

/* Returns whether the ring was running. The recycler gets no frame afterwards. */
static bool set_stopped(struct cmm_ring *ring)
{
	bool was;

	pthread_mutex_lock(&ring->lock);
	was = ring->running;
	ring->running = false;
	ring->error = 0;
	pthread_cond_broadcast(&ring->changed);
	pthread_mutex_unlock(&ring->lock);
	return was;
}

/* From now on, frames that are put go to the device. */
static int set_running(struct cmm_ring *ring)
{
	bool was;

	pthread_mutex_lock(&ring->lock);
	was = ring->running;
	ring->running = true;
	ring->has_sequence = false;
	ring->lost = 0;
	pthread_mutex_unlock(&ring->lock);
	if (was)
		return explain_failure(EBUSY,
				       "The ring of driver '%s' is running already.",
			    ring->queue.driver);
	return 0;
}

int cmm_ring_start(struct cmm_ring *ring)
{
	int saved;

	if (set_running(ring))
		return -1;
	if ((!is_capture(ring) || !enqueue_free(ring)) &&
	    !video_stream(&ring->queue, true))
		return 0;
	saved = errno;
	cmm_ring_stop(ring);
	errno = saved;
	return -1;
}

int cmm_ring_stop(struct cmm_ring *ring)
{
	if (!set_stopped(ring))
		return 0;
	if (video_stream(&ring->queue, false))
		return -1;
	release_all(ring);
	return 0;
}

/* --- opening and closing --- */

/* Returns a ring without a pool, or NULL. */
static struct cmm_ring *ring_new(int fd, unsigned int direction)
{
	struct cmm_ring *ring;

	if (direction != CMM_RING_CAPTURE && direction != CMM_RING_OUTPUT) {
		explain_failure(EINVAL,
				"The direction of a ring is CMM_RING_CAPTURE or CMM_RING_OUTPUT.");
		return NULL;
	}
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return NULL;
	ring->recycler.take = take_frame;
	pthread_mutex_init(&ring->lock, NULL);
	deadline_cond_init(&ring->changed);
	if (!video_open(&ring->queue, fd, direction == CMM_RING_CAPTURE))
		return ring;
	cmm_ring_close(ring);
	return NULL;
}

static struct recycler *recycler_of(struct cmm_ring *ring)
{
	return is_capture(ring) ? &ring->recycler : NULL;
}

/*
 * Asks the driver for a slot for each of @count frames. It makes more if it needs more.
 * Returns their number, or -1.
 */
static int make_slots(struct cmm_ring *ring, unsigned int count)
{
	int slots = video_request(&ring->queue, count);

	ring->has_slots = slots > 0;
	if (slots < 0 || ((unsigned int)slots >= count && slots <= CMM_RING_MAX))
		return slots;
	return explain_failure(EINVAL,
			       "The driver '%s' works with %d frames, not %u.",
		    ring->queue.driver, slots, count);
}

/* Joins a pool with @slots frames. */
static int join_pool(struct cmm_ring *ring, struct cmm_pool *pool, int slots)
{
	if (pool_limit(pool) != (unsigned int)slots)
		return explain_failure(EINVAL,
				       "The driver '%s' needs %d frames, and the pool has %u.",
			    ring->queue.driver, slots, pool_limit(pool));
	if (pool_join(pool, recycler_of(ring)))
		return explain_failure(EBUSY,
				       "The pool has a capture ring already; make a pool for each camera.");
	ring->pool = pool;
	return 0;
}

static int check_count(unsigned int count)
{
	if (count && count <= CMM_RING_MAX)
		return 0;
	return explain_failure(EINVAL,
			       "A ring has 1 to %d frames, not %u.", CMM_RING_MAX, count);
}

struct cmm_ring *cmm_ring_open_pool(int fd, unsigned int direction,
				    struct cmm_pool *pool)
{
	struct cmm_ring *ring;
	int slots;

	if (check_count(pool_limit(pool)))
		return NULL;
	ring = ring_new(fd, direction);
	if (!ring)
		return NULL;
	slots = make_slots(ring, pool_limit(pool));
	if (slots > 0 && !join_pool(ring, pool, slots))
		return ring;
	cmm_ring_close(ring);
	return NULL;
}

/* Makes a pool of frames of the size that the driver demands. */
static int make_pool(struct cmm_ring *ring, struct cmm_zone *zone, int slots)
{
	struct cmm_pool *pool;

	pool = cmm_pool_alloc(zone, start_of(&ring->queue, ring->queue.buffers),
			      0, 0, "ring", (unsigned int)slots,
			      (unsigned int)slots);
	if (!pool)
		return -1;
	ring->owns_pool = true;
	return join_pool(ring, pool, slots);
}

struct cmm_ring *cmm_ring_open(int fd, unsigned int direction,
			       struct cmm_zone *zone, unsigned int count)
{
	struct cmm_ring *ring;
	int slots;

	if (check_count(count))
		return NULL;
	ring = ring_new(fd, direction);
	if (!ring)
		return NULL;
	slots = make_slots(ring, count);
	if (slots > 0 && !make_pool(ring, zone, slots))
		return ring;
	cmm_ring_close(ring);
	return NULL;
}

void cmm_ring_close(struct cmm_ring *ring)
{
	int saved = errno;
	unsigned int i, plane;

	if (!ring)
		return;
	cmm_ring_stop(ring);
	if (ring->has_slots)
		video_request(&ring->queue, 0);
	release_all(ring);
	for (i = 0; i < CMM_RING_MAX; i++)
		for (plane = 0; plane < CMM_MAX_PLANES; plane++)
			cmm_buf_close(ring->slots[i].views[plane]);
	if (ring->pool) {
		pool_leave(ring->pool, recycler_of(ring));
		if (ring->owns_pool)
			cmm_pool_close(ring->pool);
	}
	pthread_cond_destroy(&ring->changed);
	pthread_mutex_destroy(&ring->lock);
	free(ring);
	errno = saved;
}

struct cmm_pool *cmm_ring_pool(const struct cmm_ring *ring)
{
	return ring->pool;
}

/* --- frames --- */

/* Copies what the caller says about an output frame. */
static int take_info(const struct cmm_ring *ring, struct video_frame *request,
		     const struct cmm_ring_info *info)
{
	const struct video_queue *queue = &ring->queue;
	uint64_t ns = info ? info->timestamp_ns : 0;
	uint32_t used;
	unsigned int i;

	for (i = 0; i < queue->buffers; i++) {
		used = info && info->used[i] ? info->used[i] : queue->size[i];
		if (used > queue->size[i])
			return explain_failure(EINVAL,
					       "%u bytes are more than the %u bytes of buffer %u of driver '%s'.",
				    used, queue->size[i], i, queue->driver);
		video_set_used(queue, request, i, used);
	}
	request->buffer.timestamp.tv_sec = (time_t)(ns / 1000000000);
	request->buffer.timestamp.tv_usec = (suseconds_t)(ns % 1000000000 / 1000);
	return 0;
}

static int not_running(const struct cmm_ring *ring)
{
	return explain_failure(ECANCELED,
			       "The ring of driver '%s' is not running, or was stopped; call cmm_ring_start().",
		    ring->queue.driver);
}

/* cmm_ring_queue(), with the ring's lock. */
static int queue_locked(struct cmm_ring *ring, struct cmm_frame *frame,
			struct video_frame *request)
{
	if (!ring->running)
		return not_running(ring);
	if (ring->slots[cmm_frame_index(frame)].frame)
		return explain_failure(EBUSY,
				       "The ring of driver '%s' has this frame already; wait until cmm_ring_get() returns it.",
			    ring->queue.driver);
	if (enqueue(ring, cmm_frame_ref(frame), request)) {
		cmm_frame_put(frame);	/* not the last reference */
		return -1;
	}
	return 0;
}

int cmm_ring_queue(struct cmm_ring *ring, struct cmm_frame *frame,
		   const struct cmm_ring_info *info)
{
	struct video_frame request;
	int ret;

	if (is_capture(ring) || frame_pool(frame) != ring->pool)
		return explain_failure(EINVAL,
				       "A program can queue only frames of the ring's pool, and only to an output ring.");
	video_frame_init(&ring->queue, &request, cmm_frame_index(frame));
	if (take_info(ring, &request, info))
		return -1;
	pthread_mutex_lock(&ring->lock);
	ret = queue_locked(ring, frame, &request);
	pthread_mutex_unlock(&ring->lock);
	return ret;
}

static int timed_out(const struct cmm_ring *ring, int error)
{
	return explain_failure(error,
			       "The device of driver '%s' has not finished a frame in time.",
		    ring->queue.driver);
}

/*
 * Waits until the device has a frame. Fails if the ring is stopped, or the device
 * rejected a frame.
 */
static int wait_queued(struct cmm_ring *ring, const struct deadline *end)
{
	int error = 0;

	pthread_mutex_lock(&ring->lock);
	while (ring->running && !ring->error && !ring->queued && !error)
		error = deadline_wait(&ring->changed, &ring->lock, end);
	if (!ring->running)
		error = not_running(ring);
	else if (ring->error)
		error = explain_failure(ring->error,
					"The driver '%s' did not accept a frame that was put: %s.",
			     ring->queue.driver, cmm_strerror(ring->error));
	else if (error)
		error = timed_out(ring, error);
	ring->error = 0;
	pthread_mutex_unlock(&ring->lock);
	return error;
}

/* Describes a frame. Counts those that the device dropped. The lock is held. */
static void describe(struct cmm_ring *ring, const struct video_frame *from,
		     struct cmm_ring_info *info)
{
	const struct v4l2_buffer *buffer = &from->buffer;
	int32_t step = (int32_t)(buffer->sequence - ring->sequence);
	unsigned int i;

	*info = (struct cmm_ring_info) {
		.timestamp_ns = (uint64_t)buffer->timestamp.tv_sec * 1000000000 +
				(uint64_t)buffer->timestamp.tv_usec * 1000,
		.sequence = buffer->sequence,
		.gap = ring->has_sequence && step > 1 ? (uint32_t)step - 1 : 0,
		.flags = buffer->flags,
		.buffers = ring->queue.buffers,
	};
	for (i = 0; i < ring->queue.buffers; i++) {
		info->used[i] = video_used(&ring->queue, from, i);
		info->skip[i] = video_skip(&ring->queue, from, i);
	}
	ring->has_sequence = true;
	ring->sequence = buffer->sequence;
	ring->lost += info->gap;
	info->lost = ring->lost;
}

/*
 * Takes a finished frame. The lock protects the slots: a stop during the call would
 * release them. Returns NULL with errno set, EAGAIN if no frame is finished.
 */
static struct cmm_frame *dequeue(struct cmm_ring *ring, struct cmm_ring_info *info)
{
	struct cmm_frame *frame = NULL;
	struct video_frame from;

	pthread_mutex_lock(&ring->lock);
	if (!video_dequeue(&ring->queue, &from)) {
		frame = leave_slot(ring, &ring->slots[from.buffer.index]);
		describe(ring, &from, info);
	}
	pthread_mutex_unlock(&ring->lock);
	return frame;
}

struct cmm_frame *cmm_ring_get_sized(struct cmm_ring *ring,
				     struct cmm_ring_info *info, size_t size,
				     int timeout_ms)
{
	const struct deadline end = deadline_in(timeout_ms);
	struct cmm_ring_info known;
	struct cmm_frame *frame;
	int ready;

	do {
		if (wait_queued(ring, &end))
			return NULL;
		ready = video_wait(&ring->queue, deadline_left(&end));
		if (ready < 0)
			return NULL;
		if (!ready) {
			timed_out(ring, deadline_error(&end));
			return NULL;
		}
		frame = dequeue(ring, &known);
	} while (!frame && errno == EAGAIN);
	if (frame && info)
		copy_sized(info, size, &known, sizeof(known));
	return frame;
}
