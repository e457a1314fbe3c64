/* SPDX-License-Identifier: MIT */
/*
 * How the demo ends when something is wrong: with one line that names the step
 * and what was wrong, and a non-zero exit status.
 */
#ifndef DEMO_FAIL_H
#define DEMO_FAIL_H

#include <stdbool.h>

/* Names what the demo is about to do. */
void step(const char *what);

void fail(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* For functions that return a negative errno on failure; returns ret. */
int must(int ret, const char *what);
/* For functions of libcmm: fails with errno's meaning unless done is true. */
void must_cmm(bool done, const char *what);

#endif /* DEMO_FAIL_H */
