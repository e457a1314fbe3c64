/* SPDX-License-Identifier: MIT */
/* Checks the data structure of extent.c in a walk over the whole set. */
#ifndef EXTENT_CHECK_H
#define EXTENT_CHECK_H

#include <stdbool.h>

#include "extent.h"

/*
 * Returns whether the extents are ordered by address and do not overlap, whether each
 * hole lies between two neighbouring extents or an extent and an end of the range, and
 * whether the totals and the tree's largest holes are right.
 */
bool extents_are_consistent(const struct cmm_extents *extents);

#endif /* EXTENT_CHECK_H */
