// SPDX-License-Identifier: MIT
/*
 * Runs tests and prints which ones failed.
 */
#include <dirent.h>
#include <stdio.h>

#include "check.h"

static const char *failed_condition;
static int failed_line;

void check(int holds, const char *condition, int line)
{
	if (holds || failed_condition)
		return;
	failed_condition = condition;
	failed_line = line;
}

static unsigned int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int entries = 0;

	while (readdir(dir))
		entries++;
	closedir(dir);
	return entries;
}

static int passes(const char *suite, const struct test *test)
{
	unsigned int fds = open_fds();

	failed_condition = NULL;
	test->run();
	check(open_fds() == fds, "no descriptor leaks", 0);
	if (failed_condition)
		printf("not ok - %s: %s: line %d: %s\n", suite, test->name,
		       failed_line, failed_condition);
	else
		printf("ok - %s: %s\n", suite, test->name);
	return !failed_condition;
}

int run_tests(const char *suite, const struct test *tests, size_t count,
	      void (*prepare)(void))
{
	size_t i, passed = 0;

	for (i = 0; i < count; i++) {
		if (prepare)
			prepare();
		passed += (size_t)passes(suite, &tests[i]);
	}
	printf("%zu passed, %zu failed, 0 skipped\n", passed, count - passed);
	return passed != count;
}
