/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat, user: ioctls, sysfs and device nodes.
 */
#ifndef _CMM_COMPAT_USER_H
#define _CMM_COMPAT_USER_H

/* copy_struct_from_user() exists since 5.4. */
#ifndef CMM_HAVE_COPY_STRUCT_FROM_USER
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/uaccess.h>

static inline int compat_check_zeroed(const void __user *from, size_t size)
{
	u8 chunk[64];

	while (size) {
		size_t len = min(size, sizeof(chunk));

		if (copy_from_user(chunk, from, len))
			return -EFAULT;
		if (memchr_inv(chunk, 0, len))
			return -E2BIG;
		from += len;
		size -= len;
	}
	return 0;
}

/* Members that the user does not know are 0. Members unknown here must be 0. */
static inline int compat_copy_struct_from_user(void *to, size_t size,
					       const void __user *from,
					       size_t user_size)
{
	size_t known = min(size, user_size);
	int ret;

	ret = compat_check_zeroed(from + known, user_size - known);
	if (ret)
		return ret;
	memset(to + known, 0, size - known);
	return copy_from_user(to, from, known) ? -EFAULT : 0;
}

#define copy_struct_from_user compat_copy_struct_from_user
#endif

/* compat_ptr_ioctl() exists since 5.5. */
#ifndef CMM_HAVE_COMPAT_PTR_IOCTL
#ifdef CONFIG_COMPAT
#include <linux/compat.h>
#include <linux/fs.h>

static inline long compat_compat_ptr_ioctl(struct file *file, unsigned int cmd,
					   unsigned long arg)
{
	return file->f_op->unlocked_ioctl(file, cmd,
					  (unsigned long)compat_ptr(arg));
}

#define compat_ptr_ioctl compat_compat_ptr_ioctl
#else
#define compat_ptr_ioctl NULL
#endif
#endif

/* sysfs_emit() exists since 5.10 and in some stable kernels. */
#ifndef CMM_HAVE_SYSFS_EMIT
#define sysfs_emit(buf, ...) scnprintf(buf, PAGE_SIZE, __VA_ARGS__)
#endif

/* ESCAPE_NAP, to escape all but printable ASCII, exists since 5.14. */
#include <linux/string_helpers.h>
#ifndef ESCAPE_NAP
#include <linux/ctype.h>
#include <linux/seq_file.h>
#define ESCAPE_NAP 0
#define ESCAPE_APPEND 0

static inline void compat_seq_escape_str(struct seq_file *m, const char *src,
					 unsigned int flags, const char *esc)
{
	for (; *src; src++) {
		if (isascii(*src) && isprint(*src) && !strchr(esc, *src))
			seq_putc(m, *src);
		else
			seq_printf(m, "\\%03o", (u8)*src);
	}
}

#define seq_escape_str compat_seq_escape_str
#endif

/* struct class's devnode() takes a const device since 6.2. */
#if defined(CMM_HAVE_CONST_DEVNODE)
#define CMM_DEVNODE_CONST const
#elif defined(CMM_HAVE_PLAIN_DEVNODE)
#define CMM_DEVNODE_CONST
#else
#error "This kernel's class.devnode() has a form that CMM does not know."
#endif

#endif /* _CMM_COMPAT_USER_H */
