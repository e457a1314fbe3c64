// SPDX-License-Identifier: GPL-2.0
/*
 * Sync: when caches are maintained. The model is told in sync.h.
 *
 * A direction tells what the CPU does as the DMA API has it: DMA_FROM_DEVICE is
 * reading, DMA_TO_DEVICE is writing.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/kernel.h>

#include "buffer.h"
#include "cache.h"
#include "sync.h"
#include "trace.h"

/*
 * The lines of a part, as a piece of the zone. A buffer is made of whole pages,
 * so none of them is a neighbour's.
 */
static struct cmm_piece lines_of(const struct cmm_buffer *buffer, u64 offset,
				 u64 size)
{
	u64 line = cmm_cache_line();
	u64 first = round_down(offset, line);

	return (struct cmm_piece) {
		.offset = cmm_buffer_offset(buffer) + first,
		.size = round_up(offset + size, line) - first,
	};
}

static struct cmm_piece all_of(const struct cmm_buffer *buffer)
{
	return (struct cmm_piece) {
		.offset = cmm_buffer_offset(buffer),
		.size = buffer->params.size,
	};
}

/*
 * One at a time for each buffer: a second one would have the same lines to do,
 * and the checks of the DMA API confuse two equal mappings that are made at once.
 */
static void maintain(struct cmm_buffer *buffer, const struct cmm_piece *lines,
		     void (*operation)(struct cmm_zone *zone, u64 offset,
				       u64 size))
{
	mutex_lock(&buffer->sync_lock);
	operation(buffer->zone, lines->offset, lines->size);
	mutex_unlock(&buffer->sync_lock);
}

/**
 * cmm_sync_wait() - wait for the devices that announced their work on a buffer
 * @dmabuf: the buffer's
 * @dir: what the CPU is going to do; for reading, devices that read too are not
 *	waited for
 *
 * Any signal ends it, as it ends DMA_BUF_IOCTL_SYNC: a device that never
 * finishes must not hold a program's timers and its user's ^C.
 *
 * Return: 0, or -ERESTARTSYS.
 */
int cmm_sync_wait(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	long ret;

	ret = dma_resv_wait_timeout(dmabuf->resv,
				    dma_resv_usage_rw(dir != DMA_FROM_DEVICE),
				    true, MAX_SCHEDULE_TIMEOUT);
	return ret < 0 ? ret : 0;
}

/**
 * cmm_sync_begin() - the CPU is going to access a part of a buffer
 * @buffer: the buffer; devices were waited for
 * @offset: first byte, from the buffer's start
 * @size: bytes, not 0; the part ends inside the buffer
 * @dir: what the CPU is going to do
 *
 * Lines are cleaned before they are dropped, so that what another CPU user wrote
 * beside is not lost.
 */
void cmm_sync_begin(struct cmm_buffer *buffer, u64 offset, u64 size,
		    enum dma_data_direction dir)
{
	struct cmm_piece lines = lines_of(buffer, offset, size);
	bool reads = dir != DMA_TO_DEVICE;
	bool needed;

	/* What a device left in the caches must not come down on later stores. */
	needed = (reads || cmm_buffer_is_wc(buffer)) &&
		 cmm_buffer_needs_sync(buffer);
	if (needed)
		maintain(buffer, &lines, cmm_cache_flush);
	trace_cmm_sync(buffer, true, &lines, dir, needed);
}

/**
 * cmm_sync_end() - the CPU's access is over
 * @buffer: the buffer
 * @offset: as for cmm_sync_begin()
 * @size: likewise
 * @dir: likewise
 *
 * The stores to a write-combined buffer only have to leave the write buffers,
 * unless a device snoops: then older lines must leave the caches after them.
 */
void cmm_sync_end(struct cmm_buffer *buffer, u64 offset, u64 size,
		  enum dma_data_direction dir)
{
	struct cmm_piece lines = lines_of(buffer, offset, size);
	bool needed = cmm_buffer_needs_sync(buffer);

	mb(); /* stores to write-combined memory, before what follows */
	if (needed)
		maintain(buffer, &lines, cmm_buffer_is_wc(buffer) ?
					 cmm_cache_flush : cmm_cache_clean);
	trace_cmm_sync(buffer, false, &lines, dir, needed);
}

/* Whether what the CPU and this device do must be ordered by maintenance. */
static bool needs_maintenance(const struct cmm_attachment *attachment)
{
	return cmm_buffer_is_incoherent(attachment->buffer,
					attachment->coherent);
}

/**
 * cmm_sync_hand_over() - a device is going to access a buffer
 * @attachment: the device
 * @dirty: the CPU may have written through a cached mapping
 *
 * Of a write-combined buffer, the caches may have older lines than memory has,
 * and a device that snoops finds them.
 */
void cmm_sync_hand_over(const struct cmm_attachment *attachment, bool dirty)
{
	struct cmm_buffer *buffer = attachment->buffer;
	struct cmm_piece all = all_of(buffer);

	if (!needs_maintenance(attachment))
		return;
	if (cmm_buffer_is_wc(buffer))
		maintain(buffer, &all, cmm_cache_flush);
	else if (dirty)
		maintain(buffer, &all, cmm_cache_clean);
}

/**
 * cmm_sync_take_back() - a device's access is over, and it may have written
 * @attachment: the device
 *
 * What a device that snoops wrote to a write-combined buffer may be in the
 * caches, and is not lost.
 */
void cmm_sync_take_back(const struct cmm_attachment *attachment)
{
	struct cmm_buffer *buffer = attachment->buffer;
	struct cmm_piece all = all_of(buffer);

	if (needs_maintenance(attachment))
		maintain(buffer, &all, cmm_buffer_is_wc(buffer) ?
				       cmm_cache_flush : cmm_cache_invalidate);
}
