/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Debugfs: lists all buffers of a zone, for root only.
 */
#ifndef _CMM_DEBUGFS_H
#define _CMM_DEBUGFS_H

struct cmm_zone;

void cmm_debugfs_init(void);
void cmm_debugfs_exit(void);

void cmm_debugfs_add(struct cmm_zone *zone);
void cmm_debugfs_remove(struct cmm_zone *zone);

#endif /* _CMM_DEBUGFS_H */
