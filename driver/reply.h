/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reply: writing to callers who may know smaller or larger structures than we.
 */
#ifndef _CMM_REPLY_H
#define _CMM_REPLY_H

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/uaccess.h>

/**
 * cmm_reply_entry() - write one entry of a caller's array
 * @entries: the array's address
 * @index: which entry
 * @entry_size: bytes of an entry as the caller knows it; what we do not know of it
 *	becomes zero
 * @entry: the entry
 * @size: bytes of it
 *
 * Return: 0 or -EFAULT.
 */
static inline int cmm_reply_entry(u64 entries, unsigned int index,
				  u32 entry_size, const void *entry,
				  size_t size)
{
	void __user *to = u64_to_user_ptr(entries + (u64)index * entry_size);
	size_t known = min_t(size_t, entry_size, size);

	if (copy_to_user(to, entry, known) ||
	    clear_user(to + known, entry_size - known))
		return -EFAULT;
	return 0;
}

#endif /* _CMM_REPLY_H */
