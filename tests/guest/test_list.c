// SPDX-License-Identifier: MIT
/* CMM_IOC_LIST: what it tells of the buffers, in portions of any size. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"

TEST(an_empty_zone_has_an_empty_list)
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct cmm_list_entry entries[2];

	ASSERT_EQ(ASSERT_OK(zone_list(node, entries, 2, 0)), 0);
	close(node);
}

TEST(entries_describe_the_buffers)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int a = ASSERT_OK(zone_alloc_named(node, MIB, 0, "first"));
	int b = ASSERT_OK(zone_alloc(node, PAGE, zone_wc()));
	struct cmm_list_entry entries[4];
	struct cmm_query query;

	memset(entries, 0xa5, sizeof(entries));
	ASSERT_EQ(ASSERT_OK(zone_list(node, entries, 4, 0)), 2);

	ASSERT_OK(zone_query(node, a, &query));
	ASSERT_EQ(entries[0].id, query.id);
	ASSERT_EQ(entries[0].offset, query.offset);
	ASSERT_EQ(entries[0].len, MIB);
	ASSERT(entries[0].age_ns <= query.age_ns);
	ASSERT(entries[0].age_ns > 0);
	ASSERT_EQ(entries[0].uid, geteuid());
	ASSERT_EQ(entries[0].pid, getpid());
	ASSERT_EQ(entries[0].flags, 0);
	ASSERT_EQ(entries[0].attached, 0);
	ASSERT_STREQ(entries[0].comm, "cmm-check");
	ASSERT_STREQ(entries[0].name, "first");
	ASSERT_STREQ(entries[0].devices, "");

	ASSERT(entries[1].id > entries[0].id);
	ASSERT_EQ(entries[1].len, PAGE);
	ASSERT_EQ(entries[1].flags, zone_wc());
	ASSERT_STREQ(entries[1].name, "");
	/* What was not asked for was not touched. */
	ASSERT_EQ(entries[2].id, 0xa5a5a5a5a5a5a5a5);
	close(b);
	close(a);
	close(node);
}

TEST(attached_devices_are_named_while_attached)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int engine = open_importer("edu0"), plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct import a = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import b = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct cmm_list_entry entry;

	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.attached, 2);
	/* A PCI address, then the platform device's name. */
	ASSERT(!strncmp(entry.devices, "0000:", 5));
	ASSERT_STREQ(strchr(entry.devices, ','), ",cmm_plain");

	ASSERT_OK(importer_release(&a));
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.attached, 1);
	ASSERT_STREQ(entry.devices, "cmm_plain");

	ASSERT_OK(importer_release(&b));
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.attached, 0);
	ASSERT_STREQ(entry.devices, "");
	close(fd);
	close(plain);
	close(engine);
	close(node);
}

TEST(device_names_that_do_not_fit_are_left_out_whole)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_list_entry entry;
	struct import dma[12];
	const char *name;
	int i, names = 0;

	for (i = 0; i < 12; i++)
		dma[i] = import(plain, fd, CMM_IMPORT_TO_DEVICE);
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.attached, 12);
	for (name = strtok(entry.devices, ","); name; name = strtok(NULL, ",")) {
		ASSERT_STREQ(name, "cmm_plain");
		names++;
	}
	/* Nine letters and a comma each, and the final NUL in place of one. */
	ASSERT_EQ(names, CMM_DEVICES_LEN / 10);
	for (i = 0; i < 12; i++)
		ASSERT_OK(importer_release(&dma[i]));
	close(fd);
	close(plain);
	close(node);
}

/* Lists everything in portions of that many entries; how many came. */
static int list_in_portions(int node, uint32_t portion, uint64_t *ids)
{
	struct cmm_list_entry *entries = calloc(portion, sizeof(*entries));
	uint64_t after = 0;
	int total = 0;

	for (;;) {
		struct cmm_list list = {
			.entries = (uintptr_t)entries,
			.after = after,
			.count = portion,
			.entry_size = sizeof(*entries),
		};
		uint32_t i;

		ASSERT_OK(zone_ioctl(node, CMM_IOC_LIST, &list));
		ASSERT(list.count <= portion);
		if (!list.count)
			break;
		for (i = 0; i < list.count; i++)
			ids[total++] = entries[i].id;
		ASSERT_EQ(list.after, entries[list.count - 1].id);
		after = list.after;
	}
	free(entries);
	return total;
}

TEST(lists_go_on_where_they_stopped)
{
	static const uint32_t portions[] = { 1, 3, 64, 65, 150, 1000 };
	int node = ASSERT_OK(zone_open(ZONE));
	int fds[150], i;
	size_t p;

	for (i = 0; i < 150; i++)
		fds[i] = ASSERT_OK(zone_alloc(node, PAGE, 0));
	for (p = 0; p < ARRAY_SIZE(portions); p++) {
		uint64_t ids[150];

		note("portions of %u", portions[p]);
		ASSERT_EQ(list_in_portions(node, portions[p], ids), 150);
		for (i = 1; i < 150; i++)
			ASSERT(ids[i] > ids[i - 1]);
	}
	for (i = 0; i < 150; i++)
		close(fds[i]);
	close(node);
}

TEST(a_list_survives_the_end_of_the_buffer_it_stopped_at)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int a = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "a"));
	int b = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "b"));
	int c = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "c"));
	struct cmm_list_entry entry;

	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_STREQ(entry.name, "a");
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, entry.id)), 1);
	ASSERT_STREQ(entry.name, "b");
	close(b);
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, entry.id)), 1);
	ASSERT_STREQ(entry.name, "c");
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, entry.id)), 0);
	close(c);
	close(a);
	close(node);
}

TEST(a_list_without_room_writes_nothing)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));

	ASSERT_EQ(ASSERT_OK(zone_list(node, NULL, 0, 0)), 0);
	close(fd);
	close(node);
}

TEST(entries_may_be_of_an_older_or_a_newer_size)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int a = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "older"));
	int b = ASSERT_OK(zone_alloc_named(node, MIB, 0, "newer"));
	static const uint32_t sizes[] = {
		8, 24, 48, sizeof(struct cmm_list_entry),
		sizeof(struct cmm_list_entry) + 40, PAGE,
	};
	static uint8_t raw[3 * PAGE];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct cmm_list list = {
			.entries = (uintptr_t)raw,
			.count = 2,
			.entry_size = sizes[i],
		};
		const struct cmm_list_entry *second = (void *)(raw + sizes[i]);

		note("entries of %u bytes", sizes[i]);
		memset(raw, 0xa5, sizeof(raw));
		ASSERT_OK(zone_ioctl(node, CMM_IOC_LIST, &list));
		ASSERT_EQ(list.count, 2);
		ASSERT_EQ(second->id, list.after);
		if (sizes[i] >= 24)
			ASSERT_EQ(second->len, MIB);
		for (j = sizeof(*second); j < sizes[i]; j++)
			ASSERT_EQ(raw[sizes[i] + j], 0);
		ASSERT_EQ(raw[2 * sizes[i]], 0xa5);
	}
	close(b);
	close(a);
	close(node);
}
