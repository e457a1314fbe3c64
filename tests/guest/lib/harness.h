/* SPDX-License-Identifier: MIT */
/*
 * The test harness: registers tests, runs each one in its own child, and
 * reports. A test is a function:
 *
 *	TEST(what_it_shows)
 *	{
 *		...
 *	}
 *
 * With ZONE_TEST(), the harness opens ZONE's node before it as @node, and closes it
 * after it.
 *
 * A test ends at its first failed assertion, may fork (an assertion that fails in
 * a descendant fails the test), and must free what it allocated: see leakcheck.h.
 * Functions that assertions look at return a negative errno on failure.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* Default time limit of a test in seconds. */
#define TEST_SECONDS	30

struct test {
	const char *file;
	const char *name;
	int line;
	unsigned int seconds;
	void (*run)(void);
	bool has_run;		/* in a zone, and it was not skipped */
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

/* The same, with ZONE's node open as node. */
#define ZONE_TEST(name)	ZONE_TEST_LIMIT(name, TEST_SECONDS)

#define ZONE_TEST_LIMIT(title, limit)					\
	static void zone_test_##title(int node);			\
	TEST_LIMIT(title, limit)					\
	{								\
		run_with_node(zone_test_##title);			\
	}								\
	static void zone_test_##title(int node)

void run_with_node(void (*run)(int node));

/* Describes the case that the next assertions check, for loops over cases. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Declares that this test provokes SMMU events; in any other test they are
 * faults.
 */
void expect_smmu_events(void);

/* Ends the test: it failed, or this kernel cannot run it. */
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
/* pattern_check() and its kind found nothing. */
#define ASSERT_PATTERN(check)	assert_pattern(__FILE__, __LINE__, #check, check)

void assert_streq(const char *file, int line, const char *what,
		  const char *got, const char *want);
long assert_ok(const char *file, int line, const char *what, long ret);
void assert_err(const char *file, int line, const char *what, long ret,
		int errno_wanted);
void assert_pattern(const char *file, int line, const char *what, size_t place);

/* Forks, runs run(arg) in the child, which then exits with status 0. */
pid_t fork_to(void (*run)(void *arg), void *arg);
/* Waits for a child, which must have exited with status 0. */
void join(pid_t pid);
/* What a child does, as /proc/PID/stat has it: 'S' if it waits, 'Z' at its end. */
char child_state(pid_t pid);

#endif /* HARNESS_H */
