// SPDX-License-Identifier: MIT
/*
 * cmmctl devices: lists the devices that programs may map buffers for.
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

/* The table for a zone's devices, and the zone's name. */
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
	const char *zone;
	int status = parse_zone(&cmd_devices, argv + 1, &zone);

	(void)argc;
	if (status)
		return status;
	table = table_new(columns, COLUMNS);
	status = visit_zones(zone, add_zone, table);
	if (!table_print(table, stdout) && !status)
		puts("no devices");
	return status;
}

const struct command cmd_devices = {
	.name = "devices",
	.args = "[ZONE]",
	.help = "the devices that a program may map buffers for",
	.details =
	"Shows the devices that the device tree lists for ZONE, or for each zone\n"
	"(property cmm,devices). A program may map buffers for these devices itself.\n"
	"For all other devices, their drivers do it.\n"
	"  DEVICE   its name in the kernel\n"
	"  MASK     the highest address that it can use\n"
	"  STATE    not-ready: it has no driver, or one that does all DMA itself\n"
	"  IOMMU    yes: an IOMMU gives it addresses of its own\n"
	"  CACHES   snooped: it sees what the CPU's caches hold; ignored: it does not",
	.example = "cmmctl devices media",
	.run = show,
};
