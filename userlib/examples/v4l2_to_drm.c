// SPDX-License-Identifier: MIT
/*
 * Shows frames of a V4L2 camera on a display without a copy. The display reads the
 * buffers that the camera writes. Needs libdrm. The camera must deliver XRGB, for
 * example:
 *
 *	v4l2-ctl -d /dev/video0 --set-fmt-video=width=640,height=480,pixelformat=XR24
 *	v4l2_to_drm /dev/video0 /dev/dri/card0 [FRAMES]
 */
#include <cmm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define FRAMES	4

/* A display, with a framebuffer for each frame of the ring; 0: not made yet. */
struct display {
	int fd;
	uint32_t crtc;
	uint32_t connector;
	drmModeModeInfo mode;
	uint32_t framebuffers[CMM_RING_MAX];
};

static int explain(const char *what)
{
	fprintf(stderr, "v4l2_to_drm: %s: %s\n", what, cmm_explain());
	return -1;
}

static int system_error(const char *what)
{
	fprintf(stderr, "v4l2_to_drm: %s: %s\n", what, strerror(errno));
	return -1;
}

/* Finds the first connected output, and its mode of at least this size. */
static int find_output(struct display *display, uint32_t width, uint32_t height)
{
	drmModeRes *res = drmModeGetResources(display->fd);
	int i, m;

	if (!res || !res->count_crtcs) {
		drmModeFreeResources(res);
		return system_error("this is no display");
	}
	display->crtc = res->crtcs[0];
	for (i = 0; i < res->count_connectors && !display->connector; i++) {
		drmModeConnector *c = drmModeGetConnector(display->fd,
							  res->connectors[i]);

		for (m = 0; c && m < c->count_modes; m++) {
			if (c->connection != DRM_MODE_CONNECTED ||
			    c->modes[m].hdisplay > width || c->modes[m].vdisplay > height)
				continue;
			display->connector = c->connector_id;
			display->mode = c->modes[m];
			break;
		}
		drmModeFreeConnector(c);
	}
	drmModeFreeResources(res);
	if (display->connector)
		return 0;
	fprintf(stderr, "v4l2_to_drm: no output has a mode of at most %ux%u\n", width,
		height);
	return -1;
}

/* Makes a framebuffer of the memory of a frame. */
static int add_framebuffer(struct display *display, struct cmm_frame *frame,
			   const struct cmm_layout *layout)
{
	uint32_t handles[4] = { 0 }, pitches[4] = { 0 }, offsets[4] = { 0 };
	uint32_t *id = &display->framebuffers[cmm_frame_index(frame)];

	if (*id)
		return 0;
	if (drmPrimeFDToHandle(display->fd, cmm_buf_fd(cmm_frame_buf(frame)),
			       &handles[0]))
		return system_error("the display does not import the frame");
	pitches[0] = layout->plane[0].stride;
	if (drmModeAddFB2(display->fd, layout->width, layout->height,
			  DRM_FORMAT_XRGB8888, handles, pitches, offsets, id, 0))
		return system_error("the display does not accept the frame");
	return 0;
}

static int show(struct display *display, struct cmm_frame *frame,
		const struct cmm_layout *layout)
{
	if (add_framebuffer(display, frame, layout))
		return -1;
	if (drmModeSetCrtc(display->fd, display->crtc,
			   display->framebuffers[cmm_frame_index(frame)], 0, 0,
			   &display->connector, 1, &display->mode))
		return system_error("the display does not accept the mode");
	return 0;
}

/* A frame on the screen stays with the display until the next one is shown. */
static int show_frames(struct cmm_ring *ring, struct display *display,
		       const struct cmm_layout *layout, int left)
{
	struct cmm_frame *shown = NULL, *frame;
	int ret = 0;

	while (left-- > 0 && !ret) {
		frame = cmm_ring_get(ring, NULL, 5000);
		if (!frame) {
			ret = explain("no frame");
			break;
		}
		ret = show(display, frame, layout);
		cmm_frame_put(shown);
		shown = frame;
	}
	cmm_frame_put(shown);
	return ret;
}

static int run(struct cmm_ring *ring, struct display *display, int frames)
{
	struct cmm_layout layout;

	if (cmm_ring_layout(ring, &layout))
		return explain("the camera's format");
	if (layout.format != cmm_format_by_name("XBGR32")->v4l2) {
		fprintf(stderr, "v4l2_to_drm: set the camera to the format XR24\n");
		return -1;
	}
	if (find_output(display, layout.width, layout.height))
		return -1;
	if (cmm_ring_start(ring))
		return explain("the camera does not start");
	return show_frames(ring, display, &layout, frames);
}

int main(int argc, char **argv)
{
	struct display display = { .fd = -1 };
	struct cmm_ring *ring = NULL;
	struct cmm_zone *zone;
	int camera, ret = -1;

	if (argc < 3) {
		fprintf(stderr, "usage: v4l2_to_drm CAMERA DISPLAY [FRAMES]\n");
		return 2;
	}
	camera = open(argv[1], O_RDWR | O_CLOEXEC);
	display.fd = open(argv[2], O_RDWR | O_CLOEXEC);
	zone = cmm_zone_open(NULL);
	if (zone)
		ring = cmm_ring_open(camera, CMM_RING_CAPTURE, zone, FRAMES);
	if (ring)
		ret = run(ring, &display, argc > 3 ? atoi(argv[3]) : 100);
	else
		explain("no ring");
	cmm_ring_close(ring);
	cmm_zone_close(zone);
	close(display.fd);	/* also frees the framebuffers */
	close(camera);
	if (!ret)
		puts("shown without a copy");
	return ret ? 1 : 0;
}
