// SPDX-License-Identifier: MIT
/* The driver's trace events: see events.h. */
#include "events.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "harness.h"
#include "zone.h"

#define TRACING		"/sys/kernel/debug/tracing/"

void events_begin(void)
{
	if (access(TRACING "events/cmm", F_OK))
		skip("this kernel has no events");
	ASSERT_OK(file_clear(TRACING "trace"));
	ASSERT_OK(file_write(TRACING "events/cmm/enable", "1"));
}

void events_end(void)
{
	ASSERT_OK(file_write(TRACING "events/cmm/enable", "0"));
}

/*
 * "task-1 [000] .....  12.345678: event: zone=... ...": where an event begins, of
 * which the first letters are given.
 */
static const char *find_event(const char *line, const char *event)
{
	char start[32], zone[64];
	const char *at;

	snprintf(start, sizeof(start), ": %s", event);
	snprintf(zone, sizeof(zone), "zone=%s ", ZONE);
	at = strstr(line, start);
	return at && strstr(at, zone) ? at : NULL;
}

int events_count(const char *event, const char *word)
{
	FILE *trace = fopen(TRACING "trace", "r");
	char line[512];
	int count = 0;

	ASSERT(trace);
	while (fgets(line, sizeof(line), trace))
		count += find_event(line, event) && strstr(line, word);
	fclose(trace);
	return count;
}

static double time_before(const char *line, const char *at)
{
	while (at > line && at[-1] != ' ')
		at--;
	return atof(at);
}

double events_longest_silence(void)
{
	FILE *trace = fopen(TRACING "trace", "r");
	double time, last = 0, gap = 0;
	const char *at;
	char line[512];

	ASSERT(trace);
	while (fgets(line, sizeof(line), trace)) {
		at = find_event(line, "cmm_");
		if (!at)
			continue;
		time = time_before(line, at);
		if (last && time - last > gap)
			gap = time - last;
		last = time;
	}
	fclose(trace);
	return gap;
}
