// SPDX-License-Identifier: MIT
/*
 * Runs the tests of a program on this machine. Each must close the descriptors that it
 * opens.
 */
#include <stdio.h>

#include "descriptors.h"
#include "harness.h"

static int descriptors;

static void before(void)
{
	descriptors = count_descriptors();
}

static bool after(char *text, size_t size)
{
	int now = count_descriptors();

	snprintf(text, size, "%d open descriptors instead of %d", now, descriptors);
	return now == descriptors;
}

int main(int argc, char **argv)
{
	static const struct harness_checks checks = { .before = before, .after = after };
	unsigned int count = 0;
	struct test *test;
	char name[128];

	harness_start(argc, argv);
	for (test = harness_tests(); test; test = test->next) {
		harness_name(test, name, sizeof(name));
		count += harness_wants(name);
	}
	ktap_plan(count);
	for (test = harness_tests(); test; test = test->next) {
		harness_name(test, name, sizeof(name));
		if (harness_wants(name))
			harness_run(test, name, &checks);
	}
	return ktap_end();
}
