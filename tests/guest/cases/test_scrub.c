// SPDX-License-Identifier: MIT
/*
 * Free memory is cleared in the background. Clean memory is not cleared again.
 * New buffers are zero at any state of the scrubber.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "cachetrace.h"
#include "driver.h"
#include "events.h"
#include "pattern.h"

#define GRANULE		(64 * KIB)

static uint64_t number(const char *attribute)
{
	uint64_t value;

	ASSERT_OK(zone_attribute(ZONE, attribute, &value));
	return value;
}

static void set_policy(const char *policy)
{
	ASSERT_OK(zone_set_attribute(ZONE, "scrub", policy));
}

static void wait_until_clean(void)
{
	WAIT_UNTIL(number("clean") == ZONE_SIZE);
}

/* Takes and spoils that many bytes, from the zone's start, and gives them back. */
static void spoil(int node, uint64_t len)
{
	struct buffer buffer = buffer_alloc(node, len, 0);

	ASSERT_EQ(buffer_offset(node, buffer.fd), 0);
	memset(buffer.at, 0xa5, len);
	buffer_free(&buffer);
}

ZONE_TEST_LIMIT(free_memory_becomes_clean, 120)
{
	uint64_t scrubbed;
	struct cmm_info info;

	wait_until_clean();
	scrubbed = number("stats/scrubbed");
	spoil(node, 3 * MIB);
	wait_until_clean();
	ASSERT_EQ(number("stats/scrubbed") - scrubbed, 3 * MIB);
	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.clean, ZONE_SIZE);
}

ZONE_TEST_LIMIT(clean_memory_is_not_cleared_again, 120)
{
	const uint32_t flags[] = { 0, zone_wc() };
	struct buffer buffer;
	uint64_t zeroed;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		wait_until_clean();
		zeroed = number("stats/zeroed");
		buffer = buffer_alloc(node, ZONE_SIZE, flags[i]);
		ASSERT_EQ(number("stats/zeroed"), zeroed);
		ASSERT_EQ(number("clean"), 0);
		buffer_expect_zero(&buffer);
		buffer_free(&buffer);
	}
}

ZONE_TEST_LIMIT(exactly_the_dirty_granules_are_cleared, 120)
{
	static const struct { uint64_t spoilt, wanted, zeroed; } cases[] = {
		{ PAGE, PAGE, PAGE },
		{ PAGE, GRANULE, GRANULE },
		{ PAGE, GRANULE + PAGE, GRANULE },
		{ GRANULE, 5 * MIB, GRANULE },
		{ GRANULE + PAGE, 5 * MIB, 2 * GRANULE },
		{ 2 * MIB, MIB, MIB },
		{ 2 * MIB, MIB + PAGE, MIB + PAGE },
	};
	uint64_t zeroed;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer buffer;

		note("case %zu", i);
		wait_until_clean();
		set_policy("alloc");
		spoil(node, cases[i].spoilt);
		zeroed = number("stats/zeroed");
		buffer = buffer_alloc(node, cases[i].wanted, 0);
		ASSERT_EQ(number("stats/zeroed") - zeroed, cases[i].zeroed);
		buffer_expect_zero(&buffer);
		buffer_free(&buffer);
		set_policy("idle");
	}
}

ZONE_TEST_LIMIT(scrub_of_a_shared_granule_keeps_neighbour_buffers, 120)
{
	struct buffer pages[3 * GRANULE / PAGE];
	size_t i, count = ARRAY_SIZE(pages);

	wait_until_clean();
	set_policy("alloc");
	for (i = 0; i < count; i++) {
		pages[i] = buffer_alloc(node, PAGE, 0);
		buffer_expect_zero(&pages[i]);
		pattern_fill(pages[i].at, PAGE, 0, i);
	}
	for (i = 0; i < count; i += 2)
		buffer_free(&pages[i]);
	for (i = 0; i < count; i += 2) {
		pages[i] = buffer_alloc(node, PAGE, 0);
		buffer_expect_zero(&pages[i]);
	}
	for (i = 1; i < count; i += 2)
		ASSERT_PATTERN(pattern_check(pages[i].at, PAGE, 0, i));
	for (i = 0; i < count; i++)
		buffer_free(&pages[i]);
	set_policy("idle");
}

/* Every second page is given back, between pages that stay. */
ZONE_TEST_LIMIT(memory_between_buffers_becomes_clean, 120)
{
	const size_t count = 2 * MIB / PAGE;
	struct buffer *pages = calloc(count, sizeof(*pages));
	uint64_t dirty = count / 2 * PAGE, zeroed;
	size_t i;
	int rest;

	wait_until_clean();
	set_policy("alloc");
	for (i = 0; i < count; i++) {
		pages[i] = buffer_alloc(node, PAGE, 0);
		pattern_fill(pages[i].at, PAGE, 0, i);
	}
	rest = ASSERT_OK(zone_alloc(node, ZONE_SIZE - count * PAGE, 0));
	for (i = 0; i < count; i += 2)
		buffer_free(&pages[i]);
	ASSERT_EQ(number("clean"), 0);

	set_policy("idle");
	WAIT_UNTIL(number("clean") == dirty);
	/* What lies between is as it was, and what is taken is zero already. */
	for (i = 1; i < count; i += 2)
		ASSERT_PATTERN(pattern_check(pages[i].at, PAGE, 0, i));
	zeroed = number("stats/zeroed");
	for (i = 0; i < count; i += 2) {
		pages[i] = buffer_alloc(node, PAGE, 0);
		buffer_expect_zero(&pages[i]);
	}
	ASSERT_EQ(number("stats/zeroed"), zeroed);
	for (i = 0; i < count; i++)
		buffer_free(&pages[i]);
	close(rest);
	free(pages);
}

ZONE_TEST_LIMIT(scrubbing_follows_the_policy, 120)
{
	uint64_t clean;

	wait_until_clean();
	ASSERT_ERR(zone_set_attribute(ZONE, "scrub", "never"), EINVAL);
	set_policy("alloc");
	spoil(node, 4 * MIB);
	clean = number("clean");
	ASSERT_EQ(clean, ZONE_SIZE - 4 * MIB);
	usleep(300000);
	ASSERT_EQ(number("clean"), clean);
	set_policy("idle\n");
	wait_until_clean();
}

static void take_and_spoil(void *seed)
{
	int node = ASSERT_OK(zone_open(ZONE));
	unsigned int state = *(unsigned int *)seed;
	int i;

	for (i = 0; i < 150; i++) {
		uint64_t len = (1 + rand_r(&state) % 400) * PAGE;
		struct buffer buffer;

		buffer = buffer_alloc(node, len, i % 3 ? 0 : zone_wc());
		buffer_expect_zero(&buffer);
		memset(buffer.at, 0xff, len);
		usleep(rand_r(&state) % 2000);
		buffer_free(&buffer);
	}
	close(node);
}

/* All of them live at the zone's start, where the scrubber works as well. */
TEST_LIMIT(new_buffers_are_zero_while_the_scrubber_runs, 120)
{
	unsigned int seeds[] = { 1, 2, 3 };
	pid_t pids[3];
	size_t i;

	for (i = 0; i < 3; i++)
		pids[i] = fork_to(take_and_spoil, &seeds[i]);
	for (i = 0; i < 3; i++)
		join(pids[i]);
	wait_until_clean();
}

TEST_LIMIT(zone_can_be_unbound_while_the_scrubber_runs, 120)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int i;

	for (i = 0; i < 5; i++) {
		spoil(node, ZONE_SIZE / 2);
		close(node);
		ASSERT_OK(driver_unbind());
		ASSERT_OK(driver_bind_soon(ZONE));
		/* What the memory holds is not known any more. */
		ASSERT(number("clean") < ZONE_SIZE);
		node = ASSERT_OK(zone_open(ZONE));
	}
	close(node);
}

static void write_to(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	ASSERT(fd >= 0);
	ASSERT_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* The kernel goes as far as to freeze all tasks, stays so, and comes back. */
ZONE_TEST_LIMIT(scrubber_stops_while_the_system_is_suspended, 120)
{
	if (access("/sys/power/pm_test", F_OK))
		skip("this kernel cannot suspend for a test");
	wait_until_clean();
	write_to("/sys/power/pm_test", "freezer");
	write_to("/sys/module/suspend/parameters/pm_test_delay", "3");
	events_begin();
	spoil(node, ZONE_SIZE);
	write_to("/sys/power/state", "freeze");
	wait_until_clean();
	events_end();
	write_to("/sys/power/pm_test", "none");
	/* From what set the scrubber to work to its last granule. */
	note("the longest silence is %g s", events_longest_silence());
	ASSERT(events_longest_silence() > 2.5);
}

ZONE_TEST_LIMIT(scrubbed_memory_is_flushed_from_the_cache, 120)
{
	/* Some for each page. */
	static struct cachetrace_entry entries[2048];
	uint64_t cleaned = 0;
	size_t i, count;

	wait_until_clean();
	cachetrace_open_scrubber();
	spoil(node, 2 * MIB);
	wait_until_clean();
	count = cachetrace_read(entries, ARRAY_SIZE(entries));
	for (i = 0; i < count; i++) {
		ASSERT_EQ(entries[i].kind, FLUSHED);
		/* As much is cleared with preemption off. */
		ASSERT(entries[i].size <= PAGE);
		cleaned += entries[i].size;
	}
	ASSERT_EQ(cleaned, 2 * MIB);
	cachetrace_close();
}

/* Memory is clean before a device is known that would care. */
ZONE_TEST_LIMIT(scrubbed_memory_needs_no_flush_for_later_devices, 120)
{
	static struct cachetrace_entry entries[8];
	int plain = open_importer("plain");
	uint64_t zeroed;
	struct import dma;
	int fd;

	cachetrace_open();
	spoil(node, 2 * MIB);
	wait_until_clean();
	cachetrace_clear();
	zeroed = number("stats/zeroed");
	fd = ASSERT_OK(zone_alloc(node, 2 * MIB, 0));
	dma = import(plain, fd, CMM_IMPORT_TO_DEVICE);
	/* No clearing for the allocation, no flush for the device. */
	ASSERT_EQ(cachetrace_read(entries, ARRAY_SIZE(entries)), 0);
	cachetrace_close();
	ASSERT_EQ(number("stats/zeroed"), zeroed);
	ASSERT_EQ(buffer_offset(node, fd), 0);
	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(plain);
}
