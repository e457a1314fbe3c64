// SPDX-License-Identifier: MIT
/*
 * Zone queries: information, buffers, devices and their addresses. Also error texts.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <cmm.h>

#include "check.h"
#include "fake.h"

/* --- zones --- */

static void opens_by_name(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");

	CHECK(zone);
	CHECK(cmm_zone_fd(zone) >= 0);
	cmm_zone_close(zone);
}

static void opens_by_path(void)
{
	struct cmm_zone *zone = cmm_zone_open("/dev/cmm/media");

	CHECK(zone);
	cmm_zone_close(zone);
}

static void opens_the_only_one(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);

	CHECK(zone);
	cmm_zone_close(zone);
}

static void open_reports_none(void)
{
	fake.zones = NULL;
	FAILS_WITH(!cmm_zone_open(NULL), ENOENT);
	fake.zones = "";
	FAILS_WITH(!cmm_zone_open(NULL), ENOENT);
}

static void open_reports_several(void)
{
	fake.zones = "media spare";
	FAILS_WITH(!cmm_zone_open(NULL), ENOTUNIQ);
}

static void open_reports_bad_names(void)
{
	char name[1000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	FAILS_WITH(!cmm_zone_open(name), ENAMETOOLONG);
	FAILS_WITH(!cmm_zone_open(""), ENOENT);
	FAILS_WITH(!cmm_zone_open("other"), ENOENT);
}

static void open_reports_no_permission(void)
{
	fake.zones = "secret";
	FAILS_WITH(!cmm_zone_open("secret"), EACCES);
}

static void open_reports_other_nodes(void)
{
	FAILS_WITH(!cmm_zone_open("/dev/null"), ENOTTY);
}

static void open_reports_unbound_zones(void)
{
	fake.error = ENODEV;
	FAILS_WITH(!cmm_zone_open("media"), ENODEV);
}

static int append_name(const char *name, void *arg)
{
	strcat(arg, name);
	strcat(arg, " ");
	return !strcmp(name, "stop") ? 7 : 0;
}

static void lists_zones_in_order(void)
{
	char names[100] = "";

	fake.zones = "spare media .hidden";
	CHECK(cmm_zone_list(append_name, names) == 0);
	CHECK(!strcmp(names, "media spare "));
}

static void zone_list_stops(void)
{
	char names[100] = "";

	fake.zones = "media stop zone";
	CHECK(cmm_zone_list(append_name, names) == 7);
	CHECK(!strcmp(names, "media stop "));
}

static void zone_list_may_be_empty(void)
{
	char names[100] = "";

	fake.zones = NULL;
	CHECK(cmm_zone_list(append_name, names) == 0);
	CHECK(!*names);
}

static void tells_about_a_zone(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_zone_info info;

	fake.quota = 5;
	CHECK(!cmm_zone_info(zone, &info));
	CHECK(info.total == FAKE_TOTAL);
	CHECK(info.used == FAKE_TOTAL - FAKE_FREE);
	CHECK(info.peak == FAKE_TOTAL - FAKE_PAGE);
	CHECK(info.largest_free == FAKE_LARGEST);
	CHECK(info.clean == FAKE_PAGE);
	CHECK(info.kind == CMM_ZONE_LINEAR);
	CHECK(info.flags == CMM_ZONE_INFO_EXPOSE_PHYS);
	CHECK(!strcmp(info.name, "media"));
	CHECK(info.quota == 5 && info.charged == FAKE_CHARGED);

	fake.error = ENODEV;
	FAILS_WITH(cmm_zone_info(zone, &info) == -1, ENODEV);
	cmm_zone_close(zone);
}

static void info_respects_the_callers_size(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	union {
		unsigned char bytes[2 * sizeof(struct cmm_zone_info)];
		struct cmm_zone_info info;
	} older, newer;

	memset(&older, 0xaa, sizeof(older));
	CHECK(!cmm_zone_info_sized(zone, &older.info, 16));
	CHECK(older.info.used == FAKE_TOTAL - FAKE_FREE);
	CHECK(older.bytes[16] == 0xaa);

	memset(&newer, 0xaa, sizeof(newer));
	CHECK(!cmm_zone_info_sized(zone, &newer.info, sizeof(newer)));
	CHECK(!strcmp(newer.info.name, "media"));
	CHECK(newer.bytes[sizeof(newer.info)] == 0);
	CHECK(newer.bytes[sizeof(newer) - 1] == 0);
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

static void lists_page_by_page(void)
{
	static const unsigned int counts[] = { 0, 1, 63, 64, 65, 128, 1000 };
	struct cmm_zone *zone = cmm_zone_open(NULL);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		struct seen seen = { 0 };

		fake.entries = counts[i];
		CHECK(!cmm_buf_list(zone, see, &seen));
		CHECK(seen.count == counts[i] && seen.in_order == counts[i]);
	}
	cmm_zone_close(zone);
}

static void lists_short_pages(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct seen seen = { 0 };

	fake.entries = 20;
	fake.page = 3;
	CHECK(!cmm_buf_list(zone, see, &seen));
	CHECK(seen.count == 20 && seen.in_order == 20);
	cmm_zone_close(zone);
}

static void list_stops(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct seen seen = { .stop_at = 70 };

	fake.entries = 200;
	CHECK(cmm_buf_list(zone, see, &seen) == -5);
	CHECK(seen.count == 70);
	cmm_zone_close(zone);
}

static void list_reports_errors(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct seen seen = { 0 };

	fake.entries = 200;
	fake.error = ENODEV;
	fake.error_after = 2;
	FAILS_WITH(cmm_buf_list(zone, see, &seen) == -1, ENODEV);
	CHECK(seen.count == 128);

	fake.error = 0;
	fake.callocs = 0;
	FAILS_WITH(cmm_buf_list(zone, see, &seen) == -1, ENOMEM);
	cmm_zone_close(zone);
}

static int check_entry(const struct cmm_buf_entry *entry, void *arg)
{
	(void)arg;
	CHECK(entry->id == 2 && entry->offset == 2 * FAKE_PAGE);
	CHECK(entry->len == FAKE_PAGE && entry->age_ns == 2000000000);
	CHECK(entry->flags == CMM_INFO_OFFSET && entry->uid == 1000 && entry->pid == 42);
	CHECK(entry->attached == 1);
	CHECK(!strcmp(entry->comm, "camera") && !strcmp(entry->name, "frame"));
	CHECK(!strcmp(entry->devices, "0000:00:03.0"));
	return 0;
}

static void list_tells_all(void)
{
	struct cmm_zone *zone = cmm_zone_open(NULL);

	fake.entries = 1;
	CHECK(!cmm_buf_list(zone, check_entry, NULL));
	cmm_zone_close(zone);
}

/* --- devices --- */

static int count_devices(const struct cmm_device *device, void *arg)
{
	int *count = arg;

	if (!*count)
		CHECK(!strcmp(device->name, "npu") &&
		      device->mask == 0xffffffff &&
		      device->flags == (CMM_DEVICE_READY |
					CMM_DEVICE_TRANSLATED));
	else
		CHECK(!strcmp(device->name, "isp") && !device->flags);
	return ++*count == 3 ? 9 : 0;
}

static int stop_at_once(const struct cmm_device *device, void *arg)
{
	(void)device;
	++*(int *)arg;
	return 9;
}

static void tells_devices(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	int count = 0;

	CHECK(!cmm_zone_devices(zone, count_devices, &count) && count == 2);
	count = 0;
	CHECK(cmm_zone_devices(zone, stop_at_once, &count) == 9 && count == 1);
	fake.error = ENODEV;
	FAILS_WITH(cmm_zone_devices(zone, stop_at_once, &count), ENODEV);
	cmm_zone_close(zone);
}

static void maps_for_devices(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_buf *buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	int fd = fake_foreign_dmabuf();
	struct cmm_buf *foreign = cmm_buf_import(NULL, fd);
	struct cmm_device_map map = { 0, 0 };

	CHECK(!cmm_buf_map_device(buf, "npu", CMM_DMA_WRITE, &map));
	CHECK(map.addr == 0xfe00002 && map.id == 7);
	CHECK(!cmm_buf_unmap_device(buf, &map));
	map.id = 8;
	FAILS_WITH(cmm_buf_unmap_device(buf, &map), ENOENT);
	FAILS_WITH(cmm_buf_map_device(buf, "isp", CMM_DMA_READ, &map),
		   EOPNOTSUPP);
	FAILS_WITH(cmm_buf_map_device(buf, "np", CMM_DMA_READ, &map),
		   ENOENT);
	FAILS_WITH(cmm_buf_map_device(foreign, "npu", CMM_DMA_READ, &map),
		   EXDEV);
	FAILS_WITH(cmm_buf_unmap_device(foreign, &map), EXDEV);
	CHECK(map.id == 8);
	fake.error = ENOTTY;
	FAILS_WITH(cmm_buf_map_device(buf, "npu", CMM_DMA_READ, &map),
		   ENOTTY);
	cmm_buf_close(foreign);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

/* --- which buffer an address belongs to --- */

static void tells_whose_an_iova_is(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_whose whose;
	char name[65];

	CHECK(!cmm_zone_whois_iova(zone, "0000:00:03.0", FAKE_IOVA + 0x1010,
				   &whose));
	CHECK(whose.id == 17 && whose.len == 2 * FAKE_PAGE &&
	      whose.offset == 0x1010);
	CHECK(whose.state == (CMM_WHOSE_LIVE | CMM_WHOSE_MAPPED) &&
	      whose.access == CMM_DMA_WRITE && !whose.unmapped_ns &&
	      !whose.freed_ns);
	CHECK(whose.uid == 1000 && whose.pid == 42 &&
	      !strcmp(whose.comm, "camera") && !strcmp(whose.name, "frame"));
	CHECK(!cmm_zone_whois_iova(zone, "npu", FAKE_OLD_IOVA, &whose));
	CHECK(!whose.state && whose.access == (CMM_DMA_READ | CMM_DMA_WRITE) &&
	      whose.born_ns == 100000000000 &&
	      whose.unmapped_ns == 120000123000 &&
	      whose.freed_ns == 130500000000 && whose.now_ns == 150000000000);
	FAILS_WITH(cmm_zone_whois_iova(zone, "npu", 1, &whose), ENOENT);
	FAILS_WITH(cmm_zone_whois_iova(zone, "isp", 1, &whose), EPERM);
	FAILS_WITH(cmm_zone_whois_iova(zone, "", 1, &whose), EINVAL);
	memset(name, 'x', sizeof(name));
	name[63] = '\0';
	CHECK(!cmm_zone_whois_iova(zone, name, FAKE_IOVA, &whose));
	/* Extra characters are ignored. */
	name[63] = 'y';
	name[64] = '\0';
	CHECK(!cmm_zone_whois_iova(zone, name, FAKE_IOVA, &whose));
	fake.error = ENOTTY;
	FAILS_WITH(cmm_zone_whois_iova(zone, "npu", 1, &whose), ENOTTY);
	CHECK(whose.id == 17);
	cmm_zone_close(zone);
}

static void tells_whose_a_physical_address_is(void)
{
	struct cmm_zone *zone = cmm_zone_open("media");
	struct cmm_whose whose;
	uint64_t small[2] = { 0, 7 };

	CHECK(!cmm_zone_whois_phys(zone, FAKE_PHYS + 2 * FAKE_PAGE - 1,
				   &whose));
	CHECK(whose.id == 17 && whose.offset == 2 * FAKE_PAGE - 1);
	CHECK(whose.state == CMM_WHOSE_LIVE && !whose.access);
	FAILS_WITH(cmm_zone_whois_phys(zone, FAKE_PHYS + 2 * FAKE_PAGE, &whose),
		   ENOENT);
	/* Like a program that was built with a shorter structure. */
	CHECK(!cmm_zone_whois_phys_sized(zone, FAKE_PHYS, (void *)small,
					 sizeof(small[0])));
	CHECK(small[0] == 17 && small[1] == 7);
	fake.error = EPERM;
	FAILS_WITH(cmm_zone_whois_phys(zone, FAKE_PHYS, &whose), EPERM);
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

static void errors_have_words(void)
{
	int errnum;

	for (errnum = -1; errnum < 200; errnum++)
		CHECK(!strcmp(cmm_strerror(errnum), strerror(errnum)) ==
		      !is_own(errnum));
	CHECK(!strcmp(cmm_strerror(123456), strerror(123456)));
}

static void *ask_for_another(void *arg)
{
	(void)arg;
	CHECK(!strcmp(cmm_strerror(654321), strerror(654321)));
	return NULL;
}

static void error_words_are_the_threads_own(void)
{
	const char *text = cmm_strerror(123456);
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, ask_for_another, NULL));
	pthread_join(thread, NULL);
	CHECK(!strcmp(text, strerror(123456)));
}

static const struct test tests[] = {
	TEST(opens_by_name),
	TEST(opens_by_path),
	TEST(opens_the_only_one),
	TEST(open_reports_none),
	TEST(open_reports_several),
	TEST(open_reports_bad_names),
	TEST(open_reports_no_permission),
	TEST(open_reports_other_nodes),
	TEST(open_reports_unbound_zones),
	TEST(lists_zones_in_order),
	TEST(zone_list_stops),
	TEST(zone_list_may_be_empty),
	TEST(tells_about_a_zone),
	TEST(info_respects_the_callers_size),
	TEST(tells_devices),
	TEST(maps_for_devices),
	TEST(tells_whose_an_iova_is),
	TEST(tells_whose_a_physical_address_is),
	TEST(lists_page_by_page),
	TEST(lists_short_pages),
	TEST(list_stops),
	TEST(list_reports_errors),
	TEST(list_tells_all),
	TEST(errors_have_words),
	TEST(error_words_are_the_threads_own),
};

int main(void)
{
	return run_tests("libcmm zone", tests, ARRAY_SIZE(tests), fake_reset);
}
