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

#include "explain.h"
#include "heap.h"
#include "internal.h"

static_assert(CMM_NAME_SIZE == CMM_NAME_LEN, "names are copied");
static_assert(CMM_ZONE_LINEAR == CMM_KIND_LINEAR, "kinds are passed on");
static_assert(CMM_ZONE_NO_MAP == CMM_KIND_NO_MAP, "kinds are passed on");
static_assert(CMM_ZONE_EXTERNAL == CMM_KIND_EXTERNAL, "kinds are passed on");
static_assert(CMM_ZONE_INFO_COHERENT == CMM_ZONE_COHERENT, "as the kernel's");
static_assert(CMM_ZONE_INFO_EXPOSE_PHYS == CMM_ZONE_EXPOSE_PHYS,
	      "as the kernel's");
static_assert(CMM_ZONE_INFO_PROTECTED == CMM_ZONE_PROTECTED, "as the kernel's");
static_assert(CMM_ZONE_INFO_DEFAULT == CMM_ZONE_DEFAULT, "as the kernel's");
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

/* Opens the node of a zone, by its name or its path. */
static int open_node(const char *name)
{
	char path[sizeof(CMM_DIR) + 1 + NAME_MAX];
	int len;

	if (strchr(name, '/'))
		return open(name, O_RDWR | O_CLOEXEC);
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

/* The zones of the system, as far as they can be the default one. */
struct choice {
	unsigned int zones;
	unsigned int marked;		/* by the device tree */
	char first[NAME_MAX + 1];
	char last_marked[NAME_MAX + 1];
};

static int is_marked(const char *name)
{
	struct cmm_info info = { 0 };
	int fd = open_node(name);
	int ret = fd < 0 ? -1 : cmm_call_kernel(fd, CMM_IOC_INFO, &info);

	if (fd >= 0)
		close(fd);
	return !ret && info.flags & CMM_ZONE_DEFAULT;
}

static int consider(const char *name, void *arg)
{
	struct choice *choice = arg;

	if (!choice->zones++)
		snprintf(choice->first, sizeof(choice->first), "%s", name);
	if (is_marked(name)) {
		choice->marked++;
		snprintf(choice->last_marked, sizeof(choice->last_marked), "%s", name);
	}
	return 0;
}

/* Sets @name to the name of the default zone, see cmm_zone_open(). */
static int choose(char name[NAME_MAX + 1])
{
	const char *wanted = getenv("CMM_ZONE");
	struct choice choice = { .zones = 0 };

	if (wanted && *wanted) {
		if (strlen(wanted) <= NAME_MAX) {
			strcpy(name, wanted);
			return 0;
		}
		return explain_failure(ENAMETOOLONG,
				       "The environment variable CMM_ZONE has a name that is too long.");
	}
	if (cmm_zone_list(consider, &choice))
		return -1;
	if (!choice.zones)
		return explain_failure(ENOENT,
				       "There is no zone; 'dmesg | grep cmm' shows whether the module is loaded and what failed.");
	if (choice.marked != 1 && choice.zones != 1)
		return explain_failure(ENOTUNIQ,
				       "There are %u zones and none is the default one; name one, set CMM_ZONE, or add cmm,default to a zone in the device tree.",
			    choice.zones);
	strcpy(name, choice.marked ? choice.last_marked : choice.first);
	return 0;
}

/* Opens what @name means. Returns 0, or -1; then @zone has no descriptor. */
static int open_zone(struct cmm_zone *zone, const char *name)
{
	struct cmm_info info = { 0 };
	int ret = heap_open(zone, name);

	if (ret <= 0)
		return ret;
	zone->fd = open_node(name);
	/* A node is a zone if it supports INFO. */
	if (zone->fd < 0 || cmm_call_kernel(zone->fd, CMM_IOC_INFO, &info))
		return -1;
	memcpy(zone->name, info.name, sizeof(zone->name));
	return 0;
}

struct cmm_zone *cmm_zone_open(const char *name)
{
	char chosen[NAME_MAX + 1];
	struct cmm_zone *zone;

	if (!name) {
		if (choose(chosen))
			return NULL;
		name = chosen;
	}
	zone = calloc(1, sizeof(*zone));
	if (!zone)
		return NULL;
	atomic_init(&zone->refs, 1);
	zone->fd = -1;
	if (open_zone(zone, name)) {
		cmm_zone_close(zone);
		return NULL;
	}
	return zone;
}

int cmm_zone_call(const struct cmm_zone *zone, unsigned long request, void *arg)
{
	if (zone->backend == BACKEND_CMM)
		return cmm_call_kernel(zone->fd, request, arg);
	return explain_failure(EOPNOTSUPP,
			       "'%s' is no zone of CMM and can only allocate, map and sync buffers.",
		    zone->name);
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

	if (cmm_zone_call(zone, CMM_IOC_INFO, &answer))
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

int cmm_zone_query(const struct cmm_zone *zone, int fd, struct cmm_query *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->fd = fd;
	return cmm_zone_call(zone, CMM_IOC_QUERY, answer);
}

int cmm_zone_budget_sized(const struct cmm_zone *zone, struct cmm_budget *budget,
			  size_t size)
{
	struct cmm_budget known = { 0 };
	struct cmm_info answer = { 0 };

	if (cmm_zone_call(zone, CMM_IOC_INFO, &answer))
		return -1;
	known.free = answer.total - answer.used;
	known.largest = answer.largest_free;
	known.quota = answer.quota;
	known.charged = answer.charged;
	copy_sized(budget, size, &known, sizeof(known));
	return 0;
}

void cmm_zone_set_reclaim(struct cmm_zone *zone,
			  void (*reclaim)(uint64_t bytes, void *arg), void *arg)
{
	zone->reclaim = reclaim;
	zone->reclaim_arg = arg;
}
