// SPDX-License-Identifier: MIT
/* vim2m: see m2m.h. */
#include "m2m.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/videodev2.h>

#include "driver.h"

#define FRAME_TIMEOUT_MS	60000
#define MAX_VIDEO_NODES		64

/* The processor reads from its output queue: V4L2 names queues for the program. */
static const uint32_t queues[] = {
	V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_BUF_TYPE_VIDEO_CAPTURE
};

#define QUEUES	2

static int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

static int open_node(void)
{
	struct v4l2_capability cap;
	char path[32];
	int fd, i;

	for (i = 0; i < MAX_VIDEO_NODES; i++) {
		snprintf(path, sizeof(path), "/dev/video%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			continue;
		if (!call(fd, VIDIOC_QUERYCAP, &cap) &&
		    !strcmp((const char *)cap.driver, "vim2m"))
			return fd;
		close(fd);
	}
	return -ENODEV;
}

static int set_format(int m2m, uint32_t type, uint32_t width, uint32_t height)
{
	struct v4l2_format fmt = { .type = type };
	int ret;

	fmt.fmt.pix.width = width;
	fmt.fmt.pix.height = height;
	fmt.fmt.pix.pixelformat = V4L2_PIX_FMT_RGB565;
	ret = call(m2m, VIDIOC_S_FMT, &fmt);
	if (ret)
		return ret;
	return fmt.fmt.pix.width == width && fmt.fmt.pix.height == height &&
	       fmt.fmt.pix.pixelformat == V4L2_PIX_FMT_RGB565 ? 0 : -ERANGE;
}

int m2m_open(uint32_t width, uint32_t height)
{
	struct v4l2_control mirror = { .id = V4L2_CID_HFLIP, .value = 1 };
	int i, m2m, ret;

	if (module_probe("vim2m"))
		return -ENOENT;
	m2m = open_node();
	if (m2m < 0)
		return m2m;
	ret = call(m2m, VIDIOC_S_CTRL, &mirror);
	for (i = 0; !ret && i < QUEUES; i++)
		ret = set_format(m2m, queues[i], width, height);
	if (!ret)
		return m2m;
	close(m2m);
	return ret;
}

static int request(int m2m, uint32_t type, uint32_t count)
{
	struct v4l2_requestbuffers req = {
		.type = type,
		.memory = V4L2_MEMORY_DMABUF,
		.count = count,
	};

	return call(m2m, VIDIOC_REQBUFS, &req);
}

/* Queues or dequeues the only buffer of a queue. */
static int pass(int m2m, unsigned long command, uint32_t type, int dmabuf,
		uint32_t len)
{
	struct v4l2_buffer buf = {
		.type = type,
		.memory = V4L2_MEMORY_DMABUF,
		.field = V4L2_FIELD_NONE,
		.bytesused = len,
		.m.fd = dmabuf,
	};
	int ret = call(m2m, command, &buf);

	if (ret)
		return ret;
	return buf.flags & V4L2_BUF_FLAG_ERROR ? -EIO : 0;
}

static int start(int m2m, uint32_t type, int dmabuf, uint32_t len)
{
	int ret = request(m2m, type, 1);

	if (!ret)
		ret = pass(m2m, VIDIOC_QBUF, type, dmabuf, len);
	return ret ? ret : call(m2m, VIDIOC_STREAMON, &type);
}

int m2m_mirror(int m2m, int from, int to, uint32_t frame_len)
{
	struct pollfd done = { .fd = m2m, .events = POLLIN };
	int ret = start(m2m, queues[0], from, frame_len);
	int i, stopped;

	if (!ret)
		ret = start(m2m, queues[1], to, frame_len);
	if (!ret && poll(&done, 1, FRAME_TIMEOUT_MS) != 1)
		ret = -ETIMEDOUT;
	if (!ret)
		ret = pass(m2m, VIDIOC_DQBUF, queues[1], -1, 0);
	for (i = 0; i < QUEUES; i++) {
		uint32_t type = queues[i];

		stopped = call(m2m, VIDIOC_STREAMOFF, &type);
		if (!stopped)
			stopped = request(m2m, type, 0);
		if (!ret)
			ret = stopped;
	}
	return ret;
}
