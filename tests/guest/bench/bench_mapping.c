// SPDX-License-Identifier: MIT
/*
 * What it costs to map a buffer, write to each of its pages and unmap it again:
 * CMM with the library's mapping, beside the CMA heap.
 */
#include "bench.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmm.h>

#define LEN		(64 * MIB)
#define ROUNDS		15

struct cost {
	uint64_t ns;
	long faults;
};

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

static void touch(volatile uint8_t *at)
{
	size_t i;

	for (i = 0; i < LEN; i += PAGE)
		at[i] = 1;
}

static void touch_ours(struct cmm_buf *buf)
{
	void *at = cmm_buf_map(buf);

	if (!at)
		die("the zone's buffer cannot be mapped");
	touch(at);
	cmm_buf_unmap(buf);
}

/* Where the kernel happens to map it: the heap's, or ours by pages alone. */
static void touch_by_pages(int fd, void *wanted)
{
	void *at = mmap(wanted, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		die("a buffer cannot be mapped");
	touch(at);
	munmap(at, LEN);
}

/* The median of the time, and the faults of one round; buf is NULL for pages. */
static struct cost measure(struct cmm_buf *buf, int fd, void *wanted)
{
	struct samples samples = samples_new(ROUNDS);
	struct cost cost = { .faults = faults() };
	uint64_t start;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		start = now();
		if (buf)
			touch_ours(buf);
		else
			touch_by_pages(fd, wanted);
		samples_add(&samples, now() - start);
	}
	cost.faults = (faults() - cost.faults) / ROUNDS;
	cost.ns = percentile(&samples, 50);
	samples_free(&samples);
	return cost;
}

static void tell_cost(const char *name, const struct cost *cost)
{
	printf("  %-10s %s: median %9llu ns, %ld page faults\n", name,
	       size_text(LEN), (unsigned long long)cost->ns, cost->faults);
}

void bench_mapping(const char *name)
{
	struct exporter cma = exporter_cma();
	struct cmm_zone *zone = cmm_zone_open(name);
	struct cmm_buf *buf = cmm_buf_alloc(zone, LEN, 0, 0, "mapped");
	int fd = exporter_alloc(&cma, LEN);
	struct cost ours, pages, theirs;
	char *at;

	if (!buf)
		die("the zone %s has no %s", name, size_text(LEN));
	ours = measure(buf, -1, NULL);
	/* No block fits a page further on: so it is everywhere before Linux 6.12. */
	at = cmm_buf_map(buf);
	cmm_buf_unmap(buf);
	pages = measure(NULL, cmm_buf_fd(buf), at + PAGE);
	theirs = measure(NULL, fd, NULL);
	tell_cost(name, &ours);
	tell_cost("by pages", &pages);
	tell_cost(cma.name, &theirs);
	tell("map, touch and unmap, the heap over ours",
	     (double)theirs.ns / ours.ns, AT_LEAST, 20);
	tell("page faults", ours.faults, AT_MOST, 34);
	tell("the same by pages, the heap over ours",
	     (double)theirs.ns / pages.ns, AT_LEAST, 5);
	tell("page faults by pages", pages.faults, AT_MOST, 0);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
	close(fd);
	close(cma.fd);
}
