// SPDX-License-Identifier: GPL-2.0
/*
 * Sync: when caches are maintained. The model is in sync.h.
 *
 * A direction says what the CPU does, in the DMA API's words: DMA_FROM_DEVICE is
 * reading, DMA_TO_DEVICE is writing.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "buffer.h"
#include "cache.h"
#include "sync.h"
#include "trace.h"

/* Bytes flushed between two looks at the scheduler and at signals. */
#define CMM_FLUSH_STEP		SZ_2M

/*
 * The lines that a part touches, as a piece of the zone. A buffer is made of whole
 * pages, so all of them are its own.
 */
static struct cmm_chunk lines_of(const struct cmm_buffer *buffer, u64 offset,
				 u64 size)
{
	u64 line = cmm_cache_line();
	u64 first = round_down(offset, line);

	return (struct cmm_chunk){
		.offset = cmm_buffer_offset(buffer) + first,
		.size = round_up(offset + size, line) - first,
	};
}

/* Whole pages are whole lines: the processor is not asked for the size of a line. */
static struct cmm_chunk all_of(const struct cmm_buffer *buffer)
{
	return (struct cmm_chunk){
		.offset = cmm_buffer_offset(buffer),
		.size = buffer->params.size,
	};
}

/* A process that exits ends what it began, whichever signal it exits by. */
static bool is_killed(void)
{
	return fatal_signal_pending(current) && !(current->flags & PF_EXITING);
}

/*
 * Flush in steps, between which another thread may run.
 *
 * Return: 0, or -EINTR if the process is being killed and @killable is set. The rest
 * is not flushed then.
 */
static int flush(const struct cmm_buffer *buffer, const struct cmm_chunk *lines,
		 bool killable)
{
	u64 done, size;

	for (done = 0; done < lines->size; done += size) {
		if (killable && is_killed())
			return -EINTR;
		size = min_t(u64, lines->size - done, CMM_FLUSH_STEP);
		cmm_cache_flush(buffer->zone, lines->offset + done, size);
		cond_resched();
	}
	return 0;
}

/*
 * Flush the lines that a part covers only partly: the first and the last of its
 * @lines, unless it begins and ends with whole ones.
 *
 * Return: whether there are any.
 */
static bool flush_partly_covered(const struct cmm_buffer *buffer, u64 offset,
				 u64 size, const struct cmm_chunk *lines)
{
	u64 begin = cmm_buffer_offset(buffer) + offset, end = begin + size;
	u64 lines_end = lines->offset + lines->size;
	bool cuts_first = lines->offset < begin, cuts_last = end < lines_end;
	u64 line;

	if (!cuts_first && !cuts_last)
		return false;
	line = cmm_cache_line();
	if (cuts_first)
		cmm_cache_flush(buffer->zone, lines->offset, line);
	if (cuts_last && !(cuts_first && lines->size == line))
		cmm_cache_flush(buffer->zone, lines_end - line, line);
	return true;
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
 * Of a cached buffer that is only written, the lines inside the part need nothing:
 * the CPU replaces them whole. In a line that it replaces partly, the other bytes
 * must be what a device wrote there.
 *
 * Of a write-combined buffer, no line may be left: the cache would write it back
 * over later stores.
 *
 * Return: 0, or -EINTR if the process is being killed: it may not go on.
 */
int cmm_sync_begin(struct cmm_buffer *buffer, u64 offset, u64 size,
		   enum dma_data_direction dir)
{
	struct cmm_chunk lines = lines_of(buffer, offset, size);
	bool maintained = cmm_buffer_needs_sync(buffer);
	int ret = 0;

	if (maintained && (dir != DMA_TO_DEVICE || cmm_buffer_is_wc(buffer)))
		ret = flush(buffer, &lines, true);
	else if (maintained)
		maintained = flush_partly_covered(buffer, offset, size, &lines);
	if (!ret)
		trace_cmm_sync(buffer, true, &lines, dir, maintained);
	return ret;
}

/**
 * cmm_sync_end() - the CPU's access is over
 * @buffer: the buffer
 * @offset: first byte, as for cmm_sync_begin()
 * @size: bytes, as for cmm_sync_begin()
 * @dir: what the CPU did
 *
 * The stores to a write-combined buffer only have to leave the write buffers,
 * unless a device snoops: then older lines must leave the caches after them.
 *
 * Return: 0, or -EINTR if the process is being killed. The lines that were not
 * flushed reach memory some time later, and no store is lost.
 */
int cmm_sync_end(struct cmm_buffer *buffer, u64 offset, u64 size,
		 enum dma_data_direction dir)
{
	struct cmm_chunk lines = lines_of(buffer, offset, size);
	bool needed = cmm_buffer_needs_sync(buffer);
	int ret = 0;

	mb(); /* stores to write-combined memory, before what follows */
	if (needed)
		ret = flush(buffer, &lines, true);
	if (!ret)
		trace_cmm_sync(buffer, false, &lines, dir, needed);
	return ret;
}

/**
 * cmm_sync_for_device() - a device is going to access a buffer
 * @buffer: the buffer
 * @coherent: the device sees what is in the CPU's caches
 * @dirty: the CPU may have written through a cached mapping
 *
 * Of a write-combined buffer, the caches may have older lines than memory has,
 * and a device that snoops finds them.
 *
 * Return: 0, or -EINTR if the process is being killed: the device must not begin.
 */
int cmm_sync_for_device(struct cmm_buffer *buffer, bool coherent, bool dirty)
{
	struct cmm_chunk all = all_of(buffer);

	if (cmm_buffer_is_incoherent(buffer, coherent) &&
	    (dirty || cmm_buffer_is_wc(buffer)))
		return flush(buffer, &all, true);
	return 0;
}

/**
 * cmm_sync_for_cpu() - a device's access is over, and it may have written
 * @buffer: the buffer
 * @coherent: the device sees what is in the CPU's caches
 *
 * What CPUs stored to a cached buffer meanwhile is not lost, and neither is what a
 * device that snoops wrote into the cache of a write-combined one.
 */
void cmm_sync_for_cpu(struct cmm_buffer *buffer, bool coherent)
{
	struct cmm_chunk all = all_of(buffer);

	/* The device has had its access, so this is done for a killed process too. */
	if (cmm_buffer_is_incoherent(buffer, coherent))
		flush(buffer, &all, false);
}
