// SPDX-License-Identifier: MIT
/*
 * Cache maintenance: it is done where devices that do not snoop may look, on
 * the whole of what is handed over, once, and never beyond.
 *
 * The engines snoop; "plain" does not. A buffer whose physical address was told
 * may be in the hands of a device that nobody knows, so these tests learn it
 * from an IOMMU where that matters.
 */
#include <linux/dma-buf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blocks.h"
#include "buffer.h"
#include "device.h"
#include "driver.h"
#include "ledger.h"
#include "whois.h"

#define LEN	(6 * MIB)

static void announce(int fd, uint64_t flags)
{
	ledger_clear();
	ASSERT_OK(zone_sync(fd, flags));
}

/* What is allocated next is dirty, and stays so until then. */
static void spoil_first(int node)
{
	ASSERT_OK(zone_set_attribute(ZONE, "scrub", "alloc"));
	close(ASSERT_OK(zone_alloc(node, LEN, 0)));
}

TEST(a_new_buffer_is_cleaned_to_memory)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd;

	spoil_first(node);
	ledger_open();
	fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	expect_one_pass(buffer_phys(node, fd), LEN);
	close(fd);

	ledger_clear();
	fd = ASSERT_OK(zone_alloc(node, PAGE + 1, 0));
	expect_one_pass(buffer_phys(node, fd), 2 * PAGE);
	close(fd);
	ledger_close();
	ASSERT_OK(zone_set_attribute(ZONE, "scrub", "idle"));
	close(node);
}

TEST(a_new_write_combined_buffer_leaves_the_cache)
{
	int node = ASSERT_OK(zone_open(ZONE));
	uint64_t phys;
	int fd;

	need_wc();
	spoil_first(node);
	ledger_open();
	fd = ASSERT_OK(zone_alloc(node, PAGE, CMM_BUF_WC));
	phys = buffer_phys(node, fd);
	expect_one_pass(phys, PAGE);
	close(fd);
	ledger_close();
	ASSERT_OK(zone_set_attribute(ZONE, "scrub", "idle"));
	close(node);
}

TEST(the_cpus_accesses_are_kept_apart_from_devices)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	uint64_t phys = buffer_phys(node, fd);

	/* Nothing is known of any device, which is what a driver may do. */
	ledger_open();
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, LEN);
	ledger_close();
	close(fd);
	close(node);
}

TEST(one_pass_serves_all_devices)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int plain = open_importer("plain"), engine = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct import dma[4];
	int i;

	for (i = 0; i < 4; i++)
		dma[i] = import(i ? plain : engine, fd,
				CMM_IMPORT_BIDIRECTIONAL);
	ledger_open();
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, LEN);
	ledger_close();
	for (i = 0; i < 4; i++)
		ASSERT_OK(importer_release(&dma[i]));
	close(fd);
	close(engine);
	close(plain);
	close(node);
}

/* It matters how the engine was mapped, and not only whether it could. */
TEST(an_engine_that_is_kept_from_snooping_is_one_that_does_not)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int engine = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	struct import dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	uint64_t phys = translate(engine, dma.map.addr);
	bool snoops = engine_snoops(engine);

	ledger_open();
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
	ledger_close();
	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(engine);
	close(node);
}

TEST(devices_that_snoop_need_none)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int engine = open_importer("edu0");
	struct buffer buffer;
	struct import dma;
	uint64_t phys;

	need_snooping(engine);
	buffer = buffer_alloc(node, PAGE, 0);
	ledger_open();
	dma = import(engine, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);
	announce(buffer.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	expect_none();
	announce(buffer.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_none();
	ASSERT_OK(importer_unmap(engine, dma.handle));
	ASSERT_OK(importer_map(engine, dma.handle, CMM_IMPORT_BIDIRECTIONAL,
			       NULL));
	expect_none();

	/* Once the address is known, others may use it. */
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
	ledger_close();
	ASSERT_OK(importer_release(&dma));
	buffer_free(&buffer);
	close(engine);
	close(node);
}

TEST(write_combined_buffers_need_none)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int plain = open_importer("plain");
	struct buffer buffer;
	struct import dma;

	need_wc();
	buffer = buffer_alloc(node, PAGE, CMM_BUF_WC);
	ledger_open();
	dma = import(plain, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);
	ASSERT_OK(zone_sync(buffer.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	ASSERT_OK(zone_sync(buffer.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	ASSERT_OK(importer_release(&dma));
	expect_none();
	ledger_close();
	buffer_free(&buffer);
	close(plain);
	close(node);
}

/*
 * The kernel's own mapping of the memory is cached: the CPU may fetch lines
 * through it that hold less than what was written past them.
 */
TEST(write_combined_buffers_leave_the_cache_for_devices_that_snoop)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int engine = open_importer("edu0"), plain = open_importer("plain");
	struct import dma, also;
	uint64_t phys;
	int fd;

	need_wc();
	need_snooping(engine);
	fd = ASSERT_OK(zone_alloc(node, LEN, CMM_BUF_WC));
	phys = buffer_phys(node, fd);
	ledger_open();
	dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	expect_one_pass(phys, LEN);
	/* One pass, however many devices there are. */
	ledger_clear();
	also = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	expect_none();
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	expect_one_pass(phys, LEN);
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	expect_one_pass(phys, LEN);
	ledger_clear();
	ASSERT_OK(zone_sync_part(node, fd, CMM_SYNC_WRITE | CMM_SYNC_END,
				 PAGE, PAGE));
	expect_one_pass(phys + PAGE, PAGE);
	ledger_clear();
	ASSERT_OK(importer_unmap(engine, dma.handle));
	expect_one_pass(phys, LEN);
	ASSERT_OK(importer_detach(engine, dma.handle));
	/* None is left that snoops. */
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_none();
	ASSERT_OK(importer_release(&also));
	ledger_close();
	close(fd);
	close(plain);
	close(engine);
	close(node);
}

/*
 * What a CPU stored while the device worked is still there: no pass invalidates
 * without cleaning, whatever the device may have done.
 */
TEST(an_importers_unmap_drops_no_store)
{
	static const uint32_t dirs[] = {
		CMM_IMPORT_FROM_DEVICE, CMM_IMPORT_BIDIRECTIONAL,
		CMM_IMPORT_TO_DEVICE,
	};
	int node = ASSERT_OK(zone_open(ZONE));
	int plain = open_importer("plain");
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	uint64_t phys = buffer_phys(node, buffer.fd);
	size_t i;

	ledger_open();
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		struct import dma = import(plain, buffer.fd, dirs[i]);

		note("direction %u", dirs[i]);
		ledger_clear();
		ASSERT_OK(importer_release(&dma));
		if (dirs[i] == CMM_IMPORT_TO_DEVICE)
			expect_none();
		else
			expect_one_pass(phys, LEN);
	}
	ledger_close();
	buffer_free(&buffer);
	close(plain);
	close(node);
}

/* --- what a device wrote is seen when its mapping ends --- */

enum end { BY_UNMAP, BY_CLOSE, BY_UNBIND, ENDS };

/* In the board's device tree the fourth, which does not snoop. */
#define CHOSEN		3
#define CHOSEN_NAME	"cmm-test-plain"

TEST(a_mapping_on_request_ends_with_a_pass)
{
	static const uint32_t flags[] = {
		CMM_DEV_MAP_READ, CMM_DEV_MAP_WRITE, CMM_DEV_MAP_RW,
	};
	int node = ASSERT_OK(zone_open(ZONE)), end;
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct cmm_dev_entry entry;
	size_t i;

	if (!ASSERT_OK(zone_devices(node, &entry, 1)))
		skip("the zone has no devices");
	ledger_open();
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		for (end = 0; end < ENDS; end++) {
			int client = ASSERT_OK(zone_open(ZONE));
			struct cmm_dev_map map;

			note("flags %u, end %d", flags[i], end);
			ASSERT_OK(zone_map_device(client, fd, CHOSEN, flags[i],
						  &map));
			ledger_clear();
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
	ledger_close();
	close(fd);
	close(node);
}

/* As at the importer's own unmap, which then has nothing left to do. */
TEST(an_unbind_in_the_middle_of_an_access_makes_a_pass)
{
	static const uint32_t dirs[] = {
		CMM_IMPORT_TO_DEVICE, CMM_IMPORT_FROM_DEVICE,
		CMM_IMPORT_BIDIRECTIONAL,
	};
	int node = ASSERT_OK(zone_open(ZONE)), idle;
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	uint64_t phys = buffer_phys(node, fd);
	size_t i;

	ledger_open();
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		for (idle = 0; idle < 2; idle++) {
			int plain = open_importer("plain");
			struct import dma = import(plain, fd, dirs[i]);

			note("direction %u, %s", dirs[i],
			     idle ? "idle" : "in use");
			if (idle)
				ASSERT_OK(importer_unmap(plain, dma.handle));
			ledger_clear();
			ASSERT_OK(device_unbind("cmm_plain"));
			if (idle || dirs[i] == CMM_IMPORT_TO_DEVICE)
				expect_none();
			else
				expect_one_pass(phys, LEN);
			ledger_clear();
			close(plain);
			expect_none();
			ASSERT_OK(device_bind("cmm_plain"));
		}
	}
	ledger_close();
	close(fd);
	close(node);
}

TEST(what_the_cpu_may_have_written_is_cleaned_at_map)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct buffer buffer;
	struct import dma;

	/* Nobody has touched it since it was cleaned. */
	ledger_open();
	dma = import(plain, fd, CMM_IMPORT_TO_DEVICE);
	expect_none();
	ASSERT_OK(importer_release(&dma));

	buffer = buffer_of(fd, LEN);
	ledger_clear();
	dma = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	expect_one_pass(phys, LEN);
	/* Again, although it is mapped already. */
	ASSERT_OK(importer_unmap(plain, dma.handle));
	ledger_clear();
	ASSERT_OK(importer_map(plain, dma.handle, CMM_IMPORT_BIDIRECTIONAL,
			       NULL));
	expect_one_pass(phys, LEN);
	ledger_clear();
	ASSERT_OK(importer_unmap(plain, dma.handle));
	expect_one_pass(phys, LEN);
	ASSERT_OK(importer_detach(plain, dma.handle));
	ledger_close();
	buffer_free(&buffer);
	close(plain);
	close(node);
}

TEST(what_the_kernel_may_have_written_is_cleaned_at_map)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct import dma;

	ASSERT_OK(importer_cpu_write(plain, fd, 0, "kernel", 6));
	ledger_open();
	dma = import(plain, fd, CMM_IMPORT_TO_DEVICE);
	expect_one_pass(phys, PAGE);
	ledger_close();
	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(plain);
	close(node);
}

/* --- who asks whose an address is --- */

/* The CPU's accesses to all of a buffer of which only devices that snoop know. */
static void expect_none_needed(int fd)
{
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	expect_none();
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_none();
}

/* The same when others may know of it. */
static void expect_all_needed(int fd, uint64_t phys, uint64_t len)
{
	announce(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, len);
	announce(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	expect_one_pass(phys, len);
}

/* The answer has the offset, and so where the buffer begins. */
TEST(who_asks_about_a_physical_address_may_hand_it_on)
{
	int node = ASSERT_OK(zone_open(ZONE)), engine = open_importer("edu0");
	int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	int other = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct import dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	uint64_t phys = translate(engine, dma.map.addr);

	need_snooping(engine);
	ledger_open();
	ask(node, NULL, buffer_phys(node, other));
	expect_none_needed(fd);
	if (ASSERT_OK(importer_is_translated(engine))) {
		/* An address that the IOMMU made up is of no use to others. */
		ask(node, EDU0, dma.map.addr);
		expect_none_needed(fd);
	}
	ask(node, NULL, phys + PAGE + 1);
	expect_all_needed(fd, phys, 2 * PAGE);
	ledger_close();
	ASSERT_OK(importer_release(&dma));
	close(other);
	close(fd);
	close(engine);
	close(node);
}

/* Without an IOMMU the device's address is the physical one. */
TEST(who_asks_about_a_bus_address_may_hand_it_on)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int engine = open_importer("edu0"), plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	struct import dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import direct = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	uint64_t phys = translate(plain, direct.map.addr);

	need_snooping(engine);
	ledger_open();
	ASSERT_OK(importer_release(&direct));
	expect_none_needed(fd);
	direct = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	ask(node, PLAIN, direct.map.addr + PAGE);
	ASSERT_OK(importer_release(&direct));
	expect_all_needed(fd, phys, 2 * PAGE);
	ledger_close();
	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(plain);
	close(engine);
	close(node);
}

/* --- the attributes of mappings --- */

#ifdef __aarch64__
/* The index of the memory's type, and the types themselves. */
#define MEMORY_TYPE	(7 << 2)
#define CACHED		(0 << 2)
#define UNCACHED	(2 << 2)
/* For the user, and for the kernel. */
#define NO_EXEC		(3ULL << 53)
#else
#define MEMORY_TYPE	0
#define CACHED		0
#define UNCACHED	0
#define NO_EXEC		0
#endif

#define MAX_ENTRIES	256

static struct ledger_entry entries[MAX_ENTRIES];

/* What was mapped since the last look has that type of memory, each time. */
static void expect_type(enum ledger_kind kind, uint64_t type)
{
	size_t i, count = ledger_read(entries, MAX_ENTRIES);
	int seen = 0;

	for (i = 0; i < count; i++) {
		if (entries[i].kind != kind)
			continue;
		ASSERT_EQ(entries[i].attributes & MEMORY_TYPE, type);
		seen++;
	}
	ASSERT(seen);
}

TEST(mappings_are_of_the_kind_that_was_asked_for)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int plain = open_importer("plain");
	struct buffer cached, wc;
	char byte;

	if (!MEMORY_TYPE)
		skip("this architecture's page tables are not known here");
	ledger_open();
	cached = buffer_alloc(node, PAGE, 0);
	expect_type(MAPPED, CACHED);
	ledger_clear();
	wc = buffer_alloc(node, PAGE, CMM_BUF_WC);
	expect_type(MAPPED, UNCACHED);
	ledger_clear();
	ASSERT_OK(importer_cpu_read(plain, wc.fd, 0, &byte, 1));
	expect_type(VMAPPED, UNCACHED);
	ledger_close();
	buffer_free(&wc);
	buffer_free(&cached);
	close(plain);
	close(node);
}

/* What the CPU goes by, in mappings that differ in everything else. */
static void expect_leaf(int importer, const uint8_t *at, uint64_t size,
			uint64_t type)
{
	struct cmm_import_leaf leaf;

	/* Touched, it is mapped. */
	ASSERT(!*(const volatile uint8_t *)at);
	ASSERT_OK(importer_leaf(importer, at, &leaf));
	ASSERT_EQ(leaf.size, size);
	ASSERT_EQ(leaf.entry & MEMORY_TYPE, type);
	/* Nobody executes it. */
	ASSERT_EQ(leaf.entry & NO_EXEC, NO_EXEC);
}

TEST(page_tables_have_one_kind_for_all_mappings_of_a_buffer)
{
	static const uint64_t types[] = { CACHED, UNCACHED };
	int node = ASSERT_OK(zone_open(ZONE));
	int plain = open_importer("plain");
	uint64_t block = has_blocks() ? BLOCK : PAGE;
	int i;

	if (!MEMORY_TYPE)
		skip("this architecture's page tables are not known here");
	for (i = 0; i < 2; i++) {
		int fd = ASSERT_OK(zone_alloc(node, 4 * BLOCK, i ? CMM_BUF_WC : 0));
		int sealed = ASSERT_OK(zone_seal(node, fd, 0));
		uint8_t *large = blocks_map(node, fd, 4 * BLOCK, 0, 0,
					    PROT_READ | PROT_WRITE);
		uint8_t *small = blocks_map(node, fd, BLOCK, BLOCK, PAGE,
					    PROT_READ | PROT_WRITE);
		uint8_t *other = blocks_map(node, sealed, 4 * BLOCK, 0, 0,
					    PROT_READ);

		expect_leaf(plain, large, block, types[i]);
		expect_leaf(plain, small, PAGE, types[i]);
		expect_leaf(plain, other, block, types[i]);
		/* A block that is split keeps it. */
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
	close(node);
}
