// SPDX-License-Identifier: MIT
/*
 * Passes one frame through four independent drivers: a camera (vivid), an image processor
 * (vim2m), an NPU (an edu engine, which reads and writes memory), and a display (vkms).
 * Only descriptors are passed. After each step, the picture must equal one that the test
 * computes from the captured frame.
 */
#include <drm/drm_fourcc.h>
#include <errno.h>
#include <linux/dma-buf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "display.h"
#include "m2m.h"
#include "v4l2.h"

#define WIDTH	320
#define HEIGHT	180
#define PIXELS	(WIDTH * HEIGHT)
#define FPS	10
/* The camera needs that many buffers, but starts with one of them queued. */
#define RING	2
/* All frames have RGB565, except the display's picture, which has XRGB8888. */
#define PITCH	(WIDTH * sizeof(uint16_t))
#define LEN	(PITCH * HEIGHT)
#define SHOWN_PITCH	(WIDTH * sizeof(uint32_t))
#define SHOWN_LEN	(SHOWN_PITCH * HEIGHT)

/* QEMU's engine needs a tenth of a second for 2 KiB. */
#define SECONDS	120

static void open_camera(struct camera *camera, enum vivid_allocator allocator)
{
	ASSERT_OK(camera_open(camera, allocator, WIDTH, HEIGHT, FPS));
	ASSERT_OK(camera_set_menu(camera, "Test Pattern",
				  "100% Color Squares"));
	ASSERT_OK(camera_set_menu(camera, "OSD Text Mode", "None"));
	ASSERT_OK(camera_set_format(camera, WIDTH, HEIGHT,
				    V4L2_PIX_FMT_RGB565));
	ASSERT_EQ(camera->frame_len, LEN);
}

/* Captures a frame into @dmabuf, or through the camera's own memory into @copy. */
static void capture(struct camera *camera, int dmabuf, uint16_t *copy)
{
	uint32_t memory = copy ? V4L2_MEMORY_MMAP : V4L2_MEMORY_DMABUF;
	struct camera_frame frame;
	void *at = NULL;
	size_t len = 0;

	ASSERT_OK(camera_request(camera, memory, RING));
	if (copy)
		ASSERT_OK(camera_map(camera, 0, &at, &len));
	ASSERT_OK(camera_queue(camera, 0, dmabuf));
	ASSERT_OK(camera_start(camera));
	ASSERT_OK(camera_dequeue(camera, &frame));
	ASSERT_EQ(frame.bytesused, LEN);
	if (copy) {
		memcpy(copy, at, LEN);
		munmap(at, len);
	}
	ASSERT_OK(camera_stop(camera));
	ASSERT_OK(camera_request(camera, memory, 0));
}

static void mirror(uint16_t *picture)
{
	int x, y;

	for (y = 0; y < HEIGHT; y++, picture += WIDTH) {
		for (x = 0; x < WIDTH / 2; x++) {
			uint16_t left = picture[x];

			picture[x] = picture[WIDTH - 1 - x];
			picture[WIDTH - 1 - x] = left;
		}
	}
}

static void expect_picture(const struct buffer *buffer, const void *want)
{
	ASSERT_OK(zone_sync(buffer->fd,
			    DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ));
	ASSERT(!memcmp(buffer->at, want, LEN));
	ASSERT_OK(zone_sync(buffer->fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ));
}

/* Compares 8 bits with a colour of 5 or 6 bits. Drivers round differently. */
static void expect_colour(uint32_t got, uint32_t colour, uint32_t max)
{
	uint32_t want = (colour * 255 + max / 2) / max;

	ASSERT((got & 0xff) + 1 >= want && (got & 0xff) <= want + 1);
}

static void expect_shown(const struct buffer *shown, const uint16_t *want)
{
	const uint32_t *got = (const uint32_t *)shown->at;
	size_t i;

	ASSERT_OK(zone_sync(shown->fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ));
	for (i = 0; i < PIXELS; i++) {
		note("pixel %zu is %#x, shown as %#x", i, want[i], got[i]);
		expect_colour(got[i] >> 16, want[i] >> 11, 31);
		expect_colour(got[i] >> 8, want[i] >> 5 & 63, 63);
		expect_colour(got[i], want[i] & 31, 31);
	}
	ASSERT_OK(zone_sync(shown->fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ));
}

static void infer(const struct buffer *from, const struct buffer *to)
{
	int npu = open_importer("edu0");
	struct import in = import(npu, from->fd, CMM_IMPORT_TO_DEVICE);
	struct import out = import(npu, to->fd, CMM_IMPORT_FROM_DEVICE);

	ASSERT_OK(importer_copy(npu, out.map.addr, in.map.addr, LEN));
	ASSERT_OK(importer_release(&out));
	ASSERT_OK(importer_release(&in));
	close(npu);
}

static void show(const struct buffer *frame, const struct buffer *picture)
{
	struct display_frame shown, written;
	struct display display;

	display_open(&display, WIDTH, HEIGHT);
	shown = display_import(&display, frame->fd, DRM_FORMAT_RGB565, PITCH);
	written = display_import(&display, picture->fd, DRM_FORMAT_XRGB8888,
				 SHOWN_PITCH);
	display_show(&display, &shown, &written);
	display_release(&display, &shown);
	display_release(&display, &written);
	display_close(&display);
}

static int open_processor(void)
{
	int processor = m2m_open(WIDTH, HEIGHT);

	if (processor == -ENOENT)
		skip("this kernel has no vim2m");
	return ASSERT_OK(processor);
}

static void pass_on(enum vivid_allocator allocator)
{
	int node = ASSERT_OK(zone_open(ZONE)), processor = open_processor();
	struct buffer captured = buffer_alloc(node, LEN, 0);
	struct buffer mirrored = buffer_alloc(node, LEN, 0);
	struct buffer inferred = buffer_alloc(node, LEN, 0);
	struct buffer shown = buffer_alloc(node, SHOWN_LEN, 0);
	uint16_t *want = malloc(LEN);
	struct camera camera;

	ASSERT(want);
	open_camera(&camera, allocator);
	capture(&camera, -1, want);

	note("the camera");
	capture(&camera, captured.fd, NULL);
	expect_picture(&captured, want);
	note("the image processor");
	ASSERT_OK(m2m_mirror(processor, captured.fd, mirrored.fd, LEN));
	expect_picture(&captured, want);
	mirror(want);
	expect_picture(&mirrored, want);
	note("the NPU");
	infer(&mirrored, &inferred);
	expect_picture(&inferred, want);
	note("the display");
	show(&inferred, &shown);
	expect_shown(&shown, want);

	free(want);
	buffer_free(&captured);
	buffer_free(&mirrored);
	buffer_free(&inferred);
	buffer_free(&shown);
	camera_close(&camera);
	close(processor);
	close(node);
}

TEST_LIMIT(frame_passes_four_devices_by_dma_contig, SECONDS)
{
	pass_on(VIVID_DMA_CONTIG);
}

TEST_LIMIT(frame_passes_four_devices_by_vmalloc, SECONDS)
{
	pass_on(VIVID_VMALLOC);
}
