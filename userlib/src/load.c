// SPDX-License-Identifier: MIT
/*
 * Fills a buffer from a file. The file may be larger than the memory that is left for
 * its page cache: see source.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "source.h"

/* Fails if the rest of the file is known to be larger than @room. */
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
static int expect_end(struct source *source)
{
	char more;
	ssize_t got = source_read(source, &more, 1);

	if (got > 0)
		errno = EFBIG;
	return got ? -1 : 0;
}

/*
 * Begins the CPU's access to a chunk. Returns the chunk's end, or 0 on failure. The
 * access includes reading: the file may end inside the chunk and inside a cache line,
 * and the other bytes of that line must not change.
 */
static size_t begin_piece(struct cmm_buf *buf, size_t offset)
{
	size_t room = buf->len - offset;
	size_t size = room < SOURCE_PIECE ? room : SOURCE_PIECE;

	if (cmm_buf_sync_begin_range(buf, offset, size, CMM_CPU_READ | CMM_CPU_WRITE))
		return 0;
	return offset + size;
}

/*
 * Reads to the end of the file. Always sets *@done to the number of bytes written.
 *
 * @end: end of the first chunk, whose access has begun
 */
static int fill(struct source *source, struct cmm_buf *buf, size_t offset,
		size_t end, size_t *done)
{
	char *at = buf->addr;
	size_t next;
	ssize_t got;

	for (*done = 0; offset + *done < buf->len; *done += (size_t)got) {
		next = offset + *done;
		if (next == end)
			end = begin_piece(buf, next);
		if (!end)
			return -1;
		got = source_read(source, at + next, end - next);
		if (got <= 0)
			return (int)got;
		source_drop(source, *done + (size_t)got);
	}
	return expect_end(source);
}

/*
 * Ends the CPU's access to the bytes that were written.
 *
 * @end: as for fill()
 */
static ssize_t load_mapped(struct cmm_buf *buf, size_t offset, size_t end,
			   struct source *source)
{
	size_t done;
	int ret, saved;

	if (!cmm_buf_map(buf))
		return -1;
	ret = fill(source, buf, offset, end, &done);
	saved = errno;
	if (done && cmm_buf_sync_end_range(buf, offset, done, CMM_CPU_WRITE))
		return -1;
	errno = saved;
	return ret ? -1 : (ssize_t)done;
}

static ssize_t load_source(struct cmm_buf *buf, size_t offset, struct source *source)
{
	void *mapped = buf->addr;
	ssize_t loaded;
	size_t end;
	int saved;

	if (check_size(source, buf->len - offset))
		return -1;
	end = begin_piece(buf, offset);
	if (!end)
		return -1;

	loaded = load_mapped(buf, offset, end, source);
	saved = errno;
	if (!mapped)
		cmm_buf_unmap(buf);
	errno = saved;
	return loaded;
}

ssize_t cmm_buf_load(struct cmm_buf *buf, size_t offset, int fd)
{
	struct source source;
	ssize_t loaded;
	int saved;

	if (offset >= buf->len) {
		errno = EINVAL;
		return -1;
	}
	if (source_open(&source, fd))
		return -1;
	loaded = load_source(buf, offset, &source);
	saved = errno;
	source_close(&source);
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
