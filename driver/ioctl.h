/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ioctl: the commands of a zone's node. The contract is uapi/linux/cmm.h.
 *
 * ioctl.c copies the caller's structure and calls the handler of the command. The
 * handler works on the copy and ends with cmm_ucmd_reply(). That is its last step that
 * can fail, or it undoes the work:
 *
 *	int cmm_ioctl_example(struct cmm_ucmd *ucmd)
 *	{
 *		struct cmm_example *example = ucmd->cmd;
 *
 *		if (example->pad)
 *			return -EINVAL;
 *		...
 *		return cmm_ucmd_reply(ucmd, sizeof(*example));
 *	}
 *
 * A handler enters the zone only for the work itself, and never while it accesses user
 * memory: a page fault there may take as long as the user wants.
 */
#ifndef _CMM_IOCTL_H
#define _CMM_IOCTL_H

#include <linux/fs.h>
#include <linux/types.h>

struct cmm_client;

/**
 * struct cmm_ucmd - one call of a user
 * @client: the open file
 * @user: the caller's structure
 * @user_size: bytes of it as the caller knows it
 * @cmd: the kernel's copy, extended with zeroes; the handler may change it
 */
struct cmm_ucmd {
	struct cmm_client *client;
	void __user *user;
	size_t user_size;
	void *cmd;
};

/* The largest array entry that a caller may know: far more than is ever needed. */
#define CMM_IOCTL_MAX_ENTRY	4096

extern const struct file_operations cmm_node_fops;

int cmm_ucmd_reply(const struct cmm_ucmd *ucmd, size_t size);
int cmm_ucmd_reply_entry(u64 entries, unsigned int index, u32 entry_size,
			 const void *entry, size_t size);

int cmm_ioctl_alloc(struct cmm_ucmd *ucmd);
int cmm_ioctl_query(struct cmm_ucmd *ucmd);
int cmm_ioctl_list(struct cmm_ucmd *ucmd);
int cmm_ioctl_view(struct cmm_ucmd *ucmd);
int cmm_ioctl_sync(struct cmm_ucmd *ucmd);
int cmm_ioctl_dev_list(struct cmm_ucmd *ucmd);
int cmm_ioctl_dev_map(struct cmm_ucmd *ucmd);
int cmm_ioctl_dev_unmap(struct cmm_ucmd *ucmd);
int cmm_ioctl_whois(struct cmm_ucmd *ucmd);

#endif /* _CMM_IOCTL_H */
