// SPDX-License-Identifier: MIT
/*
 * A device loses its driver, or goes altogether, while buffers are attached to it
 * and mapped for it. No address works any more afterwards, what is left of the
 * attachments does no harm, and the next driver gets nothing of the old one's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buffer.h"
#include "device.h"
#include "driver.h"
#include "file.h"
#include "importer.h"
#include "pattern.h"
#include "user.h"
#include "whois.h"

#define LEN		(4 * PAGE)
#define BOTH		CMM_IMPORT_BIDIRECTIONAL

enum way { UNBIND, UNPLUG, WAYS };

static const char *const way_names[WAYS] = { "unbind", "unplug" };

static void take_away(enum way way)
{
	ASSERT_OK(way == UNBIND ? device_unbind(EDU0) : device_unplug(EDU0));
}

static void give_back(enum way way)
{
	ASSERT_OK(way == UNBIND ? device_bind(EDU0) : device_plug());
}

struct setting {
	int node, engine;
	bool translated;
	struct buffer buffer;
	struct import import;
};

static struct setting set_up(void)
{
	struct setting s = { .node = ASSERT_OK(zone_open(ZONE)) };

	s.engine = open_importer("edu0");
	s.translated = ASSERT_OK(importer_is_translated(s.engine));
	s.buffer = buffer_alloc(s.node, LEN, 0);
	s.import = import(s.engine, s.buffer.fd, BOTH);
	return s;
}

static struct cmm_list_entry entry_of(int node)
{
	struct cmm_list_entry entry;

	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	return entry;
}

/* --- calls of an importer after the unbind --- */

static void expect_dead(struct setting *s, enum way way)
{
	uint32_t handle;

	ASSERT_ERR(importer_map(s->engine, s->import.handle, BOTH, NULL),
		   ENODEV);
	ASSERT_ERR(importer_map(s->engine, s->import.handle,
				CMM_IMPORT_TO_DEVICE, NULL), ENODEV);
	/* Without an IOMMU, a device that is there needs no driver. */
	if (s->translated || way == UNPLUG) {
		ASSERT_ERR(importer_attach(s->engine, s->buffer.fd, &handle),
			   ENODEV);
	} else {
		ASSERT_OK(importer_attach(s->engine, s->buffer.fd, &handle));
		ASSERT_OK(importer_detach(s->engine, handle));
	}
}

TEST_LIMIT(attachment_is_unusable_after_device_unbind, 60)
{
	int way, idle;

	for (way = 0; way < WAYS; way++) {
		for (idle = 0; idle < 2; idle++) {
			struct setting s = set_up();

			note("%s, %s", way_names[way],
			     idle ? "idle" : "in use");
			if (idle)
				ASSERT_OK(importer_unmap(s.engine,
							 s.import.handle));
			take_away(way);
			expect_dead(&s, way);
			ASSERT_EQ(entry_of(s.node).attached, 1);
			ASSERT_STREQ(entry_of(s.node).devices, EDU0);
			if (!idle)
				ASSERT_OK(importer_unmap(s.engine,
							 s.import.handle));
			expect_dead(&s, way);
			ASSERT_OK(importer_detach(s.engine, s.import.handle));
			ASSERT_EQ(entry_of(s.node).attached, 0);
			buffer_free(&s.buffer);
			give_back(way);
			close(s.engine);
			close(s.node);
		}
	}
}

TEST(device_unbind_ends_attachment_that_was_never_mapped)
{
	int way;

	for (way = 0; way < WAYS; way++) {
		int node = ASSERT_OK(zone_open(ZONE));
		int engine = open_importer("edu0");
		int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
		uint32_t handle;

		note("%s", way_names[way]);
		ASSERT_OK(importer_attach(engine, fd, &handle));
		take_away(way);
		ASSERT_ERR(importer_map(engine, handle, BOTH, NULL), ENODEV);
		give_back(way);
		ASSERT_ERR(importer_map(engine, handle, BOTH, NULL), ENODEV);
		ASSERT_OK(importer_detach(engine, handle));
		close(fd);
		close(engine);
		close(node);
	}
}

/* --- list and close --- */

struct visit {
	int node, engine;
	int gone[2], ready[2];
};

static void list_as_nobody(void *arg)
{
	struct visit *v = arg;
	struct import dma;
	struct cmm_query query;
	char byte;
	int fd;

	become(NOBODY);
	fd = ASSERT_OK(zone_alloc(v->node, LEN, 0));
	dma = import(v->engine, fd, BOTH);
	ASSERT_EQ(write(v->ready[1], "", 1), 1);
	ASSERT_EQ(read(v->gone[0], &byte, 1), 1);
	ASSERT_STREQ(entry_of(v->node).devices, EDU0);
	ASSERT_OK(zone_query(v->node, fd, &query));
	/* The attachment ends with the last descriptor of the importer's. */
	(void)dma;
	close(v->engine);
	close(fd);
}

TEST(list_and_close_work_after_device_unbind)
{
	int way;

	for (way = 0; way < WAYS; way++) {
		struct visit v = {
			.node = ASSERT_OK(zone_open(ZONE)),
			.engine = open_importer("edu0"),
		};
		pid_t pid;
		char byte;

		note("%s", way_names[way]);
		ASSERT(!pipe(v.gone) && !pipe(v.ready));
		pid = fork_to(list_as_nobody, &v);
		close(v.engine);
		ASSERT_EQ(read(v.ready[0], &byte, 1), 1);
		take_away(way);
		ASSERT_EQ(write(v.gone[1], "", 1), 1);
		join(pid);
		expect_used_soon(0);
		give_back(way);
		close(v.gone[0]);
		close(v.gone[1]);
		close(v.ready[0]);
		close(v.ready[1]);
		close(v.node);
	}
}

/* --- the next driver --- */

TEST_LIMIT(rebound_device_gets_a_new_mapping, 60)
{
	int way;

	for (way = 0; way < WAYS; way++) {
		struct setting s = set_up();
		struct import again;
		int engine;

		note("%s", way_names[way]);
		take_away(way);
		give_back(way);
		engine = open_importer("edu0");
		ASSERT_ERR(importer_map(s.engine, s.import.handle, BOTH, NULL),
			   ENODEV);
		again = import(engine, s.buffer.fd, BOTH);
		ASSERT_EQ(entry_of(s.node).attached, 2);
		buffer_fill(&s.buffer, 3);
		ASSERT_OK(importer_copy(engine, again.map.addr + 2 * PAGE,
					again.map.addr, 512));
		ASSERT_PATTERN(pattern_check(s.buffer.at + 2 * PAGE, 512, 0,
					     3));
		/* Ending the old mapping does not end the new one. */
		ASSERT_OK(importer_release(&s.import));
		if (s.translated)
			ASSERT_EQ(translate(engine, again.map.addr),
				  buffer_phys(s.node, s.buffer.fd));
		ASSERT_OK(importer_copy(engine, again.map.addr + 3 * PAGE,
					again.map.addr, 512));
		ASSERT_OK(importer_release(&again));
		buffer_free(&s.buffer);
		close(engine);
		close(s.engine);
		close(s.node);
	}
}

/* The buffer's place is the next owner's, and the device's driver is a new one. */
static void expect_stopped(int engine, uint64_t addr, int node, uint64_t offset)
{
	struct buffer next = buffer_alloc(node, LEN, 0);

	ASSERT_EQ(buffer_offset(node, next.fd), offset);
	buffer_fill(&next, 7);
	ASSERT_EQ(stray(engine, addr, true).type, SMMU_TRANSLATION);
	ASSERT_EQ(stray(engine, addr, false).type, SMMU_TRANSLATION);
	buffer_expect(&next, 7);
	buffer_free(&next);
}

TEST_LIMIT(old_dma_address_does_not_reach_the_next_buffer, 120)
{
	int way, idle;

	for (way = 0; way < WAYS; way++) {
		for (idle = 0; idle < 2; idle++) {
			struct setting s = set_up();
			uint64_t offset = buffer_offset(s.node, s.buffer.fd);
			uint64_t addr = s.import.map.addr;
			int engine;

			if (!s.translated)
				skip("no IOMMU stops the device");
			note("%s, %s", way_names[way],
			     idle ? "idle" : "in use");
			if (idle)
				ASSERT_OK(importer_unmap(s.engine,
							 s.import.handle));
			take_away(way);
			if (way == UNBIND)
				ASSERT_EQ(translate(s.engine, addr), 0);
			give_back(way);
			engine = open_importer("edu0");
			ASSERT_EQ(translate(engine, addr), 0);
			ASSERT_OK(importer_detach(s.engine, s.import.handle));
			close(s.engine);
			buffer_free(&s.buffer);
			expect_stopped(engine, addr, s.node, offset);
			close(engine);
			close(s.node);
		}
	}
}

/* --- address leaks --- */

TEST_LIMIT(unbind_leaks_no_dma_address, 120)
{
	int node = ASSERT_OK(zone_open(ZONE)), engine = open_importer("edu0");
	int before = device_room(engine, node), round;

	close(engine);
	close(node);
	if (before == -EOPNOTSUPP)
		skip("there is no IOMMU");
	if (before == -ENOSPC)
		skip("the zone is smaller than the address space");
	ASSERT(before > 64);
	for (round = 0; round < 8; round++) {
		struct setting s = set_up();

		if (round & 1)
			ASSERT_OK(importer_unmap(s.engine, s.import.handle));
		device_unbind(EDU0);
		if (round & 2)
			ASSERT_OK(importer_detach(s.engine, s.import.handle));
		if (round & 4)
			close(s.engine);
		device_bind(EDU0);
		if (!(round & 4))
			close(s.engine);
		buffer_free(&s.buffer);
		close(s.node);
	}
	node = ASSERT_OK(zone_open(ZONE));
	engine = open_importer("edu0");
	ASSERT_EQ(device_room(engine, node), before);
	close(engine);
	close(node);
}

/*
 * A driver may attach an IOMMU domain of its own to its device. The DMA API then maps
 * in a domain that the device does not use, and takes an address from there.
 */
ZONE_TEST(driver_with_own_iommu_domain_leaks_no_dma_address)
{
	int engine = open_importer("edu0");
	int other = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	struct import dma;

	if (!ASSERT_OK(importer_is_translated(engine)))
		skip("there is no IOMMU");
	ASSERT_OK(importer_own_domain(other));
	dma = import(engine, fd, BOTH);
	ASSERT(dma.map.addr != buffer_phys(node, fd));
	ASSERT_EQ(translate(engine, dma.map.addr), 0);
	close(other);
	ASSERT_EQ(translate(engine, dma.map.addr), buffer_phys(node, fd));

	ASSERT_OK(importer_release(&dma));
	ASSERT_EQ(translate(engine, dma.map.addr), 0);

	other = open_importer("edu0");
	ASSERT_OK(importer_own_domain(other));
	dma = import(engine, fd, BOTH);
	ASSERT_OK(importer_release(&dma));
	close(other);
	ASSERT_EQ(translate(engine, dma.map.addr), 0);
	close(fd);
	close(engine);
}

/* --- a driver that cleans up, on a bus that is not built in --- */

#define BUS		"cmm_bus"
#define PARAMETERS	"/sys/module/cmm_importer/parameters/"

/* What the driver's last attach returned, which came too late. */
static int late_attach(void)
{
	FILE *file = fopen(PARAMETERS "bus_late", "r");
	int ret;

	ASSERT(file);
	ASSERT_EQ(fscanf(file, "%d", &ret), 1);
	fclose(file);
	return ret;
}

/* Attaches and maps; skips the test if the zone is for devices that snoop. */
static struct import import_by_bus(int importer, int fd)
{
	struct import dma;
	int ret = importer_import(importer, fd, BOTH, &dma);

	if (ret == -EOPNOTSUPP)
		skip("the zone is for devices that snoop");
	ASSERT_OK(ret);
	return dma;
}

ZONE_TEST(driver_can_detach_in_its_remove)
{
	int round;
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));

	for (round = 0; round < 3; round++) {
		int engine = open_importer("bus");
		struct import dma = import_by_bus(engine, fd);

		ASSERT_STREQ(entry_of(node).devices, BUS);
		if (round == 1)
			ASSERT_OK(importer_unmap(engine, dma.handle));
		ASSERT_OK(device_unbind(BUS));
		ASSERT_EQ(entry_of(node).attached, 0);
		ASSERT_ERR(importer_detach(engine, dma.handle), ENOENT);
		ASSERT_ERR(late_attach(), ENODEV);
		close(engine);
		ASSERT_OK(device_bind(BUS));
	}
	close(fd);
	expect_used_soon(0);
}

/* A device that was plugged in again is bound last. Number the engines as at boot. */
static void renumber_engines(void)
{
	ASSERT_OK(device_unplug(EDU0));
	ASSERT_OK(device_unplug("0000:00:06.0"));
	ASSERT_OK(device_plug());
}

/* A module may have the driver, the device and the bus. All go at once. */
ZONE_TEST(module_with_bus_can_be_unloaded_after_last_detach)
{
	int round;
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));

	for (round = 0; round < 10; round++) {
		int engine = open_importer("bus");
		struct import dma = import_by_bus(engine, fd);

		if (round % 2)
			ASSERT_OK(importer_detach(engine, dma.handle));
		close(engine);
		ASSERT(!syscall(SYS_delete_module, "cmm_importer", O_NONBLOCK));
		ASSERT_OK(module_probe("cmm_importer"));
	}
	renumber_engines();
	close(fd);
	expect_used_soon(0);
}

ZONE_TEST(failed_driver_probe_leaves_nothing_attached)
{
	int engine = open_importer("bus");
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	struct import dma = import_by_bus(engine, fd);

	ASSERT_OK(device_unbind(BUS));
	close(engine);
	ASSERT_OK(file_write(PARAMETERS "bus_fail", "1"));
	/* Some kernels return here that probe() failed. */
	device_bind(BUS);
	ASSERT_ERR(importer_open("bus"), ENOENT);
	ASSERT_ERR(late_attach(), ENODEV);
	ASSERT_EQ(entry_of(node).attached, 0);
	ASSERT_OK(file_write(PARAMETERS "bus_fail", "0"));
	ASSERT_OK(device_bind(BUS));
	engine = open_importer("bus");
	dma = import(engine, fd, BOTH);
	ASSERT_OK(importer_release(&dma));
	close(engine);
	close(fd);
	expect_used_soon(0);
}

/* --- mappings on request --- */

TEST(driver_unbind_ends_dev_map_of_the_same_buffer)
{
	int idle;

	for (idle = 0; idle < 2; idle++) {
		struct setting s = set_up();
		struct cmm_dev_entry entry;
		struct cmm_dev_map map;

		if (!ASSERT_OK(zone_devices(s.node, &entry, 1)))
			skip("the zone has no devices");
		if (!s.translated)
			skip("the engine cannot reach the zone for a client");
		note("%s", idle ? "idle" : "in use");
		ASSERT_OK(zone_map_device(s.node, s.buffer.fd, 0,
					  CMM_DEV_MAP_RW, &map));
		ASSERT_EQ(map.addr, s.import.map.addr);
		ASSERT_EQ(entry_of(s.node).attached, 2);
		if (idle)
			ASSERT_OK(importer_unmap(s.engine, s.import.handle));
		take_away(UNBIND);
		ASSERT_ERR(zone_unmap_device(s.node, map.id), ENOENT);
		ASSERT_EQ(entry_of(s.node).attached, 1);
		ASSERT_EQ(translate(s.engine, map.addr), 0);
		ASSERT_EQ(ask(s.node, EDU0, map.addr).state, CMM_WHOIS_LIVE);
		give_back(UNBIND);
		ASSERT_OK(importer_detach(s.engine, s.import.handle));
		buffer_free(&s.buffer);
		close(s.engine);
		close(s.node);
	}
}

/* --- concurrency --- */

static void attach_again_and_again(void *arg)
{
	int node = ASSERT_OK(zone_open(ZONE)), round;

	(void)arg;
	for (round = 0; round < 300; round++) {
		int engine = importer_open("edu0"), i;

		for (i = 0; engine >= 0 && i < 5; i++) {
			int fd = ASSERT_OK(zone_alloc(node, LEN, 0)), ret;
			struct import dma;

			ret = importer_import(engine, fd, BOTH, &dma);
			if (ret)
				ASSERT_ERR(ret, ENODEV);
			else if (i % 2)
				ASSERT_OK(importer_release(&dma));
			close(fd);
		}
		if (engine >= 0)
			close(engine);
		else
			usleep(1000);
	}
	close(node);
}

TEST_LIMIT(device_can_be_unbound_during_attach, 120)
{
	pid_t a = fork_to(attach_again_and_again, NULL);
	pid_t b = fork_to(attach_again_and_again, NULL);
	int i;

	for (i = 0; i < 10; i++) {
		usleep(5000);
		take_away(i % 2);
		give_back(i % 2);
	}
	join(a);
	join(b);
	expect_used_soon(0);
}
