/* SPDX-License-Identifier: MIT */
/*
 * One queue of a V4L2 device, with dma-bufs as its memory. Hides the difference between
 * the single-planar and the multi-planar interface.
 *
 * A function that fails returns -1, sets errno and records a sentence for cmm_explain().
 * No function locks.
 */
#ifndef CMM_VIDEO_H
#define CMM_VIDEO_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/videodev2.h>

#include <cmm_layout.h>

/**
 * struct video_queue - a queue of a device
 * @fd: the device; the caller of the library owns it
 * @type: V4L2_BUF_TYPE_* of the queue
 * @driver: name of the driver, for messages
 * @fourcc: pixel format
 * @width: pixels
 * @height: rows
 * @buffers: descriptors per frame
 * @size: bytes of each of these buffers, as the driver demands
 * @stride: bytes per row in each of these buffers
 */
struct video_queue {
	int fd;
	uint32_t type;
	char driver[16];
	uint32_t fourcc;
	uint32_t width;
	uint32_t height;
	uint32_t buffers;
	uint32_t size[CMM_MAX_PLANES];
	uint32_t stride[CMM_MAX_PLANES];
};

/* A frame in a call of V4L2. */
struct video_frame {
	struct v4l2_buffer buffer;
	struct v4l2_plane planes[VIDEO_MAX_PLANES];
};

/* Fills @queue for a device whose format is set. */
int video_open(struct video_queue *queue, int fd, bool capture);

/*
 * Asks for @count slots. Returns the number that the driver made: fewer, or more if it
 * needs them. 0 frees all slots.
 */
int video_request(const struct video_queue *queue, unsigned int count);

/* Prepares @frame for slot @index. */
void video_frame_init(const struct video_queue *queue, struct video_frame *frame,
		      unsigned int index);

/* Gives a slot with the descriptors @fds to the device. */
int video_enqueue(const struct video_queue *queue, struct video_frame *frame,
		  const int fds[CMM_MAX_PLANES]);

/* Takes a finished slot. EAGAIN: none is finished. ECANCELED: the stream is stopped. */
int video_dequeue(const struct video_queue *queue, struct video_frame *frame);

/*
 * Waits until a call of video_dequeue() is useful. Returns 1, or 0 after the timeout in
 * milliseconds, or -1.
 */
int video_wait(const struct video_queue *queue, int timeout_ms);

int video_stream(const struct video_queue *queue, bool on);

/* Bytes used and bytes to skip in buffer @i of a frame. */
uint32_t video_used(const struct video_queue *queue,
		    const struct video_frame *frame, unsigned int i);
uint32_t video_skip(const struct video_queue *queue,
		    const struct video_frame *frame, unsigned int i);
void video_set_used(const struct video_queue *queue, struct video_frame *frame,
		    unsigned int i, uint32_t bytes);

#endif /* CMM_VIDEO_H */
