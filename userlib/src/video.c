// SPDX-License-Identifier: MIT
/*
 * A queue of a V4L2 device: see video.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>

#include "explain.h"
#include "internal.h"
#include "video.h"

static bool is_multiplanar(const struct video_queue *queue)
{
	return V4L2_TYPE_IS_MULTIPLANAR(queue->type);
}

static int call(const struct video_queue *queue, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = cmm_call_kernel(queue->fd, request, arg);
	} while (ret && errno == EINTR);
	return ret;
}

/* The capabilities that give a queue its type, in order of preference. */
static uint32_t type_of(uint32_t caps, bool capture)
{
	if (caps & (V4L2_CAP_VIDEO_M2M_MPLANE |
		    (capture ? V4L2_CAP_VIDEO_CAPTURE_MPLANE :
			       V4L2_CAP_VIDEO_OUTPUT_MPLANE)))
		return capture ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE :
				 V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
	if (caps & (V4L2_CAP_VIDEO_M2M |
		    (capture ? V4L2_CAP_VIDEO_CAPTURE : V4L2_CAP_VIDEO_OUTPUT)))
		return capture ? V4L2_BUF_TYPE_VIDEO_CAPTURE :
				 V4L2_BUF_TYPE_VIDEO_OUTPUT;
	return 0;
}

static int find_type(struct video_queue *queue, bool capture)
{
	struct v4l2_capability cap;
	uint32_t caps;

	if (call(queue, VIDIOC_QUERYCAP, &cap))
		return explain_failure(errno,
				       "The descriptor is not that of a V4L2 device: %s.",
			    cmm_strerror(errno));
	snprintf(queue->driver, sizeof(queue->driver), "%.15s",
		 (const char *)cap.driver);
	caps = cap.capabilities & V4L2_CAP_DEVICE_CAPS ? cap.device_caps :
							 cap.capabilities;
	queue->type = type_of(caps, capture);
	if (!queue->type || !(caps & V4L2_CAP_STREAMING))
		return explain_failure(EOPNOTSUPP,
				       "The V4L2 device of driver '%s' cannot stream %s.",
			    queue->driver, capture ? "from a camera" : "to an output");
	return 0;
}

static void take_single(struct video_queue *queue, const struct v4l2_pix_format *pix)
{
	queue->fourcc = pix->pixelformat;
	queue->width = pix->width;
	queue->height = pix->height;
	queue->buffers = 1;
	queue->size[0] = pix->sizeimage;
	queue->stride[0] = pix->bytesperline;
}

static void take_multi(struct video_queue *queue,
		       const struct v4l2_pix_format_mplane *pix)
{
	unsigned int i;

	queue->fourcc = pix->pixelformat;
	queue->width = pix->width;
	queue->height = pix->height;
	queue->buffers = pix->num_planes;
	for (i = 0; i < pix->num_planes && i < CMM_MAX_PLANES; i++) {
		queue->size[i] = pix->plane_fmt[i].sizeimage;
		queue->stride[i] = pix->plane_fmt[i].bytesperline;
	}
}

static int read_format(struct video_queue *queue)
{
	struct v4l2_format format = { .type = queue->type };

	if (call(queue, VIDIOC_G_FMT, &format))
		return explain_failure(errno,
				       "The driver '%s' does not report its format: %s.",
			    queue->driver, cmm_strerror(errno));
	if (is_multiplanar(queue))
		take_multi(queue, &format.fmt.pix_mp);
	else
		take_single(queue, &format.fmt.pix);
	if (!queue->buffers || queue->buffers > CMM_MAX_PLANES || !queue->size[0])
		return explain_failure(EOPNOTSUPP,
				       "The format of driver '%s' has %u buffers per frame, and a ring supports 1 to %d; set a format with fewer planes.",
			    queue->driver, queue->buffers, CMM_MAX_PLANES);
	return 0;
}

int video_open(struct video_queue *queue, int fd, bool capture)
{
	int flags;

	*queue = (struct video_queue){ .fd = fd };
	if (find_type(queue, capture) || read_format(queue))
		return -1;
	flags = fcntl(fd, F_GETFL);
	return fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int video_request(const struct video_queue *queue, unsigned int count)
{
	struct v4l2_requestbuffers request = {
		.type = queue->type,
		.memory = V4L2_MEMORY_DMABUF,
		.count = count,
	};

	if (!call(queue, VIDIOC_REQBUFS, &request))
		return (int)request.count;
	if (errno == EINVAL)
		return explain_failure(EOPNOTSUPP,
				       "The driver '%s' cannot import dma-bufs; use its own buffers (V4L2_MEMORY_MMAP).",
			    queue->driver);
	if (errno == EBUSY)
		return explain_failure(EBUSY,
				       "Another program or ring uses the device of driver '%s'; close it first.",
			    queue->driver);
	return explain_failure(errno,
			       "The driver '%s' made no room for %u frames: %s.",
		    queue->driver, count, cmm_strerror(errno));
}

void video_frame_init(const struct video_queue *queue, struct video_frame *frame,
		      unsigned int index)
{
	memset(frame, 0, sizeof(*frame));
	frame->buffer.type = queue->type;
	frame->buffer.memory = V4L2_MEMORY_DMABUF;
	frame->buffer.index = index;
	frame->buffer.field = V4L2_FIELD_NONE;
	if (is_multiplanar(queue)) {
		frame->buffer.m.planes = frame->planes;
		frame->buffer.length = queue->buffers;
	}
}

static int report_unplug(const struct video_queue *queue)
{
	return explain_failure(ENODEV,
			       "The device of driver '%s' was unplugged or its driver was unbound; close the ring and the device, and open them again.",
		    queue->driver);
}

int video_enqueue(const struct video_queue *queue, struct video_frame *frame,
		  const int fds[CMM_MAX_PLANES])
{
	unsigned int i;

	if (!is_multiplanar(queue))
		frame->buffer.m.fd = fds[0];
	for (i = 0; is_multiplanar(queue) && i < queue->buffers; i++)
		frame->planes[i].m.fd = fds[i];
	if (!call(queue, VIDIOC_QBUF, &frame->buffer))
		return 0;
	if (errno == ENODEV)
		return report_unplug(queue);
	if (errno == EIO)
		return explain_failure(EIO,
				       "The driver '%s' reports a failure of its device; stop the ring and start it again.",
			    queue->driver);
	return explain_failure(EOPNOTSUPP,
			       "The driver '%s' rejects the memory of a frame (%s): the device may not reach it, or may need a larger or differently aligned buffer; the kernel's log may say more.",
		    queue->driver, cmm_strerror(errno));
}

int video_dequeue(const struct video_queue *queue, struct video_frame *frame)
{
	video_frame_init(queue, frame, 0);
	if (!call(queue, VIDIOC_DQBUF, &frame->buffer))
		return 0;
	switch (errno) {
	case EAGAIN:
		return -1;
	case EINVAL:
		return explain_failure(ECANCELED,
				       "The stream of driver '%s' was stopped; call cmm_ring_stop() and start the ring again.",
			    queue->driver);
	case ENODEV:
		return report_unplug(queue);
	case EPIPE:
		return explain_failure(EPIPE,
				       "The device of driver '%s' has finished its last frame; stop the ring.",
			    queue->driver);
	default:
		return explain_failure(errno,
				       "The driver '%s' reports a failure of its device: %s; stop the ring and start it again.",
			    queue->driver, cmm_strerror(errno));
	}
}

int video_wait(const struct video_queue *queue, int timeout_ms)
{
	struct pollfd wait = {
		.fd = queue->fd,
		.events = V4L2_TYPE_IS_OUTPUT(queue->type) ? POLLOUT : POLLIN,
	};
	int ret = poll(&wait, 1, timeout_ms);

	/* After a signal, the caller calculates the rest of its timeout. */
	return ret < 0 && errno == EINTR ? 1 : ret;
}

int video_stream(const struct video_queue *queue, bool on)
{
	int type = (int)queue->type;

	if (!call(queue, on ? VIDIOC_STREAMON : VIDIOC_STREAMOFF, &type))
		return 0;
	if (errno == ENODEV)
		return report_unplug(queue);
	return explain_failure(errno, "The driver '%s' cannot %s the stream: %s.",
		    queue->driver, on ? "start" : "stop", cmm_strerror(errno));
}

uint32_t video_used(const struct video_queue *queue,
		    const struct video_frame *frame, unsigned int i)
{
	return is_multiplanar(queue) ? frame->planes[i].bytesused :
				       frame->buffer.bytesused;
}

uint32_t video_skip(const struct video_queue *queue,
		    const struct video_frame *frame, unsigned int i)
{
	return is_multiplanar(queue) ? frame->planes[i].data_offset : 0;
}

void video_set_used(const struct video_queue *queue, struct video_frame *frame,
		    unsigned int i, uint32_t bytes)
{
	if (is_multiplanar(queue))
		frame->planes[i].bytesused = bytes;
	else
		frame->buffer.bytesused = bytes;
}
