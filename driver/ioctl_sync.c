// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctl, sync: a batch of CPU accesses.
 *
 * All entries are read, then all are checked, then all devices are waited for,
 * then all caches are maintained. What can fail comes first, so a batch that
 * fails has done nothing, except if its process is being killed. The zone is entered
 * for the checks only: the batch holds its dma_bufs, and waits as long as devices
 * work.
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
#include "dmabuf.h"
#include "ioctl_sync.h"
#include "sync.h"
#include "zone.h"

static_assert(sizeof(struct cmm_sync) == 16);
static_assert(sizeof(struct cmm_sync_entry) == 24);

/* The largest entry that a caller may know: far more than is ever needed. */
#define CMM_SYNC_MAX_ENTRY	4096

/**
 * struct cmm_access - one entry
 * @entry: as the caller gave it
 * @dmabuf: what its descriptor stands for, held; NULL as long as it is not known
 */
struct cmm_access {
	struct cmm_sync_entry entry;
	struct dma_buf *dmabuf;
};

static enum dma_data_direction direction_of(const struct cmm_access *access)
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

static int read_entries(const struct cmm_sync *sync, struct cmm_access *accesses)
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

static int check_access(struct cmm_zone *zone, struct cmm_access *access)
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

	ret = cmm_dmabuf_check_access(dmabuf, direction_of(access));
	if (ret)
		return ret;
	if (!entry->len || entry->offset > dmabuf->size ||
	    entry->len > dmabuf->size - entry->offset)
		return -EINVAL;
	return 0;
}

static int check_accesses(struct cmm_zone *zone, struct cmm_access *accesses,
			  unsigned int count)
{
	unsigned int i;
	int ret;

	ret = cmm_zone_enter(zone);
	if (ret)
		return ret;
	for (i = 0; !ret && i < count; i++)
		ret = check_access(zone, &accesses[i]);
	cmm_zone_exit(zone);
	return ret;
}

static int wait_for_devices(const struct cmm_access *accesses,
			    unsigned int count)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < count; i++)
		if (!(accesses[i].entry.flags & CMM_SYNC_END))
			ret = cmm_sync_wait(accesses[i].dmabuf,
					    direction_of(&accesses[i]));
	return ret;
}

static int maintain(const struct cmm_access *access)
{
	struct cmm_buffer *buffer = cmm_dmabuf_buffer(access->dmabuf);
	const struct cmm_sync_entry *entry = &access->entry;

	if (entry->flags & CMM_SYNC_END)
		return cmm_sync_end(buffer, entry->offset, entry->len,
				    direction_of(access));
	return cmm_sync_begin(buffer, entry->offset, entry->len,
			      direction_of(access));
}

static int sync_accesses(struct cmm_zone *zone, struct cmm_access *accesses,
			 unsigned int count)
{
	unsigned int i;
	int ret;

	ret = check_accesses(zone, accesses, count);
	if (!ret)
		ret = wait_for_devices(accesses, count);
	for (i = 0; !ret && i < count; i++)
		ret = maintain(&accesses[i]);

	for (i = 0; i < count; i++)
		if (accesses[i].dmabuf)
			dma_buf_put(accesses[i].dmabuf);
	return ret;
}

/**
 * cmm_ioctl_sync() - begin or end CPU accesses
 * @zone: the zone
 * @sync: the caller's request
 *
 * Return: 0, -EINVAL, -E2BIG, -EFAULT, -EBADF, -EXDEV, -EACCES, -EOPNOTSUPP,
 * -ENOMEM, -ENODEV, -ERESTARTSYS if a signal came while a device was waited for, or
 * -EINTR if the process is being killed.
 */
int cmm_ioctl_sync(struct cmm_zone *zone, const struct cmm_sync *sync)
{
	struct cmm_access *accesses;
	int ret;

	if (!sync->count || !sync->entry_size)
		return -EINVAL;
	if (sync->count > CMM_SYNC_MAX_COUNT ||
	    sync->entry_size > CMM_SYNC_MAX_ENTRY)
		return -E2BIG;

	accesses = kcalloc(sync->count, sizeof(*accesses), GFP_KERNEL);
	if (!accesses)
		return -ENOMEM;
	ret = read_entries(sync, accesses);
	if (!ret)
		ret = sync_accesses(zone, accesses, sync->count);
	kfree(accesses);
	return ret;
}
