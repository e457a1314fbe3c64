/* SPDX-License-Identifier: MIT */
/*
 * The leak check after every test: no byte and no buffer in use in any zone, the same
 * number of open descriptors and zones, no reference to the modules, and no sign of a
 * fault in the kernel log.
 *
 * A test's own process is checked before it exits, including what it still holds. The
 * runner checks again afterwards.
 */
#ifndef LEAKCHECK_H
#define LEAKCHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "driver.h"

struct leakcheck {
	int descriptors;
	int zones;
	long driver_refs;
	long importer_refs;
	int log;		/* the runner's only, from leakcheck_start() on */
};

/* Records the state to compare with. */
void leakcheck_read(struct leakcheck *state);
/* Waits briefly for that state; else returns false with the reason in text. */
bool leakcheck_compare(const struct leakcheck *before, char *text, size_t size);

/*
 * Start and end of the runner. Start sets *board to the board's zones. It returns
 * false, with a message on stderr, if the driver is not usable.
 */
bool leakcheck_start(struct leakcheck *state, struct board_zones *board);
void leakcheck_stop(struct leakcheck *state);
/* Reads the kernel's log on; false with the first bad line in text. */
bool leakcheck_read_log(const struct leakcheck *state, bool smmu_events_expected,
			char *text, size_t size);

#endif /* LEAKCHECK_H */
