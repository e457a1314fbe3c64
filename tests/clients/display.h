/* SPDX-License-Identifier: MIT */
/*
 * vkms, the kernel's virtual display. It scans a frame out of a dma-buf. Instead of a
 * monitor, it has a connector that writes the picture to another dma-buf. Each function
 * asserts that it succeeds.
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

/* An imported frame of the display's size. */
struct display_frame {
	uint32_t handle, framebuffer;
};

/* Opens vkms; skips the test if the kernel has none. */
void display_open(struct display *display, uint32_t width, uint32_t height);
/* Switches the display off and releases all imported frames. */
void display_close(struct display *display);

/* @format is DRM_FORMAT_*. @pitch is the distance between lines, in bytes. */
struct display_frame display_import(const struct display *display, int dmabuf,
				    uint32_t format, uint32_t pitch);
void display_release(const struct display *display,
		     const struct display_frame *frame);

/* Shows @frame, and returns when the picture has been written to @picture. */
void display_show(const struct display *display,
		  const struct display_frame *frame,
		  const struct display_frame *picture);

#endif /* DISPLAY_H */
