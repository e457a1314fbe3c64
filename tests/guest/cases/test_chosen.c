// SPDX-License-Identifier: MIT
/*
 * Mappings for the devices in the zone's list. The device reaches the buffer at the
 * returned address until the mapping ends, in any of the possible ways.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "device.h"
#include "driver.h"
#include "importer.h"
#include "pattern.h"
#include "user.h"

#define LEN		(4 * PAGE)
#define RW		CMM_DEV_MAP_RW

/* In the order of the board's device tree. */
enum { EDU0, EDU1, DIRECT, PLAIN, AMBA, DEVICES };

static const char *const names[DEVICES] = {
	"0000:00:05.0", "0000:00:06.0", "cmm-test-direct", "cmm-test-plain",
	"b000000.cmm-test-amba",
};

/* Not every kernel has the AMBA bus. */
static uint32_t device_count(void)
{
	return access("/sys/bus/amba", F_OK) ? AMBA : DEVICES;
}

struct setting {
	int node;
	int engine;		/* the node of EDU0's driver */
	bool translated;
	struct buffer buffer;
};

static void need_devices(int node)
{
	struct cmm_dev_entry entry;

	if (!ASSERT_OK(zone_devices(node, &entry, 1)))
		skip("the zone has no devices");
}

static struct setting set_up(void)
{
	struct setting s = { .node = ASSERT_OK(zone_open(ZONE)) };

	need_devices(s.node);
	s.engine = open_importer("edu0");
	s.translated = ASSERT_OK(importer_is_translated(s.engine));
	s.buffer = buffer_alloc(s.node, LEN, 0);
	return s;
}

static void take_down(struct setting *s)
{
	buffer_free(&s->buffer);
	if (s->engine >= 0)
		close(s->engine);
	close(s->node);
}

static struct cmm_dev_map map(int node, int fd, uint32_t index, uint32_t flags)
{
	struct cmm_dev_map map;

	ASSERT_OK(zone_map_device(node, fd, index, flags, &map));
	return map;
}

static struct cmm_list_entry entry_of(int node)
{
	struct cmm_list_entry entry;

	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	return entry;
}

static void expect_attached(int node, unsigned int count)
{
	ASSERT_EQ(entry_of(node).attached, count);
}

/* The engine can read and write the buffer at that address. */
static void expect_reached(const struct setting *s, uint64_t addr)
{
	buffer_fill(&s->buffer, 3);
	ASSERT_OK(importer_copy(s->engine, addr + 2 * PAGE, addr, 512));
	ASSERT_PATTERN(pattern_check(s->buffer.at + 2 * PAGE, 512, 0, 3));
}

/* The IOMMU maps nothing at that address for the engine. */
static void expect_gone(const struct setting *s, uint64_t addr)
{
	if (s->translated)
		ASSERT_EQ(translate(s->engine, addr), 0);
}

static void unbind(uint32_t index)
{
	ASSERT_OK(device_unbind(names[index]));
}

static void bind(uint32_t index)
{
	ASSERT_OK(device_bind(names[index]));
}

/* A zone declared coherent refuses non-coherent devices. */
static bool plain_is_refused(int node)
{
	struct cmm_dev_entry entries[DEVICES];

	ASSERT_EQ(ASSERT_OK(zone_devices(node, entries, DEVICES)),
		  device_count());
	return chosen.flags & CMM_ZONE_COHERENT &&
	       !(entries[PLAIN].flags & CMM_DEV_COHERENT);
}

/* --- the list of devices --- */

ZONE_TEST(dev_list_describes_all_devices)
{
	int engine = open_importer("edu0");
	bool translated = ASSERT_OK(importer_is_translated(engine));
	struct cmm_dev_entry entries[CMM_DEV_MAX_COUNT];
	struct cmm_info info;
	uint32_t i;

	need_devices(node);
	ASSERT_OK(zone_info(node, &info));
	ASSERT(info.features & CMM_FEATURE_DEV);
	ASSERT_EQ(ASSERT_OK(zone_devices(node, entries, CMM_DEV_MAX_COUNT)),
		  device_count());
	for (i = 0; i < device_count(); i++) {
		note("device %u", i);
		ASSERT_EQ(entries[i].index, i);
		ASSERT_STREQ(entries[i].name, names[i]);
		ASSERT(entries[i].flags & CMM_DEV_READY);
		ASSERT_EQ(!!(entries[i].flags & CMM_DEV_TRANSLATED),
			  i <= EDU1 && translated);
	}
	ASSERT_EQ(entries[EDU0].mask, translated ? 0xfffffff : 0xffffffff);
	ASSERT_EQ(entries[DIRECT].mask, 0xfffffff);
	for (i = PLAIN; i < device_count(); i++)
		ASSERT_EQ(entries[i].mask, 0xffffffff);
	/* At most the number of entries in the array. */
	ASSERT_EQ(ASSERT_OK(zone_devices(node, entries, 2)), 2);
	ASSERT_EQ(ASSERT_OK(zone_devices(node, entries, 0)), 0);
	close(engine);
}

ZONE_TEST(dev_map_fails_in_a_zone_without_devices)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	struct cmm_dev_entry entry;
	struct cmm_dev_map map;

	if (ASSERT_OK(zone_devices(node, &entry, 1)))
		skip("the zone has devices");
	ASSERT_ERR(zone_map_device(node, fd, 0, RW, &map), ENOENT);
	ASSERT_ERR(zone_unmap_device(node, 1), ENOENT);
	close(fd);
}

/* --- mapping and unmapping --- */

TEST_LIMIT(device_reaches_the_mapped_buffer, 60)
{
	struct setting s = set_up();
	struct cmm_dev_map m = map(s.node, s.buffer.fd, EDU0, RW);
	struct cmm_list_entry entry = entry_of(s.node);

	ASSERT(m.id);
	if (s.translated) {
		ASSERT_EQ(translate(s.engine, m.addr),
			  buffer_phys(s.node, s.buffer.fd));
		ASSERT_EQ(translate(s.engine, m.addr + LEN - 1),
			  buffer_phys(s.node, s.buffer.fd) + LEN - 1);
	}
	expect_reached(&s, m.addr);
	ASSERT_EQ(entry.attached, 1);
	ASSERT_STREQ(entry.devices, names[EDU0]);
	ASSERT_OK(zone_unmap_device(s.node, m.id));
	expect_attached(s.node, 0);
	expect_gone(&s, m.addr);
	ASSERT_ERR(zone_unmap_device(s.node, m.id), ENOENT);
	take_down(&s);
}

TEST_LIMIT(iommu_blocks_the_device_after_unmap, 60)
{
	struct setting s = set_up();
	struct cmm_dev_map m;

	if (!s.translated)
		skip("no IOMMU stops the device");
	buffer_fill(&s.buffer, 5);
	m = map(s.node, s.buffer.fd, EDU0, RW);
	ASSERT_OK(zone_unmap_device(s.node, m.id));
	ASSERT_EQ(stray(s.engine, m.addr, true).type, SMMU_TRANSLATION);
	buffer_expect(&s.buffer, 5);
	take_down(&s);
}

TEST_LIMIT(iommu_blocks_writes_to_a_read_only_device_mapping, 60)
{
	struct setting s = set_up();
	struct cmm_dev_map m;

	if (!s.translated)
		skip("no IOMMU stops the device");
	buffer_fill(&s.buffer, 6);
	m = map(s.node, s.buffer.fd, EDU0, CMM_DEV_MAP_READ);
	ASSERT_OK(importer_load(s.engine, m.addr, 0, 64));
	ASSERT_EQ(stray(s.engine, m.addr + PAGE, true).type, SMMU_PERMISSION);
	buffer_expect(&s.buffer, 6);
	ASSERT_OK(zone_unmap_device(s.node, m.id));
	take_down(&s);
}

ZONE_TEST(device_mapping_keeps_the_buffer_allocated)
{
	int fd;
	struct cmm_dev_map m;

	need_devices(node);
	fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	m = map(node, fd, EDU0, RW);
	close(fd);
	expect_used(LEN);
	ASSERT_OK(zone_unmap_device(node, m.id));
	expect_used_soon(0);
}

TEST(closing_the_zone_file_ends_its_device_mappings)
{
	struct setting s = set_up();
	int other = ASSERT_OK(zone_open(ZONE));
	struct cmm_dev_map a = map(other, s.buffer.fd, EDU0, RW);
	struct cmm_dev_map b = map(other, s.buffer.fd, EDU1,
				   CMM_DEV_MAP_WRITE);

	expect_attached(s.node, 2);
	/* An id is valid only on its own open file. */
	ASSERT_ERR(zone_unmap_device(s.node, a.id), ENOENT);
	ASSERT_ERR(zone_unmap_device(s.node, b.id), ENOENT);
	close(other);
	expect_attached(s.node, 0);
	expect_gone(&s, a.addr);
	take_down(&s);
}

TEST(clients_and_drivers_share_mappings_with_equal_access)
{
	struct setting s = set_up();
	int other = ASSERT_OK(zone_open(ZONE));
	struct cmm_dev_map a = map(s.node, s.buffer.fd, EDU0, RW);
	struct cmm_dev_map b = map(other, s.buffer.fd, EDU0, RW);
	struct import c = import(s.engine, s.buffer.fd,
				 CMM_IMPORT_BIDIRECTIONAL);
	struct cmm_dev_map d = map(other, s.buffer.fd, EDU0, CMM_DEV_MAP_READ);

	ASSERT_EQ(a.addr, b.addr);
	ASSERT_EQ(a.addr, c.map.addr);
	if (s.translated)
		ASSERT(a.addr != d.addr);
	expect_attached(s.node, 4);
	ASSERT_OK(zone_unmap_device(s.node, a.id));
	ASSERT_OK(importer_release(&c));
	expect_reached(&s, b.addr);
	close(other);
	expect_attached(s.node, 0);
	expect_gone(&s, b.addr);
	take_down(&s);
}

static void hold_mapping(void *arg)
{
	struct setting *s = arg;
	int node = ASSERT_OK(zone_open(ZONE));
	struct cmm_dev_map m = map(node, s->buffer.fd, EDU0, RW);

	(void)m;
	raise(SIGKILL);
}

TEST(killing_the_client_ends_its_device_mappings)
{
	struct setting s = set_up();
	pid_t pid = fork_to(hold_mapping, &s);
	int status;

	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT(WIFSIGNALED(status));
	WAIT_UNTIL(!entry_of(s.node).attached);
	expect_attached(s.node, 0);
	take_down(&s);
}

/* --- refused requests --- */

static void expect_no_address(void *arg)
{
	struct setting *s = arg;
	struct cmm_dev_map m;

	drop_capability(CAP_SYS_RAWIO);
	ASSERT_ERR(zone_map_device(s->node, s->buffer.fd, PLAIN, RW, &m),
		   EPERM);
	ASSERT_EQ(m.addr, 0);
	/* An IOMMU address exposes no physical address. */
	if (s->translated) {
		m = map(s->node, s->buffer.fd, EDU0, RW);
		ASSERT_OK(zone_unmap_device(s->node, m.id));
	}
}

TEST(dev_map_without_iommu_needs_cap_sys_rawio)
{
	struct setting s = set_up();
	struct cmm_dev_map m;

	join(fork_to(expect_no_address, &s));
	if (plain_is_refused(s.node)) {
		ASSERT_ERR(zone_map_device(s.node, s.buffer.fd, PLAIN, RW, &m),
			   EOPNOTSUPP);
	} else {
		m = map(s.node, s.buffer.fd, PLAIN, RW);
		ASSERT_EQ(m.addr, buffer_phys(s.node, s.buffer.fd));
		ASSERT_OK(zone_unmap_device(s.node, m.id));
	}
	take_down(&s);
}

TEST(dev_map_refuses_unusable_and_unknown_devices)
{
	struct setting s = set_up();
	struct cmm_dev_map m;

	ASSERT_ERR(zone_map_device(s.node, s.buffer.fd, DIRECT, RW, &m),
		   EOPNOTSUPP);
	ASSERT_ERR(zone_map_device(s.node, s.buffer.fd, device_count(), RW, &m),
		   ENOENT);
	ASSERT_ERR(zone_map_device(s.node, s.buffer.fd, ~0U, RW, &m), ENOENT);
	expect_attached(s.node, 0);
	take_down(&s);
}

TEST(sealed_buffers_get_only_read_only_device_mappings)
{
	struct setting s = set_up();
	int sealed = ASSERT_OK(zone_view_all(s.node, s.buffer.fd, 0));
	struct cmm_dev_map m;

	ASSERT_ERR(zone_map_device(s.node, sealed, EDU0, RW, &m), EACCES);
	ASSERT_ERR(zone_map_device(s.node, sealed, EDU0, CMM_DEV_MAP_WRITE, &m),
		   EACCES);
	m = map(s.node, sealed, EDU0, CMM_DEV_MAP_READ);
	ASSERT_OK(zone_unmap_device(s.node, m.id));

	/* A writable mapping prevents sealing; a read-only one does not. */
	ASSERT(!munmap(s.buffer.at, LEN));
	m = map(s.node, s.buffer.fd, EDU0, CMM_DEV_MAP_WRITE);
	ASSERT_ERR(zone_view_all(s.node, s.buffer.fd, CMM_VIEW_SEAL), EBUSY);
	ASSERT_OK(zone_unmap_device(s.node, m.id));
	m = map(s.node, sealed, EDU0, CMM_DEV_MAP_READ);
	close(ASSERT_OK(zone_view_all(s.node, s.buffer.fd, CMM_VIEW_SEAL)));
	ASSERT_OK(zone_unmap_device(s.node, m.id));
	ASSERT_ERR(zone_map_device(s.node, s.buffer.fd, EDU0, RW, &m), EACCES);
	close(sealed);
	close(s.buffer.fd);
	close(s.engine);
	close(s.node);
}

/* Makes all mappings that one open file may have; @fd allows only reading. */
static void exhaust(int node, int fd)
{
	struct cmm_dev_map m;
	int i;

	for (i = 0; i < CMM_DEV_MAP_MAX; i++)
		m = map(node, fd, i % 2, CMM_DEV_MAP_READ);
	for (i = EDU0; i <= EDU1; i++)
		ASSERT_ERR(zone_map_device(node, fd, i, CMM_DEV_MAP_READ, &m),
			   EBUSY);
}

/* The mappings of one client do not count for other clients or drivers. */
TEST(device_mappings_are_limited_per_client)
{
	struct setting s = set_up();
	int reader = ASSERT_OK(zone_view_all(s.node, s.buffer.fd, 0));
	int other = ASSERT_OK(zone_open(ZONE));
	struct cmm_dev_map m, last;
	struct import dma;

	exhaust(other, reader);
	m = map(s.node, s.buffer.fd, EDU0, CMM_DEV_MAP_READ);
	ASSERT_OK(zone_unmap_device(s.node, m.id));
	dma = import(s.engine, s.buffer.fd, CMM_IMPORT_TO_DEVICE);
	ASSERT_OK(importer_release(&dma));
	exhaust(s.node, reader);
	expect_attached(s.node, 2 * CMM_DEV_MAP_MAX);

	/* Each mapping that ends allows a new one, also after an unbind. */
	ASSERT_OK(zone_unmap_device(other, 1));
	last = map(other, reader, EDU0, CMM_DEV_MAP_READ);
	ASSERT_ERR(zone_map_device(other, reader, EDU0, CMM_DEV_MAP_READ, &m),
		   EBUSY);
	ASSERT_OK(zone_unmap_device(other, last.id));
	close(s.engine);
	s.engine = -1;
	unbind(EDU1);
	bind(EDU1);
	expect_attached(s.node, CMM_DEV_MAP_MAX - 1);
	m = map(other, reader, EDU1, CMM_DEV_MAP_READ);
	ASSERT_OK(zone_unmap_device(other, m.id));
	close(other);
	expect_attached(s.node, CMM_DEV_MAP_MAX / 2);
	close(reader);
	take_down(&s);
}

TEST(malformed_device_requests_fail)
{
	struct setting s = set_up();
	struct cmm_dev_unmap unmap = { .id = 1, .pad = 1 };
	struct cmm_dev_entry entry;
	struct cmm_dev_list list = { .entries = (uintptr_t)&entry, .count = 1 };
	struct cmm_dev_map m, *readable;
	int bit;

	ASSERT_ERR(zone_map_device(s.node, s.buffer.fd, EDU0, 0, &m), EINVAL);
	for (bit = 2; bit < 32; bit++)
		ASSERT_ERR(zone_map_device(s.node, s.buffer.fd, EDU0,
					   RW | 1U << bit, &m), EINVAL);
	ASSERT_ERR(zone_map_device(s.node, -1, EDU0, RW, &m), EBADF);
	ASSERT_ERR(zone_map_device(s.node, s.node, EDU0, RW, &m), EBADF);
	ASSERT_ERR(zone_unmap_device(s.node, 0), ENOENT);
	ASSERT_ERR(zone_unmap_device(s.node, ~0U), ENOENT);
	ASSERT_ERR(zone_ioctl(s.node, CMM_IOC_DEV_UNMAP, &unmap), EINVAL);
	ASSERT_ERR(zone_ioctl(s.node, CMM_IOC_DEV_LIST, &list), EINVAL);
	list.entry_size = 4097;
	ASSERT_ERR(zone_ioctl(s.node, CMM_IOC_DEV_LIST, &list), E2BIG);
	list.entry_size = sizeof(entry);
	list.entries = 8;
	ASSERT_ERR(zone_ioctl(s.node, CMM_IOC_DEV_LIST, &list), EFAULT);

	/* The result cannot be written: the mapping is undone. */
	readable = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(readable != MAP_FAILED);
	readable->fd = s.buffer.fd;
	readable->flags = RW;
	ASSERT(!mprotect(readable, PAGE, PROT_READ));
	ASSERT_ERR(zone_ioctl(s.node, CMM_IOC_DEV_MAP, readable), EFAULT);
	munmap(readable, PAGE);
	expect_attached(s.node, 0);
	take_down(&s);
}

/* --- the device or the zone is unbound --- */

TEST(unbinding_the_device_ends_its_mappings)
{
	static const uint32_t each[] = {
		EDU0, PLAIN, AMBA,
	};
	struct setting s = set_up();
	size_t i;

	close(s.engine);
	s.engine = -1;
	for (i = 0; i < ARRAY_SIZE(each); i++) {
		struct cmm_dev_entry entries[DEVICES];
		struct cmm_dev_map m, other;

		if (each[i] >= device_count() ||
		    (each[i] >= PLAIN && plain_is_refused(s.node)))
			continue;
		note("%s", names[each[i]]);
		m = map(s.node, s.buffer.fd, each[i], RW);
		other = map(s.node, s.buffer.fd, EDU1, RW);
		unbind(each[i]);
		expect_attached(s.node, 1);
		ASSERT_STREQ(entry_of(s.node).devices, names[EDU1]);
		ASSERT_ERR(zone_unmap_device(s.node, m.id), ENOENT);
		ASSERT_ERR(zone_map_device(s.node, s.buffer.fd, each[i], RW,
					   &m), EOPNOTSUPP);
		ASSERT_EQ(ASSERT_OK(zone_devices(s.node, entries, DEVICES)),
			  device_count());
		ASSERT(!(entries[each[i]].flags & CMM_DEV_READY));
		bind(each[i]);
		m = map(s.node, s.buffer.fd, each[i], RW);
		ASSERT_OK(zone_unmap_device(s.node, m.id));
		ASSERT_OK(zone_unmap_device(s.node, other.id));
	}
	take_down(&s);
}

TEST(device_mappings_survive_unbinding_the_zone)
{
	struct setting s = set_up();
	struct cmm_dev_map a = map(s.node, s.buffer.fd, EDU0, RW);
	struct cmm_dev_map b = map(s.node, s.buffer.fd, EDU1, RW);

	ASSERT_OK(driver_unbind());
	expect_reached(&s, a.addr);
	close(s.engine);
	s.engine = -1;
	/* Mappings still end by unbinding the device or by an unmap. */
	unbind(EDU0);
	ASSERT_ERR(zone_unmap_device(s.node, a.id), ENOENT);
	ASSERT_OK(zone_unmap_device(s.node, b.id));
	bind(EDU0);
	take_down(&s);
	ASSERT_OK(driver_bind_soon(ZONE));
}

/* Such as VFIO's. Before 5.19 drivers could not declare that they manage DMA. */
ZONE_TEST(dev_map_refuses_a_device_whose_driver_manages_dma)
{
	static const char driver[] = "cmm_managing_amba";
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	struct cmm_dev_entry entries[DEVICES];
	struct cmm_dev_map m;

	need_devices(node);
	if (access("/sys/bus/amba/drivers/cmm_managing_amba", F_OK))
		skip("no driver on this kernel's AMBA bus can manage DMA");
	unbind(AMBA);
	ASSERT_OK(device_override(names[AMBA], driver));
	bind(AMBA);
	ASSERT_ERR(zone_map_device(node, fd, AMBA, RW, &m), EBUSY);
	ASSERT_EQ(ASSERT_OK(zone_devices(node, entries, DEVICES)),
		  device_count());
	ASSERT(!(entries[AMBA].flags & CMM_DEV_READY));
	unbind(AMBA);
	ASSERT_OK(device_override(names[AMBA], "\n"));
	bind(AMBA);
	m = map(node, fd, AMBA, RW);
	ASSERT_OK(zone_unmap_device(node, m.id));
	close(fd);
}

static void map_again_and_again(void *arg)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0)), i, ret;
	struct cmm_dev_map m;

	(void)arg;
	for (i = 0; i < 2000; i++) {
		ret = zone_map_device(node, fd, EDU0, RW, &m);
		if (ret)
			ASSERT_ERR(ret, EOPNOTSUPP);
		else if (i % 2)
			zone_unmap_device(node, m.id);
	}
	close(fd);
	close(node);
}

TEST_LIMIT(dev_map_can_race_with_unbinding_the_device, 60)
{
	struct setting s = set_up();
	pid_t a, b;
	int i;

	close(s.engine);
	s.engine = -1;
	a = fork_to(map_again_and_again, NULL);
	b = fork_to(map_again_and_again, NULL);
	for (i = 0; i < 10; i++) {
		usleep(5000);
		unbind(EDU0);
		bind(EDU0);
	}
	join(a);
	join(b);
	take_down(&s);
}
