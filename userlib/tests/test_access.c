// SPDX-License-Identifier: MIT
/*
 * CPU access to buffers: mapping, and begin and end of an access.
 */
#include <errno.h>
#include <unistd.h>

#include <cmm.h>
#include <linux/dma-buf.h>

#include "harness.h"
#include "fake.h"
#include "range.h"

TEST(maps_once)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 2 * FAKE_PAGE, 0, 0, NULL);
	struct cmm_buf *copy = cmm_buf_import(zone, cmm_buf_fd(buf));
	char *addr = cmm_buf_map(buf);
	char *other = cmm_buf_map(copy);

	ASSERT(addr && other && addr != other);
	ASSERT(cmm_buf_map(buf) == addr);
	addr[2 * FAKE_PAGE - 1] = 'x';
	ASSERT(other[2 * FAKE_PAGE - 1] == 'x');

	ASSERT(!cmm_buf_unmap(buf));
	ASSERT(!cmm_buf_unmap(buf));
	addr = cmm_buf_map(buf);
	ASSERT(addr && addr[2 * FAKE_PAGE - 1] == 'x');
	cmm_buf_close(buf);
	cmm_buf_close(copy);
	cmm_zone_close(zone);
}

TEST(maps_where_blocks_are)
{
	const size_t block = 16 * FAKE_PAGE;
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 5 * block, 0, 0, NULL);
	unsigned int page;

	fake.block = (unsigned int)block;
	for (page = 0; page < 16; page++) {
		char *addr;

		fake.block_offset = page * FAKE_PAGE;
		addr = cmm_buf_map(buf);
		ASSERT(addr);
		ASSERT((uintptr_t)addr % block == fake.block_offset);
		addr[0] = 'a';
		addr[5 * block - 1] = 'z';
		ASSERT(cmm_buf_map_flags(buf, CMM_MAP_PREFAULT) == addr);
		ASSERT(!cmm_buf_unmap(buf));
	}
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(maps_without_an_answer)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 3 * FAKE_PAGE, 0, 0, NULL);
	char *addr;

	fake.error = ENODEV;
	addr = cmm_buf_map_flags(buf, CMM_MAP_PREFAULT);
	ASSERT(addr);
	addr[3 * FAKE_PAGE - 1] = 'z';
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(syncs_as_asked)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);

	ASSERT(!cmm_buf_sync_begin(buf, CMM_CPU_READ));
	ASSERT(fake.sync_flags == (DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ));
	ASSERT(!cmm_buf_sync_begin(buf, CMM_CPU_READ | CMM_CPU_WRITE));
	ASSERT(fake.sync_flags == (DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	ASSERT(!cmm_buf_sync_end(buf, CMM_CPU_WRITE));
	ASSERT(fake.sync_flags == (DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE));
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(sync_goes_on_after_interruptions)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);

	fake.interruptions = 4;
	ASSERT(!cmm_buf_sync_begin(buf, CMM_CPU_READ));
	ASSERT(fake.syncs == 1 && !fake.interruptions);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(syncs_ranges_as_asked)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *a = cmm_buf_alloc(zone, 8 * FAKE_PAGE, 0, 0, NULL);
	struct cmm_buf *b = cmm_buf_alloc(zone, 8 * FAKE_PAGE, 0, 0, NULL);
	const struct cmm_range ranges[] = { { a, 5, 6 }, { b, 7, 8 } };

	ASSERT(!cmm_buf_sync_begin_range(a, 1, 2, CMM_CPU_READ));
	ASSERT(fake.range_count == 1);
	expect_range(0, a, 1, 2, CMM_SYNC_READ);
	ASSERT(!cmm_buf_sync_end_range(a, 3, 4, CMM_CPU_WRITE));
	expect_range(0, a, 3, 4, CMM_SYNC_WRITE | CMM_SYNC_END);
	ASSERT(!cmm_buf_sync_begin_ranges(ranges, 2,
					  CMM_CPU_READ | CMM_CPU_WRITE));
	ASSERT(fake.range_count == 2);
	expect_range(0, a, 5, 6, CMM_SYNC_RW);
	expect_range(1, b, 7, 8, CMM_SYNC_RW);
	fake.interruptions = 3;
	ASSERT(!cmm_buf_sync_end_ranges(ranges, 2, CMM_CPU_READ));
	expect_range(1, b, 7, 8, CMM_SYNC_READ | CMM_SYNC_END);
	ASSERT(!fake.interruptions && !fake.syncs);
	cmm_buf_close(b);
	cmm_buf_close(a);
	cmm_zone_close(zone);
}

TEST(range_sync_checks_arguments)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	int fd = fake_foreign_dmabuf();
	struct cmm_buf *foreign = cmm_buf_import(NULL, fd);
	struct cmm_range ranges[CMM_MAX_COUNT + 1];
	unsigned int i;

	for (i = 0; i <= CMM_MAX_COUNT; i++)
		ranges[i] = (struct cmm_range) { buf, 0, 1 };
	ASSERT_ERRNO(cmm_buf_sync_begin_ranges(ranges, 0, CMM_CPU_READ), EINVAL);
	ASSERT_ERRNO(cmm_buf_sync_begin_ranges(ranges, CMM_MAX_COUNT + 1,
					       CMM_CPU_READ), E2BIG);
	ASSERT_ERRNO(cmm_buf_sync_begin_range(foreign, 0, 1, CMM_CPU_READ), EXDEV);
	ranges[1].buf = foreign;
	ASSERT_ERRNO(cmm_buf_sync_end_ranges(ranges, 2, CMM_CPU_READ), EXDEV);
	ASSERT(!fake.range_count);
	cmm_buf_close(foreign);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(range_sync_has_no_other_way)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);

	fake.error = ENOTTY;
	ASSERT_ERRNO(cmm_buf_sync_begin_range(buf, 0, 1, CMM_CPU_READ), ENOTTY);
	ASSERT(!fake.syncs);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}
