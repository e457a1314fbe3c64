/* SPDX-License-Identifier: MIT */
/* Verifies what extent.c keeps of a set, by a walk over all of it. */
#ifndef EXTENT_CHECK_H
#define EXTENT_CHECK_H

#include <stdbool.h>

#include "extent.h"

/*
 * Whether the nodes are in order without overlap, every hole ends where the next node
 * begins or its range ends, and all sums are right.
 */
bool extents_are_consistent(const struct cmm_extents *extents);

#endif /* EXTENT_CHECK_H */
