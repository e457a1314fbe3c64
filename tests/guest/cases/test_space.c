// SPDX-License-Identifier: MIT
/* Requests that do not fit: the errno, the reported free space, no allocation. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"

/* Fails with the expected errno, reports free space, and returns no descriptor. */
static void expect_no_room(int node, uint64_t len, uint64_t align,
			   uint32_t count, int wanted, uint64_t largest_free,
			   uint64_t total_free)
{
	int32_t fds[CMM_ALLOC_MAX_COUNT];
	struct cmm_alloc req = {
		.len = len,
		.align = align,
		.fds = (uintptr_t)fds,
		.count = count,
	};
	uint64_t used = zone_used(node);
	uint32_t i;

	memset(fds, 0x5a, sizeof(fds));
	ASSERT_ERR(zone_request(node, &req), wanted);
	ASSERT_EQ(req.largest_free, largest_free);
	ASSERT_EQ(req.total_free, total_free);
	for (i = 0; i < count; i++)
		ASSERT_EQ(fds[i], -1);
	ASSERT_EQ(zone_used(node), used);
}

ZONE_TEST(request_larger_than_the_zone_fails)
{
	int fd;

	expect_no_room(node, ZONE_SIZE + 1, 0, 1, EFBIG, ZONE_SIZE, ZONE_SIZE);
	expect_no_room(node, 1ULL << 40, 0, 1, EFBIG, ZONE_SIZE, ZONE_SIZE);
	expect_no_room(node, -8192ULL, 0, 2, EFBIG, ZONE_SIZE, ZONE_SIZE);
	/* Also when there would not be room for less. */
	fd = ASSERT_OK(zone_alloc(node, ZONE_SIZE - PAGE, 0));
	expect_no_room(node, ZONE_SIZE + PAGE, 0, 1, EFBIG, PAGE, PAGE);
	close(fd);
}

ZONE_TEST(request_in_a_full_zone_fails)
{
	int fd = ASSERT_OK(zone_alloc(node, ZONE_SIZE - 2 * PAGE, 0));
	int rest;

	expect_no_room(node, 3 * PAGE, 0, 1, ENOSPC, 2 * PAGE, 2 * PAGE);
	expect_no_room(node, PAGE, 0, 3, ENOSPC, 2 * PAGE, 2 * PAGE);
	rest = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	expect_no_room(node, 1, 0, 1, ENOSPC, 0, 0);
	close(rest);
	close(fd);
}

ZONE_TEST(batch_larger_than_free_space_fails)
{
	expect_no_room(node, 5 * MIB, 0, 64, ENOSPC, ZONE_SIZE, ZONE_SIZE);
	expect_no_room(node, ZONE_SIZE, 0, 2, ENOSPC, ZONE_SIZE, ZONE_SIZE);
}

/* Fills the zone with four buffers and frees the first and the third. */
static void fragment(int node, int fds[4])
{
	int i;

	for (i = 0; i < 4; i++)
		fds[i] = ASSERT_OK(zone_alloc(node, ZONE_SIZE / 4, 0));
	close(fds[0]);
	close(fds[2]);
}

ZONE_TEST(request_in_a_fragmented_zone_fails)
{
	uint64_t quarter = ZONE_SIZE / 4;
	int fds[4];

	fragment(node, fds);
	expect_no_room(node, quarter + PAGE, 0, 1, ENOBUFS, quarter,
		       2 * quarter);
	expect_no_room(node, 2 * quarter, 0, 1, ENOBUFS, quarter, 2 * quarter);
	expect_no_room(node, 2 * quarter + PAGE, 0, 1, ENOSPC, quarter,
		       2 * quarter);
	close(fds[1]);
	close(fds[3]);
}

/* Aligned to the blocks of page tables they would not fit; packed they do. */
ZONE_TEST(alloc_succeeds_without_its_preferred_alignment)
{
	int32_t fds[CMM_ALLOC_MAX_COUNT];
	struct cmm_alloc req = {
		.len = 8 * MIB + PAGE,
		.fds = (uintptr_t)fds,
		.count = ZONE_SIZE / (64 * MIB) * 7,
	};
	uint32_t i;

	ASSERT_OK(zone_request(node, &req));
	for (i = 0; i < req.count; i++)
		close(fds[i]);
}

ZONE_TEST(batch_is_allocated_completely_or_not_at_all)
{
	uint64_t quarter = ZONE_SIZE / 4;
	int32_t fds[4];
	struct cmm_alloc req = {
		.len = quarter / 2 + PAGE,
		.fds = (uintptr_t)fds,
		.count = 2,
	};
	int held[4];

	fragment(node, held);
	/* There is one place for such a buffer in each gap, and room for more. */
	expect_no_room(node, req.len, 0, 3, ENOBUFS, quarter, 2 * quarter);
	ASSERT_OK(zone_request(node, &req));
	close(fds[0]);
	close(fds[1]);
	close(held[1]);
	close(held[3]);
}

ZONE_TEST(request_without_room_for_its_alignment_fails)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));

	expect_no_room(node, ZONE_SIZE - PAGE, ZONE_SIZE, 1, ENOBUFS,
		       ZONE_SIZE - PAGE, ZONE_SIZE - PAGE);
	close(fd);
	/* The zone begins at a multiple of its size, but not of this. */
	expect_no_room(node, PAGE, CMM_ALIGN_MAX, 1, ENOBUFS, ZONE_SIZE,
		       ZONE_SIZE);
}

ZONE_TEST(freed_buffers_merge_into_one_free_range)
{
	int fds[32], i;

	for (i = 0; i < 32; i++)
		fds[i] = ASSERT_OK(zone_alloc(node, ZONE_SIZE / 32, 0));
	/* Every second, then the others backwards. */
	for (i = 0; i < 32; i += 2)
		close(fds[i]);
	for (i = 31; i > 0; i -= 2)
		close(fds[i]);
	close(ASSERT_OK(zone_alloc(node, ZONE_SIZE, 0)));
}
