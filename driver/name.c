// SPDX-License-Identifier: GPL-2.0
/*
 * Name: checks the names of buffers.
 *
 * A name is UTF-8 text without control characters, so that a program can show it in
 * a terminal. No other property of Unicode is checked.
 */
#include <linux/string.h>

#include "name.h"

/* Mask of the character's bits in the first byte, for each length in bytes. */
static const u8 first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
/* The smallest character of each length in bytes. */
static const u32 smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

/* Length in bytes of a character with this first byte; 0 if it is invalid. */
static unsigned int name_char_length(u8 first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc0)
		return 0;
	if (first < 0xe0)
		return 2;
	if (first < 0xf0)
		return 3;
	return first < 0xf8 ? 4 : 0;
}

static bool name_is_control(u32 c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

static bool name_is_surrogate(u32 c)
{
	return c >= 0xd800 && c < 0xe000;
}

/*
 * Return: length in bytes of the character at @text, or 0 if it is invalid or not
 * allowed in a name. A NUL ends @text.
 */
static unsigned int name_check_character(const char *text)
{
	unsigned int len = name_char_length(*text), i;
	u32 c = (u8)*text & first_bits[len];

	for (i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	if (c < smallest[len] || c > 0x10ffff || name_is_surrogate(c) ||
	    name_is_control(c))
		return 0;
	return len;
}

/**
 * cmm_name_is_valid() - whether a buffer may have a name
 * @name: the name; bytes after the first NUL are ignored
 *
 * Return: true if there is a NUL, and the text before it is valid UTF-8 (RFC 3629)
 * without control characters (U+0000 to U+001F, U+007F to U+009F). The text may be
 * empty.
 */
bool cmm_name_is_valid(const char name[CMM_NAME_LEN])
{
	/* Not memchr(): a driver's name may be shorter than the array. */
	const char *end = name + strnlen(name, CMM_NAME_LEN);
	unsigned int len;

	if (end == name + CMM_NAME_LEN)
		return false;
	for (; name < end; name += len) {
		len = name_check_character(name);
		if (!len)
			return false;
	}
	return true;
}
