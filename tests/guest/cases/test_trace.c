// SPDX-License-Identifier: MIT
/* Tracepoints: each event is traced once, with its details. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "events.h"
#include "heap.h"
#include "user.h"

#define USER	1234

ZONE_TEST(each_event_is_traced_once)
{
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
}

/* One refusal since the events began, with all of that in it; and begins again. */
static void expect_refusal(const char *who, const char *what, const char *why)
{
	const char *const words[] = { who, what, why };
	size_t i;

	events_end();
	ASSERT_EQ(events_count("cmm_refuse", ""), 1);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		note("%s", words[i]);
		ASSERT_EQ(events_count("cmm_refuse", words[i]), 1);
	}
	events_begin();
}

static const char *why(char text[128], const char *reason, uint64_t free,
		       uint64_t largest)
{
	snprintf(text, 128, " reason=%s free=%llu largest_free=%llu\n", reason,
		 (unsigned long long)free, (unsigned long long)largest);
	return text;
}

ZONE_TEST(refused_allocation_is_traced_with_its_reason)
{
	const uint64_t quarter = ZONE_SIZE / 4;
	int fds[4], i;
	char us[64], text[128];
	int32_t none[2];
	struct cmm_alloc two = { .len = quarter, .fds = (uintptr_t)none,
				 .count = 2, .align = 64 * KIB };

	snprintf(us, sizeof(us), " uid=0 pid=%d ", getpid());
	events_begin();
	ASSERT_ERR(zone_alloc(node, ZONE_SIZE + PAGE, 0), EFBIG);
	expect_refusal(us, " count=1 align=4096 ",
		       why(text, "EFBIG", ZONE_SIZE, ZONE_SIZE));

	for (i = 0; i < 4; i++)
		fds[i] = ASSERT_OK(zone_alloc(node, quarter, 0));
	close(fds[0]);
	ASSERT_ERR(zone_request(node, &two), ENOSPC);
	expect_refusal(us, " count=2 align=65536 ",
		       why(text, "ENOSPC", quarter, quarter));

	close(fds[2]);
	ASSERT_ERR(zone_alloc(node, 2 * quarter, 0), ENOBUFS);
	expect_refusal(us, " count=1 align=4096 ",
		       why(text, "ENOBUFS", 2 * quarter, quarter));
	events_end();
	close(fds[1]);
	close(fds[3]);
}

ZONE_TEST(quota_refusal_is_traced_with_the_user)
{
	char us[64], text[128];
	pid_t pid;

	ASSERT_OK(zone_set_attribute(ZONE, "quota", "4096"));
	events_begin();
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		become(USER);
		ASSERT_ERR(zone_alloc(node, 3 * PAGE, 0), EDQUOT);
		_exit(0);
	}
	join(pid);
	snprintf(us, sizeof(us), " uid=%d pid=%d ", USER, pid);
	expect_refusal(us, " size=12288 count=1 ",
		       why(text, "EDQUOT", ZONE_SIZE, ZONE_SIZE));
	events_end();
	ASSERT_OK(zone_set_attribute(ZONE, "quota", "0"));
}

TEST(heap_out_of_memory_is_traced_with_its_reason)
{
	char alias[HEAP_NAME], us[64], text[128];
	int heap;

	if (!heap_alias(alias, false))
		skip("the zone has no alias");
	heap = ASSERT_OK(heap_open(alias));
	snprintf(us, sizeof(us), " uid=0 pid=%d ", getpid());
	events_begin();
	ASSERT_ERR(heap_alloc(heap, ZONE_SIZE + 1, O_RDWR | O_CLOEXEC), ENOMEM);
	expect_refusal(us, " count=1 align=4096 ",
		       why(text, "EFBIG", ZONE_SIZE, ZONE_SIZE));
	events_end();
	close(heap);
}
