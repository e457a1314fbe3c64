/* SPDX-License-Identifier: MIT */
/* Trace: the buffers that a board takes and gives back, see generate.c. */
#ifndef _TRACE_H
#define _TRACE_H

#include "policy.h"

/**
 * struct event - a buffer is taken or given back
 * @buffer: its number
 * @takes: whether it is taken
 */
struct event {
	unsigned int buffer;
	bool takes;
};

/**
 * struct trace - a trace in memory
 * @name: its first line
 * @events: in their order
 * @event_count: number of @events
 * @buffers: with their sizes
 * @buffer_count: number of @buffers
 * @peak: the most bytes that were ever taken, in whole pages
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
