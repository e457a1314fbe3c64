/* SPDX-License-Identifier: MIT */
/*
 * Random numbers for tests. A seed repeats a run:
 *
 * CMM_SEED=n	the seed; the default is the time
 * CMM_ROUNDS=n	number of rounds
 */
#ifndef _RANDOM_H
#define _RANDOM_H

#include <linux/types.h>

/* Begins, and prints both settings. Returns the number of rounds. */
unsigned long random_begin(unsigned long default_rounds);
/* A number below @below. */
u32 random_number(u32 below);

#endif /* _RANDOM_H */
