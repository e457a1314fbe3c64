// SPDX-License-Identifier: GPL-2.0
/*
 * Size: see size.h. Native tests compile this file unchanged.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "size.h"

/* Convert a letter to lower case. No other character becomes a letter. */
static char size_lower(char c)
{
	return c | 0x20;
}

/* Value of a digit of any base up to 16, or 16 if it is no digit. */
static unsigned int size_digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = size_lower(c);
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return 16;
}

/* Moves @text past the number. */
static int size_parse_number(const char **text, u64 *value)
{
	unsigned int base = 10;
	u64 number = 0;

	if ((*text)[0] == '0' && size_lower((*text)[1]) == 'x') {
		base = 16;
		*text += 2;
	}
	if (size_digit_value(**text) >= base)
		return -EINVAL;
	for (; size_digit_value(**text) < base; (*text)++) {
		u64 digit = size_digit_value(**text);

		if (check_mul_overflow(number, (u64)base, &number) ||
		    check_add_overflow(number, digit, &number))
			return -ERANGE;
	}
	*value = number;
	return 0;
}

/* Moves @text past the unit, if there is one. Returns log2 of the unit. */
static unsigned int size_parse_unit(const char **text)
{
	static const char units[] = "kmgt";
	const char *unit = strchr(units, size_lower(**text));

	if (!unit || !*unit)
		return 0;
	(*text)++;
	if (size_lower((*text)[0]) == 'b')
		*text += 1;
	else if (size_lower((*text)[0]) == 'i' && size_lower((*text)[1]) == 'b')
		*text += 2;
	return 10 * (unit - units + 1);
}

/**
 * cmm_parse_size() - read a number of bytes
 * @text: decimal digits, or 0x and hexadecimal digits; then nothing, or one of
 *	K, M, G and T, each alone or followed by B or iB; then nothing or a
 *	newline. Case does not matter.
 * @value: set to the number of bytes; unchanged on failure
 *
 * K, KB and KiB are 1024, M is 1024 K, and so on. B is a unit only after one of
 * these letters. After 0x it is a digit.
 *
 * Return: 0, -EINVAL if @text has another form, or -ERANGE if the number needs more
 * than 64 bits.
 */
int cmm_parse_size(const char *text, u64 *value)
{
	unsigned int shift;
	u64 number;
	int ret;

	ret = size_parse_number(&text, &number);
	if (ret)
		return ret;
	shift = size_parse_unit(&text);
	if (*text == '\n')
		text++;
	if (*text)
		return -EINVAL;
	if (number << shift >> shift != number)
		return -ERANGE;
	*value = number << shift;
	return 0;
}
