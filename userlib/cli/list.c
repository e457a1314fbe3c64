// SPDX-License-Identifier: MIT
/*
 * cmmctl list: lists the buffers and the process that allocated each one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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
	{ "INODES", 0 },
};

#define COLUMNS	ARRAY_SIZE(columns)

/* Marks a buffer of a process that has exited. */
#define GONE	"(gone)"

/* State of the listing. */
struct list {
	struct table *table;
	const char *zone;	/* the zone being listed */
	uint64_t bytes;		/* in its buffers so far */
	unsigned int gone;	/* buffers marked with GONE, of all zones */
	FILE *hidden;		/* messages about buffers that are not listed */
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

/* "a,b", or "a,b +3" if three more names did not fit. */
static const char *devices_text(char *text, const struct cmm_buf_entry *entry)
{
	unsigned int names = names_in(entry->devices);

	escape(text, entry->devices);
	if (entry->attached > names)
		sprintf(text + strlen(text), "%s+%" PRIu32, names ? " " : "",
			entry->attached - names);
	return or_dash(text);
}

/* Buffer size in bytes for the numbers of one buffer. */
#define INODES_TEXT	(CMM_MAX_INODES * 21 + 16)

/* "4,5", or "4,5 +3" if three more numbers do not fit; "-" if there are none. */
static const char *inodes_text(char *text, const struct cmm_buf_entry *entry)
{
	unsigned int i;
	char *end = text;

	*text = '\0';
	for (i = 0; i < CMM_MAX_INODES && entry->inodes[i]; i++)
		end += sprintf(end, "%s%" PRIu64, i ? "," : "",
			       entry->inodes[i]);
	if (i && entry->dmabufs > i)
		sprintf(end, " +%" PRIu32, entry->dmabufs - i);
	return or_dash(text);
}

static int add_buf(const struct cmm_buf_entry *entry, void *arg)
{
	const int gone = !!(entry->flags & CMM_INFO_OWNER_GONE);
	struct list *list = arg;
	char name[ESCAPED_TEXT(CMM_NAME_SIZE)];
	char comm[ESCAPED_TEXT(CMM_COMM_SIZE)];
	char devices[ESCAPED_TEXT(CMM_DEVICES_SIZE) + 16];
	char id[24], offset[ADDRESS_TEXT], pid[16] = "-", process[32];
	char size[SIZE_TEXT], age[AGE_TEXT], inodes[INODES_TEXT];

	snprintf(id, sizeof(id), "%" PRIu64, entry->id);
	if (entry->pid)
		snprintf(pid, sizeof(pid), "%" PRId32, entry->pid);
	snprintf(process, sizeof(process), "%s%s", pid, gone ? " " GONE : "");

	table_add(list->table, (const char *const[COLUMNS]) {
		list->zone,
		id,
		address_text(offset, !!(entry->flags & CMM_INFO_OFFSET),
			     entry->offset),
		size_text(size, entry->len),
		or_dash(escape(name, entry->name)),
		process,
		or_dash(escape(comm, entry->comm)),
		age_text(age, entry->age_ns),
		devices_text(devices, entry),
		inodes_text(inodes, entry),
	});
	list->bytes += entry->len;
	list->gone += (unsigned int)gone;
	return 0;
}

/*
 * Adds a line if the zone uses more memory than the listed buffers. Ignores buffers
 * that were allocated or freed during the listing: only one number contains them.
 */
static void add_hidden(struct list *list, uint64_t before, uint64_t after)
{
	uint64_t used = before < after ? before : after;
	char size[SIZE_TEXT];

	if (used <= list->bytes)
		return;
	size_text(size, used - list->bytes);
	if (list->bytes)
		fprintf(list->hidden,
			"%s: only yours; root sees all (%s more used)\n",
			list->zone, size);
	else
		fprintf(list->hidden,
			"%s: none of yours; root sees all (%s used)\n",
			list->zone, size);
}

static int add_zone(struct cmm_zone *zone, const char *name, void *arg)
{
	struct cmm_zone_info before, after;
	struct list *list = arg;

	list->zone = name;
	list->bytes = 0;
	if (cmm_zone_info(zone, &before) || cmm_buf_list(zone, add_buf, list) ||
	    cmm_zone_info(zone, &after))
		return zone_error(name, NULL);
	add_hidden(list, before.used, after.used);
	return 0;
}

static int show(const char *zone, struct list *list)
{
	int status = visit_zones(zone, add_zone, list);

	if (!table_print(list->table, stdout) && !status &&
	    !ftell(list->hidden))
		puts("no buffers");
	if (list->gone)
		puts(GONE ": this process has exited; its buffer is still in use");
	return status;
}

static int list(int argc, char **argv)
{
	struct list list = { .gone = 0 };
	char *hidden = NULL;
	const char *zone;
	size_t size;
	int status = parse_zone(&cmd_list, argv + 1, &zone);

	(void)argc;
	if (status)
		return status;
	list.hidden = open_memstream(&hidden, &size);
	if (!list.hidden)
		return zone_error(NULL, NULL);
	list.table = table_new(columns, COLUMNS);
	status = show(zone, &list);
	fclose(list.hidden);
	fputs(hidden, stdout);
	free(hidden);
	return status;
}

const struct command cmd_list = {
	.name = "list",
	.args = "[ZONE]",
	.help = "the buffers, which process allocated each, and what uses it",
	.details =
	"Shows one line for each buffer of ZONE, or of each zone. Root sees all\n"
	"buffers, other users those that they allocated:\n"
	"  ID       a number that no other buffer of the zone ever has\n"
	"  OFFSET   from the zone's first byte; - unless you are root\n"
	"  SIZE     of the buffer\n"
	"  NAME     the label that a program gave it\n"
	"  PID, COMMAND  the process that allocated it; " GONE " if it has exited\n"
	"  AGE      since it was allocated\n"
	"  DEVICES  that it is attached to or mapped for; +N are N more\n"
	"  INODES   of its dma-bufs: a process holds the buffer if a file in\n"
	"           /proc/PID/fd or a line of /proc/PID/maps has one of them",
	.example = "cmmctl list media",
	.run = list,
};
