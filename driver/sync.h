/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sync: begin and end of a CPU access and of a device access to a part of a buffer.
 *
 * A CPU access first waits for devices, then flushes the CPU caches. The order
 * matters: data that the CPU fetched while a device was still writing would be
 * stale. The flush covers exactly the cache lines of the part, in one pass for any
 * number of devices. It is skipped if no device that may use the buffer needs it.
 *
 * A user's access never discards data that another user stored with the CPU, in any
 * order of their calls. cache.h describes lines that a CPU and a device share.
 * Therefore a write-only access begins with a flush of the lines that it covers
 * partly. Lines that it covers fully need no flush.
 *
 * The caller holds a reference to the buffer, and no lock: the wait lasts as long as
 * the device's work.
 */
#ifndef _CMM_SYNC_H
#define _CMM_SYNC_H

#include <linux/dma-direction.h>
#include <linux/types.h>

struct cmm_buffer;
struct cmm_part;
struct dma_buf;

int cmm_sync_wait(struct dma_buf *dmabuf, enum dma_data_direction dir);
int cmm_sync_begin(struct cmm_buffer *buffer, const struct cmm_part *part,
		   enum dma_data_direction dir);
int cmm_sync_end(struct cmm_buffer *buffer, const struct cmm_part *part,
		 enum dma_data_direction dir);

int cmm_sync_for_device(struct cmm_buffer *buffer, const struct cmm_part *part,
			bool coherent);
void cmm_sync_for_cpu(struct cmm_buffer *buffer, const struct cmm_part *part,
		      bool coherent);

void cmm_sync_disclose(struct cmm_buffer *buffer);
void cmm_sync_note_cpu_mapping(struct cmm_buffer *buffer);

#endif /* _CMM_SYNC_H */
