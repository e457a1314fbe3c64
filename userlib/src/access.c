// SPDX-License-Identifier: MIT
/*
 * CPU access to a buffer: its mapping, and the begin and end of each access.
 */
#define _DEFAULT_SOURCE		/* MAP_ANONYMOUS, MAP_NORESERVE */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/cmm.h>
#include <linux/dma-buf.h>

#include "explain.h"
#include "internal.h"

static_assert(CMM_MAX_COUNT == CMM_SYNC_MAX_COUNT, "documented as one limit");

/* CMM_CPU_* as flags of DMA_BUF_IOCTL_SYNC, and below as flags of CMM_IOC_SYNC. */
static const struct flag dma_buf_access[] = {
	{ CMM_CPU_READ, DMA_BUF_SYNC_READ },
	{ CMM_CPU_WRITE, DMA_BUF_SYNC_WRITE },
};

static const struct flag range_access[] = {
	{ CMM_CPU_READ, CMM_SYNC_READ },
	{ CMM_CPU_WRITE, CMM_SYNC_WRITE },
};

/* The mapping's protection, from the descriptor's access mode. */
static int protection(const struct cmm_buf *buf)
{
	int flags = fcntl(buf->fd, F_GETFL);

	return (flags & O_ACCMODE) == O_RDONLY ? PROT_READ :
						 PROT_READ | PROT_WRITE;
}

/* Fails while a device has the buffer in its queue: see cmm_ring.h. */
static int check_not_queued(struct cmm_buf *buf)
{
	if (!atomic_load_explicit(&buf->queued, memory_order_acquire))
		return 0;
	return explain_failure(EBUSY,
			       "The frame is queued to a device, which may access it at any time; wait until cmm_ring_get() returns it.");
}

/* The size of the blocks in which the kernel can map a buffer. */
struct blocks {
	size_t size;		/* 0: none */
	size_t offset;		/* of the buffer's start in its block */
};

static struct blocks find_blocks(const struct cmm_buf *buf)
{
	struct blocks none = { 0, 0 };
	struct cmm_query answer;

	/* Use any address if the query fails: the zone may be unbound. */
	if (!buf->zone || cmm_zone_query(buf->zone, buf->fd, &answer))
		return none;
	return (struct blocks){ answer.map_block, answer.map_offset };
}

static void *map_at(const struct cmm_buf *buf, void *addr, int flags)
{
	return mmap(addr, buf->len, protection(buf), MAP_SHARED | flags, buf->fd,
		    0);
}

/*
 * The kernel ignores blocks when it chooses an address. Reserve more address space
 * than needed, and unmap all but the aligned part.
 */
static void *map_placed(const struct cmm_buf *buf, struct blocks blocks)
{
	size_t skip, size = buf->len + blocks.size;
	char *room, *addr;

	room = mmap(NULL, size, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return MAP_FAILED;
	skip = (blocks.offset - (uintptr_t)room) & (blocks.size - 1);
	addr = map_at(buf, room + skip, MAP_FIXED);
	if (addr == MAP_FAILED) {
		int saved = errno;

		munmap(room, size);
		errno = saved;
		return MAP_FAILED;
	}
	if (skip)
		munmap(room, skip);
	if (skip < blocks.size)
		munmap(addr + buf->len, blocks.size - skip);
	return addr;
}

/* Reads a byte of each block, or of each page if there are no blocks. */
static void prefault(const struct cmm_buf *buf, struct blocks blocks)
{
	const volatile char *at = buf->addr;
	size_t step = blocks.size, offset;

	if (!step)
		step = (size_t)sysconf(_SC_PAGESIZE);
	for (offset = 0; offset < buf->len;
	     offset += step - (blocks.offset + offset) % step)
		(void)at[offset];
}

void *cmm_buf_map_flags(struct cmm_buf *buf, unsigned int flags)
{
	struct blocks blocks;
	void *addr;

	if (flags & ~CMM_MAP_PREFAULT) {
		errno = EINVAL;
		return NULL;
	}
	if (check_not_queued(buf))
		return NULL;
	if (buf->addr && !flags)
		return buf->addr;

	blocks = find_blocks(buf);
	if (!buf->addr) {
		addr = blocks.size && buf->len >= blocks.size ?
		       map_placed(buf, blocks) : map_at(buf, NULL, 0);
		if (addr == MAP_FAILED)
			return NULL;
		buf->addr = addr;
	}
	if (flags & CMM_MAP_PREFAULT)
		prefault(buf, blocks);
	return buf->addr;
}

void *cmm_buf_map(struct cmm_buf *buf)
{
	return cmm_buf_map_flags(buf, 0);
}

int cmm_buf_unmap(struct cmm_buf *buf)
{
	if (!buf->addr)
		return 0;
	if (munmap(buf->addr, buf->len))
		return -1;
	buf->addr = NULL;
	return 0;
}

/* A wait for a device's fence is started again after a signal. */
static int was_interrupted(int ret)
{
	return ret && (errno == EINTR || errno == EAGAIN);
}

/* @edge is DMA_BUF_SYNC_START or DMA_BUF_SYNC_END. */
static int sync_cpu(struct cmm_buf *buf, unsigned int access, uint64_t edge)
{
	struct dma_buf_sync sync;
	uint32_t kernel;
	int ret;

	if (cmm_access_to_kernel(dma_buf_access, access, &kernel) ||
	    check_not_queued(buf))
		return -1;
	sync.flags = kernel | edge;
	do {
		ret = cmm_call_kernel(buf->fd, DMA_BUF_IOCTL_SYNC, &sync);
	} while (was_interrupted(ret));
	return ret;
}

int cmm_buf_sync_begin(struct cmm_buf *buf, unsigned int access)
{
	return sync_cpu(buf, access, DMA_BUF_SYNC_START);
}

int cmm_buf_sync_end(struct cmm_buf *buf, unsigned int access)
{
	return sync_cpu(buf, access, DMA_BUF_SYNC_END);
}

/* Fails if the kernel would not accept these parts. */
static int check_ranges(const struct cmm_range *ranges, unsigned int count)
{
	unsigned int i;

	errno = 0;
	if (!count)
		errno = EINVAL;
	else if (count > CMM_MAX_COUNT)
		errno = E2BIG;
	for (i = 0; !errno && i < count; i++)
		if (!ranges[i].buf->zone)
			errno = EXDEV;
		else
			check_not_queued(ranges[i].buf);
	return errno ? -1 : 0;
}

/*
 * Backends without ranges sync whole buffers. The caller replaces only a part, so an
 * access that writes must keep the rest: it reads also.
 */
static int sync_whole(const struct cmm_range *ranges, unsigned int count,
		      unsigned int access, uint64_t edge)
{
	unsigned int i;

	errno = 0;
	for (i = 0; !errno && i < count; i++) {
		if (ranges[i].buf->zone != ranges[0].buf->zone)
			errno = EXDEV;
		else if (!ranges[i].len || ranges[i].offset > ranges[i].buf->len ||
			 ranges[i].len > ranges[i].buf->len - ranges[i].offset)
			errno = EINVAL;
	}
	if (errno)
		return -1;
	if (access & CMM_CPU_WRITE)
		access |= CMM_CPU_READ;
	for (i = 0; i < count; i++)
		if (sync_cpu(ranges[i].buf, access, edge))
			return -1;
	return 0;
}

/* @edge is 0 or CMM_SYNC_END. */
static int sync_ranges(const struct cmm_range *ranges, unsigned int count,
		       unsigned int access, uint32_t edge)
{
	struct cmm_sync_entry entries[CMM_MAX_COUNT];
	struct cmm_sync sync = {
		.entries = (uintptr_t)entries,
		.count = count,
		.entry_size = sizeof(entries[0]),
	};
	const struct cmm_zone *zone;
	uint32_t kernel;
	unsigned int i;
	int ret;

	if (cmm_access_to_kernel(range_access, access, &kernel) ||
	    check_ranges(ranges, count))
		return -1;
	zone = ranges[0].buf->zone;
	if (zone->backend != BACKEND_CMM)
		return sync_whole(ranges, count, access,
				  edge ? DMA_BUF_SYNC_END : DMA_BUF_SYNC_START);
	for (i = 0; i < count; i++)
		entries[i] = (struct cmm_sync_entry) {
			.fd = ranges[i].buf->fd,
			.flags = kernel | edge,
			.offset = ranges[i].offset,
			.len = ranges[i].len,
		};
	do {
		ret = cmm_zone_call(zone, CMM_IOC_SYNC, &sync);
	} while (was_interrupted(ret));
	return ret;
}

int cmm_buf_sync_begin_ranges(const struct cmm_range *ranges,
			      unsigned int count, unsigned int access)
{
	return sync_ranges(ranges, count, access, 0);
}

int cmm_buf_sync_end_ranges(const struct cmm_range *ranges,
			    unsigned int count, unsigned int access)
{
	return sync_ranges(ranges, count, access, CMM_SYNC_END);
}

int cmm_buf_sync_begin_range(struct cmm_buf *buf, size_t offset, size_t len,
			     unsigned int access)
{
	const struct cmm_range range = { buf, offset, len };

	return sync_ranges(&range, 1, access, 0);
}

int cmm_buf_sync_end_range(struct cmm_buf *buf, size_t offset, size_t len,
			   unsigned int access)
{
	const struct cmm_range range = { buf, offset, len };

	return sync_ranges(&range, 1, access, CMM_SYNC_END);
}
