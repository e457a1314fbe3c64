// SPDX-License-Identifier: MIT
/* Defines a function that the kernel's tools/include declares but tools/lib lacks. */
#include <linux/bitmap.h>

void bitmap_clear(unsigned long *map, unsigned int start, int len)
{
	for (; len > 0; len--)
		clear_bit(start++, map);
}
