/* SPDX-License-Identifier: MIT */
/*
 * A test is a function that calls CHECK(). It fails if one of them does, or if
 * it leaves more or fewer descriptors open than it found.
 */
#ifndef CMM_CHECK_H
#define CMM_CHECK_H

#include <errno.h>
#include <stddef.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

struct test {
	const char *name;
	void (*run)(void);
};

/* An entry of a table of tests. */
#define TEST(function)	{ #function, function }

#define CHECK(condition)	check(!!(condition), #condition, __LINE__)

/* The errno that a call which fails leaves. */
#define FAILS_WITH(call, errnum)	CHECK((errno = 0, (call)) && errno == (errnum))

/* Remembers the test's first failure. */
void check(int holds, const char *condition, int line);

/*
 * Runs the tests, each after @prepare unless that is NULL, and prints a line
 * for each that begins with @suite. Returns the exit status.
 */
int run_tests(const char *suite, const struct test *tests, size_t count,
	      void (*prepare)(void));

#endif /* CMM_CHECK_H */
