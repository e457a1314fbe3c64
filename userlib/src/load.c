// SPDX-License-Identifier: MIT
/*
 * Filling a buffer from a file that may be larger than the memory that is left
 * for its page cache.
 *
 * The kernel copies straight into the buffer, a piece at a time, and is told
 * behind each piece that the file's pages are not needed any more. Direct I/O
 * would need no such pages, but cannot pin a buffer's.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* The most that is read before the page cache is emptied again. */
#define PIECE_SIZE	((size_t)1 << 20)

/* A file from where it is read on. */
struct source {
	int fd;
	off_t start;		/* -1: a pipe or the like, without a position */
};

/* read(2), begun anew after a signal. */
static ssize_t read_piece(int fd, void *to, size_t size)
{
	ssize_t got;

	do {
		got = read(fd, to, size);
	} while (got < 0 && errno == EINTR);
	return got;
}

/* All from the start, as pages that were in use before may be free by now. */
static void drop_cache(const struct source *source, size_t done)
{
	if (source->start >= 0)
		posix_fadvise(source->fd, source->start, (off_t)done,
			      POSIX_FADV_DONTNEED);
}

/* Fails if it is known already that the rest of the file takes more than @room. */
static int check_size(const struct source *source, size_t room)
{
	struct stat st;

	if (fstat(source->fd, &st))
		return -1;
	if (source->start < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size - source->start <= (off_t)room)
		return 0;
	errno = EFBIG;
	return -1;
}

/* Fails unless the file ends here. */
static int expect_end(int fd)
{
	char more;
	ssize_t got = read_piece(fd, &more, 1);

	if (got > 0)
		errno = EFBIG;
	return got ? -1 : 0;
}

/* Reads to the file's end. *@done is how much of @room was written, always. */
static int fill(const struct source *source, char *to, size_t room,
		size_t *done)
{
	size_t left;
	ssize_t got;

	for (*done = 0; *done < room; *done += (size_t)got) {
		left = room - *done;
		got = read_piece(source->fd, to + *done,
				 left < PIECE_SIZE ? left : PIECE_SIZE);
		if (got <= 0)
			return (int)got;
		drop_cache(source, *done + (size_t)got);
	}
	return expect_end(source->fd);
}

/* Inside of a CPU access that has begun; ends it for what was written. */
static ssize_t load_mapped(struct cmm_buf *buf, size_t offset,
			   const struct source *source)
{
	char *at = cmm_buf_map(buf);
	size_t done;
	int ret, saved;

	if (!at)
		return -1;
	ret = fill(source, at + offset, buf->len - offset, &done);
	saved = errno;
	if (done && cmm_buf_sync_end_range(buf, offset, done, CMM_WRITE))
		return -1;
	errno = saved;
	return ret ? -1 : (ssize_t)done;
}

ssize_t cmm_buf_load(struct cmm_buf *buf, size_t offset, int fd)
{
	const struct source source = { fd, lseek(fd, 0, SEEK_CUR) };
	void *mapped = buf->addr;
	ssize_t loaded;
	int saved;

	if (offset >= buf->len) {
		errno = EINVAL;
		return -1;
	}
	if (check_size(&source, buf->len - offset) ||
	    cmm_buf_sync_begin_range(buf, offset, buf->len - offset, CMM_WRITE))
		return -1;

	loaded = load_mapped(buf, offset, &source);
	saved = errno;
	if (!mapped)
		cmm_buf_unmap(buf);
	errno = saved;
	return loaded;
}

ssize_t cmm_buf_load_file(struct cmm_buf *buf, size_t offset, const char *path)
{
	ssize_t loaded;
	int fd, saved;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	loaded = cmm_buf_load(buf, offset, fd);
	saved = errno;
	close(fd);
	errno = saved;
	return loaded;
}
