// SPDX-License-Identifier: MIT
/* Drives vkms with libdrm's atomic mode setting: see display.h. */
#include "display.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "card.h"
#include "harness.h"

#define PICTURE_TIMEOUT_MS	60000

/* Returns the connector that writes to memory. */
static uint32_t find_writeback(int card, const drmModeRes *resources)
{
	uint32_t found = 0;
	int i;

	for (i = 0; !found && i < resources->count_connectors; i++) {
		drmModeConnector *connector;

		connector = drmModeGetConnectorCurrent(card,
						       resources->connectors[i]);
		ASSERT(connector);
		if (connector->connector_type == DRM_MODE_CONNECTOR_WRITEBACK)
			found = connector->connector_id;
		drmModeFreeConnector(connector);
	}
	ASSERT(found);
	return found;
}

/* Returns a property's id. Sets *@value, unless NULL, to the object's value. */
static uint32_t find_property(int card, uint32_t object, const char *name,
			      uint64_t *value)
{
	drmModeObjectProperties *properties;
	uint32_t i, found = 0;

	properties = drmModeObjectGetProperties(card, object,
						DRM_MODE_OBJECT_ANY);
	ASSERT(properties);
	for (i = 0; !found && i < properties->count_props; i++) {
		drmModePropertyRes *property;

		property = drmModeGetProperty(card, properties->props[i]);
		ASSERT(property);
		if (!strcmp(property->name, name)) {
			found = property->prop_id;
			if (value)
				*value = properties->prop_values[i];
		}
		drmModeFreeProperty(property);
	}
	drmModeFreeObjectProperties(properties);
	return found;
}

static uint32_t find_primary_plane(int card)
{
	drmModePlaneRes *planes = drmModeGetPlaneResources(card);
	uint32_t i, found = 0;

	ASSERT(planes);
	for (i = 0; !found && i < planes->count_planes; i++) {
		uint64_t type = 0;

		if (find_property(card, planes->planes[i], "type", &type) &&
		    type == DRM_PLANE_TYPE_PRIMARY)
			found = planes->planes[i];
	}
	drmModeFreePlaneResources(planes);
	ASSERT(found);
	return found;
}

/* Any timing works: the signal has no receiver. */
static uint32_t create_mode(int card, uint32_t width, uint32_t height)
{
	drmModeModeInfo mode = {
		.hdisplay = width,
		.hsync_start = width + 8,
		.hsync_end = width + 16,
		.htotal = width + 32,
		.vdisplay = height,
		.vsync_start = height + 2,
		.vsync_end = height + 4,
		.vtotal = height + 8,
	};
	uint32_t blob;

	/* kHz, for 30 pictures a second. */
	mode.clock = mode.htotal * mode.vtotal * 30 / 1000;
	snprintf(mode.name, sizeof(mode.name), "%ux%u", width, height);
	ASSERT(!drmModeCreatePropertyBlob(card, &mode, sizeof(mode), &blob));
	return blob;
}

void display_open(struct display *display, uint32_t width, uint32_t height)
{
	int card = card_open("vkms");
	drmModeRes *resources;

	ASSERT(!drmSetClientCap(card, DRM_CLIENT_CAP_ATOMIC, 1));
	ASSERT(!drmSetClientCap(card, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1));
	resources = drmModeGetResources(card);
	ASSERT(resources && resources->count_crtcs);
	*display = (struct display){
		.card = card,
		.width = width,
		.height = height,
		.crtc = resources->crtcs[0],
		.plane = find_primary_plane(card),
		.writeback = find_writeback(card, resources),
		.mode = create_mode(card, width, height),
	};
	drmModeFreeResources(resources);
}

void display_close(struct display *display)
{
	close(display->card);
	display->card = -1;
}

struct display_frame display_import(const struct display *display, int dmabuf,
				    uint32_t format, uint32_t pitch)
{
	uint32_t handle = fd_to_handle(display->card, dmabuf);
	const uint32_t handles[4] = { handle }, pitches[4] = { pitch };
	const uint32_t offsets[4] = { 0 };
	struct display_frame frame = { .handle = handle };

	ASSERT(!drmModeAddFB2(display->card, display->width, display->height,
			      format, handles, pitches, offsets,
			      &frame.framebuffer, 0));
	return frame;
}

void display_release(const struct display *display,
		     const struct display_frame *frame)
{
	ASSERT(!drmModeRmFB(display->card, frame->framebuffer));
	ASSERT(!drmCloseBufferHandle(display->card, frame->handle));
}

static void set(const struct display *display, drmModeAtomicReq *request,
		uint32_t object, const char *name, uint64_t value)
{
	uint32_t property = find_property(display->card, object, name, NULL);

	note("property %s", name);
	ASSERT(property);
	ASSERT(drmModeAtomicAddProperty(request, object, property, value) > 0);
}

/* Shows the whole frame on the whole screen. */
static void set_plane(const struct display *display, drmModeAtomicReq *request,
		      uint32_t framebuffer)
{
	set(display, request, display->plane, "CRTC_ID", display->crtc);
	set(display, request, display->plane, "FB_ID", framebuffer);
	set(display, request, display->plane, "CRTC_X", 0);
	set(display, request, display->plane, "CRTC_Y", 0);
	set(display, request, display->plane, "CRTC_W", display->width);
	set(display, request, display->plane, "CRTC_H", display->height);
	/* In 65536ths of a pixel. */
	set(display, request, display->plane, "SRC_X", 0);
	set(display, request, display->plane, "SRC_Y", 0);
	set(display, request, display->plane, "SRC_W",
	    (uint64_t)display->width << 16);
	set(display, request, display->plane, "SRC_H",
	    (uint64_t)display->height << 16);
}

void display_show(const struct display *display,
		  const struct display_frame *frame,
		  const struct display_frame *picture)
{
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	struct pollfd written = { .events = POLLIN };
	/* The kernel stores the fence's descriptor here. */
	int32_t fence = -1;

	ASSERT(request);
	set(display, request, display->crtc, "MODE_ID", display->mode);
	set(display, request, display->crtc, "ACTIVE", 1);
	set_plane(display, request, frame->framebuffer);
	set(display, request, display->writeback, "CRTC_ID", display->crtc);
	set(display, request, display->writeback, "WRITEBACK_FB_ID",
	    picture->framebuffer);
	set(display, request, display->writeback, "WRITEBACK_OUT_FENCE_PTR",
	    (uintptr_t)&fence);
	note("the display's commit");
	ASSERT_OK(drmModeAtomicCommit(display->card, request,
				      DRM_MODE_ATOMIC_ALLOW_MODESET, NULL));
	drmModeAtomicFree(request);

	ASSERT(fence >= 0);
	written.fd = fence;
	ASSERT_EQ(poll(&written, 1, PICTURE_TIMEOUT_MS), 1);
	close(fence);
}
