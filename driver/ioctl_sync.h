/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ioctl, sync: CMM_IOC_SYNC, CPU accesses of parts of many buffers at once.
 */
#ifndef _CMM_IOCTL_SYNC_H
#define _CMM_IOCTL_SYNC_H

struct cmm_sync;
struct cmm_zone;

int cmm_ioctl_sync(struct cmm_zone *zone, const struct cmm_sync *sync);

#endif /* _CMM_IOCTL_SYNC_H */
