// SPDX-License-Identifier: MIT
/*
 * Zones whose memory has another owner, and zones without memory: each is refused,
 * the log names the owner, and the owner's bytes stay as they are. The board has
 * dts/owners.dtsi in its device tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "harness.h"
#include "kmsg.h"
#include "pattern.h"
#include "zone.h"

/* Each is the name of a device and of its zone. */
static const struct {
	const char *device, *reason;
} refused[] = {
	{ "on-cma",
	  "/reserved-memory/owner-cma@6c000000 (shared-dma-pool, reusable)" },
	{ "on-carveout",
	  "/reserved-memory/owner-carveout@6e000000 (no compatible)" },
	{ "on-ramoops", "/reserved-memory/owner-ramoops@6e200000 (ramoops)" },
	{ "on-pool",
	  "/reserved-memory/owner-pool@6e400000 (restricted-dma-pool)" },
	{ "on-initrd", "the place of the initial ramdisk" },
	{ "on-kernel", "is claimed as \"Kernel code\"" },
	{ "on-memreserve",
	  "0x6e680000 to 0x6e68ffff is in the device tree's /memreserve/ map" },
	{ "on-chosen", "linux,kho-fdt of /chosen" },
	{ "on-device", "the reg of /frame-store@6ea80000" },
	{ "on-uart", "the reg of /pl011@9000000" },
	{ "on-pci",
	  "0x10000000 to 0x3efeffff is claimed as \"pcie@10000000\"" },
	{ "on-hole", "there is no memory at 0x90000000" },
	{ "on-hole-nomap", "there is no memory at 0x92000000" },
	{ "on-edge", "there is no memory at 0x3ff80000" },
	{ "two-ranges", "a second range at 0x6ec10000" },
	{ "two-regions", "a second region, /reserved-memory/present@6ec40000" },
	{ "disabled-region", "is disabled by its status" },
	{ "region-elsewhere", "/elsewhere is not a child of /reserved-memory" },
	{ "not-cut",
	  "says that the range is not in /memory, but 0x6ec50000 is" },
	{ "too-large", "found no room for /reserved-memory/too-large at boot: 0x100000000 bytes" },
	{ "nowhere", "at boot: 0x400000 bytes, from 0x800000000 to 0x8ffffffff" },
};

static bool is_logged(int log, const char *device, const char *reason)
{
	char line[KMSG_LINE];
	bool logged = false;

	while (kmsg_next(log, line))
		logged |= strstr(line, device) && strstr(line, reason);
	return logged;
}

TEST(zones_of_owned_memory_are_refused_with_the_owners_name)
{
	int zones = zone_count(), log = ASSERT_OK(kmsg_open());
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		note("%s", refused[i].device);
		ASSERT(driver_bind_device(refused[i].device) < 0);
		ASSERT(is_logged(log, refused[i].device, refused[i].reason));
		ASSERT_EQ(zone_count(), zones);
	}
	close(log);
}

static void bind_all_refused(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused); i++)
		ASSERT(driver_bind_device(refused[i].device) < 0);
	/* The scrubber of a zone that was bound would have begun by now. */
	sleep(1);
}

/*
 * The page allocator has the pages of the CMA pool and, after boot, those of the
 * ramdisk. A program that takes nearly all free memory has them.
 */
TEST_LIMIT(refused_zone_does_not_change_pages_of_a_process, 120)
{
	struct sysinfo info;
	uint8_t *memory;
	size_t len;

	ASSERT(!sysinfo(&info));
	len = (info.freeram - 64 * MIB) & -PAGE;
	memory = mmap(NULL, len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(memory != MAP_FAILED);
	pattern_fill(memory, len, 0, 73);
	bind_all_refused();
	ASSERT_PATTERN(pattern_check(memory, len, 0, 73));
	munmap(memory, len);
}

/* Programs may map what the kernel neither maps nor reserves in its own list. */
TEST(refused_zone_does_not_change_carveouts_of_others)
{
	static const uint64_t starts[] = { 0x6e000000, 0x6e200000 };
	int memory = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	uint8_t *at[ARRAY_SIZE(starts)];
	size_t i;

	ASSERT(memory >= 0);
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		at[i] = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED,
			     memory, starts[i]);
		ASSERT(at[i] != MAP_FAILED);
		pattern_fill(at[i], MIB, 0, 74 + i);
	}
	bind_all_refused();
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		ASSERT_PATTERN(pattern_check(at[i], MIB, 0, 74 + i));
		munmap(at[i], MIB);
	}
	close(memory);
}

#define FDT_FILE	"/sys/firmware/fdt"
#define FDT_MAX		(2 * MIB)

static size_t read_fdt(uint8_t *bytes)
{
	int file = open(FDT_FILE, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	ASSERT(file >= 0);
	while ((n = read(file, bytes + len, FDT_MAX - len)) > 0)
		len += n;
	ASSERT(!n);
	close(file);
	return len;
}

/* The end of the ramdisk, from the device tree: one or two cells. */
static uint64_t initrd_end(void)
{
	uint8_t bytes[8];
	int file = open("/proc/device-tree/chosen/linux,initrd-end",
			O_RDONLY | O_CLOEXEC);
	ssize_t i, len = read(file, bytes, sizeof(bytes));
	uint64_t end = 0;

	ASSERT(len == 4 || len == 8);
	for (i = 0; i < len; i++)
		end = end << 8 | bytes[i];
	close(file);
	return end;
}

/* QEMU puts the device tree at the next 2 MiB behind the ramdisk. */
TEST(zone_over_the_device_tree_is_refused_and_changes_nothing)
{
	uint64_t fdt = (initrd_end() + 2 * MIB - 1) & -(2 * MIB);
	uint8_t *before = malloc(FDT_MAX), *after = malloc(FDT_MAX);
	size_t len = read_fdt(before);
	char zones[64];
	int log;

	ASSERT_OK(driver_unload());
	log = ASSERT_OK(kmsg_open());
	snprintf(zones, sizeof(zones), "fdt,0,%#" PRIx64 ",64K", fdt);
	note("zones=%s", zones);
	ASSERT_ERR(driver_load(zones), EBUSY);
	ASSERT(is_logged(log, "zone 'fdt'", "the place of the device tree"));
	close(log);
	ASSERT_OK(driver_load(""));

	ASSERT_EQ(read_fdt(after), len);
	ASSERT(!memcmp(before, after, len));
	free(before);
	free(after);
}

/* One that the kernel placed is a zone, and so is one that was cut out of memory. */
TEST(valid_zones_next_to_refused_zones_work)
{
	static const char *const names[] = { "good-dynamic", "good-nomap" };
	struct cmm_info info;
	size_t i;
	int node;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		int fd;

		note("%s", names[i]);
		node = ASSERT_OK(zone_open(names[i]));
		ASSERT_OK(zone_info(node, &info));
		fd = ASSERT_OK(zone_alloc(node, info.total, 0));
		close(fd);
		close(node);
		ASSERT_OK(driver_unbind_zone(names[i]));
		ASSERT_OK(driver_bind_zone(names[i]));
	}
	node = ASSERT_OK(zone_open("good-cut"));
	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.total, MIB);
	close(node);
}
