// SPDX-License-Identifier: MIT
/*
 * The kernel memory of buffers and attachments is charged to the memory cgroup of the
 * process that asks for them, so that the group's limit bounds it.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "file.h"

#define MOUNT	"/tmp/cmm-memcg"
#define GROUP	MOUNT "/test"
#define OBJECTS	1000

static void remove_group(void)
{
	rmdir(GROUP);
	umount(MOUNT);
	rmdir(MOUNT);
}

static void make_group(void)
{
	struct stat group;

	/* A test that has failed left its own. */
	remove_group();
	ASSERT(!mkdir(MOUNT, 0700));
	if (mount("none", MOUNT, "cgroup2", 0, NULL)) {
		remove_group();
		skip("this kernel has no cgroups");
	}
	file_write(MOUNT "/cgroup.subtree_control", "+memory");
	ASSERT(!mkdir(GROUP, 0700));
	if (stat(GROUP "/memory.stat", &group)) {
		remove_group();
		skip("this kernel has no memory cgroups");
	}
}

static void end_group(void)
{
	/* The process that has exited leaves the group a little later. */
	WAIT_UNTIL(!rmdir(GROUP));
	ASSERT_OK(file_write(MOUNT "/cgroup.subtree_control", "-memory"));
	ASSERT(!umount(MOUNT));
	ASSERT(!rmdir(MOUNT));
}

/*
 * Bytes of kernel objects that the group is charged for, and that cannot be reclaimed. A
 * change counts late: older kernels keep up to 128 KiB for each processor out of the
 * sum, and newer ones make it every two seconds.
 */
static long charged(void)
{
	FILE *file = fopen(GROUP "/memory.stat", "r");
	char line[128];
	long bytes = -1;

	ASSERT(file);
	while (bytes < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "slab_unreclaimable %ld", &bytes);
	fclose(file);
	ASSERT(bytes >= 0);
	return bytes;
}

/* Runs in a child process, on one CPU, that moves to the group. */
static void run_in_group(void *run)
{
	const struct rlimit files = { 2048, 2048 };
	cpu_set_t first;
	char text[16];

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	ASSERT(!sched_setaffinity(0, sizeof(first), &first));
	ASSERT(!setrlimit(RLIMIT_NOFILE, &files));
	snprintf(text, sizeof(text), "%d", getpid());
	ASSERT_OK(file_write(GROUP "/cgroup.procs", text));
	((void (*)(void))run)();
}

static void compare_buffers_and_views(void)
{
	int node = ASSERT_OK(zone_open(ZONE)), fds[OBJECTS], i;
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	long before, views;

	before = charged();
	for (i = 0; i < OBJECTS; i++)
		fds[i] = ASSERT_OK(zone_view_all(node, fd, 0));
	views = charged() - before;
	for (i = 0; i < OBJECTS; i++)
		close(fds[i]);
	before = charged();
	for (i = 0; i < OBJECTS; i++)
		fds[i] = ASSERT_OK(zone_alloc(node, PAGE, 0));
	note("%ld bytes for a view", views / OBJECTS);
	/* Both have a file. The buffer's own object is hundreds of bytes more. */
	WAIT_UNTIL(charged() - before - views >= OBJECTS * 300);
}

TEST_LIMIT(buffer_is_charged_to_memory_cgroup, 60)
{
	make_group();
	join(fork_to(run_in_group, compare_buffers_and_views));
	end_group();
}

static void attach_often(void)
{
	/* One open file has too few numbers for attachments. */
	int importers[] = { open_importer("plain"), open_importer("plain") };
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0)), i;
	uint32_t handle;
	long before = charged();

	for (i = 0; i < 2 * OBJECTS; i++)
		ASSERT_OK(importer_attach(importers[i % 2], fd, &handle));
	WAIT_UNTIL(charged() - before >= 2 * OBJECTS * 64);
}

TEST_LIMIT(attachment_is_charged_to_memory_cgroup, 60)
{
	make_group();
	join(fork_to(run_in_group, attach_often));
	end_group();
}
