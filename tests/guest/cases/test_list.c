// SPDX-License-Identifier: MIT
/* CMM_IOC_LIST: the contents of entries, and lists read in portions of any size. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buffer.h"

ZONE_TEST(list_of_an_empty_zone_is_empty)
{
	struct cmm_list_entry entries[2];

	ASSERT_EQ(ASSERT_OK(zone_list(node, entries, 2, 0)), 0);
}

ZONE_TEST(entries_describe_the_buffers)
{
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
	ASSERT_EQ(entries[0].flags, CMM_BUF_OFFSET);
	ASSERT_EQ(entries[0].attached, 0);
	ASSERT_STREQ(entries[0].comm, "cmm-check");
	ASSERT_STREQ(entries[0].name, "first");
	ASSERT_STREQ(entries[0].devices, "");

	ASSERT(entries[1].id > entries[0].id);
	ASSERT_EQ(entries[1].len, PAGE);
	ASSERT_EQ(entries[1].flags, CMM_BUF_OFFSET | zone_wc());
	ASSERT_STREQ(entries[1].name, "");
	/* The unused entries are unchanged. */
	ASSERT_EQ(entries[2].id, 0xa5a5a5a5a5a5a5a5);
	close(b);
	close(a);
}

ZONE_TEST(attached_devices_are_listed_until_they_detach)
{
	int engine = open_importer("edu0"), plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct import a = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import b = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct cmm_list_entry entry;

	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.attached, 2);
	/* A PCI address and the platform device's name. */
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
}

ZONE_TEST(list_omits_whole_device_names_that_do_not_fit)
{
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
	/* A name has 9 letters. A comma, or at the end the NUL, follows it. */
	ASSERT_EQ(names, CMM_DEVICES_LEN / 10);
	for (i = 0; i < 12; i++)
		ASSERT_OK(importer_release(&dma[i]));
	close(fd);
	close(plain);
}

static bool is_owner_gone(int node, int fd)
{
	struct cmm_list_entry entry;
	struct cmm_query query;

	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.id, query.id);
	ASSERT_EQ(entry.flags & CMM_BUF_OWNER_GONE,
		  query.flags & CMM_BUF_OWNER_GONE);
	/* The results still identify the process. */
	ASSERT(query.pid != getpid());
	ASSERT_EQ(entry.pid, query.pid);
	ASSERT_STREQ(query.comm, "cmm-check");
	ASSERT_STREQ(entry.comm, "cmm-check");
	return entry.flags & CMM_BUF_OWNER_GONE;
}

/* A child that allocates a buffer and exits when may_end is set. */
struct owner {
	int node;
	int fd;		/* the buffer, in both processes; -1 before the allocation */
	bool may_end;
	pid_t pid;
};

/* Starts a child that shares the descriptor table and allocates a buffer. */
static struct owner *owner_start(int node, void (*wait)(struct owner *owner))
{
	struct owner *owner = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT(owner != MAP_FAILED);
	owner->node = node;
	owner->fd = -1;
	owner->pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL,
			     NULL);
	ASSERT(owner->pid >= 0);
	if (!owner->pid) {
		owner->pid = getpid();
		__atomic_store_n(&owner->fd,
				 ASSERT_OK(zone_alloc(node, PAGE, 0)),
				 __ATOMIC_RELEASE);
		wait(owner);
		_exit(0);
	}
	while (__atomic_load_n(&owner->fd, __ATOMIC_ACQUIRE) < 0)
		usleep(1000);
	return owner;
}

static void wait_for_leave(struct owner *owner)
{
	while (!__atomic_load_n(&owner->may_end, __ATOMIC_ACQUIRE))
		usleep(1000);
}

static void wait_until_zombie(pid_t pid)
{
	while (child_state(pid) != 'Z')
		usleep(1000);
}

ZONE_TEST(exited_owner_is_reported_as_gone)
{
	struct owner *owner = owner_start(node, wait_for_leave);

	ASSERT(!is_owner_gone(node, owner->fd));
	__atomic_store_n(&owner->may_end, true, __ATOMIC_RELEASE);
	wait_until_zombie(owner->pid);
	ASSERT(is_owner_gone(node, owner->fd));
	join(owner->pid);
	ASSERT(is_owner_gone(node, owner->fd));
	close(owner->fd);
}

static void *wait_as_thread(void *owner)
{
	wait_for_leave(owner);
	_exit(0);
}

static void leave_to_a_thread(struct owner *owner)
{
	pthread_t thread;

	ASSERT(!pthread_create(&thread, NULL, wait_as_thread, owner));
	syscall(SYS_exit, 0);
}

ZONE_TEST(owner_is_not_gone_while_one_of_its_threads_runs)
{
	struct owner *owner = owner_start(node, leave_to_a_thread);

	/* The main thread has exited, so the process looks like a zombie. */
	wait_until_zombie(owner->pid);
	ASSERT(!is_owner_gone(node, owner->fd));
	__atomic_store_n(&owner->may_end, true, __ATOMIC_RELEASE);
	join(owner->pid);
	ASSERT(is_owner_gone(node, owner->fd));
	close(owner->fd);
}

/* Lists all buffers, @portion entries at a time. Returns the number of entries. */
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

ZONE_TEST(list_continues_after_the_last_returned_buffer)
{
	static const uint32_t portions[] = { 1, 3, 64, 65, 150, 1000 };
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
}

ZONE_TEST(list_continues_if_the_last_returned_buffer_was_freed)
{
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
}

ZONE_TEST(list_with_count_zero_returns_no_entries)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));

	ASSERT_EQ(ASSERT_OK(zone_list(node, NULL, 0, 0)), 0);
	close(fd);
}

ZONE_TEST(list_accepts_older_and_newer_entry_sizes)
{
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
}
