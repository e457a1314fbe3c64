// SPDX-License-Identifier: MIT
/* The driver as a whole: see driver.h. */
#include "driver.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "zone.h"

#define DRIVER_DIR	"/sys/bus/platform/drivers/cmm/"
#define DEVICES_DIR	"/sys/bus/platform/devices/"
#define CLASS_DIR	"/sys/class/cmm/"
#define RESERVED_DIR	"/proc/device-tree/reserved-memory/"

/* CONFIG_DEBUG_KOBJECT_RELEASE puts off each of three releases by 4 seconds. */
#define RELEASE_TRIES	150
#define RELEASE_US	100000

/* --- files --- */

/* Reads a small file whole, as a string; its length or a negative errno. */
static int read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, text, size - 1);
	if (len < 0)
		len = -errno;
	else
		text[len] = '\0';
	close(fd);
	return len;
}

static int read_number(const char *path, uint64_t *value)
{
	char text[64];
	char *end;
	int ret = read_file(path, text, sizeof(text));

	if (ret < 0)
		return ret;
	*value = strtoull(text, &end, 10);
	return end == text || *end != '\n' ? -EINVAL : 0;
}

/* --- the module --- */

static char found_path[256];

static int is_the_driver(const char *path, const struct stat *st, int type,
			 struct FTW *where)
{
	(void)st;
	if (type != FTW_F || strcmp(path + where->base, "cmm.ko"))
		return 0;
	snprintf(found_path, sizeof(found_path), "%s", path);
	return 1;
}

static void find_driver(void)
{
	const char *path = getenv("CMM_KO");
	struct utsname kernel;
	char dir[256];

	if (path) {
		snprintf(found_path, sizeof(found_path), "%s", path);
		return;
	}
	uname(&kernel);
	snprintf(dir, sizeof(dir), "/lib/modules/%s", kernel.release);
	nftw(dir, is_the_driver, 8, FTW_PHYS);
}

/* The zones= of the board; "" if it has none. */
static char board_param[256];
static int board_count;

int driver_load(const char *more_zones)
{
	int fd = open(found_path, O_RDONLY | O_CLOEXEC);
	char params[2048] = "";
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (*board_param || *more_zones)
		snprintf(params, sizeof(params), "zones=%s%s%s", board_param,
			 *board_param && *more_zones ? ":" : "", more_zones);
	if (syscall(SYS_finit_module, fd, params, 0))
		ret = -errno;
	close(fd);
	return ret;
}

int driver_unload(void)
{
	return syscall(SYS_delete_module, "cmm", O_NONBLOCK) ? -errno : 0;
}

int driver_bind_all(bool bind)
{
	return file_write("/sys/bus/platform/drivers_autoprobe",
			  bind ? "1" : "0");
}

int driver_reload(const char *more_zones)
{
	int ret = driver_unload();

	return ret ? ret : driver_load(more_zones);
}

/* The platform device of a zone: its own node's, or the one of zones=. */
static void find_device(const char *zone, char *device, size_t size)
{
	char path[128];

	snprintf(device, size, "cmm-%s", zone);
	snprintf(path, sizeof(path), DEVICES_DIR "%s", device);
	if (access(path, F_OK))
		snprintf(device, size, "cmm-zone.0");
}

int driver_unbind_zone(const char *zone)
{
	char device[64];

	find_device(zone, device, sizeof(device));
	return file_write(DRIVER_DIR "unbind", device);
}

int driver_bind_device(const char *device)
{
	return file_write(DRIVER_DIR "bind", device);
}

int driver_bind_zone(const char *zone)
{
	char device[64];

	find_device(zone, device, sizeof(device));
	return driver_bind_device(device);
}

int driver_unbind(void)
{
	return driver_unbind_zone(ZONE);
}

int driver_bind(void)
{
	return driver_bind_zone(ZONE);
}

int driver_bind_soon(const char *zone)
{
	int i, ret = driver_bind_zone(zone);

	for (i = 0; i < RELEASE_TRIES && ret == -EBUSY; i++) {
		usleep(RELEASE_US);
		ret = driver_bind_zone(zone);
	}
	return ret;
}

static bool is_as_at_boot(void)
{
	uint64_t used;
	int node;

	if (zone_count() != board_count || zone_attribute(ZONE, "used", &used))
		return false;
	/* The kernel does not mind if memory for a node's name ran out. */
	node = zone_open(ZONE);
	if (node >= 0)
		close(node);
	return node >= 0;
}

void driver_restore(void)
{
	/* It would keep the module. */
	syscall(SYS_delete_module, "cmm_consumer", O_NONBLOCK);
	if (is_as_at_boot())
		return;
	driver_bind_all(true);
	/* Loading takes longer. */
	driver_unbind();
	if (!driver_bind_soon(ZONE) && is_as_at_boot())
		return;
	driver_unload();
	driver_load("");
}

bool driver_holds_range(void)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	char line[256], end[64];
	bool held = false;

	snprintf(end, sizeof(end), " : %s\n", ZONE);
	while (iomem && fgets(line, sizeof(line), iomem))
		held |= strlen(line) > strlen(end) &&
			!strcmp(line + strlen(line) - strlen(end), end);
	if (iomem)
		fclose(iomem);
	return held;
}

long module_refs(const char *module)
{
	char path[128];
	uint64_t refs;
	int ret;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	ret = read_number(path, &refs);
	return ret ? ret : (long)refs;
}

int module_probe(const char *module)
{
	const char *const argv[] = { "modprobe", module, NULL };
	pid_t pid;
	int status;
	int err = posix_spawnp(&pid, argv[0], NULL, NULL, (char **)argv,
			       environ);

	if (err)
		return -err;
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ENOENT;
}

/* --- zones --- */

int zone_attribute(const char *zone, const char *attribute, uint64_t *value)
{
	char path[128];

	snprintf(path, sizeof(path), CLASS_DIR "%s/%s", zone, attribute);
	return read_number(path, value);
}

int zone_set_attribute(const char *zone, const char *attribute,
		       const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), CLASS_DIR "%s/%s", zone, attribute);
	return file_write(path, text);
}

int zone_count(void)
{
	DIR *dir = opendir(CLASS_DIR);
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			count++;
	}
	closedir(dir);
	return count;
}

/* The first range of the reg property of the node that the pattern matches. */
static int node_range(const char *pattern, uint64_t *start, uint64_t *size)
{
	uint64_t cells[2];
	glob_t found;
	int ret;

	if (glob(pattern, 0, NULL, &found))
		return -ENOENT;
	ret = read_file(found.gl_pathv[0], (char *)cells, sizeof(cells) + 1);
	globfree(&found);
	if (ret != sizeof(cells))
		return ret < 0 ? ret : -EINVAL;
	*start = be64toh(cells[0]);
	*size = be64toh(cells[1]);
	return 0;
}

int reserved_range(const char *name, uint64_t *start, uint64_t *size)
{
	char pattern[128];

	snprintf(pattern, sizeof(pattern),
		 RESERVED_DIR "%s@*/reg", name);
	return node_range(pattern, start, size);
}

int external_range(uint64_t *start, uint64_t *size)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	uint64_t first, last, end = 0, limit = UINT64_MAX;
	char line[128];
	int ret;

	if (!iomem)
		return -errno;
	while (fgets(line, sizeof(line), iomem)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &first, &last) != 2)
			continue;
		if (strstr(line, "System RAM")) {
			end = last + 1;
			limit = UINT64_MAX;
		} else if (strstr(line, "Reserved") && first >= end &&
			   first < limit) {
			limit = first;
		}
	}
	fclose(iomem);
	ret = node_range("/proc/device-tree/memory*/reg", start, size);
	if (ret)
		return ret;
	*size -= end - *start;
	if (*size > limit - end)
		*size = limit - end;
	*start = end;
	return *size ? 0 : -ENOENT;
}

bool is_end_of_memory(uint64_t address)
{
	uint64_t start, size;

	return !node_range("/proc/device-tree/memory*/reg", &start, &size) &&
	       address == start + size;
}

/* --- the board's zones --- */

static int read_board_param(void)
{
	int len = read_file("/sys/module/cmm/parameters/zones", board_param,
			    sizeof(board_param));

	if (len < 0)
		return len;
	board_param[strcspn(board_param, "\n")] = '\0';
	if (!strcmp(board_param, "(null)"))
		board_param[0] = '\0';
	return 0;
}

int driver_start(struct board_zones *zones)
{
	struct dirent **entries;
	int i, count = scandir(CLASS_DIR, &entries, NULL, alphasort);

	if (count < 0)
		return -errno;
	zones->count = 0;
	for (i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.' &&
		    zones->count < DRIVER_MAX_ZONES)
			strcpy(zones->names[zones->count++],
			       entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	board_count = zones->count;
	find_driver();
	return read_board_param();
}

/* Whether the device tree has such a file; format takes the zone's name. */
__attribute__((format(printf, 1, 0)))
static bool is_in_tree(const char *format, const char *zone)
{
	char pattern[128];
	glob_t found;

	snprintf(pattern, sizeof(pattern), format, zone);
	if (glob(pattern, 0, NULL, &found))
		return false;
	globfree(&found);
	return true;
}

/* A zone is in its own reserved range, or else behind mem=. */
int driver_choose(const char *zone)
{
	strcpy(chosen.name, zone);
	chosen.flags = 0;
	if (is_in_tree("/proc/device-tree/cmm-%s/dma-coherent", zone))
		chosen.flags |= CMM_ZONE_COHERENT;
	if (is_in_tree("/proc/device-tree/cmm-%s/cmm,expose-phys", zone))
		chosen.flags |= CMM_ZONE_EXPOSE_PHYS;
	if (is_in_tree("/proc/device-tree/cmm-%s/cmm,protected", zone))
		chosen.flags |= CMM_ZONE_PROTECTED;
	if (is_in_tree("/proc/device-tree/cmm-%s/cmm,cleared-by-firmware", zone))
		chosen.flags |= CMM_ZONE_FIRMWARE_CLEARS;
	if (is_in_tree("/proc/device-tree/cmm-%s/cmm,default", zone))
		chosen.flags |= CMM_ZONE_DEFAULT;

	if (reserved_range(zone, &chosen.start, &chosen.size)) {
		chosen.kind = CMM_KIND_EXTERNAL;
		return external_range(&chosen.start, &chosen.size);
	}
	chosen.kind = is_in_tree(RESERVED_DIR "%s@*/no-map", zone) ?
			      CMM_KIND_NO_MAP : CMM_KIND_LINEAR;
	return 0;
}
