// SPDX-License-Identifier: MIT
/*
 * cmm-smmu: maps a buffer of 16 MiB for a device in steps, between which the device
 * reads at addresses where nothing is. Seen from outside, by what QEMU tells of its
 * SMMU, those are marks. scripts/lib/smmu.sh looks at what is between them.
 *
 *	MARK + 0 pages	attaches and maps; the device reads each of the buffer's blocks
 *	MARK + 1 page	maps and unmaps for a thousand times, as drivers do for each frame,
 *			attached or not, and by CMM_IOC_DEV_MAP
 *	MARK + 2 pages	unmaps and detaches
 *	MARK + 3 pages
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "importer.h"
#include "zone.h"

#define LEN	(16 * MIB)
#define BLOCK	(2 * MIB)
#define ROUNDS	1000
/* No mapping comes as low: addresses are given from the top. */
#define MARK	0x100000

static void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "cmm-smmu: %s: %s.\n", what, strerror(-ret));
	exit(1);
}

static void mark(int engine, int number)
{
	must(importer_load(engine, MARK + number * PAGE, 0, 8), "a stray access");
}

static void map_and_unmap(int engine, int node, int fd,
			  const struct import *mapped)
{
	struct import also;
	struct cmm_dev_map map;

	must(importer_map(engine, mapped->handle, CMM_IMPORT_BIDIRECTIONAL,
			  NULL), "map");
	must(importer_unmap(engine, mapped->handle), "unmap");
	must(importer_import(engine, fd, CMM_IMPORT_BIDIRECTIONAL, &also),
	     "attach and map");
	must(importer_release(&also), "unmap and detach");
	must(zone_map_device(node, fd, 0, CMM_DEV_MAP_RW, &map),
	     "map for a device of the list");
	must(zone_unmap_device(node, map.id), "unmap for it");
}

int main(int argc, char **argv)
{
	int node, engine, fd, i;
	struct import import;

	node = zone_open(argc > 1 ? argv[1] : "media");
	must(node, "the zone");
	engine = importer_open("edu0");
	must(engine, "the engine");
	fd = zone_alloc(node, LEN, 0);
	must(fd, "16 MiB");

	mark(engine, 0);
	must(importer_import(engine, fd, CMM_IMPORT_BIDIRECTIONAL, &import),
	     "attach and map");
	for (i = 0; i < (int)(LEN / BLOCK); i++)
		must(importer_load(engine, import.map.addr + i * BLOCK, 0, 8),
		     "a block");
	mark(engine, 1);
	for (i = 0; i < ROUNDS; i++)
		map_and_unmap(engine, node, fd, &import);
	mark(engine, 2);
	must(importer_release(&import), "unmap and detach");
	mark(engine, 3);
	printf("%d times 3 maps and unmaps of 16 MiB\n", ROUNDS);
	return 0;
}
