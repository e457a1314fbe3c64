/* SPDX-License-Identifier: MIT */
/*
 * Known contents of buffers.
 *
 * A byte depends on the seed and on its position, so shifted, stale and neighbouring
 * bytes differ. Positions count from offset, so a part of a buffer can be checked.
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
