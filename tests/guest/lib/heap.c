// SPDX-License-Identifier: MIT
/* A zone's aliases in /dev/dma_heap: see heap.h. */
#include "heap.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/dma-heap.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "zone.h"

/* Whether the node of that name has the device number in sysfs. */
static bool has_node(const char *sysfs, const char *name)
{
	unsigned int major = 0, minor = 0;
	char path[512];
	struct stat st;
	FILE *file;
	int n;

	snprintf(path, sizeof(path), "%s/dev", sysfs);
	file = fopen(path, "re");
	if (!file)
		return false;
	n = fscanf(file, "%u:%u", &major, &minor);
	fclose(file);
	snprintf(path, sizeof(path), "/dev/dma_heap/%s", name);
	return n == 2 && !stat(path, &st) &&
	       st.st_rdev == makedev(major, minor);
}

/* The n-th sysfs device that owns its node, or that does not. */
static bool find(const char *pattern, bool own_node, unsigned int n,
		 char name[HEAP_NAME])
{
	bool found = false;
	glob_t paths;
	size_t i;

	if (glob(pattern, 0, NULL, &paths))
		return false;
	for (i = 0; !found && i < paths.gl_pathc; i++) {
		const char *path = paths.gl_pathv[i];

		snprintf(name, HEAP_NAME, "%s", strrchr(path, '/') + 1);
		found = has_node(path, name) == own_node && !n--;
	}
	globfree(&paths);
	return found;
}

bool heap_alias(char name[HEAP_NAME], bool taken)
{
	char pattern[128];

	snprintf(pattern, sizeof(pattern),
		 "/sys/bus/platform/devices/cmm-%s/cmm_heap/*", ZONE);
	return find(pattern, !taken, 0, name);
}

bool heap_of_kernel(unsigned int n, char name[HEAP_NAME])
{
	return find("/sys/class/dma_heap/*", true, n, name);
}

int heap_open(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/dev/dma_heap/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int heap_alloc(int heap, uint64_t len, uint32_t fd_flags)
{
	struct dma_heap_allocation_data data = {
		.len = len,
		.fd_flags = fd_flags,
	};
	int ret = zone_ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data);

	return ret ? ret : (int)data.fd;
}
