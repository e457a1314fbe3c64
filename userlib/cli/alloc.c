// SPDX-License-Identifier: MIT
/*
 * cmmctl alloc: takes memory out of a zone, and holds it.
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

/* What the command line asks for. */
struct request {
	const char *zone;	/* NULL: the only one */
	const char *name;
	size_t size;		/* bytes of each buffer */
	size_t align;
	size_t count;
	unsigned int flags;
	char **command;		/* NULL-terminated; empty: hold until told */
};

/* The largest alignment that a zone gives. */
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

static int parse_name(struct request *request, const char *text)
{
	size_t i;

	for (i = 0; text[i] >= ' ' && text[i] <= '~'; i++)
		;
	if (text[i] || i >= CMM_NAME_SIZE)
		return usage_error(&cmd_alloc,
				   "a name has at most %d printable characters",
				   CMM_NAME_SIZE - 1);
	request->name = text;
	return 0;
}

static int parse_option(struct request *request, int option)
{
	switch (option) {
	case 'z':
		request->zone = optarg;
		return 0;
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
		return usage_error(&cmd_alloc, "unknown or incomplete option");
	}
}

/* Returns 0 or EXIT_USAGE. */
static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{ "zone", required_argument, NULL, 'z' },
		{ "align", required_argument, NULL, 'a' },
		{ "count", required_argument, NULL, 'c' },
		{ "name", required_argument, NULL, 'n' },
		{ "wc", no_argument, NULL, 'w' },
		{ 0 }
	};
	int option, status;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		status = parse_option(request, option);
		if (status)
			return status;
	}
	if (optind == argc)
		return usage_error(&cmd_alloc, "SIZE is missing");
	if (parse_size(argv[optind], &request->size) || !request->size)
		return usage_error(&cmd_alloc,
				   "'%s' is not a size such as 4096, 64K or 4M",
				   argv[optind]);
	request->command = argv + optind + 1;
	return 0;
}

static int alloc_failed(const struct request *request, const char *zone)
{
	char what[160], size[SIZE_TEXT], largest[SIZE_TEXT], free[SIZE_TEXT];
	uint64_t largest_free, total_free;
	int len;

	len = snprintf(what, sizeof(what), "cannot allocate %zu x %s",
		       request->count, size_text(size, request->size));
	cmm_buf_alloc_failure(&largest_free, &total_free);
	if (errno == ENOSPC || errno == ENOBUFS || errno == EFBIG)
		snprintf(what + len, sizeof(what) - (size_t)len,
			 " with %s free, at most %s in one piece",
			 size_text(free, total_free),
			 size_text(largest, largest_free));
	if (errno == EOPNOTSUPP && request->flags & CMM_ALLOC_WC)
		snprintf(what + len, sizeof(what) - (size_t)len,
			 " write-combined: protected zones and CPUs without uncached mappings have no such buffers");
	return zone_error(zone, what);
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
	char fd[16], id[24], offset[24], phys[24] = "-";
	char size[SIZE_TEXT], align[SIZE_TEXT];

	snprintf(fd, sizeof(fd), "%d", cmm_buf_fd(buf));
	snprintf(id, sizeof(id), "%" PRIu64, info->id);
	snprintf(offset, sizeof(offset), "0x%08" PRIx64, info->offset);
	if (info->flags & CMM_INFO_PHYS)
		snprintf(phys, sizeof(phys), "0x%08" PRIx64, info->phys);

	table_add(table, (const char *const[COLUMNS]) {
		fd,
		id,
		offset,
		size_text(size, info->len),
		size_text(align, info->align),
		phys,
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

/* Becomes the command, with the descriptors in $CMM_FDS. */
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
	fflush(stdout);
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

	/* A command's output is its own. */
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
		return alloc_failed(request, info.name);

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
	.args = "SIZE [--zone ZONE] [--count N] [--align SIZE] [--name NAME]\n"
		"                    [--wc] [-- COMMAND...]",
	.help = "allocate buffers and hold them, or give them to a command",
	.details =
	"Allocates buffers of SIZE bytes, shows them, and holds them until Enter is\n"
	"pressed, the input ends or a signal comes. A COMMAND is run with the buffers'\n"
	"descriptors open and their numbers, with blanks between, in $CMM_FDS, and the\n"
	"memory lives until it ends. A size may end in K, M or G.\n"
	"  --zone ZONE   from this zone; may be left out if there is only one\n"
	"  --count N     N equal buffers, all or none, at most 64\n"
	"  --align SIZE  physical alignment, a power of two; a page if left out\n"
	"  --name NAME   a label for 'cmmctl list'; cmmctl if left out\n"
	"  --wc          CPU mappings are write-combined instead of cached",
	.run = alloc,
};
