// SPDX-License-Identifier: MIT
/*
 * A zone's aliases in /dev/dma_heap. The interface is that of the kernel's heaps,
 * including its oddities. The buffers come from the zone.
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

/* The next descriptor that the kernel would assign. */
static int next_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* --- the interface, the same as that of the kernel's heaps --- */

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
	/* The type is ignored. Type 0 has commands for every file. */
	for (type = 1; type < 256; type += 31) {
		note("type %u", type);
		data = (struct dma_heap_allocation_data){ .len = LEN,
							  .fd_flags = RDWR };
		ASSERT_OK(zone_ioctl(heap, _IOWR(type, 0, data), &data));
		close(data.fd);
	}
}

/* Without a direction bit the structure is not read, or not written. */
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

/* Missing fields of a structure are zero; additional bytes are ignored. */
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

/* The descriptor limits the CPU's access only; devices may always write. */
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

TEST(alias_has_the_dma_heap_interface)
{
	int heap = open_alias();

	expect_interface(heap);
	expect_used(0);
	close(heap);
}

TEST(kernel_heaps_pass_the_same_interface_checks)
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

/* --- where the zone's heaps differ --- */

/* The kernel's system heap would try these, and the OOM killer would run. */
TEST(too_large_heap_allocations_fail_with_enomem)
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

ZONE_TEST(heap_buffers_belong_to_the_zone)
{
	int heap = open_alias();
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
}

TEST(heap_buffer_is_in_use_until_its_descriptor_is_closed)
{
	int heap = open_alias();
	int fd = ASSERT_OK(heap_alloc(heap, ZONE_SIZE, RDWR));

	ASSERT_ERR(heap_alloc(heap, PAGE, RDWR), ENOMEM);
	close(heap);
	expect_used(ZONE_SIZE);
	close(fd);
	expect_used(0);
}

ZONE_TEST(read_only_descriptor_is_not_a_sealed_buffer)
{
	int heap = open_alias();
	int fd = ASSERT_OK(heap_alloc(heap, LEN, O_RDONLY | O_CLOEXEC));
	struct cmm_query query;
	int sealed;

	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT(!(query.flags & CMM_BUF_READ_ONLY));
	ASSERT_ERR(zone_view_all(node, fd, CMM_VIEW_SEAL), EACCES);
	sealed = ASSERT_OK(zone_view_all(node, fd, 0));
	ASSERT_ERR(zone_sync(sealed, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW),
		   EACCES);
	close(sealed);
	close(fd);
	close(heap);
}

/* The mode of a heap's descriptor limits the rights of its views. */
ZONE_TEST(view_has_no_more_rights_than_the_mode_of_the_descriptor)
{
	int heap = open_alias();
	int reader = ASSERT_OK(heap_alloc(heap, LEN, O_RDONLY | O_CLOEXEC));
	int writer = ASSERT_OK(heap_alloc(heap, LEN, O_WRONLY | O_CLOEXEC));

	ASSERT_ERR(zone_view_all(node, reader, CMM_VIEW_WRITE), EACCES);
	ASSERT_ERR(zone_view(node, reader, 0, PAGE, CMM_VIEW_WRITE), EACCES);
	ASSERT_ERR(zone_view_all(node, writer, 0), EACCES);
	ASSERT_ERR(zone_view_all(node, writer, CMM_VIEW_WRITE), EACCES);
	ASSERT_ERR(zone_view_all(node, writer, CMM_VIEW_SEAL), EACCES);
	close(writer);
	close(reader);
	close(heap);
}

TEST(heap_alloc_fault_leaks_no_descriptor)
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

TEST(heap_alloc_without_free_descriptor_allocates_nothing)
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

TEST(heap_nodes_belong_to_root)
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

TEST(heaps_are_removed_when_the_zone_is_unbound)
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
	/* An open heap keeps the zone's range claimed. */
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

TEST(alias_with_the_name_of_a_kernel_heap_is_logged)
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
	/* The kernel's heap still works. */
	heap = ASSERT_OK(heap_open(name));
	close(ASSERT_OK(heap_alloc(heap, LEN, RDWR)));
	expect_used(0);
	close(heap);
}
