/* SPDX-License-Identifier: MIT */
/*
 * What every test must leave as it was: no byte and no buffer in use in any
 * zone, no open descriptor more or less, no reference to the modules, no zone
 * more or less, and a kernel log without a sign of a fault.
 *
 * A test's own process is held to it before it exits, with what it holds
 * counted; the runner looks again afterwards.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include "driver.h"

struct oracle {
	int descriptors;
	int zones;
	long driver_refs;
	long importer_refs;
	int log;		/* the runner's only, from oracle_start() on */
};

/* Takes the state that is to be kept. */
void oracle_read(struct oracle *state);
/* Waits a little for it to be so again; false with what is wrong in text. */
bool oracle_compare(const struct oracle *before, char *text, size_t size);

/*
 * The runner's beginning, which tells the board's zones, and end; false, said on
 * stderr, if the driver is not usable.
 */
bool oracle_start(struct oracle *state, struct board_zones *board);
void oracle_stop(struct oracle *state);
/* Reads the kernel's log on; false with the first bad line in text. */
bool oracle_read_log(const struct oracle *state, bool smmu_events_expected,
		     char *text, size_t size);

#endif /* ORACLE_H */
