/* SPDX-License-Identifier: MIT */
/*
 * Runs each operation on a set of extents and on the naive model, and compares the
 * results. Numbers from the caller choose the operations: random numbers, or a fuzzer's
 * input.
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
