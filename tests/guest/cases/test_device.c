// SPDX-License-Identifier: MIT
/*
 * Attach, map, unmap and detach: the device's addresses, how long they stay mapped,
 * and which accesses fail. The engines are behind the SMMU, which reports stray DMA.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "pattern.h"

static int open_translated(const char *name)
{
	int engine = open_importer(name);

	if (importer_is_translated(engine) != 1)
		skip("no IOMMU translates for %s", name);
	return engine;
}

ZONE_TEST(each_engine_has_its_own_dma_addresses)
{
	int one = open_translated("edu0"), two = open_translated("edu1");
	int fd = ASSERT_OK(zone_alloc(node, MIB, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct import a = import(one, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import b = import(two, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import c = import(two, fd, CMM_IMPORT_TO_DEVICE);
	/* Both engines may have the same first address; then use c's. */
	uint64_t other = a.map.addr == b.map.addr ? c.map.addr : b.map.addr;

	ASSERT(a.map.addr != other);
	ASSERT(a.map.addr != phys);
	ASSERT(other != phys);
	ASSERT_EQ(translate(one, a.map.addr), phys);
	ASSERT_EQ(translate(two, other), phys);
	ASSERT_EQ(translate(one, a.map.addr + MIB - PAGE), phys + MIB - PAGE);
	ASSERT_EQ(translate(two, other + MIB - 1), phys + MIB - 1);
	ASSERT_OK(importer_release(&c));
	ASSERT_OK(importer_release(&b));
	ASSERT_OK(importer_release(&a));
	close(fd);
	close(two);
	close(one);
}

ZONE_TEST(device_mapping_excludes_neighbouring_buffers)
{
	int engine = open_translated("edu0");
	int before = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int fd = ASSERT_OK(zone_alloc(node, 3 * PAGE, 0));
	int behind = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct import dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);

	ASSERT_EQ(buffer_phys(node, behind), buffer_phys(node, fd) + 3 * PAGE);
	ASSERT_EQ(translate(engine, dma.map.addr - PAGE), 0);
	ASSERT_EQ(translate(engine, dma.map.addr + 3 * PAGE), 0);
	ASSERT_OK(importer_release(&dma));
	close(behind);
	close(fd);
	close(before);
	close(engine);
}

ZONE_TEST(device_mapping_is_kept_until_detach)
{
	int engine = open_translated("edu0");
	int fd = ASSERT_OK(zone_alloc(node, 4 * PAGE, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct cmm_import_map first, again;
	uint32_t handle;
	int i;

	ASSERT_OK(importer_attach(engine, fd, &handle));
	ASSERT_OK(importer_map(engine, handle, CMM_IMPORT_BIDIRECTIONAL,
			       &first));
	for (i = 0; i < 3; i++) {
		ASSERT_OK(importer_unmap(engine, handle));
		ASSERT_EQ(translate(engine, first.addr), phys);
		ASSERT_OK(importer_map(engine, handle,
				       CMM_IMPORT_BIDIRECTIONAL, &again));
		ASSERT_EQ(again.addr, first.addr);
		ASSERT_EQ(again.len, first.len);
	}
	ASSERT_OK(importer_unmap(engine, handle));
	ASSERT_OK(importer_detach(engine, handle));
	ASSERT_EQ(translate(engine, first.addr), 0);
	ASSERT_EQ(translate(engine, first.addr + 3 * PAGE), 0);
	close(fd);
	close(engine);
}

ZONE_TEST(importer_map_calls_nest)
{
	int engine = open_translated("edu1");
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_import_map maps[3];
	uint32_t handle;
	int i;

	ASSERT_OK(importer_attach(engine, fd, &handle));
	for (i = 0; i < 3; i++) {
		ASSERT_OK(importer_map(engine, handle, CMM_IMPORT_TO_DEVICE,
				       &maps[i]));
		ASSERT_EQ(maps[i].addr, maps[0].addr);
	}
	for (i = 0; i < 3; i++)
		ASSERT_OK(importer_unmap(engine, handle));
	ASSERT_ERR(importer_unmap(engine, handle), ENOENT);
	ASSERT_OK(importer_detach(engine, handle));
	close(fd);
	close(engine);
}

ZONE_TEST(attachments_with_the_same_direction_share_a_mapping)
{
	int engine = open_translated("edu0");
	int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	struct import a = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import b = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import c = import(engine, fd, CMM_IMPORT_TO_DEVICE);

	ASSERT_EQ(a.map.addr, b.map.addr);
	ASSERT(a.map.addr != c.map.addr);
	ASSERT_OK(importer_release(&a));
	ASSERT_EQ(translate(engine, b.map.addr), buffer_phys(node, fd));
	ASSERT_OK(importer_release(&b));
	ASSERT_EQ(translate(engine, b.map.addr), 0);
	ASSERT_EQ(translate(engine, c.map.addr), buffer_phys(node, fd));
	ASSERT_OK(importer_release(&c));
	close(fd);
	close(engine);
}

ZONE_TEST_LIMIT(smmu_blocks_and_reports_dma_after_detach, 60)
{
	int engine = open_translated("edu0");
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	struct import dma = import(engine, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);

	buffer_fill(&buffer, 11);
	ASSERT_OK(importer_release(&dma));
	ASSERT_EQ(stray(engine, dma.map.addr, true).type, SMMU_TRANSLATION);
	buffer_expect(&buffer, 11);
	ASSERT_EQ(stray(engine, dma.map.addr, false).type, SMMU_TRANSLATION);
	buffer_free(&buffer);
	close(engine);
}

ZONE_TEST_LIMIT(smmu_blocks_and_reports_dma_past_the_buffers_end, 60)
{
	int engine = open_translated("edu1");
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	struct buffer behind = buffer_alloc(node, PAGE, 0);
	/* One may end at the engine's last address. Use the lower one. */
	struct import last = import(engine, buffer.fd, CMM_IMPORT_TO_DEVICE);
	struct import dma = import(engine, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);

	if (last.map.addr < dma.map.addr) {
		struct import first = last;

		last = dma;
		dma = first;
	}
	ASSERT_OK(importer_release(&last));
	ASSERT_EQ(buffer_offset(node, behind.fd), PAGE);
	buffer_fill(&behind, 12);
	ASSERT_EQ(stray(engine, dma.map.addr + PAGE, true).type,
		  SMMU_TRANSLATION);
	buffer_expect(&behind, 12);
	ASSERT_OK(importer_release(&dma));
	buffer_free(&behind);
	buffer_free(&buffer);
	close(engine);
}

ZONE_TEST_LIMIT(detach_of_one_engine_does_not_affect_the_other, 60)
{
	int one = open_translated("edu0"), two = open_translated("edu1");
	struct buffer buffer = buffer_alloc(node, 2 * PAGE, 0);
	struct import a = import(one, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import b = import(two, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);
	struct smmu_event first, second;

	buffer_fill(&buffer, 13);
	ASSERT_OK(importer_release(&a));
	first = stray(one, a.map.addr, true);
	ASSERT_EQ(first.type, SMMU_TRANSLATION);
	ASSERT_OK(importer_copy(two, b.map.addr + PAGE, b.map.addr, 1024));
	ASSERT_PATTERN(pattern_check(buffer.at + PAGE, 1024, 0, 13));
	ASSERT_OK(importer_release(&b));

	second = stray(two, b.map.addr, true);
	ASSERT(first.stream != second.stream);
	buffer_free(&buffer);
	close(two);
	close(one);
}

ZONE_TEST_LIMIT(smmu_blocks_device_writes_to_a_read_only_mapping, 60)
{
	int engine = open_translated("edu0");
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	struct import dma;

	buffer_fill(&buffer, 14);
	dma = import(engine, buffer.fd, CMM_IMPORT_TO_DEVICE);
	ASSERT_OK(importer_load(engine, dma.map.addr, 0, 64));
	ASSERT_EQ(stray(engine, dma.map.addr + 256, true).type,
		  SMMU_PERMISSION);
	buffer_expect(&buffer, 14);
	ASSERT_OK(importer_release(&dma));
	buffer_free(&buffer);
	close(engine);
}

ZONE_TEST(dma_direction_can_change_only_after_unmap)
{
	int engine = open_translated("edu1");
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	struct cmm_import_map map;
	uint32_t handle;

	buffer_fill(&buffer, 15);
	ASSERT_OK(importer_attach(engine, buffer.fd, &handle));
	ASSERT_OK(importer_map(engine, handle, CMM_IMPORT_TO_DEVICE, &map));
	ASSERT_OK(importer_load(engine, map.addr, 0, 256));
	/* A mapping in use for one direction cannot be mapped for another. */
	ASSERT_ERR(importer_map(engine, handle, CMM_IMPORT_FROM_DEVICE, NULL),
		   EBUSY);
	ASSERT_ERR(importer_map(engine, handle, CMM_IMPORT_BIDIRECTIONAL, NULL),
		   EBUSY);
	ASSERT_OK(importer_unmap(engine, handle));

	ASSERT_OK(importer_map(engine, handle, CMM_IMPORT_FROM_DEVICE, &map));
	ASSERT_EQ(translate(engine, map.addr), buffer_phys(node, buffer.fd));
	ASSERT_OK(importer_store(engine, map.addr + 1024, 0, 256));
	ASSERT_PATTERN(pattern_check(buffer.at + 1024, 256, 0, 15));
	ASSERT_OK(importer_unmap(engine, handle));
	ASSERT_OK(importer_detach(engine, handle));
	buffer_free(&buffer);
	close(engine);
}

ZONE_TEST(importing_to_a_device_that_cannot_reach_the_zone_fails)
{
	int direct = open_importer("direct");
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct import dma;

	ASSERT_EQ(importer_is_translated(direct), 0);
	ASSERT_ERR(importer_import(direct, fd, CMM_IMPORT_BIDIRECTIONAL, &dma),
		   EOPNOTSUPP);
	close(fd);
	expect_used(0);
	close(direct);
}

ZONE_TEST(dma_address_without_iommu_is_the_physical_address)
{
	int plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, 5 * PAGE, 0));
	struct import dma = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);

	ASSERT_EQ(importer_is_translated(plain), 0);
	ASSERT_EQ(dma.map.addr, buffer_phys(node, fd));
	ASSERT_EQ(dma.map.len, 5 * PAGE);
	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(plain);
}

ZONE_TEST(closing_the_importer_ends_its_attachments)
{
	int engine = open_translated("edu0"), other = open_translated("edu0");
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct import dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	uint32_t handle;

	ASSERT_OK(importer_attach(engine, fd, &handle));
	ASSERT_EQ(translate(other, dma.map.addr), buffer_phys(node, fd));
	close(fd);
	expect_used(PAGE);
	close(engine);
	ASSERT_EQ(translate(other, dma.map.addr), 0);
	expect_used(0);
	close(other);
}

/*
 * All are read-only: CONFIG_DMA_API_DEBUG reports more than seven writable mappings
 * of one cache line as a driver error.
 */
ZONE_TEST(one_hundred_attachments_are_mapped_and_listed)
{
	int engine = open_translated("edu1");
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_list_entry entry;
	struct import dma[100];
	int i;

	for (i = 0; i < 100; i++)
		dma[i] = import(engine, fd, CMM_IMPORT_TO_DEVICE);
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.attached, 100);
	ASSERT(strlen(entry.devices) < CMM_DEVICES_LEN);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(translate(engine, dma[i].map.addr),
			  buffer_phys(node, fd));
		ASSERT_OK(importer_release(&dma[i]));
	}
	close(fd);
	close(engine);
}

/* An engine has 256 MiB of addresses. Each direction uses its own range. */
ZONE_TEST(import_without_free_dma_addresses_fails_with_enomem)
{
	static const uint32_t uses[] = {
		CMM_IMPORT_BIDIRECTIONAL, CMM_IMPORT_TO_DEVICE,
		CMM_IMPORT_FROM_DEVICE,
	};
	int engine = open_translated("edu0");
	int fd = ASSERT_OK(zone_alloc(node, ZONE_SIZE, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct cmm_list_entry entry;
	struct import imports[ARRAY_SIZE(uses)];
	uint32_t i, count = 0;
	int ret = 0;

	if (ARRAY_SIZE(uses) * ZONE_SIZE < 256 * MIB)
		skip("the zone is too small to use up an engine's addresses");
	while (!ret && count < ARRAY_SIZE(uses)) {
		ret = importer_import(engine, fd, uses[count], &imports[count]);
		count += !ret;
	}
	ASSERT_ERR(ret, ENOMEM);
	ASSERT(count <= 256 * MIB / ZONE_SIZE);
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.attached, count);
	for (i = 0; i < count; i++) {
		ASSERT_EQ(translate(engine, imports[i].map.addr), phys);
		ASSERT_OK(importer_release(&imports[i]));
	}
	close(fd);
	close(engine);
}
