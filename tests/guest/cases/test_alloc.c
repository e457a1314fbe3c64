// SPDX-License-Identifier: MIT
/* CMM_IOC_ALLOC and CMM_IOC_INFO: properties and placement of new buffers. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"

ZONE_TEST(info_describes_the_zone)
{
	struct cmm_info info;

	memset(&info, 0xa5, sizeof(info));
	ASSERT_OK(zone_info(node, &info));
	ASSERT_STREQ(info.name, ZONE);
	/* It depends on the kernel. */
	info.features &= ~CMM_FEATURE_FENCES;
	ASSERT_EQ(info.features, CMM_FEATURE_SYNC | CMM_FEATURE_VIEW |
		  CMM_FEATURE_DEV | CMM_FEATURE_WHOIS | CMM_FEATURE_INODE);
	ASSERT_EQ(info.kind, chosen.kind);
	ASSERT_EQ(info.flags, chosen.flags);
	ASSERT_EQ(info.total, ZONE_SIZE);
	ASSERT_EQ(info.used, 0);
	ASSERT_EQ(info.largest_free, info.total);
	ASSERT(info.peak <= info.total);
	ASSERT(info.clean <= info.total);
}

ZONE_TEST(length_is_rounded_up_to_pages)
{
	static const struct { uint64_t asked, given; } cases[] = {
		{ 1, PAGE }, { PAGE - 1, PAGE }, { PAGE, PAGE },
		{ PAGE + 1, 2 * PAGE }, { MIB + 1, MIB + PAGE },
		{ 3 * MIB, 3 * MIB },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int32_t fd = -1;
		struct cmm_query query;
		struct cmm_alloc req = {
			.len = cases[i].asked,
			.fds = (uintptr_t)&fd,
			.count = 1,
		};

		note("length %llu", (unsigned long long)cases[i].asked);
		ASSERT_OK(zone_request(node, &req));
		ASSERT_EQ(req.len, cases[i].given);
		ASSERT_EQ(lseek(fd, 0, SEEK_END), cases[i].given);
		ASSERT_OK(zone_query(node, fd, &query));
		ASSERT_EQ(query.len, cases[i].given);
		expect_used(cases[i].given);
		close(fd);
	}
}

ZONE_TEST(alignment_is_honoured)
{
	uint64_t align;

	for (align = PAGE; align < ZONE_SIZE; align *= 2) {
		/* Use the first page: the next free address is unaligned. */
		int small = ASSERT_OK(zone_alloc(node, PAGE, 0));
		int fd = ASSERT_OK(zone_alloc_named(node, 3 * PAGE, align, ""));
		struct cmm_query query;

		note("alignment %llu", (unsigned long long)align);
		ASSERT_OK(zone_query(node, fd, &query));
		ASSERT_EQ(query.align, align);
		ASSERT_EQ(buffer_phys(node, fd) % align, 0);
		close(fd);
		close(small);
	}
}

ZONE_TEST(alignment_defaults_to_one_page)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_query query;

	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT_EQ(query.align, PAGE);
	close(fd);
}

ZONE_TEST(lowest_free_range_that_fits_is_allocated)
{
	int a = ASSERT_OK(zone_alloc(node, MIB, 0));
	int hole = ASSERT_OK(zone_alloc(node, 2 * MIB, 0));
	int b = ASSERT_OK(zone_alloc(node, MIB, 0));
	int larger, exact, rest;

	ASSERT_EQ(buffer_offset(node, a), 0);
	ASSERT_EQ(buffer_offset(node, hole), MIB);
	ASSERT_EQ(buffer_offset(node, b), 3 * MIB);

	close(hole);
	larger = ASSERT_OK(zone_alloc(node, 3 * MIB, 0));
	ASSERT_EQ(buffer_offset(node, larger), 4 * MIB);
	exact = ASSERT_OK(zone_alloc(node, MIB, 0));
	ASSERT_EQ(buffer_offset(node, exact), MIB);
	rest = ASSERT_OK(zone_alloc(node, PAGE, 0));
	ASSERT_EQ(buffer_offset(node, rest), 2 * MIB);

	close(rest);
	close(exact);
	close(larger);
	close(b);
	close(a);
}

ZONE_TEST(large_buffers_start_on_a_2mib_block_if_possible)
{
	int small = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int medium = ASSERT_OK(zone_alloc(node, 8 * MIB - PAGE, 0));
	int large = ASSERT_OK(zone_alloc(node, 8 * MIB, 0));

	ASSERT_EQ(buffer_offset(node, medium), PAGE);
	ASSERT_EQ(buffer_phys(node, large) % (2 * MIB), 0);
	close(large);
	close(medium);
	close(small);
}

ZONE_TEST(large_buffer_uses_unaligned_gap_if_no_other_fits)
{
	int small = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int32_t fds[CMM_ALLOC_MAX_COUNT];
	struct cmm_alloc req = {
		.len = 4 * MIB,
		.fds = (uintptr_t)fds,
		.count = ZONE_SIZE / (4 * MIB) - 1,
	};
	uint32_t i;
	int large;

	/* Fill all but the last 4 MiB. Then free 8 MiB that start inside a block. */
	ASSERT_OK(zone_request(node, &req));
	close(fds[10]);
	close(fds[11]);
	large = ASSERT_OK(zone_alloc(node, 8 * MIB, 0));
	ASSERT_EQ(buffer_offset(node, large), PAGE + 40 * MIB);
	close(large);
	for (i = 0; i < req.count; i++) {
		if (i != 10 && i != 11)
			close(fds[i]);
	}
	close(small);
}

ZONE_TEST(buffers_do_not_overlap)
{
	int32_t fds[CMM_ALLOC_MAX_COUNT];
	struct cmm_alloc req = {
		.len = 5 * PAGE,
		.align = 4 * PAGE,
		.fds = (uintptr_t)fds,
		.count = CMM_ALLOC_MAX_COUNT,
	};
	uint64_t offsets[CMM_ALLOC_MAX_COUNT];
	int i, j;

	ASSERT_OK(zone_request(node, &req));
	for (i = 0; i < CMM_ALLOC_MAX_COUNT; i++) {
		offsets[i] = buffer_offset(node, fds[i]);
		ASSERT_EQ(offsets[i] % (4 * PAGE), 0);
		for (j = 0; j < i; j++)
			ASSERT(offsets[i] >= offsets[j] + 5 * PAGE ||
			       offsets[j] >= offsets[i] + 5 * PAGE);
	}
	expect_used(CMM_ALLOC_MAX_COUNT * 5 * PAGE);
	for (i = 0; i < CMM_ALLOC_MAX_COUNT; i++)
		close(fds[i]);
}

ZONE_TEST(one_buffer_can_fill_the_zone)
{
	int fd = ASSERT_OK(zone_alloc(node, ZONE_SIZE, 0));
	struct cmm_info info;

	ASSERT_EQ(buffer_offset(node, fd), 0);
	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.used, info.total);
	ASSERT_EQ(info.largest_free, 0);
	ASSERT_EQ(info.peak, info.total);
	close(fd);
	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.used, 0);
	ASSERT_EQ(info.largest_free, info.total);
	ASSERT_EQ(info.peak, info.total);
}

ZONE_TEST(descriptors_have_the_requested_flags)
{
	static const uint32_t flags[] = { 0, O_CLOEXEC };
	size_t i;

	for (i = 0; i < 2; i++) {
		int32_t fds[2];
		struct cmm_alloc req = {
			.len = PAGE,
			.fds = (uintptr_t)fds,
			.count = 2,
			.fd_flags = flags[i],
		};
		int j;

		ASSERT_OK(zone_request(node, &req));
		for (j = 0; j < 2; j++) {
			ASSERT_EQ(fcntl(fds[j], F_GETFD),
				  flags[i] ? FD_CLOEXEC : 0);
			ASSERT_EQ(fcntl(fds[j], F_GETFL) & O_ACCMODE, O_RDWR);
			close(fds[j]);
		}
	}
}

ZONE_TEST(buffer_ids_are_never_reused)
{
	uint64_t last = 0;
	int i;

	for (i = 0; i < 20; i++) {
		int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
		struct cmm_query query;

		ASSERT_OK(zone_query(node, fd, &query));
		ASSERT(query.id > last);
		last = query.id;
		close(fd);
	}
}

ZONE_TEST(query_describes_the_buffer)
{
	int fd = ASSERT_OK(zone_alloc_named(node, MIB, 2 * PAGE, "a label"));
	struct cmm_query query, later;
	int wc;

	memset(&query, 0xa5, sizeof(query));
	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT_EQ(query.fd, fd);
	ASSERT_EQ(query.flags & ~CMM_BUF_PHYS, CMM_BUF_OFFSET);
	ASSERT_EQ(query.len, MIB);
	ASSERT_EQ(query.align, 2 * PAGE);
	ASSERT_EQ(query.uid, geteuid());
	ASSERT_EQ(query.pid, getpid());
	ASSERT_STREQ(query.comm, "cmm-check");
	ASSERT_STREQ(query.name, "a label");

	usleep(2000);
	ASSERT_OK(zone_query(node, fd, &later));
	ASSERT(later.age_ns >= query.age_ns + 2000000);
	ASSERT_EQ(later.id, query.id);

	wc = ASSERT_OK(zone_alloc(node, PAGE, zone_wc()));
	ASSERT_OK(zone_query(node, wc, &query));
	ASSERT_EQ(query.flags & ~CMM_BUF_PHYS, CMM_BUF_OFFSET | zone_wc());
	close(wc);
	close(fd);
}

ZONE_TEST(query_reports_the_allocating_process)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	pid_t parent = getpid();
	pid_t pid = fork();
	struct cmm_query query;

	ASSERT(pid >= 0);
	if (!pid) {
		ASSERT_OK(zone_query(node, fd, &query));
		ASSERT_EQ(query.pid, parent);
		_exit(0);
	}
	join(pid);
	close(fd);
}

static void expect_zero_after(const char *name, size_t size)
{
	size_t i;

	for (i = strlen(name); i < size; i++)
		ASSERT_EQ(name[i], 0);
}

ZONE_TEST(kernel_fills_every_byte_of_a_result)
{
	int32_t fd = -1;
	struct cmm_alloc req = {
		.len = PAGE,
		.fds = (uintptr_t)&fd,
		.largest_free = 0xa5a5a5a5,
		.total_free = 0xa5a5a5a5,
		.count = 1,
	};
	struct cmm_query query;
	struct cmm_info info;

	ASSERT_OK(zone_request(node, &req));
	ASSERT_EQ(req.largest_free, 0);
	ASSERT_EQ(req.total_free, 0);

	memset(&query, 0xa5, sizeof(query));
	query.fd = fd;
	ASSERT_OK(zone_ioctl(node, CMM_IOC_QUERY, &query));
	ASSERT(query.id < 1 << 30 && query.age_ns < 1ULL << 40);
	expect_zero_after(query.comm, sizeof(query.comm));
	expect_zero_after(query.name, sizeof(query.name));

	memset(&info, 0xa5, sizeof(info));
	ASSERT_OK(zone_info(node, &info));
	expect_zero_after(info.name, sizeof(info.name));
	close(fd);
}
