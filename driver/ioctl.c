// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctl: the node's file operations, the table of commands, and CMM_IOC_INFO.
 */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "client.h"
#include "ioctl.h"
#include "zone.h"

/* The structure has the same layout on 32 and 64 bit. Its size is frozen. */
static_assert(sizeof(struct cmm_info) == 104);

/**
 * cmm_ucmd_reply() - copy the result to the caller
 * @ucmd: the call
 * @size: bytes of its structure; a caller with a shorter one gets its beginning
 *
 * Return: 0 or -EFAULT.
 */
int cmm_ucmd_reply(const struct cmm_ucmd *ucmd, size_t size)
{
	return copy_to_user(ucmd->user, ucmd->cmd,
			    min(ucmd->user_size, size)) ? -EFAULT : 0;
}

/**
 * cmm_ucmd_reply_entry() - write one entry of a caller's array
 * @entries: address of the array
 * @index: index of the entry
 * @entry_size: bytes of an entry as the caller knows it. Bytes that the kernel does
 *	not know become zero.
 * @entry: the entry
 * @size: bytes of @entry
 *
 * Return: 0 or -EFAULT.
 */
int cmm_ucmd_reply_entry(u64 entries, unsigned int index, u32 entry_size,
			 const void *entry, size_t size)
{
	void __user *to = u64_to_user_ptr(entries + (u64)index * entry_size);
	size_t known = min_t(size_t, entry_size, size);

	if (copy_to_user(to, entry, known) ||
	    clear_user(to + known, entry_size - known))
		return -EFAULT;
	return 0;
}

static int ioctl_info(struct cmm_ucmd *ucmd)
{
	struct cmm_zone *zone = ucmd->client->zone;
	struct cmm_info *info = ucmd->cmd;
	struct cmm_usage usage;
	int ret;

	ret = cmm_zone_enter(zone);
	if (ret)
		return ret;
	cmm_pool_usage(&zone->pool, &usage);
	cmm_zone_exit(zone);

	*info = (struct cmm_info) {
		.features = CMM_FEATURE_SYNC | CMM_FEATURE_VIEW |
			    CMM_FEATURE_DEV | CMM_FEATURE_WHOIS |
			    (COMPAT_DMA_BUF_INODES ? CMM_FEATURE_INODE : 0) |
			    (COMPAT_SHARED_FENCES ? CMM_FEATURE_FENCES : 0),
		.total = usage.total,
		.used = usage.used,
		.peak = usage.peak,
		.largest_free = usage.largest_free,
		.clean = usage.clean,
		.kind = zone->region.kind,
		.flags = zone->flags,
		.quota = ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE) ?
			 0 : cmm_pool_quota(&zone->pool),
		.charged = cmm_pool_charged(&zone->pool, current_euid()),
	};
	strscpy(info->name, cmm_zone_name(zone), sizeof(info->name));
	return cmm_ucmd_reply(ucmd, sizeof(*info));
}

union ioctl_buffer {
	struct cmm_info info;
	struct cmm_alloc alloc;
	struct cmm_query query;
	struct cmm_list list;
	struct cmm_sync sync;
	struct cmm_view view;
	struct cmm_dev_list dev_list;
	struct cmm_dev_map dev_map;
	struct cmm_dev_unmap dev_unmap;
	struct cmm_whois whois;
};

/**
 * struct ioctl_command - one command
 * @size: bytes of its structure in this version
 * @handle: the handler
 */
struct ioctl_command {
	size_t size;
	int (*handle)(struct cmm_ucmd *ucmd);
};

#define IOCTL_COMMAND(cmd, type, handler)				\
	[_IOC_NR(cmd)] = { .size = sizeof(struct type), .handle = handler }

static const struct ioctl_command ioctl_commands[] = {
	IOCTL_COMMAND(CMM_IOC_INFO, cmm_info, ioctl_info),
	IOCTL_COMMAND(CMM_IOC_ALLOC, cmm_alloc, cmm_ioctl_alloc),
	IOCTL_COMMAND(CMM_IOC_QUERY, cmm_query, cmm_ioctl_query),
	IOCTL_COMMAND(CMM_IOC_LIST, cmm_list, cmm_ioctl_list),
	IOCTL_COMMAND(CMM_IOC_SYNC, cmm_sync, cmm_ioctl_sync),
	IOCTL_COMMAND(CMM_IOC_DEV_LIST, cmm_dev_list, cmm_ioctl_dev_list),
	IOCTL_COMMAND(CMM_IOC_DEV_MAP, cmm_dev_map, cmm_ioctl_dev_map),
	IOCTL_COMMAND(CMM_IOC_DEV_UNMAP, cmm_dev_unmap, cmm_ioctl_dev_unmap),
	IOCTL_COMMAND(CMM_IOC_VIEW, cmm_view, cmm_ioctl_view),
	IOCTL_COMMAND(CMM_IOC_WHOIS, cmm_whois, cmm_ioctl_whois),
};

static long cmm_node_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	unsigned int nr = _IOC_NR(cmd);
	union ioctl_buffer buffer;
	struct cmm_ucmd ucmd = {
		.client = file->private_data,
		.user = (void __user *)arg,
		.user_size = _IOC_SIZE(cmd),
		.cmd = &buffer,
	};
	int ret;

	if (_IOC_TYPE(cmd) != CMM_IOC_MAGIC || nr >= ARRAY_SIZE(ioctl_commands))
		return -ENOTTY;
	nr = array_index_nospec(nr, ARRAY_SIZE(ioctl_commands));
	/* The table has a gap where a number is reserved. */
	if (!ioctl_commands[nr].handle)
		return -ENOTTY;

	ret = copy_struct_from_user(&buffer, ioctl_commands[nr].size, ucmd.user,
				    ucmd.user_size);
	if (ret)
		return ret;
	return ioctl_commands[nr].handle(&ucmd);
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

	/* The open file holds the cdev, and the cdev holds the zone. */
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
