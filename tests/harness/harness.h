/* SPDX-License-Identifier: MIT */
/*
 * The test harness: registers tests, runs each one in its own child, and reports in
 * KTAP. A test is a function:
 *
 *	TEST(what_it_shows)
 *	{
 *		...
 *	}
 *
 * A test ends at its first failed assertion. It may fork: an assertion that fails in a
 * descendant fails the test. The test what_it_shows in test_list.c is reported as
 * list/what_it_shows.
 *
 * Functions that assertions look at return a negative errno on failure.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ktap.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif

/* Default time limit of a test in seconds. */
#define TEST_SECONDS	30

struct test {
	const char *file;
	const char *name;
	int line;
	unsigned int seconds;
	void (*run)(void);
	struct test *next;
};

void harness_add(struct test *test);

#define TEST(name)	TEST_LIMIT(name, TEST_SECONDS)

/* A test with a longer time limit. */
#define TEST_LIMIT(title, limit)					\
	static void test_##title(void);					\
	__attribute__((constructor)) static void add_##title(void)	\
	{								\
		static struct test test = {				\
			.file = __FILE__,				\
			.name = #title,					\
			.line = __LINE__,				\
			.seconds = (limit),				\
			.run = test_##title,				\
		};							\
									\
		harness_add(&test);					\
	}								\
	static void test_##title(void)

/* Describes the case that the next assertions check, for loops over cases. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the test: it failed, or it cannot run here. */
void fail_at(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
void skip(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

#define FAIL(...)	fail_at(__FILE__, __LINE__, __VA_ARGS__)

#define ASSERT(condition)						\
	do {								\
		if (!(condition))					\
			FAIL("not so: %s", #condition);			\
	} while (0)

/* Two integers are equal. */
#define ASSERT_EQ(got, want)						\
	do {								\
		uint64_t got_ = (uint64_t)(got);			\
		uint64_t want_ = (uint64_t)(want);			\
									\
		if (got_ != want_)					\
			FAIL("%s is %lld (%#llx), not %s = %lld (%#llx)", \
			     #got, (long long)got_,			\
			     (unsigned long long)got_, #want,		\
			     (long long)want_,				\
			     (unsigned long long)want_);		\
	} while (0)

/*
 * Waits until the condition holds. How long that takes depends on the machine, so the
 * only limit is the test's own. Then the test fails, and the report names the place.
 */
#define WAIT_UNTIL(condition)						\
	do {								\
		wait_begin(__FILE__, __LINE__, #condition);		\
		while (!(condition))					\
			wait_a_moment();				\
		wait_end();						\
	} while (0)

void wait_begin(const char *file, int line, const char *condition);
void wait_a_moment(void);
void wait_end(void);

#define ASSERT_STREQ(got, want)	\
	assert_streq(__FILE__, __LINE__, #got, got, want)
/* Not a negative errno; the expression's value. */
#define ASSERT_OK(call)		assert_ok(__FILE__, __LINE__, #call, call)
/* -errno_wanted. */
#define ASSERT_ERR(call, errno_wanted)	\
	assert_err(__FILE__, __LINE__, #call, call, errno_wanted)
/* The condition shows that a call failed, and the call set errno. */
#define ASSERT_ERRNO(condition, errno_wanted)				\
	do {								\
		errno = 0;						\
		ASSERT(condition);					\
		ASSERT_EQ(errno, errno_wanted);				\
	} while (0)

void assert_streq(const char *file, int line, const char *what,
		  const char *got, const char *want);
long assert_ok(const char *file, int line, const char *what, long ret);
void assert_err(const char *file, int line, const char *what, long ret,
		int errno_wanted);

/* Forks, runs run(arg) in the child, which then exits with status 0. */
pid_t fork_to(void (*run)(void *arg), void *arg);
/* Waits for a child, which must have exited with status 0. */
void join(pid_t pid);
/* What a child does, as /proc/PID/stat has it: 'S' if it waits, 'Z' at its end. */
char child_state(pid_t pid);

/* --- for the program that runs the tests --- */

/*
 * What a program checks before and after each test. A check returns false if the test
 * left something behind, with the reason in text.
 */
struct harness_checks {
	/* In the test's process: before the test, and after it. */
	void (*before)(void);
	bool (*after)(char *text, size_t size);
	/* In the runner, after the last of the test's processes. May be NULL. */
	bool (*left_behind)(char *text, size_t size);
};

/*
 * Parses [--list | [--timeout-multiplier N] [[!]PART-OF-NAME]...]. Lists the tests and
 * exits for --list. Keeps the parts of names for harness_wants().
 */
void harness_start(int argc, char **argv);

/* All tests, ordered by file and line. */
struct test *harness_tests(void);
/* FILE/TEST. */
void harness_name(const struct test *test, char *name, size_t size);
/* Whether the command line selects a name. A part after a "!" excludes names. */
bool harness_wants(const char *name);
/* Runs one test and reports it by that name. Returns the seconds that it took. */
double harness_run(const struct test *test, const char *name,
		   const struct harness_checks *checks);

#endif /* HARNESS_H */
