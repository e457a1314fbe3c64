// SPDX-License-Identifier: MIT
/*
 * How cmmctl reads and prints numbers and names.
 */
#include <stdlib.h>
#include <string.h>

#include "../cli/text.h"
#include "harness.h"

TEST(reads_sizes)
{
	static const struct {
		const char *text;
		size_t size;
	} good[] = {
		{ "0", 0 }, { "1", 1 }, { "4096", 4096 }, { "010", 10 },
		{ "64K", 65536 }, { "64k", 65536 }, { "4M", 4 << 20 },
		{ "1G", 1 << 30 }, { "0x1000", 4096 }, { "0x10k", 16384 },
	};
	size_t i, size;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ASSERT(!parse_size(good[i].text, &size));
		ASSERT(size == good[i].size);
	}
}

TEST(refuses_what_is_no_size)
{
	static const char *const bad[] = {
		"", "K", "-1", "+1", " 1", "1 ", "1KB", "1KK", "1T", "1.5M",
		"0xg", "x10", "four", "99999999999999999999",
		"17179869184G", "18446744073709551616",
	};
	size_t i, size = 7;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ASSERT(parse_size(bad[i], &size) == -1);
	ASSERT(size == 7);
}

TEST(reads_addresses)
{
	static const struct {
		const char *text;
		uint64_t address;
	} good[] = {
		{ "0", 0 }, { "0x10", 16 }, { "10", 16 }, { "0XfE", 254 },
		{ "0x0000000000fe0000", 0xfe0000 },
		{ "ffffffffffffffff", UINT64_MAX },
	};
	static const char *const bad[] = {
		"", "0x", "0x0x1", "-1", "+1", " 1", "1 ", "g", "1K", "0x1:",
		"0x-1", "10000000000000000",
	};
	uint64_t address;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ASSERT(!parse_address(good[i].text, &address));
		ASSERT(address == good[i].address);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ASSERT(parse_address(bad[i], &address) == -1);
	ASSERT(address == UINT64_MAX);
}

TEST(writes_sizes)
{
	char text[SIZE_TEXT];

	ASSERT(!strcmp(size_text(text, 0), "0 B"));
	ASSERT(!strcmp(size_text(text, 1023), "1023 B"));
	ASSERT(!strcmp(size_text(text, 1024), "1 KiB"));
	ASSERT(!strcmp(size_text(text, 1536), "1.5 KiB"));
	ASSERT(!strcmp(size_text(text, 1384448), "1.3 MiB"));
	ASSERT(!strcmp(size_text(text, 256 << 20), "256 MiB"));
	ASSERT(!strcmp(size_text(text, 3ull << 30), "3 GiB"));
	ASSERT(!strcmp(size_text(text, UINT64_MAX), "16777216 TiB"));
}

TEST(writes_ages)
{
	const uint64_t s = 1000000000;
	char text[AGE_TEXT];

	ASSERT(!strcmp(age_text(text, 0), "0s"));
	ASSERT(!strcmp(age_text(text, 60 * s - 1), "59s"));
	ASSERT(!strcmp(age_text(text, 60 * s), "1m00s"));
	ASSERT(!strcmp(age_text(text, 3599 * s), "59m59s"));
	ASSERT(!strcmp(age_text(text, 3600 * s + 61 * s), "1h01m"));
	ASSERT(!strcmp(age_text(text, 86400 * s), "1d00h"));
	ASSERT(!strcmp(age_text(text, UINT64_MAX), "213503d23h"));
}

static void expect_escaped(const char *text, const char *expected, int width)
{
	char escaped[ESCAPED_TEXT(40)];

	ASSERT(!strcmp(escape(escaped, text), expected));
	ASSERT(text_width(escaped) == width);
}

TEST(escapes)
{
	expect_escaped("", "", 0);
	expect_escaped("camera 0~", "camera 0~", 9);
	expect_escaped("\033[2J\n", "\\x1b[2J\\x0a", 11);
	expect_escaped("a\\b\x7f\xff", "a\\\\b\\x7f\\xff", 12);
}

TEST(shows_utf8)
{
	static const char *const shown[] = {
		"cam\u00e9ra", "\u6444\u50cf\u5934", "e\u0301", "\U0001f4f7",
		"\u0416\u03a9", "\uff21",
	};
	static const int widths[] = { 6, 6, 1, 2, 2, 2 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shown); i++)
		expect_escaped(shown[i], shown[i], widths[i]);
}

TEST(escapes_what_utf8_must_not_have)
{
	/* Control characters, directions of text, no width, private use. */
	expect_escaped("\xc2\x9b", "\\xc2\\x9b", 8);
	expect_escaped("\u202e", "\\xe2\\x80\\xae", 12);
	expect_escaped("\u2067", "\\xe2\\x81\\xa7", 12);
	expect_escaped("\u200b", "\\xe2\\x80\\x8b", 12);
	expect_escaped("\ue000", "\\xee\\x80\\x80", 12);
	expect_escaped("\U000e0041", "\\xf3\\xa0\\x81\\x81", 16);
	/* Overlong, a surrogate, beyond Unicode, truncated, no first byte. */
	expect_escaped("\xc0\xaf", "\\xc0\\xaf", 8);
	expect_escaped("\xe0\x80\xaf", "\\xe0\\x80\\xaf", 12);
	expect_escaped("\xed\xa0\x80", "\\xed\\xa0\\x80", 12);
	expect_escaped("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16);
	expect_escaped("\xe6\x91", "\\xe6\\x91", 8);
	expect_escaped("\xe6\x91z", "\\xe6\\x91z", 9);
	expect_escaped("\x91z\xf8", "\\x91z\\xf8", 9);
}

static void check_table(const char *const *cells, const char *expected)
{
	static const struct column columns[] = { { "A", 1 }, { "BB", 0 },
						 { "C", 0 } };
	struct table *table = table_new(columns, 3);
	char *text = NULL;
	size_t len, rows;
	FILE *to = open_memstream(&text, &len);

	for (rows = 0; cells[3 * rows]; rows++)
		table_add(table, cells + 3 * rows);
	ASSERT(table_print(table, to) == rows);
	fclose(to);
	ASSERT(!strcmp(text, expected));
	free(text);
}

TEST(aligns_tables)
{
	static const char *const nothing[] = { NULL };
	static const char *const rows[] = { "1", "x", "yy",
					    "100", "long", "z", NULL };
	static const char *const wide[] = { "\u00e9", "\u50cf\u5934", "\u00e9",
					    "22", "long+", "z", NULL };

	check_table(nothing, "");
	check_table(rows,
		    "  A  BB    C\n"
		    "  1  x     yy\n"
		    "100  long  z\n");
	check_table(wide,
		    " A  BB     C\n"
		    " \u00e9  \u50cf\u5934   \u00e9\n"
		    "22  long+  z\n");
}
