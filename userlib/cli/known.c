// SPDX-License-Identifier: MIT
/*
 * The names of the devices that the zones know now: see known.h.
 */
#include "known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmmctl.h"
#include "text.h"

struct names {
	size_t count;
	char (*name)[CMM_NAME_SIZE];	/* owned; without duplicates */
};

static int has(const struct names *names, const char *name)
{
	size_t i;

	/* The library truncates a long name. */
	for (i = 0; i < names->count; i++)
		if (!strncmp(names->name[i], name, CMM_NAME_SIZE - 1))
			return 1;
	return 0;
}

/* Drops the name if there is no memory for it. */
static void add(struct names *names, const char *name)
{
	void *more;

	if (has(names, name))
		return;
	more = realloc(names->name,
		       (names->count + 1) * sizeof(*names->name));
	if (!more)
		return;
	names->name = more;
	snprintf(names->name[names->count++], CMM_NAME_SIZE, "%s", name);
}

static int add_listed(const struct cmm_device *device, void *arg)
{
	add(arg, device->name);
	return 0;
}

static int add_attached(const struct cmm_buf_entry *entry, void *arg)
{
	char devices[CMM_DEVICES_SIZE], *rest, *name;

	memcpy(devices, entry->devices, sizeof(devices));
	for (name = strtok_r(devices, ",", &rest); name;
	     name = strtok_r(NULL, ",", &rest))
		add(arg, name);
	return 0;
}

/* A zone that fails counts as a zone without devices. */
static int add_zone(struct cmm_zone *zone, const char *name, void *arg)
{
	(void)name;
	cmm_zone_devices(zone, add_listed, arg);
	cmm_buf_list(zone, add_attached, arg);
	return 0;
}

static void print(const struct names *names, const char *device)
{
	char text[ESCAPED_TEXT(CMM_NAME_SIZE)];
	size_t i;

	printf("; '%s' is not a device that a zone knows now", device);
	for (i = 0; i < names->count; i++)
		printf("%s%s", i ? ", " : "; these are: ",
		       escape(text, names->name[i]));
	fputs("; see 'cmmctl devices' and 'cmmctl list'", stdout);
}

void print_if_unknown(const char *device, const char *zone)
{
	struct names names = { 0, NULL };

	visit_zones(zone, add_zone, &names);
	if (!has(&names, device))
		print(&names, device);
	free(names.name);
}
