// SPDX-License-Identifier: MIT
/* Test results in KTAP: see ktap.h. */
#include "ktap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static unsigned int planned, reported, verdicts[VERDICTS];

void ktap_plan(unsigned int count)
{
	planned = count;
	printf("KTAP version 1\n1..%u\n", count);
	fflush(stdout);
}

/* Prints @text with "# " before each of its lines. */
static void print_comment(const char *text)
{
	int len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		printf("# %.*s\n", len, text);
	}
}

void ktap_result(enum verdict verdict, const char *name, const char *reason)
{
	verdicts[verdict]++;
	printf("%sok %u %s", verdict == FAILED ? "not " : "", ++reported, name);
	if (verdict == SKIPPED)
		printf(" # SKIP %s", reason);
	putchar('\n');
	if (verdict == FAILED)
		print_comment(reason);
	fflush(stdout);
}

void ktap_test(bool good, const char *name)
{
	ktap_result(good ? PASSED : FAILED, name, "");
}

void ktap_note(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_comment(text);
	fflush(stdout);
}

int ktap_end(void)
{
	if (reported != planned)
		printf("# %u results were planned, and %u reported\n", planned, reported);
	printf("%u passed, %u failed, %u skipped\n", verdicts[PASSED], verdicts[FAILED],
	       verdicts[SKIPPED]);
	return reported != planned || verdicts[FAILED] || !verdicts[PASSED];
}
