/* SPDX-License-Identifier: MIT */
/*
 * The leak check after every test: no byte and no buffer in use in any zone, the same
 * number of open descriptors and zones, no reference to the modules, and no sign of a
 * fault in the kernel log.
 *
 * A test's own process is checked before it exits, including what it still holds. The
 * runner checks again afterwards.
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

/* Records the state to compare with. */
void oracle_read(struct oracle *state);
/* Waits briefly for that state; else returns false with the reason in text. */
bool oracle_compare(const struct oracle *before, char *text, size_t size);

/*
 * Start and end of the runner. Start sets *board to the board's zones. It returns
 * false, with a message on stderr, if the driver is not usable.
 */
bool oracle_start(struct oracle *state, struct board_zones *board);
void oracle_stop(struct oracle *state);
/* Reads the kernel's log on; false with the first bad line in text. */
bool oracle_read_log(const struct oracle *state, bool smmu_events_expected,
		     char *text, size_t size);

#endif /* ORACLE_H */
