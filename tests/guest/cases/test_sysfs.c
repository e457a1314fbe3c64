// SPDX-License-Identifier: MIT
/* Files in sysfs, /dev and /proc. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"

/* Paths of ZONE's files; each valid until the function's next call. */
static const char *sysfs_file(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "/sys/class/cmm/%s/%s", ZONE, name);
	return path;
}

/* A file's whole text; it must fit. */
static void read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len, total = 0;

	ASSERT(fd >= 0);
	while ((len = read(fd, text + total, size - 1 - total)) > 0)
		total += len;
	ASSERT_EQ(len, 0);
	ASSERT((size_t)total < size - 1);
	text[total] = '\0';
	close(fd);
}

static void expect_attributes(int node, uint64_t buffers)
{
	uint64_t total, used, peak, largest_free, count;
	struct cmm_info info;

	ASSERT_OK(zone_info(node, &info));
	ASSERT_OK(zone_attribute(ZONE, "total", &total));
	ASSERT_OK(zone_attribute(ZONE, "used", &used));
	ASSERT_OK(zone_attribute(ZONE, "peak", &peak));
	ASSERT_OK(zone_attribute(ZONE, "largest_free", &largest_free));
	ASSERT_OK(zone_attribute(ZONE, "buffers", &count));
	ASSERT_EQ(total, info.total);
	ASSERT_EQ(used, info.used);
	ASSERT_EQ(peak, info.peak);
	ASSERT_EQ(largest_free, info.largest_free);
	ASSERT_EQ(count, buffers);
	ASSERT(used <= peak && peak <= total);
	ASSERT(largest_free <= total - used);
}

ZONE_TEST(sysfs_attributes_match_the_info_ioctl)
{
	int a, b;

	expect_attributes(node, 0);
	a = ASSERT_OK(zone_alloc(node, MIB, 0));
	b = ASSERT_OK(zone_alloc(node, PAGE, 0));
	expect_attributes(node, 2);
	expect_used(MIB + PAGE);
	close(a);
	expect_attributes(node, 1);
	close(b);
	expect_attributes(node, 0);
}

ZONE_TEST(peak_use_stays_after_free)
{
	int fd = ASSERT_OK(zone_alloc(node, 5 * MIB, 0));
	uint64_t high, after;

	ASSERT_OK(zone_attribute(ZONE, "peak", &high));
	ASSERT(high >= 5 * MIB);
	close(fd);
	fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	ASSERT_OK(zone_attribute(ZONE, "peak", &after));
	ASSERT_EQ(after, high);
	close(fd);
}

TEST(kind_attribute_names_the_kind)
{
	static const char *const words[] = {
		"linear\n", "no-map\n", "external\n",
	};
	char text[32];

	read_text(sysfs_file("kind"), text, sizeof(text));
	ASSERT_STREQ(text, words[chosen.kind]);
}

TEST(state_attributes_are_read_only)
{
	static const char *const names[] = {
		"total", "used", "peak", "largest_free", "buffers", "kind",
	};
	struct stat st;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		note("%s", names[i]);
		ASSERT(!stat(sysfs_file(names[i]), &st));
		ASSERT_EQ(st.st_mode, S_IFREG | 0444);
	}
}

TEST(node_is_accessible_to_root_only)
{
	char path[64], text[32], numbers[32];
	struct stat st;

	snprintf(path, sizeof(path), "/dev/cmm/%s", ZONE);
	ASSERT(!stat(path, &st));
	ASSERT_EQ(st.st_mode, S_IFCHR | 0600);
	ASSERT_EQ(st.st_uid, 0);
	ASSERT_EQ(st.st_gid, 0);
	read_text(sysfs_file("dev"), text, sizeof(text));
	snprintf(numbers, sizeof(numbers), "%u:%u\n", major(st.st_rdev),
		 minor(st.st_rdev));
	ASSERT_STREQ(text, numbers);
}

ZONE_TEST(fdinfo_describes_a_buffer)
{
	int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	char path[64], text[1024], target[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	read_text(path, text, sizeof(text));
	ASSERT(strstr(text, "size:\t8192\n"));
	ASSERT(strstr(text, "exp_name:\tcmm\n"));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ASSERT(readlink(path, target, sizeof(target) - 1) > 0);
	ASSERT(strstr(target, "dmabuf"));
	close(fd);
}
