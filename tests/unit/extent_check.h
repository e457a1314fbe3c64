/* SPDX-License-Identifier: MIT */
/* Checks the data structure of extent.c in a walk over the whole set. */
#ifndef EXTENT_CHECK_H
#define EXTENT_CHECK_H

#include <stdbool.h>

#include "extent.h"

/*
 * Whether the nodes are in order without overlap, every hole ends at the next node or at
 * the end of its range, and all sums are right.
 */
bool extents_are_consistent(const struct cmm_extents *extents);

#endif /* EXTENT_CHECK_H */
