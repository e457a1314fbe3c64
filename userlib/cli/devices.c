// SPDX-License-Identifier: MIT
/*
 * cmmctl devices: which devices buffers can be mapped for on request.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cmmctl.h"
#include "text.h"

static const struct column columns[] = {
	{ "ZONE", 0 },
	{ "DEVICE", 0 },
	{ "MASK", 1 },
	{ "STATE", 0 },
	{ "IOMMU", 0 },
	{ "CACHES", 0 },
};

#define COLUMNS	ARRAY_SIZE(columns)

/* Where a zone's devices are added, and the zone's name. */
struct list {
	struct table *table;
	const char *zone;
};

static int add_device(const struct cmm_device *device, void *arg)
{
	int ready = device->flags & CMM_DEVICE_READY;
	const struct list *list = arg;
	char name[ESCAPED_TEXT(CMM_NAME_SIZE)];
	char mask[24];

	snprintf(mask, sizeof(mask), "0x%" PRIx64, device->mask);
	table_add(list->table, (const char *const[COLUMNS]) {
		list->zone,
		escape(name, device->name),
		mask,
		ready ? "ready" : "not-ready",
		!ready ? "-" :
		device->flags & CMM_DEVICE_TRANSLATED ? "yes" : "no",
		!ready ? "-" :
		device->flags & CMM_DEVICE_COHERENT ? "snooped" : "ignored",
	});
	return 0;
}

static int add_zone(struct cmm_zone *zone, const char *name, void *arg)
{
	struct list list = { .table = arg, .zone = name };

	if (cmm_zone_devices(zone, add_device, &list))
		return zone_error(name, NULL);
	return 0;
}

static int show(int argc, char **argv)
{
	struct table *table;
	int status;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return usage_error(&cmd_devices, "takes the name of one zone");

	table = table_new(columns, COLUMNS);
	status = visit_zones(argv[1], add_zone, table);
	if (!table_print(table, stdout) && !status)
		puts("no devices");
	return status;
}

const struct command cmd_devices = {
	.name = "devices",
	.args = "[ZONE]",
	.help = "the devices that a zone's buffers can be mapped for on request",
	.details =
	"Shows one line for each device that the owner of ZONE, or of each zone of\n"
	"the system, chose for that. Others can use buffers by their drivers only:\n"
	"  DEVICE   the kernel's name of it\n"
	"  MASK     the highest address that it can use\n"
	"  STATE    not-ready if it has no driver, or one that does all DMA itself\n"
	"  IOMMU    whether it has addresses of its own\n"
	"  CACHES   whether it snoops the CPU's",
	.run = show,
};
