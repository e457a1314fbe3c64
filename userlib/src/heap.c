// SPDX-License-Identifier: MIT
/*
 * Memory from dma-heaps and udmabuf: see heap.h.
 *
 * Old kernel headers lack linux/dma-heap.h and linux/udmabuf.h, so the few definitions
 * are here.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* memfd_create(), F_ADD_SEALS */
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-buf.h>

#include "explain.h"
#include "heap.h"
#include "internal.h"

#define HEAP_DIR	"/dev/dma_heap"
#define UDMABUF_PATH	"/dev/udmabuf"
#define HEAP_PREFIX	"heap:"
#define UDMABUF_NAME	"udmabuf:"

/* struct dma_heap_allocation_data */
struct heap_request {
	uint64_t len;
	uint32_t fd;
	uint32_t fd_flags;
	uint64_t heap_flags;
};

#define HEAP_ALLOC	_IOWR('H', 0x0, struct heap_request)

/* struct udmabuf_create */
struct udmabuf_request {
	uint32_t memfd;
	uint32_t flags;
	uint64_t offset;
	uint64_t size;
};

#define UDMABUF_CREATE		_IOW('u', 0x42, struct udmabuf_request)
#define UDMABUF_CLOEXEC		0x01

#ifndef DMA_BUF_SET_NAME
#define DMA_BUF_SET_NAME	_IOW(DMA_BUF_BASE, 1, const char *)
#endif

int heap_open(struct cmm_zone *zone, const char *name)
{
	char path[sizeof(HEAP_DIR) + 1 + NAME_MAX];
	const char *heap = name + strlen(HEAP_PREFIX);

	if (!strcmp(name, UDMABUF_NAME)) {
		zone->backend = BACKEND_UDMABUF;
		snprintf(path, sizeof(path), "%s", UDMABUF_PATH);
	} else if (!strncmp(name, HEAP_PREFIX, strlen(HEAP_PREFIX))) {
		zone->backend = BACKEND_HEAP;
		if (!*heap || strchr(heap, '/') || strlen(heap) > NAME_MAX)
			return explain_failure(ENOENT,
					       "'%s' is not the name of a dma-heap; 'ls %s' shows their names.",
				    name, HEAP_DIR);
		snprintf(path, sizeof(path), "%s/%s", HEAP_DIR, heap);
	} else {
		return 1;
	}
	snprintf(zone->name, sizeof(zone->name), "%.*s", CMM_NAME_SIZE - 1, name);
	zone->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (zone->fd < 0)
		return explain_failure(errno,
				       "Cannot open %s for '%s': %s.", path, name,
			    cmm_strerror(errno));
	return 0;
}

static int alloc_from_heap(int heap, size_t len)
{
	struct heap_request request = {
		.len = len,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};

	return cmm_call_kernel(heap, HEAP_ALLOC, &request) ? -1 : (int)request.fd;
}

/* Returns a memory file that udmabuf accepts: of a fixed size, and all zero. */
static int new_memory(size_t len)
{
	int saved, fd = memfd_create("cmm", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (!ftruncate(fd, (off_t)len) && !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int alloc_udmabuf(int device, size_t len)
{
	int memory = new_memory(len);
	struct udmabuf_request request = {
		.memfd = (uint32_t)memory,
		.flags = UDMABUF_CLOEXEC,
		.size = len,
	};
	int fd, saved;

	if (memory < 0)
		return -1;
	fd = cmm_call_kernel(device, UDMABUF_CREATE, &request);
	saved = errno;
	close(memory);
	if (fd >= 0)
		return fd;
	if (saved == EINVAL)
		return explain_failure(EFBIG,
				       "udmabuf does not allocate %zu bytes; the parameter size_limit_mb of its module is the limit.",
			    len);
	errno = saved;
	return -1;
}

static int check_request(const struct cmm_zone *zone, size_t len, size_t align,
			 unsigned int flags, size_t page)
{
	if (!len || align & (align - 1) || flags & ~CMM_ALLOC_WC) {
		errno = EINVAL;
		return -1;
	}
	if (len > SIZE_MAX / 2) {
		errno = EFBIG;
		return -1;
	}
	if (align > page || flags)
		return explain_failure(EOPNOTSUPP,
				       "'%s' has neither write-combined buffers nor an alignment above %zu bytes; use a zone of CMM.",
			    zone->name, page);
	return 0;
}

int heap_alloc(const struct cmm_zone *zone, size_t *len, size_t align,
	       unsigned int flags, const char *name)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char label[CMM_NAME_SIZE];
	int fd;

	if (check_request(zone, *len, align, flags, page))
		return -1;
	*len = (*len + page - 1) / page * page;
	fd = zone->backend == BACKEND_HEAP ? alloc_from_heap(zone->fd, *len) :
					     alloc_udmabuf(zone->fd, *len);
	/* The label is only for listings; a kernel before 5.1 has none. */
	if (fd >= 0 && *name) {
		snprintf(label, sizeof(label), "%s", name);
		cmm_call_kernel(fd, DMA_BUF_SET_NAME, label);
	}
	return fd;
}
