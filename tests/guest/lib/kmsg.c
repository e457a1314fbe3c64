// SPDX-License-Identifier: MIT
/* The kernel's log: see kmsg.h. */
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_MS		10
/* 64-bit words of an event's record, one to a line of the log. */
#define EVENT_WORDS	4

int kmsg_open(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log < 0)
		return -errno;
	lseek(log, 0, SEEK_END);
	return log;
}

/* A record is "priority,number,time,flags;text", then a newline and more. */
static void take_text(char *line, char *record)
{
	char *text = strchr(record, ';');

	text = text ? text + 1 : record;
	text[strcspn(text, "\n")] = '\0';
	strcpy(line, text);
}

int kmsg_next(int log, char line[KMSG_LINE])
{
	char record[KMSG_LINE];
	ssize_t len;

	do {
		len = read(log, record, sizeof(record) - 1);
	} while (len < 0 && (errno == EINTR || errno == EPIPE));
	if (len <= 0)
		return 0;
	record[len] = '\0';
	take_text(line, record);
	return 1;
}

static const char bad_log[] =
#include "bad_log.inc"
;

bool kmsg_is_bad(const char *line)
{
	static regex_t pattern;
	static bool compiled;

	if (!compiled && regcomp(&pattern, bad_log, REG_EXTENDED | REG_NOSUB))
		abort();
	compiled = true;
	return !regexec(&pattern, line, 0, NULL, 0);
}

bool kmsg_is_smmu_event(const char *line)
{
	return strstr(line, "arm-smmu-v3") && strstr(line, ": event 0x");
}

static bool next_line(int log, unsigned int *ms, char line[KMSG_LINE])
{
	while (!kmsg_next(log, line)) {
		if (*ms < POLL_MS)
			return false;
		*ms -= POLL_MS;
		usleep(POLL_MS * 1000);
	}
	return true;
}

static bool read_event(int log, unsigned int *ms, struct smmu_event *event)
{
	unsigned long long words[EVENT_WORDS];
	char line[KMSG_LINE];
	int i;

	for (i = 0; i < EVENT_WORDS; i++) {
		char *word;

		if (!next_line(log, ms, line))
			return false;
		word = strrchr(line, ' ');
		word = strstr(word ? word : line, "0x");
		if (!word || sscanf(word, "%llx", &words[i]) != 1)
			return false;
	}
	event->type = words[0] & 0xff;
	event->stream = words[0] >> 32;
	event->addr = words[2];
	return true;
}

int kmsg_wait_smmu_event(int log, unsigned int ms, struct smmu_event *event)
{
	char line[KMSG_LINE];

	while (next_line(log, &ms, line)) {
		if (kmsg_is_smmu_event(line))
			return read_event(log, &ms, event);
	}
	return 0;
}
