// SPDX-License-Identifier: MIT
/*
 * Replays traces with each policy. Prints the zone size that the policy needs, divided by
 * the trace's peak of allocated bytes. A policy without any waste would have 1.00.
 *
 *   replay TRACE...
 *
 * There are two figures. "smallest" is the smallest zone in which no allocation fails.
 * For first fit it is sufficient, because a larger zone changes no address. Other
 * policies use other addresses in a zone of another size and may fail in a larger zone.
 * "safe" is the smallest size such that no zone of that size or larger fails.
 *
 * Traces whose names differ only in the last word are one row, with their mean.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "trace.h"

#define MAX_ROWS	32
#define STEP		0.01	/* difference of two tried zones, in peaks */
#define MOST		3.2	/* largest tried zone, in peaks; enough for all policies */

enum measure { SMALLEST, SAFE, MEASURES };

static const char *const measures[MEASURES] = { "smallest", "safe" };

/* CMM's figure divided by the other policy's. The report marks values above the goal. */
static const struct {
	const struct policy *policy;
	double goal;
} others[] = {
	{ &first_fit, 1.03 },
	{ &best_fit, 0.92 },
	{ &tlsf, 0.88 },
	{ &buddy, 0.70 },
};

#define OTHERS	(sizeof(others) / sizeof(*others))

static struct row {
	char name[64];
	unsigned int traces;
	double peak;
	double cmm[MEASURES];
	double other[OTHERS][MEASURES];
} rows[MAX_ROWS];

static unsigned int row_count;

static bool fits(const struct policy *policy, struct trace *trace, u64 zone)
{
	const struct event *event = trace->events;
	const struct event *end = event + trace->event_count;

	policy->begin(zone);
	for (; event < end; event++) {
		struct buffer *buffer = &trace->buffers[event->buffer];

		if (!event->takes)
			policy->give(buffer);
		else if (!policy->take(buffer))
			return false;
	}
	return true;
}

static void measure(const struct policy *policy, struct trace *trace,
		    double sum[MEASURES])
{
	double size, smallest = 0, safe = 0;

	for (size = 1; size < MOST; size += STEP) {
		if (!fits(policy, trace, (u64)(trace->peak * size) / PAGE * PAGE)) {
			safe = 0;
			continue;
		}
		if (!smallest)
			smallest = size;
		if (!safe)
			safe = size;
	}
	if (!safe) {
		fprintf(stderr, "replay: '%s' needs more than %.1f of its peak: raise MOST.\n",
			trace->name, MOST);
		exit(1);
	}
	sum[SMALLEST] += smallest;
	sum[SAFE] += safe;
}

/* The row of the trace's name without the last word. */
static struct row *row_of(const struct trace *trace)
{
	const size_t length = strrchr(trace->name, ' ') - trace->name;
	struct row *row;

	for (row = rows; row < rows + row_count; row++)
		if (strlen(row->name) == length &&
		    !memcmp(row->name, trace->name, length))
			return row;
	row_count++;
	memcpy(row->name, trace->name, length);
	return row;
}

static void replay(const char *path)
{
	struct trace trace;
	struct row *row;
	unsigned int i;

	trace_read(&trace, path);
	row = row_of(&trace);
	row->traces++;
	row->peak += trace.peak;
	measure(&driver, &trace, row->cmm);
	for (i = 0; i < OTHERS; i++)
		measure(others[i].policy, &trace, row->other[i]);
	trace_free(&trace);
}

static void print_head(const char *title)
{
	unsigned int i;

	printf("\n%-14s%10s%10s", title, "peak MiB", "CMM");
	for (i = 0; i < OTHERS; i++)
		printf("%11s", others[i].policy->name);
	printf("\n");
}

static void print_sizes(enum measure m)
{
	const struct row *row;
	unsigned int i;

	print_head(measures[m]);
	for (row = rows; row < rows + row_count; row++) {
		printf("%-14s%10.1f%10.2f", row->name,
		       row->peak / row->traces / (1 << 20), row->cmm[m] / row->traces);
		for (i = 0; i < OTHERS; i++)
			printf("%11.2f", row->other[i][m] / row->traces);
		printf("\n");
	}
}

static double ratio(const struct row *row, unsigned int i, enum measure m)
{
	return row->cmm[m] / row->other[i][m];
}

static void print_ratios(enum measure m)
{
	const struct row *row;
	unsigned int i;

	printf("\nCMM's %s size divided by the other's\n%-34s", measures[m], "goal: at most");
	for (i = 0; i < OTHERS; i++)
		printf("%11.2f", others[i].goal);
	printf("\n");
	for (row = rows; row < rows + row_count; row++) {
		printf("%-34s", row->name);
		for (i = 0; i < OTHERS; i++)
			printf("%10.2f%c", ratio(row, i, m),
			       ratio(row, i, m) <= others[i].goal ? ' ' :
			       ratio(row, i, m) <= 1 ? '*' : '+');
		printf("\n");
	}
}

static const char explanation[] =
	"\n"
	"*  CMM misses the goal, but needs no more than the other policy\n"
	"+  CMM needs more than the other policy\n"
	"\n"
	"- first fit: the cost of mapping large buffers in blocks. CMM aligns buffers of\n"
	"  8 MiB and more to 2 MiB, which leaves holes before them.\n"
	"- best fit and TLSF, smallest: by chance, no allocation fails in this zone, but\n"
	"  some fail in a larger zone. A zone of this size is not safe.\n"
	"- best fit and TLSF, safe: the pictures of one camera have few sizes. Best fit\n"
	"  and TLSF find the holes that pictures of the same size left. First fit splits\n"
	"  larger holes at lower addresses.\n"
	"- buddy, on npu 1G: the largest network and its scratch memory are slightly\n"
	"  smaller than powers of two, so buddy wastes little.\n";

int main(int argc, char **argv)
{
	enum measure m;
	int i;

	for (i = 1; i < argc; i++)
		replay(argv[i]);
	for (m = 0; m < MEASURES; m++) {
		print_sizes(m);
		print_ratios(m);
	}
	fputs(explanation, stdout);
	return !row_count;
}
