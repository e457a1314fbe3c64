/* SPDX-License-Identifier: MIT */
/*
 * What the library's files share: the two handles, and their ownership.
 *
 * References point one way: a buffer holds its zone, so that a zone may be
 * closed while buffers of it are in use.
 */
#ifndef CMM_INTERNAL_H
#define CMM_INTERNAL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cmm.h>
#include <linux/cmm.h>

/* The directory of the zones' nodes. */
#define CMM_DIR	"/dev/cmm"

/* Never changes after it was opened, but for the reference count. */
struct cmm_zone {
	int fd;			/* owned */
	atomic_uint refs;	/* the caller's and one per buffer */
};

struct cmm_buf {
	struct cmm_zone *zone;	/* a reference, or NULL for a foreign dma-buf */
	int fd;			/* owned; -1 until there is one */
	size_t len;		/* bytes */
	void *addr;		/* the CPU mapping, or NULL */
};

/* Returns @zone with one more reference, for cmm_zone_close(). */
static inline struct cmm_zone *zone_get(struct cmm_zone *zone)
{
	atomic_fetch_add_explicit(&zone->refs, 1, memory_order_relaxed);
	return zone;
}

/* ioctl(). Other C libraries than glibc declare its second parameter as int. */
static inline int call_kernel(int fd, unsigned long request, void *arg)
{
#ifdef __GLIBC__
	return ioctl(fd, request, arg);
#else
	return ioctl(fd, (int)request, arg);
#endif
}

/*
 * A buffer without a descriptor that holds @zone, which may be NULL. Returns
 * NULL with ENOMEM; the caller gives it back with cmm_buf_close().
 */
struct cmm_buf *buf_new(struct cmm_zone *zone);

/* CMM_IOC_QUERY about @fd, zeroed where the kernel does not know an answer. */
int zone_query(const struct cmm_zone *zone, int fd, struct cmm_query *answer);

/* A flag that callers pass, and the kernel's bit for it. */
struct flag {
	unsigned int flag;
	uint32_t kernel;
};

/*
 * Sets *@kernel to the kernel's bits for @flags. Returns 0, or -1 with EINVAL if
 * @flags has a bit that is not in @known, of @count entries.
 */
int flags_to_kernel(const struct flag *known, size_t count, unsigned int flags,
		    uint32_t *kernel);

/* The same for reading and writing, of which @access has at least one. */
int access_to_kernel(const struct flag known[2], unsigned int access,
		     uint32_t *kernel);

/* Gives a caller as much of a structure as its header knew. */
static inline void copy_sized(void *to, size_t to_size,
			      const void *from, size_t from_size)
{
	if (to_size > from_size) {
		memset((char *)to + from_size, 0, to_size - from_size);
		to_size = from_size;
	}
	memcpy(to, from, to_size);
}

#endif /* CMM_INTERNAL_H */
