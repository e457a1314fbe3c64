/* SPDX-License-Identifier: MIT */
/* Memory accesses and calls that may fail, and what signal they raise. */
#ifndef FAULT_H
#define FAULT_H

/* The signal that reading or writing a byte there raises, or 0. */
int fault_on_read(const volatile void *p);
/* Writes back the byte that was there. */
int fault_on_write(volatile void *p);

/* Writes an instruction there that returns from a function. */
void put_return(void *p);
/* The signal that a call of what put_return() wrote raises, or 0. */
int fault_on_call(const void *p);

#endif /* FAULT_H */
