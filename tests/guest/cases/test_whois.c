// SPDX-License-Identifier: MIT
/*
 * CMM_IOC_WHOIS: which buffer an address belongs to, or belonged to last, and which
 * callers may see it.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "file.h"
#include "importer.h"
#include "user.h"
#include "whois.h"

#define LEN		(4 * PAGE)
#define BOTH		CMM_IMPORT_BIDIRECTIONAL
#define THERE		(CMM_WHOIS_LIVE | CMM_WHOIS_MAPPED)

/* The zone's node, opened when nothing has been in the zone yet. */
static int open_fresh(void)
{
	ASSERT_OK(driver_unbind());
	ASSERT_OK(driver_bind_soon(ZONE));
	return ASSERT_OK(zone_open(ZONE));
}

static void expect_unknown(int node, const char *device, uint64_t addr)
{
	struct cmm_whois whois;

	ASSERT_ERR(zone_whois(node, device, addr, &whois), ENOENT);
	ASSERT_EQ(whois.id, 0);
}

/* --- live buffers and mappings --- */

TEST(whois_reports_attached_buffer)
{
	static const struct { uint32_t dir, access; } cases[] = {
		{ CMM_IMPORT_TO_DEVICE, CMM_DEV_MAP_READ },
		{ CMM_IMPORT_FROM_DEVICE, CMM_DEV_MAP_WRITE },
		{ CMM_IMPORT_BIDIRECTIONAL, CMM_DEV_MAP_RW },
	};
	uint64_t before = whois_now();
	int node = open_fresh(), engine = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc_named(node, LEN, 0, "frame"));
	uint64_t after = whois_now();
	struct cmm_whois whois;
	struct cmm_info info;
	size_t i;

	ASSERT_OK(zone_info(node, &info));
	ASSERT(info.features & CMM_FEATURE_WHOIS);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct import dma = import(engine, fd, cases[i].dir);

		note("direction %u", cases[i].dir);
		whois = ask(node, EDU0, dma.map.addr + PAGE + 5);
		expect_between(whois.born_ns, before, after);
		expect_between(whois.now_ns, after, whois_now());
		ASSERT_EQ(whois.state, THERE);
		ASSERT_EQ(whois.id, buffer_id(node, fd));
		ASSERT_EQ(whois.offset, PAGE + 5);
		ASSERT_EQ(whois.len, LEN);
		ASSERT_EQ(whois.freed_ns, 0);
		ASSERT_EQ(whois.unmapped_ns, 0);
		ASSERT_EQ(whois.uid, geteuid());
		ASSERT_EQ(whois.pid, getpid());
		ASSERT_EQ(whois.access, cases[i].access);
		ASSERT_STREQ(whois.comm, "cmm-check");
		ASSERT_STREQ(whois.name, "frame");
		ASSERT_EQ(ask(node, EDU0, dma.map.addr).offset, 0);
		ASSERT_EQ(ask(node, EDU0, dma.map.addr + LEN - 1).offset,
			  LEN - 1);
		ASSERT_OK(importer_release(&dma));
	}
	close(fd);
	close(engine);
	close(node);
}

TEST(whois_reports_nothing_beside_the_buffer)
{
	int node = open_fresh(), engine = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	struct import dma = import(engine, fd, BOTH);
	uint64_t addr = dma.map.addr;

	expect_unknown(node, EDU0, addr - 1);
	expect_unknown(node, EDU0, addr + LEN);
	expect_unknown(node, EDU0, 0);
	expect_unknown(node, EDU0, ~0ULL);
	/* Other devices, also those whose names begin or end as its does. */
	expect_unknown(node, "0000:00:06.0", addr);
	expect_unknown(node, "0000:00:05", addr);
	expect_unknown(node, "0000:00:05.00", addr);
	expect_unknown(node, "no such device", addr);
	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(engine);
	close(node);
}

ZONE_TEST(whois_reports_dev_map_mapping)
{
	int fd;
	struct cmm_dev_entry entry;
	struct cmm_dev_map map;
	struct cmm_whois whois;
	uint64_t before;

	if (!ASSERT_OK(zone_devices(node, &entry, 1)))
		skip("the zone has no devices");
	fd = ASSERT_OK(zone_alloc_named(node, LEN, 0, "weights"));
	ASSERT_OK(zone_map_device(node, fd, 0, CMM_DEV_MAP_READ, &map));
	whois = ask(node, entry.name, map.addr + 7);
	ASSERT_EQ(whois.state, THERE);
	ASSERT_EQ(whois.id, buffer_id(node, fd));
	ASSERT_EQ(whois.offset, 7);
	ASSERT_EQ(whois.access, CMM_DEV_MAP_READ);
	ASSERT_STREQ(whois.name, "weights");
	before = whois_now();
	ASSERT_OK(zone_unmap_device(node, map.id));
	whois = ask(node, entry.name, map.addr + 7);
	ASSERT_EQ(whois.state, CMM_WHOIS_LIVE);
	expect_between(whois.unmapped_ns, before, whois_now());
	close(fd);
}

/* --- history --- */

ZONE_TEST(whois_reports_ended_mapping_of_a_live_buffer)
{
	int engine = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc_named(node, LEN, 0, "unmapped"));
	struct import dma = import(engine, fd, CMM_IMPORT_TO_DEVICE);
	struct import also = import(engine, fd, CMM_IMPORT_TO_DEVICE);
	struct cmm_whois whois;
	uint64_t before;

	/* One address for both: it ends with the last. */
	ASSERT_EQ(dma.map.addr, also.map.addr);
	ASSERT_OK(importer_release(&dma));
	ASSERT_EQ(ask(node, EDU0, also.map.addr).state, THERE);
	before = whois_now();
	ASSERT_OK(importer_release(&also));
	whois = ask(node, EDU0, also.map.addr + LEN - 1);
	ASSERT_EQ(whois.state, CMM_WHOIS_LIVE);
	ASSERT_EQ(whois.id, buffer_id(node, fd));
	ASSERT_EQ(whois.offset, LEN - 1);
	ASSERT_EQ(whois.access, CMM_DEV_MAP_READ);
	ASSERT_EQ(whois.freed_ns, 0);
	expect_between(whois.unmapped_ns, before, whois_now());
	close(fd);
	close(engine);
}

struct told {
	int node, engine;
	int to_parent;
	uint64_t addr, id;
	pid_t pid;
};

/* In a process that does not live to be asked about. */
static void map_and_die(void *arg)
{
	struct told told = *(struct told *)arg;
	int fd = ASSERT_OK(zone_alloc_named(told.node, LEN, 0, "of the dead"));
	struct import dma = import(told.engine, fd, CMM_IMPORT_FROM_DEVICE);

	told.addr = dma.map.addr;
	told.id = buffer_id(told.node, fd);
	told.pid = getpid();
	ASSERT_OK(importer_release(&dma));
	usleep(20000);
	close(fd);
	ASSERT_EQ(write(told.to_parent, &told, sizeof(told)), sizeof(told));
}

TEST(whois_reports_freed_buffer_of_a_dead_process)
{
	struct told told = {
		.node = ASSERT_OK(zone_open(ZONE)),
		.engine = open_importer("edu0"),
	};
	uint64_t before = whois_now(), after;
	struct cmm_whois whois, phys;
	int pipes[2];

	ASSERT(!pipe(pipes));
	told.to_parent = pipes[1];
	join(fork_to(map_and_die, &told));
	expect_used_soon(0);
	after = whois_now();
	ASSERT_EQ(read(pipes[0], &told, sizeof(told)), sizeof(told));
	whois = ask(told.node, EDU0, told.addr + PAGE);
	ASSERT_EQ(whois.state, 0);
	ASSERT_EQ(whois.id, told.id);
	ASSERT_EQ(whois.pid, told.pid);
	ASSERT_EQ(whois.uid, geteuid());
	ASSERT_EQ(whois.offset, PAGE);
	ASSERT_EQ(whois.len, LEN);
	ASSERT_EQ(whois.access, CMM_DEV_MAP_WRITE);
	ASSERT_STREQ(whois.name, "of the dead");
	ASSERT_STREQ(whois.comm, "cmm-check");
	expect_between(whois.born_ns, before, whois.unmapped_ns);
	/* That much was slept between. */
	expect_between(whois.freed_ns, whois.unmapped_ns + 20000000, after);

	/* What is told of the buffer does not depend on how it is asked. */
	phys = ask(told.node, NULL, chosen.start);
	ASSERT_EQ(phys.id, told.id);
	ASSERT_EQ(phys.freed_ns, whois.freed_ns);
	ASSERT_EQ(phys.born_ns, whois.born_ns);
	ASSERT_EQ(phys.pid, told.pid);
	close(pipes[0]);
	close(pipes[1]);
	close(told.engine);
	close(told.node);
}

/* --- processes in namespaces of their own --- */

#define NAMESPACE_LIMIT	"/proc/sys/user/max_pid_namespaces"

/* The first process of a pid namespace, and of the namespace's end the last. */
static void allocate_and_free(void *arg)
{
	int node = *(int *)arg;
	int fd = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "contained"));
	struct cmm_whois whois;

	ASSERT_EQ(getpid(), 1);
	ASSERT_EQ(ask(node, NULL, chosen.start).pid, 1);
	close(fd);
	/* What the history tells is a number of the initial namespace. */
	whois = ask(node, NULL, chosen.start);
	ASSERT_EQ(whois.state, 0);
	ASSERT_EQ(whois.pid, 0);
}

static bool is_contained(void)
{
	if (!unshare(CLONE_NEWPID))
		return true;
	ASSERT_EQ(errno, ENOSPC);
	return false;
}

static void contain(void *arg)
{
	struct cmm_whois whois;
	pid_t pid;

	/* The kernel takes a while to count the end of a namespace. */
	WAIT_UNTIL(is_contained());
	pid = fork_to(allocate_and_free, arg);
	join(pid);
	whois = ask(*(int *)arg, NULL, chosen.start);
	ASSERT_STREQ(whois.name, "contained");
	ASSERT_EQ(whois.pid, pid);
}

TEST_LIMIT(history_keeps_no_pid_namespace_alive, 120)
{
	int node = open_fresh(), i;

	ASSERT_OK(file_write(NAMESPACE_LIMIT, "100"));
	for (i = 0; i < 150; i++)
		join(fork_to(contain, &node));
	ASSERT_OK(file_write(NAMESPACE_LIMIT, "10000"));
	close(node);
}

TEST(whois_reports_the_newest_mapping_of_an_address)
{
	int node = open_fresh(), engine = open_importer("edu0"), i;
	struct cmm_whois whois;
	char name[16];

	for (i = 0; i < 20; i++) {
		struct import dma;
		uint64_t id;
		int fd;

		snprintf(name, sizeof(name), "user %d", i);
		fd = ASSERT_OK(zone_alloc_named(node, LEN, 0, name));
		id = buffer_id(node, fd);
		dma = import(engine, fd, BOTH);
		/* Others may have had the address before: it is here now. */
		whois = ask(node, EDU0, dma.map.addr);
		ASSERT_EQ(whois.state, THERE);
		ASSERT_EQ(whois.id, id);
		ASSERT_STREQ(whois.name, name);
		ASSERT_OK(importer_release(&dma));
		close(fd);
		whois = ask(node, EDU0, dma.map.addr);
		ASSERT_EQ(whois.state, 0);
		ASSERT_EQ(whois.id, id);
		ASSERT_STREQ(whois.name, name);
		whois = ask(node, NULL, chosen.start + 1);
		ASSERT_EQ(whois.id, id);
		ASSERT_STREQ(whois.name, name);
	}
	close(engine);
	close(node);
}

/* The first page keeps its history, as what comes after does not fit there. */
TEST(history_drops_the_oldest_entry_first)
{
	int node = open_fresh(), count;
	int first = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "first"));
	int second = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "second"));
	struct cmm_whois whois;

	close(first);
	ASSERT_STREQ(ask(node, NULL, chosen.start).name, "first");
	for (count = 0; count < 5000; count++) {
		int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
		uint64_t id = buffer_id(node, fd);

		ASSERT_EQ(buffer_offset(node, fd), 2 * PAGE);
		close(fd);
		ASSERT_EQ(ask(node, NULL, chosen.start + 2 * PAGE).id, id);
		if (zone_whois(node, NULL, chosen.start, &whois))
			break;
		ASSERT_STREQ(whois.name, "first");
	}
	note("forgotten after %d more", count);
	ASSERT(count >= 200);
	ASSERT(count < 5000);
	expect_unknown(node, NULL, chosen.start);
	/* Live buffers are not history. */
	ASSERT_EQ(ask(node, NULL, chosen.start + PAGE).state, CMM_WHOIS_LIVE);
	close(second);
	close(node);
}

/* --- physical addresses --- */

TEST(whois_finds_buffers_by_physical_address)
{
	int node = open_fresh();
	int fd = ASSERT_OK(zone_alloc_named(node, 3 * PAGE - 5, 0, "odd"));
	uint64_t id = buffer_id(node, fd), end = chosen.start + 3 * PAGE;
	struct cmm_whois whois = ask(node, NULL, chosen.start + PAGE + 3);
	uint64_t before;
	int behind;

	ASSERT_EQ(whois.state, CMM_WHOIS_LIVE);
	ASSERT_EQ(whois.id, id);
	ASSERT_EQ(whois.offset, PAGE + 3);
	ASSERT_EQ(whois.len, 3 * PAGE);
	ASSERT_EQ(whois.access, 0);
	ASSERT_STREQ(whois.name, "odd");
	ASSERT_EQ(ask(node, NULL, chosen.start).offset, 0);
	/* The tail of its last page is the buffer's. */
	ASSERT_EQ(ask(node, NULL, end - 1).offset, 3 * PAGE - 1);
	expect_unknown(node, NULL, end);
	behind = ASSERT_OK(zone_alloc(node, PAGE, 0));
	whois = ask(node, NULL, end);
	ASSERT_EQ(whois.id, buffer_id(node, behind));
	ASSERT_EQ(whois.offset, 0);
	ASSERT_EQ(ask(node, NULL, end - 1).id, id);

	expect_unknown(node, NULL, chosen.start - 1);
	expect_unknown(node, NULL, chosen.start + ZONE_SIZE - 1);
	expect_unknown(node, NULL, chosen.start + ZONE_SIZE);
	expect_unknown(node, NULL, 0);
	expect_unknown(node, NULL, ~0ULL);

	before = whois_now();
	close(fd);
	whois = ask(node, NULL, end - 1);
	ASSERT_EQ(whois.state, 0);
	ASSERT_EQ(whois.id, id);
	ASSERT_EQ(whois.unmapped_ns, 0);
	expect_between(whois.freed_ns, before, whois_now());
	close(behind);
	close(node);
}

/* The caller already has the address. */
ZONE_TEST(whois_discloses_no_address)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_whois whois = ask(node, NULL, chosen.start + 11);
	uint64_t phys = chosen.start;
	uint8_t *answer = (uint8_t *)&whois;
	size_t i;

	ASSERT_EQ(whois.id, buffer_id(node, fd));
	for (i = sizeof(whois.addr); i + sizeof(phys) <= sizeof(whois); i++)
		ASSERT(memcmp(answer + i, &phys, sizeof(phys)));
	close(fd);
}

/* --- permissions --- */

struct asker {
	int node, engine, plain;
	int fd;			/* root's buffer */
	struct import dma;	/* and its mapping for EDU0 */
	struct import direct;	/* and for PLAIN */
	uint64_t iova, bus;	/* their addresses */
	bool translated;	/* EDU0 is */
};

/* With root's buffer the first in the zone. */
static struct asker meet_asker(void)
{
	struct asker a = {
		.node = open_fresh(),
		.engine = open_importer("edu0"),
		.plain = open_importer("plain"),
	};

	a.fd = ASSERT_OK(zone_alloc(a.node, LEN, 0));
	a.dma = import(a.engine, a.fd, BOTH);
	a.direct = import(a.plain, a.fd, BOTH);
	a.iova = a.dma.map.addr;
	a.bus = a.direct.map.addr;
	a.translated = ASSERT_OK(importer_is_translated(a.engine));
	return a;
}

static void take_leave(struct asker *a)
{
	ASSERT_OK(importer_release(&a->direct));
	ASSERT_OK(importer_release(&a->dma));
	close(a->fd);
	close(a->plain);
	close(a->engine);
	close(a->node);
}

static void ask_as_nobody(void *arg)
{
	struct asker *a = arg;
	struct cmm_whois whois;
	struct import dma, direct;
	int fd;

	become(NOBODY);
	/* Buffers of other users are unknown to any query. */
	expect_unknown(a->node, EDU0, a->iova);
	expect_unknown(a->node, PLAIN, a->bus);
	ASSERT_ERR(zone_whois(a->node, NULL, chosen.start, &whois), EPERM);
	ASSERT_ERR(zone_whois(a->node, NULL, 0, &whois), EPERM);

	fd = ASSERT_OK(zone_alloc_named(a->node, PAGE, 0, "nobody's"));
	dma = import(a->engine, fd, BOTH);
	direct = import(a->plain, fd, BOTH);
	if (a->translated) {
		whois = ask(a->node, EDU0, dma.map.addr + 9);
		ASSERT_EQ(whois.state, THERE);
		ASSERT_EQ(whois.uid, NOBODY);
		ASSERT_STREQ(whois.name, "nobody's");
		expect_unknown(a->node, EDU0, a->iova);
	} else {
		ASSERT_ERR(zone_whois(a->node, EDU0, dma.map.addr, &whois),
			   EPERM);
	}
	/* The answer does not tell the right physical address from others. */
	ASSERT_ERR(zone_whois(a->node, PLAIN, direct.map.addr, &whois), EPERM);
	ASSERT_ERR(zone_whois(a->node, PLAIN, a->bus, &whois), EPERM);
	ASSERT_ERR(zone_whois(a->node, PLAIN, 0, &whois), EPERM);
	ASSERT_OK(importer_release(&direct));
	ASSERT_ERR(zone_whois(a->node, PLAIN, direct.map.addr, &whois), EPERM);
	ASSERT_ERR(zone_whois(a->node, PLAIN, 0, &whois), EPERM);
	ASSERT_OK(importer_release(&dma));
	close(fd);
	if (a->translated)
		ASSERT_EQ(ask(a->node, EDU0, dma.map.addr).state, 0);
}

TEST(whois_hides_buffers_of_other_users)
{
	struct asker a = meet_asker();

	join(fork_to(ask_as_nobody, &a));
	expect_used_soon(LEN);
	/* Root learns of all, by a bus address that is physical as well. */
	ASSERT_EQ(ask(a.node, PLAIN, a.bus).state, THERE);
	ASSERT_EQ(ask(a.node, NULL, chosen.start + LEN).uid, NOBODY);
	take_leave(&a);
}

static void ask_without_rawio(void *arg)
{
	struct asker *a = arg;
	struct cmm_whois whois;

	drop_capability(CAP_SYS_RAWIO);
	ASSERT_ERR(zone_whois(a->node, NULL, chosen.start, &whois), EPERM);
	ASSERT_ERR(zone_whois(a->node, PLAIN, a->bus, &whois), EPERM);
	if (a->translated)
		ASSERT_EQ(ask(a->node, EDU0, a->iova).state, THERE);
}

TEST(whois_by_physical_address_needs_a_privilege)
{
	struct asker a = meet_asker();

	join(fork_to(ask_without_rawio, &a));
	take_leave(&a);
}

/* --- malformed requests --- */

static void expect_refused(int node, struct cmm_whois whois, int wanted)
{
	struct cmm_whois copy = whois;

	ASSERT_ERR(zone_ioctl(node, CMM_IOC_WHOIS, &copy), wanted);
	ASSERT(!memcmp(&copy, &whois, sizeof(copy)));
}

ZONE_TEST(malformed_whois_requests_are_refused)
{
	int bit;
	struct cmm_whois whois = { .addr = 1 };
	struct cmm_whois *page;
	int fd;

	note("neither a device nor physical");
	expect_refused(node, whois, EINVAL);
	for (bit = 0; bit < 32; bit++) {
		note("bit %d", bit);
		strcpy(whois.device, EDU0);
		whois.flags = 1U << bit;
		expect_refused(node, whois, EINVAL);
		whois.flags = 0;
		whois.pad = 1U << bit;
		expect_refused(node, whois, EINVAL);
		memset(whois.device, 0, sizeof(whois.device));
		whois.flags = CMM_WHOIS_PHYS;
		expect_refused(node, whois, EINVAL);
		whois.pad = 0;
	}
	for (bit = 1; bit < 32; bit++) {
		note("bit %d besides", bit);
		whois.flags = CMM_WHOIS_PHYS | 1U << bit;
		expect_refused(node, whois, EINVAL);
	}
	note("a name without an end");
	whois.flags = 0;
	memset(whois.device, 'x', sizeof(whois.device));
	expect_refused(node, whois, EINVAL);
	note("the longest name");
	whois.device[sizeof(whois.device) - 1] = '\0';
	expect_refused(node, whois, ENOENT);

	note("an answer that cannot be written");
	fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(page != MAP_FAILED);
	page->addr = chosen.start;
	page->flags = CMM_WHOIS_PHYS;
	ASSERT(!mprotect(page, PAGE, PROT_READ));
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_WHOIS, page), EFAULT);
	munmap(page, PAGE);
	close(fd);
}

/* Every byte of the output is written, whatever the input held. */
ZONE_TEST(whois_overwrites_every_byte_of_the_answer)
{
	int fd = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "x"));
	struct cmm_whois whois;
	size_t i;

	memset(&whois, 0xa5, sizeof(whois));
	whois.addr = chosen.start;
	whois.flags = CMM_WHOIS_PHYS;
	whois.pad = 0;
	memset(whois.device, 0, sizeof(whois.device));
	ASSERT_OK(zone_ioctl(node, CMM_IOC_WHOIS, &whois));
	ASSERT_EQ(whois.state, CMM_WHOIS_LIVE);
	ASSERT_EQ(whois.id, buffer_id(node, fd));
	ASSERT_EQ(whois.unmapped_ns, 0);
	ASSERT_EQ(whois.freed_ns, 0);
	ASSERT_EQ(whois.access, 0);
	for (i = 1; i < sizeof(whois.name); i++)
		ASSERT_EQ(whois.name[i], 0);
	for (i = strlen(whois.comm); i < sizeof(whois.comm); i++)
		ASSERT_EQ(whois.comm[i], 0);
	close(fd);
}

/* --- removal of the zone --- */

TEST(history_ends_with_its_zone)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_whois whois;

	close(fd);
	ASSERT_EQ(ask(node, NULL, chosen.start).state, 0);
	ASSERT_OK(driver_unbind());
	ASSERT_ERR(zone_whois(node, NULL, chosen.start, &whois), ENODEV);
	ASSERT_ERR(zone_whois(node, EDU0, 1, &whois), ENODEV);
	close(node);
	ASSERT_OK(driver_bind_soon(ZONE));
	node = ASSERT_OK(zone_open(ZONE));
	expect_unknown(node, NULL, chosen.start);
	close(node);
}

/* --- concurrency --- */

static void come_and_go(void *arg)
{
	int node = ASSERT_OK(zone_open(ZONE)), engine = open_importer("edu0");
	int i;

	(void)arg;
	/* With the other processes, more than the zone remembers. */
	for (i = 0; i < 300; i++) {
		int fd = ASSERT_OK(zone_alloc_named(node, LEN, 0, "busy"));
		struct import dma = import(engine, fd, BOTH);
		struct cmm_whois whois = ask(node, EDU0, dma.map.addr);

		ASSERT_EQ(whois.state, THERE);
		ASSERT_EQ(whois.id, buffer_id(node, fd));
		ASSERT_OK(importer_release(&dma));
		close(fd);
	}
	close(engine);
	close(node);
}

TEST_LIMIT(whois_can_race_with_alloc_and_free, 120)
{
	int node = open_fresh(), i, status;
	pid_t a = fork_to(come_and_go, NULL), b = fork_to(come_and_go, NULL);
	struct cmm_whois whois;

	for (i = 0; waitpid(a, &status, WNOHANG) == 0; i++) {
		uint64_t addr = chosen.start + i % 8 * PAGE + 1;

		if (zone_whois(node, NULL, addr, &whois))
			continue;
		ASSERT_STREQ(whois.name, "busy");
		ASSERT(whois.offset < LEN);
		ASSERT_EQ(!whois.freed_ns, whois.state == CMM_WHOIS_LIVE);
		ASSERT(whois.freed_ns <= whois.now_ns);
		ASSERT(whois.pid == a || whois.pid == b);
	}
	ASSERT(WIFEXITED(status) && !WEXITSTATUS(status));
	join(b);
	expect_used_soon(0);
	close(node);
}
