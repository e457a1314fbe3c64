// SPDX-License-Identifier: MIT
/* Memory accesses that may fail: see fault.h. */
#include "fault.h"

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>

static sigjmp_buf before_access;

static void on_signal(int number)
{
	siglongjmp(before_access, number);
}

static int try_access(volatile char *p, bool write)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sigaction old_segv, old_bus;
	int number;

	sigaction(SIGSEGV, &action, &old_segv);
	sigaction(SIGBUS, &action, &old_bus);
	number = sigsetjmp(before_access, 1);
	if (!number) {
		char byte = *p;

		if (write)
			*p = byte;
	}
	sigaction(SIGSEGV, &old_segv, NULL);
	sigaction(SIGBUS, &old_bus, NULL);
	return number;
}

int fault_on_read(const volatile void *p)
{
	return try_access((volatile char *)p, false);
}

int fault_on_write(volatile void *p)
{
	return try_access(p, true);
}
