// SPDX-License-Identifier: MIT
/* The ledger of cache maintenance: see ledger.h. */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

#define TRACING		"/sys/kernel/debug/tracing/"
#define GROUP		"cmm_ledger"

static const struct {
	const char *event, *function;
} probes[LEDGER_KINDS] = {
	[CLEANED] = { "cleaned", "arch_sync_dma_for_device" },
	[INVALIDATED] = { "invalidated", "arch_sync_dma_for_cpu" },
};

static int write_to(const char *file, int flags, const char *text)
{
	char path[128];
	int fd, ret = 0;

	snprintf(path, sizeof(path), TRACING "%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int add_probe(int kind)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "p:" GROUP "/%s %s phys=$arg1:x64 size=$arg2:x64 dir=$arg3:x32",
		 probes[kind].event, probes[kind].function);
	return write_to("kprobe_events", O_APPEND, text);
}

void ledger_open(void)
{
	char text[64];
	int i;

	ledger_close();
	for (i = 0; i < LEDGER_KINDS; i++) {
		if (add_probe(i))
			skip("this kernel cannot probe %s", probes[i].function);
	}
	snprintf(text, sizeof(text), "common_pid == %ld", syscall(SYS_gettid));
	ASSERT_OK(write_to("events/" GROUP "/filter", 0, text));
	ASSERT_OK(write_to("events/" GROUP "/enable", 0, "1"));
	ledger_clear();
}

/* Also removes what an earlier test, which failed, may have left. */
void ledger_close(void)
{
	char text[64];
	int i;

	write_to("events/" GROUP "/enable", 0, "0");
	for (i = 0; i < LEDGER_KINDS; i++) {
		snprintf(text, sizeof(text), "-:" GROUP "/%s",
			 probes[i].event);
		write_to("kprobe_events", O_APPEND, text);
	}
}

void ledger_clear(void)
{
	ASSERT_OK(write_to("trace", O_TRUNC, ""));
}

/* "... cleaned: (function+0x0/0x38) phys=0x50000000 size=0x1000 dir=0x0" */
static bool parse(const char *line, struct ledger_entry *entry)
{
	unsigned long long phys, size;
	const char *numbers = strstr(line, " phys=");
	int i;

	if (line[0] == '#' || !numbers ||
	    sscanf(numbers, " phys=%llx size=%llx dir=%x", &phys, &size,
		   &entry->dir) != 3)
		return false;
	entry->phys = phys;
	entry->size = size;
	for (i = 0; i < LEDGER_KINDS; i++) {
		char name[32];

		snprintf(name, sizeof(name), " %s: ", probes[i].event);
		if (strstr(line, name)) {
			entry->kind = i;
			return true;
		}
	}
	return false;
}

size_t ledger_read(struct ledger_entry *entries, size_t max)
{
	FILE *trace = fopen(TRACING "trace", "r");
	char line[512];
	size_t count = 0;

	ASSERT(trace);
	while (count < max && fgets(line, sizeof(line), trace))
		count += parse(line, &entries[count]);
	fclose(trace);
	return count;
}
