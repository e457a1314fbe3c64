/* SPDX-License-Identifier: MIT */
/* Trace: the allocations and frees of a board, see generate.c. */
#ifndef _TRACE_H
#define _TRACE_H

#include "policy.h"

/**
 * struct event - an allocation or a free
 * @buffer: the buffer's number
 * @takes: true for an allocation, false for a free
 */
struct event {
	unsigned int buffer;
	bool takes;
};

/**
 * struct trace - a trace in memory
 * @name: its first line
 * @events: the events in their order
 * @event_count: number of @events
 * @buffers: the buffers by number
 * @buffer_count: number of @buffers
 * @peak: the largest sum of allocated bytes; buffers count as whole pages
 */
struct trace {
	char name[64];
	struct event *events;
	unsigned int event_count;
	struct buffer *buffers;
	unsigned int buffer_count;
	u64 peak;
};

void trace_read(struct trace *trace, const char *path);
void trace_free(struct trace *trace);

#endif /* _TRACE_H */
