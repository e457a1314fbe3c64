// SPDX-License-Identifier: MIT
/*
 * Allocation from clean memory: for every size the same, and beside the CMA
 * heap, which clears each buffer when it is asked for.
 *
 * Buffers are held until a batch is complete, since what was given back would
 * be dirty; then the zone is left alone until all of it is clean again.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_BATCH	1000

struct costs {
	struct samples alloc;
	struct samples free;
};

static struct costs costs_new(size_t max)
{
	return (struct costs){ samples_new(max), samples_new(max) };
}

static void costs_free(struct costs *costs)
{
	samples_free(&costs->alloc);
	samples_free(&costs->free);
}

static void add_batch(const struct exporter *exporter, uint64_t len,
		      size_t count, struct costs *costs)
{
	static int fds[MAX_BATCH];
	uint64_t start;
	size_t i;

	if (!exporter->heap)
		wait_until_clean(exporter);
	for (i = 0; i < count; i++) {
		start = now();
		fds[i] = exporter_alloc(exporter, len);
		samples_add(&costs->alloc, now() - start);
	}
	for (i = 0; i < count; i++) {
		start = now();
		close(fds[i]);
		samples_add(&costs->free, now() - start);
	}
}

static struct costs measure(const struct exporter *exporter, uint64_t len,
			    size_t wanted)
{
	struct costs costs = costs_new(wanted + MAX_BATCH);
	/* Large buffers begin at multiples of 2 MiB, which takes some room. */
	size_t batch = exporter_capacity(exporter) / len * 3 / 4;

	if (batch > MAX_BATCH)
		batch = MAX_BATCH;
	if (!batch)
		batch = 1;
	/* What the kernel sets up once. */
	add_batch(exporter, len, batch, &costs);
	costs.alloc.count = 0;
	costs.free.count = 0;
	while (costs.alloc.count < wanted)
		add_batch(exporter, len, batch, &costs);
	return costs;
}

static void tell_costs(const char *name, uint64_t len, struct costs *costs)
{
	printf("  %-10s %-10s allocate: median %9llu, p99 %9llu; free: median %9llu ns\n",
	       name, size_text(len),
	       (unsigned long long)percentile(&costs->alloc, 50),
	       (unsigned long long)percentile(&costs->alloc, 99),
	       (unsigned long long)percentile(&costs->free, 50));
}

void bench_flatness(const char *name)
{
	struct exporter zone = exporter_zone(name);
	uint64_t zeroed = counter(name, "stats/zeroed");
	struct costs page = measure(&zone, PAGE, 1000);
	struct costs all = measure(&zone, exporter_capacity(&zone), 100);
	double p99 = percentile(&all.alloc, 99);

	tell_costs(name, PAGE, &page);
	tell_costs(name, exporter_capacity(&zone), &all);
	tell("p99 of the largest over the median of 4 KiB",
	     p99 / percentile(&page.alloc, 50), AT_MOST, 2);
	printf("  bytes cleared while the caller waited: %llu\n",
	       (unsigned long long)(counter(name, "stats/zeroed") - zeroed));
	costs_free(&page);
	costs_free(&all);
	close(zone.fd);
}

void bench_clean(const char *name)
{
	static const struct { uint64_t len; double goal; } cases[] = {
		{ 4 * KIB, 3 }, { 64 * KIB, 3 }, { MIB, 3 }, { FRAME, 150 },
		{ 64 * MIB, 150 },
	};
	struct exporter zone = exporter_zone(name), cma = exporter_cma();
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t len = cases[i].len;
		struct costs ours = measure(&zone, len, len < MIB ? 500 : 30);
		struct costs theirs = measure(&cma, len, len < MIB ? 500 : 30);

		tell_costs(name, len, &ours);
		tell_costs(cma.name, len, &theirs);
		tell("median of the heap over ours",
		     (double)percentile(&theirs.alloc, 50) /
		     percentile(&ours.alloc, 50), AT_LEAST, cases[i].goal);
		costs_free(&ours);
		costs_free(&theirs);
	}
	close(zone.fd);
	close(cma.fd);
}
