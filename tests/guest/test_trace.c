// SPDX-License-Identifier: MIT
/* Tracepoints: each event is told once, with what it is about. */
#include <linux/dma-buf.h>
#include <unistd.h>

#include "buffer.h"
#include "events.h"

TEST(every_event_is_told_once)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int plain = open_importer("plain");
	struct import dma;
	int fd;

	events_begin();
	fd = ASSERT_OK(zone_alloc_named(node, 3 * PAGE, 0, "traced"));
	ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	dma = import(plain, fd, CMM_IMPORT_TO_DEVICE);
	ASSERT_OK(importer_unmap(plain, dma.handle));
	ASSERT_OK(importer_map(plain, dma.handle, CMM_IMPORT_TO_DEVICE, NULL));
	ASSERT_OK(importer_release(&dma));
	close(fd);
	events_end();

	ASSERT_EQ(events_count("cmm_alloc", "size=12288"), 1);
	ASSERT_EQ(events_count("cmm_alloc", "name=\"traced\""), 1);
	ASSERT_EQ(events_count("cmm_sync", " begin dir="), 1);
	ASSERT_EQ(events_count("cmm_sync", " end dir="), 1);
	ASSERT_EQ(events_count("cmm_map", "device=cmm_plain"), 2);
	ASSERT_EQ(events_count("cmm_map", "made=1"), 1);
	ASSERT_EQ(events_count("cmm_free", "size=12288"), 1);
	close(plain);
	close(node);
}
