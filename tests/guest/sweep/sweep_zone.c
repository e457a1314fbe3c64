// SPDX-License-Identifier: MIT
/* What can be asked of a zone: its node and its files in sysfs. */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "driver.h"
#include "heap.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define MANY	4
/* A command that does not exist. */
#define UNKNOWN	_IOWR(CMM_IOC_MAGIC, 0x7f, struct cmm_info)

int with_node(struct scene *scene)
{
	scene->node = zone_open(ZONE);
	return scene->node < 0 ? scene->node : 0;
}

static int close_it(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int open_node(struct scene *scene)
{
	(void)scene;
	return close_it(zone_open(ZONE));
}

static int info(struct scene *scene)
{
	struct cmm_info info;

	return zone_info(scene->node, &info);
}

static int alloc(struct scene *scene)
{
	return close_it(zone_alloc(scene->node, SWEEP_LEN, 0));
}

static int alloc_wc(struct scene *scene)
{
	return close_it(zone_alloc(scene->node, SWEEP_LEN, zone_wc()));
}

static int alloc_named(struct scene *scene)
{
	return close_it(zone_alloc_named(scene->node, SWEEP_LEN, MIB, "named"));
}

/* All or none: there is no descriptor but with success. */
int sweep_alloc_many(struct scene *scene)
{
	int32_t fds[MANY] = { -1, -1, -1, -1 };
	struct cmm_alloc req = {
		.len = SWEEP_LEN,
		.fds = (uintptr_t)fds,
		.count = MANY,
		.fd_flags = O_CLOEXEC,
	};
	int i, ret = zone_request(scene->node, &req);

	for (i = 0; i < MANY; i++) {
		if (ret && fds[i] >= 0)
			return -EPROTO;
		close(fds[i]);
	}
	return ret;
}

static int alloc_too_much(struct scene *scene)
{
	return sweep_expect(zone_alloc(scene->node, 1ULL << 40, 0), -EFBIG);
}

static int query(struct scene *scene)
{
	struct cmm_query query;

	return zone_query(scene->node, scene->buf, &query);
}

static int list(struct scene *scene)
{
	struct cmm_list_entry entries[MANY];
	int ret = zone_list(scene->node, entries, MANY, 0);

	return sweep_expect(ret, 1);
}

/* Of the buffer that is there, and of an address where nothing has been. */
static int whois(struct scene *scene)
{
	struct cmm_query query;
	struct cmm_whois answer;
	int ret = zone_query(scene->node, scene->buf, &query);

	if (!ret)
		ret = zone_whois(scene->node, NULL, chosen.start + query.offset,
				 &answer);
	if (ret)
		return ret;
	return answer.id == query.id ?
	       sweep_expect(zone_whois(scene->node, "nothing", 0, &answer),
			    -ENOENT) : -EPROTO;
}

static int unknown(struct scene *scene)
{
	struct cmm_info arg = {};

	return sweep_expect(zone_ioctl(scene->node, UNKNOWN, &arg), -ENOTTY);
}

static int read_file(const char *path)
{
	char text[1024];
	ssize_t len;
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		len = read(fd, text, sizeof(text));
	} while (len > 0);
	ret = len < 0 ? -errno : 0;
	close(fd);
	return ret;
}

static int read_attributes(struct scene *scene)
{
	static const char *const names[] = {
		"total", "used", "peak", "largest_free", "clean", "buffers",
		"kind", "scrub", "quota", "stats/zeroed",
	};
	char path[128];
	int ret = 0;
	size_t i;

	(void)scene;
	for (i = 0; !ret && i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/sys/class/cmm/%s/%s", ZONE,
			 names[i]);
		ret = read_file(path);
	}
	return ret;
}

static int write_attributes(struct scene *scene)
{
	int ret = zone_set_attribute(ZONE, "quota", "0");

	(void)scene;
	return ret ? ret : zone_set_attribute(ZONE, "scrub", "idle");
}

static int with_heap(struct scene *scene)
{
	char name[HEAP_NAME];

	/* Not every zone has one. */
	scene->other = -1;
	if (!heap_alias(name, false))
		return 0;
	scene->other = heap_open(name);
	return scene->other < 0 ? scene->other : 0;
}

static int alloc_by_heap(struct scene *scene)
{
	int fd;

	if (scene->other < 0)
		return 0;
	fd = heap_alloc(scene->other, SWEEP_LEN, O_RDWR | O_CLOEXEC);
	return fd < 0 ? fd : close(fd);
}

const struct operation sweep_zone[] = {
	OPERATION("open", NULL, open_node),
	OPERATION("ioctl INFO", with_node, info),
	OPERATION("ioctl ALLOC", with_node, alloc),
	OPERATION("ioctl ALLOC, write-combined", with_node, alloc_wc),
	OPERATION("ioctl ALLOC, named and aligned", with_node, alloc_named),
	OPERATION("ioctl ALLOC of many", with_node, sweep_alloc_many),
	OPERATION("ioctl ALLOC of too much", with_node, alloc_too_much),
	OPERATION("ioctl QUERY", with_buffer, query),
	OPERATION("ioctl LIST", with_buffer, list),
	OPERATION("ioctl WHOIS", with_buffer, whois),
	OPERATION("a heap's ioctl", with_heap, alloc_by_heap),
	OPERATION("an unknown ioctl", with_node, unknown),
	OPERATION("sysfs", with_buffer, read_attributes),
	OPERATION("sysfs, written", NULL, write_attributes),
	{}
};
