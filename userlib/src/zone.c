// SPDX-License-Identifier: MIT
/*
 * Zones: finds them under /dev/cmm, opens and closes them, reads their usage.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/cmm.h>

#include "internal.h"

static_assert(CMM_NAME_SIZE == CMM_NAME_LEN, "names are copied");
static_assert(CMM_ZONE_LINEAR == CMM_KIND_LINEAR, "kinds are passed on");
static_assert(CMM_ZONE_NO_MAP == CMM_KIND_NO_MAP, "kinds are passed on");
static_assert(CMM_ZONE_EXTERNAL == CMM_KIND_EXTERNAL, "kinds are passed on");
static_assert(CMM_ZONE_INFO_COHERENT == CMM_ZONE_COHERENT, "as the kernel's");
static_assert(CMM_ZONE_INFO_EXPOSE_PHYS == CMM_ZONE_EXPOSE_PHYS,
	      "as the kernel's");
static_assert(CMM_ZONE_INFO_PROTECTED == CMM_ZONE_PROTECTED, "as the kernel's");
static_assert(CMM_ZONE_INFO_FIRMWARE_CLEARS == CMM_ZONE_FIRMWARE_CLEARS,
	      "as the kernel's");

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int cmm_zone_list(int (*each)(const char *name, void *arg), void *arg)
{
	struct dirent **entries;
	int count, i, saved, ret = 0;

	count = scandir(CMM_DIR, &entries, visible, alphasort);
	if (count < 0)
		return errno == ENOENT ? 0 : -1;

	for (i = 0; i < count && !ret; i++)
		ret = each(entries[i]->d_name, arg);

	saved = errno;
	for (i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	errno = saved;
	return ret;
}

/* Stores the first name and fails for a second one. */
static int keep_only(const char *name, void *arg)
{
	char *only = arg;

	if (*only) {
		errno = ENOTUNIQ;
		return -1;
	}
	snprintf(only, NAME_MAX + 1, "%s", name);
	return 0;
}

/* Opens the node of zone @name; see cmm_zone_open(). */
static int open_node(const char *name)
{
	char only[NAME_MAX + 1] = "";
	char path[sizeof(CMM_DIR) + 1 + NAME_MAX];
	int len;

	if (name && strchr(name, '/'))
		return open(name, O_RDWR | O_CLOEXEC);

	if (!name) {
		if (cmm_zone_list(keep_only, only))
			return -1;
		name = only;
	}
	if (!*name) {
		errno = ENOENT;
		return -1;
	}
	len = snprintf(path, sizeof(path), "%s/%s", CMM_DIR, name);
	if ((size_t)len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDWR | O_CLOEXEC);
}

struct cmm_zone *cmm_zone_open(const char *name)
{
	struct cmm_info info = { 0 };
	struct cmm_zone *zone;

	zone = malloc(sizeof(*zone));
	if (!zone)
		return NULL;
	atomic_init(&zone->refs, 1);

	zone->fd = open_node(name);
	/* A node is a zone if it supports INFO. */
	if (zone->fd < 0 || call_kernel(zone->fd, CMM_IOC_INFO, &info)) {
		cmm_zone_close(zone);
		return NULL;
	}
	return zone;
}

void cmm_zone_close(struct cmm_zone *zone)
{
	int saved = errno;

	if (!zone || atomic_fetch_sub(&zone->refs, 1) != 1)
		return;
	if (zone->fd >= 0)
		close(zone->fd);
	free(zone);
	errno = saved;
}

int cmm_zone_fd(const struct cmm_zone *zone)
{
	return zone->fd;
}

int cmm_zone_info_sized(const struct cmm_zone *zone,
			struct cmm_zone_info *info, size_t size)
{
	struct cmm_zone_info known = { 0 };
	struct cmm_info answer = { 0 };

	if (call_kernel(zone->fd, CMM_IOC_INFO, &answer))
		return -1;

	known.total = answer.total;
	known.used = answer.used;
	known.peak = answer.peak;
	known.largest_free = answer.largest_free;
	known.clean = answer.clean;
	known.quota = answer.quota;
	known.charged = answer.charged;
	known.kind = answer.kind;
	known.flags = answer.flags;
	memcpy(known.name, answer.name, sizeof(known.name));
	copy_sized(info, size, &known, sizeof(known));
	return 0;
}

int zone_query(const struct cmm_zone *zone, int fd, struct cmm_query *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->fd = fd;
	return call_kernel(zone->fd, CMM_IOC_QUERY, answer);
}
