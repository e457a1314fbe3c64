// SPDX-License-Identifier: MIT
/*
 * An unprivileged user sees everything about its own buffers except their physical
 * address, and nothing about buffers of other users.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "user.h"

/* Runs a part of a test in a child, which becomes nobody. */
static void as_nobody(void (*run)(int node, int buf), int node, int buf)
{
	pid_t pid = fork();

	ASSERT(pid >= 0);
	if (!pid) {
		become(NOBODY);
		run(node, buf);
		_exit(0);
	}
	join(pid);
}

static void expect_files_closed(int node, int buf)
{
	(void)node;
	(void)buf;
	ASSERT_ERR(zone_open(ZONE), EACCES);
}

TEST(unprivileged_user_cannot_open_node)
{
	as_nobody(expect_files_closed, -1, -1);
}

static void expect_no_address(int node, int buf)
{
	struct cmm_query query;
	int own = ASSERT_OK(zone_alloc(node, PAGE, 0));

	/* Neither of a buffer of his own nor of one that he was given. */
	ASSERT_OK(zone_query(node, own, &query));
	ASSERT_EQ(query.phys, 0);
	ASSERT_EQ(query.flags & CMM_BUF_PHYS, 0);
	ASSERT_EQ(query.uid, NOBODY);
	ASSERT_OK(zone_query(node, buf, &query));
	ASSERT_EQ(query.phys, 0);
	ASSERT_EQ(query.flags & CMM_BUF_PHYS, 0);
	ASSERT_EQ(query.uid, 0);
}

ZONE_TEST(only_privileged_users_see_physical_addresses)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_query query;

	/* Privileged callers need a zone that exposes them. */
	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT_EQ(query.flags & CMM_BUF_PHYS,
		  exposes_phys() ? CMM_BUF_PHYS : 0);
	ASSERT_EQ(query.phys, exposes_phys() ? chosen.start : 0);
	as_nobody(expect_no_address, node, fd);
	close(fd);
}

ZONE_TEST(physical_address_needs_the_capability_not_uid_0)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_query query;

	drop_capability(CAP_SYS_RAWIO);
	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT_EQ(query.phys, 0);
	ASSERT_EQ(query.flags, CMM_BUF_OFFSET);
	close(fd);
}

/* Neither QUERY nor LIST, which has one buffer, says where it is. */
static void expect_no_offset(int node, int buf)
{
	struct cmm_list_entry entry;
	struct cmm_query query;

	ASSERT_OK(zone_query(node, buf, &query));
	ASSERT_EQ(query.flags & CMM_BUF_OFFSET, 0);
	ASSERT_EQ(query.offset, 0);
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.flags & CMM_BUF_OFFSET, 0);
	ASSERT_EQ(entry.offset, 0);
}

static void expect_no_offset_of_own(int node, int buf)
{
	int own = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_query query;

	expect_no_offset(node, own);
	ASSERT_OK(zone_query(node, buf, &query));
	ASSERT_EQ(query.flags & CMM_BUF_OFFSET, 0);
	ASSERT_EQ(query.offset, 0);
	close(own);
}

/* The first page of the zone is taken, so that no buffer's offset is 0. */
ZONE_TEST(only_the_administrator_sees_offsets)
{
	int first = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_list_entry entries[2];
	struct cmm_query query;

	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT_EQ(query.flags & CMM_BUF_OFFSET, CMM_BUF_OFFSET);
	ASSERT_EQ(query.offset, PAGE);
	ASSERT_EQ(ASSERT_OK(zone_list(node, entries, 2, 0)), 2);
	ASSERT_EQ(entries[1].flags & CMM_BUF_OFFSET, CMM_BUF_OFFSET);
	ASSERT_EQ(entries[1].offset, PAGE);
	as_nobody(expect_no_offset_of_own, node, fd);
	close(first);
	close(fd);
}

ZONE_TEST(root_without_the_capability_sees_no_offset)
{
	int first = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	pid_t pid;

	close(first);
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		drop_capability(CAP_SYS_ADMIN);
		expect_no_offset(node, fd);
		_exit(0);
	}
	join(pid);
	close(fd);
}

static void expect_own_only(int node, int buf)
{
	struct cmm_list_entry entries[8];
	int own;

	(void)buf;
	ASSERT_EQ(ASSERT_OK(zone_list(node, entries, 8, 0)), 0);
	own = ASSERT_OK(zone_alloc_named(node, PAGE, 0, "own"));
	ASSERT_EQ(ASSERT_OK(zone_list(node, entries, 8, 0)), 1);
	ASSERT_STREQ(entries[0].name, "own");
	ASSERT_EQ(entries[0].uid, NOBODY);
	close(own);
}

ZONE_TEST(lists_show_own_buffers_only)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));

	as_nobody(expect_own_only, node, fd);
	close(fd);
}

ZONE_TEST(list_shows_root_the_holders_of_all_buffers)
{
	int pipes[2];
	struct cmm_list_entry entry;
	char byte;
	pid_t pid;

	ASSERT(!pipe(pipes));
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		close(pipes[0]);
		become(NOBODY);
		ASSERT_OK(zone_alloc_named(node, PAGE, 0, "his"));
		ASSERT_EQ(write(pipes[1], "", 1), 1);
		/* Waits until the test kills this process. */
		for (;;)
			pause();
	}
	ASSERT_EQ(read(pipes[0], &byte, 1), 1);
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.uid, NOBODY);
	ASSERT_EQ(entry.pid, pid);
	ASSERT_STREQ(entry.name, "his");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(pipes[0]);
	close(pipes[1]);
}

/* No word of an answer is the address, in bytes or as a page number. */
static void expect_not_told(const void *answer, size_t size, uint64_t phys)
{
	const uint8_t *bytes = answer;
	uint64_t word;
	size_t i;

	for (i = 0; i + sizeof(word) <= size; i += 4) {
		memcpy(&word, bytes + i, sizeof(word));
		note("word at %zu of %zu", i, size);
		ASSERT(word != phys);
		ASSERT(word != phys / PAGE);
		/* Nor is it an address of the kernel's own. */
		ASSERT(word >> 48 != 0xffff || word == UINT64_MAX);
	}
}

static uint64_t secret;

static void expect_nothing_told(int node, int buf)
{
	struct cmm_list_entry entries[2];
	struct cmm_query query;
	struct cmm_info info;
	int32_t fd;
	struct cmm_alloc req = {
		.len = PAGE,
		.fds = (uintptr_t)&fd,
		.count = 1,
	};

	ASSERT_OK(zone_info(node, &info));
	expect_not_told(&info, sizeof(info), secret);
	ASSERT_OK(zone_query(node, buf, &query));
	query.fd = 0;
	expect_not_told(&query, sizeof(query), secret);
	ASSERT_OK(zone_request(node, &req));
	req.fds = 0;
	expect_not_told(&req, sizeof(req), secret + PAGE);
	memset(entries, 0, sizeof(entries));
	ASSERT_EQ(ASSERT_OK(zone_list(node, entries, 2, 0)), 1);
	expect_not_told(entries, sizeof(entries), secret + PAGE);
}

ZONE_TEST(ioctl_answers_hold_no_hidden_address)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));

	secret = buffer_phys(node, fd);
	as_nobody(expect_nothing_told, node, fd);
	close(fd);
}

ZONE_TEST(listed_pids_are_of_the_callers_pid_namespace)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_query query;
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		skip("this kernel has no pid namespaces");
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		/* Process 1 of a world that does not know its parent. */
		ASSERT_OK(zone_query(node, fd, &query));
		ASSERT_EQ(query.pid, 0);
		close(fd);
		fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
		ASSERT_OK(zone_query(node, fd, &query));
		ASSERT_EQ(query.pid, 1);
		_exit(0);
	}
	join(pid);
	close(fd);
}

ZONE_TEST(root_of_a_user_namespace_has_no_privilege)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_list_entry entry;
	struct cmm_query query;
	pid_t pid = fork();

	ASSERT(pid >= 0);
	if (!pid) {
		become(NOBODY);
		if (unshare(CLONE_NEWUSER))
			skip("this kernel has no user namespaces for nobody");
		ASSERT_OK(zone_query(node, fd, &query));
		ASSERT_EQ(query.phys, 0);
		ASSERT_EQ(query.flags & CMM_BUF_OFFSET, 0);
		ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 0);
		_exit(0);
	}
	join(pid);
	close(fd);
}
