// SPDX-License-Identifier: MIT
/*
 * A device is still at work when its mapping ends. After the call that ends the
 * mapping has returned, the buffer does not change. An IOMMU with a flush queue
 * (iommu.strict=0) may still translate for up to 10 ms after an unmap.
 *
 * A transfer of the engine takes 100 ms and accesses memory at its end. The test
 * ends the mapping shortly before. Either may come first, and the buffer shows which
 * did. Only the runs in which the mapping ended first count.
 */
#include <unistd.h>

#include "buffer.h"
#include "importer.h"

#define TRANSFER_US	100000
#define REMEMBERED_US	10000
#define STEP_US		500
#define WANTED		5
#define OLD		1
#define NEW		0xa5

struct work {
	int engine;
	uint64_t addr;
};

static void transfer(void *arg)
{
	const struct work *work = arg;

	ASSERT_OK(importer_store(work->engine, work->addr, 0, 1));
}

static uint8_t first_byte(const struct buffer *buffer)
{
	return *(volatile uint8_t *)buffer->at;
}

/* Whether the mapping ended before the access. */
static bool end_first(int engine, const struct buffer *buffer, useconds_t delay)
{
	struct import dma = import(engine, buffer->fd, CMM_IMPORT_BIDIRECTIONAL);
	struct work work = { engine, dma.map.addr };
	uint8_t at_end;
	pid_t pid;

	buffer->at[0] = OLD;
	buffer->at[1] = NEW;
	/* The engine loads the byte to store. The IOMMU caches the translation. */
	ASSERT_OK(importer_load(engine, dma.map.addr + 1, 0, 1));
	pid = fork_to(transfer, &work);
	usleep(delay);
	ASSERT_OK(importer_release(&dma));
	at_end = first_byte(buffer);
	join(pid);
	if (at_end == OLD)
		ASSERT_EQ(first_byte(buffer), OLD);
	return at_end == OLD;
}

ZONE_TEST_LIMIT(device_writes_nothing_after_unmap_returned, 90)
{
	int engine = open_importer("edu0");
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	useconds_t delay = TRANSFER_US - REMEMBERED_US / 2;
	int i, ended_first = 0;

	if (importer_is_translated(engine) != 1)
		skip("no IOMMU stops the device");
	expect_smmu_events();
	for (i = 0; ended_first < WANTED; i++) {
		note("%d of %d ends came first, at last after %u us",
		     ended_first, i, delay);
		/* As late as possible, but before the access. */
		if (end_first(engine, &buffer, delay)) {
			ended_first++;
			delay += STEP_US;
		} else {
			delay -= STEP_US;
		}
	}
	buffer_free(&buffer);
	close(engine);
}
