// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctl, buffers: CMM_IOC_QUERY, CMM_IOC_LIST and CMM_IOC_VIEW.
 */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "buffer.h"
#include "client.h"
#include "dmabuf.h"
#include "fault.h"
#include "ioctl.h"
#include "sync.h"
#include "zone.h"

static_assert(sizeof(struct cmm_query) == 136);
static_assert(sizeof(struct cmm_list_entry) == 264);
static_assert(sizeof(struct cmm_list) == 24);
static_assert(sizeof(struct cmm_view) == 32);
static_assert(CMM_COMM_LEN == TASK_COMM_LEN);

/* The most entries that one CMM_IOC_LIST writes. The caller asks for the rest again. */
#define CMM_LIST_BATCH		64

/* Whether the caller may see all buffers, and their offsets: see struct cmm_query. */
static bool ioctl_is_admin(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
}

/* The CMM_BUF_* bits that QUERY and LIST have in common. */
static u32 ioctl_buffer_flags(const struct cmm_buffer_info *info, bool admin)
{
	u32 flags = info->params.flags;

	if (info->owner_gone)
		flags |= CMM_BUF_OWNER_GONE;
	if (admin)
		flags |= CMM_BUF_OFFSET;
	return flags;
}

/* Add the physical address, if the zone exposes it and the caller may know it. */
static void ioctl_query_phys(struct cmm_query *query,
			     const struct cmm_dmabuf *dmabuf)
{
	if (!(dmabuf->buffer->zone->flags & CMM_ZONE_EXPOSE_PHYS) ||
	    !capable(CAP_SYS_RAWIO))
		return;
	cmm_sync_disclose(dmabuf->buffer);
	query->phys = cmm_dmabuf_phys(dmabuf);
	query->flags |= CMM_BUF_PHYS;
}

/* The alignment that a view still has: its offset may divide it. */
static u64 ioctl_query_align(const struct cmm_dmabuf *dmabuf)
{
	u64 offset = dmabuf->part.offset;
	u64 align = dmabuf->buffer->params.align;

	return offset ? min(align, offset & -offset) : align;
}

static void ioctl_query_fill(struct cmm_query *query,
			     const struct cmm_dmabuf *dmabuf)
{
	bool admin = ioctl_is_admin();
	struct cmm_buffer_info info;

	cmm_buffer_info(dmabuf->buffer, &info);
	*query = (struct cmm_query) {
		.fd = query->fd,
		.flags = ioctl_buffer_flags(&info, admin),
		.id = info.id,
		.len = dmabuf->part.size,
		.align = ioctl_query_align(dmabuf),
		.offset = admin ? info.offset + dmabuf->part.offset : 0,
		.age_ns = info.age_ns,
		.uid = from_kuid_munged(current_user_ns(), info.uid),
		.pid = info.pid,
		.map_block = CMM_FAULT_BLOCK,
		.map_offset = cmm_fault_offset(dmabuf),
		.view_offset = dmabuf->part.offset,
		.inode = dmabuf->inode,
	};
	strscpy(query->comm, info.comm, sizeof(query->comm));
	strscpy(query->name, info.name, sizeof(query->name));
	if (cmm_dmabuf_is_read_only(dmabuf))
		query->flags |= CMM_BUF_READ_ONLY;
	ioctl_query_phys(query, dmabuf);
}

/**
 * cmm_ioctl_query() - CMM_IOC_QUERY
 * @ucmd: the call
 *
 * Return: 0, -EBADF, -EXDEV, -ENODEV or -EFAULT.
 */
int cmm_ioctl_query(struct cmm_ucmd *ucmd)
{
	struct cmm_zone *zone = ucmd->client->zone;
	struct cmm_query *query = ucmd->cmd;
	struct dma_buf *dmabuf;
	int ret;

	ret = cmm_zone_enter(zone);
	if (ret)
		return ret;
	dmabuf = cmm_dmabuf_get(zone, query->fd);
	if (IS_ERR(dmabuf)) {
		ret = PTR_ERR(dmabuf);
	} else {
		ioctl_query_fill(query, cmm_dmabuf_of(dmabuf));
		dma_buf_put(dmabuf);
	}
	cmm_zone_exit(zone);
	return ret ?: cmm_ucmd_reply(ucmd, sizeof(*query));
}

static void ioctl_list_fill(struct cmm_list_entry *entry,
			    struct cmm_buffer *buffer, bool admin)
{
	struct cmm_buffer_info info;

	cmm_buffer_info(buffer, &info);
	*entry = (struct cmm_list_entry) {
		.id = info.id,
		.offset = admin ? info.offset : 0,
		.len = info.params.size,
		.age_ns = info.age_ns,
		.uid = from_kuid_munged(current_user_ns(), info.uid),
		.pid = info.pid,
		.flags = ioctl_buffer_flags(&info, admin),
	};
	if (info.sealed)
		entry->flags |= CMM_BUF_READ_ONLY;
	strscpy(entry->comm, info.comm, sizeof(entry->comm));
	strscpy(entry->name, info.name, sizeof(entry->name));
	entry->attached = cmm_buffer_devices(buffer, entry->devices);
	entry->dmabufs = cmm_buffer_inodes(buffer, entry->inodes);
}

/*
 * Write the entry with the given index.
 *
 * Return: 1, 0 if there is no more buffer, or a negative errno.
 */
static int ioctl_list_next(struct cmm_zone *zone, struct cmm_list *list,
			   unsigned int index, bool admin)
{
	struct cmm_list_entry entry;
	kuid_t uid = current_euid();
	struct cmm_buffer *buffer;

	buffer = cmm_buffer_get_next(zone, list->after, admin ? NULL : &uid);
	if (IS_ERR_OR_NULL(buffer))
		return PTR_ERR_OR_ZERO(buffer);
	ioctl_list_fill(&entry, buffer, admin);
	/* Before the write to user memory, which may take long. */
	cmm_buffer_put(buffer);
	list->after = entry.id;
	return cmm_ucmd_reply_entry(list->entries, index, list->entry_size,
				    &entry, sizeof(entry)) ?: 1;
}

/**
 * cmm_ioctl_list() - CMM_IOC_LIST
 * @ucmd: the call
 *
 * Return: 0, -EINVAL, -E2BIG, -EFAULT, -ENODEV, or -EINTR if the process is being
 * killed.
 */
int cmm_ioctl_list(struct cmm_ucmd *ucmd)
{
	struct cmm_zone *zone = ucmd->client->zone;
	struct cmm_list *list = ucmd->cmd;
	unsigned int max = min_t(u32, list->count, CMM_LIST_BATCH), n = 0;
	bool admin = ioctl_is_admin();
	int ret;

	if (!list->entry_size)
		return -EINVAL;
	if (list->entry_size > CMM_IOCTL_MAX_ENTRY)
		return -E2BIG;
	ret = cmm_zone_check_alive(zone);
	if (ret)
		return ret;

	while (n < max) {
		ret = ioctl_list_next(zone, list, n, admin);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		n++;
	}
	list->count = n;
	return cmm_ucmd_reply(ucmd, sizeof(*list));
}

/* Get the dma_buf of the descriptor, and create the view. */
static int ioctl_view_create(struct cmm_zone *zone, const struct cmm_view *view,
			     struct dma_buf **dmabuf, struct dma_buf **created)
{
	const struct cmm_part part = {
		.offset = view->offset,
		.size = view->len,
	};
	int ret;

	ret = cmm_zone_enter(zone);
	if (ret)
		return ret;
	*dmabuf = cmm_dmabuf_get(zone, view->fd);
	ret = PTR_ERR_OR_ZERO(*dmabuf);
	if (ret)
		goto exit_zone;
	*created = cmm_dmabuf_view(*dmabuf, &part,
				   view->flags & CMM_VIEW_WRITE);
	ret = PTR_ERR_OR_ZERO(*created);
	if (ret)
		dma_buf_put(*dmabuf);
exit_zone:
	cmm_zone_exit(zone);
	return ret;
}

/*
 * Reply, then seal, then install the descriptor. A seal cannot be undone, so it comes
 * after the last step that can fail. If the buffer turns out to be in use, a second
 * reply replaces the descriptor's number.
 */
static int ioctl_view_install(struct cmm_ucmd *ucmd,
			      const struct dma_buf *dmabuf,
			      struct dma_buf *created)
{
	struct cmm_view *view = ucmd->cmd;
	int fd, ret;

	fd = get_unused_fd_flags(view->fd_flags);
	if (fd < 0)
		return fd;

	view->view_fd = fd;
	ret = cmm_ucmd_reply(ucmd, sizeof(*view));
	if (!ret && view->flags & CMM_VIEW_SEAL)
		ret = cmm_dmabuf_seal(dmabuf);
	if (!ret) {
		fd_install(fd, created->file);
		return 0;
	}

	put_unused_fd(fd);
	view->view_fd = -1;
	if (cmm_ucmd_reply(ucmd, sizeof(*view)))
		ret = -EFAULT;
	return ret;
}

static int ioctl_view_check(const struct cmm_view *view)
{
	if (view->flags & ~(CMM_VIEW_WRITE | CMM_VIEW_SEAL) ||
	    view->flags == (CMM_VIEW_WRITE | CMM_VIEW_SEAL) ||
	    view->fd_flags & ~O_CLOEXEC)
		return -EINVAL;
	return 0;
}

/**
 * cmm_ioctl_view() - CMM_IOC_VIEW
 * @ucmd: the call
 *
 * Return: 0, -EINVAL, -EBADF, -EXDEV, -EACCES, -EBUSY, -EMFILE, -ENFILE, -ENOMEM,
 * -ENODEV or -EFAULT.
 */
int cmm_ioctl_view(struct cmm_ucmd *ucmd)
{
	const struct cmm_view *view = ucmd->cmd;
	struct dma_buf *dmabuf, *created;
	int ret;

	ret = ioctl_view_check(view);
	if (ret)
		return ret;
	ret = ioctl_view_create(ucmd->client->zone, view, &dmabuf, &created);
	if (ret)
		return ret;
	ret = ioctl_view_install(ucmd, dmabuf, created);
	if (ret)
		dma_buf_put(created);
	dma_buf_put(dmabuf);
	return ret;
}
