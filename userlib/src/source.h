/* SPDX-License-Identifier: MIT */
/*
 * A file that is read once, without leaving its pages in the page cache.
 */
#ifndef CMM_SOURCE_H
#define CMM_SOURCE_H

#include <stddef.h>
#include <sys/types.h>

/* Bytes to read between two calls of source_drop(). */
#define SOURCE_PIECE	((size_t)1 << 20)

struct source {
	int fd;			/* the caller's */
	off_t start;		/* -1: a file without a position, such as a pipe */

	/* Direct I/O, on kernels that cannot drop pages. */
	int direct;		/* the same file with O_DIRECT, owned; or -1 */
	char *bounce;		/* SOURCE_PIECE bytes, owned */
	const char *at;		/* next byte in @bounce */
	size_t left;		/* bytes in @bounce from @at on */
	off_t next;		/* position in the file of the byte after them */
};

/* Reads @fd from its current position. Returns 0, or -1 with ENOMEM. */
int source_open(struct source *source, int fd);

/* Like read(2), but restarted after a signal. */
ssize_t source_read(struct source *source, void *to, size_t size);

/* Drops the pages of the first @done bytes that were read. */
void source_drop(const struct source *source, size_t done);

/* Leaves the position of the caller's descriptor after the last byte read. */
void source_close(struct source *source);

#endif /* CMM_SOURCE_H */
