// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctl: copying in and out, and checking what came in. Policy is elsewhere.
 *
 * One dispatcher reads the argument; the handler works on the kernel's copy and
 * ends with reply(), its last step that can fail. The zone is entered only
 * around the work itself, so that a page fault on a user's memory, which may
 * take as long as the user likes, holds nobody up.
 */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "buffer.h"
#include "client.h"
#include "dmabuf.h"
#include "fault.h"
#include "ioctl.h"
#include "ioctl_dev.h"
#include "ioctl_sync.h"
#include "ioctl_whois.h"
#include "name.h"
#include "reply.h"
#include "zone.h"

/* The structures are the same on 32 and 64 bit, and stay as they are. */
static_assert(sizeof(struct cmm_info) == 104);
static_assert(sizeof(struct cmm_alloc) == 88);
static_assert(sizeof(struct cmm_query) == 120);
static_assert(sizeof(struct cmm_list_entry) == 192);
static_assert(sizeof(struct cmm_list) == 24);
static_assert(sizeof(struct cmm_seal) == 16);
static_assert(CMM_COMM_LEN == TASK_COMM_LEN);

/* The largest entry that a caller may know: far more than is ever needed. */
#define CMM_LIST_MAX_ENTRY	4096
/* The most entries that one CMM_IOC_LIST writes; callers ask again. */
#define CMM_LIST_BATCH		64

/* Where the caller's structure is, and how much of it the caller knows. */
struct cmm_reply {
	void __user *to;
	size_t size;
};

union cmm_arg {
	struct cmm_info info;
	struct cmm_alloc alloc;
	struct cmm_query query;
	struct cmm_list list;
	struct cmm_sync sync;
	struct cmm_seal seal;
	struct cmm_dev_list dev_list;
	struct cmm_dev_map dev_map;
	struct cmm_dev_unmap dev_unmap;
	struct cmm_whois whois;
};

static int reply(const struct cmm_reply *to, const void *arg, size_t size)
{
	return copy_to_user(to->to, arg, min(to->size, size)) ? -EFAULT : 0;
}

static int cmm_ioctl_info(struct cmm_client *client, union cmm_arg *arg,
			  const struct cmm_reply *to)
{
	struct cmm_zone *zone = client->zone;
	struct cmm_usage usage;
	int ret;

	ret = cmm_zone_enter(zone);
	if (ret)
		return ret;
	cmm_zone_usage(zone, &usage);
	cmm_zone_exit(zone);

	arg->info = (struct cmm_info) {
		.features = CMM_FEATURE_SYNC | CMM_FEATURE_SEAL |
			    CMM_FEATURE_DEV | CMM_FEATURE_WHOIS,
		.total = usage.total,
		.used = usage.used,
		.peak = usage.peak,
		.largest_free = usage.largest_free,
		.clean = usage.clean,
		.kind = zone->region.kind,
		.flags = zone->flags,
		.quota = ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE) ?
			 0 : cmm_zone_quota(zone),
		.charged = cmm_zone_charged(zone, current_euid()),
	};
	strscpy(arg->info.name, cmm_zone_name(zone), sizeof(arg->info.name));
	return reply(to, &arg->info, sizeof(arg->info));
}

static int check_alloc(const struct cmm_alloc *alloc,
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
	/* Rounding up what is too large wraps to 0. */
	return params->size ? 0 : -EINVAL;
}

/* The buffers of one CMM_IOC_ALLOC, on their way out. */
struct cmm_batch {
	unsigned int count;
	s32 fds[CMM_ALLOC_MAX_COUNT];	/* reserved descriptors, or all -1 */
	struct dma_buf *dmabufs[CMM_ALLOC_MAX_COUNT];
};

static void put_fds(struct cmm_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->count; i++) {
		if (batch->fds[i] >= 0)
			put_unused_fd(batch->fds[i]);
		batch->fds[i] = -1;
	}
}

static int reserve_fds(struct cmm_batch *batch, unsigned int fd_flags)
{
	unsigned int i;
	int fd;

	memset(batch->fds, -1, sizeof(batch->fds));
	for (i = 0; i < batch->count; i++) {
		fd = get_unused_fd_flags(fd_flags);
		if (fd < 0) {
			put_fds(batch);
			return fd;
		}
		batch->fds[i] = fd;
	}
	return 0;
}

static void put_dmabufs(struct cmm_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->count; i++)
		dma_buf_put(batch->dmabufs[i]);
}

/* Wrap all buffers in dma_bufs, which then own them, or end them all. */
static int export_buffers(struct cmm_batch *batch, struct cmm_buffer **buffers)
{
	struct dma_buf *dmabuf;
	unsigned int n, i;

	for (n = 0; n < batch->count; n++) {
		dmabuf = cmm_dmabuf_export(buffers[n], O_RDWR);
		if (IS_ERR(dmabuf))
			goto end_buffers;
		batch->dmabufs[n] = dmabuf;
	}
	return 0;

end_buffers:
	for (i = n; i < batch->count; i++)
		cmm_buffer_put(buffers[i]);
	while (n)
		dma_buf_put(batch->dmabufs[--n]);
	return PTR_ERR(dmabuf);
}

static int create_dmabufs(struct cmm_zone *zone, struct cmm_batch *batch,
			  const struct cmm_buffer_params *params,
			  struct cmm_usage *shortage)
{
	struct cmm_buffer *buffers[CMM_ALLOC_MAX_COUNT];
	int ret;

	ret = cmm_zone_enter(zone);
	if (ret)
		return ret;
	ret = cmm_buffers_create(zone, params, buffers, batch->count, shortage);
	if (!ret)
		ret = export_buffers(batch, buffers);
	cmm_zone_exit(zone);
	return ret;
}

static int fill_batch(struct cmm_zone *zone, struct cmm_batch *batch,
		      const struct cmm_buffer_params *params,
		      unsigned int fd_flags, struct cmm_usage *shortage)
{
	int ret;

	ret = reserve_fds(batch, fd_flags);
	if (ret)
		return ret;
	ret = create_dmabufs(zone, batch, params, shortage);
	if (ret)
		put_fds(batch);
	return ret;
}

static int reply_fds(const struct cmm_alloc *alloc,
		     const struct cmm_batch *batch)
{
	return copy_to_user(u64_to_user_ptr(alloc->fds), batch->fds,
			    batch->count * sizeof(batch->fds[0])) ? -EFAULT : 0;
}

/*
 * Success and failure are told the same way. Only when that has worked do the
 * descriptors become real; from then on they are the user's, and nothing that
 * they stand for is touched any more.
 */
static int cmm_ioctl_alloc(struct cmm_client *client, union cmm_arg *arg,
			   const struct cmm_reply *to)
{
	struct cmm_zone *zone = client->zone;
	struct cmm_alloc *alloc = &arg->alloc;
	struct cmm_buffer_params params;
	struct cmm_usage shortage = {};
	struct cmm_batch batch;
	unsigned int i;
	int ret;

	ret = check_alloc(alloc, &params);
	if (ret)
		return ret;

	batch.count = alloc->count;
	ret = fill_batch(zone, &batch, &params, alloc->fd_flags, &shortage);

	alloc->len = params.size;
	alloc->largest_free = shortage.largest_free;
	alloc->total_free = shortage.free;
	if (reply_fds(alloc, &batch) || reply(to, alloc, sizeof(*alloc)))
		goto fault;

	for (i = 0; !ret && i < batch.count; i++)
		fd_install(batch.fds[i], batch.dmabufs[i]->file);
	return ret;

fault:
	if (!ret) {
		put_fds(&batch);
		put_dmabufs(&batch);
	}
	/* No number that was told already may be taken for a descriptor. */
	reply_fds(alloc, &batch);
	return -EFAULT;
}

/* Offsets are for those who may see all buffers: see struct cmm_query. */
static bool is_admin(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
}

/* The CMM_BUF_* bits that QUERY and LIST have in common. */
static u32 info_flags(const struct cmm_buffer_info *info, bool admin)
{
	u32 flags = info->params.flags;

	if (info->owner_gone)
		flags |= CMM_BUF_OWNER_GONE;
	if (admin)
		flags |= CMM_BUF_OFFSET;
	return flags;
}

/* Tell the physical address, to those who may know it. */
static void disclose(struct cmm_zone *zone, struct cmm_buffer *buffer,
		     struct cmm_query *query)
{
	if (!(zone->flags & CMM_ZONE_EXPOSE_PHYS) || !capable(CAP_SYS_RAWIO))
		return;
	cmm_buffer_disclose(buffer);
	query->phys = buffer->allocation.extent.start;
	query->flags |= CMM_BUF_PHYS;
}

static int cmm_ioctl_query(struct cmm_client *client, union cmm_arg *arg,
			   const struct cmm_reply *to)
{
	struct cmm_zone *zone = client->zone;
	struct cmm_query *query = &arg->query;
	struct cmm_buffer_info info;
	bool admin = is_admin();
	struct cmm_buffer *buffer;
	struct dma_buf *dmabuf;
	int ret;

	ret = cmm_zone_enter(zone);
	if (ret)
		return ret;
	dmabuf = cmm_dmabuf_get(zone, query->fd);
	if (IS_ERR(dmabuf)) {
		ret = PTR_ERR(dmabuf);
		goto exit_zone;
	}

	buffer = cmm_dmabuf_buffer(dmabuf);
	cmm_buffer_info(buffer, &info);
	*query = (struct cmm_query) {
		.fd = query->fd,
		.flags = info_flags(&info, admin),
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
	disclose(zone, buffer, query);
	dma_buf_put(dmabuf);
exit_zone:
	cmm_zone_exit(zone);
	return ret ?: reply(to, query, sizeof(*query));
}

static void fill_entry(struct cmm_list_entry *entry, struct cmm_buffer *buffer,
		       bool admin)
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
		.flags = info_flags(&info, admin),
	};
	if (info.sealed)
		entry->flags |= CMM_BUF_READ_ONLY;
	strscpy(entry->comm, info.comm, sizeof(entry->comm));
	strscpy(entry->name, info.name, sizeof(entry->name));
	entry->attached = cmm_buffer_devices(buffer, entry->devices);
}

/*
 * Write the next entry.
 *
 * Return: 1, 0 if there is no more buffer, or a negative errno.
 */
static int reply_next(struct cmm_zone *zone, struct cmm_list *list,
		      unsigned int index, bool admin)
{
	struct cmm_list_entry entry;
	kuid_t uid = current_euid();
	struct cmm_buffer *buffer;

	buffer = cmm_buffer_get_next(zone, list->after, admin ? NULL : &uid);
	if (IS_ERR_OR_NULL(buffer))
		return PTR_ERR_OR_ZERO(buffer);
	fill_entry(&entry, buffer, admin);
	/* Writing may wait for the caller's pager, and the buffer shall not. */
	cmm_buffer_put(buffer);
	list->after = entry.id;
	return cmm_reply_entry(list->entries, index, list->entry_size, &entry,
			       sizeof(entry)) ?: 1;
}

static int cmm_ioctl_list(struct cmm_client *client, union cmm_arg *arg,
			  const struct cmm_reply *to)
{
	struct cmm_zone *zone = client->zone;
	struct cmm_list *list = &arg->list;
	unsigned int max = min_t(u32, list->count, CMM_LIST_BATCH), n = 0;
	bool admin = is_admin();
	int ret;

	if (!list->entry_size)
		return -EINVAL;
	if (list->entry_size > CMM_LIST_MAX_ENTRY)
		return -E2BIG;
	ret = cmm_zone_check_alive(zone);
	if (ret)
		return ret;

	while (n < max) {
		ret = reply_next(zone, list, n, admin);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		n++;
	}
	list->count = n;
	return reply(to, list, sizeof(*list));
}

static int cmm_ioctl_sync_batch(struct cmm_client *client, union cmm_arg *arg,
				const struct cmm_reply *to)
{
	return cmm_ioctl_sync(client->zone, &arg->sync);
}

/*
 * The buffer of a descriptor, and one more dma_buf for it that is read-only.
 * Both are held.
 */
static int get_read_only(struct cmm_zone *zone, int fd, struct dma_buf **dmabuf,
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
 * Answers, and then seals, as that is what can't be undone; the descriptor is
 * installed last of all. If the buffer turns out to be in use, the number that
 * was told already is taken back.
 */
static int reply_and_seal(struct cmm_seal *seal, struct dma_buf *dmabuf,
			  struct dma_buf *read_only, const struct cmm_reply *to)
{
	int fd, ret;

	fd = get_unused_fd_flags(seal->fd_flags);
	if (fd < 0)
		return fd;

	seal->sealed_fd = fd;
	ret = reply(to, seal, sizeof(*seal));
	if (!ret && seal->flags & CMM_SEAL_FOREVER)
		ret = cmm_dmabuf_seal(dmabuf);
	if (!ret) {
		fd_install(fd, read_only->file);
		return 0;
	}

	put_unused_fd(fd);
	seal->sealed_fd = -1;
	if (reply(to, seal, sizeof(*seal)))
		ret = -EFAULT;
	return ret;
}

static int cmm_ioctl_seal(struct cmm_client *client, union cmm_arg *arg,
			  const struct cmm_reply *to)
{
	struct cmm_zone *zone = client->zone;
	struct cmm_seal *seal = &arg->seal;
	struct dma_buf *dmabuf, *read_only;
	int ret;

	if (seal->flags & ~CMM_SEAL_FOREVER || seal->fd_flags & ~O_CLOEXEC)
		return -EINVAL;
	ret = get_read_only(zone, seal->fd, &dmabuf, &read_only);
	if (ret)
		return ret;
	ret = reply_and_seal(seal, dmabuf, read_only, to);
	if (ret)
		dma_buf_put(read_only);
	dma_buf_put(dmabuf);
	return ret;
}

static int cmm_ioctl_list_devices(struct cmm_client *client, union cmm_arg *arg,
				  const struct cmm_reply *to)
{
	int ret = cmm_ioctl_dev_list(client->zone, &arg->dev_list);

	return ret ?: reply(to, &arg->dev_list, sizeof(arg->dev_list));
}

/* A mapping that nobody was told of is not left behind. */
static int cmm_ioctl_map(struct cmm_client *client, union cmm_arg *arg,
			 const struct cmm_reply *to)
{
	int ret = cmm_ioctl_dev_map(client, &arg->dev_map);

	if (ret)
		return ret;
	ret = reply(to, &arg->dev_map, sizeof(arg->dev_map));
	if (ret)
		cmm_client_unmap(client, arg->dev_map.id);
	return ret;
}

static int cmm_ioctl_unmap(struct cmm_client *client, union cmm_arg *arg,
			   const struct cmm_reply *to)
{
	return cmm_ioctl_dev_unmap(client, &arg->dev_unmap);
}

static int cmm_ioctl_whose(struct cmm_client *client, union cmm_arg *arg,
			   const struct cmm_reply *to)
{
	int ret = cmm_ioctl_whois(client->zone, &arg->whois);

	return ret ?: reply(to, &arg->whois, sizeof(arg->whois));
}

/**
 * struct cmm_ioctl - one command
 * @size: bytes of its structure in this version
 * @handle: does it; the argument is a copy that the handler may change
 */
struct cmm_ioctl {
	size_t size;
	int (*handle)(struct cmm_client *client, union cmm_arg *arg,
		      const struct cmm_reply *to);
};

static const struct cmm_ioctl cmm_ioctls[] = {
	[_IOC_NR(CMM_IOC_INFO)] = { sizeof(struct cmm_info), cmm_ioctl_info },
	[_IOC_NR(CMM_IOC_ALLOC)] = { sizeof(struct cmm_alloc), cmm_ioctl_alloc },
	[_IOC_NR(CMM_IOC_QUERY)] = { sizeof(struct cmm_query), cmm_ioctl_query },
	[_IOC_NR(CMM_IOC_LIST)] = { sizeof(struct cmm_list), cmm_ioctl_list },
	[_IOC_NR(CMM_IOC_SYNC)] = { sizeof(struct cmm_sync), cmm_ioctl_sync_batch },
	[_IOC_NR(CMM_IOC_DEV_LIST)] = { sizeof(struct cmm_dev_list),
					cmm_ioctl_list_devices },
	[_IOC_NR(CMM_IOC_DEV_MAP)] = { sizeof(struct cmm_dev_map), cmm_ioctl_map },
	[_IOC_NR(CMM_IOC_DEV_UNMAP)] = { sizeof(struct cmm_dev_unmap),
					 cmm_ioctl_unmap },
	[_IOC_NR(CMM_IOC_SEAL)] = { sizeof(struct cmm_seal), cmm_ioctl_seal },
	[_IOC_NR(CMM_IOC_WHOIS)] = { sizeof(struct cmm_whois), cmm_ioctl_whose },
};

static long cmm_node_ioctl(struct file *file, unsigned int cmd,
			   unsigned long user_arg)
{
	unsigned int nr = _IOC_NR(cmd);
	struct cmm_reply to = {
		.to = (void __user *)user_arg,
		.size = _IOC_SIZE(cmd),
	};
	union cmm_arg arg;
	int ret;

	if (_IOC_TYPE(cmd) != CMM_IOC_MAGIC || nr >= ARRAY_SIZE(cmm_ioctls))
		return -ENOTTY;
	nr = array_index_nospec(nr, ARRAY_SIZE(cmm_ioctls));

	ret = copy_struct_from_user(&arg, cmm_ioctls[nr].size, to.to, to.size);
	if (ret)
		return ret;
	return cmm_ioctls[nr].handle(file->private_data, &arg, &to);
}

static int cmm_node_open(struct inode *inode, struct file *file)
{
	struct cmm_zone *zone = container_of(inode->i_cdev, struct cmm_zone,
					     cdev);
	struct cmm_client *client;
	int ret;

	ret = cmm_zone_check_alive(zone);
	if (ret)
		return ret;

	/* The open file holds the cdev, which holds the zone. */
	client = cmm_client_create(zone);
	if (!client)
		return -ENOMEM;
	file->private_data = client;
	return nonseekable_open(inode, file);
}

static int cmm_node_release(struct inode *inode, struct file *file)
{
	cmm_client_destroy(file->private_data);
	return 0;
}

const struct file_operations cmm_node_fops = {
	.owner = THIS_MODULE,
	.open = cmm_node_open,
	.release = cmm_node_release,
	.unlocked_ioctl = cmm_node_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
