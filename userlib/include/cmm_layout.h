/* SPDX-License-Identifier: MIT */
/*
 * libcmm: pixel formats, and where the planes of a frame lie in memory.
 *
 * Include cmm.h, which includes this file. The functions only calculate. They make
 * no system call and allocate no memory, and any thread may call them at any time.
 *
 * A frame of an NV12 camera whose driver names no stride:
 *
 *	const struct cmm_format *nv12 = cmm_format_by_name("NV12");
 *	struct cmm_layout_rules rules;
 *	struct cmm_layout layout;
 *
 *	cmm_layout_profile(&rules, "cvi", nv12);
 *	cmm_layout_calc(&layout, nv12, 1920, 1080, &rules);
 *	frame = cmm_buf_alloc(zone, layout.len[0], 0, 0, "frame");
 *
 * If a driver names strides or sizes, they win: use cmm_layout_from_strides().
 *
 * Widths and heights are in pixels. Strides, offsets, lengths and alignments are in
 * bytes, except where a description says rows. Errors are as in cmm.h. The
 * structures, except struct cmm_format, have the same members in each version of the
 * library and may be sent to another process.
 */
#ifndef CMM_LAYOUT_H
#define CMM_LAYOUT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Maximum number of planes of a format. */
#define CMM_MAX_PLANES		3

/*
 * flags in struct cmm_layout_rules and struct cmm_layout_given.
 *
 * There are two conventions for the stride of a chroma plane. They differ for I420,
 * for NV24 and for odd sizes:
 *
 * - Contiguous, the default: V4L2's formats with all planes in one buffer (NV12,
 *   YU12). The luma stride determines the chroma stride. A chroma row and its
 *   padding cover as many pixels as a luma row. Odd sizes are rounded up, because
 *   half of an odd size is no whole number of bytes.
 * - Planar: DRM's pitches, V4L2's formats with one buffer per plane (NV12M, YUV420M)
 *   and FFmpeg. The stride of each plane is aligned on its own. Odd sizes stay, and
 *   the chroma planes are rounded up.
 */
/* Use the planar convention. */
#define CMM_LAYOUT_PLANAR	(1u << 16)
/* Round odd sizes up in the planar convention also. GStreamer's default layout is this
 * flag, CMM_LAYOUT_PLANAR and a stride alignment of 4.
 */
#define CMM_LAYOUT_EVEN		(1u << 17)
/* Odd sizes of formats with subsampled chroma are an error. */
#define CMM_LAYOUT_STRICT	(1u << 18)
/* Each plane has a buffer of its own, as V4L2's NV12M needs. Pass CMM_LAYOUT_PLANAR also
 * for the strides of V4L2's formats with one buffer per plane.
 */
#define CMM_LAYOUT_SPLIT	(1u << 19)

/**
 * struct cmm_format - a pixel format
 * @name: the format's name in cmm_format_by_name()
 * @v4l2: V4L2 fourcc of the format with all planes in one buffer
 * @v4l2_split: V4L2 fourcc of the format with one buffer per plane, for example
 *	V4L2_PIX_FMT_NV12M; 0 if V4L2 has none
 * @drm: DRM fourcc; 0 if DRM has none, as for all Bayer formats
 * @planes: number of planes, 1 to CMM_MAX_PLANES
 * @hsub: a chroma sample covers this many pixels of a row; 1 without chroma planes,
 *	but 2 for YUYV and UYVY, where two pixels share their chroma samples
 * @vsub: a chroma sample covers this many rows
 * @block_width: samples of a row that are stored together: 4 in packed 10 bit Bayer,
 *	2 in packed 12 bit Bayer, YUYV and UYVY, else 1
 * @block_bytes: bytes of such a group, per plane
 *
 * The names of 24 bit RGB formats run in opposite directions: V4L2's names give the
 * order of the bytes in memory, DRM's names the order in a little-endian word.
 * V4L2_PIX_FMT_RGB24 is DRM_FORMAT_BGR888. The same holds for 32 bits, but there the
 * two fourccs are equal: V4L2_PIX_FMT_RGBA32 and DRM_FORMAT_ABGR8888 are both
 * 'AB24'. V4L2_PIX_FMT_GREY is DRM_FORMAT_R8.
 *
 * The library owns the structure, which is constant. Later versions may add members
 * at the end.
 */
struct cmm_format {
	const char *name;
	uint32_t v4l2;
	uint32_t v4l2_split;
	uint32_t drm;
	uint8_t planes;
	uint8_t hsub;
	uint8_t vsub;
	uint8_t block_width;
	uint8_t block_bytes[CMM_MAX_PLANES];
};

/**
 * struct cmm_layout_rules - what hardware demands of a layout
 * @stride_align: the stride is a multiple of this; 0 and 1 for none. In the planar
 *	convention it holds for each plane, in the contiguous one for the first
 * @stride_min: the smallest stride; applies to the same planes as @stride_align
 * @height_align: rows of the first plane, with padding, are a multiple of this; 0
 *	and 1 for none. Chroma planes have the matching number of rows
 * @plane_align: offset and length of each plane are a multiple of this; 0 and 1 for
 *	none. Use the kernel's page size, sysconf(_SC_PAGESIZE), if each plane is to
 *	become a view of the buffer
 * @flags: 0, or CMM_LAYOUT_* bits
 *
 * Alignments need not be powers of two. With 4 KiB pages, the luma plane of NV12 at
 * 1920x1080 has 2,073,600 bytes, and 2,076,672 bytes if @plane_align is 4096.
 */
struct cmm_layout_rules {
	uint32_t stride_align;
	uint32_t stride_min;
	uint32_t height_align;
	uint32_t plane_align;
	uint32_t flags;
};

/**
 * struct cmm_layout_given - what a driver or another process says about a layout
 * @stride: bytes per row of each plane; 0 in a chroma plane derives it from the
 *	first plane by the contiguous convention
 * @flags: 0 or CMM_LAYOUT_SPLIT
 * @offset: start of each plane in its buffer; 0 in a chroma plane that has no buffer
 *	of its own puts it directly behind the plane before. So chroma at the start of
 *	a buffer, with luma behind it, cannot be described
 * @len: bytes of each buffer; 0 for no more than the planes need. Without
 *	CMM_LAYOUT_SPLIT only the first one counts, and the others are ignored
 */
struct cmm_layout_given {
	uint32_t stride[CMM_MAX_PLANES];
	uint32_t flags;
	uint64_t offset[CMM_MAX_PLANES];
	uint64_t len[CMM_MAX_PLANES];
};

/**
 * struct cmm_plane - where a plane lies
 * @offset: bytes from the start of its buffer to its first row
 * @len: bytes of all rows, with padding
 * @stride: bytes from the start of a row to the start of the next
 * @row_len: bytes of a row that hold pixels; at most @stride
 * @rows: number of rows, with padding
 * @buffer: index of its buffer in &cmm_layout.len
 */
struct cmm_plane {
	uint64_t offset;
	uint64_t len;
	uint32_t stride;
	uint32_t row_len;
	uint32_t rows;
	uint32_t buffer;
};

/**
 * struct cmm_layout - where the planes of a frame lie
 * @format: V4L2 fourcc of the format, &cmm_format.v4l2, also with CMM_LAYOUT_SPLIT
 * @width: pixels of a row; larger than requested if an odd size was rounded up
 * @height: rows of pixels; larger than requested if an odd size was rounded up
 * @planes: valid entries of @plane
 * @buffers: valid entries of @len
 * @len: bytes of each buffer
 * @plane: the planes. Those of one buffer do not overlap
 */
struct cmm_layout {
	uint32_t format;
	uint32_t width;
	uint32_t height;
	uint16_t planes;
	uint16_t buffers;
	uint64_t len[CMM_MAX_PLANES];
	struct cmm_plane plane[CMM_MAX_PLANES];
};

/**
 * cmm_format_by_name() - find a pixel format by its name
 * @name: NV12, NV21, NV16, NV24, I420, P010, YUYV, UYVY, GREY; or the end of V4L2's
 *	name after V4L2_PIX_FMT_ for RGB24, BGR24, the 32 bit formats such as RGBA32
 *	and XBGR32, V4L2's deprecated RGB32 and BGR32, and the Bayer formats of 8, 10,
 *	12 and 16 bits such as SRGGB10
 *	(two bytes per pixel) and SRGGB10P (packed)
 *
 * Errors: ENOENT the library does not know the format.
 *
 * Return: the format, or NULL.
 */
const struct cmm_format *cmm_format_by_name(const char *name);

/**
 * cmm_format_by_v4l2() - find a pixel format by its V4L2 fourcc
 * @fourcc: V4L2_PIX_FMT_*, of a format with one buffer or with one buffer per plane
 *
 * Errors: ENOENT the library does not know the format.
 *
 * Return: the format, or NULL.
 */
const struct cmm_format *cmm_format_by_v4l2(uint32_t fourcc);

/**
 * cmm_format_by_drm() - find a pixel format by its DRM fourcc
 * @fourcc: DRM_FORMAT_*
 *
 * Errors: ENOENT the library does not know the format.
 *
 * Return: the format, or NULL.
 */
const struct cmm_format *cmm_format_by_drm(uint32_t fourcc);

/**
 * cmm_layout_profile() - the rules of a family of hardware
 * @rules: filled on success; the caller may change it before cmm_layout_calc()
 * @profile: the name of a family, see below
 * @format: a pixel format
 *
 * - "generic": no rule.
 * - "axera": camera input of AX620E and AX630C. Stride 64, height 8 rows. This also
 *   satisfies the scaler and the encoder, which need a stride of 16. Compressed
 *   frames need a stride of 128, and decoded ones 256: set stride_align. Source:
 *   ax_buffer_tool.h and GlobalDef.h of Axera's SDK.
 * - "cvi": buffer pools of cv180x, cv181x and SG200x. Stride 64; for Bayer formats
 *   16; for I420 128, so that the chroma stride is a multiple of 64. Odd widths of
 *   I420 are an error, because the vendor's formula gives a stride below the width.
 *   Odd heights of I420 are one also, because CMM_LAYOUT_STRICT covers both: pass the
 *   next even height.
 *   The decoder needs 64 rows and a plane alignment of 4096, and the encoder 16
 *   rows: set height_align and plane_align. Source: cvi_buffer.h of cvi_mpi.
 * - "rknn": frames that Rockchip's RGA3 scales for the NPU. The stride is a multiple
 *   of 16 bytes and of whole pixels, see cmm_stride_align_px(). YUV needs 2 rows.
 *   This also satisfies RGA2. Source: librga's developer guide.
 * - "ascend-dvpp": Ascend 310, 310P and cards with them. Stride 16 pixels; YUV needs
 *   2 rows and a stride of 32 at least. Newer parts (200I A2) need no alignment and
 *   accept this one. Source: Ascend's VDEC documentation for NV12, NV21, RGB24 and
 *   BGR24; other formats follow the same rule.
 *
 * Errors: ENOENT no such profile.
 *
 * Return: 0, or -1.
 */
int cmm_layout_profile(struct cmm_layout_rules *rules, const char *profile,
		       const struct cmm_format *format);

/**
 * cmm_stride_align_px() - stride alignment of a Rockchip RGA in pixels
 * @bits: bits per pixel of the first plane, at least 1; for example 8 for NV12, 32
 *	for RGBA32, and 10 for packed formats of 10 bits
 * @align: bytes that the hardware reads at once, at least 1: 4 for RGA1 and RGA2, 16
 *	for RGA3
 *
 * The least number of pixels that is a multiple of @align bytes. Source: "Image
 * Format Alignment" of librga's developer guide: lcm(@bits, 8 * @align) / @bits.
 *
 * Errors: EINVAL an argument is 0.
 *
 * Return: pixels, or 0 on failure.
 */
uint64_t cmm_stride_align_px(uint32_t bits, uint32_t align);

/**
 * cmm_layout_calc() - calculate where the planes of a frame lie
 * @layout: filled on success
 * @format: a pixel format
 * @width: pixels of a row, at least 1
 * @height: rows, at least 1
 * @rules: what the hardware demands, or NULL for nothing
 *
 * Planes in one buffer follow each other in order. Source of the conventions: V4L2's
 * pixel format documentation and v4l2_fill_pixfmt_mp() in Linux.
 *
 * Errors: EINVAL @width or @height is 0, @rules has an unknown flag, or an odd size
 * and CMM_LAYOUT_STRICT; EOVERFLOW a stride or a number of rows does not fit in 32
 * bits, or a length not in a size_t.
 *
 * Return: 0, or -1.
 */
int cmm_layout_calc(struct cmm_layout *layout, const struct cmm_format *format,
		    uint32_t width, uint32_t height,
		    const struct cmm_layout_rules *rules);

/**
 * cmm_layout_from_strides() - take over a layout that a driver or a process
 * determined
 * @layout: filled on success
 * @format: a pixel format
 * @width: pixels of a row, at least 1; never rounded
 * @height: rows, at least 1; never rounded
 * @given: strides, and offsets and lengths as far as known
 *
 * For V4L2, @width, @height and @given come from VIDIOC_G_FMT: bytesperline is the
 * stride and sizeimage the length of a buffer. For DRM and GBM they are the pitches
 * and offsets. Of a layout from another process, pass on its strides and offsets,
 * with the lengths of the buffers that arrived, cmm_buf_len(): the result then lies
 * inside the buffers, whatever the other process sent. The last row in a buffer may
 * lack its padding, which &cmm_plane.len then does not count.
 *
 * Errors: EINVAL @width, @height or the first stride is 0, a stride is shorter than
 * a row's pixels, planes overlap, a buffer is shorter than its planes need, or an
 * unknown flag; EOVERFLOW as in cmm_layout_calc().
 *
 * Return: 0, or -1.
 */
int cmm_layout_from_strides(struct cmm_layout *layout,
			    const struct cmm_format *format, uint32_t width,
			    uint32_t height, const struct cmm_layout_given *given);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* CMM_LAYOUT_H */
