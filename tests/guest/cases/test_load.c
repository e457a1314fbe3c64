// SPDX-License-Identifier: MIT
/*
 * The library loads files into buffers without filling the page cache or other
 * memory.
 */
#include <cmm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/loop.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buffer.h"
#include "cachetrace.h"
#include "driver.h"
#include "pattern.h"

#define LEN	(48 * MIB)
/* The file's size in a zone that is large enough: that of a large model. */
#define LARGE	(1536 * MIB)
/* Memory that a load may use besides the buffer. */
#define EXTRA	(8 * MIB)

/*
 * A disk that the kernel caches like any other. Its backing file is in memory, and
 * is a hole except for the first and last page. So the disk takes little memory.
 */
#define DISK	"/dev/loop0"

static int open_disk(uint64_t len)
{
	int file = memfd_create("disk", MFD_CLOEXEC);
	uint8_t page[PAGE];
	int disk;

	if (module_probe("loop") < 0)
		skip("there is no loop device");
	disk = open(DISK, O_RDONLY | O_CLOEXEC);
	ASSERT(file >= 0 && !ftruncate(file, len) && disk >= 0);
	pattern_fill(page, PAGE, 0, 71);
	ASSERT_EQ(pwrite(file, page, PAGE, 0), PAGE);
	ASSERT_EQ(pwrite(file, page, PAGE, len - PAGE), PAGE);
	ASSERT(!ioctl(disk, LOOP_SET_FD, file));
	close(file);
	return disk;
}

static void close_disk(int disk)
{
	ASSERT(!ioctl(disk, LOOP_CLR_FD, 0));
	close(disk);
}

/* The number in KiB from the line "name: number kB" of a file. */
static uint64_t kib_of(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	unsigned long long value = 0;
	char line[128];
	bool found = false;

	ASSERT(file);
	while (!found && fgets(line, sizeof(line), file))
		found = !strncmp(line, name, strlen(name)) &&
			sscanf(line + strlen(name), ": %llu", &value) == 1;
	fclose(file);
	ASSERT(found);
	return value;
}

/* Bytes of block devices in the kernel's page cache. */
static uint64_t cached(void)
{
	return kib_of("/proc/meminfo", "Buffers") * KIB;
}

/* This process's peak memory plus its current page tables, in bytes. */
static uint64_t own_memory(void)
{
	return (kib_of("/proc/self/status", "VmHWM") +
		kib_of("/proc/self/status", "VmPTE")) * KIB;
}

/* Makes fadvise64() fail as on a kernel without CONFIG_ADVISE_SYSCALLS. */
static void disable_fadvise(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fadvise64, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	ASSERT(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	ASSERT_EQ(posix_fadvise(0, 0, 0, POSIX_FADV_NORMAL), ENOSYS);
}

struct load {
	struct cmm_buf *buf;
	int disk;
	uint64_t len;		/* of the disk, in bytes */
	bool fadvise;		/* the kernel has fadvise64() */
	uint64_t *own;		/* shared: bytes that the load took */
};

static void load(void *arg)
{
	const struct load *load = arg;
	uint64_t before = own_memory();

	/* Map first, so that own_memory() counts the page tables. */
	ASSERT(cmm_buf_map(load->buf));
	if (!load->fadvise)
		disable_fadvise();
	ASSERT_EQ(cmm_buf_load(load->buf, 0, load->disk), load->len);
	*load->own = own_memory() - before;
}

static struct cmm_buf *alloc(struct cmm_zone *zone, uint64_t len,
			     unsigned int flags)
{
	struct cmm_buf *buf = cmm_buf_alloc(zone, len, 0, flags, "model");

	ASSERT(buf);
	return buf;
}

/* Loads in a child. Returns its memory plus the peak of the page cache, in bytes. */
static uint64_t measure(struct cmm_buf *buf, int disk, uint64_t len, bool fadvise)
{
	struct load arg = { buf, disk, len, fadvise, NULL };
	uint64_t now, before, peak = 0, own;
	pid_t pid;

	arg.own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(arg.own != MAP_FAILED);
	before = cached();
	pid = fork_to(load, &arg);
	do {
		now = cached();
		if (now > before && now - before > peak)
			peak = now - before;
	} while (child_state(pid) != 'Z');
	join(pid);
	own = *arg.own;
	munmap(arg.own, PAGE);
	return peak + own;
}

static void expect_disk(struct cmm_buf *buf, uint64_t len)
{
	const uint8_t *at = cmm_buf_map(buf);

	ASSERT(at && !cmm_buf_sync_begin(buf, CMM_CPU_READ));
	ASSERT_PATTERN(pattern_check(at, PAGE, 0, 71));
	ASSERT_PATTERN(pattern_check_zero(at + PAGE, PAGE));
	ASSERT_PATTERN(pattern_check(at + len - PAGE, PAGE, 0, 71));
	ASSERT(!cmm_buf_sync_end(buf, CMM_CPU_READ));
}

/* Loads a disk of @len bytes. */
static void expect_little_memory(struct cmm_buf *buf, uint64_t len, bool fadvise)
{
	int disk = open_disk(len);
	uint64_t taken = measure(buf, disk, len, fadvise);

	if (taken > EXTRA)
		FAIL("it took %llu KiB", (unsigned long long)taken / KIB);
	expect_disk(buf, len);
	close_disk(disk);
}

/* A plain read() of the file would leave it in the kernel's page cache. */
TEST_LIMIT(large_file_loads_take_little_memory, 120)
{
	/* Some CPUs do not support write-combined buffers; then use a cached one. */
	const unsigned int kinds[] = { 0, zone_wc() ? CMM_ALLOC_WC : 0 };
	size_t i, count = ARRAY_SIZE(kinds);
	struct cmm_zone *zone = cmm_zone_open(ZONE);
	uint64_t len = LEN, size;
	struct cmm_buf *buf;

	ASSERT(!zone_attribute(ZONE, "total", &size));
	if (size >= LARGE) {
		len = LARGE;
		count = 1;
	}
	for (i = 0; i < count; i++) {
		note("kind %zu", i);
		buf = alloc(zone, len, kinds[i]);
		expect_little_memory(buf, len, true);
		cmm_buf_close(buf);
	}
	cmm_zone_close(zone);
}

/* The disk ends with a part of a page. */
TEST(loads_without_fadvise_take_little_memory)
{
	struct cmm_zone *zone = cmm_zone_open(ZONE);
	struct cmm_buf *buf = alloc(zone, LEN, 0);

	expect_little_memory(buf, LEN - 1536, false);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static int source_of(size_t len)
{
	int fd = memfd_create("source", MFD_CLOEXEC);
	uint8_t bytes[PAGE];

	ASSERT(len <= sizeof(bytes));
	pattern_fill(bytes, len, 0, 72);
	ASSERT_EQ(pwrite(fd, bytes, len, 0), len);
	return fd;
}

/* The file ends inside a cache line. A device may use the line's other bytes. */
ZONE_TEST(load_flushes_exactly_what_it_loads)
{
	struct cmm_zone *zone = cmm_zone_open(ZONE);
	struct cmm_buf *buf = alloc(zone, LEN, 0);
	int fd = source_of(1000);
	uint64_t phys = buffer_phys(node, cmm_buf_fd(buf));
	/* The chunk before the read, and then the part that the file filled. */
	const struct cachetrace_range ranges[] = {
		{ phys + MIB, MIB }, { phys + MIB, 1024 },
	};

	cachetrace_open();
	ASSERT_EQ(cmm_buf_load(buf, MIB, fd), 1000);
	expect_flushed(ranges, 2);
	cachetrace_close();
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

static void expect_failure(struct cmm_buf *buf, size_t offset, int fd, int err)
{
	errno = 0;
	ASSERT_EQ(cmm_buf_load(buf, offset, fd), -1);
	ASSERT_EQ(errno, err);
}

/* Files in memory have no direct I/O on some kernels. */
static void load_without_fadvise(void *arg)
{
	struct cmm_buf *buf = arg;
	int fd = source_of(1000), large = open_disk(LEN + MIB);

	disable_fadvise();
	ASSERT_EQ(cmm_buf_load(buf, 1, fd), 1000);
	ASSERT_PATTERN(pattern_check((uint8_t *)cmm_buf_map(buf) + 1, 1000, 0, 72));
	ASSERT_EQ(cmm_buf_load(buf, 1, fd), 0);
	expect_failure(buf, 0, large, EFBIG);
	close_disk(large);
	close(fd);
}

TEST(loads_without_fadvise_read_any_file)
{
	struct cmm_zone *zone = cmm_zone_open(ZONE);
	struct cmm_buf *buf = alloc(zone, LEN, 0);

	join(fork_to(load_without_fadvise, buf));
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

TEST(failed_loads_set_the_documented_errno)
{
	struct cmm_zone *zone = cmm_zone_open(ZONE);
	struct cmm_buf *buf = alloc(zone, LEN, 0), *sealed;
	int fd = source_of(100), zeroes = open("/dev/zero", O_RDONLY);
	int bad = open("/proc/self/mem", O_RDONLY);

	expect_failure(buf, LEN, fd, EINVAL);
	expect_failure(buf, LEN - 99, fd, EFBIG);
	ASSERT_PATTERN(pattern_check_zero((uint8_t *)cmm_buf_map(buf) + LEN - 99,
					  99));
	expect_failure(buf, LEN - 3 * MIB, zeroes, EFBIG);
	/* Nothing is mapped at address 0. */
	expect_failure(buf, 0, bad, EIO);

	ASSERT(!cmm_buf_unmap(buf));
	sealed = cmm_buf_view(buf, 0, cmm_buf_len(buf), 0);
	ASSERT(sealed);
	expect_failure(sealed, 0, fd, EACCES);
	ASSERT_EQ(cmm_buf_load(buf, 0, fd), 100);
	cmm_buf_close(sealed);
	sealed = cmm_buf_view(buf, 0, cmm_buf_len(buf), CMM_VIEW_PERMANENT);
	ASSERT(sealed);
	ASSERT(!lseek(fd, 0, SEEK_SET));
	expect_failure(buf, 0, fd, EACCES);
	cmm_buf_close(sealed);
	close(bad);
	close(zeroes);
	close(fd);
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}
