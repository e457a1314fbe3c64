// SPDX-License-Identifier: MIT
/*
 * cmm-count: what a call takes, by the number of buffers that live in the zone.
 *
 * For a board that counts instructions (scripts/vm --icount): the time is then the
 * number of instructions, and the same whatever else the machine does. No call may
 * take more than twice as many at 40,000 buffers as at 10. That leaves room for the
 * depth of a tree, and none for a walk.
 *
 * All buffers have a page, and each is another user's. Behind each third one is a hole
 * of a page, at an odd address, where nothing aligned to two pages fits.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"
#include "file.h"
#include "ktap.h"
#include "zone.h"

#define FEW		10
#define SOME		1000
#define MANY		40000
#define SAMPLES		25
#define BATCH		64

/* The first device of the zone's list. */
#define DEVICE		"0000:00:05.0"
#define MOST_CLIENTS	(MANY / CMM_DEV_MAP_MAX + 1)

static int node;
/* A buffer in the middle of those that live. */
static int middle;
static uint64_t middle_id, middle_phys;
/* Where DEVICE finds it, for the calls that are measured with all buffers mapped. */
static uint64_t middle_addr;

static int must(int ret, const char *what)
{
	if (ret >= 0)
		return ret;
	fprintf(stderr, "cmm-count: %s: %s.\n", what, strerror(-ret));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* --- the calls ------------------------------------------------------------ */

/* Of as many entries at any number of buffers. */
static void list_five(void)
{
	struct cmm_list_entry entries[FEW / 2];

	must(zone_list(node, entries, FEW / 2, middle_id - FEW / 2), "LIST");
}

static void list_the_end(void)
{
	struct cmm_list_entry entry;

	must(zone_list(node, &entry, 1, ~0ULL), "LIST");
}

static void query(void)
{
	struct cmm_query query;

	must(zone_query(node, middle, &query), "QUERY");
}

static void info(void)
{
	struct cmm_info info;

	must(zone_info(node, &info), "INFO");
}

static void sync_page(void)
{
	must(zone_sync_part(node, middle, CMM_SYNC_RW, 0, PAGE), "SYNC");
	must(zone_sync_part(node, middle, CMM_SYNC_RW | CMM_SYNC_END, 0, PAGE),
	     "SYNC");
}

static void alloc_page(void)
{
	close(must(zone_alloc(node, PAGE, 0), "ALLOC"));
}

static void alloc_aligned(void)
{
	int32_t fds[BATCH];
	struct cmm_alloc req = {
		.len = PAGE,
		.align = 2 * PAGE,
		.fds = (uintptr_t)fds,
		.count = BATCH,
	};
	int i;

	must(zone_request(node, &req), "ALLOC of 64 aligned buffers");
	for (i = 0; i < BATCH; i++)
		close(fds[i]);
}

static void whois(void)
{
	struct cmm_whois whois;

	must(zone_whois(node, NULL, middle_phys, &whois), "WHOIS");
}

static void whois_device(void)
{
	struct cmm_whois whois;

	must(zone_whois(node, DEVICE, middle_addr, &whois), "WHOIS");
}

static const struct call {
	const char *name;
	void (*run)(void);
	bool mapped;		/* all buffers are mapped for DEVICE */
} calls[] = {
	{ "INFO", info, false },
	{ "QUERY", query, false },
	{ "LIST, 5 entries from the middle", list_five, false },
	{ "LIST, from the end", list_the_end, false },
	{ "SYNC of a page, begin and end", sync_page, false },
	{ "ALLOC of a page, and its end", alloc_page, false },
	{ "ALLOC of 64 aligned pages, and their end", alloc_aligned, false },
	{ "WHOIS of a physical address", whois, false },
	{ "WHOIS of a device's address", whois_device, true },
};

#define CALLS	(sizeof(calls) / sizeof(calls[0]))

/* The least of some samples: timer interrupts come between. */
static uint64_t cost_of(const struct call *call)
{
	uint64_t least = ~0ULL, start, cost;
	int i;

	for (i = 0; i < SAMPLES; i++) {
		start = now();
		call->run();
		cost = now() - start;
		if (cost < least)
			least = cost;
	}
	return least;
}

/* --- the buffers ---------------------------------------------------------- */

static bool is_hole(int i)
{
	return i % 4 == 1;
}

/* Maps all buffers for DEVICE, by as many clients as that takes; how many. */
static int map_all(const int *fds, int total, int clients[MOST_CLIENTS])
{
	int used = 0, mapped = 0, i;
	struct cmm_dev_map map;

	for (i = 0; i < total; i++) {
		if (is_hole(i))
			continue;
		if (mapped++ % CMM_DEV_MAP_MAX == 0)
			clients[used++] = must(zone_open(ZONE), "the node");
		must(zone_map_device(clients[used - 1], fds[i], 0,
				     CMM_DEV_MAP_RW, &map), "DEV_MAP");
		if (fds[i] == middle)
			middle_addr = map.addr;
	}
	return used;
}

static void measure_calls(bool mapped, uint64_t costs[CALLS])
{
	size_t c;

	for (c = 0; c < CALLS; c++)
		if (calls[c].mapped == mapped)
			costs[c] = cost_of(&calls[c]);
}

static void measure(int live, uint64_t costs[CALLS])
{
	int total = live * 4 / 3, i;
	int *fds = calloc(total, sizeof(*fds));
	int clients[MOST_CLIENTS], used;
	struct cmm_query query;

	for (i = 0; i < total; i++) {
		must(seteuid(1 + i) ? -errno : 0, "another user");
		fds[i] = must(zone_alloc(node, PAGE, 0), "ALLOC");
		must(seteuid(0) ? -errno : 0, "root");
	}
	for (i = 0; i < total; i++)
		if (is_hole(i))
			close(fds[i]);
	middle = fds[total / 2 / 4 * 4];
	must(zone_query(node, middle, &query), "QUERY");
	middle_id = query.id;
	middle_phys = chosen.start + query.offset;
	measure_calls(false, costs);
	used = map_all(fds, total, clients);
	measure_calls(true, costs);
	while (used)
		close(clients[--used]);
	for (i = 0; i < total; i++)
		if (!is_hole(i))
			close(fds[i]);
	free(fds);
}

static void report(const struct call *call, uint64_t few, uint64_t some,
		   uint64_t many)
{
	char name[64];

	snprintf(name, sizeof(name), "count/%s", call->name);
	ktap_test(many <= 2 * few, name);
	ktap_note("%llu instructions with %d buffers, %llu with %d, %llu with %d",
		  (unsigned long long)few, FEW, (unsigned long long)some, SOME,
		  (unsigned long long)many, MANY);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 2 * MANY, 2 * MANY };
	uint64_t few[CALLS], some[CALLS], many[CALLS];
	struct board_zones zones;
	size_t c;

	if (argc != 2) {
		fprintf(stderr, "usage: cmm-count ZONE\n");
		return 1;
	}
	must(setrlimit(RLIMIT_NOFILE, &files) ? -errno : 0, "descriptors");
	must(file_write("/proc/sys/fs/file-max", "100000"), "open files");
	must(driver_start(&zones), "the board's zones");
	must(driver_choose(argv[1]), argv[1]);
	ktap_plan(CALLS);
	node = must(zone_open(ZONE), "the node");
	measure(FEW, few);
	measure(SOME, some);
	measure(MANY, many);
	for (c = 0; c < CALLS; c++)
		report(&calls[c], few[c], some[c], many[c]);
	return ktap_end();
}
