// SPDX-License-Identifier: MIT
/* A batch of CMM_IOC_SYNC runs completely and in order, or not at all. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "cachetrace.h"
#include "driver.h"
#include "sync.h"

ZONE_TEST(sync_batch_is_done_in_order)
{
	struct cmm_sync_entry entries[CMM_SYNC_MAX_COUNT];
	struct cachetrace_entry seen[2 * CMM_SYNC_MAX_COUNT];
	int fds[4];
	uint64_t phys[4];
	size_t i;

	for (i = 0; i < 4; i++) {
		fds[i] = ASSERT_OK(zone_alloc(node, 16 * PAGE, 0));
		phys[i] = buffer_phys(node, fds[i]);
	}
	for (i = 0; i < CMM_SYNC_MAX_COUNT; i++)
		entries[i] = sync_entry(fds[i % 4], END, i / 4 * PAGE, PAGE);
	cachetrace_open();
	ASSERT_OK(zone_sync_entries(node, entries, CMM_SYNC_MAX_COUNT));
	ASSERT_EQ(cachetrace_read(seen, ARRAY_SIZE(seen)), CMM_SYNC_MAX_COUNT);
	for (i = 0; i < CMM_SYNC_MAX_COUNT; i++) {
		ASSERT_EQ(seen[i].phys, phys[i % 4] + i / 4 * PAGE);
		ASSERT_EQ(seen[i].size, PAGE);
	}
	cachetrace_close();
	for (i = 0; i < 4; i++)
		close(fds[i]);
}

/* On a CPU without cacheops the cache-op trace stays empty. */
static void watch_if_possible(void)
{
	if (!zone_lacks_maintenance())
		cachetrace_open();
}

/* A batch with this entry among good ones does nothing. */
static void expect_refused(int node, int good, struct cmm_sync_entry bad,
			   int wanted)
{
	struct cmm_sync_entry entries[3];
	size_t i, k;

	for (i = 0; i < 3; i++) {
		for (k = 0; k < 3; k++)
			entries[k] = sync_entry(good, END, 0, PAGE);
		entries[i] = bad;
		cachetrace_clear();
		ASSERT_ERR(zone_sync_entries(node, entries, 3), wanted);
		expect_none();
	}
}

ZONE_TEST(sync_of_range_outside_the_buffer_is_refused)
{
	static const struct { uint64_t offset, len; } bad[] = {
		{ 0, 0 }, { PAGE, 0 }, { 2 * PAGE, 0 }, { 0, 2 * PAGE + 1 },
		{ 1, 2 * PAGE }, { 2 * PAGE, 1 }, { 2 * PAGE - 1, 2 },
		{ 2 * PAGE + 1, 1 }, { 1ULL << 32, PAGE },
		{ PAGE, 1ULL << 32 }, { ~0ULL, 1 }, { ~0ULL, 2 },
		{ 1, ~0ULL }, { PAGE, ~0ULL - PAGE + 1 }, { ~0ULL, ~0ULL },
		{ 1ULL << 63, 1ULL << 63 }, { 0, ~0ULL },
	};
	int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	size_t i;

	watch_if_possible();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		note("%#llx bytes at %#llx", (unsigned long long)bad[i].len,
		     (unsigned long long)bad[i].offset);
		expect_refused(node, fd, sync_entry(fd, END, bad[i].offset,
						    bad[i].len), EINVAL);
		expect_refused(node, fd, sync_entry(fd, BEGIN, bad[i].offset,
						    bad[i].len), EINVAL);
	}
	cachetrace_close();
	close(fd);
}

ZONE_TEST(sync_with_invalid_access_flags_is_refused)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint32_t bit;

	watch_if_possible();
	expect_refused(node, fd, sync_entry(fd, 0, 0, PAGE), EINVAL);
	expect_refused(node, fd, sync_entry(fd, CMM_SYNC_END, 0, PAGE), EINVAL);
	for (bit = CMM_SYNC_END << 1; bit; bit <<= 1) {
		note("flag %#x", bit);
		expect_refused(node, fd, sync_entry(fd, BEGIN | bit, 0, PAGE),
			       EINVAL);
	}
	cachetrace_close();
	close(fd);
}

ZONE_TEST(sync_of_foreign_or_protected_buffer_is_refused)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct board_zones zones;
	struct cmm_info info;
	int i, other, of_other;

	watch_if_possible();
	expect_refused(node, fd, sync_entry(-1, END, 0, PAGE), EBADF);
	expect_refused(node, fd, sync_entry(node, END, 0, PAGE), EBADF);
	ASSERT_OK(driver_start(&zones));
	for (i = 0; i < zones.count; i++) {
		if (!strcmp(zones.names[i], ZONE))
			continue;
		other = ASSERT_OK(zone_open(zones.names[i]));
		of_other = ASSERT_OK(zone_alloc(other, PAGE, 0));
		expect_refused(node, fd, sync_entry(of_other, END, 0, PAGE),
			       EXDEV);
		ASSERT_OK(zone_info(other, &info));
		/* A protected one refuses the rest of the batch as well. */
		if (!(info.flags & CMM_ZONE_PROTECTED))
			expect_refused(other, of_other,
				       sync_entry(fd, END, 0, PAGE), EXDEV);
		close(of_other);
		close(other);
	}
	cachetrace_close();
	close(fd);
}

ZONE_TEST(malformed_sync_batches_are_refused)
{
	static struct cmm_sync_entry entries[CMM_SYNC_MAX_COUNT + 1];
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint8_t longer[2 * sizeof(struct cmm_sync_entry)] = { 0 };
	struct cmm_sync sync = {
		.entries = (uintptr_t)entries,
		.count = 1,
		.entry_size = sizeof(entries[0]),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(entries); i++)
		entries[i] = sync_entry(fd, END, 0, PAGE);
	ASSERT_ERR(zone_sync_entries(node, entries, 0), EINVAL);
	ASSERT_OK(zone_sync_entries(node, entries, CMM_SYNC_MAX_COUNT));
	ASSERT_ERR(zone_sync_entries(node, entries, CMM_SYNC_MAX_COUNT + 1),
		   E2BIG);
	ASSERT_ERR(zone_sync_entries(node, entries, ~0U), E2BIG);

	sync.entry_size = 0;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_SYNC, &sync), EINVAL);
	sync.entry_size = PAGE + 1;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_SYNC, &sync), E2BIG);
	sync.entry_size = ~0U;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_SYNC, &sync), E2BIG);
	/* So short that the length is missing. */
	sync.entry_size = 16;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_SYNC, &sync), EINVAL);

	/* A newer program's, which does or does not use what it knows more. */
	memcpy(longer, &entries[0], sizeof(entries[0]));
	sync.entries = (uintptr_t)longer;
	sync.entry_size = sizeof(longer);
	ASSERT_OK(zone_ioctl(node, CMM_IOC_SYNC, &sync));
	longer[sizeof(longer) - 1] = 1;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_SYNC, &sync), E2BIG);
	close(fd);
}

ZONE_TEST(unreadable_sync_batches_are_refused)
{
	struct cmm_sync_entry *entries;
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(pages != MAP_FAILED);
	munmap(pages + PAGE, PAGE);
	entries = (struct cmm_sync_entry *)(pages + PAGE) - 1;
	entries[0] = sync_entry(fd, END, 0, PAGE);
	watch_if_possible();
	cachetrace_clear();
	ASSERT_ERR(zone_sync_entries(node, entries, 2), EFAULT);
	ASSERT_ERR(zone_sync_entries(node, NULL, 1), EFAULT);
	ASSERT_ERR(zone_sync_entries(node, (void *)-24L, 1), EFAULT);
	ASSERT_ERR(zone_sync_entries(node, (void *)-24L, 2), EFAULT);
	expect_none();
	ASSERT_OK(zone_sync_entries(node, entries, 1));
	cachetrace_close();
	munmap(pages, PAGE);
	close(fd);
}

/* A batch in the buffer that it speaks of is a batch as any other. */
ZONE_TEST(sync_batch_may_lie_in_its_own_buffer)
{
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	struct cmm_sync_entry *entry = (void *)buffer.at;

	*entry = sync_entry(buffer.fd, END, 0, PAGE);
	ASSERT_OK(zone_sync_entries(node, entry, 1));
	ASSERT_EQ(entry->len, PAGE);
	buffer_free(&buffer);
}
