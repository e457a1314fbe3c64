// SPDX-License-Identifier: MIT
/*
 * cmm-unbind: takes a zone and a device that buffers of it are mapped for away
 * again and again, in both orders, while other processes map, attach, use and
 * close such buffers.
 *
 *	cmm-unbind ROUNDS ZONE
 *
 * One test: passed if each round went as it should and all memory is back. What the
 * kernel has to say of it is for scripts/vm to find.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"
#include "file.h"
#include "importer.h"
#include "leaks.h"
#include "zone.h"

#define DEVICE		"0000:00:05.0"
#define DRIVER		"/sys/bus/pci/drivers/cmm_edu/"
#define LEN		(16 * PAGE)
#define WORKERS		2

/* What the workers did; shared with them. */
struct work {
	atomic_ullong maps, attachments, buffers;
};

static struct work *work;

static void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	printf("not ok - %s: %s\n0 passed, 1 failed, 0 skipped\n", what,
	       strerror(-ret));
	fflush(stdout);
	kill(0, SIGTERM);
	exit(1);
}

/* --- the load --- */

/* The device that is taken away, by ioctl. */
static void map_device(int node, int fd)
{
	struct cmm_dev_map map;

	if (zone_map_device(node, fd, 0, CMM_DEV_MAP_RW, &map))
		return;
	work->maps++;
	/* Half of them are left to their end by other means. */
	if (map.id % 2)
		zone_unmap_device(node, map.id);
}

/* Another device, by its driver. */
static void attach(int engine, int fd)
{
	struct import import;

	if (importer_import(engine, fd, CMM_IMPORT_BIDIRECTIONAL, &import))
		return;
	work->attachments++;
	importer_release(&import);
}

static void use(int fd)
{
	uint8_t *at = zone_map(fd, LEN);

	if (!at)
		return;
	memset(at, 0xff, LEN);
	munmap(at, LEN);
	work->buffers++;
}

static void work_for_ever(const char *zone)
{
	int engine = importer_open("edu1");

	while (true) {
		int node = zone_open(zone), i;

		/* Now and then there is none. */
		for (i = 0; node >= 0 && i < 50; i++) {
			int fd = zone_alloc(node, LEN, 0);

			if (fd < 0)
				break;
			map_device(node, fd);
			attach(engine, fd);
			use(fd);
			close(fd);
			/* A load, and not all that there is to do. */
			usleep(2000);
		}
		if (node >= 0)
			close(node);
		usleep(1000);
	}
}

/* --- the rounds --- */

struct held {
	int node, fd;
	struct cmm_dev_map map;
};

static struct held hold(const char *zone)
{
	struct held held = { .node = zone_open(zone) };

	must(held.node, "the zone");
	held.fd = zone_alloc(held.node, LEN, 0);
	must(held.fd, "a buffer");
	must(zone_map_device(held.node, held.fd, 0, CMM_DEV_MAP_RW, &held.map),
	     "a mapping");
	return held;
}

static void unbind_device(const struct held *held)
{
	int ret;

	must(file_write(DRIVER "unbind", DEVICE), "unbinding the device");
	/* Its mappings are gone, whoever asked for them. */
	ret = zone_unmap_device(held->node, held->map.id);
	if (ret != -ENOENT)
		must(ret ? ret : -EEXIST, "the mapping after the device");
}

static void unbind_zone(const struct held *held)
{
	int ret;

	must(driver_unbind(), "unbinding the zone");
	ret = zone_alloc(held->node, LEN, 0);
	if (ret != -ENODEV)
		must(ret < 0 ? ret : -EEXIST, "a buffer after the zone");
}

static void round_trip(const char *zone, bool zone_first)
{
	struct held held = hold(zone);

	if (zone_first)
		unbind_zone(&held);
	unbind_device(&held);
	if (!zone_first)
		unbind_zone(&held);
	use(held.fd);
	close(held.fd);
	close(held.node);
	if (zone_first)
		must(file_write(DRIVER "bind", DEVICE), "binding the device");
	/* Trying earlier would only fill the log; a linear zone's end is not seen. */
	while (driver_holds_range())
		usleep(10000);
	must(driver_bind_soon(zone), "binding the zone");
	/* Most of the time would be spent on clearing all of it, each time. */
	must(zone_set_attribute(zone, "scrub", "alloc"), "the zone's policy");
	if (!zone_first)
		must(file_write(DRIVER "bind", DEVICE), "binding the device");
}

static void stop(pid_t *pids)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	struct board_zones zones;
	pid_t pids[WORKERS];
	int rounds, leaks, i;
	bool good;

	if (argc != 3) {
		fprintf(stderr, "usage: cmm-unbind ROUNDS ZONE\n");
		return 2;
	}
	rounds = atoi(argv[1]);
	work = mmap(NULL, sizeof(*work), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (work == MAP_FAILED || driver_start(&zones) ||
	    driver_choose(argv[2])) {
		fprintf(stderr, "cmm-unbind: there is no zone %s.\n", argv[2]);
		return 2;
	}
	for (i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			work_for_ever(argv[2]);
	}
	for (i = 0; i < rounds; i++)
		round_trip(argv[2], i % 2);
	stop(pids);

	printf("%d rounds; meanwhile %llu mappings, %llu attachments, %llu buffers\n",
	       rounds, work->maps, work->attachments, work->buffers);
	i = zone_open(argv[2]);
	must(i, "the zone at the end");
	good = !zone_used(i) && work->maps && work->attachments;
	close(i);
	leaks = leaks_report();
	good &= leaks <= 0;
	printf("%s - unbinding\n%d passed, %d failed, 0 skipped\n",
	       good ? "ok" : "not ok", good, !good);
	return !good;
}
