// SPDX-License-Identifier: MIT
/*
 * Allocation from dirty memory, beside the same bytes cleared by hand: memset()
 * in a mapped buffer, and one call that makes that visible to devices.
 */
#include "bench.h"

#include <linux/dma-buf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS		15

static uint64_t clear_by_hand(int fd, void *at, uint64_t len)
{
	uint64_t start = now();

	memset(at, 0, len);
	if (zone_sync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE))
		die("a buffer cannot be synchronised");
	return now() - start;
}

static uint64_t by_hand(const struct exporter *zone, uint64_t len)
{
	struct samples samples = samples_new(ROUNDS);
	int i, fd = exporter_alloc(zone, len);
	void *at = zone_map(fd, len);
	uint64_t median;

	if (!at)
		die("a buffer of %s cannot be mapped", size_text(len));
	clear_by_hand(fd, at, len);
	for (i = 0; i < ROUNDS; i++)
		samples_add(&samples, clear_by_hand(fd, at, len));
	median = percentile(&samples, 50);
	samples_free(&samples);
	munmap(at, len);
	close(fd);
	return median;
}

static uint64_t by_allocation(const struct exporter *zone, uint64_t len)
{
	struct samples samples = samples_new(ROUNDS);
	uint64_t zeroed = counter(zone->name, "stats/zeroed");
	uint64_t start, median;
	int i, fd;

	for (i = 0; i < ROUNDS; i++) {
		start = now();
		fd = exporter_alloc(zone, len);
		samples_add(&samples, now() - start);
		close(fd);
	}
	if (counter(zone->name, "stats/zeroed") - zeroed != ROUNDS * len)
		die("the memory was not dirty");
	median = percentile(&samples, 50);
	samples_free(&samples);
	return median;
}

void bench_dirty(const char *name)
{
	static const uint64_t lens[] = { MIB, 4 * MIB, FRAME, 64 * MIB };
	struct exporter zone = exporter_zone(name);
	size_t i;

	scrub_in_background(name, false);
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		/* Frees memory that is dirty from then on. */
		uint64_t hand = by_hand(&zone, lens[i]);
		uint64_t alloc = by_allocation(&zone, lens[i]);

		printf("  %-10s allocate: median %10llu ns; memset and clean: %10llu ns\n",
		       size_text(lens[i]), (unsigned long long)alloc,
		       (unsigned long long)hand);
		tell("allocation over memset and clean", (double)alloc / hand,
		     AT_MOST, 1.05);
	}
	scrub_in_background(name, true);
	close(zone.fd);
}
