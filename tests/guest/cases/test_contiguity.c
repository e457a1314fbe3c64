// SPDX-License-Identifier: MIT
/*
 * A buffer is one physical extent. Page i of a user's, the kernel's or a device's
 * mapping is page i of that extent.
 */
#include <string.h>
#include <unistd.h>

#include "buffer.h"

ZONE_TEST(pages_are_physically_consecutive)
{
	static const size_t lens[] = { PAGE, 37 * PAGE, 4 * MIB };
	int engine = open_importer("edu0");
	size_t i, offset;

	if (importer_is_translated(engine) != 1)
		skip("no IOMMU translates for the engine");
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		int fd = ASSERT_OK(zone_alloc(node, lens[i], 0));
		uint64_t phys = buffer_phys(node, fd);
		struct import dma = import(engine, fd, CMM_IMPORT_TO_DEVICE);

		note("length %zu", lens[i]);
		for (offset = 0; offset < lens[i]; offset += PAGE)
			ASSERT_EQ(translate(engine, dma.map.addr + offset),
				  phys + offset);
		ASSERT_OK(importer_release(&dma));
		close(fd);
	}
	close(engine);
}

ZONE_TEST(importers_get_one_segment)
{
	static const char *const names[] = { "edu0", "plain" };
	static const size_t lens[] = { PAGE, 3 * PAGE, 64 * MIB };
	size_t i, j;

	for (i = 0; i < 2; i++) {
		int importer = open_importer(names[i]);

		for (j = 0; j < 3; j++) {
			int fd = ASSERT_OK(zone_alloc(node, lens[j], 0));
			struct import dma = import(importer, fd,
						   CMM_IMPORT_BIDIRECTIONAL);

			note("%s, length %zu", names[i], lens[j]);
			ASSERT_EQ(dma.map.nents, 1);
			ASSERT_EQ(dma.map.contiguous, 1);
			ASSERT_EQ(dma.map.len, lens[j]);
			ASSERT_OK(importer_release(&dma));
			close(fd);
		}
		close(importer);
	}
}

ZONE_TEST(offsets_match_physical_addresses)
{
	int first = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint64_t base = buffer_phys(node, first);
	int i, fds[8];

	ASSERT_EQ(buffer_offset(node, first), 0);
	for (i = 0; i < 8; i++) {
		fds[i] = ASSERT_OK(zone_alloc(node, (i + 1) * 7 * PAGE, 0));
		ASSERT_EQ(buffer_phys(node, fds[i]),
			  base + buffer_offset(node, fds[i]));
	}
	for (i = 0; i < 8; i++)
		close(fds[i]);
	close(first);
}

/* Writes each page's number to its start. */
static void number_pages(const struct buffer *buffer)
{
	uint64_t i;

	for (i = 0; i < buffer->len / PAGE; i++)
		memcpy(buffer->at + i * PAGE, &i, sizeof(i));
}

ZONE_TEST(user_and_kernel_mappings_have_the_same_page_order)
{
	const uint32_t flags[] = { 0, zone_wc() };
	int plain = open_importer("plain");
	int kind;

	for (kind = 0; kind < 2; kind++) {
		struct buffer buffer = buffer_alloc(node, MIB, flags[kind]);
		uint64_t i, seen;

		number_pages(&buffer);
		for (i = 0; i < buffer.len / PAGE; i++) {
			ASSERT_OK(importer_cpu_read(plain, buffer.fd, i * PAGE,
						    &seen, sizeof(seen)));
			ASSERT_EQ(seen, i);
		}
		buffer_free(&buffer);
	}
	close(plain);
}

ZONE_TEST(user_and_device_mappings_have_the_same_page_order)
{
	static const uint64_t pages[] = { 0, 1, 127, 128, 254, 255 };
	int engine = open_importer("edu1");
	struct buffer buffer = buffer_alloc(node, MIB, 0);
	struct buffer seen = buffer_alloc(node, PAGE, 0);
	struct import src = import(engine, buffer.fd, CMM_IMPORT_TO_DEVICE);
	struct import dst = import(engine, seen.fd, CMM_IMPORT_FROM_DEVICE);
	size_t i;

	number_pages(&buffer);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		ASSERT_OK(importer_copy(engine, dst.map.addr,
					src.map.addr + pages[i] * PAGE, 8));
		ASSERT_EQ(*(uint64_t *)seen.at, pages[i]);
	}
	ASSERT_OK(importer_release(&dst));
	ASSERT_OK(importer_release(&src));
	buffer_free(&seen);
	buffer_free(&buffer);
	close(engine);
}
