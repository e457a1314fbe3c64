/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ioctl: what a zone's node answers. The contract is uapi/linux/cmm.h.
 */
#ifndef _CMM_IOCTL_H
#define _CMM_IOCTL_H

#include <linux/fs.h>

extern const struct file_operations cmm_node_fops;

#endif /* _CMM_IOCTL_H */
