// SPDX-License-Identifier: MIT
/* Memory accesses that may fail: see fault.h. */
#include "fault.h"

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__aarch64__)
#define RETURN_INSTRUCTION	0xd65f03c0	/* ret */
#elif defined(__riscv)
#define RETURN_INSTRUCTION	0x00008067	/* ret */
#else
#error "Which instruction returns from a function here?"
#endif

static sigjmp_buf before_access;

static void on_signal(int number)
{
	siglongjmp(before_access, number);
}

static void read_byte(volatile char *p)
{
	(void)*p;
}

static void write_byte_back(volatile char *p)
{
	char byte = *p;

	*p = byte;
}

static void call(volatile char *p)
{
	((void (*)(void))(uintptr_t)p)();
}

static int try_access(volatile char *p, void (*access)(volatile char *p))
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sigaction old_segv, old_bus;
	int number;

	sigaction(SIGSEGV, &action, &old_segv);
	sigaction(SIGBUS, &action, &old_bus);
	number = sigsetjmp(before_access, 1);
	if (!number)
		access(p);
	sigaction(SIGSEGV, &old_segv, NULL);
	sigaction(SIGBUS, &old_bus, NULL);
	return number;
}

int fault_on_read(const volatile void *p)
{
	return try_access((volatile char *)p, read_byte);
}

int fault_on_write(volatile void *p)
{
	return try_access(p, write_byte_back);
}

void put_return(void *p)
{
	static const uint32_t instruction = RETURN_INSTRUCTION;

	memcpy(p, &instruction, sizeof(instruction));
	__builtin___clear_cache(p, (char *)p + sizeof(instruction));
}

int fault_on_call(const void *p)
{
	return try_access((volatile char *)p, call);
}
