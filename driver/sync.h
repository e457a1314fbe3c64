/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sync: a CPU access of a part of a buffer, from its begin to its end, and a
 * device's access of all of it.
 *
 * First devices are waited for, then the CPUs' caches are flushed: exactly the
 * lines of the part, in one pass however many devices are attached, and only if a
 * device may not snoop. The order matters: what the CPU fetched while a device
 * still worked would be stale.
 *
 * No access of one user drops what another user of a CPU has stored, whatever the
 * order of their calls. cache.h says what holds for a line that a CPU and a device
 * share. Therefore an access that only writes begins with a flush of the lines
 * that it covers partly, and needs none for the others.
 *
 * The caller holds the buffer, and no lock: the wait is as long as the device's
 * work.
 */
#ifndef _CMM_SYNC_H
#define _CMM_SYNC_H

#include <linux/dma-direction.h>
#include <linux/types.h>

struct cmm_buffer;
struct dma_buf;

int cmm_sync_wait(struct dma_buf *dmabuf, enum dma_data_direction dir);
int cmm_sync_begin(struct cmm_buffer *buffer, u64 offset, u64 size,
		   enum dma_data_direction dir);
int cmm_sync_end(struct cmm_buffer *buffer, u64 offset, u64 size,
		 enum dma_data_direction dir);

int cmm_sync_for_device(struct cmm_buffer *buffer, bool coherent, bool dirty);
void cmm_sync_for_cpu(struct cmm_buffer *buffer, bool coherent);

#endif /* _CMM_SYNC_H */
