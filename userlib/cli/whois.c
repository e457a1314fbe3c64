// SPDX-License-Identifier: MIT
/*
 * cmmctl whois: finds the buffer at an address, or the last one there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmmctl.h"
#include "known.h"
#include "text.h"

/* Bytes of a device's name, including the terminating NUL. */
#define DEVICE_SIZE	64

/* The search, and its best result so far. */
struct search {
	char device[DEVICE_SIZE];	/* empty: the address is physical */
	uint64_t addr;
	int found;
	char zone[CMM_NAME_SIZE];
	struct cmm_whose whose;
};

/* Returns 0 or EXIT_USAGE. */
static int parse_phys(struct search *search, const char *text)
{
	if (parse_address(text, &search->addr))
		return usage_error(&cmd_whois,
				   "'%s' is not a hexadecimal address", text);
	return 0;
}

/* A device's name may contain colons. An address has none. */
static int parse_iova(struct search *search, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (!len || parse_address(colon + 1, &search->addr))
		return usage_error(&cmd_whois,
				   "'%s' is not a device's name, a colon and a hexadecimal address",
				   text);
	/* A long name is truncated. */
	if (len >= sizeof(search->device))
		len = sizeof(search->device) - 1;
	memcpy(search->device, text, len);
	search->device[len] = '\0';
	return 0;
}

/* When the buffer or mapping ended; UINT64_MAX if it still exists. */
static uint64_t end_of(const struct search *search,
		       const struct cmm_whose *whose)
{
	if (*search->device)
		return whose->state & CMM_WHOSE_MAPPED ? UINT64_MAX :
						   whose->unmapped_ns;
	return whose->state & CMM_WHOSE_LIVE ? UINT64_MAX : whose->freed_ns;
}

static int ask_zone(struct cmm_zone *zone, const char *name, void *arg)
{
	struct search *search = arg;
	struct cmm_whose whose;
	int ret;

	ret = *search->device ?
	      cmm_zone_whois_iova(zone, search->device, search->addr, &whose) :
	      cmm_zone_whois_phys(zone, search->addr, &whose);
	if (ret)
		return errno == ENOENT ? 0 : zone_error(name, NULL);
	if (search->found &&
	    end_of(search, &whose) < end_of(search, &search->whose))
		return 0;
	search->found = 1;
	search->whose = whose;
	snprintf(search->zone, sizeof(search->zone), "%s", name);
	return 0;
}

/* Buffer size for the text of a time. */
#define WHEN_TEXT	(32 + AGE_TEXT)

/* The time in seconds, as in the kernel's log, and the age. */
static const char *when_text(char text[WHEN_TEXT], uint64_t ns, uint64_t now)
{
	char age[AGE_TEXT];

	snprintf(text, WHEN_TEXT, "at %" PRIu64 ".%06u, %s ago",
		 ns / 1000000000, (unsigned int)(ns % 1000000000 / 1000),
		 age_text(age, now - ns));
	return text;
}

static void print_owner(const struct cmm_whose *whose)
{
	char when[WHEN_TEXT], comm[ESCAPED_TEXT(CMM_COMM_SIZE)];

	printf("allocated  %s, by %s",
	       when_text(when, whose->born_ns, whose->now_ns),
	       escape(comm, whose->comm));
	if (whose->pid)
		printf(", process %" PRId32, whose->pid);
	printf(", user %" PRIu32 "\n", whose->uid);
}

static void print_mapping(const struct cmm_whose *whose, const char *device)
{
	static const char *const uses[] = {
		"", "to read", "to write", "to read and write",
	};
	const unsigned int use = (whose->access & CMM_DMA_READ ? 1 : 0) +
				 (whose->access & CMM_DMA_WRITE ? 2 : 0);
	char when[WHEN_TEXT];

	printf("mapped     for %s, %s; ", device, uses[use]);
	if (whose->state & CMM_WHOSE_MAPPED)
		puts("still is");
	else
		printf("ended %s\n",
		       when_text(when, whose->unmapped_ns, whose->now_ns));
}

static void print_answer(const struct search *search)
{
	const struct cmm_whose *whose = &search->whose;
	char name[ESCAPED_TEXT(CMM_NAME_SIZE)];
	char device[ESCAPED_TEXT(DEVICE_SIZE)];
	char size[SIZE_TEXT], when[WHEN_TEXT];

	printf("zone       %s\n", search->zone);
	printf("buffer     %" PRIu64 ", '%s', %s\n", whose->id,
	       escape(name, whose->name), size_text(size, whose->len));
	printf("address    0x%" PRIx64 " bytes into it\n", whose->offset);
	print_owner(whose);
	if (*search->device)
		print_mapping(whose, escape(device, search->device));
	printf("freed      %s\n", whose->state & CMM_WHOSE_LIVE ? "no" :
	       when_text(when, whose->freed_ns, whose->now_ns));
}

static int nothing_known(const struct search *search, const char *zone)
{
	fputs("nothing is known of this address", stdout);
	if (*search->device)
		print_if_unknown(search->device, zone);
	putchar('\n');
	return EXIT_UNKNOWN;
}

static int whois(int argc, char **argv)
{
	struct search search = { .found = 0 };
	int status, phys = argc > 1 && !strcmp(argv[1], "--phys");
	const char *zone;

	argv += 1 + phys;
	if (!*argv || **argv == '-')
		return usage_error(&cmd_whois, "the address is missing");
	status = phys ? parse_phys(&search, *argv) : parse_iova(&search, *argv);
	if (!status)
		status = parse_zone(&cmd_whois, argv + 1, &zone);
	if (status)
		return status;

	status = visit_zones(zone, ask_zone, &search);
	if (search.found)
		print_answer(&search);
	if (status || search.found)
		return status;
	return nothing_known(&search, zone);
}

const struct command cmd_whois = {
	.name = "whois",
	.args = "DEVICE:ADDRESS [ZONE]\n"
		"       cmmctl whois --phys ADDRESS [ZONE]",
	.help = "the buffer that a device's stray access went to",
	.details =
	"Shows which buffer of ZONE, or of all zones, the device DEVICE finds at\n"
	"ADDRESS, or found there last before it was unmapped or freed. With --phys:\n"
	"which buffer is or was last at that physical address. DEVICE is the device's\n"
	"name in the kernel and ADDRESS is hexadecimal, as in an IOMMU's message. Root\n"
	"sees all buffers; other users see those that they allocated, and no physical\n"
	"addresses. A zone remembers the last few hundred buffers and mappings.\n"
	"  address    bytes from the buffer's first byte\n"
	"  allocated  by which process; times are seconds since boot, about those of the\n"
	"             kernel's log (which leaves out suspension)\n"
	"  mapped     what the device could do, and until when\n"
	"  freed      when the last descriptor, mapping and attachment was gone",
	.example = "cmmctl whois 0000:00:05.0:0xffe2000",
	.statuses = ", 3 nothing is known of\nthe address, or nothing that you may see",
	.run = whois,
};
