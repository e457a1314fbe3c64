// SPDX-License-Identifier: MIT
/*
 * Reads a file without leaving its pages in the page cache.
 *
 * Normally the pages are dropped after each piece. Kernels without
 * CONFIG_ADVISE_SYSCALLS cannot do that. Then the file is read with direct I/O into a
 * bounce buffer, and copied from there. Direct I/O into a buffer of a zone does not
 * work, because its pages cannot be pinned. If the file system has no direct I/O
 * either, the pages stay in the page cache.
 */
#define _GNU_SOURCE 1		/* O_DIRECT */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source.h"

/* Alignment of direct reads in memory and in the file: the largest block of a disk. */
#define DIRECT_ALIGN	((size_t)1 << 16)

/*
 * The file as a new open file, because the caller's may be shared; or -1. A descriptor
 * that is only for writing must not become readable by this.
 */
static int open_direct(int fd)
{
	char path[32];
	struct stat st;

	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY)
		return -1;
	if (fstat(fd, &st) || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
}

int source_open(struct source *source, int fd)
{
	void *bounce;

	*source = (struct source){
		.fd = fd,
		.start = lseek(fd, 0, SEEK_CUR),
		.direct = -1,
	};
	/* Asks for nothing that source_drop() does not do: one byte is no whole page. */
	if (source->start < 0 ||
	    posix_fadvise(fd, source->start, 1, POSIX_FADV_DONTNEED) != ENOSYS)
		return 0;
	source->direct = open_direct(fd);
	if (source->direct < 0)
		return 0;
	if (posix_memalign(&bounce, DIRECT_ALIGN, SOURCE_PIECE)) {
		close(source->direct);
		errno = ENOMEM;
		return -1;
	}
	source->bounce = bounce;
	source->next = source->start;
	return 0;
}

/* Moves the caller's descriptor after the last byte that was taken. */
static void end_direct(struct source *source)
{
	if (source->direct < 0)
		return;
	lseek(source->fd, source->next - (off_t)source->left, SEEK_SET);
	close(source->direct);
	free(source->bounce);
	source->direct = -1;
}

void source_close(struct source *source)
{
	end_direct(source);
}

/*
 * Fills the empty bounce buffer from @next on. Begins at an aligned position before it,
 * because the last read may have ended anywhere. Returns the bytes after @next, 0 if
 * there are none at the end of the file or before a bad sector, or -1.
 */
static ssize_t refill(struct source *source)
{
	size_t skip = (size_t)source->next % DIRECT_ALIGN;
	off_t from = source->next - (off_t)skip;
	ssize_t got;

	do {
		got = pread(source->direct, source->bounce, SOURCE_PIECE, from);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	if ((size_t)got <= skip)
		return 0;
	source->at = source->bounce + skip;
	source->left = (size_t)got - skip;
	source->next = from + got;
	return (ssize_t)source->left;
}

static ssize_t read_direct(struct source *source, void *to, size_t size)
{
	ssize_t got = source->left ? 1 : refill(source);

	if (got <= 0)
		return got;
	if (size > source->left)
		size = source->left;
	memcpy(to, source->at, size);
	source->at += size;
	source->left -= size;
	return (ssize_t)size;
}

static ssize_t read_cached(const struct source *source, void *to, size_t size)
{
	ssize_t got;

	do {
		got = read(source->fd, to, size);
	} while (got < 0 && errno == EINTR);
	return got;
}

ssize_t source_read(struct source *source, void *to, size_t size)
{
	ssize_t got;

	if (source->direct >= 0) {
		got = read_direct(source, to, size);
		if (got > 0 || (got < 0 && errno != EINVAL))
			return got;
		/*
		 * Some file systems refuse direct I/O only now. A read without bytes ended
		 * at the end of the file or before an error: read() tells which.
		 */
		end_direct(source);
	}
	return read_cached(source, to, size);
}

/* Drops all pages from the start, because earlier pages may have been in use then. */
void source_drop(const struct source *source, size_t done)
{
	if (source->start >= 0 && source->direct < 0)
		posix_fadvise(source->fd, source->start, (off_t)done,
			      POSIX_FADV_DONTNEED);
}
