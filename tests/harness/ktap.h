/* SPDX-License-Identifier: MIT */
/*
 * Test results in KTAP, which kselftest's runner and prove read:
 *
 *	KTAP version 1
 *	1..3
 *	ok 1 media/sync/flushes_each_line
 *	not ok 2 media/sync/flushes_each_line_once
 *	# test_sync.c:41: not so: count == 1
 *	ok 3 media/sync/works_on_riscv # SKIP this is arm64
 *	1 passed, 1 failed, 1 skipped
 */
#ifndef KTAP_H
#define KTAP_H

#include <stdbool.h>

enum verdict { PASSED, FAILED, SKIPPED, VERDICTS };

/* Prints the version and the plan: @count results will follow. */
void ktap_plan(unsigned int count);

/* Prints one result. @reason says why a test failed or was skipped. */
void ktap_result(enum verdict verdict, const char *name, const char *reason);

/* Prints the result of a test that has no more to say. */
void ktap_test(bool good, const char *name);

/* Prints lines that are no results: each begins with "# ". */
void ktap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Prints the sums. Returns the exit status: 0 if there were as many results as planned,
 * none failed, and not all were skipped.
 */
int ktap_end(void);

#endif /* KTAP_H */
