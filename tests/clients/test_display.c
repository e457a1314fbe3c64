// SPDX-License-Identifier: MIT
/*
 * The display vkms imports buffers as DRM drivers do, shows them, and writes the picture
 * to another buffer.
 */
#include <drm/drm_fourcc.h>
#include <linux/dma-buf.h>
#include <unistd.h>

#include "buffer.h"
#include "display.h"

#define WIDTH	320
#define HEIGHT	240
#define PITCH	(WIDTH * sizeof(uint32_t))
#define LEN	(PITCH * HEIGHT)

/* Compares the colours. The fourth byte of a pixel is unused. */
static void expect_same_picture(const struct buffer *picture,
				const struct buffer *frame)
{
	const uint32_t *got = (const uint32_t *)picture->at;
	const uint32_t *want = (const uint32_t *)frame->at;
	size_t i;

	ASSERT_OK(zone_sync(picture->fd,
			    DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ));
	for (i = 0; i < LEN / sizeof(*got); i++) {
		note("pixel %zu", i);
		ASSERT_EQ(got[i] & 0xffffff, want[i] & 0xffffff);
	}
	ASSERT_OK(zone_sync(picture->fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ));
}

static void expect_device(int node, uint64_t id, const char *device)
{
	struct cmm_list_entry entry;

	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, id - 1)), 1);
	ASSERT_EQ(entry.id, id);
	ASSERT_EQ(entry.attached, 1);
	ASSERT_STREQ(entry.devices, device);
}

static void show_pattern(struct display *display, int node, uint64_t seed)
{
	struct buffer frame = buffer_alloc(node, LEN, 0);
	struct buffer picture = buffer_alloc(node, LEN, 0);
	struct display_frame shown, written;
	struct cmm_query query;

	buffer_fill(&frame, seed);
	shown = display_import(display, frame.fd, DRM_FORMAT_XRGB8888, PITCH);
	written = display_import(display, picture.fd, DRM_FORMAT_XRGB8888,
				 PITCH);
	ASSERT_OK(zone_query(node, frame.fd, &query));
	expect_device(node, query.id, "vkms");

	display_show(display, &shown, &written);
	expect_same_picture(&picture, &frame);
	buffer_expect(&frame, seed);

	display_release(display, &shown);
	display_release(display, &written);
	buffer_free(&frame);
	buffer_free(&picture);
}

ZONE_TEST(display_shows_the_buffers_contents)
{
	struct display display;

	display_open(&display, WIDTH, HEIGHT);
	show_pattern(&display, node, 51);
	show_pattern(&display, node, 52);
	display_close(&display);
	expect_used_soon(0);
}

/* The screen shows a closed buffer until the display is closed. */
ZONE_TEST(displayed_buffer_outlives_its_descriptor)
{
	struct display_frame shown, written;
	struct buffer frame, picture;
	struct display display;

	display_open(&display, WIDTH, HEIGHT);
	frame = buffer_alloc(node, LEN, 0);
	picture = buffer_alloc(node, LEN, 0);
	shown = display_import(&display, frame.fd, DRM_FORMAT_XRGB8888, PITCH);
	written = display_import(&display, picture.fd, DRM_FORMAT_XRGB8888,
				 PITCH);
	display_show(&display, &shown, &written);
	buffer_free(&frame);
	buffer_free(&picture);
	expect_used(2 * LEN);
	display_close(&display);
	expect_used_soon(0);
}
