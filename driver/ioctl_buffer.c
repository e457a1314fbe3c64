// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctl, buffers: CMM_IOC_QUERY, CMM_IOC_LIST and CMM_IOC_SEAL.
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

static_assert(sizeof(struct cmm_query) == 120);
static_assert(sizeof(struct cmm_list_entry) == 192);
static_assert(sizeof(struct cmm_list) == 24);
static_assert(sizeof(struct cmm_seal) == 16);
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
static void ioctl_query_phys(struct cmm_query *query, struct cmm_buffer *buffer)
{
	if (!(buffer->zone->flags & CMM_ZONE_EXPOSE_PHYS) ||
	    !capable(CAP_SYS_RAWIO))
		return;
	cmm_sync_disclose(buffer);
	query->phys = buffer->allocation.extent.start;
	query->flags |= CMM_BUF_PHYS;
}

static void ioctl_query_fill(struct cmm_query *query,
			     const struct dma_buf *dmabuf)
{
	struct cmm_buffer *buffer = cmm_dmabuf_buffer(dmabuf);
	bool admin = ioctl_is_admin();
	struct cmm_buffer_info info;

	cmm_buffer_info(buffer, &info);
	*query = (struct cmm_query) {
		.fd = query->fd,
		.flags = ioctl_buffer_flags(&info, admin),
		.id = info.id,
		.len = info.params.size,
		.align = info.params.align,
		.offset = admin ? info.offset : 0,
		.age_ns = info.age_ns,
		.uid = from_kuid_munged(current_user_ns(), info.uid),
		.pid = info.pid,
		.map_block = CMM_FAULT_BLOCK,
		.map_offset = cmm_fault_offset(buffer),
	};
	strscpy(query->comm, info.comm, sizeof(query->comm));
	strscpy(query->name, info.name, sizeof(query->name));
	if (cmm_dmabuf_is_read_only(dmabuf))
		query->flags |= CMM_BUF_READ_ONLY;
	ioctl_query_phys(query, buffer);
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
		ioctl_query_fill(query, dmabuf);
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

/* Get the dma_buf of a descriptor, and create a read-only one of the same buffer. */
static int ioctl_seal_export(struct cmm_zone *zone, int fd,
			     struct dma_buf **dmabuf,
			     struct dma_buf **read_only)
{
	int ret;

	ret = cmm_zone_enter(zone);
	if (ret)
		return ret;
	*dmabuf = cmm_dmabuf_get(zone, fd);
	ret = PTR_ERR_OR_ZERO(*dmabuf);
	if (ret)
		goto exit_zone;
	*read_only = cmm_dmabuf_export_read_only(*dmabuf);
	ret = PTR_ERR_OR_ZERO(*read_only);
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
static int ioctl_seal_install(struct cmm_ucmd *ucmd, struct dma_buf *dmabuf,
			      struct dma_buf *read_only)
{
	struct cmm_seal *seal = ucmd->cmd;
	int fd, ret;

	fd = get_unused_fd_flags(seal->fd_flags);
	if (fd < 0)
		return fd;

	seal->sealed_fd = fd;
	ret = cmm_ucmd_reply(ucmd, sizeof(*seal));
	if (!ret && seal->flags & CMM_SEAL_FOREVER)
		ret = cmm_dmabuf_seal(dmabuf);
	if (!ret) {
		fd_install(fd, read_only->file);
		return 0;
	}

	put_unused_fd(fd);
	seal->sealed_fd = -1;
	if (cmm_ucmd_reply(ucmd, sizeof(*seal)))
		ret = -EFAULT;
	return ret;
}

/**
 * cmm_ioctl_seal() - CMM_IOC_SEAL
 * @ucmd: the call
 *
 * Return: 0, -EINVAL, -EBADF, -EXDEV, -EACCES, -EBUSY, -EMFILE, -ENFILE, -ENOMEM,
 * -ENODEV or -EFAULT.
 */
int cmm_ioctl_seal(struct cmm_ucmd *ucmd)
{
	struct dma_buf *dmabuf, *read_only;
	struct cmm_seal *seal = ucmd->cmd;
	int ret;

	if (seal->flags & ~CMM_SEAL_FOREVER || seal->fd_flags & ~O_CLOEXEC)
		return -EINVAL;
	ret = ioctl_seal_export(ucmd->client->zone, seal->fd, &dmabuf,
				&read_only);
	if (ret)
		return ret;
	ret = ioctl_seal_install(ucmd, dmabuf, read_only);
	if (ret)
		dma_buf_put(read_only);
	dma_buf_put(dmabuf);
	return ret;
}
