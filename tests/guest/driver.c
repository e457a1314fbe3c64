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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "zone.h"

#define DRIVER_DIR	"/sys/bus/platform/drivers/cmm/"
#define DEVICE		"cmm-" ZONE
#define CLASS_DIR	"/sys/class/cmm/"

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

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
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

static const char *driver_path(void)
{
	const char *path = getenv("CMM_KO");
	struct utsname kernel;
	char dir[256];

	if (path)
		return path;
	if (!found_path[0]) {
		uname(&kernel);
		snprintf(dir, sizeof(dir), "/lib/modules/%s", kernel.release);
		nftw(dir, is_the_driver, 8, FTW_PHYS);
	}
	return found_path;
}

int driver_load(const char *params)
{
	int fd = open(driver_path(), O_RDONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, params, 0))
		ret = -errno;
	close(fd);
	return ret;
}

int driver_unload(void)
{
	return syscall(SYS_delete_module, "cmm", O_NONBLOCK) ? -errno : 0;
}

int driver_reload(const char *params)
{
	int ret = driver_unload();

	return ret ? ret : driver_load(params);
}

void driver_restore(void)
{
	uint64_t used;

	if (zone_count() == 1 && !zone_attribute(ZONE, "used", &used))
		return;
	driver_unload();
	driver_load("");
}

int driver_unbind(void)
{
	return write_file(DRIVER_DIR "unbind", DEVICE);
}

int driver_bind(void)
{
	return write_file(DRIVER_DIR "bind", DEVICE);
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
		 "/proc/device-tree/reserved-memory/%s*/reg", name);
	return node_range(pattern, start, size);
}

int external_range(uint64_t *start, uint64_t *size)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	uint64_t first, last, end = 0;
	char line[128];
	int ret;

	if (!iomem)
		return -errno;
	while (fgets(line, sizeof(line), iomem)) {
		if (strstr(line, "System RAM") &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &first, &last) == 2)
			end = last + 1;
	}
	fclose(iomem);
	ret = node_range("/proc/device-tree/memory*/reg", start, size);
	if (ret)
		return ret;
	*size -= end - *start;
	*start = end;
	return *size ? 0 : -ENOENT;
}
