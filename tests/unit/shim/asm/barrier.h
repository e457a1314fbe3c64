/* SPDX-License-Identifier: MIT */
/* The barrier that waits for cache maintenance. The test records each barrier. */
#ifndef SHIM_BARRIER_H
#define SHIM_BARRIER_H

void record_barrier(void);

/* Replaces the kernel's barrier. */
#define mb() record_barrier()

#endif
