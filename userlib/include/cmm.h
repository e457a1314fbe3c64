/* SPDX-License-Identifier: MIT */
/*
 * libcmm: physically contiguous, zeroed dma-buf buffers from CMM zones.
 *
 * A zone is one region of reserved memory, with a node /dev/cmm/<zone>. A
 * buffer is a dma-buf file descriptor that cameras (V4L2), displays (DRM) and
 * any other importer can use. Its memory is freed when its last descriptor, CPU
 * mapping and device attachment is gone, in all processes. The kernel closes
 * those of a process that is killed.
 *
 * Usage; examples/minimal.c is a whole program:
 *
 *	struct cmm_zone *zone = cmm_zone_open("media");
 *	struct cmm_buf *buf = cmm_buf_alloc(zone, size, 0, 0, "frame");
 *	void *pixels = cmm_buf_map(buf);
 *
 *	cmm_buf_sync_begin(buf, CMM_CPU_WRITE);
 *	memset(pixels, 0x10, size);
 *	cmm_buf_sync_end(buf, CMM_CPU_WRITE);
 *	send_to_camera(cmm_buf_fd(buf));	// V4L2, DRM or another process
 *
 *	cmm_buf_close(buf);			// unmaps, and closes the descriptor
 *	cmm_zone_close(zone);
 *
 * Conventions
 *
 * - A function that fails returns NULL or -1 and sets errno. It has no effect, unless
 *   its description says so. cmm_strerror() returns what an errno means here.
 * - Sizes, offsets, alignments and addresses are in bytes; ages are in
 *   nanoseconds.
 * - Every descriptor that the library opens is close-on-exec.
 * - Any number of threads may use a zone at the same time. Different threads may use
 *   different buffers. Only one thread at a time may use a buffer, with one exception:
 *   threads may access and sync different parts of a mapped buffer at the same time,
 *   such as the blocks of an arena.
 * - After fork() the child has copies of the handles and mappings. The memory lives
 *   until both processes have closed them. Use a pool, an arena or a ring in one of the
 *   two processes only: each would get the same frames and blocks.
 */
#ifndef CMM_H
#define CMM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct cmm_zone;
struct cmm_buf;

/* Size of a zone's or a buffer's name in bytes, including the terminating NUL. */
#define CMM_NAME_SIZE		32
/* Size of a command name in bytes, including the terminating NUL. */
#define CMM_COMM_SIZE		16
/* Size of a list of device names in bytes, including the terminating NUL. */
#define CMM_DEVICES_SIZE	96
/* Maximum number of buffers per allocation call and of ranges per sync call. */
#define CMM_MAX_COUNT		64
/* Number of elements of inodes in struct cmm_buf_entry. */
#define CMM_MAX_INODES		8

/*
 * Flags that a caller passes. Each bit belongs to one call and differs from the bits in
 * linux/cmm.h. A call that gets the flag of another call fails with EINVAL and does
 * nothing.
 */
/* cmm_buf_alloc(): CPU mappings are write-combined: use them only to write. */
#define CMM_ALLOC_WC		(1u << 8)
/* cmm_buf_map_flags(): take all page faults now. */
#define CMM_MAP_PREFAULT	(1u << 9)
/* cmm_buf_view(), one of the two: the view is writable. */
#define CMM_VIEW_WRITABLE	(1u << 10)
/* The view is read-only, and so is the buffer from now on, for all its users. */
#define CMM_VIEW_PERMANENT	(1u << 15)
/* cmm_buf_sync_begin(), cmm_buf_sync_end(): what the CPU does. */
#define CMM_CPU_READ		(1u << 11)
#define CMM_CPU_WRITE		(1u << 12)
/* cmm_buf_map_device(): what the device does. */
#define CMM_DMA_READ		(1u << 13)
#define CMM_DMA_WRITE		(1u << 14)

/* Flags that the library returns. */
/* Properties of a buffer: flags in struct cmm_buf_info and struct cmm_buf_entry. */
/* It was allocated with CMM_ALLOC_WC. */
#define CMM_INFO_WC		(1u << 0)
/* The offset is valid. The caller needs CAP_SYS_ADMIN. */
#define CMM_INFO_OFFSET		(1u << 28)
/* The process that allocated it has exited. */
#define CMM_INFO_OWNER_GONE	(1u << 29)
/* The handle is read-only; in a list: all handles of the buffer are. */
#define CMM_INFO_READ_ONLY	(1u << 30)
/* The physical address is valid. */
#define CMM_INFO_PHYS		(1u << 31)

/* Properties of a zone in the device tree: flags in struct cmm_zone_info. */
/* Every device that can reach the zone snoops the CPU's caches. */
#define CMM_ZONE_INFO_COHERENT		(1u << 0)
/* A caller with CAP_SYS_RAWIO may see physical addresses. */
#define CMM_ZONE_INFO_EXPOSE_PHYS	(1u << 1)
/* The CPU has no access: see CMM_ZONE_PROTECTED in linux/cmm.h. */
#define CMM_ZONE_INFO_PROTECTED		(1u << 2)
/* The secure world clears memory that is freed. */
#define CMM_ZONE_INFO_FIRMWARE_CLEARS	(1u << 3)
/* Programs that name no zone use this one. */
#define CMM_ZONE_INFO_DEFAULT		(1u << 4)

/* Properties of a device: flags in struct cmm_device. */
/* It has a driver that leaves DMA mappings to the kernel: see cmm_buf_map_device(). */
#define CMM_DEVICE_READY	(1u << 0)
/* An IOMMU translates its addresses. */
#define CMM_DEVICE_TRANSLATED	(1u << 1)
/* It snoops the CPU's caches when it accesses this zone. */
#define CMM_DEVICE_COHERENT	(1u << 2)

/* Kinds of zone: kind in struct cmm_zone_info. */
/* The memory has struct pages and is in the kernel's linear map. */
#define CMM_ZONE_LINEAR		0
/* The device tree hides the memory from the kernel with no-map. */
#define CMM_ZONE_NO_MAP		1
/* The kernel does not know the memory, for example because of mem=. */
#define CMM_ZONE_EXTERNAL	2

/**
 * struct cmm_zone_info - what a zone is and how full it is
 * @total: bytes that the zone manages
 * @used: bytes in live buffers
 * @peak: the highest value of @used so far
 * @largest_free: bytes of the largest free extent, which is the largest buffer
 *	that could be allocated now
 * @clean: free bytes that are known to be zero already
 * @quota: maximum bytes of the caller's effective user in this zone; 0 for no limit
 *	and for a caller with CAP_SYS_RESOURCE
 * @charged: bytes in live buffers that this user allocated; may be more than @quota
 * @kind: CMM_ZONE_LINEAR, CMM_ZONE_NO_MAP or CMM_ZONE_EXTERNAL; later versions may
 *	have more
 * @flags: CMM_ZONE_INFO_* bits
 * @name: the zone's name
 *
 * Later versions may add members at the end, as in the structures below.
 */
struct cmm_zone_info {
	uint64_t total;
	uint64_t used;
	uint64_t peak;
	uint64_t largest_free;
	uint64_t clean;
	uint64_t quota;
	uint64_t charged;
	uint32_t kind;
	uint32_t flags;
	char name[CMM_NAME_SIZE];
};

/**
 * struct cmm_budget - how much a program can still allocate in a zone
 * @free: bytes that are free
 * @largest: bytes of the largest free extent, as in &struct cmm_zone_info
 * @quota: maximum bytes of the caller's effective user; 0 for no limit
 * @charged: bytes that this user has allocated; may be more than @quota
 *
 * Later versions may add members at the end.
 */
struct cmm_budget {
	uint64_t free;
	uint64_t largest;
	uint64_t quota;
	uint64_t charged;
};

/**
 * struct cmm_buf_info - what a buffer is and which process allocated it
 * @id: unique in the zone; never reused; the same for all views of a buffer
 * @len: bytes; of a view, its bytes
 * @align: the requested alignment in bytes, at least a page; of a view, the alignment
 *	that its first byte has
 * @offset: bytes from the start of the zone to the first byte if
 *	CMM_INFO_OFFSET is in @flags, else 0; the caller needs CAP_SYS_ADMIN
 * @phys: physical address of the first byte if CMM_INFO_PHYS is in @flags, else 0; the zone needs
 *	CMM_ZONE_INFO_EXPOSE_PHYS and the caller CAP_SYS_RAWIO
 * @age_ns: nanoseconds since the buffer was allocated
 * @flags: CMM_INFO_* bits
 * @uid: effective user id of the process that allocated it
 * @pid: that process's id; 0 if not visible to the caller
 * @comm: that process's command name at allocation. It may contain any byte:
 *	escape it before you print it to a terminal
 * @name: the label
 * @view_offset: bytes from the start of the buffer to the first byte; 0 unless the
 *	handle is a view
 * @inode: inode number of the descriptor, as stat() of a file in /proc/PID/fd and the
 *	lines of /proc/PID/maps show it; 0 if the kernel has one for all dma-bufs
 */
struct cmm_buf_info {
	uint64_t id;
	uint64_t len;
	uint64_t align;
	uint64_t offset;
	uint64_t phys;
	uint64_t age_ns;
	uint32_t flags;
	uint32_t uid;
	int32_t pid;
	char comm[CMM_COMM_SIZE];
	char name[CMM_NAME_SIZE];
	uint64_t view_offset;
	uint64_t inode;
};

/**
 * struct cmm_buf_entry - one buffer in the list of cmm_buf_list()
 * @id: as in &struct cmm_buf_info, and so are the members up to @flags
 * @len: bytes
 * @offset: as in &struct cmm_buf_info
 * @age_ns: nanoseconds since the buffer was allocated
 * @flags: CMM_INFO_* bits
 * @uid: effective user id of the process that allocated it
 * @pid: that process's id; 0 if not visible to the caller
 * @attached: number of device attachments, and of mappings by
 *	cmm_buf_map_device()
 * @comm: command name; see &struct cmm_buf_info
 * @name: the label
 * @devices: names of these devices, separated by commas; a name that does not fit
 *	is left out completely
 * @dmabufs: number of the buffer's dma-bufs: the first one and the views
 * @inodes: inode numbers of the first of them, as in &struct cmm_buf_info, then 0
 */
struct cmm_buf_entry {
	uint64_t id;
	uint64_t len;
	uint64_t offset;
	uint64_t age_ns;
	uint32_t flags;
	uint32_t uid;
	int32_t pid;
	uint32_t attached;
	char comm[CMM_COMM_SIZE];
	char name[CMM_NAME_SIZE];
	char devices[CMM_DEVICES_SIZE];
	uint32_t dmabufs;
	uint64_t inodes[CMM_MAX_INODES];
};

/**
 * struct cmm_range - a part of a buffer
 * @buf: the buffer
 * @offset: start of the part, in bytes from the start of the buffer
 * @len: bytes, at least 1; the part must end inside the buffer
 */
struct cmm_range {
	struct cmm_buf *buf;
	size_t offset;
	size_t len;
};

/* --- zones --- */

/**
 * cmm_zone_open() - open a zone
 * @name: a zone's name; or the path of its node if it contains a '/'; or NULL for the
 *	default zone
 *
 * The default zone is the one that the environment variable CMM_ZONE names, in the same
 * way as @name. Without the variable, it is the zone that the device tree marks with
 * cmm,default, or else the only zone of the system.
 *
 * For development on a PC without CMM, "heap:NAME" opens the dma-heap NAME, for example
 * "heap:system", and "udmabuf:" uses memory of the process. The program must ask for them
 * by name: they are never a default. Their buffers are zero, but only pages are contiguous.
 * Buffers can be allocated, mapped, synced, loaded from files and passed to devices. All
 * else fails with EOPNOTSUPP: an alignment above the page size, CMM_ALLOC_WC, and each call
 * that asks about a zone, a buffer or a device. A sync of a part syncs the whole buffer.
 *
 * Errors: ENOENT the zone does not exist, or the system has no zone; ENOTUNIQ @name is
 * NULL and there are several zones, none or several of them marked; EACCES no permission
 * for the node; ENOTTY the path is not a CMM node; ENODEV the zone's device has been
 * unbound; ENOMEM; and those of open(2).
 *
 * Return: the zone, which the caller closes with cmm_zone_close(), or NULL.
 */
struct cmm_zone *cmm_zone_open(const char *name);

/**
 * cmm_zone_close() - close a zone
 * @zone: a zone, or NULL
 *
 * Buffers of the zone remain valid. Preserves errno.
 */
void cmm_zone_close(struct cmm_zone *zone);

/**
 * cmm_zone_fd() - the descriptor of a zone's node
 * @zone: a zone
 *
 * Return: the descriptor. The library owns it: do not close it.
 */
int cmm_zone_fd(const struct cmm_zone *zone);

/**
 * cmm_zone_info_sized() - cmm_zone_info() for callers that cannot use inlines
 * @zone: a zone
 * @info: filled up to @size bytes; unknown members are zero
 * @size: sizeof(struct cmm_zone_info) as the caller knows it
 *
 * The size allows new members without breaking programs that are already built.
 *
 * Return: 0, or -1.
 */
int cmm_zone_info_sized(const struct cmm_zone *zone,
			struct cmm_zone_info *info, size_t size);

/**
 * cmm_zone_info() - what a zone is and how full it is
 * @zone: a zone
 * @info: filled on success
 *
 * Errors: ENODEV the zone's device has been unbound.
 *
 * Return: 0, or -1.
 */
static inline int cmm_zone_info(const struct cmm_zone *zone,
				struct cmm_zone_info *info)
{
	return cmm_zone_info_sized(zone, info, sizeof(*info));
}

/**
 * cmm_zone_budget_sized() - cmm_zone_budget() for callers that cannot use inlines
 * @zone: a zone
 * @budget: filled up to @size bytes; unknown members are zero
 * @size: sizeof(struct cmm_budget) as the caller knows it
 *
 * Return: 0, or -1.
 */
int cmm_zone_budget_sized(const struct cmm_zone *zone, struct cmm_budget *budget,
			  size_t size);

/**
 * cmm_zone_budget() - how much a program can still allocate in a zone
 * @zone: a zone
 * @budget: filled on success
 *
 * Makes one short system call, so a program may call it for each frame. Other programs
 * may allocate at any time: an allocation can fail although the budget suffices.
 *
 * Errors: ENODEV the zone's device has been unbound; EOPNOTSUPP a dma-heap or udmabuf.
 *
 * Return: 0, or -1.
 */
static inline int cmm_zone_budget(const struct cmm_zone *zone,
				  struct cmm_budget *budget)
{
	return cmm_zone_budget_sized(zone, budget, sizeof(*budget));
}

/**
 * cmm_zone_set_reclaim() - name a function that frees memory when the zone is short of it
 * @zone: a zone
 * @reclaim: closes buffers that the program can do without, or NULL for none; gets the
 *	bytes that an allocation needs, and @arg
 * @arg: passed on to @reclaim
 *
 * If an allocation by this handle fails with ENOSPC, ENOBUFS or EDQUOT, the library calls
 * @reclaim once, in the same thread and without a lock of a zone, and tries the allocation
 * once more. An allocation inside @reclaim does not call it again. Pools and arenas of the
 * zone allocate in this way also: @reclaim must not use the arena that is growing. Set the
 * function before other threads use the zone.
 */
void cmm_zone_set_reclaim(struct cmm_zone *zone,
			  void (*reclaim)(uint64_t bytes, void *arg), void *arg);

/**
 * cmm_zone_list() - call a function for the name of each zone of the system
 * @each: called with a name, which is valid during the call, and @arg; a
 *	return value other than 0 ends the list
 * @arg: passed on to @each
 *
 * The names are in alphabetical order. They include zones that the caller may not
 * open. On a system without zones, the list is empty.
 *
 * Errors: ENOMEM, and those of opendir(3) except ENOENT.
 *
 * Return: 0, what @each returned if not 0, or -1.
 */
int cmm_zone_list(int (*each)(const char *name, void *arg), void *arg);

/* --- buffers --- */

/**
 * cmm_buf_alloc() - allocate a buffer
 * @zone: the zone to allocate from
 * @len: bytes, at least 1; rounded up to whole pages, see cmm_buf_len()
 * @align: alignment of the physical address: 0 for a page, else a power of two
 *	up to 1 GiB
 * @flags: 0 or CMM_ALLOC_WC
 * @name: a label for listings: valid UTF-8 without control characters, of less than
 *	CMM_NAME_SIZE bytes, or NULL for none
 *
 * The CPU and all devices read zeros from the new buffer. In a zone with
 * CMM_ZONE_INFO_PROTECTED, it may contain old data of the same user.
 *
 * Errors: EINVAL a bad argument; EFBIG larger than the zone; EBUSY another user owns
 * the protected zone; ENOSPC the zone is full; ENOBUFS enough is free, but not
 * contiguous; EDQUOT more than the user's quota, see &struct cmm_zone_info; EOPNOTSUPP
 * CMM_ALLOC_WC in a protected zone, of more than the kernel's own memory, or on a CPU
 * that has no uncached mappings (riscv64 without Svpbmt) or cannot flush its cache
 * (riscv64 without Zicbom); EMFILE; ENFILE; ENOMEM; ENODEV the zone's device has been
 * unbound. After EFBIG, EBUSY, ENOSPC, ENOBUFS and EDQUOT, cmm_buf_alloc_failure()
 * returns how much was free, and cmm_explain() describes it.
 *
 * Return: the buffer, which the caller closes with cmm_buf_close(), or NULL.
 */
struct cmm_buf *cmm_buf_alloc(struct cmm_zone *zone, size_t len, size_t align,
			      unsigned int flags, const char *name);

/**
 * cmm_buf_alloc_array() - allocate equal buffers, all or none
 * @zone: as in cmm_buf_alloc()
 * @len: bytes of each buffer
 * @align: as in cmm_buf_alloc()
 * @flags: as in cmm_buf_alloc()
 * @name: the label of all these buffers
 * @bufs: array of @count pointers; filled with the buffers, each of which the
 *	caller closes, or on failure with NULL
 * @count: 1 to CMM_MAX_COUNT
 *
 * Errors: as cmm_buf_alloc(); E2BIG @count is too large.
 *
 * Return: 0, or -1.
 */
int cmm_buf_alloc_array(struct cmm_zone *zone, size_t len, size_t align,
			unsigned int flags, const char *name,
			struct cmm_buf **bufs, unsigned int count);

/**
 * cmm_buf_alloc_failure() - how much was free when an allocation failed
 * @largest_free: set to the bytes of the largest free extent; may be NULL
 * @total_free: set to the total free bytes; may be NULL
 *
 * Describes the last allocation of the calling thread. Both values are 0 if it
 * succeeded, or failed for a reason other than lack of space or quota.
 */
void cmm_buf_alloc_failure(uint64_t *largest_free, uint64_t *total_free);

/**
 * cmm_buf_import() - make a buffer of any dma-buf descriptor
 * @zone: the zone that must own the dma-buf, or NULL for a dma-buf of any exporter
 * @fd: the descriptor; the library duplicates it, and the caller still owns @fd
 *
 * Errors: EBADF @fd is not a dma-buf; EXDEV it does not belong to @zone; EMFILE;
 * ENFILE; ENOMEM; ENODEV the zone's device has been unbound.
 *
 * Return: the buffer, which the caller closes with cmm_buf_close(), or NULL.
 */
struct cmm_buf *cmm_buf_import(struct cmm_zone *zone, int fd);

/**
 * cmm_buf_close() - unmap a buffer and close its descriptor
 * @buf: a buffer, or NULL
 *
 * Frees the memory if this was its last user. Preserves errno.
 */
void cmm_buf_close(struct cmm_buf *buf);

/**
 * cmm_buf_fd() - the dma-buf descriptor, to pass to importers
 * @buf: a buffer
 *
 * Return: the descriptor. The buffer owns it: do not close it; use dup(2).
 */
int cmm_buf_fd(const struct cmm_buf *buf);

/**
 * cmm_buf_len() - the size of a buffer
 * @buf: a buffer
 *
 * Return: bytes, a multiple of the page size.
 */
size_t cmm_buf_len(const struct cmm_buf *buf);

/**
 * cmm_buf_map() - map a buffer for reading and writing
 * @buf: a buffer; a read-only descriptor gets a read-only mapping
 *
 * Maps the whole buffer on the first call; later calls return the same address.
 * For a buffer of a zone, the address allows the kernel to map it in blocks of
 * 2 MiB, if the kernel supports this. Access the memory only between
 * cmm_buf_sync_begin() and cmm_buf_sync_end().
 *
 * Errors: EOPNOTSUPP the zone is protected from the CPU; and those of mmap(2).
 *
 * Return: the address, valid until cmm_buf_unmap() or cmm_buf_close(), or NULL.
 */
void *cmm_buf_map(struct cmm_buf *buf);

/**
 * cmm_buf_map_flags() - cmm_buf_map() with flags
 * @buf: a buffer
 * @flags: 0 or CMM_MAP_PREFAULT
 *
 * CMM_MAP_PREFAULT reads the whole mapping once, so that later accesses cause no page
 * fault. Without it the first access to each 2 MiB may cause one, if the kernel maps
 * buffers in blocks of that size. MAP_POPULATE and mlock(2) have no effect on such
 * memory.
 *
 * Errors: EINVAL an unknown flag; and those of cmm_buf_map().
 *
 * Return: as cmm_buf_map().
 */
void *cmm_buf_map_flags(struct cmm_buf *buf, unsigned int flags);

/**
 * cmm_buf_unmap() - undo cmm_buf_map()
 * @buf: a buffer; does nothing if it is not mapped
 *
 * Return: 0, or -1.
 */
int cmm_buf_unmap(struct cmm_buf *buf);

/**
 * cmm_buf_sync_begin() - the CPU is going to access the buffer
 * @buf: a buffer
 * @access: CMM_CPU_READ, CMM_CPU_WRITE, or both
 *
 * Waits for devices that announced their work on the buffer. Makes data that devices
 * wrote visible to the CPU. Works on the whole buffer. With CMM_CPU_WRITE alone, the
 * caller must overwrite every byte. Add CMM_CPU_READ if some bytes may stay unchanged.
 *
 * Errors: EINVAL @access is 0 or has another bit; EACCES it has CMM_CPU_WRITE, and the
 * buffer is read-only; EOPNOTSUPP the zone is protected from the CPU; and those of the
 * exporter.
 *
 * Return: 0, or -1.
 */
int cmm_buf_sync_begin(struct cmm_buf *buf, unsigned int access);

/**
 * cmm_buf_sync_end() - the CPU's access is over
 * @buf: a buffer
 * @access: as given to cmm_buf_sync_begin()
 *
 * Makes data that the CPU wrote visible to devices.
 *
 * Errors: as cmm_buf_sync_begin().
 *
 * Return: 0, or -1.
 */
int cmm_buf_sync_end(struct cmm_buf *buf, unsigned int access);

/**
 * cmm_buf_sync_begin_range() - the CPU is going to access a part of a buffer
 * @buf: a buffer that was allocated here, or imported with a zone
 * @offset: first byte of the part
 * @len: length of the part in bytes, at least 1
 * @access: CMM_CPU_READ, CMM_CPU_WRITE, or both
 *
 * Like cmm_buf_sync_begin(), but for a part of the buffer. The cost is proportional
 * to @len. See struct cmm_sync in linux/cmm.h for a cache line that two users
 * share.
 *
 * Errors: EINVAL the part is not inside the buffer, or @access is 0 or has another
 * bit; EACCES it has CMM_CPU_WRITE, and the buffer is read-only; EOPNOTSUPP the zone is
 * protected from the CPU; EXDEV the buffer was imported without a zone;
 * ENODEV the zone's device has been unbound; ENOMEM; ENOTTY the module is older
 * than this call.
 *
 * Return: 0, or -1.
 */
int cmm_buf_sync_begin_range(struct cmm_buf *buf, size_t offset, size_t len,
			     unsigned int access);

/**
 * cmm_buf_sync_end_range() - the CPU's access of a part is over
 * @buf: as given to cmm_buf_sync_begin_range()
 * @offset: as given there
 * @len: as given there
 * @access: as given there
 *
 * Errors: as cmm_buf_sync_begin_range().
 *
 * Return: 0, or -1.
 */
int cmm_buf_sync_end_range(struct cmm_buf *buf, size_t offset, size_t len,
			   unsigned int access);

/**
 * cmm_buf_sync_begin_ranges() - the CPU is going to access parts of many buffers
 * @ranges: array of @count parts, of buffers of one zone
 * @count: 1 to CMM_MAX_COUNT
 * @access: CMM_CPU_READ, CMM_CPU_WRITE, or both; for all parts
 *
 * Makes one system call for all parts. It first waits for all devices, then makes
 * the parts visible in array order. If one part is invalid, none is processed.
 *
 * Errors: as cmm_buf_sync_begin_range(); EXDEV also if the buffers are not of
 * one zone; E2BIG @count is too large.
 *
 * Return: 0, or -1.
 */
int cmm_buf_sync_begin_ranges(const struct cmm_range *ranges,
			      unsigned int count, unsigned int access);

/**
 * cmm_buf_sync_end_ranges() - the CPU's accesses of parts of many buffers are over
 * @ranges: as given to cmm_buf_sync_begin_ranges()
 * @count: as given there
 * @access: as given there
 *
 * Errors: as cmm_buf_sync_begin_ranges().
 *
 * Return: 0, or -1.
 */
int cmm_buf_sync_end_ranges(const struct cmm_range *ranges,
			    unsigned int count, unsigned int access);

/**
 * cmm_buf_load() - fill a buffer from a file
 * @buf: a buffer that was allocated here, or imported with a zone
 * @offset: where in the buffer to begin
 * @fd: a file, pipe or socket; read from its current position to its end
 *
 * Needs about 2 MiB of memory besides the buffer, for a file of any size. It reads
 * the file in chunks and drops the chunk's pages from the page cache after each one,
 * even if the cache had them before. Pages that a process has mapped, or that are not
 * yet written to disk, stay in the cache. On a kernel without CONFIG_ADVISE_SYSCALLS,
 * the call opens a file or block device again through /proc and reads it with direct
 * I/O. Without /proc, without the permission to open the file again, or if the file
 * system has no direct I/O, the file's pages stay in the cache until the kernel needs
 * the memory.
 *
 * The caller does not need to map the buffer or begin an access. The call waits for
 * devices that announced their work on the buffer, makes the loaded data visible to
 * devices, and changes no other bytes.
 *
 * If the call fails after it loaded a part, the contents from @offset on are
 * undefined.
 *
 * Errors: EINVAL @offset is not inside the buffer; EFBIG the file is larger than
 * the rest of the buffer (a regular file is checked before loading); EACCES the
 * buffer is read-only; EFAULT @fd was opened with O_DIRECT; EXDEV the buffer was
 * imported without a zone; EOPNOTSUPP the zone is protected from the CPU; ENODEV
 * the zone's device has been unbound; ENOMEM; ENOTTY the module does not
 * support ranges; and those of read(2) except EINTR, such as EBADF if @fd is open for
 * writing only.
 *
 * Return: bytes loaded, or -1.
 */
ssize_t cmm_buf_load(struct cmm_buf *buf, size_t offset, int fd);

/**
 * cmm_buf_load_file() - cmm_buf_load() of a file by its name
 * @buf: as for cmm_buf_load()
 * @offset: as for cmm_buf_load()
 * @path: the file, which is read as a whole
 *
 * Errors: as cmm_buf_load(), and those of open(2).
 *
 * Return: bytes loaded, or -1.
 */
ssize_t cmm_buf_load_file(struct cmm_buf *buf, size_t offset, const char *path);

/**
 * cmm_buf_view() - create a handle for a part of a buffer
 * @buf: a buffer that was allocated here, or imported with a zone
 * @offset: first byte of the part, from the start of @buf; a multiple of the kernel's
 *	page size, sysconf(_SC_PAGESIZE)
 * @len: bytes of the part, a multiple of the same page size
 * @flags: CMM_VIEW_WRITABLE, CMM_VIEW_PERMANENT, or 0 for a read-only view
 *
 * The handle has its own descriptor. Use it for an API that wants one descriptor for
 * each plane of an image, or to give a process or a device a part of the buffer: all
 * accesses through the view are confined to its bytes. Drivers that lock all buffers of
 * a job refuse two views of one buffer; see struct cmm_view in linux/cmm.h.
 *
 * Through a read-only view, a process can map the part for reading, and devices can
 * read it by DMA. All other accesses fail. With CMM_VIEW_PERMANENT, no process and no
 * device can write to any byte of the buffer afterwards; @buf must be the whole buffer.
 * Before that call, unmap the buffer, end write accesses, close writable views, and
 * detach devices.
 *
 * Errors: EINVAL another flag, both flags, or a part that is empty, not whole pages, or
 * not inside @buf; EACCES a flag was passed, and @buf is read-only; or
 * CMM_VIEW_PERMANENT, and @buf is not the whole buffer; EBUSY CMM_VIEW_PERMANENT, and
 * another view, a mapping or a device could still write; EXDEV the buffer was imported
 * without a zone; EMFILE; ENOMEM; ENODEV the zone's device has been unbound; ENOTTY the
 * module is older than this call.
 *
 * Return: the handle, which the caller closes with cmm_buf_close(), or NULL.
 */
struct cmm_buf *cmm_buf_view(const struct cmm_buf *buf, size_t offset,
			     size_t len, unsigned int flags);

/**
 * cmm_buf_info_sized() - cmm_buf_info() for callers that cannot use inlines
 * @buf: a buffer
 * @info: filled up to @size bytes; unknown members are zero
 * @size: sizeof(struct cmm_buf_info) as the caller knows it
 *
 * Return: 0, or -1.
 */
int cmm_buf_info_sized(const struct cmm_buf *buf, struct cmm_buf_info *info,
		       size_t size);

/**
 * cmm_buf_info() - what a buffer is and which process allocated it
 * @buf: a buffer that was allocated here, or imported with a zone
 * @info: filled on success
 *
 * Errors: EXDEV the buffer was imported without a zone; ENODEV the zone's
 * device has been unbound.
 *
 * Return: 0, or -1.
 */
static inline int cmm_buf_info(const struct cmm_buf *buf,
			       struct cmm_buf_info *info)
{
	return cmm_buf_info_sized(buf, info, sizeof(*info));
}

/**
 * cmm_buf_list() - call a function for each buffer of a zone
 * @zone: a zone
 * @each: called with an entry, which is valid during the call, and @arg; a
 *	return value other than 0 ends the list
 * @arg: passed on to @each
 *
 * The buffers are sorted by id, oldest first. A caller sees the buffers that its
 * effective user allocated. With CAP_SYS_ADMIN it sees all buffers. A buffer that is
 * allocated or freed during the call may be listed or not.
 *
 * Errors: ENOMEM; ENODEV the zone's device has been unbound.
 *
 * Return: 0, what @each returned if not 0, or -1.
 */
int cmm_buf_list(struct cmm_zone *zone,
		 int (*each)(const struct cmm_buf_entry *entry, void *arg),
		 void *arg);

/* --- devices of the zone's list --- */

/**
 * struct cmm_device - one device in the list of cmm_zone_devices()
 * @mask: the highest address that the device can use; 0 if unknown
 * @flags: CMM_DEVICE_* bits; known only for a ready device
 * @name: the kernel's name of the device; a long name is truncated
 */
struct cmm_device {
	uint64_t mask;
	uint32_t flags;
	char name[CMM_NAME_SIZE];
};

/**
 * struct cmm_device_map - a mapping of a buffer for a device
 * @addr: device address of the first byte
 * @id: identifies the mapping for cmm_buf_unmap_device()
 */
struct cmm_device_map {
	uint64_t addr;
	uint32_t id;
};

/**
 * cmm_zone_devices() - call a function for each device of a zone's list
 * @zone: a zone
 * @each: called with a device, which is valid during the call, and @arg; a
 *	return value other than 0 ends the list
 * @arg: passed on to @each
 *
 * The device tree lists these devices. A program may map buffers for them.
 *
 * Errors: EINTR; ENODEV the zone's device has been unbound; ENOTTY the module is
 * older than this call.
 *
 * Return: 0, what @each returned if not 0, or -1.
 */
int cmm_zone_devices(struct cmm_zone *zone,
		     int (*each)(const struct cmm_device *device, void *arg),
		     void *arg);

/**
 * cmm_buf_map_device() - map a buffer for a device
 * @buf: a buffer that was allocated here, or imported with a zone
 * @device: the name of a device of the zone's list
 * @access: what the device may do: CMM_DMA_READ, CMM_DMA_WRITE, or both
 * @map: filled on success
 *
 * For programs that drive the device themselves. The mapping ends with
 * cmm_buf_unmap_device(), when the zone's last handle and buffers are closed, or
 * before the device's driver is unbound. Stop the device before that. CPU accesses
 * still need cmm_buf_sync_begin() and cmm_buf_sync_end().
 *
 * Errors: ENOENT no such device; EBUSY its driver manages DMA itself; EOPNOTSUPP
 * it has no driver, or cannot reach the buffer; EPERM it has no IOMMU, and the
 * caller may not see physical addresses; EACCES the device would write, and @buf
 * is read-only; EINVAL @access is 0 or has another bit; EXDEV the buffer was imported
 * without a zone; ENOMEM; EINTR; ENODEV the zone's device has been unbound; ENOTTY the
 * module is older than this call.
 *
 * Return: 0, or -1.
 */
int cmm_buf_map_device(const struct cmm_buf *buf, const char *device,
		       unsigned int access, struct cmm_device_map *map);

/**
 * cmm_buf_unmap_device() - undo cmm_buf_map_device()
 * @buf: the buffer
 * @map: as cmm_buf_map_device() filled it
 *
 * Errors: ENOENT the mapping is gone because the device's driver has been unbound;
 * EXDEV the buffer was imported without a zone.
 *
 * Return: 0, or -1.
 */
int cmm_buf_unmap_device(const struct cmm_buf *buf,
			 const struct cmm_device_map *map);

/* --- which buffer an address belongs to --- */

/* What still exists: state in struct cmm_whose. */
/* The buffer. */
#define CMM_WHOSE_LIVE		(1u << 0)
/* Its mapping for the device, at the address. */
#define CMM_WHOSE_MAPPED	(1u << 1)

/**
 * struct cmm_whose - the buffer that an address belongs to, or belonged to last
 * @id: unique in the zone; never reused
 * @len: length of the buffer in bytes
 * @offset: bytes from the start of the buffer to the address
 * @now_ns: time of the query; all times are CLOCK_BOOTTIME in nanoseconds and
 *	ignore the caller's time namespace
 * @born_ns: when the buffer was allocated
 * @freed_ns: when the buffer was freed; 0 if it still exists
 * @unmapped_ns: when its mapping for the device ended; 0 if the mapping still
 *	exists, and for a physical address
 * @state: CMM_WHOSE_LIVE, CMM_WHOSE_MAPPED
 * @access: what the device could do: CMM_DMA_READ, CMM_DMA_WRITE, or both; 0 for a
 *	physical address
 * @uid: effective user id of the process that allocated it
 * @pid: that process's id; 0 if not visible to the caller
 * @comm: command name; see &struct cmm_buf_info
 * @name: the label
 */
struct cmm_whose {
	uint64_t id;
	uint64_t len;
	uint64_t offset;
	uint64_t now_ns;
	uint64_t born_ns;
	uint64_t freed_ns;
	uint64_t unmapped_ns;
	uint32_t state;
	uint32_t access;
	uint32_t uid;
	int32_t pid;
	char comm[CMM_COMM_SIZE];
	char name[CMM_NAME_SIZE];
};

/**
 * cmm_zone_whois_iova_sized() - cmm_zone_whois_iova() for callers that cannot use
 *	inlines
 * @zone: a zone
 * @device: the kernel's name of a device
 * @iova: an address that the device used
 * @whose: filled up to @size bytes; unknown members are zero
 * @size: sizeof(struct cmm_whose) as the caller knows it
 *
 * Return: 0, or -1.
 */
int cmm_zone_whois_iova_sized(const struct cmm_zone *zone, const char *device,
			      uint64_t iova, struct cmm_whose *whose,
			      size_t size);

/**
 * cmm_zone_whois_iova() - which buffer is, or was last, at a device address
 * @zone: a zone
 * @device: the kernel's name of the device, as in an IOMMU's message and in
 *	cmm_buf_list(), for example "0000:00:05.0"
 * @iova: the device address
 * @whose: filled on success
 *
 * Existing mappings take precedence over ended ones, and newer ones over older ones.
 * A zone remembers a few hundred ended buffers and mappings in total. A caller sees
 * the same buffers as with cmm_buf_list().
 *
 * Errors: ENOENT no buffer is known; EPERM no IOMMU translates the device's addresses,
 * and the caller may not see physical addresses (CAP_SYS_RAWIO); EINVAL @device is
 * empty; ENODEV the zone's device has been unbound; ENOTTY
 * the module is older than this call.
 *
 * Return: 0, or -1.
 */
static inline int cmm_zone_whois_iova(const struct cmm_zone *zone,
				      const char *device, uint64_t iova,
				      struct cmm_whose *whose)
{
	return cmm_zone_whois_iova_sized(zone, device, iova, whose,
					 sizeof(*whose));
}

/**
 * cmm_zone_whois_phys_sized() - cmm_zone_whois_phys() for callers that cannot use
 *	inlines
 * @zone: a zone
 * @phys: a physical address
 * @whose: filled up to @size bytes; unknown members are zero
 * @size: sizeof(struct cmm_whose) as the caller knows it
 *
 * Return: 0, or -1.
 */
int cmm_zone_whois_phys_sized(const struct cmm_zone *zone, uint64_t phys,
			      struct cmm_whose *whose, size_t size);

/**
 * cmm_zone_whois_phys() - which buffer is, or was last, at a physical address
 * @zone: a zone
 * @phys: the address
 * @whose: filled on success
 *
 * Like cmm_zone_whois_iova(), but needs CAP_SYS_RAWIO.
 *
 * Errors: ENOENT no buffer is known; EPERM no CAP_SYS_RAWIO; ENODEV the zone's device
 * has been unbound; ENOTTY the module is older than this call.
 *
 * Return: 0, or -1.
 */
static inline int cmm_zone_whois_phys(const struct cmm_zone *zone,
				      uint64_t phys, struct cmm_whose *whose)
{
	return cmm_zone_whois_phys_sized(zone, phys, whose, sizeof(*whose));
}

/* --- errors --- */

/**
 * cmm_explain() - what went wrong and what to do, as a sentence
 *
 * Call it directly after a failed call of this library, with errno unchanged. After an
 * allocation, the sentence has the bytes that were requested, free, contiguous and left of
 * the quota.
 *
 * Return: one complete sentence about the last failure of the calling thread, valid until
 * the thread's next call. Never NULL; do not free it.
 */
const char *cmm_explain(void);

/**
 * cmm_strerror() - what an errno of this library means, in a few words
 * @errnum: the value of errno after a failure
 *
 * Returns CMM's own text only for an errno with a narrower meaning in CMM. For any
 * other number, returns the text of strerror(3).
 *
 * Return: a phrase without a final period, valid until the thread's next call.
 * Never NULL; do not free it.
 */
const char *cmm_strerror(int errnum);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#include <cmm_arena.h>
#include <cmm_layout.h>
#include <cmm_pool.h>
#include <cmm_ring.h>

#endif /* CMM_H */
