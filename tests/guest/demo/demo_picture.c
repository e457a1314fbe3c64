// SPDX-License-Identifier: MIT
/* A zone as a picture: see demo_picture.h. */
#include "demo_picture.h"

#include <errno.h>
#include <string.h>

static int add_buf(const struct cmm_buf_entry *entry, void *arg)
{
	struct picture *picture = arg;
	size_t len = strlen(entry->name);
	struct picture_buf *buf;

	if (picture->count == PICTURE_MAX_BUFS) {
		errno = E2BIG;
		return -1;
	}
	buf = &picture->bufs[picture->count++];
	buf->offset = entry->offset;
	buf->end = entry->offset + entry->len;
	buf->letter = len ? entry->name[len - 1] : '#';
	return 0;
}

int picture_take(struct cmm_zone *zone, struct picture *picture)
{
	struct cmm_zone_info info;

	if (cmm_zone_info(zone, &info))
		return -1;
	picture->used = info.used;
	picture->count = 0;
	return cmm_buf_list(zone, add_buf, picture);
}

uint64_t picture_scale(const struct picture *pictures, unsigned int count)
{
	uint64_t cell = 4096;
	unsigned int i, b;

	for (i = 0; i < count; i++)
		for (b = 0; b < pictures[i].count; b++)
			while (pictures[i].bufs[b].end > cell * PICTURE_CELLS)
				cell *= 2;
	return cell;
}

void picture_draw(const struct picture *picture, uint64_t cell,
		  char line[PICTURE_CELLS + 1])
{
	const struct picture_buf *buf;
	unsigned int i;
	uint64_t c;

	memset(line, '.', PICTURE_CELLS);
	line[PICTURE_CELLS] = '\0';
	for (i = 0; i < picture->count; i++) {
		buf = &picture->bufs[i];
		for (c = buf->offset / cell; c * cell < buf->end; c++)
			line[c] = buf->letter;
	}
	/* Of buffers in one cell, the oldest that begins there is shown. */
	for (i = picture->count; i-- > 0;) {
		buf = &picture->bufs[i];
		line[buf->offset / cell] = buf->letter;
	}
}
