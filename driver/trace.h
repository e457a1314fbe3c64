/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace: the events of a zone, in /sys/kernel/tracing/events/cmm.
 *
 *	trace-cmd record -e cmm
 *	bpftrace -e 'tracepoint:cmm:cmm_alloc { @[str(args->zone)] = hist(args->zeroed); }'
 *
 * Offsets are bytes from the zone's start. No event contains a physical address.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cmm

#if !defined(_CMM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _CMM_TRACE_H

#include <linux/dma-direction.h>
#include <linux/tracepoint.h>

/* Only trace.c needs their definitions. So files of all layers can include this. */
struct cmm_buffer;
struct cmm_chunk;
struct cmm_dmabuf;
struct cmm_mapping;
struct cmm_request;
struct cmm_usage;
struct cmm_zone;

TRACE_DEFINE_ENUM(DMA_BIDIRECTIONAL);
TRACE_DEFINE_ENUM(DMA_TO_DEVICE);
TRACE_DEFINE_ENUM(DMA_FROM_DEVICE);

#define cmm_show_direction(dir)						\
	__print_symbolic(dir, { DMA_BIDIRECTIONAL, "both" },		\
			 { DMA_TO_DEVICE, "to-device" },		\
			 { DMA_FROM_DEVICE, "from-device" })

TRACE_EVENT(cmm_alloc,
	TP_PROTO(const struct cmm_buffer *buffer),
	TP_ARGS(buffer),
	TP_STRUCT__entry(
		__array(char, zone, CMM_NAME_LEN)
		__array(char, name, CMM_NAME_LEN)
		__field(u64, id)
		__field(u64, offset)
		__field(u64, size)
		__field(u64, zeroed)
		__field(u32, flags)
	),
	TP_fast_assign(
		strscpy(__entry->zone, cmm_zone_name(buffer->zone), CMM_NAME_LEN);
		strscpy(__entry->name, buffer->params.name, CMM_NAME_LEN);
		__entry->id = buffer->id;
		__entry->offset = cmm_buffer_offset(buffer);
		__entry->size = buffer->params.size;
		__entry->zeroed = buffer->zeroed;
		__entry->flags = buffer->params.flags;
	),
	TP_printk("zone=%s id=%llu offset=%#llx size=%llu zeroed=%llu flags=%#x name=\"%s\"",
		  __entry->zone, __entry->id, __entry->offset, __entry->size,
		  __entry->zeroed, __entry->flags, __entry->name)
);

TRACE_EVENT(cmm_free,
	TP_PROTO(const struct cmm_buffer *buffer),
	TP_ARGS(buffer),
	TP_STRUCT__entry(
		__array(char, zone, CMM_NAME_LEN)
		__field(u64, id)
		__field(u64, offset)
		__field(u64, size)
	),
	TP_fast_assign(
		strscpy(__entry->zone, cmm_zone_name(buffer->zone), CMM_NAME_LEN);
		__entry->id = buffer->id;
		__entry->offset = cmm_buffer_offset(buffer);
		__entry->size = buffer->params.size;
	),
	TP_printk("zone=%s id=%llu offset=%#llx size=%llu",
		  __entry->zone, __entry->id, __entry->offset, __entry->size)
);

#define cmm_show_refusal(reason)					\
	__print_symbolic(reason, { -EFBIG, "EFBIG" },			\
			 { -EBUSY, "EBUSY" },				\
			 { -EDQUOT, "EDQUOT" },				\
			 { -ENOSPC, "ENOSPC" },				\
			 { -ENOBUFS, "ENOBUFS" })

/*
 * The zone refused an allocation.
 *
 * @reason: one of the errors above; users of a dma-heap get -ENOMEM for each.
 * @shortage: the free memory at that moment.
 */
TRACE_EVENT(cmm_refuse,
	TP_PROTO(const struct cmm_zone *zone, const struct cmm_request *request,
		 int reason, const struct cmm_usage *shortage),
	TP_ARGS(zone, request, reason, shortage),
	TP_STRUCT__entry(
		__array(char, zone, CMM_NAME_LEN)
		__field(u64, size)
		__field(u64, align)
		__field(u64, free)
		__field(u64, largest_free)
		__field(u32, count)
		__field(u32, uid)
		__field(pid_t, pid)
		__field(int, reason)
	),
	TP_fast_assign(
		strscpy(__entry->zone, cmm_zone_name(zone), CMM_NAME_LEN);
		__entry->size = request->size;
		__entry->align = request->align;
		__entry->free = shortage->free;
		__entry->largest_free = shortage->largest_free;
		__entry->count = request->count;
		__entry->uid = from_kuid(&init_user_ns, request->uid);
		__entry->pid = current->tgid;
		__entry->reason = reason;
	),
	TP_printk("zone=%s uid=%u pid=%d size=%llu count=%u align=%llu reason=%s free=%llu largest_free=%llu",
		  __entry->zone, __entry->uid, __entry->pid,
		  __entry->size, __entry->count, __entry->align,
		  cmm_show_refusal(__entry->reason), __entry->free,
		  __entry->largest_free)
);

TRACE_EVENT(cmm_scrub,
	TP_PROTO(const struct cmm_zone *zone, u64 offset, u64 size),
	TP_ARGS(zone, offset, size),
	TP_STRUCT__entry(
		__array(char, zone, CMM_NAME_LEN)
		__field(u64, offset)
		__field(u64, size)
	),
	TP_fast_assign(
		strscpy(__entry->zone, cmm_zone_name(zone), CMM_NAME_LEN);
		__entry->offset = offset;
		__entry->size = size;
	),
	TP_printk("zone=%s offset=%#llx size=%llu",
		  __entry->zone, __entry->offset, __entry->size)
);

TRACE_EVENT(cmm_view,
	TP_PROTO(const struct cmm_dmabuf *dmabuf),
	TP_ARGS(dmabuf),
	TP_STRUCT__entry(
		__array(char, zone, CMM_NAME_LEN)
		__field(u64, id)
		__field(u64, offset)
		__field(u64, size)
		__field(bool, read_only)
	),
	TP_fast_assign(
		const struct cmm_buffer *buffer = dmabuf->buffer;

		strscpy(__entry->zone, cmm_zone_name(buffer->zone), CMM_NAME_LEN);
		__entry->id = buffer->id;
		__entry->offset = cmm_buffer_offset(buffer) +
				  dmabuf->part.offset;
		__entry->size = dmabuf->part.size;
		__entry->read_only = dmabuf->read_only;
	),
	TP_printk("zone=%s id=%llu offset=%#llx size=%llu read_only=%d",
		  __entry->zone, __entry->id, __entry->offset, __entry->size,
		  __entry->read_only)
);

/* @made: the mapping is new; otherwise an existing one is used again. */
TRACE_EVENT(cmm_map,
	TP_PROTO(const struct cmm_mapping *mapping,
		 enum dma_data_direction dir, bool made),
	TP_ARGS(mapping, dir, made),
	TP_STRUCT__entry(
		__array(char, zone, CMM_NAME_LEN)
		__array(char, device, CMM_NAME_LEN)
		__field(u64, id)
		__field(u64, offset)
		__field(u64, size)
		__field(int, dir)
		__field(bool, made)
	),
	TP_fast_assign(
		strscpy(__entry->zone, cmm_zone_name(mapping->buffer->zone),
			CMM_NAME_LEN);
		strscpy(__entry->device, mapping->binding->name, CMM_NAME_LEN);
		__entry->id = mapping->buffer->id;
		__entry->offset = cmm_buffer_offset(mapping->buffer) +
				  mapping->part.offset;
		__entry->size = mapping->part.size;
		__entry->dir = dir;
		__entry->made = made;
	),
	TP_printk("zone=%s id=%llu device=%s offset=%#llx size=%llu dir=%s made=%d",
		  __entry->zone, __entry->id, __entry->device, __entry->offset,
		  __entry->size, cmm_show_direction(__entry->dir),
		  __entry->made)
);

TRACE_EVENT(cmm_unmap,
	TP_PROTO(const struct cmm_mapping *mapping),
	TP_ARGS(mapping),
	TP_STRUCT__entry(
		__array(char, zone, CMM_NAME_LEN)
		__array(char, device, CMM_NAME_LEN)
		__field(u64, id)
		__field(int, dir)
	),
	TP_fast_assign(
		strscpy(__entry->zone, cmm_zone_name(mapping->buffer->zone),
			CMM_NAME_LEN);
		strscpy(__entry->device, mapping->binding->name, CMM_NAME_LEN);
		__entry->id = mapping->buffer->id;
		__entry->dir = mapping->dir;
	),
	TP_printk("zone=%s id=%llu device=%s dir=%s",
		  __entry->zone, __entry->id, __entry->device,
		  cmm_show_direction(__entry->dir))
);

/* @maintained: the caches were maintained, for @range. */
TRACE_EVENT(cmm_sync,
	TP_PROTO(const struct cmm_buffer *buffer, bool begin,
		 const struct cmm_chunk *range, enum dma_data_direction dir,
		 bool maintained),
	TP_ARGS(buffer, begin, range, dir, maintained),
	TP_STRUCT__entry(
		__array(char, zone, CMM_NAME_LEN)
		__field(u64, id)
		__field(u64, offset)
		__field(u64, size)
		__field(int, dir)
		__field(bool, begin)
		__field(bool, maintained)
	),
	TP_fast_assign(
		strscpy(__entry->zone, cmm_zone_name(buffer->zone), CMM_NAME_LEN);
		__entry->id = buffer->id;
		__entry->offset = range->offset;
		__entry->size = range->size;
		__entry->dir = dir;
		__entry->begin = begin;
		__entry->maintained = maintained;
	),
	TP_printk("zone=%s id=%llu offset=%#llx size=%llu %s dir=%s maintained=%d",
		  __entry->zone, __entry->id, __entry->offset, __entry->size,
		  __entry->begin ? "begin" : "end",
		  cmm_show_direction(__entry->dir), __entry->maintained)
);

#endif /* _CMM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH driver
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
