// SPDX-License-Identifier: MIT
/* What measurements share: see bench.h. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"

void die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("cmm-bench: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs(".\n", stderr);
	exit(1);
}

uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_RAW, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

struct exporter exporter_zone(const char *name)
{
	struct exporter zone = { .name = name, .fd = zone_open(name) };

	if (zone.fd < 0)
		die("the zone %s cannot be opened: %s", name, strerror(-zone.fd));
	return zone;
}

struct exporter exporter_cma(void)
{
	/* It has had several names. */
	static const char * const paths[] = {
		"/dev/dma_heap/default_cma_region", "/dev/dma_heap/reserved",
		"/dev/dma_heap/linux,cma",
	};
	struct exporter cma = { .name = "CMA heap", .fd = -1, .heap = true };
	size_t i;

	for (i = 0; i < 3 && cma.fd < 0; i++)
		cma.fd = open(paths[i], O_RDWR | O_CLOEXEC);
	if (cma.fd < 0)
		die("this kernel has no CMA heap: boot the release kernel with cma=");
	return cma;
}

static int heap_alloc(int heap, uint64_t len)
{
	struct dma_heap_allocation_data data = {
		.len = len,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int ret = zone_ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data);

	return ret ? ret : (int)data.fd;
}

int exporter_alloc(const struct exporter *exporter, uint64_t len)
{
	int fd = exporter->heap ? heap_alloc(exporter->fd, len) :
				  zone_alloc(exporter->fd, len, 0);

	if (fd < 0)
		die("%s has no %s: %s", exporter->name, size_text(len),
		    strerror(-fd));
	return fd;
}

uint64_t exporter_capacity(const struct exporter *exporter)
{
	struct cmm_info info;

	/* A part of the heap may be taken. */
	if (exporter->heap)
		return 100 * MIB;
	if (zone_info(exporter->fd, &info))
		die("the zone %s does not answer", exporter->name);
	return info.total;
}

struct samples samples_new(size_t max)
{
	struct samples samples = { .ns = calloc(max, sizeof(uint64_t)) };

	if (!samples.ns)
		die("no memory for %zu samples", max);
	return samples;
}

void samples_add(struct samples *samples, uint64_t ns)
{
	samples->ns[samples->count++] = ns;
}

void samples_free(struct samples *samples)
{
	free(samples->ns);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t percentile(struct samples *samples, unsigned int percent)
{
	size_t rank = (samples->count * percent + 99) / 100;

	qsort(samples->ns, samples->count, sizeof(uint64_t), compare);
	return samples->ns[rank ? rank - 1 : 0];
}

uint64_t counter(const char *zone, const char *attribute)
{
	uint64_t value;

	if (zone_attribute(zone, attribute, &value))
		die("the zone %s has no attribute %s", zone, attribute);
	return value;
}

void wait_until_clean(const struct exporter *zone)
{
	struct cmm_info info;

	do {
		usleep(1000);
		if (zone_info(zone->fd, &info))
			die("the zone %s does not answer", zone->name);
	} while (info.clean != info.total - info.used);
}

void scrub_in_background(const char *zone, bool yes)
{
	if (zone_set_attribute(zone, "scrub", yes ? "idle" : "alloc"))
		die("the zone %s cannot be told when to clear memory", zone);
}

const char *size_text(uint64_t len)
{
	static char text[32];

	if (len < MIB)
		snprintf(text, sizeof(text), "%.4g KiB", len / 1024.0);
	else
		snprintf(text, sizeof(text), "%.4g MiB", len / 1048576.0);
	return text;
}

void tell(const char *what, double ratio, enum goal goal, double limit)
{
	bool met = goal == AT_LEAST ? ratio >= limit : ratio <= limit;

	printf("  %s: %.*f, goal at %s %g: %s\n", what, ratio < 10 ? 2 : 0,
	       ratio, goal == AT_LEAST ? "least" : "most", limit,
	       met ? "met" : "MISSED");
}
