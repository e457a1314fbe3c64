// SPDX-License-Identifier: MIT
/*
 * Bytes in a readable unit: see sizetext.h. cmmctl is linked with this file also.
 */
#include <stdio.h>

#include "sizetext.h"

const char *size_text(char text[SIZE_TEXT], uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	unsigned int unit = 0;

	while (value >= 1024 && unit < 4) {
		value /= 1024;
		unit++;
	}
	snprintf(text, SIZE_TEXT, "%.*f %s", value != (double)(uint64_t)value,
		 value, units[unit]);
	return text;
}
