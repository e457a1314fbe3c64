// SPDX-License-Identifier: MIT
/*
 * Configures the fake system by environment variables, for programs that are no tests
 * themselves. Such a program starts with no zone unless FAKE_ZONES names some.
 */
#include <stdlib.h>

#include "fake.h"

/* The value of an environment variable, or @number if it is not set. */
static unsigned int from_env(const char *name, unsigned int number)
{
	const char *value = getenv(name);

	return value ? (unsigned int)strtoul(value, NULL, 0) : number;
}

__attribute__((constructor))
static void configure(void)
{
	fake.zones = getenv("FAKE_ZONES");
	fake.loaded = !!from_env("FAKE_LOADED", !!fake.zones);
	fake.marked = from_env("FAKE_MARKED", 0);
	fake.shared = !!from_env("FAKE_SHARED", 0);
	fake.entries = from_env("FAKE_ENTRIES", fake.entries);
	fake.used = from_env("FAKE_USED", fake.entries * FAKE_PAGE);
	fake.quota = from_env("FAKE_QUOTA", 0);
	fake.user = !!from_env("FAKE_USER", 0);
	fake.gone = !!from_env("FAKE_GONE", 0);
}
