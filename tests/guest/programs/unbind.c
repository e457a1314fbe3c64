// SPDX-License-Identifier: MIT
/*
 * cmm-unbind: takes away a zone, and a device that its buffers are attached to and
 * mapped for, again and again. The zone goes before or after the device; the device
 * loses its driver or is unplugged. At the same time, other processes map, attach, use
 * and close such buffers.
 *
 *	cmm-unbind ROUNDS ZONE
 *
 * One test: passed if each round went as it should, all memory is back, and the
 * devices have as many free addresses as before. What the kernel's log says is for
 * scripts/vm to find.
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

#include "device.h"
#include "driver.h"
#include "importer.h"
#include "kmemleak.h"
#include "ktap.h"
#include "zone.h"

#define DEVICE		"0000:00:05.0"
#define LEN		(16 * PAGE)
#define WORKERS		2
#define TEST_NAME	"unbind/zone_and_device_come_and_go"

/* What the workers did; shared with them. */
struct work {
	atomic_ullong maps, attachments, buffers;
};

static struct work *work;

static void must(int ret, const char *what)
{
	char text[256];

	if (ret >= 0)
		return;
	snprintf(text, sizeof(text), "%s: %s", what, strerror(-ret));
	ktap_result(FAILED, TEST_NAME, text);
	ktap_end();
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

/* A device, by its driver. What is left is released when the engine is closed. */
static void attach(int engine, int fd, bool release)
{
	struct import import;

	if (importer_import(engine, fd, CMM_IMPORT_BIDIRECTIONAL, &import))
		return;
	work->attachments++;
	if (release)
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
	int other = importer_open("edu1");

	while (true) {
		int node = zone_open(zone), engine = importer_open("edu0"), i;

		/* Now and then there is neither. */
		for (i = 0; node >= 0 && i < 50; i++) {
			int fd = zone_alloc(node, LEN, 0);

			if (fd < 0)
				break;
			map_device(node, fd);
			attach(other, fd, true);
			if (engine >= 0)
				attach(engine, fd, i % 2);
			use(fd);
			close(fd);
			/* A load, and not all that there is to do. */
			usleep(2000);
		}
		if (node >= 0)
			close(node);
		if (engine >= 0)
			close(engine);
		usleep(1000);
	}
}

/* --- the rounds --- */

struct round {
	bool zone_first;
	bool unplug;
	bool idle;		/* the driver has unmapped, and is attached still */
};

struct held {
	int node, fd, engine;
	struct cmm_dev_map map;
	struct import import;
};

static struct held hold(const char *zone, bool idle)
{
	struct held held = { .node = zone_open(zone) };

	must(held.node, "the zone");
	held.fd = zone_alloc(held.node, LEN, 0);
	must(held.fd, "a buffer");
	must(zone_map_device(held.node, held.fd, 0, CMM_DEV_MAP_RW, &held.map),
	     "a mapping");
	held.engine = importer_open("edu0");
	must(held.engine, "the engine");
	must(importer_import(held.engine, held.fd, CMM_IMPORT_BIDIRECTIONAL,
			     &held.import), "an attachment");
	if (idle)
		must(importer_unmap(held.engine, held.import.handle),
		     "unmapping");
	return held;
}

static void take_device(const struct held *held, const struct round *round)
{
	int ret;

	if (round->unplug)
		must(device_unplug(DEVICE), "unplugging the device");
	else
		must(device_unbind(DEVICE), "unbinding the device");
	/* All its mappings are gone. */
	ret = zone_unmap_device(held->node, held->map.id);
	if (ret != -ENOENT)
		must(ret ? ret : -EEXIST, "the mapping after the device");
	ret = importer_map(held->engine, held->import.handle,
			   CMM_IMPORT_BIDIRECTIONAL, NULL);
	if (ret != -ENODEV)
		must(ret ? ret : -EEXIST, "the attachment after the device");
}

static void give_device(const struct round *round)
{
	if (round->unplug)
		must(device_plug(), "plugging the device in");
	else
		must(device_bind(DEVICE), "binding the device");
}

static void unbind_zone(const struct held *held)
{
	int ret;

	must(driver_unbind(), "unbinding the zone");
	ret = zone_alloc(held->node, LEN, 0);
	if (ret != -ENODEV)
		must(ret < 0 ? ret : -EEXIST, "a buffer after the zone");
}

static void round_trip(const char *zone, const struct round *round)
{
	struct held held = hold(zone, round->idle);

	if (round->zone_first)
		unbind_zone(&held);
	take_device(&held, round);
	if (!round->zone_first)
		unbind_zone(&held);
	use(held.fd);
	close(held.fd);
	close(held.node);
	if (round->zone_first)
		give_device(round);
	/* Its attachment is the old driver's. */
	close(held.engine);
	/* Trying earlier would only fill the log; a linear zone's end is not seen. */
	while (driver_holds_range())
		usleep(10000);
	must(driver_bind_soon(zone), "binding the zone");
	/* Most of the time would be spent on clearing all of it, each time. */
	must(zone_set_attribute(zone, "scrub", "alloc"), "the zone's policy");
	if (!round->zone_first)
		give_device(round);
}

/* The free addresses of both devices, in pieces. */
static int room(const char *zone)
{
	static const char *const engines[] = { "edu0", "edu1" };
	int node = zone_open(zone), sum = 0, engine, ret, i;

	must(node, "the zone");
	for (i = 0; i < 2; i++) {
		engine = importer_open(engines[i]);
		must(engine, "an engine");
		ret = device_room(engine, node);
		must(ret, "the count of free addresses");
		sum += ret;
		close(engine);
	}
	close(node);
	return sum;
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
	int rounds, before, after, i;
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
	ktap_plan(1 + kmemleak_is_there());
	before = room(argv[2]);
	for (i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			work_for_ever(argv[2]);
	}
	for (i = 0; i < rounds; i++) {
		const struct round round = {
			.zone_first = i & 1,
			.unplug = i & 2,
			.idle = i & 4,
		};

		round_trip(argv[2], &round);
	}
	stop(pids);
	after = room(argv[2]);

	ktap_note("%d rounds, %llu mappings, %llu attachments, %llu buffers",
		  rounds, work->maps, work->attachments, work->buffers);
	ktap_note("room in the address spaces: %d chunks of 2 MiB before, %d after",
		  before, after);
	i = zone_open(argv[2]);
	must(i, "the zone at the end");
	good = !zone_used(i) && work->maps && work->attachments &&
	       after == before;
	close(i);
	ktap_test(good, TEST_NAME);
	kmemleak_test();
	return ktap_end();
}
