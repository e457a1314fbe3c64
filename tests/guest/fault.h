/* SPDX-License-Identifier: MIT */
/* Memory accesses that may fail, and what signal they raise. */
#ifndef FAULT_H
#define FAULT_H

/* The signal that reading or writing a byte there raises, or 0. */
int fault_on_read(const volatile void *p);
/* Writes back the byte that was there. */
int fault_on_write(volatile void *p);

#endif /* FAULT_H */
