/* SPDX-License-Identifier: MIT */
/*
 * The kernel's log, from a chosen moment on, and what the tests look for in
 * it: signs of a fault in the kernel, and the SMMU's reports of stray DMA.
 */
#ifndef KMSG_H
#define KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KMSG_LINE	1024

/* Event types of the SMMUv3. */
#define SMMU_TRANSLATION	0x10	/* nothing mapped there */
#define SMMU_PERMISSION		0x13	/* mapped, but not for this access */

struct smmu_event {
	unsigned int type;
	uint32_t stream;	/* which device */
	uint64_t addr;		/* where it went, in its own addresses */
};

/* Opens the log at its end; a descriptor or a negative errno. */
int kmsg_open(void);
/* Copies the next line, without its prefix: 1, 0 if there is none yet. */
int kmsg_next(int log, char line[KMSG_LINE]);

/* Whether a line reports a fault in the kernel: see bad_log.inc. */
bool kmsg_is_bad(const char *line);
/* Whether a line is the first of an SMMU event's report. */
bool kmsg_is_smmu_event(const char *line);

/*
 * Waits up to ms milliseconds for the next SMMU event: 1, 0 if there was none.
 * The kernel reports at most ten events in five seconds and drops the others.
 */
int kmsg_wait_smmu_event(int log, unsigned int ms, struct smmu_event *event);

#endif /* KMSG_H */
