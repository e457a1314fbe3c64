// SPDX-License-Identifier: MIT
/*
 * What families of hardware demand of a layout: see cmm_layout_profile().
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <cmm_layout.h>

/* Only Bayer formats have no DRM fourcc. */
static int is_bayer(const struct cmm_format *format)
{
	return !format->drm;
}

static int is_yuv(const struct cmm_format *format)
{
	return format->planes > 1 || format->hsub > 1;
}

/* The stride alignment in bytes of @pixels pixels of the first plane. */
static uint32_t pixels_to_bytes(const struct cmm_format *format, uint64_t pixels)
{
	return (uint32_t)(pixels * format->block_bytes[0] / format->block_width);
}

static void axera(struct cmm_layout_rules *rules, const struct cmm_format *format)
{
	(void)format;
	rules->stride_align = 64;
	rules->height_align = 8;
}

static void cvi(struct cmm_layout_rules *rules, const struct cmm_format *format)
{
	rules->stride_align = is_bayer(format) ? 16 : 64;
	if (format->vsub > 1)
		rules->height_align = 2;
	if (format->planes < 3)
		return;
	/* I420: the vendor aligns the chroma stride, and doubles it for luma. */
	rules->stride_align = 128;
	rules->flags = CMM_LAYOUT_STRICT;
}

static void rknn(struct cmm_layout_rules *rules, const struct cmm_format *format)
{
	uint32_t bits = 8u * format->block_bytes[0] / format->block_width;

	rules->stride_align = pixels_to_bytes(format, cmm_stride_align_px(bits, 16));
	if (is_yuv(format))
		rules->height_align = 2;
}

static void ascend_dvpp(struct cmm_layout_rules *rules, const struct cmm_format *format)
{
	rules->stride_align = pixels_to_bytes(format, 16);
	if (!is_yuv(format))
		return;
	rules->stride_min = 32;
	rules->height_align = 2;
}

static const struct {
	const char *name;
	void (*fill)(struct cmm_layout_rules *rules, const struct cmm_format *format);
} profiles[] = {
	{ "generic", NULL },
	{ "axera", axera },
	{ "cvi", cvi },
	{ "rknn", rknn },
	{ "ascend-dvpp", ascend_dvpp },
};

int cmm_layout_profile(struct cmm_layout_rules *rules, const char *profile,
		       const struct cmm_format *format)
{
	size_t i;

	for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (strcmp(profile, profiles[i].name))
			continue;
		*rules = (struct cmm_layout_rules){ 0 };
		if (profiles[i].fill)
			profiles[i].fill(rules, format);
		return 0;
	}
	errno = ENOENT;
	return -1;
}
