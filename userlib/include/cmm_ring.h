/* SPDX-License-Identifier: MIT */
/*
 * libcmm: a ring of frames between a program and a V4L2 device, without a copy.
 *
 * A capture ring gives its free frames to the device. cmm_ring_get() returns filled
 * frames. The last cmm_frame_put() of a frame gives it to the device again:
 *
 *	int fd = open("/dev/video0", O_RDWR | O_CLOEXEC);
 *	struct cmm_ring *ring = cmm_ring_open(fd, CMM_RING_CAPTURE, zone, 4);
 *	struct cmm_frame *frame;
 *
 *	cmm_ring_start(ring);
 *	frame = cmm_ring_get(ring, NULL, 1000);
 *	...
 *	cmm_frame_put(frame);
 *	cmm_ring_close(ring);
 *
 * A program gives frames to an output ring by cmm_ring_queue(). cmm_ring_get() then
 * returns the frames that the device has finished. Rings may share a pool: frames of a
 * camera go to an encoder and return to the camera.
 *
 * Set the format of the device before you open a ring. The ring uses the sizes and
 * strides that the driver reports. It never calculates its own.
 *
 * A frame is one buffer. If the device needs a descriptor for each plane, as for NV12M,
 * the ring gives it views of the buffer, which begin at page boundaries.
 *
 * While a frame is queued, the device owns it: cmm_buf_map(), the cmm_buf_sync_*()
 * functions and cmm_buf_load() fail with EBUSY.
 *
 * Threads: one thread at a time may call cmm_ring_get() of a ring. Any number of threads
 * may put frames, call cmm_ring_queue(), and end the wait of cmm_ring_get() with
 * cmm_ring_stop(). The conventions of cmm.h apply. cmm_explain() has details of each
 * failure.
 */
#ifndef CMM_RING_H
#define CMM_RING_H

#include <cmm.h>
#include <cmm_pool.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct cmm_pool;
struct cmm_frame;
struct cmm_ring;

/* Maximum number of frames of a ring: VIDEO_MAX_FRAME of V4L2. */
#define CMM_RING_MAX	32

/* Directions of a ring: the device fills frames, or reads them. */
#define CMM_RING_CAPTURE	1
#define CMM_RING_OUTPUT		2

/**
 * struct cmm_ring_info - what V4L2 says about a frame
 * @timestamp_ns: time of the frame in nanoseconds, on the clock that @flags names, which
 *	is CLOCK_MONOTONIC for cameras
 * @lost: frames that the device dropped since the ring was started, from gaps in
 *	@sequence
 * @sequence: the device's number of the frame
 * @gap: frames that the device dropped directly before this one
 * @flags: V4L2_BUF_FLAG_* bits. V4L2_BUF_FLAG_ERROR: the pixels may be wrong
 * @buffers: valid entries of @used and @skip: 1, or the number of planes if the device
 *	needs a descriptor for each plane
 * @used: bytes of each V4L2 plane that hold data, @skip included; for cmm_ring_queue(), 0
 *	for all of them
 * @skip: bytes at the start of each V4L2 plane without pixels (data_offset)
 *
 * Later versions may add members at the end.
 */
struct cmm_ring_info {
	uint64_t timestamp_ns;
	uint64_t lost;
	uint32_t sequence;
	uint32_t gap;
	uint32_t flags;
	uint32_t buffers;
	uint32_t used[CMM_MAX_PLANES];
	uint32_t skip[CMM_MAX_PLANES];
};

/**
 * cmm_ring_open() - make a ring with a pool of its own
 * @fd: a V4L2 device whose format is set, opened for reading and writing; the caller
 *	closes it after the ring
 * @direction: CMM_RING_CAPTURE or CMM_RING_OUTPUT
 * @zone: the zone to allocate from
 * @count: number of frames, 1 to CMM_RING_MAX; more if the driver needs more
 *
 * Allocates frames of the size that the driver demands. Sets O_NONBLOCK on @fd. A
 * memory-to-memory device, such as an encoder, has one ring for each direction.
 *
 * Errors: EINVAL @direction or @count is wrong; ENOTTY @fd is not a V4L2 device;
 * EOPNOTSUPP the device cannot stream in that direction, its driver cannot import
 * dma-bufs, or its format has more than CMM_MAX_PLANES planes; EBUSY another program or
 * ring uses the device; those of cmm_buf_alloc() and VIDIOC_REQBUFS.
 *
 * Return: the ring, which the caller closes with cmm_ring_close(), or NULL.
 */
struct cmm_ring *cmm_ring_open(int fd, unsigned int direction,
			       struct cmm_zone *zone, unsigned int count);

/**
 * cmm_ring_open_pool() - make a ring on an existing pool
 * @fd: as in cmm_ring_open()
 * @direction: as in cmm_ring_open()
 * @pool: the pool, whose limit is at most CMM_RING_MAX; may be closed before the ring
 *
 * A pool can have one capture ring, which owns all its free frames while it runs, and any
 * number of output rings.
 *
 * Errors: as cmm_ring_open(); EINVAL also if the limit of @pool is less than the driver
 * needs; EBUSY also if @pool has a capture ring.
 *
 * Return: the ring, which the caller closes with cmm_ring_close(), or NULL.
 */
struct cmm_ring *cmm_ring_open_pool(int fd, unsigned int direction,
				    struct cmm_pool *pool);

/**
 * cmm_ring_close() - stop and close a ring
 * @ring: a ring, or NULL
 *
 * Frames that the caller holds stay valid until the last put. The device gives up the
 * other frames. After it was unplugged, the kernel holds them until the caller closes the
 * device's descriptor. No other thread may use the ring. Preserves errno.
 */
void cmm_ring_close(struct cmm_ring *ring);

/**
 * cmm_ring_pool() - the pool of a ring
 * @ring: a ring
 *
 * A program gets frames to fill for an output ring from here.
 *
 * Return: the pool. The ring owns it, unless it was given to cmm_ring_open_pool().
 */
struct cmm_pool *cmm_ring_pool(const struct cmm_ring *ring);

/**
 * cmm_ring_layout() - where the planes lie in a frame of the ring
 * @ring: a ring
 * @layout: filled on success, from the strides and sizes of the driver
 *
 * Errors: ENOENT the library does not know the pixel format; EINVAL the driver's sizes
 * contradict each other.
 *
 * Return: 0, or -1.
 */
int cmm_ring_layout(const struct cmm_ring *ring, struct cmm_layout *layout);

/**
 * cmm_ring_start() - start the stream
 * @ring: a ring that is not running
 *
 * A capture ring first gives all free frames of its pool to the device. It fills a pool
 * that may grow to its limit, as far as the zone has room.
 *
 * Errors: EBUSY the ring runs already; EINVAL a frame is too small for the format;
 * EOPNOTSUPP the driver rejects the memory of a frame; ENODEV the device is gone; those
 * of VIDIOC_STREAMON.
 *
 * Return: 0, or -1.
 */
int cmm_ring_start(struct cmm_ring *ring);

/**
 * cmm_ring_stop() - stop the stream
 * @ring: a ring; one that is not running is left as it is
 *
 * The queued frames return to the pool, also those that the device has finished. A
 * thread that waits in cmm_ring_get() fails with ECANCELED.
 *
 * Errors: ENODEV the device is gone; its frames return with cmm_ring_close().
 *
 * Return: 0, or -1.
 */
int cmm_ring_stop(struct cmm_ring *ring);

/**
 * cmm_ring_queue() - give a frame to an output device
 * @ring: an output ring that is running
 * @frame: a frame of the ring's pool; the ring takes its own reference
 * @info: NULL, or @timestamp_ns and @used of the frame; its other members are ignored
 *
 * The caller ends its accesses of the CPU before, and keeps its reference.
 *
 * Errors: EINVAL the ring captures, @frame belongs to another pool, it is too small for
 * the format, or @used is more than the driver's size; EBUSY this ring has the frame
 * already; ECANCELED the ring is not running; EOPNOTSUPP the driver rejects the memory of
 * the frame; ENODEV the device is gone; those of VIDIOC_QBUF.
 *
 * Return: 0, or -1.
 */
int cmm_ring_queue(struct cmm_ring *ring, struct cmm_frame *frame,
		   const struct cmm_ring_info *info);

/**
 * cmm_ring_get_sized() - cmm_ring_get() for callers that cannot use inlines
 * @ring: a ring
 * @info: filled up to @size bytes, or NULL; unknown members are zero
 * @size: sizeof(struct cmm_ring_info) as the caller knows it
 * @timeout_ms: milliseconds to wait
 *
 * Return: a frame, or NULL.
 */
struct cmm_frame *cmm_ring_get_sized(struct cmm_ring *ring,
				     struct cmm_ring_info *info, size_t size,
				     int timeout_ms);

/**
 * cmm_ring_get() - get the next frame that the device has finished
 * @ring: a ring that is running
 * @info: filled on success, or NULL
 * @timeout_ms: how long to wait, in milliseconds: 0 not at all, negative for ever
 *
 * Of a capture ring this is a filled frame, of an output ring a frame that the device has
 * read. If a frame could not be given to the device when it was put, fails once with the
 * error.
 *
 * Errors: EAGAIN no frame is finished, and @timeout_ms is 0; ETIMEDOUT none was finished
 * in time; ECANCELED the stream was stopped; ENODEV the device was unplugged; EIO the
 * driver reports a failure of the device; EPIPE the device has finished its last frame;
 * those of cmm_ring_start() for a frame.
 *
 * Return: the frame with one reference, which the caller drops with cmm_frame_put(), or
 * NULL.
 */
static inline struct cmm_frame *cmm_ring_get(struct cmm_ring *ring,
					     struct cmm_ring_info *info,
					     int timeout_ms)
{
	return cmm_ring_get_sized(ring, info, sizeof(*info), timeout_ms);
}

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* CMM_RING_H */
