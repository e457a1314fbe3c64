// SPDX-License-Identifier: MIT
/*
 * Quotas limit what one user may allocate in a zone. They cover all processes, nodes
 * and descriptors of the user, until the buffers are freed.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "user.h"

#define USER	1234
#define OTHER	1235

static void set_quota(uint64_t bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 "\n", bytes);
	ASSERT_OK(zone_set_attribute(ZONE, "quota", text));
}

static uint64_t refusals(void)
{
	uint64_t value;

	ASSERT_OK(zone_attribute(ZONE, "stats/over_quota", &value));
	return value;
}

/* Runs a part in a child that is that user and shares our descriptors. */
static void as_user(uid_t uid, void (*run)(int node), int node)
{
	pid_t pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL,
			    NULL);

	ASSERT(pid >= 0);
	if (!pid) {
		become(uid);
		run(node);
		_exit(0);
	}
	join(pid);
}

static int kept;

static void take_two_of_three(int node)
{
	int a = ASSERT_OK(zone_alloc(node, MIB, 0));
	int b = ASSERT_OK(zone_alloc(node, MIB, 0));

	ASSERT_ERR(zone_alloc(node, MIB + PAGE, 0), EDQUOT);
	ASSERT_ERR(zone_alloc(node, 3 * MIB + PAGE, 0), EDQUOT);
	close(ASSERT_OK(zone_alloc(node, MIB, 0)));
	close(a);
	close(b);
	close(ASSERT_OK(zone_alloc(node, 3 * MIB, 0)));
}

ZONE_TEST(allocation_above_quota_is_refused)
{
	uint64_t before = refusals();

	set_quota(3 * MIB);
	as_user(USER, take_two_of_three, node);
	ASSERT_EQ(refusals(), before + 2);
	/* Each user has a separate quota. */
	as_user(OTHER, take_two_of_three, node);
	set_quota(0);
}

static void take_and_leave(int node)
{
	int fd = ASSERT_OK(zone_alloc(node, 2 * MIB, 0));

	ASSERT_EQ(fd, kept);
}

static void expect_one_left(int node)
{
	ASSERT_ERR(zone_alloc(node, 2 * MIB, 0), EDQUOT);
	close(ASSERT_OK(zone_alloc(node, MIB, 0)));
}

ZONE_TEST(buffer_is_charged_to_its_allocator_after_passing_it_on)
{
	int another = ASSERT_OK(zone_open(ZONE));

	kept = dup(node);
	close(kept);
	set_quota(3 * MIB);
	as_user(USER, take_and_leave, node);
	/* The process has exited and this test holds the buffer: the charge stays. */
	as_user(USER, expect_one_left, another);
	as_user(OTHER, take_two_of_three, node);
	close(kept);
	as_user(USER, take_two_of_three, another);
	set_quota(0);
	close(another);
}

static void take_many(int node)
{
	int32_t fds[4];
	struct cmm_alloc req = {
		.len = MIB,
		.fds = (uintptr_t)fds,
		.count = 4,
	};

	ASSERT_ERR(zone_request(node, &req), EDQUOT);
	ASSERT_EQ(req.total_free, ZONE_SIZE);
	ASSERT_EQ(fds[3], -1);
	req.count = 3;
	ASSERT_OK(zone_request(node, &req));
	ASSERT_ERR(zone_alloc(node, PAGE, 0), EDQUOT);
	close(fds[0]);
	close(fds[1]);
	close(fds[2]);
}

ZONE_TEST(quota_applies_to_a_batch_as_a_whole)
{
	set_quota(3 * MIB);
	as_user(USER, take_many, node);
	set_quota(0);
}

static void take_all(int node)
{
	close(ASSERT_OK(zone_alloc(node, ZONE_SIZE, 0)));
	ASSERT_ERR(zone_alloc(node, ZONE_SIZE + PAGE, 0), EFBIG);
}

ZONE_TEST(no_quota_by_default_and_none_for_root)
{
	uint64_t quota;

	ASSERT_OK(zone_attribute(ZONE, "quota", &quota));
	ASSERT_EQ(quota, 0);
	as_user(USER, take_all, node);
	set_quota(PAGE);
	take_all(node);
	set_quota(0);
}

/* Runs until killed. */
static void set_and_clear_quota(void *unused)
{
	(void)unused;
	for (;;) {
		set_quota(PAGE);
		set_quota(0);
	}
}

ZONE_TEST(quota_does_not_limit_root_while_it_is_being_set)
{
	pid_t setter = fork_to(set_and_clear_quota, NULL);
	int i, refused = 0;

	for (i = 0; i < 5000; i++) {
		int fd = zone_alloc(node, 2 * PAGE, 0);

		if (fd < 0)
			refused++;
		else
			close(fd);
	}
	ASSERT_EQ(kill(setter, SIGKILL), 0);
	ASSERT_EQ(waitpid(setter, NULL, 0), setter);
	set_quota(0);
	ASSERT_EQ(refused, 0);
}

static void keep_what_there_is(int node)
{
	kept = ASSERT_OK(zone_alloc(node, 2 * MIB, 0));
}

static void expect_nothing_more(int node)
{
	ASSERT_ERR(zone_alloc(node, PAGE, 0), EDQUOT);
}

ZONE_TEST(smaller_quota_keeps_existing_buffers)
{
	kept = dup(node);
	close(kept);
	as_user(USER, keep_what_there_is, node);
	set_quota(MIB);
	as_user(USER, expect_nothing_more, node);
	close(kept);
	set_quota(0);
}

/* What CMM_IOC_INFO reports about the caller. */
static void expect_told(int node, uint64_t quota, uint64_t charged)
{
	struct cmm_info info;

	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.quota, quota);
	ASSERT_EQ(info.charged, charged);
}

static void look_at_own_charge(int node)
{
	int a, b;

	expect_told(node, 3 * MIB, 0);
	a = ASSERT_OK(zone_alloc(node, MIB, 0));
	expect_told(node, 3 * MIB, MIB);
	b = ASSERT_OK(zone_alloc(node, PAGE, 0));
	expect_told(node, 3 * MIB, MIB + PAGE);
	ASSERT_ERR(zone_alloc(node, 2 * MIB, 0), EDQUOT);
	expect_told(node, 3 * MIB, MIB + PAGE);
	close(a);
	expect_told(node, 3 * MIB, PAGE);
	close(b);
	expect_told(node, 3 * MIB, 0);
}

static void expect_nothing_charged(int node)
{
	expect_told(node, 3 * MIB, 0);
}

static void expect_more_than_the_quota(int node)
{
	expect_told(node, MIB, 2 * MIB);
}

static void expect_no_limit(int node)
{
	expect_told(node, 0, 2 * MIB);
}

ZONE_TEST(info_reports_the_users_quota_and_charge)
{
	kept = dup(node);
	close(kept);
	set_quota(3 * MIB);
	as_user(USER, look_at_own_charge, node);
	as_user(USER, keep_what_there_is, node);
	as_user(OTHER, expect_nothing_charged, node);
	set_quota(MIB);
	as_user(USER, expect_more_than_the_quota, node);
	set_quota(0);
	as_user(USER, expect_no_limit, node);
	close(kept);
}

ZONE_TEST(info_reports_roots_charge_without_limit)
{
	int fd = ASSERT_OK(zone_alloc(node, 2 * MIB, 0));

	set_quota(MIB);
	expect_told(node, 0, 2 * MIB);
	drop_capability(CAP_SYS_RESOURCE);
	expect_told(node, MIB, 2 * MIB);
	ASSERT_ERR(zone_alloc(node, PAGE, 0), EDQUOT);
	close(fd);
	set_quota(0);
}

TEST(quota_values_accept_units)
{
	static const struct { const char *text; uint64_t bytes; } cases[] = {
		{ "8M", 8 * MIB }, { "8M\n", 8 * MIB }, { "8m", 8 * MIB },
		{ "64KiB\n", 64 * KIB }, { "1gb", 1024 * MIB }, { "4096", 4096 },
		{ "0x100000", MIB }, { "0\n", 0 },
	};
	uint64_t quota;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		note("\"%s\"", cases[i].text);
		ASSERT_OK(zone_set_attribute(ZONE, "quota", cases[i].text));
		ASSERT_OK(zone_attribute(ZONE, "quota", &quota));
		ASSERT_EQ(quota, cases[i].bytes);
	}
}

TEST(malformed_quotas_are_refused)
{
	static const struct { const char *text; int error; } cases[] = {
		{ "x", EINVAL }, { "-1", EINVAL }, { "\n", EINVAL },
		{ "M", EINVAL }, { "1 M", EINVAL }, { "1MM", EINVAL },
		{ "1.5M", EINVAL }, { "8M 9", EINVAL }, { "0x", EINVAL },
		{ "99999999999999999999", ERANGE }, { "16777216T", ERANGE },
	};
	uint64_t quota;
	size_t i;

	ASSERT_OK(zone_set_attribute(ZONE, "quota", "4096"));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		note("\"%s\"", cases[i].text);
		ASSERT_ERR(zone_set_attribute(ZONE, "quota", cases[i].text),
			   cases[i].error);
	}
	ASSERT_OK(zone_attribute(ZONE, "quota", &quota));
	ASSERT_EQ(quota, 4096);
	ASSERT_OK(zone_set_attribute(ZONE, "quota", "0"));
}
