// SPDX-License-Identifier: MIT
/* Tracepoints: each event is told once, with what it is about. */
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"

#define TRACING		"/sys/kernel/debug/tracing/"

static void write_to(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_TRUNC | O_CLOEXEC);

	ASSERT(fd >= 0);
	ASSERT(write(fd, text, strlen(text)) >= 0);
	close(fd);
}

/* Events of this thread and of ZONE with all these words in them. */
static int count_events(const char *event, const char *word)
{
	FILE *trace = fopen(TRACING "trace", "r");
	char line[512], start[32], zone[64];
	int count = 0;

	ASSERT(trace);
	snprintf(start, sizeof(start), ": %s: ", event);
	snprintf(zone, sizeof(zone), "zone=%s ", ZONE);
	while (fgets(line, sizeof(line), trace))
		count += strstr(line, start) && strstr(line, zone) &&
			 strstr(line, word);
	fclose(trace);
	return count;
}

TEST(every_event_is_told_once)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int plain = open_importer("plain");
	struct import dma;
	int fd;

	if (access(TRACING "events/cmm", F_OK))
		skip("this kernel has no events");
	write_to(TRACING "trace", "");
	write_to(TRACING "events/cmm/enable", "1");
	fd = ASSERT_OK(zone_alloc_named(node, 3 * PAGE, 0, "traced"));
	ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	dma = import(plain, fd, CMM_IMPORT_TO_DEVICE);
	ASSERT_OK(importer_unmap(plain, dma.handle));
	ASSERT_OK(importer_map(plain, dma.handle, CMM_IMPORT_TO_DEVICE, NULL));
	ASSERT_OK(importer_release(&dma));
	close(fd);
	write_to(TRACING "events/cmm/enable", "0");

	ASSERT_EQ(count_events("cmm_alloc", "size=12288"), 1);
	ASSERT_EQ(count_events("cmm_alloc", "name=\"traced\""), 1);
	ASSERT_EQ(count_events("cmm_sync", " begin dir="), 1);
	ASSERT_EQ(count_events("cmm_sync", " end dir="), 1);
	ASSERT_EQ(count_events("cmm_map", "device=cmm_plain"), 2);
	ASSERT_EQ(count_events("cmm_map", "made=1"), 1);
	ASSERT_EQ(count_events("cmm_free", "size=12288"), 1);
	close(plain);
	close(node);
}
