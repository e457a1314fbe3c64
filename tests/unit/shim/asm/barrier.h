/* SPDX-License-Identifier: MIT */
/* The barrier that waits for cache maintenance; the test sees each. */
#ifndef SHIM_BARRIER_H
#define SHIM_BARRIER_H

void record_barrier(void);

/* Stands for the kernel's barrier. */
#define mb() record_barrier()

#endif
