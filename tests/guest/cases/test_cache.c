// SPDX-License-Identifier: MIT
/*
 * Cache maintenance: CMM flushes memory if a device and the CPU may see different
 * data. It flushes exactly the range in question, and each byte once.
 *
 * The engines are coherent unless the IOMMU maps them otherwise; "plain" is not.
 * An unknown device may use a physical address that CMM has returned. Where that
 * matters, these tests get the address from an IOMMU.
 */
#include <linux/dma-buf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blocks.h"
#include "buffer.h"
#include "cachetrace.h"
#include "device.h"
#include "driver.h"
#include "whois.h"

#define LEN	(6 * MIB)

static void announce(int fd, uint64_t flags)
{
	cachetrace_clear();
	ASSERT_OK(zone_sync(fd, flags));
}

/* Frees LEN bytes that stay dirty until the next allocation. */
static void spoil_first(int node)
{
	ASSERT_OK(zone_set_attribute(ZONE, "scrub", "alloc"));
	close(ASSERT_OK(zone_alloc(node, LEN, 0)));
}

ZONE_TEST(alloc_flushes_dirty_memory_once)
{
	int fd;

	spoil_first(node);
	cachetrace_open();
	fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	expect_one_pass(buffer_phys(node, fd), LEN);
	close(fd);

	cachetrace_clear();
	fd = ASSERT_OK(zone_alloc(node, PAGE + 1, 0));
	expect_one_pass(buffer_phys(node, fd), 2 * PAGE);
	close(fd);
	cachetrace_close();
	ASSERT_OK(zone_set_attribute(ZONE, "scrub", "idle"));
}

ZONE_TEST(write_combined_alloc_flushes_dirty_memory_once)
{
	uint64_t phys;
	int fd;

	need_wc();
	spoil_first(node);
	cachetrace_open();
	fd = ASSERT_OK(zone_alloc(node, PAGE, CMM_BUF_WC));
	phys = buffer_phys(node, fd);
	expect_one_pass(phys, PAGE);
	close(fd);
	cachetrace_close();
	ASSERT_OK(zone_set_attribute(ZONE, "scrub", "idle"));
}

ZONE_TEST(sync_without_known_devices_flushes_the_buffer)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	uint64_t phys = buffer_phys(node, fd);

	/* No device is attached, but an unknown driver may use the memory. */
	cachetrace_open();
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, LEN);
	cachetrace_close();
	close(fd);
}

ZONE_TEST(sync_flushes_once_for_all_devices)
{
	int plain = open_importer("plain"), engine = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct import dma[4];
	int i;

	for (i = 0; i < 4; i++)
		dma[i] = import(i ? plain : engine, fd,
				CMM_IMPORT_BIDIRECTIONAL);
	cachetrace_open();
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, LEN);
	cachetrace_close();
	for (i = 0; i < 4; i++)
		ASSERT_OK(importer_release(&dma[i]));
	close(fd);
	close(engine);
	close(plain);
}

/* A coherent engine needs cacheops if the IOMMU mapped it as non-coherent. */
ZONE_TEST(engine_cacheops_depend_on_how_it_is_mapped)
{
	int engine = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	struct import dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	uint64_t phys = translate(engine, dma.map.addr);
	bool snoops = engine_snoops(engine);

	cachetrace_open();
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	if (snoops)
		expect_none();
	else
		expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	if (snoops)
		expect_none();
	else
		expect_one_pass(phys, LEN);
	cachetrace_close();
	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(engine);
}

ZONE_TEST(coherent_devices_need_no_cacheops)
{
	int engine = open_importer("edu0");
	struct buffer buffer;
	struct import dma;
	uint64_t phys;

	need_snooping(engine);
	buffer = buffer_alloc(node, PAGE, 0);
	cachetrace_open();
	dma = import(engine, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);
	announce(buffer.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	expect_none();
	announce(buffer.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_none();
	ASSERT_OK(importer_unmap(engine, dma.handle));
	ASSERT_OK(importer_map(engine, dma.handle, CMM_IMPORT_BIDIRECTIONAL,
			       NULL));
	expect_none();

	/* buffer_phys() exposed the address: unknown devices may use it now. */
	phys = buffer_phys(node, buffer.fd);
	announce(buffer.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	if (exposes_phys())
		expect_one_pass(phys, PAGE);
	else
		expect_none();
	announce(buffer.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	if (exposes_phys())
		expect_one_pass(phys, PAGE);
	else
		expect_none();
	cachetrace_close();
	ASSERT_OK(importer_release(&dma));
	buffer_free(&buffer);
	close(engine);
}

ZONE_TEST(write_combined_buffers_need_no_cacheops)
{
	int plain = open_importer("plain");
	struct buffer buffer;
	struct import dma;

	need_wc();
	buffer = buffer_alloc(node, PAGE, CMM_BUF_WC);
	cachetrace_open();
	dma = import(plain, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);
	ASSERT_OK(zone_sync(buffer.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	ASSERT_OK(zone_sync(buffer.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	ASSERT_OK(importer_release(&dma));
	expect_none();
	cachetrace_close();
	buffer_free(&buffer);
	close(plain);
}

/*
 * The kernel's own mapping of the memory is cached. The CPU may fetch lines through
 * it. Writes through the write-combined mapping then make these lines stale.
 */
ZONE_TEST(write_combined_buffers_are_flushed_for_coherent_devices)
{
	int engine = open_importer("edu0"), plain = open_importer("plain");
	struct import dma, also;
	uint64_t phys;
	int fd;

	need_wc();
	need_snooping(engine);
	fd = ASSERT_OK(zone_alloc(node, LEN, CMM_BUF_WC));
	phys = buffer_phys(node, fd);
	cachetrace_open();
	dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	expect_one_pass(phys, LEN);
	/* The number of devices does not matter: one flush. */
	cachetrace_clear();
	also = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	expect_none();
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	expect_one_pass(phys, LEN);
	cachetrace_clear();
	ASSERT_OK(zone_sync_part(node, fd, CMM_SYNC_WRITE | CMM_SYNC_END,
				 PAGE, PAGE));
	expect_one_pass(phys + PAGE, PAGE);
	cachetrace_clear();
	ASSERT_OK(importer_unmap(engine, dma.handle));
	expect_one_pass(phys, LEN);
	ASSERT_OK(importer_detach(engine, dma.handle));
	/* No coherent device is left. */
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_none();
	ASSERT_OK(importer_release(&also));
	cachetrace_close();
	close(fd);
	close(plain);
	close(engine);
}

/*
 * The CPU may have stored to the buffer during the device's access. These stores
 * stay: CMM never invalidates a line without cleaning it.
 */
ZONE_TEST(importer_unmap_loses_no_cpu_store)
{
	static const uint32_t dirs[] = {
		CMM_IMPORT_FROM_DEVICE, CMM_IMPORT_BIDIRECTIONAL,
		CMM_IMPORT_TO_DEVICE,
	};
	int plain = open_importer("plain");
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	uint64_t phys = buffer_phys(node, buffer.fd);
	size_t i;

	cachetrace_open();
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		struct import dma = import(plain, buffer.fd, dirs[i]);

		note("direction %u", dirs[i]);
		cachetrace_clear();
		ASSERT_OK(importer_release(&dma));
		if (dirs[i] == CMM_IMPORT_TO_DEVICE)
			expect_none();
		else
			expect_one_pass(phys, LEN);
	}
	cachetrace_close();
	buffer_free(&buffer);
	close(plain);
}

/* --- the CPU sees device writes when the device's mapping ends --- */

enum end { BY_UNMAP, BY_CLOSE, BY_UNBIND, ENDS };

/* The fourth device of the zone in the board's device tree; not coherent. */
#define CHOSEN		3
#define CHOSEN_NAME	"cmm-test-plain"

ZONE_TEST(end_of_writable_device_mapping_flushes_once)
{
	static const uint32_t flags[] = {
		CMM_DEV_MAP_READ, CMM_DEV_MAP_WRITE, CMM_DEV_MAP_RW,
	};
	int end;
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct cmm_dev_entry entry;
	size_t i;

	if (!ASSERT_OK(zone_devices(node, &entry, 1)))
		skip("the zone has no devices");
	cachetrace_open();
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		for (end = 0; end < ENDS; end++) {
			int client = ASSERT_OK(zone_open(ZONE));
			struct cmm_dev_map map;

			note("flags %u, end %d", flags[i], end);
			ASSERT_OK(zone_map_device(client, fd, CHOSEN, flags[i],
						  &map));
			cachetrace_clear();
			if (end == BY_UNMAP)
				ASSERT_OK(zone_unmap_device(client, map.id));
			else if (end == BY_CLOSE)
				close(client);
			else
				ASSERT_OK(device_unbind(CHOSEN_NAME));
			if (flags[i] == CMM_DEV_MAP_READ)
				expect_none();
			else
				expect_one_pass(phys, LEN);
			if (end == BY_UNBIND)
				ASSERT_OK(device_bind(CHOSEN_NAME));
			if (end != BY_CLOSE)
				close(client);
		}
	}
	cachetrace_close();
	close(fd);
}

/* The unbind flushes as an unmap does. A later unmap does not flush again. */
ZONE_TEST(unbind_during_device_write_access_flushes_once)
{
	static const uint32_t dirs[] = {
		CMM_IMPORT_TO_DEVICE, CMM_IMPORT_FROM_DEVICE,
		CMM_IMPORT_BIDIRECTIONAL,
	};
	int idle;
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	uint64_t phys = buffer_phys(node, fd);
	size_t i;

	cachetrace_open();
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		for (idle = 0; idle < 2; idle++) {
			int plain = open_importer("plain");
			struct import dma = import(plain, fd, dirs[i]);

			note("direction %u, %s", dirs[i],
			     idle ? "idle" : "in use");
			if (idle)
				ASSERT_OK(importer_unmap(plain, dma.handle));
			cachetrace_clear();
			ASSERT_OK(device_unbind("cmm_plain"));
			if (idle || dirs[i] == CMM_IMPORT_TO_DEVICE)
				expect_none();
			else
				expect_one_pass(phys, LEN);
			cachetrace_clear();
			close(plain);
			expect_none();
			ASSERT_OK(device_bind("cmm_plain"));
		}
	}
	cachetrace_close();
	close(fd);
}

ZONE_TEST(map_flushes_what_the_cpu_may_have_written)
{
	int plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct buffer buffer;
	struct import dma;

	/* The buffer was cleaned, and has not been accessed since. */
	cachetrace_open();
	dma = import(plain, fd, CMM_IMPORT_TO_DEVICE);
	expect_none();
	ASSERT_OK(importer_release(&dma));

	buffer = buffer_of(fd, LEN);
	cachetrace_clear();
	dma = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	expect_one_pass(phys, LEN);
	/* A second map of the same attachment flushes too. */
	ASSERT_OK(importer_unmap(plain, dma.handle));
	cachetrace_clear();
	ASSERT_OK(importer_map(plain, dma.handle, CMM_IMPORT_BIDIRECTIONAL,
			       NULL));
	expect_one_pass(phys, LEN);
	cachetrace_clear();
	ASSERT_OK(importer_unmap(plain, dma.handle));
	expect_one_pass(phys, LEN);
	ASSERT_OK(importer_detach(plain, dma.handle));
	cachetrace_close();
	buffer_free(&buffer);
	close(plain);
}

ZONE_TEST(map_flushes_what_the_kernel_may_have_written)
{
	int plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct import dma;

	ASSERT_OK(importer_cpu_write(plain, fd, 0, "kernel", 6));
	cachetrace_open();
	dma = import(plain, fd, CMM_IMPORT_TO_DEVICE);
	expect_one_pass(phys, PAGE);
	cachetrace_close();
	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(plain);
}

/* --- CMM_IOC_WHOIS exposes addresses --- */

/* Syncs a buffer of which only coherent devices know the address. */
static void expect_none_needed(int fd)
{
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	expect_none();
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_none();
}

/* Syncs a buffer of which unknown devices may know the address. */
static void expect_all_needed(int fd, uint64_t phys, uint64_t len)
{
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, len);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, len);
}

/* The answer includes the offset, and so exposes the buffer's start. */
ZONE_TEST(whois_by_physical_address_makes_sync_flush)
{
	int engine = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	int other = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct import dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	uint64_t phys = translate(engine, dma.map.addr);

	need_snooping(engine);
	cachetrace_open();
	ask(node, NULL, buffer_phys(node, other));
	expect_none_needed(fd);
	if (ASSERT_OK(importer_is_translated(engine))) {
		/* An IOMMU address has no meaning for other devices. */
		ask(node, EDU0, dma.map.addr);
		expect_none_needed(fd);
	}
	ask(node, NULL, phys + PAGE + 1);
	expect_all_needed(fd, phys, 2 * PAGE);
	cachetrace_close();
	ASSERT_OK(importer_release(&dma));
	close(other);
	close(fd);
	close(engine);
}

/* Without an IOMMU the bus address is the physical address. */
ZONE_TEST(whois_by_bus_address_makes_sync_flush)
{
	int engine = open_importer("edu0"), plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	struct import dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import direct = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	uint64_t phys = translate(plain, direct.map.addr);

	need_snooping(engine);
	cachetrace_open();
	ASSERT_OK(importer_release(&direct));
	expect_none_needed(fd);
	direct = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	ask(node, PLAIN, direct.map.addr + PAGE);
	ASSERT_OK(importer_release(&direct));
	expect_all_needed(fd, phys, 2 * PAGE);
	cachetrace_close();
	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(plain);
	close(engine);
}

/* --- the attributes of mappings --- */

#ifdef __aarch64__
/* The page table entry's memory type field and its values. */
#define MEMORY_TYPE	(7 << 2)
#define CACHED		(0 << 2)
#define UNCACHED	(2 << 2)
/* The no-execute bits for user and kernel. */
#define NO_EXEC		(3ULL << 53)
#else
#define MEMORY_TYPE	0
#define CACHED		0
#define UNCACHED	0
#define NO_EXEC		0
#endif

#define MAX_ENTRIES	256

static struct cachetrace_entry entries[MAX_ENTRIES];

/* All mappings since cachetrace_clear() have that memory type, and there is one. */
static void expect_type(enum cachetrace_kind kind, uint64_t type)
{
	size_t i, count = cachetrace_read(entries, MAX_ENTRIES);
	int seen = 0;

	for (i = 0; i < count; i++) {
		if (entries[i].kind != kind)
			continue;
		ASSERT_EQ(entries[i].attributes & MEMORY_TYPE, type);
		seen++;
	}
	ASSERT(seen);
}

ZONE_TEST(mappings_have_the_requested_memory_type)
{
	int plain = open_importer("plain");
	struct buffer cached, wc;
	char byte;

	if (!MEMORY_TYPE)
		skip("this architecture's page tables are not known here");
	cachetrace_open();
	cached = buffer_alloc(node, PAGE, 0);
	expect_type(MAPPED, CACHED);
	cachetrace_clear();
	wc = buffer_alloc(node, PAGE, CMM_BUF_WC);
	expect_type(MAPPED, UNCACHED);
	cachetrace_clear();
	ASSERT_OK(importer_cpu_read(plain, wc.fd, 0, &byte, 1));
	expect_type(VMAPPED, UNCACHED);
	cachetrace_close();
	buffer_free(&wc);
	buffer_free(&cached);
	close(plain);
}

/* Checks the page table entry that maps @at. */
static void expect_leaf(int importer, const uint8_t *at, uint64_t size,
			uint64_t type)
{
	struct cmm_import_leaf leaf;

	/* The access makes the kernel map it. */
	ASSERT(!*(const volatile uint8_t *)at);
	ASSERT_OK(importer_leaf(importer, at, &leaf));
	ASSERT_EQ(leaf.size, size);
	ASSERT_EQ(leaf.entry & MEMORY_TYPE, type);
	ASSERT_EQ(leaf.entry & NO_EXEC, NO_EXEC);
}

ZONE_TEST(all_mappings_of_a_buffer_have_one_memory_type)
{
	static const uint64_t types[] = { CACHED, UNCACHED };
	int plain = open_importer("plain");
	uint64_t block = has_blocks() ? BLOCK : PAGE;
	int i;

	if (!MEMORY_TYPE)
		skip("this architecture's page tables are not known here");
	for (i = 0; i < 2; i++) {
		int fd = ASSERT_OK(zone_alloc(node, 4 * BLOCK, i ? CMM_BUF_WC : 0));
		int sealed = ASSERT_OK(zone_view_all(node, fd, 0));
		uint8_t *large = blocks_map(node, fd, 4 * BLOCK, 0, 0,
					    PROT_READ | PROT_WRITE);
		uint8_t *small = blocks_map(node, fd, BLOCK, BLOCK, PAGE,
					    PROT_READ | PROT_WRITE);
		uint8_t *other = blocks_map(node, sealed, 4 * BLOCK, 0, 0,
					    PROT_READ);

		expect_leaf(plain, large, block, types[i]);
		expect_leaf(plain, small, PAGE, types[i]);
		expect_leaf(plain, other, block, types[i]);
		/* A split block keeps its memory type. */
		ASSERT(!mprotect(large + PAGE, PAGE, PROT_READ));
		expect_leaf(plain, large + PAGE, PAGE, types[i]);
		expect_leaf(plain, large + 2 * PAGE, PAGE, types[i]);
		munmap(other, 4 * BLOCK);
		munmap(small, BLOCK);
		munmap(large, 4 * BLOCK);
		close(sealed);
		close(fd);
	}
	close(plain);
}
