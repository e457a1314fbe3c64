// SPDX-License-Identifier: MIT
/*
 * The CPU's access to a buffer: one mapping, and the brackets around its use.
 */
#define _DEFAULT_SOURCE		/* MAP_ANONYMOUS, MAP_NORESERVE */

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-buf.h>

#include "internal.h"

/* The blocks in which the kernel can map a buffer. */
struct blocks {
	size_t size;		/* 0: none */
	size_t offset;		/* of the buffer's beginning in one */
};

static struct blocks find_blocks(const struct cmm_buf *buf)
{
	struct blocks none = { 0, 0 };
	struct cmm_query answer;

	/* An unbound zone does not answer; any address will do then. */
	if (!buf->zone || zone_query(buf->zone, buf->fd, &answer))
		return none;
	return (struct blocks){ answer.map_block, answer.map_offset };
}

static void *map_at(const struct cmm_buf *buf, void *addr, int flags)
{
	return mmap(addr, buf->len, PROT_READ | PROT_WRITE, MAP_SHARED | flags,
		    buf->fd, 0);
}

/*
 * The kernel chooses addresses without regard to blocks. So more is reserved
 * than is needed, and given back but for the part that is well placed.
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

	if (flags & ~CMM_PREFAULT) {
		errno = EINVAL;
		return NULL;
	}
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
	if (flags & CMM_PREFAULT)
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

/* @edge is DMA_BUF_SYNC_START or DMA_BUF_SYNC_END. */
static int sync_cpu(struct cmm_buf *buf, unsigned int access, uint64_t edge)
{
	struct dma_buf_sync sync = { .flags = edge };
	int ret;

	if (!access || access & ~(CMM_READ | CMM_WRITE)) {
		errno = EINVAL;
		return -1;
	}
	if (access & CMM_READ)
		sync.flags |= DMA_BUF_SYNC_READ;
	if (access & CMM_WRITE)
		sync.flags |= DMA_BUF_SYNC_WRITE;

	/* The wait for a device's fence may be interrupted: begin it anew. */
	do {
		ret = ioctl(buf->fd, DMA_BUF_IOCTL_SYNC, &sync);
	} while (ret && (errno == EINTR || errno == EAGAIN));
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
