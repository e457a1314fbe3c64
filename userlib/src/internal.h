/* SPDX-License-Identifier: MIT */
/*
 * Shared by the library's files: the two handles and their ownership.
 *
 * A buffer holds a reference to its zone, so a zone may be closed while its buffers
 * are in use.
 */
#ifndef CMM_INTERNAL_H
#define CMM_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmm.h>
#include <linux/cmm.h>

/* The directory of the zones' nodes. */
#define CMM_DIR	"/dev/cmm"

/* Where the memory comes from. */
enum backend {
	BACKEND_CMM,		/* a zone of the CMM module */
	BACKEND_HEAP,		/* a dma-heap of the kernel */
	BACKEND_UDMABUF,	/* memory of the process */
};

/* Only the reference count and the reclaim function change after opening. */
struct cmm_zone {
	int fd;			/* owned */
	enum backend backend;
	atomic_uint refs;	/* the caller's and one per buffer */
	char name[CMM_NAME_SIZE];
	void (*reclaim)(uint64_t bytes, void *arg);	/* or NULL */
	void *reclaim_arg;
};

struct cmm_buf {
	struct cmm_zone *zone;	/* a reference, or NULL for a foreign dma-buf */
	int fd;			/* owned; -1 until there is one */
	size_t len;		/* bytes */
	void *addr;		/* the CPU mapping, or NULL */
	atomic_uint queued;	/* devices that have the buffer in their queue */
};

/* Takes a reference, which cmm_zone_close() drops. Returns @zone. */
static inline struct cmm_zone *zone_get(struct cmm_zone *zone)
{
	atomic_fetch_add_explicit(&zone->refs, 1, memory_order_relaxed);
	return zone;
}

/* ioctl(). A failure discards the thread's sentence for cmm_explain(). */
int cmm_call_kernel(int fd, unsigned long request, void *arg);

/*
 * Creates a buffer without a descriptor, with a reference to @zone, which may be NULL.
 * Returns NULL with ENOMEM. The caller frees it with cmm_buf_close().
 */
struct cmm_buf *cmm_buf_new(struct cmm_zone *zone);

/*
 * An ioctl of the CMM module. Fails with EOPNOTSUPP for other backends, which could
 * take it for one of their own.
 */
int cmm_zone_call(const struct cmm_zone *zone, unsigned long request, void *arg);

/* CMM_IOC_QUERY about @fd. Members that the kernel does not know are zero. */
int cmm_zone_query(const struct cmm_zone *zone, int fd, struct cmm_query *answer);

/* --- alloc.c --- */

/* Whether @errnum is a shortage that freeing a buffer could end. */
bool is_short(int errnum);

/* Calls the zone's reclaim function. Returns false if there is none, or if it runs now. */
bool zone_reclaim(const struct cmm_zone *zone, uint64_t bytes);

/* Like cmm_buf_alloc(), but a shortage does not call the zone's reclaim function. */
struct cmm_buf *buf_alloc_once(struct cmm_zone *zone, size_t len, unsigned int flags,
			       const char *name);

/* --- flags.c --- */

/* A flag of the library, and the kernel's bit for it. */
struct flag {
	unsigned int flag;
	uint32_t kernel;
};

/*
 * Sets *@kernel to the kernel's bits for @flags. Returns 0, or -1 with EINVAL if
 * @flags has a bit that is not in @known, of @count entries.
 */
int cmm_flags_to_kernel(const struct flag *known, size_t count, unsigned int flags,
			uint32_t *kernel);

/* Like cmm_flags_to_kernel(), for two flags of which @access must have at least one. */
int cmm_access_to_kernel(const struct flag known[2], unsigned int access,
			 uint32_t *kernel);

/* Copies only the members that the caller's header knows. */
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
