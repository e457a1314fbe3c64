// SPDX-License-Identifier: MIT
/*
 * Read-only descriptors allow only reads of a buffer. A permanently sealed buffer
 * cannot be written any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include "buffer.h"
#include "importer.h"
#include "pattern.h"
#include "vgem.h"

#define LEN	(16 * PAGE)
#define SEED	61

/* A buffer and a read-only descriptor of it. */
struct pair {
	int node;
	struct buffer buffer;
	int sealed;
};

static struct pair pair_alloc(void)
{
	struct pair pair = { .node = ASSERT_OK(zone_open(ZONE)) };

	pair.buffer = buffer_alloc(pair.node, LEN, 0);
	buffer_fill(&pair.buffer, SEED);
	pair.sealed = ASSERT_OK(zone_view_all(pair.node, pair.buffer.fd, 0));
	return pair;
}

static void pair_free(struct pair *pair)
{
	close(pair->sealed);
	buffer_free(&pair->buffer);
	close(pair->node);
}

static int map(int fd, int prot, int flags)
{
	void *at = mmap(NULL, LEN, prot, flags, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	munmap(at, LEN);
	return 0;
}

/* Maps a descriptor to read it; the caller unmaps LEN bytes. */
static uint8_t *map_to_read(int fd)
{
	void *at = mmap(NULL, LEN, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT(at != MAP_FAILED);
	return at;
}

static void expect_readable(int fd, uint64_t seed)
{
	uint8_t *at = map_to_read(fd);

	ASSERT_PATTERN(pattern_check(at, LEN, 0, seed));
	munmap(at, LEN);
}

static uint32_t flags_of(int node, int fd)
{
	struct cmm_query query;

	ASSERT_OK(zone_query(node, fd, &query));
	return query.flags;
}

/* --- properties of a sealed descriptor --- */

TEST(sealed_descriptor_shows_the_buffers_contents)
{
	struct pair pair = pair_alloc();
	struct cmm_query query, sealed;
	struct cmm_info info;

	expect_readable(pair.sealed, SEED);
	buffer_fill(&pair.buffer, SEED + 1);
	expect_readable(pair.sealed, SEED + 1);
	ASSERT_EQ(lseek(pair.sealed, 0, SEEK_END), LEN);
	ASSERT_EQ(fcntl(pair.sealed, F_GETFL) & O_ACCMODE, O_RDONLY);
	ASSERT_EQ(fcntl(pair.sealed, F_GETFD), FD_CLOEXEC);
	ASSERT_OK(zone_query(pair.node, pair.buffer.fd, &query));
	ASSERT_OK(zone_query(pair.node, pair.sealed, &sealed));
	ASSERT_EQ(sealed.id, query.id);
	ASSERT_EQ(sealed.offset, query.offset);
	ASSERT(!(query.flags & CMM_BUF_READ_ONLY));
	ASSERT(sealed.flags & CMM_BUF_READ_ONLY);
	/* There is one buffer still. */
	expect_used(LEN);
	ASSERT_OK(zone_info(pair.node, &info));
	ASSERT(info.features & CMM_FEATURE_VIEW);
	pair_free(&pair);
}

TEST(buffer_lives_until_both_descriptors_are_closed)
{
	struct pair pair = pair_alloc();
	int again = ASSERT_OK(zone_view_all(pair.node, pair.sealed, 0));

	buffer_free(&pair.buffer);
	expect_used(LEN);
	expect_readable(pair.sealed, SEED);
	close(pair.sealed);
	expect_used(LEN);
	expect_readable(again, SEED);
	close(again);
	expect_used_soon(0);

	pair.buffer = buffer_alloc(pair.node, LEN, zone_wc());
	pair.sealed = ASSERT_OK(zone_view_all(pair.node, pair.buffer.fd, 0));
	close(pair.sealed);
	expect_used(LEN);
	buffer_free(&pair.buffer);
	expect_used_soon(0);
	close(pair.node);
}

TEST(mapping_of_a_sealed_descriptor_keeps_the_buffer)
{
	struct pair pair = pair_alloc();
	uint8_t *at = map_to_read(pair.sealed);

	close(pair.sealed);
	buffer_free(&pair.buffer);
	expect_used(LEN);
	ASSERT_PATTERN(pattern_check(at, LEN, 0, SEED));
	munmap(at, LEN);
	expect_used_soon(0);
	close(pair.node);
}

TEST(killing_the_holder_of_both_frees_the_buffer)
{
	int ready[2];
	char byte;
	pid_t pid;

	ASSERT(!pipe(ready));
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		struct pair pair = pair_alloc();

		map_to_read(pair.sealed);
		ASSERT_OK(zone_view_all(pair.node, pair.sealed, 0));
		ASSERT_EQ(write(ready[1], "x", 1), 1);
		pause();
	}
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
	expect_used(LEN);
	ASSERT(!kill(pid, SIGKILL));
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	expect_used_soon(0);
	close(ready[0]);
	close(ready[1]);
}

TEST(sealed_and_writable_descriptors_share_fences)
{
	struct pair pair = pair_alloc();
	struct pollfd ready = { .fd = pair.sealed, .events = POLLIN };
	struct vgem_work work;

	need_shared_fences(pair.node);
	work = vgem_begin(pair.buffer.fd, true);
	ASSERT_EQ(poll(&ready, 1, 0), 0);
	vgem_end(&work);
	ASSERT_EQ(poll(&ready, 1, -1), 1);
	vgem_close(&work);
	pair_free(&pair);
}

/* --- refused accesses --- */

static void expect_no_writable_mapping(int fd)
{
	uint8_t *at;

	ASSERT_ERR(map(fd, PROT_READ | PROT_WRITE, MAP_SHARED), EACCES);
	ASSERT_ERR(map(fd, PROT_WRITE, MAP_SHARED), EACCES);
	ASSERT_ERR(map(fd, PROT_READ, MAP_PRIVATE), EINVAL);
	ASSERT_ERR(map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE), EINVAL);
	at = map_to_read(fd);
	ASSERT_EQ(mprotect(at, LEN, PROT_READ | PROT_WRITE), -1);
	ASSERT_EQ(errno, EACCES);
	ASSERT_EQ(mprotect(at + PAGE, PAGE, PROT_WRITE), -1);
	ASSERT_EQ(errno, EACCES);
	munmap(at, LEN);
}

TEST(sealed_descriptor_cannot_be_mapped_for_writing)
{
	struct pair pair = pair_alloc();
	char path[64];

	expect_no_writable_mapping(pair.sealed);
	/* It cannot be reopened or given another mode. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pair.sealed);
	ASSERT_EQ(open(path, O_RDWR | O_CLOEXEC), -1);
	ASSERT_EQ(open(path, O_RDONLY | O_CLOEXEC), -1);
	ASSERT(!fcntl(pair.sealed, F_SETFL, O_RDWR));
	ASSERT_EQ(fcntl(pair.sealed, F_GETFL) & O_ACCMODE, O_RDONLY);
	ASSERT_ERR(map(pair.sealed, PROT_READ | PROT_WRITE, MAP_SHARED),
		   EACCES);
	pair_free(&pair);
}

static void expect_no_write_access(int node, int fd)
{
	static const uint32_t writes[] = { CMM_SYNC_WRITE, CMM_SYNC_RW };
	size_t i;

	for (i = 0; i < 2; i++) {
		ASSERT_ERR(zone_sync(fd, DMA_BUF_SYNC_START | writes[i]),
			   EACCES);
		ASSERT_ERR(zone_sync(fd, DMA_BUF_SYNC_END | writes[i]), EACCES);
		ASSERT_ERR(zone_sync_part(node, fd, writes[i], 0, 1), EACCES);
		ASSERT_ERR(zone_sync_part(node, fd, writes[i] | CMM_SYNC_END,
					  0, 1), EACCES);
	}
	ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ));
	ASSERT_OK(zone_sync_part(node, fd, CMM_SYNC_READ, 0, 1));
	ASSERT_OK(zone_sync_part(node, fd, CMM_SYNC_READ | CMM_SYNC_END, 0, 1));
	ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ));
}

TEST(sealed_descriptor_refuses_cpu_write_access)
{
	struct pair pair = pair_alloc();

	expect_no_write_access(pair.node, pair.sealed);
	pair_free(&pair);
}

/* A device may read, and no more, by this descriptor. */
static void expect_no_device_writes(int fd)
{
	int engine = open_importer("edu0");
	struct import dma;

	ASSERT_ERR(importer_import(engine, fd, CMM_IMPORT_BIDIRECTIONAL, &dma),
		   EACCES);
	ASSERT_ERR(importer_import(engine, fd, CMM_IMPORT_FROM_DEVICE, &dma),
		   EACCES);
	dma = import(engine, fd, CMM_IMPORT_TO_DEVICE);
	ASSERT_OK(importer_load(engine, dma.map.addr, 0, 256));
	/* Nor by an attachment that already reads. */
	ASSERT_OK(importer_unmap(engine, dma.handle));
	ASSERT_ERR(importer_map(engine, dma.handle, CMM_IMPORT_BIDIRECTIONAL,
				NULL), EACCES);
	ASSERT_OK(importer_map(engine, dma.handle, CMM_IMPORT_TO_DEVICE, NULL));
	ASSERT_OK(importer_release(&dma));
	close(engine);
}

TEST(sealed_descriptor_allows_device_reads_only)
{
	struct pair pair = pair_alloc();

	expect_no_device_writes(pair.sealed);
	pair_free(&pair);
}

TEST(device_reads_contents_through_sealed_descriptor)
{
	struct pair pair = pair_alloc();
	int engine = open_importer("edu0");
	struct buffer target = buffer_alloc(pair.node, LEN, 0);
	struct import from = import(engine, pair.sealed, CMM_IMPORT_TO_DEVICE);
	struct import to = import(engine, target.fd, CMM_IMPORT_FROM_DEVICE);

	ASSERT_OK(importer_copy(engine, to.map.addr, from.map.addr, PAGE));
	ASSERT_OK(importer_release(&to));
	ASSERT_OK(importer_release(&from));
	ASSERT_PATTERN(pattern_check(target.at, PAGE, 0, SEED));
	buffer_free(&target);
	close(engine);
	pair_free(&pair);
}

TEST(device_write_through_sealed_descriptor_faults)
{
	struct pair pair = pair_alloc();
	int engine = open_importer("edu0");
	struct import from;

	if (!ASSERT_OK(importer_is_translated(engine)))
		skip("there is no IOMMU");
	expect_smmu_events();
	from = import(engine, pair.sealed, CMM_IMPORT_TO_DEVICE);
	importer_store(engine, from.map.addr, 0, 256);
	ASSERT_OK(importer_release(&from));
	buffer_expect(&pair.buffer, SEED);
	close(engine);
	pair_free(&pair);
}

TEST(vmap_of_sealed_descriptor_is_refused)
{
	struct pair pair = pair_alloc();
	int plain = open_importer("plain");
	char bytes[8];

	ASSERT(importer_cpu_read(plain, pair.sealed, 0, bytes, 8) < 0);
	ASSERT_ERR(importer_cpu_write(plain, pair.sealed, 0, bytes, 8), EACCES);
	close(plain);
	pair_free(&pair);
}

/* A driver maps at import, for both directions, or later, if at all. */
TEST(drm_import_of_sealed_descriptor_gets_no_write_access)
{
	struct pair pair = pair_alloc();
	int card = open_vgem(), fd;
	uint32_t handle;

	if (drmPrimeFDToHandle(card, pair.sealed, &handle)) {
		ASSERT_EQ(errno, EACCES);
	} else {
		fd = handle_to_fd(card, handle);
		expect_no_writable_mapping(fd);
		expect_no_write_access(pair.node, fd);
		close(fd);
		ASSERT(!drmCloseBufferHandle(card, handle));
	}
	close(card);
	pair_free(&pair);
}

/* --- permanent seals --- */

static int seal_for_ever(int node, int fd)
{
	return zone_view_all(node, fd, CMM_VIEW_SEAL);
}

/* The zone's first buffer is sealed as far as a listing goes. */
static bool is_listed_as_sealed(int node)
{
	struct cmm_list_entry entry;

	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	return entry.flags & CMM_BUF_READ_ONLY;
}

static void expect_sealed(int node, int fd)
{
	ASSERT(flags_of(node, fd) & CMM_BUF_READ_ONLY);
	expect_no_writable_mapping(fd);
	expect_no_write_access(node, fd);
	expect_no_device_writes(fd);
}

TEST(permanently_sealed_buffer_cannot_be_written)
{
	struct pair pair = pair_alloc();
	int copy = dup(pair.buffer.fd), sealed;

	ASSERT(!munmap(pair.buffer.at, LEN));
	ASSERT(!is_listed_as_sealed(pair.node));
	sealed = ASSERT_OK(seal_for_ever(pair.node, pair.buffer.fd));
	expect_sealed(pair.node, pair.buffer.fd);
	expect_sealed(pair.node, copy);
	expect_readable(sealed, SEED);
	expect_readable(pair.sealed, SEED);
	ASSERT(is_listed_as_sealed(pair.node));
	/* Sealing twice is allowed. */
	close(ASSERT_OK(seal_for_ever(pair.node, pair.buffer.fd)));
	expect_sealed(pair.node, copy);
	close(sealed);
	close(copy);
	close(pair.sealed);
	close(pair.buffer.fd);
	expect_used_soon(0);
	close(pair.node);
}

TEST(permanent_seal_needs_a_writable_descriptor)
{
	struct pair pair = pair_alloc();

	ASSERT(!munmap(pair.buffer.at, LEN));
	ASSERT_ERR(seal_for_ever(pair.node, pair.sealed), EACCES);
	ASSERT_OK(map(pair.buffer.fd, PROT_READ | PROT_WRITE, MAP_SHARED));
	close(pair.sealed);
	close(pair.buffer.fd);
	close(pair.node);
}

/* The seal is refused and changes nothing. */
static void expect_busy(int node, int fd)
{
	int first = dup(STDERR_FILENO), next;

	close(first);
	ASSERT_ERR(seal_for_ever(node, fd), EBUSY);
	next = dup(STDERR_FILENO);
	close(next);
	ASSERT_EQ(next, first);
	ASSERT(!(flags_of(node, fd) & CMM_BUF_READ_ONLY));
	ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
}

ZONE_TEST(seal_refused_with_writable_mapping)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	uint8_t *at = zone_map(fd, LEN);
	pid_t pid;

	ASSERT(at);
	expect_busy(node, fd);
	/* Any remaining part of it, and any mapping that could become writable. */
	ASSERT(!munmap(at + PAGE, LEN - PAGE));
	expect_busy(node, fd);
	ASSERT(!mprotect(at, PAGE, PROT_READ));
	expect_busy(node, fd);
	/* Also in another process. */
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		pause();
		_exit(0);
	}
	ASSERT(!munmap(at, PAGE));
	expect_busy(node, fd);
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	close(ASSERT_OK(seal_for_ever(node, fd)));
	close(fd);
}

ZONE_TEST(seal_refused_with_attachment_that_may_write)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int engine = open_importer("edu0"), plain = open_importer("plain");
	struct import reader = import(plain, fd, CMM_IMPORT_TO_DEVICE);
	struct import writer = import(engine, fd, CMM_IMPORT_FROM_DEVICE);

	expect_busy(node, fd);
	/* It may write as long as it is attached. */
	ASSERT_OK(importer_unmap(engine, writer.handle));
	expect_busy(node, fd);
	ASSERT_OK(importer_detach(engine, writer.handle));
	/* One that reads may become one that writes too. */
	ASSERT_OK(importer_unmap(plain, reader.handle));
	ASSERT_OK(importer_map(plain, reader.handle, CMM_IMPORT_BIDIRECTIONAL,
			       NULL));
	expect_busy(node, fd);
	ASSERT_OK(importer_release(&reader));

	/* A read-only attachment does not block the seal, and stays. */
	reader = import(engine, fd, CMM_IMPORT_TO_DEVICE);
	close(ASSERT_OK(seal_for_ever(node, fd)));
	ASSERT_OK(importer_load(engine, reader.map.addr, 0, 256));
	ASSERT_OK(importer_release(&reader));
	expect_sealed(node, fd);
	close(plain);
	close(engine);
	close(fd);
}

/* A kernel mapping that has ended does not block sealing. */
ZONE_TEST(seal_allowed_after_kernel_mapping_ended)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int plain = open_importer("plain");
	uint8_t *at;
	int sealed;

	ASSERT_OK(importer_cpu_write(plain, fd, 0, "kernel", 7));
	sealed = ASSERT_OK(seal_for_ever(node, fd));
	at = map_to_read(sealed);
	ASSERT_STREQ((char *)at, "kernel");
	munmap(at, LEN);
	close(sealed);
	close(plain);
	close(fd);
}

TEST(seal_allowed_with_read_only_mapping)
{
	struct pair pair = pair_alloc();
	uint8_t *at = map_to_read(pair.sealed);

	ASSERT(!munmap(pair.buffer.at, LEN));
	close(ASSERT_OK(seal_for_ever(pair.node, pair.buffer.fd)));
	ASSERT_PATTERN(pattern_check(at, LEN, 0, SEED));
	munmap(at, LEN);
	close(pair.sealed);
	close(pair.buffer.fd);
	close(pair.node);
}

/* A race ends with either a mapping or a seal. */
ZONE_TEST_LIMIT(mapping_and_sealing_race_has_one_winner, 60)
{
	int i;

	for (i = 0; i < 40; i++) {
		int fd = ASSERT_OK(zone_alloc(node, PAGE, 0)), sealed, status;
		pid_t pid = fork();

		ASSERT(pid >= 0);
		if (!pid)
			_exit(zone_map(fd, PAGE) ? pause() : 1);
		usleep(i % 10 * 50);
		sealed = seal_for_ever(node, fd);
		if (sealed < 0)
			ASSERT_EQ(sealed, -EBUSY);
		else
			ASSERT(!zone_map(fd, PAGE));
		/* With the child's mapping there is no seal. */
		usleep(1000);
		if (sealed >= 0) {
			ASSERT_EQ(waitpid(pid, &status, 0), pid);
			ASSERT_EQ(WEXITSTATUS(status), 1);
			close(sealed);
		} else {
			kill(pid, SIGKILL);
			ASSERT_EQ(waitpid(pid, NULL, 0), pid);
		}
		close(fd);
	}
}

/* --- refused requests --- */

ZONE_TEST(malformed_view_requests_are_refused)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	struct cmm_view *page;
	uint32_t bit;

	for (bit = 1; bit; bit <<= 1) {
		struct cmm_view view = { .fd = fd, .len = PAGE };

		note("bit %#x", bit);
		view.flags = bit;
		if (bit != CMM_VIEW_SEAL && bit != CMM_VIEW_WRITE)
			ASSERT_ERR(zone_ioctl(node, CMM_IOC_VIEW, &view),
				   EINVAL);
		view.flags = CMM_VIEW_SEAL | CMM_VIEW_WRITE;
		ASSERT_ERR(zone_ioctl(node, CMM_IOC_VIEW, &view), EINVAL);
		view.flags = 0;
		view.fd_flags = bit;
		if (bit != O_CLOEXEC)
			ASSERT_ERR(zone_ioctl(node, CMM_IOC_VIEW, &view),
				   EINVAL);
	}

	/* An answer that cannot be written: nothing is sealed. */
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(page != MAP_FAILED);
	*page = (struct cmm_view){
		.fd = fd,
		.len = LEN,
		.flags = CMM_VIEW_SEAL,
	};
	ASSERT(!mprotect(page, PAGE, PROT_READ));
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_VIEW, page), EFAULT);
	ASSERT(!(flags_of(node, fd) & CMM_BUF_READ_ONLY));
	ASSERT_OK(map(fd, PROT_READ | PROT_WRITE, MAP_SHARED));
	munmap(page, PAGE);
	close(fd);
	expect_used_soon(0);
}

ZONE_TEST(refused_seal_request_leaves_no_descriptor)
{
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	struct cmm_view view = {
		.fd = buffer.fd,
		.len = LEN,
		.flags = CMM_VIEW_SEAL,
		.view_fd = 12345,
	};

	ASSERT_ERR(zone_ioctl(node, CMM_IOC_VIEW, &view), EBUSY);
	ASSERT_EQ(view.view_fd, -1);
	buffer_free(&buffer);
}
