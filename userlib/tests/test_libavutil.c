// SPDX-License-Identifier: MIT
/*
 * libavutil calculates the same planar layouts.
 */
#include <stdio.h>
#include <stdlib.h>

#include <libavutil/imgutils.h>

#include <cmm_layout.h>

#include "harness.h"

static const struct {
	const char *name;
	enum AVPixelFormat theirs;
} formats[] = {
	{ "NV12", AV_PIX_FMT_NV12 }, { "NV21", AV_PIX_FMT_NV21 },
	{ "NV16", AV_PIX_FMT_NV16 }, { "NV24", AV_PIX_FMT_NV24 },
	{ "P010", AV_PIX_FMT_P010LE }, { "I420", AV_PIX_FMT_YUV420P },
	{ "YUYV", AV_PIX_FMT_YUYV422 }, { "UYVY", AV_PIX_FMT_UYVY422 },
	{ "GREY", AV_PIX_FMT_GRAY8 },
	{ "RGB24", AV_PIX_FMT_RGB24 }, { "BGR24", AV_PIX_FMT_BGR24 },
	{ "RGBA32", AV_PIX_FMT_RGBA }, { "RGBX32", AV_PIX_FMT_RGB0 },
	{ "ABGR32", AV_PIX_FMT_BGRA }, { "XBGR32", AV_PIX_FMT_BGR0 },
	{ "ARGB32", AV_PIX_FMT_ARGB }, { "XRGB32", AV_PIX_FMT_0RGB },
	{ "BGRA32", AV_PIX_FMT_ABGR }, { "BGRX32", AV_PIX_FMT_0BGR },
	{ "SRGGB8", AV_PIX_FMT_BAYER_RGGB8 },
	{ "SBGGR16", AV_PIX_FMT_BAYER_BGGR16LE },
};

static int same(size_t format, uint32_t width, uint32_t height, uint32_t align)
{
	const struct cmm_layout_rules rules = {
		.stride_align = align, .flags = CMM_LAYOUT_PLANAR,
	};
	int stride[4], total = av_image_get_buffer_size(formats[format].theirs,
							(int)width, (int)height,
							(int)align);
	size_t size[4];
	ptrdiff_t aligned[4];
	struct cmm_layout layout;
	unsigned int i;

	if (cmm_layout_calc(&layout, cmm_format_by_name(formats[format].name), width,
			    height, &rules) ||
	    av_image_fill_linesizes(stride, formats[format].theirs, (int)width) < 0)
		return 0;
	for (i = 0; i < 4; i++)
		aligned[i] = (stride[i] + (int)align - 1) / (int)align * (int)align;
	if (av_image_fill_plane_sizes(size, formats[format].theirs, (int)height,
				      aligned) < 0)
		return 0;
	for (i = 0; i < layout.planes; i++)
		if (layout.plane[i].stride != aligned[i] ||
		    layout.plane[i].len != size[i])
			break;
	if (i == layout.planes && (i == 4 || !size[i]) && layout.len[0] == (size_t)total)
		return 1;
	printf("# %s %ux%u, alignment %u: %d bytes\n", formats[format].name, width,
	       height, align, total);
	return 0;
}

TEST(libavutil_agrees)
{
	unsigned int round;
	size_t format;

	srandom(1);
	for (round = 0; round < 2000; round++)
		for (format = 0; format < ARRAY_SIZE(formats); format++)
			ASSERT(same(format, 1 + (uint32_t)random() % 5000,
				    1 + (uint32_t)random() % 5000,
				    1u << (random() % 10)));
}
