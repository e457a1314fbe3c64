/* SPDX-License-Identifier: MIT */
/*
 * Failures on purpose: the n-th allocation, or access to a user's memory, that
 * the kernel makes on behalf of the calling thread fails. See the kernel's
 * Documentation/fault-injection.
 */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>

/*
 * Prepares the kernel; NULL, or why it cannot be done here. Once for all
 * processes, before any of the others.
 */
const char *inject_start(void);

/* Lets the n-th from now on fail, in this thread. */
void inject_arm(unsigned int n);
/* How many there were since inject_arm(n), if they were less than n. Ends that. */
unsigned int inject_count(unsigned int n);
/* Ends that; whether there was one, which then has failed. */
bool inject_disarm(void);

#endif /* INJECT_H */
