// SPDX-License-Identifier: MIT
/*
 * What the scrubber costs concurrent allocations. They use clean memory
 * at the zone's start; it is busy, or not, with what lies behind.
 */
#include "bench.h"

#include <stdio.h>
#include <unistd.h>

#define HELD		500
#define ROUNDS		10

static uint64_t work_done(const struct exporter *zone)
{
	return counter(zone->name, "stats/scrubbed");
}

/* All that is free is clean but, if it is to be @dirty, the zone's second half. */
static void prepare(const struct exporter *zone, bool dirty)
{
	uint64_t half = exporter_capacity(zone) / 2;
	int first, second;

	wait_until_clean(zone);
	if (!dirty)
		return;
	first = exporter_alloc(zone, half);
	second = exporter_alloc(zone, half);
	close(first);
	wait_until_clean(zone);
	close(second);
}

/* The p99 of allocating, and how much was scrubbed during that time. */
static double measure(const struct exporter *zone, bool dirty, uint64_t *work)
{
	struct samples samples = samples_new(HELD);
	int i, fds[HELD];
	uint64_t start;
	double p99;

	prepare(zone, dirty);
	*work -= work_done(zone);
	for (i = 0; i < HELD; i++) {
		/* A real caller also does other work. */
		usleep(100);
		start = now();
		fds[i] = exporter_alloc(zone, 64 * KIB);
		samples_add(&samples, now() - start);
	}
	*work += work_done(zone);
	for (i = 0; i < HELD; i++)
		close(fds[i]);
	p99 = percentile(&samples, 99);
	samples_free(&samples);
	return p99;
}

void bench_scrubber(const char *name)
{
	struct exporter zone = exporter_zone(name);
	struct samples ratios = samples_new(ROUNDS);
	uint64_t idle_work = 0, busy_work = 0;
	double idle, busy;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		idle = measure(&zone, false, &idle_work);
		busy = measure(&zone, true, &busy_work);
		samples_add(&ratios, 1000 * busy / idle);
	}
	printf("  cleared meanwhile: %s, in the idle rounds ",
	       size_text(busy_work));
	printf("%s\n", size_text(idle_work));
	tell("p99 with the scrubber at work over p99 without",
	     percentile(&ratios, 50) / 1000.0, AT_MOST, 1.1);
	samples_free(&ratios);
	close(zone.fd);
}
