// SPDX-License-Identifier: MIT
/*
 * Kernel interfaces that pin or inspect user pages by address. None gets the pages
 * of a buffer, mapped as pages or as blocks.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/loop.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocks.h"
#include "buffer.h"
#include "driver.h"
#include "pattern.h"

#define SEED	5
/* Bytes of a pattern that occur nowhere else. */
#define MARK	64

/* Runs a check on a mapping of pages and on one of blocks, both touched. */
static void on_each_kind(void (*check)(uint8_t *at))
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct buffer small = buffer_alloc(node, 2 * PAGE, 0);
	struct buffer blocks = blocks_alloc(node, 2 * BLOCK, SEED);

	buffer_fill(&small, SEED);
	note("pages");
	check(small.at);
	buffer_expect(&small, SEED);
	note("blocks");
	check(blocks.at);
	check(blocks.at + BLOCK + 5 * PAGE);
	buffer_expect(&blocks, SEED);
	buffer_free(&blocks);
	buffer_free(&small);
	close(node);
}

static void vmsplice_it(uint8_t *at)
{
	struct iovec part = { .iov_base = at, .iov_len = PAGE };
	int pipes[2];

	ASSERT(!pipe(pipes));
	ASSERT_EQ(vmsplice(pipes[1], &part, 1, 0), -1);
	ASSERT_EQ(errno, EFAULT);
	ASSERT_EQ(vmsplice(pipes[1], &part, 1, SPLICE_F_GIFT), -1);
	ASSERT_EQ(errno, EFAULT);
	close(pipes[0]);
	close(pipes[1]);
}

TEST(pipes_cannot_take_pages_of_a_mapping)
{
	on_each_kind(vmsplice_it);
}

static void read_by_process(uint8_t *at)
{
	char data[PAGE] = "";
	struct iovec part = { .iov_base = at, .iov_len = PAGE };
	struct iovec local = { .iov_base = data, .iov_len = PAGE };

	ASSERT_EQ(process_vm_readv(getpid(), &local, 1, &part, 1, 0), -1);
	ASSERT_EQ(errno, EFAULT);
	ASSERT_EQ(process_vm_writev(getpid(), &local, 1, &part, 1, 0), -1);
	ASSERT_EQ(errno, EFAULT);
}

TEST(other_processes_cannot_take_pages_of_a_mapping)
{
	on_each_kind(read_by_process);
}

static void register_buffer(uint8_t *at)
{
	struct iovec part = { .iov_base = at, .iov_len = PAGE };
	struct io_uring_params params = { 0 };
	int ring = syscall(SYS_io_uring_setup, 1, &params);

	if (ring < 0)
		skip("this kernel has no io_uring for us");
	ASSERT_EQ(syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS,
			  &part, 1), -1);
	ASSERT_EQ(errno, EFAULT);
	close(ring);
}

TEST(io_uring_cannot_take_pages_of_a_mapping)
{
	on_each_kind(register_buffer);
}

/* A disk of 2 * PAGE bytes, which is a file in memory. */
#define DISK	"/dev/loop0"

static int open_disk(void)
{
	int file = memfd_create("disk", MFD_CLOEXEC);
	int disk;

	if (module_probe("loop") < 0)
		skip("there is no loop device");
	disk = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT(file >= 0 && !ftruncate(file, 2 * PAGE) && disk >= 0);
	ASSERT(!ioctl(disk, LOOP_SET_FD, file));
	close(file);
	return disk;
}

static void transfer_directly(uint8_t *at)
{
	uint8_t *plain = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int disk = open_disk();

	ASSERT_EQ(pwrite(disk, plain, PAGE, 0), PAGE);
	ASSERT_EQ(pread(disk, plain, PAGE, 0), PAGE);
	ASSERT_EQ(pwrite(disk, at, PAGE, 0), -1);
	ASSERT_EQ(errno, EFAULT);
	ASSERT_EQ(pread(disk, at, PAGE, 0), -1);
	ASSERT_EQ(errno, EFAULT);
	ASSERT(!ioctl(disk, LOOP_CLR_FD, 0));
	close(disk);
	munmap(plain, PAGE);
}

TEST(direct_io_cannot_take_pages_of_a_mapping)
{
	on_each_kind(transfer_directly);
}

static void watch_faults(uint8_t *at)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { .start = (uintptr_t)at, .len = PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		skip("this kernel has no userfaultfd for us");
	ASSERT(!ioctl(fd, UFFDIO_API, &api));
	ASSERT_EQ(ioctl(fd, UFFDIO_REGISTER, &range), -1);
	ASSERT_EQ(errno, EINVAL);
	close(fd);
}

TEST(userfaultfd_cannot_register_a_mapping)
{
	on_each_kind(watch_faults);
}

/* --- readers of page state --- */

static void look_up_frame(uint8_t *at)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry, frame_bits = (1ULL << 55) - 1;

	ASSERT(pagemap >= 0);
	ASSERT_EQ(pread(pagemap, &entry, sizeof(entry),
			(uintptr_t)at / PAGE * sizeof(entry)), sizeof(entry));
	ASSERT_EQ(entry & frame_bits, 0);
	close(pagemap);
}

TEST(pagemap_hides_page_frames_of_a_mapping)
{
	on_each_kind(look_up_frame);
}

static void read_to_its_end(const char *path)
{
	static char text[64 * KIB];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	/* Not every kernel has all of them. */
	if (fd < 0)
		return;
	do {
		len = read(fd, text, sizeof(text));
	} while (len > 0);
	ASSERT_EQ(len, 0);
	close(fd);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ASSERT(fd >= 0);
	ASSERT_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void look_at_all(uint8_t *at)
{
	static const char *const clear[] = { "1", "3", "4" };
	unsigned char resident[2];
	size_t i;

	ASSERT(!mincore(at, 2 * PAGE, resident));
	for (i = 0; i < ARRAY_SIZE(clear); i++) {
		write_file("/proc/self/clear_refs", clear[i]);
		at[0] ^= 0xff;
		at[0] ^= 0xff;
	}
	read_to_its_end("/proc/self/smaps");
	read_to_its_end("/proc/self/smaps_rollup");
	read_to_its_end("/proc/self/numa_maps");
	ASSERT(!mlockall(MCL_CURRENT | MCL_FUTURE));
	ASSERT(!munlockall());
}

TEST(mapping_can_be_read_by_memory_statistics)
{
	on_each_kind(look_at_all);
}

/* --- core dumps --- */

#define CORE_PATTERN	"/proc/sys/kernel/core_pattern"

/* Dies with a core. The mark is in its own memory and, by another seed, in ours. */
static void crash(uint8_t *own)
{
	const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	int node = ASSERT_OK(zone_open(ZONE));
	struct buffer buffer = blocks_alloc(node, BLOCK, SEED);
	struct buffer small = buffer_alloc(node, PAGE, 0);

	buffer_fill(&small, SEED);
	madvise(buffer.at, buffer.len, MADV_DODUMP);
	madvise(small.at, small.len, MADV_DODUMP);
	pattern_fill(own, MARK, 0, SEED + 1);
	ASSERT(!setrlimit(RLIMIT_CORE, &limit));
	abort();
}

static bool contains(const char *path, uint64_t seed)
{
	uint8_t mark[MARK];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t len = lseek(fd, 0, SEEK_END);
	void *core = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	bool found;

	ASSERT(fd >= 0 && len > 0 && core != MAP_FAILED);
	pattern_fill(mark, MARK, 0, seed);
	found = memmem(core, len, mark, MARK);
	munmap(core, len);
	close(fd);
	return found;
}

TEST(core_dumps_hold_no_buffer_contents)
{
	char before[256] = "", path[64];
	int fd = open(CORE_PATTERN, O_RDONLY | O_CLOEXEC);
	uint8_t *own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	ASSERT(fd >= 0 && read(fd, before, sizeof(before) - 1) >= 0);
	close(fd);
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		write_file(CORE_PATTERN, "/root/core.%p");
		crash(own);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	write_file(CORE_PATTERN, before);
	ASSERT(WIFSIGNALED(status) && WCOREDUMP(status));
	snprintf(path, sizeof(path), "/root/core.%d", pid);
	ASSERT(contains(path, SEED + 1));
	ASSERT(!contains(path, SEED));
	unlink(path);
	munmap(own, PAGE);
}
