// SPDX-License-Identifier: MIT
/*
 * A zone's aliases in /dev/dma_heap: the interface is the kernel's own, also
 * where it is odd, and the buffers are the zone's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "heap.h"
#include "kmsg.h"
#include "pattern.h"

#define LEN		(5 * PAGE)
#define RDWR		(O_RDWR | O_CLOEXEC)
#define KNOWN		sizeof(struct dma_heap_allocation_data)
#define MAX_SIZE	((1U << _IOC_SIZEBITS) - 1)

/* Opens an alias of the zone. */
static int open_alias(void)
{
	char name[HEAP_NAME];

	if (!heap_alias(name, false))
		skip("the zone has no alias");
	return ASSERT_OK(heap_open(name));
}

/* The next descriptor that the kernel would give. */
static int next_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* --- the interface, which the kernel's heaps share --- */

static void expect_refused(int heap, struct dma_heap_allocation_data data,
			   int wanted)
{
	int fd = next_fd();

	ASSERT_ERR(zone_ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data), wanted);
	ASSERT_EQ(next_fd(), fd);
}

static void bad_fields(int heap)
{
	const struct dma_heap_allocation_data good = {
		.len = LEN,
		.fd_flags = RDWR,
	};
	struct dma_heap_allocation_data bad;
	int bit;

	for (bit = 0; bit < 32; bit++) {
		note("bit %d of fd and fd_flags", bit);
		bad = good;
		bad.fd = 1U << bit;
		expect_refused(heap, bad, EINVAL);
		bad = good;
		bad.fd_flags |= 1U << bit;
		if (bad.fd_flags & ~(uint32_t)(O_CLOEXEC | O_ACCMODE))
			expect_refused(heap, bad, EINVAL);
	}
	for (bit = 0; bit < 64; bit++) {
		note("bit %d of heap_flags", bit);
		bad = good;
		bad.heap_flags = 1ULL << bit;
		expect_refused(heap, bad, EINVAL);
	}
}

static void lengths(int heap)
{
	static const uint64_t bad[] = { 0, ~0ULL, ~0ULL - 4094 };
	static const uint64_t fine[] = { 1, PAGE - 1, PAGE, PAGE + 1, MIB };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect_refused(heap, (struct dma_heap_allocation_data){
					.len = bad[i],
					.fd_flags = RDWR,
				}, EINVAL);
	for (i = 0; i < ARRAY_SIZE(fine); i++) {
		int fd = ASSERT_OK(heap_alloc(heap, fine[i], RDWR));

		note("length %llu", (unsigned long long)fine[i]);
		ASSERT_EQ(lseek(fd, 0, SEEK_END),
			  (fine[i] + PAGE - 1) / PAGE * PAGE);
		close(fd);
	}
}

static void commands(int heap)
{
	struct dma_heap_allocation_data data;
	unsigned int nr, type;

	for (nr = 1; nr < 256; nr++) {
		note("number %u", nr);
		data = (struct dma_heap_allocation_data){ .len = LEN,
							  .fd_flags = RDWR };
		ASSERT_ERR(zone_ioctl(heap, _IOWR('H', nr, data), &data),
			   EINVAL);
	}
	/* Only the number counts. Type 0 has commands of every file. */
	for (type = 1; type < 256; type += 31) {
		note("type %u", type);
		data = (struct dma_heap_allocation_data){ .len = LEN,
							  .fd_flags = RDWR };
		ASSERT_OK(zone_ioctl(heap, _IOWR(type, 0, data), &data));
		close(data.fd);
	}
}

/* Without a direction the structure is not read, or not written. */
static void directions(int heap)
{
	struct dma_heap_allocation_data data = { .len = LEN,
						 .fd_flags = RDWR };
	int fd = next_fd();

	ASSERT_ERR(zone_ioctl(heap, _IOC(_IOC_NONE, 'H', 0, KNOWN), &data),
		   EINVAL);
	ASSERT_ERR(zone_ioctl(heap, _IOC(_IOC_READ, 'H', 0, KNOWN), &data),
		   EINVAL);
	data = (struct dma_heap_allocation_data){ .len = LEN,
						  .fd_flags = RDWR };
	ASSERT_OK(zone_ioctl(heap, _IOC(_IOC_WRITE, 'H', 0, KNOWN), &data));
	ASSERT_EQ(data.fd, 0);
	ASSERT_EQ(next_fd(), fd + 1);
	close(fd);
}

/* What a structure lacks is zero; what it has more is nobody's business. */
static void sizes(int heap)
{
	static uint8_t arg[MAX_SIZE];
	struct dma_heap_allocation_data *data = (void *)arg;
	static const unsigned int more[] = { KNOWN + 1, 32, 200, MAX_SIZE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(more); i++) {
		note("size %u", more[i]);
		memset(arg, 0xa5, sizeof(arg));
		*data = (struct dma_heap_allocation_data){ .len = LEN,
							   .fd_flags = RDWR };
		ASSERT_OK(zone_ioctl(heap, _IOC(_IOC_READ | _IOC_WRITE, 'H', 0,
						more[i]), arg));
		ASSERT_EQ(arg[KNOWN], 0xa5);
		ASSERT_EQ(arg[more[i] - 1], 0xa5);
		close(data->fd);
	}

	note("a size without heap_flags");
	memset(arg, 0xa5, sizeof(arg));
	data->len = LEN;
	data->fd = 0;
	data->fd_flags = RDWR;
	ASSERT_OK(zone_ioctl(heap, _IOC(_IOC_READ | _IOC_WRITE, 'H', 0, 16),
			     arg));
	ASSERT_EQ(arg[16], 0xa5);
	close(data->fd);

	note("a size without anything");
	ASSERT_ERR(zone_ioctl(heap, _IOC(_IOC_READ | _IOC_WRITE, 'H', 0, 0),
			      arg), EINVAL);
}

static void descriptors(int heap)
{
	static const int accesses[] = { O_RDONLY, O_WRONLY, O_RDWR };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		int fd = ASSERT_OK(heap_alloc(heap, LEN, accesses[i]));

		note("access %d", accesses[i]);
		ASSERT_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, accesses[i]);
		ASSERT_EQ(fcntl(fd, F_GETFD), 0);
		close(fd);
		fd = ASSERT_OK(heap_alloc(heap, LEN,
					  accesses[i] | O_CLOEXEC));
		ASSERT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
	}
}

static int map(int fd, int prot)
{
	void *at = mmap(NULL, LEN, prot, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	munmap(at, LEN);
	return 0;
}

/* What can be done is a matter of the descriptor; devices may write to each. */
static void accesses(int heap)
{
	int rdwr = ASSERT_OK(heap_alloc(heap, LEN, RDWR));
	int rdonly = ASSERT_OK(heap_alloc(heap, LEN, O_RDONLY | O_CLOEXEC));
	int wronly = ASSERT_OK(heap_alloc(heap, LEN, O_WRONLY | O_CLOEXEC));
	int importer = open_importer("edu0");
	struct import given;

	ASSERT_OK(map(rdwr, PROT_READ | PROT_WRITE));
	ASSERT_OK(map(rdonly, PROT_READ));
	ASSERT_ERR(map(rdonly, PROT_READ | PROT_WRITE), EACCES);
	ASSERT_ERR(map(wronly, PROT_WRITE), EACCES);
	ASSERT_OK(zone_sync(rdonly, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	ASSERT_OK(zone_sync(rdonly, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	given = import(importer, rdonly, CMM_IMPORT_BIDIRECTIONAL);
	ASSERT_OK(importer_release(&given));
	given = import(importer, wronly, CMM_IMPORT_FROM_DEVICE);
	ASSERT_OK(importer_release(&given));
	close(importer);
	close(wronly);
	close(rdonly);
	close(rdwr);
}

static void contents(int heap)
{
	struct buffer buffer = buffer_of(ASSERT_OK(heap_alloc(heap, LEN, RDWR)),
					 LEN);

	buffer_expect_zero(&buffer);
	buffer_fill(&buffer, 7);
	buffer_expect(&buffer, 7);
	buffer_free(&buffer);
}

static void faults(int heap)
{
	ASSERT_ERR(zone_ioctl(heap, DMA_HEAP_IOCTL_ALLOC, NULL), EFAULT);
	ASSERT_ERR(zone_ioctl(heap, DMA_HEAP_IOCTL_ALLOC, (void *)-8L), EFAULT);
}

static void expect_interface(int heap)
{
	bad_fields(heap);
	lengths(heap);
	commands(heap);
	directions(heap);
	sizes(heap);
	descriptors(heap);
	accesses(heap);
	contents(heap);
	faults(heap);
}

TEST(the_interface_is_that_of_heaps)
{
	int heap = open_alias();

	expect_interface(heap);
	expect_used(0);
	close(heap);
}

TEST(the_kernels_own_heaps_agree)
{
	char name[HEAP_NAME];
	unsigned int n;

	for (n = 0; heap_of_kernel(n, name); n++) {
		int heap = ASSERT_OK(heap_open(name));

		expect_interface(heap);
		close(heap);
	}
	if (!n)
		skip("this kernel has no heaps");
}

/* --- what is the zone's own --- */

/* The kernel's heap of the system's memory tries, and has others killed for it. */
TEST(whatever_is_too_much_is_enomem)
{
	static const uint64_t lengths[] = {
		~0ULL - 4095, 1ULL << 63, 1ULL << 40, 1ULL << 32,
	};
	int heap = open_alias();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		expect_refused(heap, (struct dma_heap_allocation_data){
					.len = lengths[i],
					.fd_flags = RDWR,
				}, ENOMEM);
	ASSERT_ERR(heap_alloc(heap, ZONE_SIZE + 1, RDWR), ENOMEM);
	close(heap);
}

TEST(buffers_are_the_zones)
{
	int node = ASSERT_OK(zone_open(ZONE)), heap = open_alias();
	int fd = ASSERT_OK(heap_alloc(heap, LEN - 1, RDWR));
	struct cmm_list_entry entry;
	struct cmm_query query;

	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT_EQ(query.len, LEN);
	ASSERT_EQ(query.flags & ~CMM_BUF_PHYS, CMM_BUF_OFFSET);
	ASSERT_STREQ(query.name, "");
	ASSERT_EQ(query.pid, getpid());
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.id, query.id);
	expect_used(LEN);
	close(fd);
	expect_used(0);
	close(heap);
	close(node);
}

TEST(a_heap_alone_keeps_nothing_in_use)
{
	int heap = open_alias();
	int fd = ASSERT_OK(heap_alloc(heap, ZONE_SIZE, RDWR));

	ASSERT_ERR(heap_alloc(heap, PAGE, RDWR), ENOMEM);
	close(heap);
	expect_used(ZONE_SIZE);
	close(fd);
	expect_used(0);
}

TEST(a_descriptor_to_read_is_no_sealed_one)
{
	int node = ASSERT_OK(zone_open(ZONE)), heap = open_alias();
	int fd = ASSERT_OK(heap_alloc(heap, LEN, O_RDONLY | O_CLOEXEC));
	struct cmm_query query;
	int sealed;

	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT(!(query.flags & CMM_BUF_READ_ONLY));
	ASSERT_ERR(zone_seal(node, fd, CMM_SEAL_FOREVER), EACCES);
	sealed = ASSERT_OK(zone_seal(node, fd, 0));
	ASSERT_ERR(zone_sync(sealed, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW),
		   EACCES);
	close(sealed);
	close(fd);
	close(heap);
	close(node);
}

TEST(a_fault_loses_no_descriptor)
{
	struct dma_heap_allocation_data *data;
	int heap = open_alias(), fd = next_fd();

	data = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(data != MAP_FAILED);
	data->len = LEN;
	data->fd_flags = RDWR;
	ASSERT(!mprotect(data, PAGE, PROT_READ));
	ASSERT_ERR(zone_ioctl(heap, DMA_HEAP_IOCTL_ALLOC, data), EFAULT);
	ASSERT_EQ(next_fd(), fd);
	expect_used(0);
	munmap(data, PAGE);
	close(heap);
}

TEST(without_a_descriptor_nothing_is_allocated)
{
	int heap = open_alias(), fd = next_fd();
	struct rlimit limit, none;

	ASSERT(!getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = fd;
	ASSERT(!setrlimit(RLIMIT_NOFILE, &none));
	ASSERT_ERR(heap_alloc(heap, LEN, RDWR), EMFILE);
	ASSERT(!setrlimit(RLIMIT_NOFILE, &limit));
	expect_used(0);
	close(heap);
}

TEST(the_nodes_are_roots)
{
	char name[HEAP_NAME], path[128];
	struct stat st;

	if (!heap_alias(name, false))
		skip("the zone has no alias");
	snprintf(path, sizeof(path), "/dev/dma_heap/%s", name);
	ASSERT(!stat(path, &st));
	ASSERT_EQ(st.st_mode, S_IFCHR | 0600);
	ASSERT_EQ(st.st_uid, 0);
}

TEST(they_go_when_the_zone_is_unbound)
{
	char name[HEAP_NAME];
	int heap = open_alias(), fd;

	ASSERT(heap_alias(name, false));
	fd = ASSERT_OK(heap_alloc(heap, LEN, RDWR));
	ASSERT_OK(driver_unbind());
	ASSERT_ERR(heap_open(name), ENOENT);
	ASSERT_ERR(heap_alloc(heap, LEN, RDWR), ENODEV);
	ASSERT_OK(map(fd, PROT_READ | PROT_WRITE));
	close(fd);
	/* Whoever has a heap open keeps the range. */
	ASSERT(driver_bind() < 0);
	close(heap);
	ASSERT_OK(driver_bind_soon(ZONE));
	heap = ASSERT_OK(heap_open(name));
	close(ASSERT_OK(heap_alloc(heap, LEN, RDWR)));
	close(heap);
}

static bool log_has(int log, const char *text)
{
	char line[KMSG_LINE];

	while (kmsg_next(log, line) > 0)
		if (strstr(line, text))
			return true;
	return false;
}

TEST(an_alias_that_the_kernel_has_is_told_of)
{
	char name[HEAP_NAME], text[128];
	int log, heap;

	if (!heap_alias(name, true))
		skip("no alias is a name of the kernel's own heaps");
	log = ASSERT_OK(kmsg_open());
	ASSERT_OK(driver_unbind());
	ASSERT_OK(driver_bind_soon(ZONE));
	snprintf(text, sizeof(text), "/dev/dma_heap/%s is another", name);
	ASSERT(log_has(log, text));
	close(log);
	/* The kernel's is still there. */
	heap = ASSERT_OK(heap_open(name));
	close(ASSERT_OK(heap_alloc(heap, LEN, RDWR)));
	expect_used(0);
	close(heap);
}
