/* SPDX-License-Identifier: MIT */
/*
 * A fake system with zones, for programs that are linked with -Wl,--wrap of access, open,
 * stat, ioctl, scandir, calloc, pread and posix_fadvise.
 *
 * Each zone has FAKE_TOTAL bytes. FAKE_FREE of them are free, and the largest free
 * extent has FAKE_LARGEST bytes. FAKE_CHARGED bytes are charged to the calling user.
 * Allocations do not change these numbers. The zone "secret" cannot be opened. A
 * buffer is a memfd, so that it can be mapped and duplicated and has a size. The
 * system also has the dma-heap "system", and udmabuf.
 */
#ifndef CMM_FAKE_H
#define CMM_FAKE_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <linux/cmm.h>

#define FAKE_PAGE	4096u
#define FAKE_TOTAL	(16u << 20)
#define FAKE_FREE	(8u << 20)
#define FAKE_LARGEST	(4u << 20)
#define FAKE_CHARGED	(3u << 20)
/*
 * Addresses of buffer 17, which has two pages: where "0000:00:03.0" writes to it, where
 * "npu" had it before it was freed, and its physical address.
 */
#define FAKE_IOVA	0xfe000000u
#define FAKE_OLD_IOVA	0xee0000u
#define FAKE_PHYS	0x50000000u

/**
 * struct fake - behaviour of the system, and the calls it received
 * @zones: names, separated by spaces; NULL: there is no /dev/cmm
 * @loaded: the cmm module is loaded
 * @shared: the nodes of zones belong to a group, by a udev rule
 * @marked: zones that the device tree marks as the default one: bit 0 is the first of
 *	@zones
 * @used: bytes in live buffers that a zone reports
 * @quota: bytes that the user may have
 * @user: the caller is not root: it gets no offsets
 * @gone: the process of every third buffer has exited
 * @error: the next ioctl of a zone fails with this errno
 * @error_after: that many of them succeed before
 * @entries: buffers that LIST reports, with the ids 2, 4, 6, …
 * @page: maximum number of entries that LIST writes at a time
 * @callocs: the calloc() calls that succeed before one fails; negative: all do
 * @block: bytes of the blocks in which a buffer can be mapped, 0: none
 * @block_offset: where in a block every buffer begins
 * @interruptions: times that a sync is interrupted before it is done
 * @busy: something can write to the buffers
 * @no_fadvise: the kernel has no fadvise64()
 * @no_direct: the file system refuses to open files with O_DIRECT
 * @direct_reads: direct reads that succeed before one fails with EINVAL; negative: all do
 * @direct_end: direct reads end here, as before a bad sector; 0: at the end of the file
 * @on_alloc: called by each ALLOC, or NULL. Returns 0, or a negative errno
 * @allocs: number of ALLOC ioctls
 * @calls: number of ioctls of zones and buffers
 * @asked: the last ALLOC
 * @viewed: the last successful VIEW
 * @sync_flags: those of the last sync that was done
 * @label: the last DMA_BUF_SET_NAME
 * @syncs: number of syncs that were done
 * @ranges: the ranges of the last SYNC of a zone
 * @range_count: number of these ranges
 * @range_syncs: number of these SYNCs that were done
 * @direct_bytes: bytes read by direct I/O
 * @advice: bit n is set after a posix_fadvise() with advice n
 */
struct fake {
	const char *zones;
	int loaded;
	int shared;
	unsigned int marked;
	uint64_t used;
	uint64_t quota;
	int user;
	int gone;
	int error;
	unsigned int error_after;
	unsigned int entries;
	unsigned int page;
	int callocs;
	unsigned int block;
	unsigned int block_offset;
	unsigned int interruptions;
	int busy;
	int no_fadvise;
	int no_direct;
	int direct_reads;
	off_t direct_end;
	int (*on_alloc)(void);

	unsigned int allocs;
	unsigned int calls;
	struct cmm_alloc asked;
	struct cmm_view viewed;
	uint64_t sync_flags;
	char label[CMM_NAME_LEN];
	unsigned int syncs;
	struct cmm_sync_entry ranges[CMM_SYNC_MAX_COUNT];
	unsigned int range_count;
	unsigned int range_syncs;
	size_t direct_bytes;
	unsigned int advice;
};

extern struct fake fake;

/* As at the start of a test: one zone, "media", three buffers, and no failures. */
void fake_reset(void);

/* A dma-buf that belongs to no zone. */
int fake_foreign_dmabuf(void);

/* The linker calls __wrap_*; __real_* are the C library's functions. */
int __wrap_access(const char *path, int mode);
int __real_access(const char *path, int mode);
int __wrap_stat(const char *path, struct stat *st);
int __real_stat(const char *path, struct stat *st);
int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __real_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t offset);
ssize_t __real_pread(int fd, void *to, size_t size, off_t offset);
int __wrap_posix_fadvise(int fd, off_t offset, off_t len, int advice);
int __real_posix_fadvise(int fd, off_t offset, off_t len, int advice);
void *__wrap_calloc(size_t count, size_t size);
void *__real_calloc(size_t count, size_t size);
int __wrap_scandir(const char *path, struct dirent ***entries,
		   int (*filter)(const struct dirent *entry),
		   int (*compare)(const struct dirent **a,
				  const struct dirent **b));

#endif /* CMM_FAKE_H */
