/* SPDX-License-Identifier: MIT */
/*
 * A set of extents and the naive model, side by side: each operation is done
 * on both, and what they say of it must be the same.
 *
 * The operations come from numbers that the caller chooses, at random or as a
 * fuzzer likes.
 */
#ifndef _COMPARE_H
#define _COMPARE_H

#include <stdbool.h>

#include <linux/types.h>

/* Returns a number below @below, which is at most 256. */
typedef u32 (*compare_pick)(u32 below);

void compare_begin(compare_pick pick);
bool compare_step(void);
bool compare_everything(void);

#endif /* _COMPARE_H */
