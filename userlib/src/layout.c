// SPDX-License-Identifier: MIT
/*
 * Where the planes of a frame lie: see cmm_layout.h. Intermediate results have 64
 * bits, and a result that does not fit is an error.
 */
#include <errno.h>
#include <stddef.h>

#include <cmm_layout.h>

#define RULE_FLAGS	(CMM_LAYOUT_PLANAR | CMM_LAYOUT_EVEN |		\
			 CMM_LAYOUT_STRICT | CMM_LAYOUT_SPLIT)

static int fail(int errnum)
{
	errno = errnum;
	return -1;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static uint32_t divide_up(uint32_t value, uint32_t by)
{
	return value / by + !!(value % by);
}

/* Rounds *@value up to a multiple of @align; 0 is no alignment. */
static int align_up(uint64_t *value, uint64_t align)
{
	uint64_t rest = align ? *value % align : 0;

	if (rest && __builtin_add_overflow(*value, align - rest, value))
		return fail(EOVERFLOW);
	return 0;
}

static int to_u32(uint64_t value, uint32_t *result)
{
	if (value > UINT32_MAX)
		return fail(EOVERFLOW);
	*result = (uint32_t)value;
	return 0;
}

uint64_t cmm_stride_align_px(uint32_t bits, uint32_t align)
{
	if (!bits || !align) {
		errno = EINVAL;
		return 0;
	}
	return 8 * (uint64_t)align / gcd(bits, 8 * (uint64_t)align);
}

/* Bytes of a row of @plane that hold pixels. */
static uint64_t row_len(const struct cmm_format *format, unsigned int plane,
			uint32_t width)
{
	uint32_t samples = plane ? divide_up(width, format->hsub) : width;

	return (uint64_t)divide_up(samples, format->block_width) *
		format->block_bytes[plane];
}

static uint64_t plane_rows(const struct cmm_format *format, unsigned int plane,
			   uint64_t rows)
{
	return plane ? rows / format->vsub + !!(rows % format->vsub) : rows;
}

/*
 * The contiguous convention: a chroma row covers as many pixels as a luma row, with
 * padding. Like the kernel, rounds up if half of an odd size is needed.
 */
static uint64_t chroma_stride(const struct cmm_layout *layout,
			      const struct cmm_format *format, unsigned int plane)
{
	uint64_t pixels = (uint64_t)format->block_bytes[0] * format->hsub;
	uint64_t bytes = (uint64_t)layout->plane[0].stride * format->block_bytes[plane];
	uint64_t stride = bytes / pixels + !!(bytes % pixels);
	uint64_t tight = row_len(format, plane, layout->width);

	return stride > tight ? stride : tight;
}

/* Rounds an odd size up where @flags asks for that, and fails where they forbid it. */
static int set_size(struct cmm_layout *layout, const struct cmm_format *format,
		    uint32_t width, uint32_t height, uint32_t flags)
{
	uint64_t w = width, h = height;

	if (!width || !height)
		return fail(EINVAL);
	if ((flags & CMM_LAYOUT_STRICT) &&
	    (width % format->hsub || height % format->vsub))
		return fail(EINVAL);
	if ((flags & CMM_LAYOUT_EVEN) || !(flags & CMM_LAYOUT_PLANAR)) {
		align_up(&w, format->hsub);
		align_up(&h, format->vsub);
	}
	if (to_u32(w, &layout->width) || to_u32(h, &layout->height))
		return -1;
	layout->format = format->v4l2;
	layout->planes = format->planes;
	layout->buffers = flags & CMM_LAYOUT_SPLIT ? format->planes : 1;
	return 0;
}

/* Sets everything but offset and length of a plane. */
static int set_rows(struct cmm_layout *layout, const struct cmm_format *format,
		    unsigned int plane, uint64_t stride, uint64_t luma_rows)
{
	uint64_t tight = row_len(format, plane, layout->width);
	struct cmm_plane *p = &layout->plane[plane];

	p->buffer = layout->buffers > 1 ? plane : 0;
	if (to_u32(stride, &p->stride) ||
	    to_u32(plane_rows(format, plane, luma_rows), &p->rows))
		return -1;
	if (tight > stride)
		return fail(EINVAL);
	p->row_len = (uint32_t)tight;	/* fits, as the stride does */
	return 0;
}

/* The stride of @plane; the planes before it are set. */
static int rule_stride(const struct cmm_layout *layout,
		       const struct cmm_format *format, unsigned int plane,
		       const struct cmm_layout_rules *rules, uint64_t *stride)
{
	if (plane && !(rules->flags & CMM_LAYOUT_PLANAR)) {
		*stride = chroma_stride(layout, format, plane);
		return 0;
	}
	*stride = row_len(format, plane, layout->width);
	if (*stride < rules->stride_min)
		*stride = rules->stride_min;
	return align_up(stride, rules->stride_align);
}

/* Puts a plane behind the end of its buffer, which moves to the end of the plane. */
static int append(struct cmm_layout *layout, struct cmm_plane *plane, uint32_t align)
{
	uint64_t *end = &layout->len[plane->buffer];

	plane->len = (uint64_t)plane->stride * plane->rows;
	if (align_up(&plane->len, align))
		return -1;
	plane->offset = *end;
	if (__builtin_add_overflow(plane->offset, plane->len, end) || *end > SIZE_MAX)
		return fail(EOVERFLOW);
	return 0;
}

int cmm_layout_calc(struct cmm_layout *layout, const struct cmm_format *format,
		    uint32_t width, uint32_t height,
		    const struct cmm_layout_rules *rules)
{
	static const struct cmm_layout_rules none;
	struct cmm_layout result = { 0 };
	uint64_t stride, rows;
	unsigned int i;

	if (!rules)
		rules = &none;
	if (rules->flags & ~RULE_FLAGS)
		return fail(EINVAL);
	if (set_size(&result, format, width, height, rules->flags))
		return -1;
	rows = result.height;
	if (align_up(&rows, rules->height_align))
		return -1;
	for (i = 0; i < format->planes; i++)
		if (rule_stride(&result, format, i, rules, &stride) ||
		    set_rows(&result, format, i, stride, rows) ||
		    append(&result, &result.plane[i], rules->plane_align))
			return -1;
	*layout = result;
	return 0;
}

/*
 * Puts a plane where @given says. The end of its buffer moves to the end of the
 * plane if that is further.
 */
static int put(struct cmm_layout *layout, unsigned int i,
	       const struct cmm_layout_given *given)
{
	struct cmm_plane *plane = &layout->plane[i];
	uint64_t *end = &layout->len[plane->buffer], plane_end;

	plane->offset = given->offset[i];
	if (!plane->offset && i && !plane->buffer)
		plane->offset = plane[-1].offset + plane[-1].len;
	plane->len = (uint64_t)plane->stride * plane->rows;
	if (__builtin_add_overflow(plane->offset, plane->len, &plane_end) ||
	    plane_end > SIZE_MAX)
		return fail(EOVERFLOW);
	if (*end < plane_end)
		*end = plane_end;
	return 0;
}

static int planes_overlap(const struct cmm_layout *layout)
{
	const struct cmm_plane *a, *b;

	for (a = layout->plane; a < layout->plane + layout->planes; a++)
		for (b = layout->plane; b < a; b++)
			if (a->buffer == b->buffer &&
			    a->offset < b->offset + b->len &&
			    b->offset < a->offset + a->len)
				return 1;
	return 0;
}

/*
 * Makes the lengths of the buffers those that are given. The last row in a buffer
 * may lack its padding.
 */
static int set_lengths(struct cmm_layout *layout, const struct cmm_layout_given *given)
{
	struct cmm_plane *plane = layout->plane;
	unsigned int i;

	for (i = 0; i < layout->planes; i++, plane++) {
		uint64_t len = given->len[plane->buffer];
		uint32_t padding = plane->stride - plane->row_len;

		if (!len)
			continue;
		if (plane->offset + plane->len - padding > len)
			return fail(EINVAL);
		if (plane->offset + plane->len > len)
			plane->len = len - plane->offset;
	}
	for (i = 0; i < layout->buffers; i++)
		if (given->len[i] > SIZE_MAX)
			return fail(EOVERFLOW);
		else if (given->len[i])
			layout->len[i] = given->len[i];
	return 0;
}

int cmm_layout_from_strides(struct cmm_layout *layout,
			    const struct cmm_format *format, uint32_t width,
			    uint32_t height, const struct cmm_layout_given *given)
{
	struct cmm_layout result = { 0 };
	uint64_t stride;
	unsigned int i;

	if (given->flags & ~CMM_LAYOUT_SPLIT)
		return fail(EINVAL);
	/* The planar convention does not round the size. */
	if (set_size(&result, format, width, height,
		     given->flags | CMM_LAYOUT_PLANAR))
		return -1;
	for (i = 0; i < format->planes; i++) {
		stride = given->stride[i];
		if (i && !stride)
			stride = chroma_stride(&result, format, i);
		if (set_rows(&result, format, i, stride, height) ||
		    put(&result, i, given))
			return -1;
	}
	if (planes_overlap(&result))
		return fail(EINVAL);
	if (set_lengths(&result, given))
		return -1;
	*layout = result;
	return 0;
}
