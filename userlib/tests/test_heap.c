// SPDX-License-Identifier: MIT
/*
 * dma-heaps and udmabuf in place of a zone, which fake.c plays.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cmm.h>
#include <linux/dma-buf.h>

#include "harness.h"
#include "fake.h"

static const char *const names[] = { "heap:system", "udmabuf:" };

static struct cmm_zone *open_heap(const char *name)
{
	struct cmm_zone *zone = cmm_zone_open(name);

	ASSERT(zone);
	return zone;
}

TEST(heap_buffers_work_from_alloc_to_close)
{
	struct cmm_buf *bufs[2];
	struct cmm_zone *zone;
	unsigned int i;
	char *at;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		zone = open_heap(names[i]);
		ASSERT(!cmm_buf_alloc_array(zone, 5000, FAKE_PAGE, 0, "frame", bufs, 2));
		ASSERT_STREQ(fake.label, "frame");
		ASSERT_EQ(cmm_buf_len(bufs[0]), 2 * FAKE_PAGE);
		at = cmm_buf_map(bufs[0]);
		ASSERT(at && !at[0] && !at[2 * FAKE_PAGE - 1]);
		ASSERT(!cmm_buf_sync_begin(bufs[0], CMM_CPU_WRITE));
		ASSERT_EQ(fake.sync_flags, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
		ASSERT(!cmm_buf_sync_end(bufs[0], CMM_CPU_WRITE));
		cmm_zone_close(zone);
		cmm_buf_close(bufs[0]);
		cmm_buf_close(bufs[1]);
	}
}

/* A part is written: the sync of the whole buffer must keep the rest. */
TEST(heap_range_sync_syncs_the_whole_buffer)
{
	struct cmm_zone *zone = open_heap("heap:system"), *other = open_heap("udmabuf:");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	struct cmm_buf *foreign = cmm_buf_alloc(other, 1, 0, 0, NULL);
	const struct cmm_range mixed[] = { { buf, 0, 1 }, { foreign, 0, 1 } };

	ASSERT(!cmm_buf_sync_begin_range(buf, 1, 1, CMM_CPU_WRITE));
	ASSERT_EQ(fake.sync_flags, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	ASSERT(!cmm_buf_sync_end_range(buf, 1, 1, CMM_CPU_READ));
	ASSERT_EQ(fake.sync_flags, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
	ASSERT_EQ(fake.syncs, 2);
	ASSERT_ERRNO(cmm_buf_sync_begin_range(buf, 0, 0, CMM_CPU_READ), EINVAL);
	ASSERT_ERRNO(cmm_buf_sync_begin_range(buf, FAKE_PAGE, 1, CMM_CPU_READ), EINVAL);
	ASSERT_ERRNO(cmm_buf_sync_begin_range(buf, SIZE_MAX, 2, CMM_CPU_READ), EINVAL);
	ASSERT_ERRNO(cmm_buf_sync_begin_ranges(mixed, 2, CMM_CPU_READ), EXDEV);
	ASSERT_EQ(fake.syncs, 2);
	ASSERT(cmm_buf_load_file(buf, 0, "/proc/self/stat") > 0);
	cmm_buf_close(foreign);
	cmm_buf_close(buf);
	cmm_zone_close(other);
	cmm_zone_close(zone);
}

static int never(const struct cmm_device *device, void *arg)
{
	(void)device;
	(void)arg;
	return 1;
}

static int never_listed(const struct cmm_buf_entry *entry, void *arg)
{
	(void)entry;
	(void)arg;
	return 1;
}

TEST(what_a_heap_cannot_do_fails_with_eopnotsupp)
{
	struct cmm_device_map map = { 0 };
	struct cmm_zone_info zone_info;
	struct cmm_buf_info buf_info;
	struct cmm_budget budget;
	struct cmm_whose whose;
	struct cmm_zone *zone;
	struct cmm_buf *buf;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		zone = open_heap(names[i]);
		buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
		ASSERT(buf);
		ASSERT_ERRNO(cmm_zone_info(zone, &zone_info), EOPNOTSUPP);
		ASSERT(strstr(cmm_explain(), names[i]));
		ASSERT_ERRNO(cmm_zone_budget(zone, &budget), EOPNOTSUPP);
		ASSERT_ERRNO(cmm_zone_devices(zone, never, NULL), EOPNOTSUPP);
		ASSERT_ERRNO(cmm_buf_list(zone, never_listed, NULL), EOPNOTSUPP);
		ASSERT_ERRNO(cmm_buf_info(buf, &buf_info), EOPNOTSUPP);
		ASSERT_ERRNO(!cmm_buf_view(buf, 0, FAKE_PAGE, 0), EOPNOTSUPP);
		ASSERT_ERRNO(!cmm_buf_import(zone, cmm_buf_fd(buf)), EOPNOTSUPP);
		ASSERT_ERRNO(cmm_buf_map_device(buf, "npu", CMM_DMA_READ, &map),
			     EOPNOTSUPP);
		ASSERT_ERRNO(cmm_buf_unmap_device(buf, &map), EOPNOTSUPP);
		ASSERT_ERRNO(cmm_zone_whois_phys(zone, 0, &whose), EOPNOTSUPP);
		ASSERT_ERRNO(!cmm_buf_alloc(zone, 1, 2 * FAKE_PAGE, 0, NULL), EOPNOTSUPP);
		ASSERT_ERRNO(!cmm_buf_alloc(zone, 1, 0, CMM_ALLOC_WC, NULL), EOPNOTSUPP);
		cmm_buf_close(buf);
		cmm_zone_close(zone);
	}
}

TEST(heap_alloc_checks_arguments)
{
	struct cmm_buf *bufs[2];
	struct cmm_zone *zone;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		zone = open_heap(names[i]);
		ASSERT_ERRNO(!cmm_buf_alloc(zone, 0, 0, 0, NULL), EINVAL);
		ASSERT_ERRNO(!cmm_buf_alloc(zone, 1, 3, 0, NULL), EINVAL);
		ASSERT_ERRNO(!cmm_buf_alloc(zone, 1, 0, CMM_MAP_PREFAULT, NULL), EINVAL);
		ASSERT_ERRNO(!cmm_buf_alloc(zone, SIZE_MAX, 0, 0, NULL), EFBIG);
		ASSERT_ERRNO(cmm_buf_alloc_array(zone, 1, 0, 0, NULL, bufs, 0), EINVAL);
		ASSERT_ERRNO(cmm_buf_alloc_array(zone, FAKE_TOTAL + 1, 0, 0, NULL, bufs, 2),
			     i ? EFBIG : ENOMEM);
		ASSERT(!bufs[0] && !bufs[1]);
		cmm_zone_close(zone);
	}
}

TEST(heaps_open_by_an_explicit_name_only)
{
	ASSERT_ERRNO(!cmm_zone_open("heap:"), ENOENT);
	ASSERT_ERRNO(!cmm_zone_open("heap:../null"), ENOENT);
	ASSERT_ERRNO(!cmm_zone_open("heap:no-such-heap"), ENOENT);
	ASSERT_ERRNO(!cmm_zone_open("udmabuf"), ENOENT);
	ASSERT_ERRNO(!cmm_zone_open("udmabuf:x"), ENOENT);
	ASSERT_ERRNO(!cmm_zone_open("system"), ENOENT);
	fake.zones = "";
	ASSERT_ERRNO(!cmm_zone_open(NULL), ENOENT);
}
