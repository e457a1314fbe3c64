// SPDX-License-Identifier: MIT
/* CPU mappings: their bounds, refused requests, and other memory system calls. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "blocks.h"
#include "buffer.h"
#include "fault.h"
#include "pattern.h"

/* mmap() as the other calls are: the address does not matter. */
static int try_mmap(int fd, size_t len, int prot, int flags, off_t offset)
{
	void *p = mmap(NULL, len, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, len);
	return 0;
}

static int try_mprotect(void *p, size_t len, int prot)
{
	return mprotect(p, len, prot) ? -errno : 0;
}

static int try_mremap(void *p, size_t old_len, size_t new_len)
{
	return mremap(p, old_len, new_len, MREMAP_MAYMOVE) == MAP_FAILED ?
	       -errno : 0;
}

ZONE_TEST(private_mappings_are_refused)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
	};
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_ERR(try_mmap(fd, PAGE, prots[i], MAP_PRIVATE, 0),
			   EINVAL);
	close(fd);
}

ZONE_TEST(executable_mappings_are_refused)
{
	struct buffer buffer = buffer_alloc(node, PAGE, 0);

	int ret = try_mmap(buffer.fd, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED,
			   0);

	/* Newer kernels refuse it of all dma-bufs, with another error. */
	ASSERT(ret == -EACCES || ret == -EPERM);
	ASSERT_ERR(try_mprotect(buffer.at, PAGE, PROT_READ | PROT_EXEC),
		   EACCES);
	ASSERT_ERR(try_mprotect(buffer.at, PAGE, PROT_EXEC), EACCES);
	buffer_free(&buffer);
}

ZONE_TEST(mapping_past_the_end_of_the_buffer_is_refused)
{
	static const struct { size_t len; off_t page; int wanted; } cases[] = {
		{ 8 * PAGE, 0, 0 }, { PAGE, 7, 0 }, { 1, 7, 0 },
		{ 3 * PAGE, 5, 0 },
		{ PAGE, 8, EINVAL }, { 2 * PAGE, 7, EINVAL },
		{ 8 * PAGE + 1, 0, EINVAL }, { 9 * PAGE, 0, EINVAL },
		{ 8 * PAGE, 1, EINVAL }, { PAGE, 1L << 40, EINVAL },
		{ PAGE, (1L << 51) - 1, EINVAL },
	};
	int fd = ASSERT_OK(zone_alloc(node, 8 * PAGE, 0));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int ret = try_mmap(fd, cases[i].len, PROT_READ, MAP_SHARED,
				   cases[i].page * PAGE);

		note("%zu bytes at page %ld", cases[i].len,
		     (long)cases[i].page);
		ASSERT_EQ(ret, -cases[i].wanted);
	}
	/* The largest offsets: the kernel itself may refuse them as well. */
	ASSERT(try_mmap(fd, 2 * PAGE, PROT_READ, MAP_SHARED, -PAGE) < 0);
	ASSERT(try_mmap(fd, PAGE, PROT_READ, MAP_SHARED, -PAGE) < 0);
	close(fd);
}

ZONE_TEST(mapping_never_shows_neighbouring_buffers)
{
	struct buffer before = buffer_alloc(node, 2 * PAGE, 0);
	struct buffer buffer = buffer_alloc(node, 4 * PAGE, 0);
	struct buffer behind = buffer_alloc(node, 2 * PAGE, 0);
	size_t page;

	ASSERT_EQ(buffer_offset(node, buffer.fd), 2 * PAGE);
	ASSERT_EQ(buffer_offset(node, behind.fd), 6 * PAGE);
	buffer_fill(&before, 1);
	buffer_fill(&buffer, 2);
	buffer_fill(&behind, 3);
	for (page = 0; page < 4; page++) {
		size_t len = (4 - page) * PAGE;
		uint8_t *p = mmap(NULL, len, PROT_READ, MAP_SHARED, buffer.fd,
				  page * PAGE);

		ASSERT(p != MAP_FAILED);
		ASSERT_PATTERN(pattern_check(p, len, page * PAGE, 2));
		munmap(p, len);
	}
	buffer_expect(&before, 1);
	buffer_expect(&behind, 3);
	buffer_free(&behind);
	buffer_free(&buffer);
	buffer_free(&before);
}

ZONE_TEST(mapping_cannot_grow)
{
	struct buffer buffer = buffer_alloc(node, 4 * PAGE, 0);

	ASSERT_ERR(try_mremap(buffer.at, 4 * PAGE, 5 * PAGE), EFAULT);
	/* An old size of 0 duplicates a shared mapping. */
	ASSERT_ERR(try_mremap(buffer.at, 0, PAGE), EFAULT);
	/* Not even inside the buffer. */
	munmap(buffer.at + 2 * PAGE, 2 * PAGE);
	ASSERT_ERR(try_mremap(buffer.at, 2 * PAGE, 3 * PAGE), EFAULT);
	buffer_free(&buffer);
}

ZONE_TEST(mapping_can_move_and_shrink)
{
	struct buffer buffer = buffer_alloc(node, 4 * PAGE, 0);
	uint8_t *there = mmap(NULL, 4 * PAGE, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *moved;

	buffer_fill(&buffer, 5);
	moved = mremap(buffer.at, 4 * PAGE, 4 * PAGE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, there);
	ASSERT(moved == there);
	ASSERT_PATTERN(pattern_check(moved, 4 * PAGE, 0, 5));
	ASSERT(mremap(moved, 4 * PAGE, PAGE, 0) == moved);
	ASSERT_PATTERN(pattern_check(moved, PAGE, 0, 5));
	expect_used(4 * PAGE);
	close(buffer.fd);
	expect_used(4 * PAGE);
	munmap(moved, PAGE);
	expect_used(0);
}

ZONE_TEST(buffer_lives_until_last_part_of_split_mapping_is_unmapped)
{
	struct buffer buffer = buffer_alloc(node, 8 * PAGE, 0);
	int i;

	buffer_fill(&buffer, 6);
	close(buffer.fd);
	ASSERT_OK(try_mprotect(buffer.at + 2 * PAGE, PAGE, PROT_READ));
	for (i = 1; i < 8; i += 2)
		munmap(buffer.at + i * PAGE, PAGE);
	for (i = 0; i < 8; i += 2) {
		expect_used(8 * PAGE);
		ASSERT_PATTERN(pattern_check(buffer.at + i * PAGE, PAGE,
					     i * PAGE, 6));
		munmap(buffer.at + i * PAGE, PAGE);
	}
	expect_used(0);
}

ZONE_TEST(unmap_in_child_keeps_parents_mapping)
{
	struct buffer buffer = buffer_alloc(node, 4 * PAGE, 0);
	pid_t pid;

	buffer_fill(&buffer, 7);
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		ASSERT_PATTERN(pattern_check(buffer.at, 4 * PAGE, 0, 7));
		buffer.at[0] ^= 0xff;
		buffer_free(&buffer);
		_exit(0);
	}
	join(pid);
	buffer.at[0] ^= 0xff;	/* shared, so this undoes the child's */
	buffer_expect(&buffer, 7);
	buffer_free(&buffer);
}

ZONE_TEST(read_only_mapping_cannot_be_written)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint8_t *p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT(p != MAP_FAILED);
	ASSERT_EQ(fault_on_read(p), 0);
	ASSERT(fault_on_write(p));
	/* The descriptor may be written, so the mapping may become so. */
	ASSERT_OK(try_mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	ASSERT_EQ(fault_on_write(p), 0);
	munmap(p, PAGE);
	close(fd);
}

/* The flags of the mapping at p, as smaps prints them. */
static void read_vm_flags(const void *p, char *flags, size_t size)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	char line[512];
	bool found = false;

	ASSERT(smaps);
	flags[0] = '\0';
	while (!flags[0] && fgets(line, sizeof(line), smaps)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			found = start <= (uintptr_t)p && (uintptr_t)p < end;
		else if (found && !strncmp(line, "VmFlags:", 8))
			snprintf(flags, size, "%s", line + 8);
	}
	fclose(smaps);
	ASSERT(flags[0]);
}

ZONE_TEST(mappings_are_not_dumped_expanded_or_executed)
{
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	char flags[512];

	read_vm_flags(buffer.at, flags, sizeof(flags));
	note("flags%s", flags);
	ASSERT(strstr(flags, " pf"));	/* without struct pages for mm */
	ASSERT(strstr(flags, " dd"));	/* not in core dumps */
	ASSERT(strstr(flags, " de"));	/* cannot grow */
	ASSERT(!strstr(flags, " me"));	/* may not be executed */
	buffer_free(&buffer);
}

/* The rights of the mapping at p, as maps and smaps print them: "rw-s". */
static void read_rights(const void *p, char rights[5])
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	ASSERT(maps);
	rights[0] = '\0';
	while (!rights[0] && fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		char these[5];

		if (sscanf(line, "%lx-%lx %4s", &start, &end, these) == 3 &&
		    start <= (uintptr_t)p && (uintptr_t)p < end)
			memcpy(rights, these, 5);
	}
	fclose(maps);
	ASSERT(rights[0]);
}

/* Readable mappings become executable if the kernel permits it. */
static void imply_exec(void)
{
	int persona = personality(0xffffffff);

	ASSERT(persona >= 0);
	ASSERT(personality(persona | READ_IMPLIES_EXEC) == persona);
}

static void expect_not_executable(uint8_t *at, const char *wanted)
{
	char flags[512], rights[5];

	read_rights(at, rights);
	ASSERT_STREQ(rights, wanted);
	read_vm_flags(at, flags, sizeof(flags));
	note("flags%s", flags);
	ASSERT(!strstr(flags, " ex"));
	ASSERT(!strstr(flags, " me"));
	ASSERT_EQ(fault_on_read(at), 0);
	ASSERT_EQ(fault_on_call(at), SIGSEGV);
	ASSERT_ERR(try_mprotect(at, PAGE, PROT_READ | PROT_EXEC), EACCES);
}

/* Each page of a mapping, made with pages or with blocks, with code in it. */
static void expect_no_code(int fd, size_t len, uint8_t *at, const char *wanted)
{
	struct buffer writable = buffer_of(fd, len);
	size_t page;

	for (page = 0; page < len; page += len / 4) {
		note("%s, page at %zu", wanted, page);
		put_return(writable.at + page);
		expect_not_executable(at + page, wanted);
	}
	ASSERT(!munmap(writable.at, len));
}

/* What is code elsewhere can be called. */
static void expect_code_can_be_called(void)
{
	void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(at != MAP_FAILED);
	put_return(at);
	ASSERT_EQ(fault_on_call(at), 0);
	ASSERT(!munmap(at, PAGE));
}

ZONE_TEST(read_implies_exec_does_not_make_mapping_executable)
{
	uint32_t kinds[] = { 0, zone_wc() };
	size_t len = 2 * BLOCK, i;

	expect_code_can_be_called();
	imply_exec();
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		int fd = ASSERT_OK(zone_alloc(node, len, kinds[i]));
		uint8_t *at = blocks_map(node, fd, len, 0, 0,
					 PROT_READ | PROT_WRITE);

		expect_no_code(fd, len, at, "rw-s");
		ASSERT(!munmap(at, len));
		at = blocks_map(node, fd, len, 0, PAGE, PROT_READ);
		expect_no_code(fd, len, at, "r--s");
		/* Neither does mprotect() make it so. */
		ASSERT_OK(try_mprotect(at, len, PROT_NONE));
		ASSERT_OK(try_mprotect(at, len, PROT_READ | PROT_WRITE));
		expect_no_code(fd, len, at, "rw-s");
		ASSERT(!munmap(at, len));
		close(fd);
	}
}

ZONE_TEST(read_implies_exec_does_not_make_read_only_mapping_exec)
{
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	int sealed = ASSERT_OK(zone_view_all(node, buffer.fd, 0));
	uint8_t *at;

	imply_exec();
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, sealed, 0);
	ASSERT(at != MAP_FAILED);
	put_return(buffer.at);
	expect_not_executable(at, "r--s");
	ASSERT(!munmap(at, PAGE));
	ASSERT_ERR(try_mmap(sealed, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0),
		   EACCES);
	close(sealed);
	buffer_free(&buffer);
}

ZONE_TEST(madvise_does_not_change_the_contents)
{
	static const int advice[] = {
		MADV_NORMAL, MADV_DONTNEED, MADV_FREE, MADV_REMOVE,
		MADV_WILLNEED, MADV_COLD, MADV_PAGEOUT, MADV_MERGEABLE,
		MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DODUMP, MADV_DONTFORK,
		MADV_DOFORK, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
		MADV_WIPEONFORK, MADV_HWPOISON,
	};
	struct buffer buffer = buffer_alloc(node, 4 * MIB, 0);
	struct buffer again;
	char flags[512];
	size_t i;

	buffer_fill(&buffer, 8);
	for (i = 0; i < ARRAY_SIZE(advice); i++) {
		note("advice %d", advice[i]);
		madvise(buffer.at, buffer.len, advice[i]);
		again = buffer_of(dup(buffer.fd), buffer.len);
		buffer_expect(&again, 8);
		buffer_free(&again);
	}
	ASSERT_PATTERN(pattern_check(buffer.at, buffer.len, 0, 8));
	read_vm_flags(buffer.at, flags, sizeof(flags));
	ASSERT(strstr(flags, " dd"));
	mlock(buffer.at, buffer.len);
	buffer_expect(&buffer, 8);
	buffer_free(&buffer);
}

/* The kernel looks for a page, as for direct I/O. */
ZONE_TEST(shared_futex_in_a_mapping_fails)
{
	struct buffer buffer = buffer_alloc(node, PAGE, 0);

	ASSERT_EQ(syscall(SYS_futex, buffer.at, FUTEX_WAKE, 1, NULL, NULL, 0), -1);
	ASSERT_EQ(errno, EFAULT);
	/* Private futexes are found by their address. */
	ASSERT_EQ(syscall(SYS_futex, buffer.at, FUTEX_WAKE_PRIVATE, 1, NULL, NULL,
			  0), 0);
	buffer_free(&buffer);
}

ZONE_TEST(system_calls_may_use_a_mapping)
{
	struct buffer buffer = buffer_alloc(node, 2 * PAGE, 0);
	struct buffer back = buffer_alloc(node, 2 * PAGE, zone_wc());
	int pipes[2];

	buffer_fill(&buffer, 9);
	ASSERT(!pipe(pipes));
	ASSERT_EQ(write(pipes[1], buffer.at, 2 * PAGE), 2 * PAGE);
	ASSERT_EQ(read(pipes[0], back.at, 2 * PAGE), 2 * PAGE);
	buffer_expect(&back, 9);
	close(pipes[0]);
	close(pipes[1]);
	buffer_free(&back);
	buffer_free(&buffer);
}

ZONE_TEST(ioctl_arguments_may_lie_in_a_buffer)
{
	struct buffer cached = buffer_alloc(node, PAGE, 0);
	struct buffer wc = buffer_alloc(node, PAGE, zone_wc());
	struct cmm_alloc *req = (void *)cached.at;
	int32_t *fds = (void *)wc.at;

	*req = (struct cmm_alloc){
		.len = PAGE,
		.fds = (uintptr_t)fds,
		.count = 2,
	};
	ASSERT_OK(zone_request(node, req));
	ASSERT(fds[0] > 0 && fds[1] > fds[0]);
	close(fds[1]);
	close(fds[0]);
	buffer_free(&wc);
	buffer_free(&cached);
}

ZONE_TEST(zone_node_cannot_be_mapped_read_or_written)
{
	char byte = 0;

	ASSERT_ERR(try_mmap(node, PAGE, PROT_READ, MAP_SHARED, 0), ENODEV);
	ASSERT_EQ(read(node, &byte, 1), -1);
	ASSERT_EQ(errno, EINVAL);
	ASSERT_EQ(write(node, &byte, 1), -1);
	ASSERT_EQ(errno, EINVAL);
	ASSERT_EQ(lseek(node, 0, SEEK_SET), -1);
	ASSERT_EQ(errno, ESPIPE);
}
