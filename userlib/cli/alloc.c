// SPDX-License-Identifier: MIT
/*
 * cmmctl alloc: allocates buffers from a zone and holds them.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmmctl.h"
#include "text.h"

/* Options of the command line. */
struct request {
	const char *zone;	/* NULL: the default one */
	const char *name;
	size_t size;		/* bytes of each buffer */
	size_t align;
	size_t count;
	unsigned int flags;
	char **command;		/* NULL-terminated; empty: hold the buffers */
};

/* The value that getopt_long() returns for an operand. */
#define OPERAND		1

/* The largest alignment that a zone supports. */
#define ALIGN_MAX	((size_t)1 << 30)

static int parse_align(struct request *request, const char *text)
{
	size_t *align = &request->align;

	if (parse_size(text, align) || *align & (*align - 1) ||
	    *align > ALIGN_MAX)
		return usage_error(&cmd_alloc,
				   "'%s' is not a power of two up to 1G", text);
	return 0;
}

static int parse_count(struct request *request, const char *text)
{
	size_t *count = &request->count;

	if (parse_size(text, count) || !*count || *count > CMM_MAX_COUNT)
		return usage_error(&cmd_alloc, "'%s' is not from 1 to %d",
				   text, CMM_MAX_COUNT);
	return 0;
}

/* A name must be text that 'cmmctl list' prints unchanged. */
static int parse_name(struct request *request, const char *text)
{
	size_t at, len;
	int width;

	for (at = 0; text[at]; at += len) {
		len = utf8_printable(text + at, &width);
		if (!len || at + len >= CMM_NAME_SIZE)
			return usage_error(&cmd_alloc,
					   "a name has at most %d bytes, of printable characters in UTF-8",
					   CMM_NAME_SIZE - 1);
	}
	request->name = text;
	return 0;
}

static int parse_operand(struct request *request, const char *text)
{
	if (request->zone)
		return usage_error(&cmd_alloc, "'%s' is one argument too many",
				   text);
	if (request->size)
		request->zone = text;
	else if (parse_size(text, &request->size) || !request->size)
		return usage_error(&cmd_alloc,
				   "'%s' is not a size such as 4096, 64K or 4M",
				   text);
	return 0;
}

static int parse_option(struct request *request, int option, const char *text)
{
	switch (option) {
	case OPERAND:
		return parse_operand(request, optarg);
	case 'a':
		return parse_align(request, optarg);
	case 'c':
		return parse_count(request, optarg);
	case 'n':
		return parse_name(request, optarg);
	case 'w':
		request->flags |= CMM_ALLOC_WC;
		return 0;
	default:
		return usage_error(&cmd_alloc,
				   "'%s' is not an option, or lacks its value",
				   text);
	}
}

/* Returns 0 or EXIT_USAGE. */
static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{ "align", required_argument, NULL, 'a' },
		{ "count", required_argument, NULL, 'c' },
		{ "name", required_argument, NULL, 'n' },
		{ "wc", no_argument, NULL, 'w' },
		{ 0 }
	};
	int option, status, at = optind;

	opterr = 0;
	/* "-": getopt returns operands in order, and "--" ends them. */
	while ((option = getopt_long(argc, argv, "-", options, NULL)) != -1) {
		status = parse_option(request, option, argv[at]);
		if (status)
			return status;
		at = optind;
	}
	if (!request->size)
		return usage_error(&cmd_alloc, "SIZE is missing");
	request->command = argv + optind;
	return 0;
}

static const struct column columns[] = {
	{ "FD", 1 },
	{ "ID", 1 },
	{ "OFFSET", 1 },
	{ "SIZE", 1 },
	{ "ALIGN", 1 },
	{ "PHYSICAL", 1 },
	{ "NAME", 0 },
};

#define COLUMNS	ARRAY_SIZE(columns)

static void add_buf(struct table *table, const struct cmm_buf *buf,
		    const struct cmm_buf_info *info)
{
	char name[ESCAPED_TEXT(CMM_NAME_SIZE)];
	char fd[16], id[24], offset[ADDRESS_TEXT], phys[ADDRESS_TEXT];
	char size[SIZE_TEXT], align[SIZE_TEXT];

	snprintf(fd, sizeof(fd), "%d", cmm_buf_fd(buf));
	snprintf(id, sizeof(id), "%" PRIu64, info->id);

	table_add(table, (const char *const[COLUMNS]) {
		fd,
		id,
		address_text(offset, !!(info->flags & CMM_INFO_OFFSET),
			     info->offset),
		size_text(size, info->len),
		size_text(align, info->align),
		address_text(phys, !!(info->flags & CMM_INFO_PHYS),
			     info->phys),
		*info->name ? escape(name, info->name) : "-",
	});
}

static int show(struct cmm_buf **bufs, size_t count, const char *zone, FILE *to)
{
	struct table *table = table_new(columns, COLUMNS);
	struct cmm_buf_info info;
	int status = 0;
	size_t i;

	for (i = 0; i < count && !status; i++) {
		if (cmm_buf_info(bufs[i], &info))
			status = zone_error(zone, "cannot describe a buffer");
		else
			add_buf(table, bufs[i], &info);
	}
	table_print(table, to);
	return status;
}

/* Executes the command with the descriptors' numbers in $CMM_FDS. */
static int become(char **command, struct cmm_buf **bufs, size_t count)
{
	char fds[12 * CMM_MAX_COUNT] = "";
	char *end = fds;
	size_t i;

	for (i = 0; i < count; i++) {
		int fd = cmm_buf_fd(bufs[i]);

		fcntl(fd, F_SETFD, 0);
		end += sprintf(end, "%s%d", i ? " " : "", fd);
	}
	setenv("CMM_FDS", fds, 1);
	execvp(*command, command);
	fprintf(stderr, "cmmctl: cannot run '%s': %s\n", *command,
		strerror(errno));
	return EXIT_FAILED;
}

static int hold(void)
{
	int c;

	puts("Held until Enter, end of input or a signal.");
	if (fflush(stdout))
		return EXIT_FAILED;
	do {
		c = getchar();
	} while (c != '\n' && c != EOF);
	return 0;
}

static int use(const struct request *request, struct cmm_buf **bufs,
	       const char *zone)
{
	int has_command = !!*request->command;
	int status;

	/* Print nothing on stdout: it belongs to the command. */
	status = show(bufs, request->count, zone,
		      has_command ? stderr : stdout);
	if (status)
		return status;
	if (has_command)
		return become(request->command, bufs, request->count);
	return hold();
}

static int alloc_from(struct cmm_zone *zone, const struct request *request)
{
	struct cmm_buf *bufs[CMM_MAX_COUNT];
	struct cmm_zone_info info;
	size_t i;
	int status;

	if (cmm_zone_info(zone, &info))
		return zone_error(request->zone, NULL);
	if (cmm_buf_alloc_array(zone, request->size, request->align,
				request->flags, request->name, bufs,
				(unsigned int)request->count))
		return zone_error(NULL, NULL);

	status = use(request, bufs, info.name);
	for (i = 0; i < request->count; i++)
		cmm_buf_close(bufs[i]);
	return status;
}

static int alloc(int argc, char **argv)
{
	struct request request = { .name = "cmmctl", .count = 1 };
	struct cmm_zone *zone;
	int status;

	status = parse(&request, argc, argv);
	if (status)
		return status;
	zone = open_zone(request.zone);
	if (!zone)
		return EXIT_FAILED;

	status = alloc_from(zone, &request);
	cmm_zone_close(zone);
	return status;
}

const struct command cmd_alloc = {
	.name = "alloc",
	.args = "SIZE [--count N] [--align SIZE] [--name NAME] [--wc] [ZONE]\n"
		"                    [-- COMMAND...]",
	.help = "allocate buffers and hold them, or give them to a command",
	.details =
	"Allocates buffers of SIZE bytes, shows them, and holds them until you press\n"
	"Enter, the input ends or a signal comes. With a COMMAND, cmmctl becomes that\n"
	"command: the buffers' descriptors stay open, $CMM_FDS has their numbers with\n"
	"blanks between them, and the memory is free again when the command ends. A\n"
	"size may end in K, M or G.\n"
	"  ZONE          allocate from this zone; default: $CMM_ZONE, else the zone that\n"
	"                the device tree marks, else the only zone\n"
	"  --count N     N equal buffers, all or none, at most 64\n"
	"  --align SIZE  physical alignment, a power of two; default: a page\n"
	"  --name NAME   a label for 'cmmctl list'; default: cmmctl\n"
	"  --wc          CPU mappings are write-combined instead of cached",
	.example = "cmmctl alloc 4M --count 3 media -- my-program",
	.statuses = "; with a COMMAND, the command's own",
	.run = alloc,
};
