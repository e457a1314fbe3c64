// SPDX-License-Identifier: MIT
/*
 * What a device's driver waits for: to attach to a buffer of 16 MiB and to map it
 * through the SMMU, and to undo that. Drivers of cameras stay attached and map for
 * each frame; others attach for each, to what is mapped for the same device already
 * or to what is not.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "importer.h"

#define LEN	(16 * MIB)
#define ROUNDS	200

/* A buffer, and a device that is going to use it. */
struct side {
	struct exporter exporter;
	int engine, fd;
};

static void must(int ret, const char *what)
{
	if (ret < 0)
		die("%s: %s", what, strerror(-ret));
}

static struct side side_open(struct exporter exporter)
{
	struct side side = { .exporter = exporter };

	side.engine = importer_open("edu0");
	must(side.engine, "the engine cannot be opened");
	side.fd = exporter_alloc(&exporter, LEN);
	return side;
}

static void side_close(struct side *side)
{
	close(side->fd);
	close(side->engine);
	close(side->exporter.fd);
}

static void cycle(struct side *side, uint32_t *handle)
{
	must(importer_attach(side->engine, side->fd, handle), "attach");
	must(importer_map(side->engine, *handle, CMM_IMPORT_BIDIRECTIONAL, NULL),
	     "map");
	must(importer_unmap(side->engine, *handle), "unmap");
	must(importer_detach(side->engine, *handle), "detach");
}

/* Nanoseconds of a round, the first of all left out: it makes page tables. */
static double attach_each_time(struct side *side)
{
	uint32_t handle;
	uint64_t start;
	int i;

	cycle(side, &handle);
	start = now();
	for (i = 0; i < ROUNDS; i++)
		cycle(side, &handle);
	return (double)(now() - start) / ROUNDS;
}

static double attach_to_mapped(struct side *side)
{
	struct import other;
	double cost;

	must(importer_import(side->engine, side->fd, CMM_IMPORT_BIDIRECTIONAL,
			     &other), "import");
	cost = attach_each_time(side);
	must(importer_release(&other), "release");
	return cost;
}

static double stay_attached(struct side *side)
{
	uint32_t handle;
	uint64_t start;
	int i;

	must(importer_attach(side->engine, side->fd, &handle), "attach");
	must(importer_map(side->engine, handle, CMM_IMPORT_BIDIRECTIONAL, NULL),
	     "map");
	must(importer_unmap(side->engine, handle), "unmap");
	start = now();
	for (i = 0; i < ROUNDS; i++) {
		must(importer_map(side->engine, handle,
				  CMM_IMPORT_BIDIRECTIONAL, NULL), "map");
		must(importer_unmap(side->engine, handle), "unmap");
	}
	start = now() - start;
	must(importer_detach(side->engine, handle), "detach");
	return (double)start / ROUNDS;
}

static const struct {
	const char *what;
	double (*measure)(struct side *side);
	double goal;
} rows[] = {
	{ "map, unmap", stay_attached, 50 },
	{ "attach, map, unmap, detach; mapped for it already", attach_to_mapped,
	  50 },
	{ "the same, mapped for nobody", attach_each_time, 50 },
};

void bench_device(const char *zone)
{
	struct side ours = side_open(exporter_zone(zone));
	struct side theirs = side_open(exporter_cma());
	size_t i;

	printf("%-52s%12s%12s\n", size_text(LEN), zone, theirs.exporter.name);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double mine = rows[i].measure(&ours);
		double other = rows[i].measure(&theirs);

		printf("%-52s%12.0f%12.0f\n", rows[i].what, mine, other);
		tell("theirs over ours", other / mine, AT_LEAST, rows[i].goal);
	}
	side_close(&theirs);
	side_close(&ours);
}
