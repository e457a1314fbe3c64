// SPDX-License-Identifier: MIT
/*
 * The CPU's access to a buffer: one mapping, and the brackets around its use.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/dma-buf.h>

#include "internal.h"

void *cmm_buf_map(struct cmm_buf *buf)
{
	void *addr;

	if (buf->addr)
		return buf->addr;

	addr = mmap(NULL, buf->len, PROT_READ | PROT_WRITE, MAP_SHARED,
		    buf->fd, 0);
	if (addr == MAP_FAILED)
		return NULL;
	buf->addr = addr;
	return addr;
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
