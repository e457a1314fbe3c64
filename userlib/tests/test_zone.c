// SPDX-License-Identifier: MIT
/*
 * Zone queries: information, buffers, devices and their addresses. Also error texts.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <cmm.h>

#include "harness.h"
#include "fake.h"

/* --- zones --- */

TEST(opens_by_name)
{
	struct cmm_zone *zone = cmm_zone_open("media");

	ASSERT(zone);
	ASSERT(cmm_zone_fd(zone) >= 0);
	cmm_zone_close(zone);
}

TEST(opens_by_path)
{
	struct cmm_zone *zone = cmm_zone_open("/dev/cmm/media");

	ASSERT(zone);
	cmm_zone_close(zone);
}

TEST(opens_the_only_one)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);

	ASSERT(zone);
	cmm_zone_close(zone);
}

TEST(open_reports_none)
{
	fake.zones = NULL;
	ASSERT_ERRNO(!cmm_zone_open(NULL), ENOENT);
	fake.zones = "";
	ASSERT_ERRNO(!cmm_zone_open(NULL), ENOENT);
}

TEST(open_reports_several)
{
	fake.zones = "media spare";
	ASSERT_ERRNO(!cmm_zone_open(NULL), ENOTUNIQ);
}

TEST(open_reports_bad_names)
{
	char name[1000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ASSERT_ERRNO(!cmm_zone_open(name), ENAMETOOLONG);
	ASSERT_ERRNO(!cmm_zone_open(""), ENOENT);
	ASSERT_ERRNO(!cmm_zone_open("other"), ENOENT);
}

TEST(open_reports_no_permission)
{
	fake.zones = "secret";
	ASSERT_ERRNO(!cmm_zone_open("secret"), EACCES);
}

TEST(open_reports_other_nodes)
{
	ASSERT_ERRNO(!cmm_zone_open("/dev/null"), ENOTTY);
}

TEST(open_reports_unbound_zones)
{
	fake.error = ENODEV;
	ASSERT_ERRNO(!cmm_zone_open("media"), ENODEV);
}

static int append_name(const char *name, void *arg)
{
	strcat(arg, name);
	strcat(arg, " ");
	return !strcmp(name, "stop") ? 7 : 0;
}

TEST(lists_zones_in_order)
{
	char names[100] = "";

	fake.zones = "spare media .hidden";
	ASSERT(cmm_zone_list(append_name, names) == 0);
	ASSERT(!strcmp(names, "media spare "));
}

TEST(zone_list_stops)
{
	char names[100] = "";

	fake.zones = "media stop zone";
	ASSERT(cmm_zone_list(append_name, names) == 7);
	ASSERT(!strcmp(names, "media stop "));
}

TEST(zone_list_may_be_empty)
{
	char names[100] = "";

	fake.zones = NULL;
	ASSERT(cmm_zone_list(append_name, names) == 0);
	ASSERT(!*names);
}

TEST(tells_about_a_zone)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_zone_info info;

	fake.quota = 5;
	ASSERT(!cmm_zone_info(zone, &info));
	ASSERT(info.total == FAKE_TOTAL);
	ASSERT(info.used == FAKE_TOTAL - FAKE_FREE);
	ASSERT(info.peak == FAKE_TOTAL - FAKE_PAGE);
	ASSERT(info.largest_free == FAKE_LARGEST);
	ASSERT(info.clean == FAKE_PAGE);
	ASSERT(info.kind == CMM_ZONE_LINEAR);
	ASSERT(info.flags == CMM_ZONE_INFO_EXPOSE_PHYS);
	ASSERT(!strcmp(info.name, "media"));
	ASSERT(info.quota == 5 && info.charged == FAKE_CHARGED);

	fake.error = ENODEV;
	ASSERT_ERRNO(cmm_zone_info(zone, &info) == -1, ENODEV);
	cmm_zone_close(zone);
}

TEST(info_respects_the_callers_size)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	union {
		unsigned char bytes[2 * sizeof(struct cmm_zone_info)];
		struct cmm_zone_info info;
	} older, newer;

	memset(&older, 0xaa, sizeof(older));
	ASSERT(!cmm_zone_info_sized(zone, &older.info, 16));
	ASSERT(older.info.used == FAKE_TOTAL - FAKE_FREE);
	ASSERT(older.bytes[16] == 0xaa);

	memset(&newer, 0xaa, sizeof(newer));
	ASSERT(!cmm_zone_info_sized(zone, &newer.info, sizeof(newer)));
	ASSERT(!strcmp(newer.info.name, "media"));
	ASSERT(newer.bytes[sizeof(newer.info)] == 0);
	ASSERT(newer.bytes[sizeof(newer) - 1] == 0);
	cmm_zone_close(zone);
}

/* --- the list of buffers --- */

struct seen {
	unsigned int count;
	unsigned int in_order;
	unsigned int stop_at;
};

static int see(const struct cmm_buf_entry *entry, void *arg)
{
	struct seen *seen = arg;

	seen->in_order += entry->id == 2 * ++seen->count;
	return seen->count == seen->stop_at ? -5 : 0;
}

TEST(lists_page_by_page)
{
	static const unsigned int counts[] = { 0, 1, 63, 64, 65, 128, 1000 };
	struct cmm_zone *zone = cmm_zone_open(NULL);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		struct seen seen = { 0 };

		fake.entries = counts[i];
		ASSERT(!cmm_buf_list(zone, see, &seen));
		ASSERT(seen.count == counts[i] && seen.in_order == counts[i]);
	}
	cmm_zone_close(zone);
}

TEST(lists_short_pages)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct seen seen = { 0 };

	fake.entries = 20;
	fake.page = 3;
	ASSERT(!cmm_buf_list(zone, see, &seen));
	ASSERT(seen.count == 20 && seen.in_order == 20);
	cmm_zone_close(zone);
}

TEST(list_stops)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct seen seen = { .stop_at = 70 };

	fake.entries = 200;
	ASSERT(cmm_buf_list(zone, see, &seen) == -5);
	ASSERT(seen.count == 70);
	cmm_zone_close(zone);
}

TEST(list_reports_errors)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct seen seen = { 0 };

	fake.entries = 200;
	fake.error = ENODEV;
	fake.error_after = 2;
	ASSERT_ERRNO(cmm_buf_list(zone, see, &seen) == -1, ENODEV);
	ASSERT(seen.count == 128);

	fake.error = 0;
	fake.callocs = 0;
	ASSERT_ERRNO(cmm_buf_list(zone, see, &seen) == -1, ENOMEM);
	cmm_zone_close(zone);
}

static int check_entry(const struct cmm_buf_entry *entry, void *arg)
{
	(void)arg;
	ASSERT(entry->id == 2 && entry->offset == 2 * FAKE_PAGE);
	ASSERT(entry->len == FAKE_PAGE && entry->age_ns == 2000000000);
	ASSERT(entry->flags == CMM_INFO_OFFSET && entry->uid == 1000 && entry->pid == 42);
	ASSERT(entry->attached == 1);
	ASSERT(!strcmp(entry->comm, "camera") && !strcmp(entry->name, "frame"));
	ASSERT(!strcmp(entry->devices, "0000:00:03.0"));
	return 0;
}

TEST(list_tells_all)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);

	fake.entries = 1;
	ASSERT(!cmm_buf_list(zone, check_entry, NULL));
	cmm_zone_close(zone);
}

/* --- devices --- */

static int count_devices(const struct cmm_device *device, void *arg)
{
	int *count = arg;

	if (!*count)
		ASSERT(!strcmp(device->name, "npu") &&
		       device->mask == 0xffffffff &&
		       device->flags == (CMM_DEVICE_READY |
					 CMM_DEVICE_TRANSLATED));
	else
		ASSERT(!strcmp(device->name, "isp") && !device->flags);
	return ++*count == 3 ? 9 : 0;
}

static int stop_at_once(const struct cmm_device *device, void *arg)
{
	(void)device;
	++*(int *)arg;
	return 9;
}

TEST(tells_devices)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	int count = 0;

	ASSERT(!cmm_zone_devices(zone, count_devices, &count) && count == 2);
	count = 0;
	ASSERT(cmm_zone_devices(zone, stop_at_once, &count) == 9 && count == 1);
	fake.error = ENODEV;
	ASSERT_ERRNO(cmm_zone_devices(zone, stop_at_once, &count), ENODEV);
	cmm_zone_close(zone);
}

TEST(maps_for_devices)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	int fd = fake_foreign_dmabuf();
	struct cmm_buf *foreign = cmm_buf_import(NULL, fd);
	struct cmm_device_map map = { 0, 0 };

	ASSERT(!cmm_buf_map_device(buf, "npu", CMM_DMA_WRITE, &map));
	ASSERT(map.addr == 0xfe00002 && map.id == 7);
	ASSERT(!cmm_buf_unmap_device(buf, &map));
	map.id = 8;
	ASSERT_ERRNO(cmm_buf_unmap_device(buf, &map), ENOENT);
	ASSERT_ERRNO(cmm_buf_map_device(buf, "isp", CMM_DMA_READ, &map),
		     EOPNOTSUPP);
	ASSERT_ERRNO(cmm_buf_map_device(buf, "np", CMM_DMA_READ, &map),
		     ENOENT);
	ASSERT_ERRNO(cmm_buf_map_device(foreign, "npu", CMM_DMA_READ, &map),
		     EXDEV);
	ASSERT_ERRNO(cmm_buf_unmap_device(foreign, &map), EXDEV);
	ASSERT(map.id == 8);
	fake.error = ENOTTY;
	ASSERT_ERRNO(cmm_buf_map_device(buf, "npu", CMM_DMA_READ, &map),
		     ENOTTY);
	cmm_buf_close(foreign);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

/* --- which buffer an address belongs to --- */

TEST(tells_whose_an_iova_is)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_whose whose;
	char name[65];

	ASSERT(!cmm_zone_whois_iova(zone, "0000:00:03.0", FAKE_IOVA + 0x1010,
				    &whose));
	ASSERT(whose.id == 17 && whose.len == 2 * FAKE_PAGE &&
	       whose.offset == 0x1010);
	ASSERT(whose.state == (CMM_WHOSE_LIVE | CMM_WHOSE_MAPPED) &&
	       whose.access == CMM_DMA_WRITE && !whose.unmapped_ns &&
	       !whose.freed_ns);
	ASSERT(whose.uid == 1000 && whose.pid == 42 &&
	       !strcmp(whose.comm, "camera") && !strcmp(whose.name, "frame"));
	ASSERT(!cmm_zone_whois_iova(zone, "npu", FAKE_OLD_IOVA, &whose));
	ASSERT(!whose.state && whose.access == (CMM_DMA_READ | CMM_DMA_WRITE) &&
	       whose.born_ns == 100000000000 &&
	       whose.unmapped_ns == 120000123000 &&
	       whose.freed_ns == 130500000000 && whose.now_ns == 150000000000);
	ASSERT_ERRNO(cmm_zone_whois_iova(zone, "npu", 1, &whose), ENOENT);
	ASSERT_ERRNO(cmm_zone_whois_iova(zone, "isp", 1, &whose), EPERM);
	ASSERT_ERRNO(cmm_zone_whois_iova(zone, "", 1, &whose), EINVAL);
	memset(name, 'x', sizeof(name));
	name[63] = '\0';
	ASSERT(!cmm_zone_whois_iova(zone, name, FAKE_IOVA, &whose));
	/* Extra characters are ignored. */
	name[63] = 'y';
	name[64] = '\0';
	ASSERT(!cmm_zone_whois_iova(zone, name, FAKE_IOVA, &whose));
	fake.error = ENOTTY;
	ASSERT_ERRNO(cmm_zone_whois_iova(zone, "npu", 1, &whose), ENOTTY);
	ASSERT(whose.id == 17);
	cmm_zone_close(zone);
}

TEST(tells_whose_a_physical_address_is)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_whose whose;
	uint64_t small[2] = { 0, 7 };

	ASSERT(!cmm_zone_whois_phys(zone, FAKE_PHYS + 2 * FAKE_PAGE - 1,
				    &whose));
	ASSERT(whose.id == 17 && whose.offset == 2 * FAKE_PAGE - 1);
	ASSERT(whose.state == CMM_WHOSE_LIVE && !whose.access);
	ASSERT_ERRNO(cmm_zone_whois_phys(zone, FAKE_PHYS + 2 * FAKE_PAGE, &whose),
		     ENOENT);
	/* Like a program that was built with a shorter structure. */
	ASSERT(!cmm_zone_whois_phys_sized(zone, FAKE_PHYS, (void *)small,
					  sizeof(small[0])));
	ASSERT(small[0] == 17 && small[1] == 7);
	fake.error = EPERM;
	ASSERT_ERRNO(cmm_zone_whois_phys(zone, FAKE_PHYS, &whose), EPERM);
	cmm_zone_close(zone);
}

/* --- errors --- */

static const int own_errors[] = {
	E2BIG, ENOTTY, EBADF, EXDEV, ENOMEM, ENOSPC, ENOBUFS, EDQUOT, EFBIG,
	EPERM, EOPNOTSUPP, EBUSY, ENODEV, ENOENT, ENOTUNIQ,
};

static int is_own(int errnum)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(own_errors); i++)
		if (own_errors[i] == errnum)
			return 1;
	return 0;
}

TEST(errors_have_words)
{
	int errnum;

	for (errnum = -1; errnum < 200; errnum++)
		ASSERT(!strcmp(cmm_strerror(errnum), strerror(errnum)) ==
		       !is_own(errnum));
	ASSERT(!strcmp(cmm_strerror(123456), strerror(123456)));
}

static void *ask_for_another(void *arg)
{
	(void)arg;
	ASSERT(!strcmp(cmm_strerror(654321), strerror(654321)));
	return NULL;
}

TEST(error_words_are_the_threads_own)
{
	const char *text = cmm_strerror(123456);
	pthread_t thread;

	ASSERT(!pthread_create(&thread, NULL, ask_for_another, NULL));
	pthread_join(thread, NULL);
	ASSERT(!strcmp(text, strerror(123456)));
}
