// SPDX-License-Identifier: MIT
/*
 * GStreamer's default layouts are the planar ones with a stride alignment of 4 and
 * odd sizes rounded up.
 */
#include <stdio.h>
#include <stdlib.h>

#include <gst/video/video.h>

#include <cmm_layout.h>

#include "harness.h"

static const struct {
	const char *name;
	GstVideoFormat theirs;
} formats[] = {
	{ "NV12", GST_VIDEO_FORMAT_NV12 }, { "NV21", GST_VIDEO_FORMAT_NV21 },
	{ "NV16", GST_VIDEO_FORMAT_NV16 }, { "NV24", GST_VIDEO_FORMAT_NV24 },
	{ "P010", GST_VIDEO_FORMAT_P010_10LE }, { "I420", GST_VIDEO_FORMAT_I420 },
	{ "YUYV", GST_VIDEO_FORMAT_YUY2 }, { "UYVY", GST_VIDEO_FORMAT_UYVY },
	{ "GREY", GST_VIDEO_FORMAT_GRAY8 },
	{ "RGB24", GST_VIDEO_FORMAT_RGB }, { "BGR24", GST_VIDEO_FORMAT_BGR },
	{ "RGBA32", GST_VIDEO_FORMAT_RGBA }, { "RGBX32", GST_VIDEO_FORMAT_RGBx },
	{ "ABGR32", GST_VIDEO_FORMAT_BGRA }, { "XBGR32", GST_VIDEO_FORMAT_BGRx },
	{ "ARGB32", GST_VIDEO_FORMAT_ARGB }, { "XRGB32", GST_VIDEO_FORMAT_xRGB },
	{ "BGRA32", GST_VIDEO_FORMAT_ABGR }, { "BGRX32", GST_VIDEO_FORMAT_xBGR },
};

static int same(size_t format, uint32_t width, uint32_t height)
{
	const struct cmm_layout_rules rules = {
		.stride_align = 4, .flags = CMM_LAYOUT_PLANAR | CMM_LAYOUT_EVEN,
	};
	struct cmm_layout layout;
	GstVideoInfo info;
	unsigned int i;

	if (cmm_layout_calc(&layout, cmm_format_by_name(formats[format].name), width,
			    height, &rules) ||
	    !gst_video_info_set_format(&info, formats[format].theirs, width, height))
		return 0;
	for (i = 0; i < layout.planes; i++)
		if (layout.plane[i].stride != (unsigned int)info.stride[i] ||
		    layout.plane[i].offset != info.offset[i])
			break;
	if (i == GST_VIDEO_INFO_N_PLANES(&info) && layout.len[0] == info.size)
		return 1;
	printf("# %s %ux%u: %zu bytes\n", formats[format].name, width, height, info.size);
	return 0;
}

TEST(gstreamer_agrees)
{
	unsigned int round;
	size_t format;

	srandom(1);
	for (round = 0; round < 2000; round++)
		for (format = 0; format < ARRAY_SIZE(formats); format++)
			ASSERT(same(format, 1 + (uint32_t)random() % 5000,
				    1 + (uint32_t)random() % 5000));
}
