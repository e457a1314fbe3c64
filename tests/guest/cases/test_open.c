// SPDX-License-Identifier: MIT
/* Opening a zone's node does not wait for what happens in another zone. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "events.h"
#include "file.h"

#define TRACING		"/sys/kernel/debug/tracing/"
#define DRIVER		"/sys/bus/platform/drivers/cmm_importer_platform/"
/* The device is not coherent, so unmapping flushes. */
#define DEVICE		"cmm-test-plain"
#define BUFFERS		7
#define TRIES		20

static const char *another_zone(void)
{
	return strcmp(ZONE, "npu") ? "npu" : "media";
}

/* Runs until killed. */
static void open_again_and_again(void *unused)
{
	(void)unused;
	for (;;) {
		close(ASSERT_OK(zone_open(another_zone())));
		/* Fails while the trace is cleared. */
		file_write(TRACING "trace_marker", "opened");
	}
}

/* How often a node was opened between the first and the last unmapping of an unbind. */
static int opened_during_unbind(void)
{
	FILE *trace = fopen(TRACING "trace", "r");
	int opened = 0, before_last = 0, unmapped = 0;
	char line[512];

	ASSERT(trace);
	while (fgets(line, sizeof(line), trace)) {
		if (unmapped && strstr(line, "opened")) {
			opened++;
		} else if (strstr(line, "cmm_unmap")) {
			unmapped++;
			before_last = opened;
		}
	}
	fclose(trace);
	ASSERT_EQ(unmapped, BUFFERS);
	return before_last;
}

static int find_device(int node, struct cmm_dev_entry *entry)
{
	struct cmm_dev_entry entries[CMM_DEV_MAX_COUNT];
	int i, count;

	count = ASSERT_OK(zone_devices(node, entries, CMM_DEV_MAX_COUNT));
	for (i = 0; i < count; i++) {
		*entry = entries[i];
		if (!strcmp(entry->name, DEVICE))
			return !(entry->flags & CMM_DEV_COHERENT);
	}
	return 0;
}

static int unbind_once(int node, const int *fds)
{
	struct cmm_dev_entry entry;
	struct cmm_dev_map map;
	int i;

	ASSERT(find_device(node, &entry));
	for (i = 0; i < BUFFERS; i++)
		ASSERT_OK(zone_map_device(node, fds[i], entry.index,
					  CMM_DEV_MAP_RW, &map));
	events_begin();
	ASSERT_OK(file_write(DRIVER "unbind", DEVICE));
	events_end();
	ASSERT_OK(file_write(DRIVER "bind", DEVICE));
	return opened_during_unbind();
}

/*
 * An unbind ends the mappings of many buffers, one after the other. If opening a node
 * had to wait for the unbind, at most one open would succeed between two mappings. It
 * does not wait, so hundreds succeed. There may be fewer if the opening process gets no
 * CPU time. In that case the test repeats the unbind.
 */
ZONE_TEST_LIMIT(zone_opens_while_a_device_is_being_unbound, 60)
{
	int fds[BUFFERS], opened = 0, i;
	struct cmm_dev_entry entry;
	pid_t opener;

	if (!find_device(node, &entry))
		skip("the zone has no device that does not snoop");
	for (i = 0; i < BUFFERS; i++)
		fds[i] = ASSERT_OK(zone_alloc(node, ZONE_SIZE / 8, 0));
	opener = fork_to(open_again_and_again, NULL);
	for (i = 0; i < TRIES && opened <= BUFFERS; i++) {
		opened = unbind_once(node, fds);
		note("opened %d times", opened);
	}
	ASSERT(opened > BUFFERS);
	ASSERT_EQ(kill(opener, SIGKILL), 0);
	ASSERT_EQ(waitpid(opener, NULL, 0), opener);
	for (i = 0; i < BUFFERS; i++)
		close(fds[i]);
}
