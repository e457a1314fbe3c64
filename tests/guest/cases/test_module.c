// SPDX-License-Identifier: MIT
/* Loading and unloading the module, and zones by the zones= parameter. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "holder.h"
#include "kmsg.h"

TEST(module_in_use_cannot_be_unloaded)
{
	int what;

	for (what = 0; what < HOLDS; what++) {
		struct holder holder = hold_all();

		note("the %s alone", hold_name(what));
		let_go_of_all_but(&holder, what);
		ASSERT(module_refs("cmm") > 0);
		ASSERT_ERR(driver_unload(), EWOULDBLOCK);
		let_go(&holder, what);
		holder_end(&holder);
		ASSERT_OK(driver_unload());
		ASSERT_ERR(zone_open(ZONE), ENOENT);
		ASSERT_OK(driver_load(""));
	}
}

TEST(module_in_use_cannot_be_unloaded_after_unbind)
{
	struct holder holder = hold_all();
	int what;

	ASSERT_OK(driver_unbind());
	for (what = 0; what < HOLDS; what++) {
		note("still the %s", hold_name(what));
		ASSERT_ERR(driver_unload(), EWOULDBLOCK);
		let_go(&holder, what);
	}
	holder_end(&holder);
	ASSERT_OK(driver_reload(""));
}

TEST(module_can_be_loaded_and_unloaded_repeatedly)
{
	int i;

	for (i = 0; i < 10; i++) {
		int node;

		ASSERT_OK(driver_reload(""));
		node = ASSERT_OK(zone_open(ZONE));
		close(ASSERT_OK(zone_alloc(node, PAGE, 0)));
		close(node);
	}
}

/* --- zones= --- */

static uint64_t spare_start(void)
{
	uint64_t start, size;

	ASSERT_OK(reserved_range(SPARE, &start, &size));
	ASSERT_EQ(size, 16 * MIB);
	return start;
}

/* Loads the module again with more zones, the format filled in. */
static int reload_with(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static int reload_with(const char *format, ...)
{
	char zones[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(zones, sizeof(zones), format, args);
	va_end(args);
	return driver_reload(zones);
}

TEST(zones_parameter_makes_a_zone_of_a_spare_range)
{
	static const char *const sizes[] = {
		"16M", "16m", "16MB", "16MiB", "16384K", "16777216", "0x1000000",
	};
	uint64_t start = spare_start();
	int zones = zone_count();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct cmm_info info;
		int node, fd;

		note("size %s", sizes[i]);
		ASSERT_OK(reload_with("spare,0,%#" PRIx64 ",%s", start,
				      sizes[i]));
		ASSERT_EQ(zone_count(), zones + 1);
		node = ASSERT_OK(zone_open(SPARE));
		ASSERT_OK(zone_info(node, &info));
		ASSERT_STREQ(info.name, SPARE);
		ASSERT_EQ(info.total, 16 * MIB);
		ASSERT_EQ(info.flags, 0);
		fd = ASSERT_OK(zone_alloc(node, 16 * MIB, 0));
		ASSERT_ERR(zone_alloc(node, 1, 0), ENOSPC);
		close(fd);
		close(node);
	}
	ASSERT_OK(driver_reload(""));
}

TEST(zone_from_parameter_shows_no_physical_address)
{
	struct cmm_query query;
	int node, fd, engine;
	struct import dma;

	ASSERT_OK(reload_with("spare,0,%#" PRIx64 ",16M", spare_start()));
	node = ASSERT_OK(zone_open(SPARE));
	fd = ASSERT_OK(zone_alloc(node, MIB, 0));
	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT_EQ(query.phys, 0);
	ASSERT_EQ(query.flags & CMM_BUF_PHYS, 0);

	engine = open_importer("edu0");
	dma = import(engine, fd, CMM_IMPORT_TO_DEVICE);
	ASSERT_EQ(translate(engine, dma.map.addr), spare_start());
	ASSERT_OK(importer_release(&dma));
	close(engine);
	close(fd);
	close(node);
	ASSERT_OK(driver_reload(""));
}

TEST(range_can_be_split_into_two_zones)
{
	uint64_t start = spare_start();
	int a, b, zones = zone_count();

	ASSERT_OK(reload_with("left,0,%#" PRIx64 ",4M:right,0,%#" PRIx64 ",12M",
			      start, start + 4 * MIB));
	ASSERT_EQ(zone_count(), zones + 2);
	a = ASSERT_OK(zone_open("left"));
	b = ASSERT_OK(zone_open("right"));
	close(ASSERT_OK(zone_alloc(a, 4 * MIB, 0)));
	ASSERT_ERR(zone_alloc(a, 5 * MIB, 0), EFBIG);
	close(ASSERT_OK(zone_alloc(b, 12 * MIB, 0)));
	close(b);
	close(a);
	ASSERT_OK(driver_reload(""));
}

TEST(buffers_belong_to_one_zone)
{
	struct cmm_query query;
	int a, b, of_a, of_b;

	ASSERT_OK(reload_with("spare,0,%#" PRIx64 ",16M", spare_start()));
	a = ASSERT_OK(zone_open(ZONE));
	b = ASSERT_OK(zone_open(SPARE));
	of_a = ASSERT_OK(zone_alloc(a, PAGE, 0));
	of_b = ASSERT_OK(zone_alloc(b, PAGE, 0));
	ASSERT_OK(zone_query(a, of_a, &query));
	ASSERT_OK(zone_query(b, of_b, &query));
	ASSERT_ERR(zone_query(a, of_b, &query), EXDEV);
	ASSERT_ERR(zone_query(b, of_a, &query), EXDEV);
	close(of_b);
	close(of_a);
	close(b);
	close(a);
	ASSERT_OK(driver_reload(""));
}

/* Copies the format with the start in the place of its %s, if it has one. */
static void fill_in(char *text, size_t size, const char *format, uint64_t start)
{
	const char *at = strstr(format, "%s");

	if (at)
		snprintf(text, size, "%.*s%#" PRIx64 "%s", (int)(at - format),
			 format, start, at + 2);
	else
		snprintf(text, size, "%s", format);
}

/* The load fails, the log has both texts, and nothing is left behind. */
static void expect_refused_with(int wanted, const char *zones,
				const char *field, const char *rule)
{
	char line[KMSG_LINE];
	int log = ASSERT_OK(kmsg_open());
	bool field_logged = false, rule_logged = false;

	note("zones=%s", zones);
	ASSERT_ERR(driver_load(zones), wanted);
	ASSERT_EQ(zone_count(), 0);
	ASSERT_ERR(module_refs("cmm"), ENOENT);
	while (kmsg_next(log, line)) {
		if (!strstr(line, "cmm"))
			continue;
		field_logged |= !!strstr(line, field);
		rule_logged |= !!strstr(line, rule);
	}
	ASSERT(field_logged);
	ASSERT(rule_logged);
	close(log);
}

static void expect_refused(int wanted, const char *zones)
{
	expect_refused_with(wanted, zones, "zone", "zone");
}

TEST_LIMIT(malformed_zones_are_refused_by_field_and_rule, 120)
{
	static const char number[] = "must be a decimal or 0x number";
	static const char name[] = "must be 1 to 31 letters, digits";
	static const struct {
		const char *format, *field, *rule;
	} cases[] = {
		{ "spare", "the second field is missing", "name,0,start,size" },
		{ "spare,0", "the start is missing", "name,0,start,size" },
		{ "spare,0,%s", "the size is missing", "name,0,start,size" },
		{ "spare,0,%s,", "the size is ''", number },
		{ "spare,%s,16M", "the second field is '%s'", "must be 0" },
		{ "spare,0,%s,16M,", "the fifth field is ''", "must be four" },
		{ "spare,0,%s,16M,1", "the fifth field is '1'", "must be four" },
		{ "spare,0,%s,16M:", ": the name is ''", name },
		{ "spare,0,%s,16X", "the size is '16X'", number },
		{ "spare,0,%s,16Mi", "the size is '16Mi'", number },
		{ "spare,0,%s,-16M", "the size is '-16M'", number },
		{ "spare,0,%s,M", "the size is 'M'", number },
		{ "spare,0,%s,17179869200G", "the size is '17179869200G'",
		  "must not need more than 64 bits" },
		{ "spare,0,-%s,16M", "the start is '-%s'", number },
		{ "spare,0,start,16M", "the start is 'start'", number },
		{ "spare,1,%s,16M", "the second field is '1'", "must be 0" },
		{ "spare,,%s,16M", "the second field is ''", "must be 0" },
		{ ",0,%s,16M", "the name is ''", name },
		{ "../spare,0,%s,16M", "the name is '../spare'", name },
		{ "sp+are,0,%s,16M", "the name is 'sp+are'", name },
		{ ".,0,%s,16M", "the name is '.'", name },
		{ "a-name-that-is-a-byte-too-long-abcdef,0,%s,16M",
		  "the name is 'a-name-that-is-a-byte-too-long-abcdef'", name },
	};
	uint64_t start = spare_start();
	char zones[256], field[128];
	size_t i;

	ASSERT_OK(driver_unload());
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		fill_in(zones, sizeof(zones), cases[i].format, start);
		fill_in(field, sizeof(field), cases[i].field, start);
		expect_refused_with(EINVAL, zones, field, cases[i].rule);
	}
	ASSERT_OK(driver_load(""));
}

TEST(zones_parameter_with_impossible_ranges_is_refused)
{
	uint64_t spare = spare_start(), end = chosen.start + ZONE_SIZE;
	char all[32];
	const struct {
		int wanted;
		const char *what;
		uint64_t start;
		const char *size;
	} cases[] = {
		{ EBUSY, "all of another zone", chosen.start, all },
		{ EBUSY, "a part of another zone", end - 2 * MIB, "1M" },
		{ EBUSY, "another zone's beginning", chosen.start - MIB, "2M" },
		{ is_end_of_memory(end) ? EOPNOTSUPP : EBUSY,
		  "another zone's end", end - MIB, "2M" },
		{ EBUSY, "memory of the kernel", spare + 16 * MIB, "1M" },
		{ EBUSY, "memory of the kernel behind it", spare, "17M" },
		{ EBUSY, "memory of the kernel before it", spare - PAGE, "16M" },
		{ EBUSY, "memory and what follows it", spare, "1G" },
		{ EOPNOTSUPP, "no memory at all", 1ULL << 40, "16M" },
		{ EOPNOTSUPP, "the first page", 0, "4K" },
		{ EOPNOTSUPP, "devices", 0x9000000, "4K" },
		{ EINVAL, "no whole page at the start", spare + 512, "1M" },
		{ EINVAL, "no whole page at the end", spare, "6K" },
		{ EINVAL, "nothing", spare, "0" },
		{ EINVAL, "no whole page of addresses", spare, "0xffffffffffffffff" },
		{ EINVAL, "a wrap", 0xfffffffffffff000, "8K" },
		{ EINVAL, "a wrap into it", spare, "0xfffffffffffff000" },
	};
	char zones[256];
	size_t i;

	snprintf(all, sizeof(all), "%" PRIu64, ZONE_SIZE);
	ASSERT_OK(driver_unload());
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		note("%s", cases[i].what);
		snprintf(zones, sizeof(zones), "x,0,%#" PRIx64 ",%s",
			 cases[i].start, cases[i].size);
		expect_refused(cases[i].wanted, zones);
	}
	ASSERT_OK(driver_load(""));
}

TEST(one_bad_zones_entry_refuses_all_entries)
{
	uint64_t start = spare_start();
	char zones[512];

	ASSERT_OK(driver_unload());
	snprintf(zones, sizeof(zones),
		 "a,0,%#" PRIx64 ",8M:a,0,%#" PRIx64 ",8M", start,
		 start + 8 * MIB);
	expect_refused(EBUSY, zones);
	snprintf(zones, sizeof(zones),
		 "a,0,%#" PRIx64 ",8M:b,0,%#" PRIx64 ",8M", start,
		 start + 8 * MIB - PAGE);
	expect_refused(EBUSY, zones);
	snprintf(zones, sizeof(zones), "%s,0,%#" PRIx64 ",16M", ZONE, start);
	expect_refused(EBUSY, zones);
	/* One bad entry refuses the good ones too. */
	snprintf(zones, sizeof(zones), "a,0,%#" PRIx64 ",8M:b,0,0,4K", start);
	expect_refused(EOPNOTSUPP, zones);
	snprintf(zones, sizeof(zones), "a,0,%#" PRIx64 ",8M:b", start);
	expect_refused(EINVAL, zones);
	ASSERT_OK(driver_load(""));
}
