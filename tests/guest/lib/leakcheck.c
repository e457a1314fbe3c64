// SPDX-License-Identifier: MIT
/* What every test must leave as it was: see leakcheck.h. */
#include "leakcheck.h"

#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "descriptors.h"
#include "driver.h"
#include "kmsg.h"
#include "zone.h"

/* Descriptors passed through sockets are closed a little later. */
#define SETTLE_TRIES	1000
#define SETTLE_US	10000
/* Between one SMMU event and the next. */
#define EVENTS_MS	300

void leakcheck_read(struct leakcheck *state)
{
	state->descriptors = count_descriptors();
	state->zones = zone_count();
	state->driver_refs = module_refs("cmm");
	state->importer_refs = module_refs("cmm_importer");
}

static bool is_same(const struct leakcheck *before, char *text, size_t size)
{
	struct leakcheck now;

	leakcheck_read(&now);
	if (now.descriptors != before->descriptors)
		snprintf(text, size, "%d open descriptors instead of %d",
			 now.descriptors, before->descriptors);
	else if (now.zones != before->zones)
		snprintf(text, size, "%d zones instead of %d", now.zones,
			 before->zones);
	else if (now.driver_refs != before->driver_refs)
		snprintf(text, size, "%ld references to cmm instead of %ld",
			 now.driver_refs, before->driver_refs);
	else if (now.importer_refs != before->importer_refs)
		snprintf(text, size,
			 "%ld references to cmm_importer instead of %ld",
			 now.importer_refs, before->importer_refs);
	else
		return true;
	return false;
}

static bool zone_is_empty(const char *zone, char *text, size_t size)
{
	uint64_t used, buffers;
	int node;

	if (zone_attribute(zone, "used", &used) ||
	    zone_attribute(zone, "buffers", &buffers)) {
		snprintf(text, size, "sysfs does not tell of zone %s", zone);
		return false;
	}
	if (used || buffers) {
		snprintf(text, size,
			 "%" PRIu64 " bytes in %" PRIu64 " buffers in use in zone %s",
			 used, buffers, zone);
		return false;
	}
	node = zone_open(zone);
	used = zone_used(node);
	close(node);
	if (used)
		snprintf(text, size, "CMM_IOC_INFO tells of %" PRId64
			 " bytes in use in zone %s", (int64_t)used, zone);
	return !used;
}

/* The board's zones, whichever of them the tests are about. */
static struct board_zones zones;

static bool zones_are_empty(char *text, size_t size)
{
	int i;

	for (i = 0; i < zones.count; i++) {
		if (!zone_is_empty(zones.names[i], text, size))
			return false;
	}
	return true;
}

bool leakcheck_compare(const struct leakcheck *before, char *text, size_t size)
{
	int i;

	for (i = 0; i < SETTLE_TRIES; i++) {
		if (is_same(before, text, size) && zones_are_empty(text, size))
			return true;
		usleep(SETTLE_US);
	}
	return false;
}

bool leakcheck_start(struct leakcheck *state, struct board_zones *board)
{
	char wrong[256];

	state->log = kmsg_open();
	if (state->log < 0) {
		fprintf(stderr, "cmm-check: cannot read /dev/kmsg: be root\n");
		return false;
	}
	leakcheck_read(state);
	if (driver_start(&zones) || !zones.count || state->driver_refs) {
		fprintf(stderr,
			"cmm-check: needs cmm.ko loaded, with a zone, and unused\n");
		return false;
	}
	if (!zones_are_empty(wrong, sizeof(wrong))) {
		fprintf(stderr, "cmm-check: cannot begin: %s\n", wrong);
		return false;
	}
	*board = zones;
	return true;
}

void leakcheck_stop(struct leakcheck *state)
{
	close(state->log);
}

/* The next line; the last of an SMMU's events come a while after the access. */
static bool next_line(int log, bool wait, char *line)
{
	struct pollfd more = { .fd = log, .events = POLLIN };

	if (kmsg_next(log, line))
		return true;
	return wait && poll(&more, 1, EVENTS_MS) > 0 && kmsg_next(log, line);
}

bool leakcheck_read_log(const struct leakcheck *state, bool smmu_events_expected,
			char *text, size_t size)
{
	char line[KMSG_LINE], before[KMSG_LINE] = "";
	bool fine = true;

	while (next_line(state->log, smmu_events_expected, line)) {
		if (!fine)
			continue;
		fine = !kmsg_is_bad(line) &&
		       (smmu_events_expected || !kmsg_is_smmu_event(line));
		if (!fine)
			snprintf(text, size, "%s (after: %s)", line, before);
		strcpy(before, line);
	}
	return fine;
}
