// SPDX-License-Identifier: MIT
/*
 * cmmctl list: who holds what.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmmctl.h"
#include "text.h"

static const struct column columns[] = {
	{ "ZONE", 0 },
	{ "ID", 1 },
	{ "OFFSET", 1 },
	{ "SIZE", 1 },
	{ "NAME", 0 },
	{ "PID", 1 },
	{ "COMMAND", 0 },
	{ "AGE", 1 },
	{ "DEVICES", 0 },
};

#define COLUMNS	ARRAY_SIZE(columns)

/* Where a zone's buffers are added, and the zone's name. */
struct list {
	struct table *table;
	const char *zone;
};

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

static unsigned int names_in(const char *devices)
{
	unsigned int names = *devices != '\0';

	for (; *devices; devices++)
		names += *devices == ',';
	return names;
}

/* "a,b", or "a,b +3" if the kernel had no room for the names of three more. */
static const char *devices_text(char *text, const struct cmm_buf_entry *entry)
{
	unsigned int names = names_in(entry->devices);

	escape(text, entry->devices);
	if (entry->attached > names)
		sprintf(text + strlen(text), "%s+%" PRIu32, names ? " " : "",
			entry->attached - names);
	return or_dash(text);
}

static int add_buf(const struct cmm_buf_entry *entry, void *arg)
{
	const struct list *list = arg;
	char name[ESCAPED_TEXT(CMM_NAME_SIZE)];
	char comm[ESCAPED_TEXT(CMM_COMM_SIZE)];
	char devices[ESCAPED_TEXT(CMM_DEVICES_SIZE) + 16];
	char id[24], offset[24], pid[16];
	char size[SIZE_TEXT], age[AGE_TEXT];

	snprintf(id, sizeof(id), "%" PRIu64, entry->id);
	snprintf(offset, sizeof(offset), "0x%08" PRIx64, entry->offset);
	snprintf(pid, sizeof(pid), "%" PRId32, entry->pid);

	table_add(list->table, (const char *const[COLUMNS]) {
		list->zone,
		id,
		offset,
		size_text(size, entry->len),
		or_dash(escape(name, entry->name)),
		entry->pid ? pid : "-",
		or_dash(escape(comm, entry->comm)),
		age_text(age, entry->age_ns),
		devices_text(devices, entry),
	});
	return 0;
}

static int add_zone(struct cmm_zone *zone, const char *name, void *arg)
{
	struct list list = { .table = arg, .zone = name };

	if (cmm_buf_list(zone, add_buf, &list))
		return zone_error(name, NULL);
	return 0;
}

static int list(int argc, char **argv)
{
	struct table *table;
	int status;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return usage_error(&cmd_list, "takes the name of one zone");

	table = table_new(columns, COLUMNS);
	status = visit_zones(argv[1], add_zone, table);
	if (!table_print(table, stdout) && !status)
		puts("no buffers");
	return status;
}

const struct command cmd_list = {
	.name = "list",
	.args = "[ZONE]",
	.help = "the buffers of a zone, or of all zones, and who holds them",
	.details =
	"Shows one line for each buffer of ZONE, or of each zone of the system.\n"
	"Root sees all buffers, others those that they allocated:\n"
	"  ID       a number that no other buffer of the zone ever has\n"
	"  OFFSET   from the zone's first byte\n"
	"  SIZE     bytes\n"
	"  NAME     the label that the program gave it\n"
	"  PID, COMMAND  the process that allocated it\n"
	"  AGE      since then\n"
	"  DEVICES  that are attached to it, or that it is mapped for; +N are N more",
	.run = list,
};
