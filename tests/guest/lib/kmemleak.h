/* SPDX-License-Identifier: MIT */
/*
 * Leaked kernel memory, as kmemleak reports it. Kernels without kmemleak report none.
 */
#ifndef KMEMLEAK_H
#define KMEMLEAK_H

/*
 * Scans for leaks since boot. Prints kmemleak's report of each leak and the number
 * of leaks. Returns the number, or -1 without kmemleak.
 */
int kmemleak_report(void);

#endif /* KMEMLEAK_H */
