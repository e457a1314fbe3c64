/* SPDX-License-Identifier: MIT */
/*
 * vkms, the kernel's virtual display: it scans a frame out of a dma-buf, and in
 * a monitor's place there is a connector that writes the picture to another one.
 * Each function asserts that it succeeds.
 */
#ifndef DISPLAY_H
#define DISPLAY_H

#include <stdint.h>

struct display {
	int card;
	uint32_t width, height;
	uint32_t crtc, plane, writeback;	/* DRM's objects */
	uint32_t mode;		/* the blob of width and height */
};

/* A frame of the display's size that it has imported. */
struct display_frame {
	uint32_t handle, framebuffer;
};

/* Opens vkms; skips the test if the kernel has none. */
void display_open(struct display *display, uint32_t width, uint32_t height);
/* It is switched off, and lets go of what it has imported. */
void display_close(struct display *display);

/* format is DRM_FORMAT_*, pitch the bytes from line to line. */
struct display_frame display_import(const struct display *display, int dmabuf,
				    uint32_t format, uint32_t pitch);
void display_release(const struct display *display,
		     const struct display_frame *frame);

/* Shows a frame, and returns when the picture is in another one. */
void display_show(const struct display *display,
		  const struct display_frame *frame,
		  const struct display_frame *picture);

#endif /* DISPLAY_H */
