// SPDX-License-Identifier: MIT
/*
 * The name of a buffer, in its zone's listings and in the rest of the system,
 * however the name was set.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "heap.h"
#include "whois.h"

/* Any program with a dma-buf can do this. */
static int set_name(int fd, const char *name)
{
	return zone_ioctl(fd, DMA_BUF_SET_NAME_B, (void *)name);
}

static void expect_listed(int node, int fd, const char *name)
{
	struct cmm_list_entry entry;
	struct cmm_query query;

	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT_STREQ(query.name, name);
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, query.id - 1)), 1);
	ASSERT_EQ(entry.id, query.id);
	ASSERT_STREQ(entry.name, name);
}

/* A line of a small file begins with that. */
static bool has_line(const char *path, const char *start)
{
	FILE *file = fopen(path, "r");
	char line[1024];
	bool found = false;

	ASSERT(file);
	while (!found && fgets(line, sizeof(line), file))
		found = !strncmp(line, start, strlen(start));
	fclose(file);
	return found;
}

/* What the kernel calls the descriptor's dma-buf; "" if it has no name. */
static void expect_fdinfo(int fd, const char *name)
{
	char path[64], line[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	snprintf(line, sizeof(line), "name:\t%s\n", name);
	note("fdinfo, %s", line);
	ASSERT_EQ(has_line(path, *name ? line : "name:"), !!*name);
}

/* The list of all dma-bufs has a word. */
static bool is_in_bufinfo(const char *word)
{
	FILE *file = fopen("/sys/kernel/debug/dma_buf/bufinfo", "r");
	char line[1024];
	bool found = false;

	ASSERT(file);
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, word);
	fclose(file);
	return found;
}

ZONE_TEST(name_set_after_alloc_is_listed)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int named = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "at first"));
	char longest[CMM_NAME_LEN] = { 0 };

	memset(longest, 'x', CMM_NAME_LEN - 1);
	expect_listed(node, fd, "");
	ASSERT_OK(set_name(fd, "frame-0"));
	expect_listed(node, fd, "frame-0");
	ASSERT_OK(set_name(fd, longest));
	expect_listed(node, fd, longest);
	expect_listed(node, named, "at first");
	ASSERT_OK(set_name(named, "later"));
	expect_listed(node, named, "later");
	expect_listed(node, fd, longest);
	ASSERT_OK(set_name(named, ""));
	expect_listed(node, named, "");
	close(named);
	close(fd);
}

ZONE_TEST(name_set_on_heap_buffer_is_listed)
{
	int heap, fd;
	char alias[HEAP_NAME];

	if (!heap_alias(alias, false))
		skip("the zone has no alias");
	heap = ASSERT_OK(heap_open(alias));
	fd = ASSERT_OK(heap_alloc(heap, PAGE, O_RDWR | O_CLOEXEC));
	expect_listed(node, fd, "");
	ASSERT_OK(set_name(fd, "frame-0"));
	expect_listed(node, fd, "frame-0");
	close(fd);
	close(heap);
}

ZONE_TEST(allocation_name_is_the_dma_buf_name)
{
	int unnamed = ASSERT_OK(zone_alloc(node, PAGE, 0)), fd;

	expect_fdinfo(unnamed, "");
	ASSERT(!is_in_bufinfo("our-own-name"));
	fd = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "our-own-name"));
	expect_fdinfo(fd, "our-own-name");
	ASSERT(is_in_bufinfo("our-own-name"));
	close(fd);
	ASSERT(!is_in_bufinfo("our-own-name"));
	close(unnamed);
}

ZONE_TEST(all_buffers_of_a_batch_get_the_name)
{
	int i;
	int32_t fds[3];
	struct cmm_alloc req = {
		.len = PAGE,
		.fds = (uintptr_t)fds,
		.count = 3,
		.name = "cam\xc3\xa9ra",
	};

	ASSERT_OK(zone_request(node, &req));
	for (i = 0; i < 3; i++) {
		expect_fdinfo(fds[i], "cam\xc3\xa9ra");
		expect_listed(node, fds[i], "cam\xc3\xa9ra");
	}
	/* Each has its own. */
	ASSERT_OK(set_name(fds[1], "second"));
	expect_listed(node, fds[0], "cam\xc3\xa9ra");
	expect_listed(node, fds[1], "second");
	for (i = 0; i < 3; i++)
		close(fds[i]);
}

ZONE_TEST(read_only_descriptor_gets_the_buffers_name)
{
	int fd = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "at first")), view;

	ASSERT_OK(set_name(fd, "by now"));
	view = ASSERT_OK(zone_view_all(node, fd, 0));
	expect_fdinfo(view, "by now");
	/* Its name is its own from then on. */
	ASSERT_OK(set_name(view, "view"));
	expect_fdinfo(view, "view");
	expect_listed(node, view, "by now");
	ASSERT_OK(set_name(fd, "last"));
	expect_listed(node, view, "last");
	/* The name outlives the descriptor that it was given to. */
	close(fd);
	expect_listed(node, view, "last");
	fd = ASSERT_OK(zone_view_all(node, view, 0));
	expect_fdinfo(fd, "last");
	close(view);
	expect_listed(node, fd, "last");
	close(fd);
}

ZONE_TEST(history_shows_last_name_of_freed_buffer)
{
	int fd = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "at first"));
	uint64_t phys = buffer_phys(node, fd);

	ASSERT_OK(set_name(fd, "last"));
	ASSERT_STREQ(ask(node, NULL, phys).name, "last");
	close(fd);
	ASSERT_STREQ(ask(node, NULL, phys).name, "last");
}

/* Names may hold any byte. LIST returns them unchanged. */
ZONE_TEST(name_with_any_bytes_is_listed_unchanged)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));

	ASSERT_OK(set_name(fd, "\x1b[2J\n\xff\x9b\x31m\"\\"));
	expect_listed(node, fd, "\x1b[2J\n\xff\x9b\x31m\"\\");
	close(fd);
}

static bool stop;

static void *rename_often(void *arg)
{
	int fd = *(int *)arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		ASSERT_OK(set_name(fd, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
		ASSERT_OK(set_name(fd, "b"));
	}
	return NULL;
}

ZONE_TEST(list_shows_old_or_new_name_during_rename)
{
	int i;
	int fd = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "b"));
	struct cmm_list_entry entry;
	pthread_t thread;

	ASSERT(!pthread_create(&thread, NULL, rename_often, &fd));
	for (i = 0; i < 2000; i++) {
		ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
		ASSERT(!strcmp(entry.name, "b") ||
		       !strcmp(entry.name, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	ASSERT(!pthread_join(thread, NULL));
	close(fd);
}

/* Descriptors of a buffer come and go while it is listed. */
static void *renew_often(void *arg)
{
	int node = *(int *)arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		int fd = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "first"));
		int view = ASSERT_OK(zone_view_all(node, fd, 0));

		ASSERT_OK(set_name(fd, "last"));
		close(fd);
		close(view);
	}
	return NULL;
}

ZONE_TEST(list_can_race_with_close_of_named_descriptors)
{
	int i;
	struct cmm_list_entry entry;
	pthread_t thread;

	ASSERT(!pthread_create(&thread, NULL, renew_often, &node));
	for (i = 0; i < 2000; i++) {
		if (!ASSERT_OK(zone_list(node, &entry, 1, 0)))
			continue;
		ASSERT(!strcmp(entry.name, "first") ||
		       !strcmp(entry.name, "last"));
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	ASSERT(!pthread_join(thread, NULL));
}
