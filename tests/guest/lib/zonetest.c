// SPDX-License-Identifier: MIT
/* Runs the tests for each zone: see zonetest.h. */
#include "zonetest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"
#include "driver.h"
#include "kmemleak.h"
#include "leakcheck.h"
#include "pattern.h"

/* A test that takes longer than this, in seconds, is listed as slow. */
#define SLOW_SECONDS	5

/* What the running test declared; shared with its processes. */
struct declared {
	bool smmu_events;
};

static struct declared *declared;

/* --- in the test's processes --- */

void expect_smmu_events(void)
{
	declared->smmu_events = true;
}

void run_with_node(void (*run)(int node))
{
	int node = ASSERT_OK(zone_open(ZONE));

	run(node);
	close(node);
}

void assert_pattern(const char *file, int line, const char *what, size_t place)
{
	if (place != PATTERN_OK)
		fail_at(file, line, "%s: byte %zu (%#zx) differs", what, place, place);
}

static struct leakcheck at_start;

static void before_test(void)
{
	leakcheck_read(&at_start);
}

static bool after_test(char *text, size_t size)
{
	return leakcheck_compare(&at_start, text, size);
}

/* --- in the runner --- */

/* The state before the first test. */
static struct leakcheck before;

static bool left_behind(char *text, size_t size)
{
	char line[512];

	if (!leakcheck_compare(&before, text, size))
		return false;
	if (leakcheck_read_log(&before, declared->smmu_events, line, sizeof(line)))
		return true;
	snprintf(text, size, "in the kernel's log: %s", line);
	return false;
}

static const struct harness_checks checks = {
	.before = before_test,
	.after = after_test,
	.left_behind = left_behind,
};

/* These tests are for protected zones, and the others for all other zones. */
#define PROTECTED_TESTS	"protected/"

/*
 * Groups of tests of code that treats all zones alike: parameters, quotas, whois, the
 * tool, and races between calls. They run for one zone.
 */
static const char *const zone_independent[] = {
	"cmmctl/", "module/", "quota/", "threads/", "whois/",
};

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static bool is_zone_independent(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(zone_independent); i++) {
		if (has_prefix(name, zone_independent[i]))
			return true;
	}
	return false;
}

/* A run of a test for a zone. */
struct run {
	const struct test *test;
	char name[CMM_NAME_LEN + 128];
};

/* All runs that the command line selects, in order. */
static struct run *runs;
static size_t run_count;

static bool is_selected(const struct test *test)
{
	size_t i;

	for (i = 0; i < run_count; i++) {
		if (runs[i].test == test)
			return true;
	}
	return false;
}

/* Adds the runs for ZONE. */
static void select_runs(void)
{
	struct test *test;

	for (test = harness_tests(); test; test = test->next) {
		char name[128];
		struct run *run;

		harness_name(test, name, sizeof(name));
		if (has_prefix(name, PROTECTED_TESTS) != zone_is_protected() ||
		    (is_zone_independent(name) && is_selected(test)))
			continue;
		runs = reallocarray(runs, run_count + 1, sizeof(*runs));
		if (!runs)
			abort();
		run = &runs[run_count];
		run->test = test;
		snprintf(run->name, sizeof(run->name), "%s/%s", ZONE, name);
		run_count += harness_wants(run->name);
	}
}

static void run_one(const struct run *run)
{
	double seconds;

	memset(declared, 0, sizeof(*declared));
	seconds = harness_run(run->test, run->name, &checks);
	driver_restore();
	device_restore();
	if (seconds > SLOW_SECONDS)
		ktap_note("slow: %s: %.0f s", run->name, seconds);
}

/* Makes @zone ZONE. Exits on failure. */
static void choose(const char *zone)
{
	int err = driver_choose(zone);

	if (err) {
		fprintf(stderr, "cannot find the memory of zone %s: %s\n", zone,
			strerror(-err));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct board_zones zones;
	size_t ends[DRIVER_MAX_ZONES], r = 0;
	int i;

	harness_start(argc, argv);
	declared = mmap(NULL, sizeof(*declared), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (declared == MAP_FAILED || !leakcheck_start(&before, &zones))
		return 1;
	for (i = 0; i < zones.count; i++) {
		choose(zones.names[i]);
		select_runs();
		ends[i] = run_count;
	}
	ktap_plan(run_count + kmemleak_is_there());
	for (i = 0; i < zones.count; i++) {
		choose(zones.names[i]);
		for (; r < ends[i]; r++)
			run_one(&runs[r]);
	}
	leakcheck_stop(&before);
	kmemleak_test();
	return ktap_end();
}
