// SPDX-License-Identifier: GPL-2.0
/*
 * Sync: when caches are maintained. See sync.h for the model.
 *
 * Directions describe the CPU's access: DMA_FROM_DEVICE is reading, DMA_TO_DEVICE is
 * writing.
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

/* Bytes flushed between two checks for rescheduling and signals. */
#define CMM_FLUSH_STEP		SZ_2M

/*
 * Whether a device and the CPU may see different data.
 *
 * A device that does not snoop misses data in the caches. A device that snoops may
 * find stale lines of a write-combined buffer there: the CPU may fetch lines through
 * the kernel's own cached mapping of the same memory, even if no code uses that
 * mapping.
 */
static bool sync_is_incoherent(const struct cmm_buffer *buffer, bool coherent)
{
	if (cmm_zone_is_protected(buffer->zone))
		return false;
	if (cmm_buffer_is_wc(buffer))
		return coherent;
	return !coherent && !(buffer->zone->flags & CMM_ZONE_COHERENT);
}

/*
 * Whether CPU accesses need cache maintenance.
 *
 * The counted devices decide. The function assumes one more device, which does not
 * snoop, if no device is counted or if the address was disclosed. Write-combined
 * buffers are made for such devices.
 *
 * Takes no lock. If a device is counted at the same time, cmm_sync_for_device() does
 * the maintenance that it needs.
 */
static bool sync_is_needed(const struct cmm_buffer *buffer)
{
	bool snooping = READ_ONCE(buffer->snooping);
	bool others = READ_ONCE(buffer->others) ||
		      READ_ONCE(buffer->disclosed) || !snooping;

	return (snooping && sync_is_incoherent(buffer, true)) ||
	       (others && sync_is_incoherent(buffer, false));
}

/*
 * Cache lines that a part touches, as a chunk of the zone. A buffer and its views
 * consist of whole pages, so all these lines belong to them.
 */
static struct cmm_chunk sync_lines_of(const struct cmm_buffer *buffer,
				      const struct cmm_part *part)
{
	u64 line = cmm_cache_line();
	u64 first = round_down(part->offset, line);

	return (struct cmm_chunk){
		.offset = cmm_buffer_offset(buffer) + first,
		.size = round_up(part->offset + part->size, line) - first,
	};
}

/* The same for whole pages, which are whole lines: it need not know the line size. */
static struct cmm_chunk sync_pages_of(const struct cmm_buffer *buffer,
				      const struct cmm_part *part)
{
	return (struct cmm_chunk){
		.offset = cmm_buffer_offset(buffer) + part->offset,
		.size = part->size,
	};
}

/* A process that already exits completes its flush, even after a fatal signal. */
static bool sync_is_killed(void)
{
	return fatal_signal_pending(current) && !(current->flags & PF_EXITING);
}

/*
 * Flush in steps. Another thread may run between two steps.
 *
 * Return: 0, or -EINTR if @killable is set and the process is being killed. The
 * remaining lines are not flushed then.
 */
static int sync_flush(const struct cmm_buffer *buffer,
		      const struct cmm_chunk *lines, bool killable)
{
	u64 done, size;

	for (done = 0; done < lines->size; done += size) {
		if (killable && sync_is_killed())
			return -EINTR;
		size = min_t(u64, lines->size - done, CMM_FLUSH_STEP);
		cmm_cache_flush(&buffer->zone->cache, lines->offset + done, size);
		cond_resched();
	}
	return 0;
}

/*
 * Flush the first and the last of @lines if the part covers them only partly.
 *
 * Return: true if a line was flushed.
 */
static bool sync_flush_partly_covered(const struct cmm_buffer *buffer,
				      const struct cmm_part *part,
				      const struct cmm_chunk *lines)
{
	u64 begin = cmm_buffer_offset(buffer) + part->offset;
	u64 end = begin + part->size;
	u64 lines_end = lines->offset + lines->size;
	bool cuts_first = lines->offset < begin, cuts_last = end < lines_end;
	u64 line;

	if (!cuts_first && !cuts_last)
		return false;
	line = cmm_cache_line();
	if (cuts_first)
		cmm_cache_flush(&buffer->zone->cache, lines->offset, line);
	if (cuts_last && !(cuts_first && lines->size == line))
		cmm_cache_flush(&buffer->zone->cache, lines_end - line, line);
	return true;
}

/**
 * cmm_sync_wait() - wait for the fences that devices added to a buffer
 * @dmabuf: the buffer's dma-buf
 * @dir: what the CPU is going to do; a CPU read waits only for devices that write
 *
 * Any signal interrupts the wait, as in DMA_BUF_IOCTL_SYNC: a device that never
 * finishes must not block a program's timers or Ctrl-C.
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
 * @buffer: the buffer; the caller has already waited for devices
 * @part: the accessed bytes
 * @dir: what the CPU is going to do
 *
 * A write-only access to a cached buffer needs no flush for lines that it covers
 * fully: the CPU overwrites them. In a line that it covers partly, the other bytes
 * must be those that a device wrote.
 *
 * For a write-combined buffer, all lines are flushed: a cached line could be written
 * back over later stores.
 *
 * Return: 0, or -EINTR if the process is being killed. It must not access the buffer
 * then.
 */
int cmm_sync_begin(struct cmm_buffer *buffer, const struct cmm_part *part,
		   enum dma_data_direction dir)
{
	struct cmm_chunk lines = sync_lines_of(buffer, part);
	bool maintained = sync_is_needed(buffer);
	int ret = 0;

	if (maintained && (dir != DMA_TO_DEVICE || cmm_buffer_is_wc(buffer)))
		ret = sync_flush(buffer, &lines, true);
	else if (maintained)
		maintained = sync_flush_partly_covered(buffer, part, &lines);
	if (!ret)
		trace_cmm_sync(buffer, true, &lines, dir, maintained);
	return ret;
}

/**
 * cmm_sync_end() - the CPU's access has ended
 * @buffer: the buffer
 * @part: the accessed bytes
 * @dir: what the CPU did
 *
 * Stores to a write-combined buffer must drain from the write buffers. If a device
 * is coherent, older lines must also be flushed from the caches after that.
 *
 * Return: 0, or -EINTR if the process is being killed. Lines that were not flushed
 * reach memory later, and no store is lost.
 */
int cmm_sync_end(struct cmm_buffer *buffer, const struct cmm_part *part,
		 enum dma_data_direction dir)
{
	struct cmm_chunk lines = sync_lines_of(buffer, part);
	bool needed = sync_is_needed(buffer);
	int ret = 0;

	mb(); /* order stores to write-combined memory before later accesses */
	if (needed)
		ret = sync_flush(buffer, &lines, true);
	if (!ret)
		trace_cmm_sync(buffer, false, &lines, dir, needed);
	return ret;
}

/**
 * cmm_sync_for_device() - a device is going to access a part of a buffer
 * @buffer: the buffer; the device is counted (cmm_buffer_add_use())
 * @part: the bytes that are mapped for the device, whole pages
 * @coherent: the device sees what is in the CPU's caches
 *
 * The caches hold no data of a cached buffer that the CPU never mapped. For a
 * write-combined buffer, the caches may hold stale lines, which a coherent device
 * would read.
 *
 * Return: 0, or -EINTR if the process is being killed: the device must not begin.
 */
int cmm_sync_for_device(struct cmm_buffer *buffer, const struct cmm_part *part,
			bool coherent)
{
	struct cmm_chunk pages = sync_pages_of(buffer, part);

	if (sync_is_incoherent(buffer, coherent) &&
	    (READ_ONCE(buffer->cpu_touched) || cmm_buffer_is_wc(buffer)))
		return sync_flush(buffer, &pages, true);
	return 0;
}

/**
 * cmm_sync_for_cpu() - a device's access has ended, and it may have written
 * @buffer: the buffer
 * @part: the bytes that are mapped for the device, whole pages
 * @coherent: the device sees what is in the CPU's caches
 *
 * The flush writes back dirty lines. So it does not lose CPU stores to a cached
 * buffer, or data that a coherent device wrote to the cache of a write-combined one.
 */
void cmm_sync_for_cpu(struct cmm_buffer *buffer, const struct cmm_part *part,
		      bool coherent)
{
	struct cmm_chunk pages = sync_pages_of(buffer, part);

	/* The device has accessed the buffer, so flush for a killed process too. */
	if (sync_is_incoherent(buffer, coherent))
		sync_flush(buffer, &pages, false);
}

/**
 * cmm_sync_disclose() - note that a user knows the physical address
 * @buffer: the buffer; from now on devices that are not attached may use it
 */
void cmm_sync_disclose(struct cmm_buffer *buffer)
{
	WRITE_ONCE(buffer->disclosed, true);
}

/**
 * cmm_sync_note_cpu_mapping() - note that the CPU got a cached mapping
 * @buffer: the buffer; from now on the CPU's cache may hold dirty lines of it
 *
 * The lock orders this against the count of devices: either cmm_sync_for_device()
 * sees the mapping, or the accesses through the mapping see the device.
 */
void cmm_sync_note_cpu_mapping(struct cmm_buffer *buffer)
{
	mutex_lock(&buffer->lock);
	WRITE_ONCE(buffer->cpu_touched, true);
	mutex_unlock(&buffer->lock);
}
