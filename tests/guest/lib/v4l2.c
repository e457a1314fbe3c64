// SPDX-License-Identifier: MIT
/*
 * A V4L2 camera: see v4l2.h.
 *
 * A queue's buffers are the driver's own (MMAP) or dma-bufs of whoever queues
 * them (DMABUF); everything else is the same for both.
 */
#include "v4l2.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAME_TIMEOUT_MS	60000
#define MAX_VIDEO_NODES		64

static int xioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

/* --- the module --- */

static int run(const char *const argv[])
{
	pid_t pid;
	int status;
	int err = posix_spawnp(&pid, argv[0], NULL, NULL, (char **)argv,
			       environ);

	if (err)
		return -err;
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

/* It is never unloaded: its code ends before its devices do. */
static int vivid_load(void)
{
	static const char *const argv[] = {
		"modprobe", "vivid", "n_devs=5", "node_types=0x1,0x1,0x1,0x1,0x1",
		"allocators=0,1,0,1,1", "multiplanar=1,1,2,2,1", NULL
	};

	return access("/sys/module/vivid", F_OK) ? run(argv) : 0;
}

/* --- the node --- */

/* Opens the capture node of a device, which has that capability. */
static int open_vivid(int number, uint32_t capability)
{
	struct v4l2_capability cap;
	char path[32], bus[32];
	int fd, i;

	snprintf(bus, sizeof(bus), "platform:vivid-%03d", number);
	for (i = 0; i < MAX_VIDEO_NODES; i++) {
		snprintf(path, sizeof(path), "/dev/video%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!xioctl(fd, VIDIOC_QUERYCAP, &cap) &&
		    !strcmp((const char *)cap.bus_info, bus) &&
		    (cap.device_caps & capability) &&
		    (cap.device_caps & V4L2_CAP_STREAMING))
			return fd;
		close(fd);
	}
	return -ENODEV;
}

int vivid_open_multiplanar(enum vivid_allocator allocator)
{
	int ret = vivid_load();

	return ret ? ret : open_vivid(2 + allocator,
				      V4L2_CAP_VIDEO_CAPTURE_MPLANE);
}

int camera_set_format(struct camera *cam, uint32_t width, uint32_t height,
		      uint32_t pixelformat)
{
	struct v4l2_format fmt = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_pix_format *pix = &fmt.fmt.pix;
	int ret;

	pix->width = width;
	pix->height = height;
	pix->pixelformat = pixelformat;
	pix->field = V4L2_FIELD_NONE;
	ret = xioctl(cam->fd, VIDIOC_S_FMT, &fmt);
	if (ret)
		return ret;
	if (pix->width != width || pix->height != height ||
	    pix->pixelformat != pixelformat)
		return -ERANGE;
	cam->width = width;
	cam->height = height;
	cam->frame_len = pix->sizeimage;
	return 0;
}

/* The same by the multi-planar interface. The ring of the library queues the frames. */
static int set_format_multiplanar(struct camera *cam, uint32_t width, uint32_t height,
				  uint32_t pixelformat)
{
	struct v4l2_format fmt = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE };
	struct v4l2_pix_format_mplane *pix = &fmt.fmt.pix_mp;
	int ret;

	pix->width = width;
	pix->height = height;
	pix->pixelformat = pixelformat;
	pix->field = V4L2_FIELD_NONE;
	ret = xioctl(cam->fd, VIDIOC_S_FMT, &fmt);
	if (ret)
		return ret;
	return pix->width == width && pix->height == height &&
	       pix->pixelformat == pixelformat ? 0 : -ERANGE;
}

static int set_rate(struct camera *cam, uint32_t type, uint32_t fps)
{
	struct v4l2_streamparm parm = { .type = type };
	struct v4l2_fract *interval = &parm.parm.capture.timeperframe;
	int ret;

	interval->numerator = 1;
	interval->denominator = fps;
	ret = xioctl(cam->fd, VIDIOC_S_PARM, &parm);
	if (ret)
		return ret;
	return interval->denominator == fps * interval->numerator ? 0 : -ERANGE;
}

int camera_open(struct camera *cam, enum vivid_allocator allocator,
		uint32_t width, uint32_t height, uint32_t fps)
{
	int ret = vivid_load();

	if (ret)
		return ret;
	memset(cam, 0, sizeof(*cam));
	cam->fd = open_vivid(allocator, V4L2_CAP_VIDEO_CAPTURE);
	if (cam->fd < 0)
		return cam->fd;
	ret = camera_set_format(cam, width, height, V4L2_PIX_FMT_NV12);
	if (!ret)
		ret = set_rate(cam, V4L2_BUF_TYPE_VIDEO_CAPTURE, fps);
	if (ret)
		camera_close(cam);
	return ret;
}

int camera_open_multiplanar(struct camera *cam, enum vivid_allocator allocator,
			    uint32_t width, uint32_t height, uint32_t fps,
			    uint32_t pixelformat)
{
	int ret;

	memset(cam, 0, sizeof(*cam));
	cam->fd = vivid_open_multiplanar(allocator);
	if (cam->fd < 0)
		return cam->fd;
	ret = set_format_multiplanar(cam, width, height, pixelformat);
	if (!ret)
		ret = set_rate(cam, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, fps);
	if (ret)
		camera_close(cam);
	return ret;
}

void camera_close(struct camera *cam)
{
	close(cam->fd);
	cam->fd = -1;
}

/* --- controls --- */

static int find_control(struct camera *cam, const char *name, uint32_t type,
			struct v4l2_queryctrl *ctrl)
{
	memset(ctrl, 0, sizeof(*ctrl));
	for (;;) {
		ctrl->id |= V4L2_CTRL_FLAG_NEXT_CTRL;
		if (xioctl(cam->fd, VIDIOC_QUERYCTRL, ctrl))
			return -ENOENT;
		if (ctrl->type == type &&
		    !strcmp((const char *)ctrl->name, name))
			return 0;
	}
}

int camera_set_menu(struct camera *cam, const char *control, const char *item)
{
	struct v4l2_queryctrl ctrl;
	struct v4l2_control value;
	struct v4l2_querymenu menu;
	int ret = find_control(cam, control, V4L2_CTRL_TYPE_MENU, &ctrl);

	if (ret)
		return ret;
	memset(&menu, 0, sizeof(menu));
	menu.id = ctrl.id;
	for (menu.index = 0; menu.index <= (uint32_t)ctrl.maximum; menu.index++) {
		/* Menus may have gaps. */
		if (xioctl(cam->fd, VIDIOC_QUERYMENU, &menu) ||
		    strcmp((const char *)menu.name, item))
			continue;
		value.id = ctrl.id;
		value.value = menu.index;
		return xioctl(cam->fd, VIDIOC_S_CTRL, &value);
	}
	return -ENOENT;
}

int camera_press(struct camera *cam, const char *control)
{
	struct v4l2_queryctrl ctrl;
	struct v4l2_control value = { .value = 1 };
	int ret = find_control(cam, control, V4L2_CTRL_TYPE_BUTTON, &ctrl);

	if (ret)
		return ret;
	value.id = ctrl.id;
	return xioctl(cam->fd, VIDIOC_S_CTRL, &value);
}

/* --- the queue --- */

static void describe_buffer(const struct camera *cam, uint32_t index,
			    struct v4l2_buffer *buf)
{
	memset(buf, 0, sizeof(*buf));
	buf->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	buf->memory = cam->memory;
	buf->index = index;
}

int camera_request(struct camera *cam, uint32_t memory, uint32_t count)
{
	struct v4l2_requestbuffers req = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = memory,
		.count = count,
	};
	int ret = xioctl(cam->fd, VIDIOC_REQBUFS, &req);

	if (ret)
		return ret;
	cam->memory = memory;
	return req.count == count ? 0 : -ERANGE;
}

int camera_map(struct camera *cam, uint32_t index, void **addr, size_t *len)
{
	struct v4l2_buffer buf;
	int ret;

	describe_buffer(cam, index, &buf);
	ret = xioctl(cam->fd, VIDIOC_QUERYBUF, &buf);
	if (ret)
		return ret;
	*len = buf.length;
	*addr = mmap(NULL, *len, PROT_READ, MAP_SHARED, cam->fd, buf.m.offset);
	return *addr == MAP_FAILED ? -errno : 0;
}

int camera_queue(struct camera *cam, uint32_t index, int dmabuf)
{
	struct v4l2_buffer buf;

	describe_buffer(cam, index, &buf);
	if (cam->memory == V4L2_MEMORY_DMABUF)
		buf.m.fd = dmabuf;
	return xioctl(cam->fd, VIDIOC_QBUF, &buf);
}

static int set_streaming(struct camera *cam, unsigned long request)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	return xioctl(cam->fd, request, &type);
}

int camera_start(struct camera *cam)
{
	return set_streaming(cam, VIDIOC_STREAMON);
}

int camera_stop(struct camera *cam)
{
	return set_streaming(cam, VIDIOC_STREAMOFF);
}

int camera_dequeue(struct camera *cam, struct camera_frame *frame)
{
	struct pollfd pfd = { .fd = cam->fd, .events = POLLIN };
	struct v4l2_buffer buf;
	int ret = poll(&pfd, 1, FRAME_TIMEOUT_MS);

	if (ret < 0)
		return -errno;
	if (!ret)
		return -ETIMEDOUT;
	describe_buffer(cam, 0, &buf);
	ret = xioctl(cam->fd, VIDIOC_DQBUF, &buf);
	if (ret)
		return ret;
	if (buf.flags & V4L2_BUF_FLAG_ERROR)
		return -EIO;
	frame->index = buf.index;
	frame->sequence = buf.sequence;
	frame->bytesused = buf.bytesused;
	return 0;
}
