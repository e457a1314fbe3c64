/* SPDX-License-Identifier: MIT */
/*
 * A holder has everything that can keep a zone, a buffer or the module alive,
 * and lets go of it piece by piece.
 */
#ifndef HOLDER_H
#define HOLDER_H

#include "buffer.h"

enum hold { NODE, DESCRIPTOR, MAPPING, ATTACHMENT, HOLDS };

/* Bytes of a holder's buffer. */
#define HOLDER_LEN	(4 * PAGE)

struct holder {
	int node;
	struct buffer buffer;
	int importer;
	struct import import;
};

const char *hold_name(enum hold what);

struct holder hold_all(void);
/* Also checks that the contents are still what they were. */
void let_go(struct holder *holder, enum hold what);
void let_go_of_all_but(struct holder *holder, enum hold what);
/* Closes what holds nothing; when everything else was let go. */
void holder_end(struct holder *holder);

#endif /* HOLDER_H */
