// SPDX-License-Identifier: MIT
/*
 * UTF-8 characters: whether they are printable, and their columns on a terminal.
 *
 * Ignores the locale, so the output is the same everywhere. The widths are those of
 * most terminals. A script with rare combining characters may be misaligned by one or
 * two columns.
 */
#include "text.h"

/* Characters that are not one column wide; width -1: not printable. */
static const struct {
	uint32_t first, last;
	int width;
} ranges[] = {
	{ 0x0000, 0x001f, -1 },		/* control characters */
	{ 0x007f, 0x009f, -1 },
	{ 0x00ad, 0x00ad, -1 },		/* soft hyphen */
	{ 0x0300, 0x036f, 0 },		/* combining characters */
	{ 0x0483, 0x0489, 0 },
	{ 0x0591, 0x05bd, 0 },
	{ 0x0610, 0x061a, 0 },
	{ 0x061c, 0x061c, -1 },		/* direction of text */
	{ 0x064b, 0x065f, 0 },
	{ 0x1100, 0x115f, 2 },		/* Hangul */
	{ 0x180e, 0x180e, -1 },
	{ 0x1ab0, 0x1aff, 0 },
	{ 0x1dc0, 0x1dff, 0 },
	{ 0x200b, 0x200f, -1 },		/* no width, direction of text */
	{ 0x2028, 0x202e, -1 },		/* separators, direction of text */
	{ 0x2060, 0x206f, -1 },
	{ 0x20d0, 0x20ff, 0 },
	{ 0x2329, 0x232a, 2 },
	{ 0x2e80, 0x303e, 2 },		/* Chinese, Japanese, Korean */
	{ 0x3041, 0xa4cf, 2 },
	{ 0xa960, 0xa97f, 2 },
	{ 0xac00, 0xd7a3, 2 },
	{ 0xd800, 0xf8ff, -1 },		/* surrogates, private use */
	{ 0xf900, 0xfaff, 2 },
	{ 0xfe00, 0xfe0f, 0 },
	{ 0xfe20, 0xfe2f, 0 },
	{ 0xfe30, 0xfe6f, 2 },
	{ 0xfeff, 0xfeff, -1 },		/* byte order mark */
	{ 0xff00, 0xff60, 2 },
	{ 0xffe0, 0xffe6, 2 },
	{ 0xfff0, 0xfffb, -1 },
	{ 0xfffe, 0xffff, -1 },
	{ 0x1f300, 0x1f64f, 2 },	/* pictures */
	{ 0x1f680, 0x1f6ff, 2 },
	{ 0x1f900, 0x1f9ff, 2 },
	{ 0x20000, 0x3ffff, 2 },	/* more Chinese */
	{ 0xe0000, 0x10ffff, -1 },	/* tags, private use */
};

static int width_of(uint32_t c)
{
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

/* Length in bytes of a character that begins with @first; 0 if invalid. */
static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc0 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	if (first >= 0xf0 && first < 0xf8)
		return 4;
	return 0;
}

size_t utf8_printable(const char *text, int *width)
{
	/* The lowest character of each length: a longer form is not valid. */
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char first = (unsigned char)*text;
	const size_t len = length_of(first);
	uint32_t c = len > 1 ? first & (0x7fu >> len) : first;
	size_t i;

	for (i = 1; i < len; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (!len || c < lowest[len] || c > 0x10ffff || width_of(c) < 0)
		return 0;
	*width = width_of(c);
	return len;
}

int text_width(const char *text)
{
	int sum = 0, width;
	size_t len;

	for (; *text; text += len) {
		len = utf8_printable(text, &width);
		if (!len) {
			len = 1;
			width = 1;
		}
		sum += width;
	}
	return sum;
}
