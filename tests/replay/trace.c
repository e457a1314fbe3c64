// SPDX-License-Identifier: MIT
/* Reads traces; see trace.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

static void die(const char *path, const char *what)
{
	fprintf(stderr, "replay: %s: %s: generate the traces again.\n", path, what);
	exit(1);
}

/* Returns the array with room for one more element. Grows it in powers of two. */
static void *grow(void *array, unsigned int count, size_t size)
{
	if (count & (count - 1))
		return array;
	array = realloc(array, (count ? 2 * count : 1) * size);
	if (!array)
		abort();
	return array;
}

static void add_event(struct trace *trace, unsigned int buffer, bool takes)
{
	trace->events = grow(trace->events, trace->event_count,
			     sizeof(*trace->events));
	trace->events[trace->event_count++] = (struct event) { buffer, takes };
}

static void add_buffer(struct trace *trace, u64 bytes)
{
	trace->buffers = grow(trace->buffers, trace->buffer_count,
			      sizeof(*trace->buffers));
	trace->buffers[trace->buffer_count++] = (struct buffer) {
		.size = (bytes + PAGE - 1) / PAGE * PAGE
	};
}

/* Buffers are numbered in the order of their allocation. */
static bool read_line(struct trace *trace, const char *line, u64 *taken)
{
	unsigned long long bytes;
	unsigned int number;

	if (sscanf(line, "+ %u %llu", &number, &bytes) == 2 &&
	    number == trace->buffer_count && bytes) {
		add_buffer(trace, bytes);
		add_event(trace, number, true);
		*taken += trace->buffers[number].size;
	} else if (sscanf(line, "- %u", &number) == 1 &&
		   number < trace->buffer_count) {
		add_event(trace, number, false);
		*taken -= trace->buffers[number].size;
	} else {
		return false;
	}
	if (*taken > trace->peak)
		trace->peak = *taken;
	return true;
}

void trace_read(struct trace *trace, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[64];
	u64 taken = 0;

	memset(trace, 0, sizeof(*trace));
	if (!file || !fgets(line, sizeof(line), file) ||
	    sscanf(line, "# %63[^\n]", trace->name) != 1)
		die(path, "this is not a trace");
	while (fgets(line, sizeof(line), file))
		if (!read_line(trace, line, &taken))
			die(path, "a line is wrong");
	fclose(file);
}

void trace_free(struct trace *trace)
{
	free(trace->events);
	free(trace->buffers);
}
