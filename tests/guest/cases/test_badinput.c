// SPDX-License-Identifier: MIT
/*
 * Bad values in each field of each command. The call returns the documented errno,
 * allocates nothing and leaves no descriptor open.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "buffer.h"
#include "kmsg.h"

/* A valid request. Each test makes one field invalid. */
static struct cmm_alloc good(int32_t *fds)
{
	return (struct cmm_alloc){
		.len = PAGE,
		.fds = (uintptr_t)fds,
		.count = 1,
		.fd_flags = O_CLOEXEC,
		.name = "bad input",
	};
}

/* The next descriptor that the kernel would assign. It changes after a leak. */
static int next_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

static void expect_bad(int node, struct cmm_alloc req, int wanted)
{
	uint64_t used = zone_used(node);
	int fd = next_fd();

	ASSERT_ERR(zone_request(node, &req), wanted);
	ASSERT_EQ(zone_used(node), used);
	ASSERT_EQ(next_fd(), fd);
}

ZONE_TEST(alloc_with_bad_length_fails_with_einval_or_efbig)
{
	const struct { uint64_t len; int wanted; } cases[] = {
		{ 0, EINVAL },
		{ ~0ULL, EINVAL }, { ~0ULL - 1, EINVAL },
		{ ~0ULL - 4094, EINVAL },
		{ ~0ULL - 4095, EFBIG }, { ~0ULL - 4096, EFBIG },
		{ 1ULL << 63, EFBIG }, { (1ULL << 63) - 1, EFBIG },
		{ 1ULL << 32, EFBIG }, { (1ULL << 32) + PAGE, EFBIG },
		{ 1ULL << 31, EFBIG }, { ZONE_SIZE + 1, EFBIG },
		{ 1ULL << 52, EFBIG }, { 1ULL << 44, EFBIG },
	};
	int32_t fds[CMM_ALLOC_MAX_COUNT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cmm_alloc req = good(fds);

		note("length %#llx", (unsigned long long)cases[i].len);
		req.len = cases[i].len;
		expect_bad(node, req, cases[i].wanted);
		/* The length times the count may overflow. */
		req.count = CMM_ALLOC_MAX_COUNT;
		expect_bad(node, req, cases[i].wanted);
	}
}

ZONE_TEST(alignment_must_be_a_power_of_two_up_to_the_maximum)
{
	static const uint64_t bad[] = {
		3, PAGE - 1, PAGE + 1, 3 * PAGE, MIB + 1, CMM_ALIGN_MAX - 1,
		CMM_ALIGN_MAX + 1, CMM_ALIGN_MAX * 2, 1ULL << 63, ~0ULL,
		(1ULL << 32) + 1,
	};
	static const uint64_t fine[] = { 0, 1, 2, 512, PAGE };
	struct cmm_query query;
	int32_t fd;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct cmm_alloc req = good(&fd);

		note("alignment %#llx", (unsigned long long)bad[i]);
		req.align = bad[i];
		expect_bad(node, req, EINVAL);
	}
	for (i = 0; i < ARRAY_SIZE(fine); i++) {
		struct cmm_alloc req = good(&fd);

		note("alignment %#llx", (unsigned long long)fine[i]);
		req.align = fine[i];
		ASSERT_OK(zone_request(node, &req));
		ASSERT_OK(zone_query(node, fd, &query));
		ASSERT_EQ(query.align, PAGE);
		close(fd);
	}
}

ZONE_TEST(alloc_with_bad_count_fails_with_einval_or_e2big)
{
	static const struct { uint32_t count; int wanted; } cases[] = {
		{ 0, EINVAL }, { CMM_ALLOC_MAX_COUNT + 1, E2BIG },
		{ 1 << 16, E2BIG }, { 1U << 30, E2BIG }, { 1U << 31, E2BIG },
		{ ~0U, E2BIG },
	};
	int32_t fds[CMM_ALLOC_MAX_COUNT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cmm_alloc req = good(fds);

		note("count %u", cases[i].count);
		req.count = cases[i].count;
		expect_bad(node, req, cases[i].wanted);
	}
}

ZONE_TEST(unknown_flags_and_padding_fail_with_einval)
{
	uint32_t bit;
	int32_t fd;

	for (bit = 1; bit; bit <<= 1) {
		struct cmm_alloc req = good(&fd);

		note("bit %#x", bit);
		if (!(bit & CMM_BUF_FLAGS)) {
			req.flags = bit;
			expect_bad(node, req, EINVAL);
		}
		req = good(&fd);
		if (!(bit & O_CLOEXEC)) {
			req.fd_flags = bit;
			expect_bad(node, req, EINVAL);
			req.fd_flags = bit | O_CLOEXEC;
			expect_bad(node, req, EINVAL);
		}
		req = good(&fd);
		req.pad = bit;
		expect_bad(node, req, EINVAL);
	}
}

ZONE_TEST(names_must_be_utf8_without_control_characters)
{
	static const char *const bad[] = {
		/* Control characters, in ASCII and beyond. */
		"\n", "a\tb", "\x1b[2J", "\x7f", "\x01", "\x1f", "a\xc2\x80",
		"\xc2\x9b[", "\xc2\x9f",
		/* Bytes that cannot start a character, or cannot continue one. */
		"\x80", "\xbf", "\xc3(", "caf\xe9", "\xe2\x82(", "\xe2(\xa1",
		"\xf0\x90(\xbc", "\xf8\x88\x80\x80\x80", "\xfe", "\xff",
		/* Truncated characters. */
		"caf\xc3", "\xe6\x91", "\xf0\x9f\x8e",
		/* Overlong encodings. */
		"\xc0\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf",
		"\xe0\x9f\xbf", "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf",
		/* Surrogates, and values above U+10FFFF. */
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xed\xa0\xbd\xed\xb8\x80",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		/* Truncated at the end of the field. */
		"123456789012345678901234567890\xc3",
	};
	static const char *const fine[] = {
		"", " ", "%s%n", "../../x", "\"quoted\\\"",
		"1234567890123456789012345678901",
		"caf\xc3\xa9", "\xe6\x91\x84\xe5\x83\x8f\xe5\xa4\xb4",
		"\xf0\x9f\x8e\xa5", "\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80",
		"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
		"12345678901234567890123456789\xc3\xa9",
	};
	struct cmm_query query;
	struct cmm_alloc req;
	int32_t fd;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		note("bad name %zu", i);
		req = good(&fd);
		strcpy(req.name, bad[i]);
		expect_bad(node, req, EINVAL);
	}
	note("a name without an end");
	req = good(&fd);
	memset(req.name, 'x', sizeof(req.name));
	expect_bad(node, req, EINVAL);

	for (i = 0; i < ARRAY_SIZE(fine); i++) {
		note("name %s", fine[i]);
		req = good(&fd);
		strcpy(req.name, fine[i]);
		ASSERT_OK(zone_request(node, &req));
		ASSERT_OK(zone_query(node, fd, &query));
		ASSERT_STREQ(query.name, fine[i]);
		close(fd);
	}
}

ZONE_TEST(query_clears_bytes_after_the_name)
{
	int32_t fd;
	struct cmm_alloc req = good(&fd);
	struct cmm_query query;

	memset(req.name, 0xff, sizeof(req.name));
	strcpy(req.name, "short");
	ASSERT_OK(zone_request(node, &req));
	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT_STREQ(query.name, "short");
	ASSERT_EQ(query.name[sizeof(query.name) - 1], 0);
	ASSERT_EQ(query.name[6], 0);
	close(fd);
}

ZONE_TEST(unreadable_structures_fail_with_efault)
{
	static const unsigned long commands[] = {
		CMM_IOC_INFO, CMM_IOC_ALLOC, CMM_IOC_QUERY, CMM_IOC_LIST,
		CMM_IOC_SYNC, CMM_IOC_VIEW, CMM_IOC_DEV_LIST, CMM_IOC_DEV_MAP,
		CMM_IOC_DEV_UNMAP, CMM_IOC_WHOIS,
	};
	uint8_t *none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	void *bad[] = {
		NULL, none, (void *)-4096L, (void *)-1L, (void *)(1L << 62),
	};
	size_t c, b;

	for (c = 0; c < ARRAY_SIZE(commands); c++) {
		for (b = 0; b < 5; b++) {
			note("command %zu at %p", c, bad[b]);
			ASSERT_ERR(zone_ioctl(node, commands[c], bad[b]),
				   EFAULT);
		}
	}
	munmap(none, PAGE);
}

/* A copy that the kernel can read but not write. */
static void *read_only_copy(const void *data, size_t len)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(page != MAP_FAILED);
	memcpy(page, data, len);
	ASSERT(!mprotect(page, PAGE, PROT_READ));
	return page;
}

ZONE_TEST(unwritable_results_fail_with_efault)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_list_entry entry;
	struct cmm_query query = { .fd = fd };
	struct cmm_info info = { 0 };
	struct cmm_list list = {
		.entries = (uintptr_t)&entry,
		.count = 1,
		.entry_size = sizeof(entry),
	};
	void *page;

	page = read_only_copy(&info, sizeof(info));
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_INFO, page), EFAULT);
	munmap(page, PAGE);
	page = read_only_copy(&query, sizeof(query));
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_QUERY, page), EFAULT);
	munmap(page, PAGE);
	page = read_only_copy(&list, sizeof(list));
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_LIST, page), EFAULT);
	munmap(page, PAGE);
	close(fd);
}

/* CMM undoes an allocation if it cannot write the result. */
static void expect_no_trace(int node, struct cmm_alloc *req)
{
	int fd = next_fd();

	ASSERT_ERR(zone_ioctl(node, CMM_IOC_ALLOC, req), EFAULT);
	expect_used(0);
	ASSERT_EQ(next_fd(), fd);
}

ZONE_TEST(alloc_with_unwritable_structure_allocates_nothing)
{
	int32_t fds[CMM_ALLOC_MAX_COUNT];
	struct cmm_alloc req = good(fds), *page;
	int i;

	page = read_only_copy(&req, sizeof(req));
	expect_no_trace(node, page);
	munmap(page, PAGE);

	req.count = CMM_ALLOC_MAX_COUNT;
	page = read_only_copy(&req, sizeof(req));
	expect_no_trace(node, page);
	munmap(page, PAGE);
	/* The kernel had written descriptors; it replaced each by -1. */
	for (i = 0; i < CMM_ALLOC_MAX_COUNT; i++)
		ASSERT_EQ(fds[i], -1);

	/* The allocation fails too, and its result cannot be written. */
	req.len = ZONE_SIZE;
	page = read_only_copy(&req, sizeof(req));
	expect_no_trace(node, page);
	munmap(page, PAGE);
}

ZONE_TEST(alloc_with_unwritable_fds_array_allocates_nothing)
{
	uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct cmm_alloc req = good((int32_t *)(pages + PAGE) - 2);

	ASSERT(pages != MAP_FAILED);
	munmap(pages + PAGE, PAGE);
	note("an array that ends too early");
	req.count = 3;
	expect_no_trace(node, &req);
	req.count = CMM_ALLOC_MAX_COUNT;
	expect_no_trace(node, &req);

	note("an array that cannot be written");
	mprotect(pages, PAGE, PROT_READ);
	req.count = 2;
	expect_no_trace(node, &req);

	note("no array at all");
	req.fds = 0;
	expect_no_trace(node, &req);
	req.fds = ~0ULL - 3;
	expect_no_trace(node, &req);
	munmap(pages, PAGE);
}

ZONE_TEST(list_to_unwritable_entries_fails_with_efault)
{
	int a = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int b = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct cmm_list_entry *last = (void *)(pages + PAGE);

	ASSERT(pages != MAP_FAILED);
	munmap(pages + PAGE, PAGE);
	ASSERT_ERR(zone_list(node, NULL, 2, 0), EFAULT);
	ASSERT_ERR(zone_list(node, last - 1, 2, 0), EFAULT);
	ASSERT_OK(zone_list(node, last - 1, 1, 0));
	munmap(pages, PAGE);
	close(b);
	close(a);
}

ZONE_TEST(list_checks_entry_size_and_accepts_any_count)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	static uint8_t room[2 * PAGE];
	struct cmm_list list = {
		.entries = (uintptr_t)room,
		.count = 1,
	};

	ASSERT_ERR(zone_ioctl(node, CMM_IOC_LIST, &list), EINVAL);
	list.entry_size = PAGE + 1;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_LIST, &list), E2BIG);
	list.entry_size = ~0U;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_LIST, &list), E2BIG);
	/* The count exceeds the number of buffers, which is 1. */
	list.entry_size = sizeof(struct cmm_list_entry);
	list.count = ~0U;
	ASSERT_OK(zone_ioctl(node, CMM_IOC_LIST, &list));
	ASSERT_EQ(list.count, 1);
	list.after = ~0ULL;
	list.count = 1;
	ASSERT_OK(zone_ioctl(node, CMM_IOC_LIST, &list));
	ASSERT_EQ(list.count, 0);
	close(fd);
}

/* Invalid descriptors, O_PATH, and files that are not dma-bufs. */
ZONE_TEST(invalid_descriptors_and_other_files_fail_with_ebadf)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int memory = memfd_create("memory", MFD_CLOEXEC);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int pipes[2];
	char path[64];
	struct cmm_query query;
	int opath, closed = dup(fd);
	size_t i;

	ASSERT(!pipe(pipes));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opath = open(path, O_PATH | O_CLOEXEC);
	ASSERT(opath >= 0);
	close(closed);

	const int bad[] = {
		-1, -100, closed, 1 << 20, INT32_MAX, INT32_MIN, memory, null,
		dir, pipes[0], node, opath,
	};
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		note("descriptor %d of the list", (int)i);
		ASSERT_ERR(zone_query(node, bad[i], &query), EBADF);
		ASSERT_ERR(zone_sync_part(node, bad[i], CMM_SYNC_RW, 0, 1),
			   EBADF);
		ASSERT_ERR(zone_view_all(node, bad[i], 0), EBADF);
		ASSERT_ERR(zone_view_all(node, bad[i], CMM_VIEW_SEAL), EBADF);
	}
	close(opath);
	close(pipes[0]);
	close(pipes[1]);
	close(dir);
	close(null);
	close(memory);
	close(fd);
}

ZONE_TEST(buffer_cannot_be_reopened_through_proc)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ASSERT_EQ(open(path, O_RDWR | O_CLOEXEC), -1);
	close(fd);
}

ZONE_TEST(alloc_without_free_descriptors_fails_with_emfile)
{
	int32_t fds[8];
	struct cmm_alloc req = good(fds);
	struct rlimit old, limit;
	int i, first = next_fd();

	ASSERT(!getrlimit(RLIMIT_NOFILE, &old));
	for (i = 0; i < 8; i++) {
		/* Room for i of the 8 descriptors. */
		limit = old;
		limit.rlim_cur = first + i;
		ASSERT(!setrlimit(RLIMIT_NOFILE, &limit));
		req = good(fds);
		req.count = 8;
		note("room for %d", i);
		ASSERT_ERR(zone_request(node, &req), EMFILE);
		ASSERT_EQ(fds[0], -1);
		ASSERT_EQ(fds[7], -1);
		ASSERT_EQ(zone_used(node), 0);
	}
	limit.rlim_cur = first + 8;
	ASSERT(!setrlimit(RLIMIT_NOFILE, &limit));
	req = good(fds);
	req.count = 8;
	ASSERT_OK(zone_request(node, &req));
	for (i = 0; i < 8; i++)
		close(fds[i]);
	ASSERT(!setrlimit(RLIMIT_NOFILE, &old));
}

ZONE_TEST(failed_requests_log_nothing)
{
	int log = ASSERT_OK(kmsg_open());
	struct cmm_query query;
	struct cmm_alloc req;
	char line[KMSG_LINE];
	int32_t fd;
	int i;

	for (i = 0; i < 1000; i++) {
		req = good(&fd);
		req.len = i % 2 ? 0 : 1ULL << 40;
		ASSERT(zone_request(node, &req) < 0);
		ASSERT(zone_query(node, -1, &query) < 0);
		ASSERT(zone_ioctl(node, _IO(CMM_IOC_MAGIC, 77), NULL) < 0);
	}
	while (kmsg_next(log, line)) {
		note("%.200s", line);
		ASSERT(!strstr(line, "cmm"));
	}
	close(log);
}
