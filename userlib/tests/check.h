/* SPDX-License-Identifier: MIT */
/*
 * A test is a function that calls CHECK(). It fails if a CHECK() fails,
 * or if it changes the number of open descriptors.
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

/* The errno of a failed call. */
#define FAILS_WITH(call, errnum)	CHECK((errno = 0, (call)) && errno == (errnum))

/* Records the test's first failure. */
void check(int holds, const char *condition, int line);

/*
 * Runs the tests, each after @prepare unless that is NULL, and prints a line
 * for each that begins with @suite. Returns the exit status.
 */
int run_tests(const char *suite, const struct test *tests, size_t count,
	      void (*prepare)(void));

#endif /* CMM_CHECK_H */
