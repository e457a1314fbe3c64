// SPDX-License-Identifier: MIT
/* How the demo ends when something is wrong: see demo_fail.h. */
#include "demo_fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmm.h>

static const char *current_step = "start";

void step(const char *what)
{
	current_step = what;
}

void fail(const char *format, ...)
{
	va_list args;

	printf("demo: FAIL: %s: ", current_step);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	_exit(1);
}

int must(int ret, const char *what)
{
	if (ret < 0)
		fail("%s: %s", what, strerror(-ret));
	return ret;
}

void must_cmm(bool done, const char *what)
{
	if (!done)
		fail("%s: %s", what, cmm_strerror(errno));
}
