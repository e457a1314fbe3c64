// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctl, sync: CMM_IOC_SYNC, a batch of CPU accesses.
 *
 * The steps are: read all entries, check all entries, wait for all devices, maintain
 * all caches. All steps that can fail come first. So a batch that fails has no effect,
 * unless its process is being killed. Only the check enters the zone: the batch holds
 * its dma_bufs, and the wait lasts as long as the devices' work.
 */
#include <linux/build_bug.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "buffer.h"
#include "client.h"
#include "dmabuf.h"
#include "ioctl.h"
#include "sync.h"
#include "zone.h"

static_assert(sizeof(struct cmm_sync) == 16);
static_assert(sizeof(struct cmm_sync_entry) == 24);

/**
 * struct ioctl_access - one entry
 * @entry: copy of the caller's entry
 * @dmabuf: dma_buf of its descriptor, one reference; NULL before the check
 */
struct ioctl_access {
	struct cmm_sync_entry entry;
	struct dma_buf *dmabuf;
};

static enum dma_data_direction
ioctl_sync_direction(const struct ioctl_access *access)
{
	switch (access->entry.flags & CMM_SYNC_RW) {
	case CMM_SYNC_READ:
		return DMA_FROM_DEVICE;
	case CMM_SYNC_WRITE:
		return DMA_TO_DEVICE;
	default:
		return DMA_BIDIRECTIONAL;
	}
}

static int ioctl_sync_read(const struct cmm_sync *sync,
			   struct ioctl_access *accesses)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < sync->count; i++) {
		u64 from = sync->entries + (u64)i * sync->entry_size;

		ret = copy_struct_from_user(&accesses[i].entry,
					    sizeof(accesses[i].entry),
					    u64_to_user_ptr(from),
					    sync->entry_size);
	}
	return ret;
}

static int ioctl_sync_check(struct cmm_zone *zone, struct ioctl_access *access)
{
	const struct cmm_sync_entry *entry = &access->entry;
	struct dma_buf *dmabuf;
	int ret;

	if (entry->flags & ~(CMM_SYNC_RW | CMM_SYNC_END) ||
	    !(entry->flags & CMM_SYNC_RW))
		return -EINVAL;

	dmabuf = cmm_dmabuf_get(zone, entry->fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	access->dmabuf = dmabuf;

	ret = cmm_dmabuf_check_access(cmm_dmabuf_of(dmabuf),
				      ioctl_sync_direction(access));
	if (ret)
		return ret;
	if (!entry->len || entry->offset > dmabuf->size ||
	    entry->len > dmabuf->size - entry->offset)
		return -EINVAL;
	return 0;
}

static int ioctl_sync_check_all(struct cmm_zone *zone,
				struct ioctl_access *accesses,
				unsigned int count)
{
	unsigned int i;
	int ret;

	ret = cmm_zone_enter(zone);
	if (ret)
		return ret;
	for (i = 0; !ret && i < count; i++)
		ret = ioctl_sync_check(zone, &accesses[i]);
	cmm_zone_exit(zone);
	return ret;
}

static int ioctl_sync_wait(const struct ioctl_access *accesses,
			   unsigned int count)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++)
		if (!(accesses[i].entry.flags & CMM_SYNC_END))
			ret = cmm_sync_wait(accesses[i].dmabuf,
					    ioctl_sync_direction(&accesses[i]));
	return ret;
}

static int ioctl_sync_maintain(const struct ioctl_access *access)
{
	const struct cmm_dmabuf *dmabuf = cmm_dmabuf_of(access->dmabuf);
	const struct cmm_sync_entry *entry = &access->entry;
	const struct cmm_part part = {
		.offset = dmabuf->part.offset + entry->offset,
		.size = entry->len,
	};

	if (entry->flags & CMM_SYNC_END)
		return cmm_sync_end(dmabuf->buffer, &part,
				    ioctl_sync_direction(access));
	return cmm_sync_begin(dmabuf->buffer, &part,
			      ioctl_sync_direction(access));
}

static int ioctl_sync_all(struct cmm_zone *zone, struct ioctl_access *accesses,
			  unsigned int count)
{
	unsigned int i;
	int ret;

	ret = ioctl_sync_check_all(zone, accesses, count);
	if (!ret)
		ret = ioctl_sync_wait(accesses, count);
	for (i = 0; !ret && i < count; i++)
		ret = ioctl_sync_maintain(&accesses[i]);

	for (i = 0; i < count; i++)
		if (accesses[i].dmabuf)
			dma_buf_put(accesses[i].dmabuf);
	return ret;
}

/**
 * cmm_ioctl_sync() - CMM_IOC_SYNC
 * @ucmd: the call
 *
 * Return: 0, -EINVAL, -E2BIG, -EFAULT, -EBADF, -EXDEV, -EACCES, -EOPNOTSUPP,
 * -ENOMEM, -ENODEV, -ERESTARTSYS if a signal interrupts the wait for a device, or
 * -EINTR if the process is being killed.
 */
int cmm_ioctl_sync(struct cmm_ucmd *ucmd)
{
	const struct cmm_sync *sync = ucmd->cmd;
	struct ioctl_access *accesses;
	int ret;

	if (!sync->count || !sync->entry_size)
		return -EINVAL;
	if (sync->count > CMM_SYNC_MAX_COUNT ||
	    sync->entry_size > CMM_IOCTL_MAX_ENTRY)
		return -E2BIG;

	accesses = kcalloc(sync->count, sizeof(*accesses), GFP_KERNEL);
	if (!accesses)
		return -ENOMEM;
	ret = ioctl_sync_read(sync, accesses);
	if (!ret)
		ret = ioctl_sync_all(ucmd->client->zone, accesses, sync->count);
	kfree(accesses);
	return ret;
}
