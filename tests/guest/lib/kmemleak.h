/* SPDX-License-Identifier: MIT */
/* Leaked kernel memory, as kmemleak reports it. Most kernels have no kmemleak. */
#ifndef KMEMLEAK_H
#define KMEMLEAK_H

#include <stdbool.h>

bool kmemleak_is_there(void);

/*
 * The test "kmemleak": it passes if no kernel memory leaked since boot. Prints
 * kmemleak's report of each leak. Reports nothing without kmemleak.
 */
void kmemleak_test(void);

#endif /* KMEMLEAK_H */
