// SPDX-License-Identifier: MIT
/* What the kernel's tools/include declares, and tools/lib does not define. */
#include <linux/bitmap.h>

void bitmap_clear(unsigned long *map, unsigned int start, int len)
{
	for (; len > 0; len--)
		clear_bit(start++, map);
}
