/* SPDX-License-Identifier: MIT */
/*
 * Known contents: bytes that tell from where in which buffer they are.
 *
 * Every byte depends on the seed and on its own place, so that a shifted, a
 * stale or a neighbour's byte differs. A place counts from offset, so that a
 * part of a buffer can be looked at by itself.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* What a check returns if all is as it should be. */
#define PATTERN_OK	((size_t)-1)

void pattern_fill(void *data, size_t len, size_t offset, uint64_t seed);
/* The place in data of the first byte that differs, or PATTERN_OK. */
size_t pattern_check(const void *data, size_t len, size_t offset,
		     uint64_t seed);
/* The place of the first byte that is not zero, or PATTERN_OK. */
size_t pattern_check_zero(const void *data, size_t len);

#endif /* PATTERN_H */
