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
/* It does not snoop, so the end of its mappings is a flush. */
#define DEVICE		"cmm-test-plain"
#define BUFFERS		7

static const char *another_zone(void)
{
	return strcmp(ZONE, "npu") ? "npu" : "media";
}

static void mark(const char *what)
{
	ASSERT_OK(file_write(TRACING "trace_marker", what));
}

/* Until it is killed. */
static void open_again_and_again(void *unused)
{
	(void)unused;
	for (;;) {
		close(ASSERT_OK(zone_open(another_zone())));
		mark("opened");
	}
}

/* How often a node was opened between the unbind's begin and its last unmapping. */
static int opened_meanwhile(void)
{
	FILE *trace = fopen(TRACING "trace", "r");
	int opened = 0, meanwhile = -1;
	bool begun = false;
	char line[512];

	ASSERT(trace);
	while (fgets(line, sizeof(line), trace)) {
		if (strstr(line, "unbind begins"))
			begun = true;
		else if (begun && strstr(line, "opened"))
			opened++;
		else if (begun && strstr(line, "cmm_unmap"))
			meanwhile = opened;
	}
	fclose(trace);
	return meanwhile;
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

/* Without the lock it is hundreds of times; one call may have begun before. */
TEST_LIMIT(a_node_can_be_opened_while_a_device_is_unbound, 60)
{
	int node = ASSERT_OK(zone_open(ZONE)), fds[BUFFERS], opened, i;
	struct cmm_dev_entry entry;
	struct cmm_dev_map map;
	pid_t opener;

	if (!find_device(node, &entry))
		skip("the zone has no device that does not snoop");
	for (i = 0; i < BUFFERS; i++) {
		fds[i] = ASSERT_OK(zone_alloc(node, ZONE_SIZE / 8, 0));
		ASSERT_OK(zone_map_device(node, fds[i], entry.index,
					  CMM_DEV_MAP_RW, &map));
	}
	events_begin();
	opener = fork_to(open_again_and_again, NULL);
	usleep(100000);
	mark("unbind begins");
	ASSERT_OK(file_write(DRIVER "unbind", DEVICE));
	ASSERT_EQ(kill(opener, SIGKILL), 0);
	ASSERT_EQ(waitpid(opener, NULL, 0), opener);
	events_end();
	ASSERT_OK(file_write(DRIVER "bind", DEVICE));
	opened = opened_meanwhile();
	note("opened %d times", opened);
	ASSERT(opened > 5);
	for (i = 0; i < BUFFERS; i++)
		close(fds[i]);
	close(node);
}
