// SPDX-License-Identifier: MIT
/*
 * Pixel formats and layouts: known layouts, errors, and random sizes. Links nothing
 * of the library but the files under test.
 */
#include <inttypes.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmm_layout.h>

#include "harness.h"

struct vector {
	const char *format;
	uint32_t width, height, stride_align, height_align;
	uint32_t stride[CMM_MAX_PLANES];
	uint64_t offset[CMM_MAX_PLANES];
	uint64_t total;
};

#include "vectors.h"

static const char *const names[] = {
	"NV12", "NV21", "NV16", "NV24", "P010", "I420", "YUYV", "UYVY", "GREY",
	"RGB24", "BGR24", "RGBA32", "RGBX32", "ABGR32", "XBGR32", "ARGB32",
	"XRGB32", "BGRA32", "BGRX32",
	"SBGGR8", "SGBRG8", "SGRBG8", "SRGGB8",
	"SBGGR10", "SGBRG10", "SGRBG10", "SRGGB10",
	"SBGGR12", "SGBRG12", "SGRBG12", "SRGGB12",
	"SBGGR16", "SGBRG16", "SGRBG16", "SRGGB16",
	"SBGGR10P", "SGBRG10P", "SGRBG10P", "SRGGB10P",
	"SBGGR12P", "SGBRG12P", "SGRBG12P", "SRGGB12P",
};

static const char *const profiles[] = {
	"generic", "axera", "cvi", "rknn", "ascend-dvpp",
};

#define NV12	cmm_format_by_name("NV12")
#define I420	cmm_format_by_name("I420")

static uint32_t drm(char a, char b, char c, char d)
{
	return v4l2_fourcc((uint32_t)a, (uint32_t)b, (uint32_t)c, (uint32_t)d);
}

/* --- formats --- */

/* The DRM and V4L2 fourccs are of one format. */
static int same_format(uint32_t drm_fourcc, uint32_t v4l2_fourcc)
{
	const struct cmm_format *format = cmm_format_by_v4l2(v4l2_fourcc);

	return format && format->drm == drm_fourcc &&
	       cmm_format_by_drm(drm_fourcc) == format;
}

TEST(drm_rgb_names_run_the_opposite_way)
{
	/* DRM_FORMAT_BGR888, DRM_FORMAT_RGB888 */
	ASSERT(same_format(drm('B', 'G', '2', '4'), V4L2_PIX_FMT_RGB24));
	ASSERT(same_format(drm('R', 'G', '2', '4'), V4L2_PIX_FMT_BGR24));
	/* DRM_FORMAT_ABGR8888, DRM_FORMAT_XRGB8888, DRM_FORMAT_BGRA8888 */
	ASSERT(same_format(drm('A', 'B', '2', '4'), V4L2_PIX_FMT_RGBA32));
	ASSERT(same_format(drm('X', 'R', '2', '4'), V4L2_PIX_FMT_XBGR32));
	ASSERT(same_format(drm('B', 'A', '2', '4'), V4L2_PIX_FMT_ARGB32));
}

TEST(old_rgb_formats_have_no_alpha)
{
	const struct cmm_format *rgb = cmm_format_by_v4l2(V4L2_PIX_FMT_RGB32);
	const struct cmm_format *bgr = cmm_format_by_v4l2(V4L2_PIX_FMT_BGR32);

	ASSERT(rgb && !strcmp(rgb->name, "RGB32") && rgb->block_bytes[0] == 4);
	ASSERT(bgr && !strcmp(bgr->name, "BGR32") && bgr->block_bytes[0] == 4);
	/* DRM's fourccs lead to V4L2's newer formats. */
	ASSERT(rgb && cmm_format_by_drm(rgb->drm) == cmm_format_by_name("XRGB32"));
	ASSERT(bgr && cmm_format_by_drm(bgr->drm) == cmm_format_by_name("XBGR32"));
}

TEST(fourccs_lead_back_to_the_format)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const struct cmm_format *format = cmm_format_by_name(names[i]);

		ASSERT(format && !strcmp(format->name, names[i]));
		ASSERT(cmm_format_by_v4l2(format->v4l2) == format);
		ASSERT(!format->v4l2_split ||
		       cmm_format_by_v4l2(format->v4l2_split) == format);
		ASSERT(!format->drm || cmm_format_by_drm(format->drm) == format);
	}
}

TEST(fourccs_are_those_of_v4l2)
{
	static const struct {
		const char *name;
		uint32_t v4l2, split;
	} known[] = {
		{ "NV12", V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_NV12M },
		{ "NV21", V4L2_PIX_FMT_NV21, V4L2_PIX_FMT_NV21M },
		{ "NV16", V4L2_PIX_FMT_NV16, V4L2_PIX_FMT_NV16M },
		{ "NV24", V4L2_PIX_FMT_NV24, 0 },
		{ "P010", v4l2_fourcc('P', '0', '1', '0'), 0 },
		{ "I420", V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YUV420M },
		{ "YUYV", V4L2_PIX_FMT_YUYV, 0 },
		{ "UYVY", V4L2_PIX_FMT_UYVY, 0 },
		{ "GREY", V4L2_PIX_FMT_GREY, 0 },
		{ "RGBA32", V4L2_PIX_FMT_RGBA32, 0 },
		{ "RGBX32", V4L2_PIX_FMT_RGBX32, 0 },
		{ "ABGR32", V4L2_PIX_FMT_ABGR32, 0 },
		{ "XBGR32", V4L2_PIX_FMT_XBGR32, 0 },
		{ "ARGB32", V4L2_PIX_FMT_ARGB32, 0 },
		{ "XRGB32", V4L2_PIX_FMT_XRGB32, 0 },
		{ "BGRA32", V4L2_PIX_FMT_BGRA32, 0 },
		{ "BGRX32", V4L2_PIX_FMT_BGRX32, 0 },
		{ "SBGGR8", V4L2_PIX_FMT_SBGGR8, 0 },
		{ "SGBRG8", V4L2_PIX_FMT_SGBRG8, 0 },
		{ "SGRBG8", V4L2_PIX_FMT_SGRBG8, 0 },
		{ "SRGGB8", V4L2_PIX_FMT_SRGGB8, 0 },
		{ "SBGGR10", V4L2_PIX_FMT_SBGGR10, 0 },
		{ "SGBRG10", V4L2_PIX_FMT_SGBRG10, 0 },
		{ "SGRBG10", V4L2_PIX_FMT_SGRBG10, 0 },
		{ "SRGGB10", V4L2_PIX_FMT_SRGGB10, 0 },
		{ "SBGGR12", V4L2_PIX_FMT_SBGGR12, 0 },
		{ "SGBRG12", V4L2_PIX_FMT_SGBRG12, 0 },
		{ "SGRBG12", V4L2_PIX_FMT_SGRBG12, 0 },
		{ "SRGGB12", V4L2_PIX_FMT_SRGGB12, 0 },
		{ "SBGGR16", V4L2_PIX_FMT_SBGGR16, 0 },
		{ "SGBRG16", V4L2_PIX_FMT_SGBRG16, 0 },
		{ "SGRBG16", V4L2_PIX_FMT_SGRBG16, 0 },
		{ "SRGGB16", V4L2_PIX_FMT_SRGGB16, 0 },
		{ "SBGGR10P", V4L2_PIX_FMT_SBGGR10P, 0 },
		{ "SGBRG10P", V4L2_PIX_FMT_SGBRG10P, 0 },
		{ "SGRBG10P", V4L2_PIX_FMT_SGRBG10P, 0 },
		{ "SRGGB10P", V4L2_PIX_FMT_SRGGB10P, 0 },
		{ "SBGGR12P", V4L2_PIX_FMT_SBGGR12P, 0 },
		{ "SGBRG12P", V4L2_PIX_FMT_SGBRG12P, 0 },
		{ "SGRBG12P", V4L2_PIX_FMT_SGRBG12P, 0 },
		{ "SRGGB12P", V4L2_PIX_FMT_SRGGB12P, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		const struct cmm_format *format = cmm_format_by_name(known[i].name);

		ASSERT(format && format->v4l2 == known[i].v4l2);
		ASSERT(format && format->v4l2_split == known[i].split);
	}
}

TEST(drm_has_no_bayer_format)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		ASSERT(!cmm_format_by_name(names[i])->drm == (names[i][0] == 'S'));
	ASSERT_ERRNO(!cmm_format_by_drm(V4L2_PIX_FMT_SRGGB10P), ENOENT);
}

TEST(unknown_formats_are_an_error)
{
	ASSERT_ERRNO(!cmm_format_by_name("NV13"), ENOENT);
	ASSERT_ERRNO(!cmm_format_by_name(""), ENOENT);
	ASSERT_ERRNO(!cmm_format_by_v4l2(V4L2_PIX_FMT_MJPEG), ENOENT);
	ASSERT_ERRNO(!cmm_format_by_v4l2(0), ENOENT);
	ASSERT_ERRNO(!cmm_format_by_drm(0), ENOENT);
}

/* --- known layouts --- */

static int matches(const struct vector *v, uint32_t flags)
{
	const struct cmm_format *format = cmm_format_by_name(v->format);
	const struct cmm_layout_rules rules = {
		.stride_align = v->stride_align,
		.height_align = v->height_align,
		.flags = flags,
	};
	struct cmm_layout layout;
	unsigned int i;

	if (cmm_layout_calc(&layout, format, v->width, v->height, &rules))
		return 0;
	for (i = 0; i < layout.planes; i++)
		if (layout.plane[i].stride != v->stride[i] ||
		    layout.plane[i].offset != v->offset[i])
			break;
	if (i == format->planes && layout.len[0] == v->total)
		return 1;
	printf("# %s %" PRIu32 "x%" PRIu32 ": plane %u at %" PRIu64 ", stride %" PRIu32
	       ", total %" PRIu64 "\n", v->format, v->width, v->height, i,
	       layout.plane[i].offset, layout.plane[i].stride, layout.len[0]);
	return 0;
}

TEST(contiguous_layouts_match)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(contiguous); i++)
		ASSERT(matches(&contiguous[i], 0));
}

TEST(planar_layouts_match)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(planar); i++)
		ASSERT(matches(&planar[i], CMM_LAYOUT_PLANAR));
}

TEST(gstreamer_layouts_match)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gstreamer); i++)
		ASSERT(matches(&gstreamer[i], CMM_LAYOUT_PLANAR | CMM_LAYOUT_EVEN));
}

TEST(other_known_layouts_match)
{
	static const struct vector more[] = {
		/* I420 differs between the conventions. */
		{ "I420", 640, 480, 256, 1, { 768, 384, 384 },
		  { 0, 368640, 460800 }, 552960 },
		{ "NV12", 1920, 1080, 64, 16, { 1920, 1920 },
		  { 0, 2088960 }, 3133440 },
		/* 8416 bytes are no multiple of 64. */
		{ "SRGGB10", 4208, 3120, 64, 1, { 8448 }, { 0 }, 26357760 },
		{ "YUYV", 1080, 720, 256, 1, { 2304 }, { 0 }, 1658880 },
		{ "UYVY", 1080, 720, 256, 1, { 2304 }, { 0 }, 1658880 },
	};
	static const struct vector i420 = {
		"I420", 640, 480, 256, 1, { 768, 512, 512 },
		{ 0, 368640, 491520 }, 614400
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(more); i++)
		ASSERT(matches(&more[i], 0));
	ASSERT(matches(&i420, CMM_LAYOUT_PLANAR));
}

TEST(page_aligned_planes_can_be_views)
{
	struct cmm_layout_rules rules = { .plane_align = 4096 };
	struct cmm_layout layout;

	ASSERT(!cmm_layout_calc(&layout, NV12, 1920, 1080, &rules));
	ASSERT(layout.plane[0].len == 2076672);
	ASSERT(layout.plane[1].offset == 2076672);
	ASSERT(layout.plane[1].len == 1040384);
	ASSERT(layout.len[0] == 3117056 && layout.buffers == 1);

	rules.plane_align = 65536;
	ASSERT(!cmm_layout_calc(&layout, NV12, 1920, 1080, &rules));
	ASSERT(layout.plane[1].offset == 2097152 && layout.len[0] == 3145728);
}

TEST(split_planes_have_buffers_of_their_own)
{
	const struct cmm_layout_rules rules = {
		.stride_align = 256, .flags = CMM_LAYOUT_SPLIT | CMM_LAYOUT_PLANAR,
	};
	struct cmm_layout layout;
	unsigned int i;

	ASSERT(!cmm_layout_calc(&layout, I420, 640, 480, &rules));
	ASSERT(layout.buffers == 3);
	ASSERT(layout.len[0] == 368640 && layout.len[1] == 122880 &&
	       layout.len[2] == 122880);
	for (i = 0; i < 3; i++)
		ASSERT(layout.plane[i].buffer == i && !layout.plane[i].offset);
}

/* --- profiles --- */

TEST(profiles_match_the_vendors)
{
	static const struct {
		const char *profile, *format;
		uint32_t width, height, stride, rows;
		uint64_t total;
	} known[] = {
		{ "cvi", "NV21", 1920, 1080, 1920, 1080, 3110400 },
		{ "cvi", "NV12", 1366, 768, 1408, 768, 1622016 },
		{ "cvi", "NV12", 641, 481, 704, 482, 508992 },
		{ "cvi", "YUYV", 1366, 768, 2752, 768, 2113536 },
		{ "cvi", "I420", 1366, 768, 1408, 768, 1622016 },
		{ "cvi", "I420", 1300, 768, 1408, 768, 1622016 },
		{ "cvi", "SRGGB12P", 1920, 1080, 2880, 1080, 3110400 },
		{ "cvi", "SRGGB12P", 2560, 1440, 3840, 1440, 5529600 },
		{ "cvi", "SRGGB10P", 1920, 1080, 2400, 1080, 2592000 },
		{ "axera", "NV12", 1366, 768, 1408, 768, 1622016 },
		{ "axera", "NV12", 640, 482, 640, 488, 468480 },
		{ "ascend-dvpp", "NV12", 1920, 1080, 1920, 1080, 3110400 },
		{ "ascend-dvpp", "NV12", 1366, 768, 1376, 768, 1585152 },
		{ "ascend-dvpp", "NV12", 10, 10, 32, 10, 480 },
		{ "ascend-dvpp", "BGR24", 1366, 768, 4128, 768, 3170304 },
		{ "ascend-dvpp", "BGR24", 10, 9, 48, 9, 432 },
		{ "rknn", "NV12", 1366, 768, 1376, 768, 1585152 },
		{ "rknn", "BGR24", 641, 481, 1968, 481, 946608 },
		{ "rknn", "YUYV", 641, 481, 1296, 482, 624672 },
		{ "rknn", "SRGGB10P", 641, 481, 880, 481, 423280 },
		{ "generic", "NV12", 1366, 768, 1366, 768, 1573632 },
	};
	struct cmm_layout_rules rules;
	struct cmm_layout layout;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		const struct cmm_format *format = cmm_format_by_name(known[i].format);

		ASSERT(!cmm_layout_profile(&rules, known[i].profile, format));
		ASSERT(!cmm_layout_calc(&layout, format, known[i].width,
					known[i].height, &rules));
		ASSERT(layout.plane[0].stride == known[i].stride);
		ASSERT(layout.plane[0].rows == known[i].rows);
		ASSERT(layout.len[0] == known[i].total);
	}
	ASSERT_ERRNO(cmm_layout_profile(&rules, "cvi2", NV12), ENOENT);
}

TEST(profiles_can_be_changed)
{
	struct cmm_layout_rules rules;
	struct cmm_layout layout;

	/* Axera's camera input with a stride alignment of 128. */
	ASSERT(!cmm_layout_profile(&rules, "axera", cmm_format_by_name("SRGGB10P")));
	rules.stride_align = 128;
	ASSERT(!cmm_layout_calc(&layout, cmm_format_by_name("SRGGB10P"), 1920, 1080,
				&rules));
	ASSERT(layout.plane[0].stride == 2432 && layout.len[0] == 2626560);
	ASSERT(!cmm_layout_calc(&layout, cmm_format_by_name("SRGGB12P"), 3840, 2160,
				&rules));
	ASSERT(layout.plane[0].stride == 5760 && layout.len[0] == 12441600);
}

TEST(odd_i420_is_an_error_on_cvi)
{
	struct cmm_layout_rules rules;
	struct cmm_layout layout;

	ASSERT(!cmm_layout_profile(&rules, "cvi", I420));
	ASSERT_ERRNO(cmm_layout_calc(&layout, I420, 641, 480, &rules), EINVAL);
	ASSERT_ERRNO(cmm_layout_calc(&layout, I420, 640, 481, &rules), EINVAL);
}

TEST(rga_alignments_match)
{
	static const struct {
		uint32_t align, bits, pixels;
	} known[] = {
		{ 4, 32, 1 }, { 4, 16, 2 }, { 4, 24, 4 }, { 4, 8, 4 }, { 4, 10, 16 },
		{ 16, 32, 4 }, { 16, 16, 8 }, { 16, 24, 16 }, { 16, 8, 16 },
		{ 16, 10, 64 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		ASSERT(cmm_stride_align_px(known[i].bits, known[i].align) ==
		       known[i].pixels);
	ASSERT(cmm_stride_align_px(7, UINT32_MAX) == 8ull * UINT32_MAX);
	ASSERT_ERRNO(!cmm_stride_align_px(0, 16), EINVAL);
	ASSERT_ERRNO(!cmm_stride_align_px(8, 0), EINVAL);
}

/* --- invalid sizes --- */

TEST(odd_sizes_are_rounded_up_and_reported)
{
	struct cmm_layout layout;

	ASSERT(!cmm_layout_calc(&layout, NV12, 641, 481, NULL));
	ASSERT(layout.width == 642 && layout.height == 482);
	ASSERT(!cmm_layout_calc(&layout, cmm_format_by_name("NV16"), 641, 481, NULL));
	ASSERT(layout.width == 642 && layout.height == 481);
	ASSERT(!cmm_layout_calc(&layout, cmm_format_by_name("SRGGB10P"), 641, 481, NULL));
	ASSERT(layout.width == 641 && layout.height == 481);
}

TEST(strict_refuses_odd_sizes)
{
	const struct cmm_layout_rules rules = { .flags = CMM_LAYOUT_STRICT };
	const struct cmm_layout_rules planar_rules = {
		.flags = CMM_LAYOUT_STRICT | CMM_LAYOUT_PLANAR,
	};
	struct cmm_layout layout;

	ASSERT_ERRNO(cmm_layout_calc(&layout, NV12, 641, 480, &rules), EINVAL);
	ASSERT_ERRNO(cmm_layout_calc(&layout, NV12, 640, 481, &rules), EINVAL);
	ASSERT_ERRNO(cmm_layout_calc(&layout, I420, 641, 480, &planar_rules), EINVAL);
	ASSERT(!cmm_layout_calc(&layout, NV12, 640, 480, &rules));
	ASSERT(!cmm_layout_calc(&layout, cmm_format_by_name("NV16"), 640, 481, &rules));
	ASSERT(!cmm_layout_calc(&layout, cmm_format_by_name("NV24"), 641, 481, &rules));
}

TEST(bad_sizes_are_an_error)
{
	const struct cmm_layout_rules unknown_flag = { .flags = 1 };
	struct cmm_layout layout, before;

	memset(&layout, 0x5a, sizeof(layout));
	before = layout;
	ASSERT_ERRNO(cmm_layout_calc(&layout, NV12, 0, 480, NULL), EINVAL);
	ASSERT_ERRNO(cmm_layout_calc(&layout, NV12, 640, 0, NULL), EINVAL);
	ASSERT_ERRNO(cmm_layout_calc(&layout, NV12, 640, 480, &unknown_flag), EINVAL);
	ASSERT(!memcmp(&layout, &before, sizeof(layout)));
}

TEST(overflow_is_an_error)
{
	struct cmm_layout_rules rules = { 0 };
	struct cmm_layout layout;

	/* The width, the stride, the rows. */
	ASSERT_ERRNO(cmm_layout_calc(&layout, NV12, UINT32_MAX, 2, NULL), EOVERFLOW);
	ASSERT_ERRNO(cmm_layout_calc(&layout, NV12, 2, UINT32_MAX, NULL), EOVERFLOW);
	ASSERT_ERRNO(cmm_layout_calc(&layout, cmm_format_by_name("RGBA32"), 1u << 30, 1,
				     NULL), EOVERFLOW);
	ASSERT_ERRNO(cmm_layout_calc(&layout, cmm_format_by_name("SRGGB10P"), 3435973837u,
				     1, NULL), EOVERFLOW);
	rules.stride_align = 1u << 31;
	ASSERT_ERRNO(cmm_layout_calc(&layout, NV12, (1u << 31) + 2, 2, &rules), EOVERFLOW);
	rules.stride_align = 0;
	rules.height_align = 1u << 31;
	ASSERT_ERRNO(cmm_layout_calc(&layout, NV12, 2, (1u << 31) + 2, &rules), EOVERFLOW);
	/* The sum of two planes, each of which has less than 2^64 bytes. */
	ASSERT_ERRNO(cmm_layout_calc(&layout, cmm_format_by_name("NV24"), 2147483647u,
				     UINT32_MAX, NULL), EOVERFLOW);
	ASSERT(!cmm_layout_calc(&layout, cmm_format_by_name("GREY"), UINT32_MAX,
				UINT32_MAX, NULL));
	ASSERT(layout.len[0] == (uint64_t)UINT32_MAX * UINT32_MAX);
}

/* --- layouts that a driver determined --- */

TEST(strides_of_a_driver_win)
{
	struct cmm_layout_given given = { .stride = { 2048 }, .len = { 3342336 } };
	struct cmm_layout layout;

	ASSERT(!cmm_layout_from_strides(&layout, NV12, 1920, 1080, &given));
	ASSERT(layout.plane[0].stride == 2048 && layout.plane[1].stride == 2048);
	ASSERT(layout.plane[1].offset == 2048 * 1080);
	ASSERT(layout.len[0] == 3342336);

	given = (struct cmm_layout_given){
		.stride = { 2048, 2304 }, .offset = { 64, 4194304 },
	};
	ASSERT(!cmm_layout_from_strides(&layout, NV12, 1920, 1080, &given));
	ASSERT(layout.plane[0].offset == 64 && layout.plane[1].offset == 4194304);
	ASSERT(layout.len[0] == 4194304 + 2304 * 540);

	given = (struct cmm_layout_given){
		.stride = { 1920, 1920 }, .flags = CMM_LAYOUT_SPLIT,
		.len = { 2088960, 1044480 },
	};
	ASSERT(!cmm_layout_from_strides(&layout, NV12, 1920, 1080, &given));
	ASSERT(layout.buffers == 2 && !layout.plane[1].offset);
	ASSERT(layout.len[0] == 2088960 && layout.len[1] == 1044480);
}

TEST(odd_sizes_of_a_driver_stay)
{
	const struct cmm_layout_given tight = { .stride = { 17 }, .len = { 451 } };
	struct cmm_layout layout;

	ASSERT(!cmm_layout_from_strides(&layout, NV12, 17, 17, &tight));
	ASSERT(layout.width == 17 && layout.height == 17);
	ASSERT(layout.plane[1].stride == 18 && layout.plane[1].rows == 9);
	ASSERT(!cmm_layout_from_strides(&layout, I420, 17, 17, &tight));
	ASSERT(layout.plane[1].stride == 9 && layout.plane[2].stride == 9);
}

TEST(the_last_row_may_lack_padding)
{
	struct cmm_layout_given given = { .stride = { 2048 } };
	struct cmm_layout layout;

	given.len[0] = 2048 * 1079 + 1920;
	ASSERT(!cmm_layout_from_strides(&layout, cmm_format_by_name("GREY"), 1920, 1080,
					&given));
	ASSERT(layout.plane[0].len == given.len[0]);
	given.len[0]--;
	ASSERT_ERRNO(cmm_layout_from_strides(&layout, cmm_format_by_name("GREY"), 1920,
					     1080, &given), EINVAL);
}

TEST(rows_of_more_than_32_bits_fit_no_stride)
{
	static const struct {
		const char *format;
		uint32_t width;
		struct cmm_layout_given given;
	} wide[] = {
		{ "RGBA32", 0x40000001, { .stride = { 4 }, .len = { 4 } } },
		{ "NV24", 0x80000001, { .stride = { UINT32_MAX, 2 } } },
		{ "SRGGB12", 0x80000000, { .stride = { 0 } } },
	};
	struct cmm_layout layout;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wide); i++)
		ASSERT_ERRNO(cmm_layout_from_strides(&layout,
						     cmm_format_by_name(wide[i].format),
						     wide[i].width, 1, &wide[i].given),
			     EINVAL);
}

TEST(bad_strides_are_an_error)
{
	static const struct cmm_layout_given bad[] = {
		{ .stride = { 0 } },
		{ .stride = { 1919 } },
		{ .stride = { 1920, 1919 } },
		{ .stride = { 1920 }, .len = { 3110399 } },
		{ .stride = { 1920 }, .flags = CMM_LAYOUT_PLANAR },
		/* Chroma over luma. */
		{ .stride = { 1920 }, .offset = { 0, 1920 } },
		{ .stride = { 1920 }, .offset = { 1036799, 1 } },
		/* A buffer that is too short for chroma. */
		{ .stride = { 1920, 1920 }, .flags = CMM_LAYOUT_SPLIT,
		  .len = { 2073600, 1036799 } },
	};
	static const struct cmm_layout_given too_large[] = {
		{ .stride = { 1920 }, .offset = { 0, UINT64_MAX } },
		{ .stride = { 1920 }, .offset = { UINT64_MAX } },
		{ .stride = { 1920 }, .offset = { UINT64_MAX - 2073600 } },
	};
	struct cmm_layout layout;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ASSERT_ERRNO(cmm_layout_from_strides(&layout, NV12, 1920, 1080, &bad[i]),
			     EINVAL);
	for (i = 0; i < ARRAY_SIZE(too_large); i++)
		ASSERT_ERRNO(cmm_layout_from_strides(&layout, NV12, 1920, 1080,
						     &too_large[i]), EOVERFLOW);
}

/* --- random sizes --- */

/* Bits per pixel of the whole frame, from the formats' definitions. */
static uint64_t frame_bits(const char *name)
{
	static const struct {
		const char *name;
		unsigned int bits;
	} known[] = {
		{ "NV12", 12 }, { "NV21", 12 }, { "NV16", 16 }, { "NV24", 24 },
		{ "P010", 24 }, { "I420", 12 }, { "YUYV", 16 }, { "UYVY", 16 },
		{ "GREY", 8 }, { "RGB24", 24 }, { "BGR24", 24 },
	};
	size_t i, len = strlen(name);

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(name, known[i].name))
			return known[i].bits;
	if (name[len - 1] == 'P')
		return strstr(name, "10") ? 10 : 12;
	if (name[0] == 'S')
		return name[len - 1] == '8' ? 8 : 16;
	return 32;
}

/* Planes lie inside their buffers and apart, and every pixel lies inside its plane. */
static void check_layout(const struct cmm_layout *l, const struct cmm_format *format,
			 uint32_t width, uint32_t height, uint64_t plane_align)
{
	uint64_t pixels = 0;
	unsigned int i, j;

	ASSERT(l->width >= width && l->width - width < 2);
	ASSERT(l->height >= height && l->height - height < 2);
	ASSERT(l->planes == format->planes);
	for (i = 0; i < l->planes; i++) {
		const struct cmm_plane *p = &l->plane[i];
		uint32_t rows = i && format->vsub == 2 ? (height + 1) / 2 : height;

		ASSERT(p->row_len <= p->stride && rows <= p->rows);
		ASSERT((uint64_t)p->stride * p->rows <= p->len);
		ASSERT(p->buffer < l->buffers);
		ASSERT(p->offset + p->len <= l->len[p->buffer]);
		ASSERT(!(p->offset % plane_align) && !(p->len % plane_align));
		pixels += (uint64_t)p->row_len * rows;
		for (j = 0; j < i; j++) {
			const struct cmm_plane *q = &l->plane[j];

			ASSERT(p->buffer != q->buffer ||
			       p->offset >= q->offset + q->len);
		}
	}
	ASSERT(pixels * 8 >= frame_bits(format->name) * width * height);
}

/* What another process makes of a layout is the same layout. */
static void check_round_trip(const struct cmm_layout *l,
			     const struct cmm_format *format)
{
	struct cmm_layout_given given = {
		.flags = l->buffers > 1 ? CMM_LAYOUT_SPLIT : 0,
	};
	struct cmm_layout copy;
	unsigned int i;

	for (i = 0; i < CMM_MAX_PLANES; i++) {
		given.stride[i] = l->plane[i].stride;
		given.offset[i] = l->plane[i].offset;
		given.len[i] = l->len[i];
	}
	ASSERT(!cmm_layout_from_strides(&copy, format, l->width, l->height, &given));
	ASSERT(!memcmp(copy.len, l->len, sizeof(copy.len)));
	for (i = 0; i < l->planes; i++)
		ASSERT(copy.plane[i].offset == l->plane[i].offset &&
		       copy.plane[i].stride == l->plane[i].stride &&
		       copy.plane[i].row_len == l->plane[i].row_len);
}

static uint32_t random_below(uint32_t limit)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 32) % limit);
}

TEST(random_layouts_hold_every_pixel)
{
	static const uint32_t pages[] = { 1, 4096, 16384, 65536 };
	static const uint32_t more[] = {
		0, CMM_LAYOUT_PLANAR, CMM_LAYOUT_SPLIT,
		CMM_LAYOUT_SPLIT | CMM_LAYOUT_PLANAR,
		CMM_LAYOUT_PLANAR | CMM_LAYOUT_EVEN,
	};
	unsigned int round, calculated = 0;

	for (round = 0; round < 200000; round++) {
		const char *name = names[random_below(ARRAY_SIZE(names))];
		const char *profile = profiles[random_below(ARRAY_SIZE(profiles))];
		const struct cmm_format *format = cmm_format_by_name(name);
		uint32_t width = 1 + random_below(1u << (1 + random_below(14)));
		uint32_t height = 1 + random_below(1u << (1 + random_below(14)));
		struct cmm_layout_rules rules;
		struct cmm_layout layout;
		uint32_t align;

		ASSERT(!cmm_layout_profile(&rules, profile, format));
		/* Rules that nobody needs must hold, too. */
		if (!random_below(4))
			rules.stride_align = 1 + random_below(1000);
		if (!random_below(4))
			rules.height_align = 1 + random_below(70);
		align = pages[random_below(ARRAY_SIZE(pages))];
		rules.plane_align = align;
		rules.flags |= more[random_below(ARRAY_SIZE(more))];
		errno = 0;
		if (cmm_layout_calc(&layout, format, width, height, &rules)) {
			ASSERT(errno == EINVAL && (rules.flags & CMM_LAYOUT_STRICT));
			ASSERT(width % 2 || height % 2);
			continue;
		}
		calculated++;
		ASSERT(!(layout.plane[0].stride %
			 (rules.stride_align ? rules.stride_align : 1)));
		ASSERT(!(layout.plane[0].rows %
			 (rules.height_align ? rules.height_align : 1)));
		check_layout(&layout, format, width, height, align);
		check_round_trip(&layout, format);
	}
	ASSERT(calculated > round / 2);
}

/* Any argument gives an error or a layout that fits, also the largest. */
TEST(huge_layouts_are_right_or_fail)
{
	unsigned int round;

	for (round = 0; round < 200000; round++) {
		const struct cmm_format *format =
			cmm_format_by_name(names[random_below(ARRAY_SIZE(names))]);
		const struct cmm_layout_rules rules = {
			.stride_align = random_below(UINT32_MAX) >> random_below(32),
			.stride_min = random_below(UINT32_MAX) >> random_below(32),
			.height_align = random_below(UINT32_MAX) >> random_below(32),
			.plane_align = random_below(UINT32_MAX) >> random_below(32),
			.flags = CMM_LAYOUT_PLANAR * random_below(16),
		};
		uint32_t width = UINT32_MAX >> random_below(32);
		uint32_t height = UINT32_MAX >> random_below(32);
		struct cmm_layout layout;
		unsigned int i;

		if (cmm_layout_calc(&layout, format, width, height, &rules))
			continue;
		for (i = 0; i < layout.planes; i++) {
			const struct cmm_plane *p = &layout.plane[i];
			uint64_t end;

			ASSERT(p->row_len <= p->stride);
			ASSERT((uint64_t)p->stride * p->rows <= p->len);
			ASSERT(!__builtin_add_overflow(p->offset, p->len, &end) &&
			       end <= layout.len[p->buffer]);
			ASSERT(!i || p->buffer || p->offset >= p[-1].offset + p[-1].len);
		}
	}
}
