/* SPDX-License-Identifier: MIT */
/*
 * Memory of the kernel's that nothing points to any more, as its kmemleak finds
 * it. Kernels without that find none.
 */
#ifndef LEAKS_H
#define LEAKS_H

/*
 * Looks for what was lost since the kernel started; prints each with who
 * allocated it, and a line with their number. Returns the number, -1 without
 * kmemleak.
 */
int leaks_report(void);

#endif /* LEAKS_H */
