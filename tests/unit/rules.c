// SPDX-License-Identifier: MIT
/* The harness of the unit tests: see rules.h. */
#include "rules.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

static jmp_buf rule_failed;
static char reason[256];

void check(bool ok, const char *what, int line)
{
	if (ok)
		return;
	snprintf(reason, sizeof(reason), "line %d: %s", line, what);
	longjmp(rule_failed, 1);
}

unsigned long setting(const char *name, unsigned long fallback)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : fallback;
}

int main(void)
{
	static unsigned int i, failed;

	for (i = 0; rules[i].name; i++) {
		if (setjmp(rule_failed)) {
			printf("not ok - %s: %s\n", rules[i].name, reason);
			failed++;
			continue;
		}
		rules[i].run();
		printf("ok - %s\n", rules[i].name);
	}
	printf("%u passed, %u failed, 0 skipped\n", i - failed, failed);
	return failed || !i;
}
