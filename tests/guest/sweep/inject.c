// SPDX-License-Identifier: MIT
/* Fault injection: see inject.h. */
#include "inject.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define DEBUGFS		"/sys/kernel/debug/"

/*
 * What may fail. Allocations may even if they could wait for memory instead,
 * and no failure is told of in the log, where nothing of ours shall be either.
 */
static const struct {
	const char *file;
	const char *value;
} knobs[] = {
	{ "failslab/ignore-gfp-wait", "N" },
	{ "failslab/verbose", "0" },
	{ "fail_page_alloc/ignore-gfp-wait", "N" },
	{ "fail_page_alloc/ignore-gfp-highmem", "N" },
	{ "fail_page_alloc/min-order", "0" },
	{ "fail_page_alloc/verbose", "0" },
	{ "fail_usercopy/verbose", "0" },
};

static bool turn(const char *file, const char *value)
{
	char path[128];
	FILE *knob;

	snprintf(path, sizeof(path), DEBUGFS "%s", file);
	knob = fopen(path, "w");
	if (!knob)
		return false;
	fputs(value, knob);
	return !fclose(knob);
}

/* From where in the kernel to where a function goes. */
static bool find_function(const char *wanted, unsigned long *start,
			  unsigned long *end)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	char line[512], name[256], type;
	unsigned long addr;

	*start = 0;
	*end = 0;
	while (symbols && !*end && fgets(line, sizeof(line), symbols)) {
		if (sscanf(line, "%lx %c %255s", &addr, &type, name) != 3)
			continue;
		if (*start && addr > *start)
			*end = addr;
		else if (!strcmp(name, wanted))
			*start = addr;
	}
	if (symbols)
		fclose(symbols);
	return *end;
}

/*
 * The kernel's checks of DMA mappings switch themselves off for good when they
 * lack memory for their own records: theirs do not fail.
 */
static bool spare_dma_debug(void)
{
	unsigned long start, end;
	char text[32];

	if (!find_function("add_dma_entry", &start, &end))
		return false;
	snprintf(text, sizeof(text), "%#lx", start);
	if (!turn("failslab/reject-start", text) ||
	    !turn("fail_page_alloc/reject-start", text))
		return false;
	snprintf(text, sizeof(text), "%#lx", end);
	return turn("failslab/reject-end", text) &&
	       turn("fail_page_alloc/reject-end", text);
}

const char *inject_start(void)
{
	size_t i;

	if (access(FAIL_NTH, F_OK))
		return "this kernel has no fault injection";
	for (i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++) {
		if (!turn(knobs[i].file, knobs[i].value))
			return "this kernel does not inject all faults";
	}
	if (!spare_dma_debug())
		return "this kernel's checks of DMA mappings cannot be spared";
	return NULL;
}

/* Each process opens it again, since it belongs to one thread. */
static int fail_nth = -1;

void inject_arm(unsigned int n)
{
	char text[16];

	fail_nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	snprintf(text, sizeof(text), "%u", n);
	if (fail_nth < 0 || write(fail_nth, text, strlen(text)) < 0) {
		perror(FAIL_NTH);
		abort();
	}
}

/* What is left of n; -1 if reading that is what fails. */
static long disarm(void)
{
	char text[16] = "";
	long left = -1;

	if (pread(fail_nth, text, sizeof(text) - 1, 0) > 0)
		left = atol(text);
	pwrite(fail_nth, "0", 1, 0);
	close(fail_nth);
	return left;
}

unsigned int inject_count(unsigned int n)
{
	long left = disarm();

	return left < 0 ? n : n - left;
}

bool inject_disarm(void)
{
	return !disarm();
}
