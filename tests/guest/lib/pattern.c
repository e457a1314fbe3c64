// SPDX-License-Identifier: MIT
/* Known contents: see pattern.h. Goes by words where it can, for speed. */
#include "pattern.h"

#include <endian.h>
#include <string.h>

static uint64_t word_at(size_t offset, uint64_t seed)
{
	uint64_t x = (offset / 8 + 1) * 0x9e3779b97f4a7c15ULL + seed;

	return x ^ (x >> 29);
}

static uint8_t byte_at(size_t offset, uint64_t seed)
{
	return word_at(offset, seed) >> (8 * (offset % 8));
}

void pattern_fill(void *data, size_t len, size_t offset, uint64_t seed)
{
	uint8_t *p = data;
	size_t i = 0;

	while (i < len) {
		if ((offset + i) % 8 || len - i < 8) {
			p[i] = byte_at(offset + i, seed);
			i++;
		} else {
			uint64_t word = htole64(word_at(offset + i, seed));

			memcpy(p + i, &word, 8);
			i += 8;
		}
	}
}

size_t pattern_check(const void *data, size_t len, size_t offset,
		     uint64_t seed)
{
	const uint8_t *p = data;
	size_t i = 0;

	while (i < len) {
		if (!((offset + i) % 8) && len - i >= 8) {
			uint64_t word = htole64(word_at(offset + i, seed));

			if (!memcmp(p + i, &word, 8)) {
				i += 8;
				continue;
			}
		}
		if (p[i] != byte_at(offset + i, seed))
			return i;
		i++;
	}
	return PATTERN_OK;
}

size_t pattern_check_zero(const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t i;

	if (!len || (!p[0] && !memcmp(p, p + 1, len - 1)))
		return PATTERN_OK;
	for (i = 0; !p[i]; i++)
		;
	return i;
}
