// SPDX-License-Identifier: MIT
/*
 * Replays traces with each policy and prints how much memory it needs, over the
 * most bytes that were ever taken: 1.00 would be a policy that wastes nothing.
 *
 *   replay [--check] TRACE...
 *
 * There are two figures. "smallest" is the smallest zone in which no request
 * fails. For first fit it is the answer, as more memory changes nothing. Other
 * policies place everything elsewhere in a zone of another size, and may fail in
 * a larger one: "safe" is the size from which on none fails.
 *
 * Traces that differ only in the last word of their names are one row: the mean
 * of them. --check makes tests of what CMM's safe size must not exceed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "trace.h"

#define MAX_ROWS	32
#define STEP		0.01	/* of the peak, between two zones that are tried */
#define MOST		3.2	/* of the peak, which is enough for all of them */

enum measure { SMALLEST, SAFE, MEASURES };

static const char *const measures[MEASURES] = { "smallest", "safe" };

/*
 * What CMM's figure over the other policy's should be at most, and what --check
 * insists on: that the order of the policies stays.
 */
static const struct {
	const struct policy *policy;
	double goal, limit;
} others[] = {
	{ &first_fit, 1.03, 1.05 },
	{ &best_fit, 0.92, 1.00 },
	{ &tlsf, 0.88, 1.00 },
	{ &buddy, 0.70, 0.75 },
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

	printf("\nCMM's %s size over the other's\n%-34s", measures[m], "goal: at most");
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
	"*  misses the goal, but needs no more than the other policy; +  needs more:\n"
	"\n"
	"- first fit: what CMM gives for large buffers' being mapped in blocks. Those of\n"
	"  8 MiB and more begin at multiples of 2 MiB, which leaves holes before them.\n"
	"- best fit and TLSF, smallest: zones in which they happen to get by, while they\n"
	"  fail in larger ones. Nobody can plan for that: see their safe sizes.\n"
	"- best fit and TLSF, safe: pictures of one camera have few sizes, for which best\n"
	"  fit and TLSF find the holes that others of that size left. First fit splits\n"
	"  larger ones that lie lower.\n"
	"- buddy, on npu 1G: the largest network and its scratch memory are just smaller\n"
	"  than powers of two, so that buddy wastes little by rounding up.\n";

static int check(void)
{
	unsigned int passed = 0, failed = 0, i;
	const struct row *row;

	for (row = rows; row < rows + row_count; row++) {
		for (i = 0; i < OTHERS; i++) {
			const bool ok = ratio(row, i, SAFE) <= others[i].limit;

			printf("%s - %s: a zone of at most %.2f of that for %s (%.3f)\n",
			       ok ? "ok" : "not ok", row->name, others[i].limit,
			       others[i].policy->name, ratio(row, i, SAFE));
			passed += ok;
			failed += !ok;
		}
	}
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed || !passed;
}

int main(int argc, char **argv)
{
	const bool checks = argc > 1 && !strcmp(argv[1], "--check");
	enum measure m;
	int i;

	for (i = 1 + checks; i < argc; i++)
		replay(argv[i]);
	if (checks)
		return check();
	for (m = 0; m < MEASURES; m++) {
		print_sizes(m);
		print_ratios(m);
	}
	fputs(explanation, stdout);
	return !row_count;
}
