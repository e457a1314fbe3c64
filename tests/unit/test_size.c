// SPDX-License-Identifier: MIT
/* Tests of the parser of sizes: what it accepts and what it refuses. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness.h"
#include "size.h"

/* A value that no test expects: a failure must not change it. */
#define UNCHANGED	0x5a5a5a5a5a5aULL

static bool is_size(const char *text, u64 wanted)
{
	u64 value = UNCHANGED;

	return !cmm_parse_size(text, &value) && value == wanted;
}

static bool is_refused(const char *text, int wanted)
{
	u64 value = UNCHANGED;

	return cmm_parse_size(text, &value) == -wanted && value == UNCHANGED;
}

TEST(plain_numbers_are_bytes)
{
	ASSERT(is_size("0", 0));
	ASSERT(is_size("1", 1));
	ASSERT(is_size("4096", 4096));
	/* A leading zero does not make the number octal. */
	ASSERT(is_size("010", 10));
	ASSERT(is_size("18446744073709551615", ~0ULL));
	ASSERT(is_size("00000000000000000000000000000000000001", 1));
}

TEST(hexadecimal_numbers_begin_with_0x)
{
	ASSERT(is_size("0x0", 0));
	ASSERT(is_size("0X1000", 4096));
	ASSERT(is_size("0xabcdef", 0xabcdef));
	ASSERT(is_size("0xABCDEF", 0xabcdef));
	ASSERT(is_size("0xffffffffffffffff", ~0ULL));
	ASSERT(is_size("0x10M", 16ULL << 20));
	ASSERT(is_size("0x10MiB", 16ULL << 20));
	/* B alone is a hexadecimal digit. */
	ASSERT(is_size("0x1B", 0x1b));
}

TEST(every_form_of_a_unit_means_the_same)
{
	static const char *const megabytes[] = {
		"16M", "16m", "16MB", "16mb", "16Mb", "16mB", "16MiB", "16mib",
		"16MIB", "16Mib", "16384K", "16384k", "16384KB", "16384KiB",
		"16777216", "0x1000000",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(megabytes); i++)
		ASSERT(is_size(megabytes[i], 16ULL << 20));
	ASSERT(is_size("3G", 3ULL << 30));
	ASSERT(is_size("3gib", 3ULL << 30));
	ASSERT(is_size("2T", 2ULL << 40));
	ASSERT(is_size("2TB", 2ULL << 40));
	ASSERT(is_size("16777215T", 16777215ULL << 40));
}

TEST(one_newline_may_follow)
{
	ASSERT(is_size("8M\n", 8ULL << 20));
	ASSERT(is_size("8MiB\n", 8ULL << 20));
	ASSERT(is_size("0\n", 0));
	ASSERT(is_refused("8M\n\n", EINVAL));
	ASSERT(is_refused("\n", EINVAL));
	ASSERT(is_refused("8\nM", EINVAL));
}

TEST(anything_else_is_refused)
{
	static const char *const wrong[] = {
		"", " ", "M", "MiB", "x", "0x", "0xg", "0xM", "-1", "+1", "-16M",
		" 1", "1 ", "1 M", "1.5G", "1,5", "1e3", "16X", "16B", "16Mi",
		"16iB", "16MM", "16MBB", "16MiBs", "16M1", "16KM", "1P", "a",
		"16\vM", "16M\t", "\xb5", "16\xcb",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		ASSERT(is_refused(wrong[i], EINVAL));
}

TEST(more_than_64_bits_are_refused)
{
	ASSERT(is_refused("18446744073709551616", ERANGE));
	ASSERT(is_refused("99999999999999999999999999", ERANGE));
	ASSERT(is_refused("0x10000000000000000", ERANGE));
	/* With 64 bits, the first product is 0 and the second one is 16 GiB. */
	ASSERT(is_refused("17179869184G", ERANGE));
	ASSERT(is_refused("17179869200G", ERANGE));
	ASSERT(is_refused("16777216T", ERANGE));
	ASSERT(is_refused("18446744073709551615K", ERANGE));
}
