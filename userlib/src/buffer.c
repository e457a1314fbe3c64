// SPDX-License-Identifier: MIT
/*
 * Imports, closes and describes buffers. A buffer owns its descriptor, its
 * CPU mapping and a reference to its zone.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/cmm.h>
#include <linux/dma-buf.h>

#include "internal.h"

static_assert(CMM_COMM_SIZE == CMM_COMM_LEN, "names are copied");
static_assert(CMM_INFO_WC == CMM_BUF_WC, "flags are passed on");
static_assert(CMM_INFO_PHYS == CMM_BUF_PHYS, "flags are passed on");
static_assert(CMM_INFO_OFFSET == CMM_BUF_OFFSET, "flags are passed on");
static_assert(CMM_INFO_OWNER_GONE == CMM_BUF_OWNER_GONE, "flags are passed on");
static_assert(CMM_INFO_READ_ONLY == CMM_BUF_READ_ONLY, "flags are passed on");

static const struct flag view_flags[] = {
	{ CMM_VIEW_WRITABLE, CMM_VIEW_WRITE },
	{ CMM_VIEW_PERMANENT, CMM_VIEW_SEAL },
};

struct cmm_buf *cmm_buf_new(struct cmm_zone *zone)
{
	struct cmm_buf *buf = calloc(1, sizeof(*buf));

	if (!buf)
		return NULL;
	buf->fd = -1;
	buf->zone = zone ? zone_get(zone) : NULL;
	return buf;
}

void cmm_buf_close(struct cmm_buf *buf)
{
	int saved = errno;

	if (!buf)
		return;
	cmm_buf_unmap(buf);
	if (buf->fd >= 0)
		close(buf->fd);
	cmm_zone_close(buf->zone);
	free(buf);
	errno = saved;
}

/* Fails with EBADF unless @fd is a dma-buf, of any exporter. */
static int check_dmabuf(int fd)
{
	/*
	 * Every dma-buf rejects a sync without read and write with EINVAL, and does
	 * nothing. Other files don't know the command.
	 */
	struct dma_buf_sync nothing = { .flags = 0 };

	if (cmm_call_kernel(fd, DMA_BUF_IOCTL_SYNC, &nothing) && errno == EINVAL)
		return 0;
	errno = EBADF;
	return -1;
}

struct cmm_buf *cmm_buf_import(struct cmm_zone *zone, int fd)
{
	struct cmm_query answer;
	struct cmm_buf *buf;
	off_t len;

	if (zone ? cmm_zone_query(zone, fd, &answer) : check_dmabuf(fd))
		return NULL;
	buf = cmm_buf_new(zone);
	if (!buf)
		return NULL;

	buf->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (buf->fd < 0)
		goto close_buf;
	len = lseek(buf->fd, 0, SEEK_END);
	if (len < 0)
		goto close_buf;
	buf->len = (size_t)len;
	return buf;

close_buf:
	cmm_buf_close(buf);
	return NULL;
}

struct cmm_buf *cmm_buf_view(const struct cmm_buf *buf, size_t offset,
			     size_t len, unsigned int flags)
{
	struct cmm_view request = {
		.fd = buf->fd,
		.offset = offset,
		.len = len,
		.fd_flags = O_CLOEXEC,
	};
	struct cmm_buf *view;

	if (cmm_flags_to_kernel(view_flags, 2, flags, &request.flags))
		return NULL;
	if (!buf->zone) {
		errno = EXDEV;
		return NULL;
	}
	/* All steps that can fail come first: a seal cannot be undone. */
	view = cmm_buf_new(buf->zone);
	if (!view)
		return NULL;
	if (cmm_zone_call(buf->zone, CMM_IOC_VIEW, &request)) {
		cmm_buf_close(view);
		return NULL;
	}
	view->fd = request.view_fd;
	view->len = len;
	return view;
}

int cmm_buf_fd(const struct cmm_buf *buf)
{
	return buf->fd;
}

size_t cmm_buf_len(const struct cmm_buf *buf)
{
	return buf->len;
}

int cmm_buf_info_sized(const struct cmm_buf *buf, struct cmm_buf_info *info,
		       size_t size)
{
	struct cmm_buf_info known = { 0 };
	struct cmm_query answer;

	if (!buf->zone) {
		errno = EXDEV;
		return -1;
	}
	if (cmm_zone_query(buf->zone, buf->fd, &answer))
		return -1;

	known.id = answer.id;
	known.len = answer.len;
	known.align = answer.align;
	known.offset = answer.offset;
	known.phys = answer.phys;
	known.age_ns = answer.age_ns;
	known.flags = answer.flags;
	known.uid = answer.uid;
	known.pid = answer.pid;
	known.view_offset = answer.view_offset;
	known.inode = answer.inode;
	memcpy(known.comm, answer.comm, sizeof(known.comm));
	memcpy(known.name, answer.name, sizeof(known.name));
	copy_sized(info, size, &known, sizeof(known));
	return 0;
}
