/* SPDX-License-Identifier: MIT */
/*
 * A zone as a picture: one line of cells, '.' where all of a cell is free, else
 * a buffer's letter, which is the last character of its name.
 *
 * A function returns 0 or -1 with errno set, as libcmm's do.
 */
#ifndef DEMO_PICTURE_H
#define DEMO_PICTURE_H

#include <stdint.h>

#include <cmm.h>

#define PICTURE_CELLS		64
#define PICTURE_MAX_BUFS	64

struct picture_buf {
	uint64_t offset;
	uint64_t end;
	char letter;
};

/* The zone at one moment. */
struct picture {
	uint64_t used;
	unsigned int count;
	struct picture_buf bufs[PICTURE_MAX_BUFS];
};

/* E2BIG: more buffers than a picture holds. */
int picture_take(struct cmm_zone *zone, struct picture *picture);

/* Bytes per cell, a power of two, so that every buffer of all of them shows. */
uint64_t picture_scale(const struct picture *pictures, unsigned int count);
/* Draws the first PICTURE_CELLS cells into line, and a terminating NUL. */
void picture_draw(const struct picture *picture, uint64_t cell,
		  char line[PICTURE_CELLS + 1]);

#endif /* DEMO_PICTURE_H */
