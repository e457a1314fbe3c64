/* SPDX-License-Identifier: MIT */
/*
 * A V4L2 camera, as much of it as the demo and the tests need: vivid, the
 * kernel's virtual camera, and one capture queue of single-planar frames.
 *
 * Unless it says otherwise, a function returns 0 or a negative errno.
 */
#ifndef V4L2_H
#define V4L2_H

#include <stddef.h>
#include <stdint.h>

#include <linux/videodev2.h>

/*
 * How vivid's queue reaches the memory of a dma-buf: module option allocators.
 * There are two capture devices of each kind: one with a buffer for each frame, whose
 * number this is as well, and one with a buffer for each plane.
 */
enum vivid_allocator {
	VIVID_VMALLOC = 0,	/* vmap, no device mapping */
	VIVID_DMA_CONTIG = 1,	/* device mapping of one piece, and vmap */
	VIVID_SPARE = 4,	/* as VIVID_DMA_CONTIG, to be unplugged */
};

struct camera {
	int fd;
	uint32_t width;
	uint32_t height;
	uint32_t frame_len;	/* bytes of a frame */
	uint32_t memory;	/* V4L2_MEMORY_* of the queue */
};

struct camera_frame {
	uint32_t index;		/* which buffer of the queue */
	uint32_t sequence;	/* the camera's count of frames */
	uint32_t bytesused;
};

/*
 * Opens a capture node of vivid, which is loaded if it is not, and sets NV12
 * frames of that size at fps frames a second. -ENODEV: there is no such node;
 * -ERANGE: vivid offers other frames; -EIO: modprobe says on stderr why it failed.
 */
int camera_open(struct camera *cam, enum vivid_allocator allocator,
		uint32_t width, uint32_t height, uint32_t fps);
/* Opens a capture node of vivid with one buffer for each plane; a descriptor. */
int vivid_open_multiplanar(enum vivid_allocator allocator);
/*
 * Opens a node with the multi-planar interface, as camera_open() does. Only the controls
 * below work with it, not the queue.
 */
int camera_open_multiplanar(struct camera *cam, enum vivid_allocator allocator,
			    uint32_t width, uint32_t height, uint32_t fps,
			    uint32_t pixelformat);
/* Other frames, of one plane as well; -ERANGE: vivid offers others. */
int camera_set_format(struct camera *cam, uint32_t width, uint32_t height,
		      uint32_t pixelformat);
/* Also frees the queue's buffers, and lets go of its dma-bufs. */
void camera_close(struct camera *cam);

/* Sets a menu control, both named as the driver does. -ENOENT: no such. */
int camera_set_menu(struct camera *cam, const char *control, const char *item);
/* Presses a button control, which is named as the driver does. -ENOENT: no such. */
int camera_press(struct camera *cam, const char *control);

/* Makes a queue of exactly count buffers of V4L2_MEMORY_MMAP or _DMABUF. */
int camera_request(struct camera *cam, uint32_t memory, uint32_t count);
/* Maps a buffer of an MMAP queue; the caller unmaps *len bytes at *addr. */
int camera_map(struct camera *cam, uint32_t index, void **addr, size_t *len);
/* Hands a buffer to the camera; dmabuf is ignored by an MMAP queue. */
int camera_queue(struct camera *cam, uint32_t index, int dmabuf);
int camera_start(struct camera *cam);
/* Waits for a frame and dequeues it. -ETIMEDOUT: none came in ten seconds. */
int camera_dequeue(struct camera *cam, struct camera_frame *frame);
int camera_stop(struct camera *cam);

#endif /* V4L2_H */
