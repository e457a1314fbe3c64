// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctl, alloc: CMM_IOC_ALLOC.
 *
 * The order is: reserve the descriptors, allocate, copy the result to the user, and
 * install the descriptors. The user owns an installed descriptor, so nothing touches
 * its buffer after that.
 */
#include <linux/build_bug.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "buffer.h"
#include "client.h"
#include "dmabuf.h"
#include "ioctl.h"
#include "name.h"
#include "zone.h"

static_assert(sizeof(struct cmm_alloc) == 88);

/**
 * struct ioctl_batch - the buffers of one call
 * @count: buffers wanted
 * @fds: reserved descriptors, or -1
 * @buffers: the buffers, during ioctl_alloc_create()
 * @dmabufs: the buffers, valid after ioctl_alloc_create()
 */
struct ioctl_batch {
	unsigned int count;
	s32 fds[CMM_ALLOC_MAX_COUNT];
	struct cmm_buffer *buffers[CMM_ALLOC_MAX_COUNT];
	struct dma_buf *dmabufs[CMM_ALLOC_MAX_COUNT];
};

static int ioctl_alloc_check(const struct cmm_alloc *alloc,
			     struct cmm_buffer_params *params)
{
	if (alloc->count > CMM_ALLOC_MAX_COUNT)
		return -E2BIG;
	if (!alloc->count || alloc->pad || alloc->flags & ~CMM_BUF_FLAGS ||
	    alloc->fd_flags & ~O_CLOEXEC)
		return -EINVAL;
	if (alloc->align > CMM_ALIGN_MAX ||
	    (alloc->align && !is_power_of_2(alloc->align)))
		return -EINVAL;
	if (!cmm_name_is_valid(alloc->name))
		return -EINVAL;

	*params = (struct cmm_buffer_params) {
		.size = PAGE_ALIGN(alloc->len),
		.align = max_t(u64, alloc->align, PAGE_SIZE),
		.flags = alloc->flags,
	};
	strscpy(params->name, alloc->name, sizeof(params->name));
	/* Rounding up a too large length wraps to 0. */
	return params->size ? 0 : -EINVAL;
}

static void ioctl_alloc_put_fds(struct ioctl_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->count; i++) {
		if (batch->fds[i] >= 0)
			put_unused_fd(batch->fds[i]);
		batch->fds[i] = -1;
	}
}

static int ioctl_alloc_reserve_fds(struct ioctl_batch *batch,
				   unsigned int fd_flags)
{
	unsigned int i;
	int fd;

	memset(batch->fds, -1, sizeof(batch->fds));
	for (i = 0; i < batch->count; i++) {
		fd = get_unused_fd_flags(fd_flags);
		if (fd < 0) {
			ioctl_alloc_put_fds(batch);
			return fd;
		}
		batch->fds[i] = fd;
	}
	return 0;
}

/* Allocate the buffers and wrap each in a dma_buf: all or none. */
static int ioctl_alloc_create(struct cmm_zone *zone, struct ioctl_batch *batch,
			      const struct cmm_buffer_params *params,
			      struct cmm_usage *shortage)
{
	struct cmm_buffer **buffers = batch->buffers;
	unsigned int n = 0, i;
	int ret;

	ret = cmm_zone_enter(zone);
	if (ret)
		return ret;
	ret = cmm_buffers_create(zone, params, buffers, batch->count, shortage);
	if (ret)
		goto exit_zone;

	for (; n < batch->count; n++) {
		batch->dmabufs[n] = cmm_dmabuf_export(buffers[n], O_RDWR);
		if (IS_ERR(batch->dmabufs[n])) {
			ret = PTR_ERR(batch->dmabufs[n]);
			goto put_buffers;
		}
	}
	cmm_zone_exit(zone);
	return 0;

put_buffers:
	for (i = n; i < batch->count; i++)
		cmm_buffer_put(buffers[i]);
	while (n)
		dma_buf_put(batch->dmabufs[--n]);
exit_zone:
	cmm_zone_exit(zone);
	return ret;
}

static inline int ioctl_alloc_reply_fds(const struct cmm_alloc *alloc,
					const struct ioctl_batch *batch)
{
	return copy_to_user(u64_to_user_ptr(alloc->fds), batch->fds,
			    batch->count * sizeof(batch->fds[0])) ? -EFAULT : 0;
}

/**
 * cmm_ioctl_alloc() - CMM_IOC_ALLOC
 * @ucmd: the call
 *
 * A failure also copies the result to the user, unless the request is malformed: the
 * free space, and -1 for each descriptor.
 *
 * Return: 0, -EINVAL, -E2BIG, -EFAULT, -EMFILE, -ENFILE, -ENODEV, or an error of
 * cmm_buffers_create() or cmm_dmabuf_export().
 */
int cmm_ioctl_alloc(struct cmm_ucmd *ucmd)
{
	struct cmm_alloc *alloc = ucmd->cmd;
	struct cmm_buffer_params params;
	struct cmm_usage shortage = {};
	struct ioctl_batch batch;
	unsigned int i;
	int ret;

	ret = ioctl_alloc_check(alloc, &params);
	if (ret)
		return ret;

	batch.count = alloc->count;
	ret = ioctl_alloc_reserve_fds(&batch, alloc->fd_flags);
	if (!ret) {
		ret = ioctl_alloc_create(ucmd->client->zone, &batch, &params,
					 &shortage);
		if (ret)
			ioctl_alloc_put_fds(&batch);
	}

	alloc->len = params.size;
	alloc->largest_free = shortage.largest_free;
	alloc->total_free = shortage.free;
	if (ioctl_alloc_reply_fds(alloc, &batch) ||
	    cmm_ucmd_reply(ucmd, sizeof(*alloc)))
		goto fault;

	for (i = 0; !ret && i < batch.count; i++)
		fd_install(batch.fds[i], batch.dmabufs[i]->file);
	return ret;

fault:
	if (!ret) {
		ioctl_alloc_put_fds(&batch);
		for (i = 0; i < batch.count; i++)
			dma_buf_put(batch.dmabufs[i]);
	}
	/* The caller must not take a number in its array for a descriptor. */
	ioctl_alloc_reply_fds(alloc, &batch);
	return -EFAULT;
}
