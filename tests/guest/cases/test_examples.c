// SPDX-License-Identifier: MIT
/* The library's examples with a camera, run as programs. */
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "card.h"
#include "tool.h"
#include "v4l2.h"
#include "zonetest.h"

#define WIDTH	1280
#define HEIGHT	720
#define FPS	10

/* The path of an open node. */
static void find_path(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, size - 1);
	ASSERT(len > 0);
	path[len] = '\0';
}

/* Sets a format, which vivid keeps for the next program. */
static void set_camera(uint32_t pixelformat, char *path, size_t size)
{
	struct camera cam;

	ASSERT_OK(camera_open(&cam, VIVID_DMA_CONTIG, WIDTH, HEIGHT, FPS));
	ASSERT_OK(camera_set_menu(&cam, "Test Pattern", "100% Color Squares"));
	ASSERT_OK(camera_set_format(&cam, WIDTH, HEIGHT, pixelformat));
	find_path(cam.fd, path, size);
	camera_close(&cam);
	setenv("CMM_ZONE", ZONE, 1);
}

TEST(camera_example_captures_frames)
{
	char text[4096], command[128], camera[64], *line = text;
	int lines;

	set_camera(V4L2_PIX_FMT_NV12, camera, sizeof(camera));
	snprintf(command, sizeof(command), "example-camera %s 6", camera);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	for (lines = 0; (line = strstr(line, "lost: fd ")); lines++)
		line++;
	ASSERT_EQ(lines, 6);
	expect_used_soon(0);
}

TEST(camera_example_explains_its_failure)
{
	char text[4096];

	setenv("CMM_ZONE", ZONE, 1);
	ASSERT_EQ(tool_run("example-camera /dev/null", text, sizeof(text)), 1);
	ASSERT(strstr(text, "camera: The descriptor is not that of a V4L2 device"));
}

TEST(display_example_shows_the_cameras_frames)
{
	char text[4096], command[192], camera[64], display[64];
	int card = card_open("vkms");

	find_path(card, display, sizeof(display));
	/* The example must become the display's master. */
	close(card);
	set_camera(V4L2_PIX_FMT_XBGR32, camera, sizeof(camera));
	snprintf(command, sizeof(command), "cmm-v4l2-to-drm %s %s 6", camera, display);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	ASSERT(strstr(text, "shown without a copy"));
	expect_used_soon(0);
}
