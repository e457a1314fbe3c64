// SPDX-License-Identifier: MIT
/*
 * cmmctl info: shows the zones and their usage.
 */
#include <stdio.h>
#include <string.h>

#include "cmmctl.h"
#include "text.h"

static const struct column columns[] = {
	{ "ZONE", 0 },
	{ "SIZE", 1 },
	{ "USED", 1 },
	{ "PEAK", 1 },
	{ "FREE", 1 },
	{ "LARGEST", 1 },
	{ "CLEAN", 1 },
	{ "YOURS", 1 },
	{ "QUOTA", 1 },
	{ "KIND", 0 },
	{ "FLAGS", 0 },
};

#define COLUMNS	ARRAY_SIZE(columns)

static const char *kind_text(uint32_t kind)
{
	switch (kind) {
	case CMM_ZONE_LINEAR:
		return "linear";
	case CMM_ZONE_NO_MAP:
		return "no-map";
	case CMM_ZONE_EXTERNAL:
		return "external";
	default:
		return "other";
	}
}

/* Buffer size in bytes for the names of all flags. */
#define FLAGS_TEXT	64

static const char *flags_text(char *text, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} known[] = {
		{ CMM_ZONE_INFO_COHERENT, "coherent" },
		{ CMM_ZONE_INFO_EXPOSE_PHYS, "expose-phys" },
		{ CMM_ZONE_INFO_PROTECTED, "protected" },
		{ CMM_ZONE_INFO_FIRMWARE_CLEARS, "firmware-clears" },
		{ CMM_ZONE_INFO_DEFAULT, "default" },
	};
	size_t i;

	*text = '\0';
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (!(flags & known[i].flag))
			continue;
		if (*text)
			strcat(text, ",");
		strcat(text, known[i].name);
	}
	return *text ? text : "-";
}

static int add_zone(struct cmm_zone *zone, const char *name, void *arg)
{
	char sizes[8][SIZE_TEXT], flags[FLAGS_TEXT];
	struct cmm_zone_info info;

	if (cmm_zone_info(zone, &info))
		return zone_error(name, NULL);

	table_add(arg, (const char *const[COLUMNS]) {
		info.name,
		size_text(sizes[0], info.total),
		size_text(sizes[1], info.used),
		size_text(sizes[2], info.peak),
		size_text(sizes[3], info.total - info.used),
		size_text(sizes[4], info.largest_free),
		size_text(sizes[5], info.clean),
		size_text(sizes[6], info.charged),
		info.quota ? size_text(sizes[7], info.quota) : "-",
		kind_text(info.kind),
		flags_text(flags, info.flags),
	});
	return 0;
}

static int info(int argc, char **argv)
{
	struct table *table;
	const char *zone;
	int status = parse_zone(&cmd_info, argv + 1, &zone);

	(void)argc;
	if (status)
		return status;
	table = table_new(columns, COLUMNS);
	status = visit_zones(zone, add_zone, table);
	table_print(table, stdout);
	return status;
}

const struct command cmd_info = {
	.name = "info",
	.args = "[ZONE]",
	.help = "how large and how full the zones are, and your quota",
	.details =
	"Shows one line for ZONE, or for each zone:\n"
	"  SIZE     of the zone\n"
	"  USED     by live buffers of all users\n"
	"  PEAK     the most that was ever used\n"
	"  FREE     not used\n"
	"  LARGEST  the largest buffer that can be allocated now\n"
	"  CLEAN    free and already zero\n"
	"  YOURS    used by live buffers that you allocated\n"
	"  QUOTA    the most that you may allocate; - for no limit\n"
	"  KIND     linear: in the kernel's linear map; no-map: not in it;\n"
	"           external: memory that the kernel does not know\n"
	"  FLAGS    coherent: all devices snoop the CPU's caches;\n"
	"           expose-phys: root may see physical addresses;\n"
	"           protected: the CPU has no access, and only the first user that\n"
	"           allocates can allocate; firmware-clears: firmware clears freed\n"
	"           memory, so all users can allocate;\n"
	"           default: programs that name no zone use it",
	.example = "cmmctl info media",
	.run = info,
};
