// SPDX-License-Identifier: MIT
/*
 * The table of pixel formats: see cmm_layout.h.
 */
#include <errno.h>
#include <string.h>

#include <cmm_layout.h>

#define FOURCC(a, b, c, d)						\
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 |	\
	 (uint32_t)(d) << 24)

/*
 * Each entry: name, fourccs of V4L2, V4L2 with one buffer per plane, and DRM;
 * planes, hsub, vsub, block_width, block_bytes.
 */
static const struct cmm_format formats[] = {
	{ "NV12", FOURCC('N', 'V', '1', '2'), FOURCC('N', 'M', '1', '2'),
	  FOURCC('N', 'V', '1', '2'), 2, 2, 2, 1, { 1, 2 } },
	{ "NV21", FOURCC('N', 'V', '2', '1'), FOURCC('N', 'M', '2', '1'),
	  FOURCC('N', 'V', '2', '1'), 2, 2, 2, 1, { 1, 2 } },
	{ "NV16", FOURCC('N', 'V', '1', '6'), FOURCC('N', 'M', '1', '6'),
	  FOURCC('N', 'V', '1', '6'), 2, 2, 1, 1, { 1, 2 } },
	{ "NV24", FOURCC('N', 'V', '2', '4'), 0,
	  FOURCC('N', 'V', '2', '4'), 2, 1, 1, 1, { 1, 2 } },
	{ "P010", FOURCC('P', '0', '1', '0'), 0,
	  FOURCC('P', '0', '1', '0'), 2, 2, 2, 1, { 2, 4 } },
	{ "I420", FOURCC('Y', 'U', '1', '2'), FOURCC('Y', 'M', '1', '2'),
	  FOURCC('Y', 'U', '1', '2'), 3, 2, 2, 1, { 1, 1, 1 } },
	{ "YUYV", FOURCC('Y', 'U', 'Y', 'V'), 0,
	  FOURCC('Y', 'U', 'Y', 'V'), 1, 2, 1, 2, { 4 } },
	{ "UYVY", FOURCC('U', 'Y', 'V', 'Y'), 0,
	  FOURCC('U', 'Y', 'V', 'Y'), 1, 2, 1, 2, { 4 } },

	{ "GREY", FOURCC('G', 'R', 'E', 'Y'), 0,
	  FOURCC('R', '8', ' ', ' '), 1, 1, 1, 1, { 1 } },
	{ "RGB24", FOURCC('R', 'G', 'B', '3'), 0,
	  FOURCC('B', 'G', '2', '4'), 1, 1, 1, 1, { 3 } },
	{ "BGR24", FOURCC('B', 'G', 'R', '3'), 0,
	  FOURCC('R', 'G', '2', '4'), 1, 1, 1, 1, { 3 } },
	{ "RGBA32", FOURCC('A', 'B', '2', '4'), 0,
	  FOURCC('A', 'B', '2', '4'), 1, 1, 1, 1, { 4 } },
	{ "RGBX32", FOURCC('X', 'B', '2', '4'), 0,
	  FOURCC('X', 'B', '2', '4'), 1, 1, 1, 1, { 4 } },
	{ "ABGR32", FOURCC('A', 'R', '2', '4'), 0,
	  FOURCC('A', 'R', '2', '4'), 1, 1, 1, 1, { 4 } },
	{ "XBGR32", FOURCC('X', 'R', '2', '4'), 0,
	  FOURCC('X', 'R', '2', '4'), 1, 1, 1, 1, { 4 } },
	{ "ARGB32", FOURCC('B', 'A', '2', '4'), 0,
	  FOURCC('B', 'A', '2', '4'), 1, 1, 1, 1, { 4 } },
	{ "XRGB32", FOURCC('B', 'X', '2', '4'), 0,
	  FOURCC('B', 'X', '2', '4'), 1, 1, 1, 1, { 4 } },
	{ "BGRA32", FOURCC('R', 'A', '2', '4'), 0,
	  FOURCC('R', 'A', '2', '4'), 1, 1, 1, 1, { 4 } },
	{ "BGRX32", FOURCC('R', 'X', '2', '4'), 0,
	  FOURCC('R', 'X', '2', '4'), 1, 1, 1, 1, { 4 } },
	/* V4L2's deprecated names, whose fourth byte is undefined. */
	{ "RGB32", FOURCC('R', 'G', 'B', '4'), 0,
	  FOURCC('B', 'X', '2', '4'), 1, 1, 1, 1, { 4 } },
	{ "BGR32", FOURCC('B', 'G', 'R', '4'), 0,
	  FOURCC('X', 'R', '2', '4'), 1, 1, 1, 1, { 4 } },

	{ "SBGGR8", FOURCC('B', 'A', '8', '1'), 0, 0,
	  1, 1, 1, 1, { 1 } },
	{ "SGBRG8", FOURCC('G', 'B', 'R', 'G'), 0, 0,
	  1, 1, 1, 1, { 1 } },
	{ "SGRBG8", FOURCC('G', 'R', 'B', 'G'), 0, 0,
	  1, 1, 1, 1, { 1 } },
	{ "SRGGB8", FOURCC('R', 'G', 'G', 'B'), 0, 0,
	  1, 1, 1, 1, { 1 } },
	{ "SBGGR10", FOURCC('B', 'G', '1', '0'), 0, 0,
	  1, 1, 1, 1, { 2 } },
	{ "SGBRG10", FOURCC('G', 'B', '1', '0'), 0, 0,
	  1, 1, 1, 1, { 2 } },
	{ "SGRBG10", FOURCC('B', 'A', '1', '0'), 0, 0,
	  1, 1, 1, 1, { 2 } },
	{ "SRGGB10", FOURCC('R', 'G', '1', '0'), 0, 0,
	  1, 1, 1, 1, { 2 } },
	{ "SBGGR12", FOURCC('B', 'G', '1', '2'), 0, 0,
	  1, 1, 1, 1, { 2 } },
	{ "SGBRG12", FOURCC('G', 'B', '1', '2'), 0, 0,
	  1, 1, 1, 1, { 2 } },
	{ "SGRBG12", FOURCC('B', 'A', '1', '2'), 0, 0,
	  1, 1, 1, 1, { 2 } },
	{ "SRGGB12", FOURCC('R', 'G', '1', '2'), 0, 0,
	  1, 1, 1, 1, { 2 } },
	{ "SBGGR16", FOURCC('B', 'Y', 'R', '2'), 0, 0,
	  1, 1, 1, 1, { 2 } },
	{ "SGBRG16", FOURCC('G', 'B', '1', '6'), 0, 0,
	  1, 1, 1, 1, { 2 } },
	{ "SGRBG16", FOURCC('G', 'R', '1', '6'), 0, 0,
	  1, 1, 1, 1, { 2 } },
	{ "SRGGB16", FOURCC('R', 'G', '1', '6'), 0, 0,
	  1, 1, 1, 1, { 2 } },

	/* Packed as MIPI CSI-2 does. */
	{ "SBGGR10P", FOURCC('p', 'B', 'A', 'A'), 0, 0,
	  1, 1, 1, 4, { 5 } },
	{ "SGBRG10P", FOURCC('p', 'G', 'A', 'A'), 0, 0,
	  1, 1, 1, 4, { 5 } },
	{ "SGRBG10P", FOURCC('p', 'g', 'A', 'A'), 0, 0,
	  1, 1, 1, 4, { 5 } },
	{ "SRGGB10P", FOURCC('p', 'R', 'A', 'A'), 0, 0,
	  1, 1, 1, 4, { 5 } },
	{ "SBGGR12P", FOURCC('p', 'B', 'C', 'C'), 0, 0,
	  1, 1, 1, 2, { 3 } },
	{ "SGBRG12P", FOURCC('p', 'G', 'C', 'C'), 0, 0,
	  1, 1, 1, 2, { 3 } },
	{ "SGRBG12P", FOURCC('p', 'g', 'C', 'C'), 0, 0,
	  1, 1, 1, 2, { 3 } },
	{ "SRGGB12P", FOURCC('p', 'R', 'C', 'C'), 0, 0,
	  1, 1, 1, 2, { 3 } },
};

#define FORMATS	(sizeof(formats) / sizeof(formats[0]))

static const struct cmm_format *unknown(void)
{
	errno = ENOENT;
	return NULL;
}

const struct cmm_format *cmm_format_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < FORMATS; i++)
		if (!strcmp(name, formats[i].name))
			return &formats[i];
	return unknown();
}

/* 0 stands for a missing fourcc in the table, so it is no fourcc to look for. */
const struct cmm_format *cmm_format_by_v4l2(uint32_t fourcc)
{
	size_t i;

	for (i = 0; i < FORMATS && fourcc; i++)
		if (fourcc == formats[i].v4l2 || fourcc == formats[i].v4l2_split)
			return &formats[i];
	return unknown();
}

const struct cmm_format *cmm_format_by_drm(uint32_t fourcc)
{
	size_t i;

	for (i = 0; i < FORMATS && fourcc; i++)
		if (fourcc == formats[i].drm)
			return &formats[i];
	return unknown();
}
