// SPDX-License-Identifier: MIT
/*
 * A V4L2 camera with one descriptor for each plane (NV12M) fills one buffer: each plane
 * is a view of it.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/videodev2.h>

#include "buffer.h"
#include "pattern.h"
#include "v4l2.h"

#define TYPE	V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
/* The first plane does not end at a page: 230,400 bytes. */
#define WIDTH	640
#define HEIGHT	360
#define PLANES	2
#define BUFFERS	2
#define FRAMES	3
#define UNTOUCHED	0xee

/* Where the second plane begins in the buffer. */
#define CHROMA	((WIDTH * HEIGHT + PAGE - 1) & ~(PAGE - 1))
/* One page more than the 115,200 bytes of the second plane need. */
#define LEN	(CHROMA + 30 * PAGE)

static const size_t sizes[PLANES] = { WIDTH * HEIGHT, WIDTH * HEIGHT / 2 };
static const size_t offsets[PLANES] = { 0, CHROMA };

static void call(int camera, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(camera, request, arg);
	} while (ret < 0 && errno == EINTR);
	ASSERT(!ret);
}

static int open_camera(enum vivid_allocator allocator)
{
	struct camera cam = { .fd = vivid_open_multiplanar(allocator) };
	struct v4l2_format format = { .type = TYPE };
	int i;

	ASSERT_OK(cam.fd);
	ASSERT_OK(camera_set_menu(&cam, "Test Pattern", "100% Color Squares"));
	ASSERT_OK(camera_set_menu(&cam, "OSD Text Mode", "None"));
	format.fmt.pix_mp.width = WIDTH;
	format.fmt.pix_mp.height = HEIGHT;
	format.fmt.pix_mp.pixelformat = V4L2_PIX_FMT_NV12M;
	format.fmt.pix_mp.field = V4L2_FIELD_NONE;
	call(cam.fd, VIDIOC_S_FMT, &format);
	ASSERT_EQ(format.fmt.pix_mp.num_planes, PLANES);
	for (i = 0; i < PLANES; i++)
		ASSERT_EQ(format.fmt.pix_mp.plane_fmt[i].sizeimage, sizes[i]);
	return cam.fd;
}

static void request_buffers(int camera, uint32_t memory, uint32_t count)
{
	struct v4l2_requestbuffers request = {
		.count = count,
		.type = TYPE,
		.memory = memory,
	};

	call(camera, VIDIOC_REQBUFS, &request);
	ASSERT_EQ(request.count, count);
}

/*
 * Captures a frame into the first buffer of the queue. Some kernels do not begin before
 * two buffers are queued. With DMABUF, both get the memory of @planes: the picture is the
 * same in each frame.
 */
static void capture(int camera, uint32_t memory, struct v4l2_plane *planes)
{
	struct v4l2_buffer buf = {
		.type = TYPE,
		.memory = memory,
		.m.planes = planes,
		.length = PLANES,
	};
	struct pollfd ready = { .fd = camera, .events = POLLIN };
	int type = TYPE, i;

	for (buf.index = 0; buf.index < BUFFERS; buf.index++)
		call(camera, VIDIOC_QBUF, &buf);
	call(camera, VIDIOC_STREAMON, &type);
	ASSERT_EQ(poll(&ready, 1, 60000), 1);
	call(camera, VIDIOC_DQBUF, &buf);
	ASSERT(!(buf.flags & V4L2_BUF_FLAG_ERROR));
	ASSERT_EQ(buf.index, 0);
	for (i = 0; i < PLANES; i++)
		ASSERT_EQ(planes[i].bytesused, sizes[i]);
	call(camera, VIDIOC_STREAMOFF, &type);
}

/* A frame from the camera's own memory; the caller frees both planes. */
static void capture_reference(int camera, uint8_t *reference[PLANES])
{
	struct v4l2_plane planes[PLANES] = { 0 };
	struct v4l2_buffer buf = {
		.type = TYPE,
		.memory = V4L2_MEMORY_MMAP,
		.m.planes = planes,
		.length = PLANES,
	};
	uint8_t *at[PLANES];
	int i;

	request_buffers(camera, V4L2_MEMORY_MMAP, BUFFERS);
	call(camera, VIDIOC_QUERYBUF, &buf);
	for (i = 0; i < PLANES; i++) {
		at[i] = mmap(NULL, planes[i].length, PROT_READ, MAP_SHARED,
			     camera, planes[i].m.mem_offset);
		ASSERT(at[i] != MAP_FAILED);
	}
	capture(camera, V4L2_MEMORY_MMAP, planes);
	for (i = 0; i < PLANES; i++) {
		reference[i] = malloc(sizes[i]);
		ASSERT(reference[i]);
		memcpy(reference[i], at[i], sizes[i]);
		munmap(at[i], planes[i].length);
	}
	request_buffers(camera, V4L2_MEMORY_MMAP, 0);
}

/* All bytes of a range are the one that the test stored. */
static bool is_untouched(const uint8_t *at, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (at[i] != UNTOUCHED)
			return false;
	return true;
}

static void check_frame(int camera, int node, uint32_t flags,
			uint8_t *reference[PLANES])
{
	struct buffer buffer = buffer_alloc(node, LEN, flags);
	struct v4l2_plane planes[PLANES] = { 0 };
	int views[PLANES], i;

	views[0] = ASSERT_OK(zone_view(node, buffer.fd, 0, CHROMA,
				       CMM_VIEW_WRITE));
	views[1] = ASSERT_OK(zone_view(node, buffer.fd, CHROMA, LEN - CHROMA,
				       CMM_VIEW_WRITE));
	ASSERT_OK(zone_sync(buffer.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE));
	memset(buffer.at, UNTOUCHED, LEN);
	ASSERT_OK(zone_sync(buffer.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE));

	for (i = 0; i < PLANES; i++)
		planes[i].m.fd = views[i];
	capture(camera, V4L2_MEMORY_DMABUF, planes);

	ASSERT_OK(zone_sync(buffer.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ));
	for (i = 0; i < PLANES; i++)
		ASSERT(!memcmp(buffer.at + offsets[i], reference[i], sizes[i]));
	ASSERT(is_untouched(buffer.at + sizes[0], CHROMA - sizes[0]));
	ASSERT(is_untouched(buffer.at + CHROMA + sizes[1],
			    LEN - CHROMA - sizes[1]));
	ASSERT_OK(zone_sync(buffer.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ));
	for (i = 0; i < PLANES; i++)
		close(views[i]);
	buffer_free(&buffer);
}

static void check_frames(int node, enum vivid_allocator allocator,
			 uint32_t flags)
{
	int camera = open_camera(allocator), i;
	uint8_t *reference[PLANES];

	capture_reference(camera, reference);
	ASSERT(memcmp(reference[0], reference[1], sizes[1]));
	request_buffers(camera, V4L2_MEMORY_DMABUF, BUFFERS);
	for (i = 0; i < FRAMES; i++) {
		note("frame %d", i);
		check_frame(camera, node, flags, reference);
	}
	request_buffers(camera, V4L2_MEMORY_DMABUF, 0);
	for (i = 0; i < PLANES; i++)
		free(reference[i]);
	close(camera);
}

ZONE_TEST(planes_through_dma_contig)
{
	check_frames(node, VIVID_DMA_CONTIG, 0);
}

ZONE_TEST(planes_through_vmalloc)
{
	check_frames(node, VIVID_VMALLOC, 0);
}

ZONE_TEST(planes_through_dma_contig_write_combined)
{
	need_wc();
	check_frames(node, VIVID_DMA_CONTIG, CMM_BUF_WC);
}

/* A plane that a view is too small for is refused. */
ZONE_TEST(too_small_a_view_is_refused)
{
	int camera = open_camera(VIVID_DMA_CONTIG);
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int luma = ASSERT_OK(zone_view(node, fd, 0, CHROMA, CMM_VIEW_WRITE));
	int small = ASSERT_OK(zone_view(node, fd, CHROMA, PAGE, CMM_VIEW_WRITE));
	struct v4l2_plane planes[PLANES] = {
		{ .m.fd = luma }, { .m.fd = small },
	};
	struct v4l2_buffer buf = {
		.type = TYPE,
		.memory = V4L2_MEMORY_DMABUF,
		.m.planes = planes,
		.length = PLANES,
	};

	request_buffers(camera, V4L2_MEMORY_DMABUF, BUFFERS);
	ASSERT(ioctl(camera, VIDIOC_QBUF, &buf) && errno == EINVAL);
	close(camera);
	close(small);
	close(luma);
	close(fd);
}
