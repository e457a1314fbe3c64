/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * CMM: physically contiguous buffers from reserved memory, as dma-bufs.
 *
 * Every zone has one node, /dev/cmm/<zone>, which supports the ioctls below. A buffer
 * is a dma-buf file descriptor. It lives until its last descriptor, mapping and device
 * attachment is gone. There is no free call and no other handle.
 *
 * Conventions
 *
 * - The kernel dispatches on type and number. It takes the size of the caller's
 *   structure from the command. It extends a shorter structure with zeroes, and accepts
 *   a longer one if the members that it does not know are zero. Structures grow only at
 *   their end.
 * - The kernel reads "in" members and overwrites "out" members. Padding must be
 *   zero. A program that may run on an older kernel clears a structure before use.
 * - All sizes, offsets and addresses are in bytes. An extent's end is
 *   exclusive.
 * - &cmm_info.features has the features of the kernel. There is no version number.
 *
 * Errors, one meaning each
 *
 * ====================  ======================================================
 * ``EINVAL``            malformed: a bad value, an unknown flag, non-zero
 *                       padding
 * ``E2BIG``             a newer structure than the kernel knows, or a count
 *                       beyond the limit
 * ``EFAULT``            a user pointer cannot be read or written
 * ``ENOTTY``            unknown command
 * ``EBADF``             not a dma-buf descriptor
 * ``EXDEV``             a dma-buf, but not of this zone
 * ``ENOMEM``            the kernel's own memory, or a device's addresses, ran out
 * ``EMFILE``            the process's descriptor limit was reached
 * ``ENFILE``            the system's limit of open files was reached
 * ``ENOSPC``            the zone is full
 * ``ENOBUFS``           fragmented: the free total suffices, no extent does
 * ``EDQUOT``            the user's quota of the zone does not allow it
 * ``EFBIG``             larger than the zone
 * ``EINTR``             a signal came first; nothing was done
 * ``EACCES``            an access that the descriptor does not give
 * ``EPERM``             a privilege is missing
 * ``ENOENT``            no such device, no such mapping, or nothing known
 * ``EOPNOTSUPP``        not possible for this zone or this device
 * ``EBUSY``             in use in a way that excludes the request
 * ``ENODEV``            the zone's device has been unbound
 * ====================  ======================================================
 */
#ifndef _UAPI_LINUX_CMM_H
#define _UAPI_LINUX_CMM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Free in Documentation/userspace-api/ioctl/ioctl-number.rst. */
#define CMM_IOC_MAGIC		0xC3

/* Bytes of a zone, buffer or device name, including the terminating NUL. */
#define CMM_NAME_LEN		32
/* Bytes of a command name, as TASK_COMM_LEN. */
#define CMM_COMM_LEN		16
/* Bytes of a device name in &cmm_whois.device, including the terminating NUL. */
#define CMM_DEVICE_LEN		64
/* Bytes of a list of device names, including the terminating NUL. */
#define CMM_DEVICES_LEN		96
/* Maximum number of buffers of one CMM_IOC_ALLOC. */
#define CMM_ALLOC_MAX_COUNT	64
/* Maximum alignment of a buffer: 1 GiB. */
#define CMM_ALIGN_MAX		0x40000000ULL
/* Maximum number of devices in a zone's list. */
#define CMM_DEV_MAX_COUNT	64
/* Maximum number of mappings that one open file can have at a time. */
#define CMM_DEV_MAP_MAX		1024
/* Maximum number of entries of one CMM_IOC_SYNC. */
#define CMM_SYNC_MAX_COUNT	64
/* Number of elements of &cmm_list_entry.inodes. */
#define CMM_LIST_INODES		8

/* &cmm_info.features: features that the first version of this header lacked. */
/* CMM_IOC_SYNC */
#define CMM_FEATURE_SYNC	0x1
/* CMM_IOC_VIEW and CMM_BUF_READ_ONLY */
#define CMM_FEATURE_VIEW	0x2
/* CMM_IOC_DEV_LIST, CMM_IOC_DEV_MAP and CMM_IOC_DEV_UNMAP */
#define CMM_FEATURE_DEV		0x4
/* CMM_IOC_WHOIS */
#define CMM_FEATURE_WHOIS	0x8
/*
 * &cmm_query.inode and &cmm_list_entry.inodes are inode numbers. Without this bit they
 * are 0: before Linux 5.3, all dma-bufs have one inode.
 */
#define CMM_FEATURE_INODE	0x10
/*
 * All views of a buffer have the same fences. Not up to Linux 5.15, where poll() of
 * dma-bufs with the same fences can stop the kernel: there each view has its own.
 */
#define CMM_FEATURE_FENCES	0x20

/* &cmm_info.kind: how the kernel sees the zone's memory. */
/* Reserved, but in the kernel's linear map. */
#define CMM_KIND_LINEAR		0
/* A reserved-memory node with no-map: known, but not in the linear map. */
#define CMM_KIND_NO_MAP		1
/* Not in any memory that the kernel knows. */
#define CMM_KIND_EXTERNAL	2

/* &cmm_info.flags: properties that the device tree declares. */
/* Every device that can reach the zone snoops the CPU's caches. */
#define CMM_ZONE_COHERENT	0x1
/* CAP_SYS_RAWIO may see physical addresses. */
#define CMM_ZONE_EXPOSE_PHYS	0x2
/*
 * A secure world keeps the CPU from the zone's memory. Only devices use the buffers.
 * The kernel neither maps nor clears them. Mappings, CMM_IOC_SYNC,
 * DMA_BUF_IOCTL_SYNC and CMM_BUF_WC fail with EOPNOTSUPP.
 *
 * The first user that allocates memory owns the zone until the zone is unbound and its
 * buffers are freed. CMM_IOC_ALLOC by any other user, also by root, fails with EBUSY.
 */
#define CMM_ZONE_PROTECTED	0x4
/*
 * With CMM_ZONE_PROTECTED: the secure world clears freed memory, so all users can
 * allocate.
 */
#define CMM_ZONE_FIRMWARE_CLEARS 0x8
/* Programs that name no zone use this one. */
#define CMM_ZONE_DEFAULT	0x10

/* &cmm_alloc.flags, and the attributes in &cmm_query.flags. */
/*
 * CPU mappings are write-combined instead of cached. Use it to write large amounts of
 * data for devices that do not snoop the CPU's caches. For devices that snoop, cached
 * buffers are better: each announced access of a write-combined buffer then needs cache
 * maintenance, and an access without the announcement may see old data.
 *
 * EOPNOTSUPP in a protected zone, for a buffer larger than the kernel's own memory, on
 * a CPU without uncached mappings of memory (riscv64 without Svpbmt), and on a CPU with
 * caches that the kernel cannot flush (riscv64 without Zicbom).
 */
#define CMM_BUF_WC		0x1
#define CMM_BUF_FLAGS		CMM_BUF_WC

/* Output only, &cmm_query.flags: &cmm_query.phys holds the address. */
#define CMM_BUF_PHYS		0x80000000U
/*
 * Output only: CMM_IOC_VIEW made it read-only: in &cmm_query.flags the descriptor @fd,
 * in &cmm_list_entry.flags the whole buffer, by CMM_VIEW_SEAL. O_RDONLY of a dma-heap
 * does not set this flag: it only prevents writable mappings and writable views.
 */
#define CMM_BUF_READ_ONLY	0x40000000U
/*
 * Output only: the process that allocated the buffer has exited. Another process may
 * have the number &cmm_query.pid now.
 */
#define CMM_BUF_OWNER_GONE	0x20000000U
/* Output only: &cmm_query.offset holds the offset. It needs CAP_SYS_ADMIN. */
#define CMM_BUF_OFFSET		0x10000000U

/**
 * struct cmm_info - CMM_IOC_INFO: what a zone is and how full it is
 * @features: out: features beyond the commands and flags of the first
 *	version of this header: CMM_FEATURE_* bits
 * @total: out: bytes that the zone manages
 * @used: out: bytes in live buffers
 * @peak: out: the highest value of @used so far
 * @largest_free: out: bytes of the largest free extent
 * @clean: out: free bytes that are known to be zero already
 * @kind: out: one of CMM_KIND_*
 * @flags: out: CMM_ZONE_* bits
 * @name: out: the zone's name, NUL-terminated
 * @quota: out: maximum bytes of the caller's effective user in the zone; 0 for no limit
 *	and for a caller with CAP_SYS_RESOURCE
 * @charged: out: bytes in live buffers that the caller's effective user allocated,
 *	also for a caller with CAP_SYS_RESOURCE; may be more than @quota
 */
struct cmm_info {
	__u64 features;
	__u64 total;
	__u64 used;
	__u64 peak;
	__u64 largest_free;
	__u64 clean;
	__u32 kind;
	__u32 flags;
	char name[CMM_NAME_LEN];
	__u64 quota;
	__u64 charged;
};

/**
 * struct cmm_alloc - CMM_IOC_ALLOC: allocate equal buffers, all or none
 * @len: in: bytes of each buffer, at least 1; out: the same rounded up to a
 *	whole page, all of it zero unless the zone is protected
 * @align: in: alignment of each buffer's physical address, 0 for a page, else
 *	a power of two up to CMM_ALIGN_MAX
 * @fds: in: address of an array of @count __s32, which is filled with
 *	descriptors on success, and with -1 on failure unless the request itself
 *	was malformed (EINVAL, E2BIG)
 * @largest_free: out: after ENOSPC, ENOBUFS, EDQUOT, EBUSY and EFBIG, bytes of the
 *	largest free extent at the moment of failure; else 0
 * @total_free: out: after the same errors, bytes free altogether; else 0
 * @count: in: buffers wanted, 1 to CMM_ALLOC_MAX_COUNT
 * @flags: in: CMM_BUF_FLAGS bits
 * @fd_flags: in: O_CLOEXEC or 0; the descriptors are always readable and
 *	writable
 * @pad: in: 0
 * @name: in: a label for listings, NUL-terminated: valid UTF-8 without control
 *	characters (U+0001 to U+001F, U+007F to U+009F); may be empty
 *
 * EFBIG if one buffer is larger than the zone; EBUSY if another user owns it, see
 * CMM_ZONE_PROTECTED; EDQUOT if the user's quota does not allow it; ENOSPC if less is
 * free than @count buffers need; ENOBUFS if enough is free, but not in pieces of that
 * size and alignment; EINTR only for a process that is being killed.
 */
struct cmm_alloc {
	__u64 len;
	__u64 align;
	__u64 fds;
	__u64 largest_free;
	__u64 total_free;
	__u32 count;
	__u32 flags;
	__u32 fd_flags;
	__u32 pad;
	char name[CMM_NAME_LEN];
};

/**
 * struct cmm_query - CMM_IOC_QUERY: describe one descriptor of a buffer of this zone
 * @fd: in: the descriptor
 * @flags: out: the buffer's CMM_BUF_* attributes
 * @id: out: the buffer's id: unique in the zone, never reused, equal for all its views
 * @len: out: bytes that the descriptor covers
 * @align: out: the requested alignment, at least a page; less for a view whose
 *	@view_offset is not a multiple of it
 * @offset: out: bytes from the zone's first byte to the descriptor's, if the caller has
 *	CAP_SYS_ADMIN (CMM_BUF_OFFSET in @flags), else 0
 * @phys: out: physical address of the first byte, if the zone exposes it and the caller
 *	has CAP_SYS_RAWIO (CMM_BUF_PHYS in @flags), else 0
 * @age_ns: out: nanoseconds since the buffer was allocated
 * @uid: out: effective user id of the process that allocated it, as seen from
 *	the caller's user namespace
 * @pid: out: that process's id, as seen from the caller's pid namespace; 0 if it is
 *	not visible there; see CMM_BUF_OWNER_GONE
 * @comm: out: that process's command name at allocation, NUL-terminated; any bytes
 * @name: out: the buffer's name, NUL-terminated: &cmm_alloc.name, or the name that
 *	DMA_BUF_SET_NAME gave to the first descriptor of the buffer. The latter can be
 *	any bytes: escape them before you print them to a terminal. A view begins with
 *	this name. A name that DMA_BUF_SET_NAME gives to a view is shown only by the
 *	kernel's own lists of dma-bufs
 * @map_block: out: bytes that this kernel's page tables can map as one block;
 *	0 if it maps buffers by pages only
 * @map_offset: out: offset of the first byte in such a block: the low bits of its
 *	physical address
 * @view_offset: out: bytes from the buffer's first byte to the descriptor's; 0 for the
 *	first descriptor
 * @inode: out: inode number of the descriptor's dma-buf (CMM_FEATURE_INODE), else 0
 *
 * All descriptors of one dma-buf have the same @inode: a process holds the dma-buf if
 * stat() of a file in /proc/PID/fd, or a line of /proc/PID/maps, shows it and the path
 * begins with /dmabuf:.
 *
 * The kernel can map blocks if the address of the mapping is @map_offset more than a
 * multiple of @map_block. It maps each block at the first access. A mapping at any other
 * address works too, but needs a page table for each block.
 *
 * The offset needs a privilege because it reveals the physical address: every user can
 * read the zone's address in the device tree. Every caller can see @map_offset. A buffer
 * is placed at the lowest address where it fits, so a caller that knows which parts of
 * the zone are in use can work out the offset.
 */
struct cmm_query {
	__s32 fd;
	__u32 flags;
	__u64 id;
	__u64 len;
	__u64 align;
	__u64 offset;
	__u64 phys;
	__u64 age_ns;
	__u32 uid;
	__s32 pid;
	char comm[CMM_COMM_LEN];
	char name[CMM_NAME_LEN];
	__u32 map_block;
	__u32 map_offset;
	__u64 view_offset;
	__u64 inode;
};

/**
 * struct cmm_list_entry - one buffer in the result of CMM_IOC_LIST
 * @id: as in &struct cmm_query
 * @offset: as in &struct cmm_query, of the whole buffer
 * @len: bytes of the whole buffer
 * @age_ns: as in &struct cmm_query
 * @uid: as in &struct cmm_query
 * @pid: as in &struct cmm_query
 * @flags: the buffer's CMM_BUF_* attributes
 * @attached: number of device attachments, and of mappings for devices of the
 *	zone's list
 * @comm: as in &struct cmm_query
 * @name: as in &struct cmm_query
 * @devices: names of these devices, separated by commas,
 *	NUL-terminated; a name that does not fit is left out completely
 * @dmabufs: number of the buffer's dma-bufs: the first one, while it exists, and the
 *	views. 0 if only mappings for devices keep the buffer, or during its allocation
 * @pad: out: 0
 * @inodes: inode numbers of the first of these dma-bufs, as in &struct cmm_query; the
 *	rest is 0
 */
struct cmm_list_entry {
	__u64 id;
	__u64 offset;
	__u64 len;
	__u64 age_ns;
	__u32 uid;
	__s32 pid;
	__u32 flags;
	__u32 attached;
	char comm[CMM_COMM_LEN];
	char name[CMM_NAME_LEN];
	char devices[CMM_DEVICES_LEN];
	__u32 dmabufs;
	__u32 pad;
	__u64 inodes[CMM_LIST_INODES];
};

/**
 * struct cmm_list - CMM_IOC_LIST: the zone's buffers, in the order of their ids
 * @entries: in: address of an array of &struct cmm_list_entry
 * @after: in: list buffers with a larger id than this, 0 for all; out: the last
 *	listed id, for the next call
 * @count: in: size of the array, in entries; out: entries written, which may be fewer;
 *	0 at the end of the list
 * @entry_size: in: sizeof(struct cmm_list_entry) as the caller knows it; the kernel
 *	writes that much of each entry, with zeroes after the members that it knows
 *
 * A caller sees the buffers that its effective user allocated. With CAP_SYS_ADMIN it
 * sees all buffers. A buffer that is allocated or freed during the call may be listed or
 * not.
 */
struct cmm_list {
	__u64 entries;
	__u64 after;
	__u32 count;
	__u32 entry_size;
};

/* &cmm_sync_entry.flags: what the CPU does; at least one of the two. */
#define CMM_SYNC_READ		0x1
#define CMM_SYNC_WRITE		0x2
#define CMM_SYNC_RW		(CMM_SYNC_READ | CMM_SYNC_WRITE)
/* The access ends; without this flag, it begins. */
#define CMM_SYNC_END		0x4

/**
 * struct cmm_sync_entry - one CPU access in CMM_IOC_SYNC
 * @fd: the buffer's descriptor
 * @flags: CMM_SYNC_* bits; EACCES if CMM_SYNC_WRITE is set and the descriptor is
 *	read-only
 * @offset: start of the accessed part, in bytes from the descriptor's first byte
 * @len: bytes of the part, at least 1; it must end inside the descriptor's bytes
 */
struct cmm_sync_entry {
	__s32 fd;
	__u32 flags;
	__u64 offset;
	__u64 len;
};

/**
 * struct cmm_sync - CMM_IOC_SYNC: begin or end the CPU's accesses of parts of buffers
 * @entries: in: address of an array of &struct cmm_sync_entry
 * @count: in: number of entries, 1 to CMM_SYNC_MAX_COUNT
 * @entry_size: in: sizeof(struct cmm_sync_entry) as the caller knows it; members that
 *	the kernel does not know must be zero
 *
 * This is DMA_BUF_IOCTL_SYNC for a part of a buffer. The begin of an access waits for
 * devices that announced their work by a fence, and makes their data visible to the CPU.
 * The end makes the CPU's data visible to devices. Only the cache lines of the part are
 * maintained, and only if a device may not snoop the CPU's caches.
 *
 * With CMM_SYNC_WRITE alone, the caller must overwrite every byte of the part. Use
 * CMM_SYNC_RW if some bytes may stay unchanged. The begin of a write-only access
 * maintains only the lines that are partly inside the part. This keeps a device's bytes
 * in these lines, outside the part.
 *
 * No call loses a store of another thread or process, inside or outside the part. A CPU
 * and a device that does not snoop may use the same cache line in turns, if each access
 * of the CPU is announced. If both write to the line at the same time, older bytes may
 * replace the device's bytes: use separate lines for this. A line has 64 bytes on most
 * machines, and never more than a page.
 *
 * The kernel first checks all entries: a batch with one bad entry does nothing. Then it
 * waits for the devices of all entries. Then it maintains the caches in the order of the
 * entries. Therefore, do not begin an access in the same batch as the end of another
 * access that the awaited device needs.
 *
 * A signal ends the wait as it does for DMA_BUF_IOCTL_SYNC: with EINTR, unless the system
 * call is restarted. No entry has been processed then, and the caller may repeat the
 * batch. A signal that kills the process also ends the maintenance, after at most 2 MiB.
 * No store is lost, but some entries are not processed. Other processes that rely on
 * them must announce their accesses again.
 */
struct cmm_sync {
	__u64 entries;
	__u32 count;
	__u32 entry_size;
};

/* &cmm_view.flags: at most one of the two. Without a flag, the view is read-only. */
/* The view is writable. */
#define CMM_VIEW_WRITE		0x1
/* The view is read-only, and no user and no device can write to the buffer any more. */
#define CMM_VIEW_SEAL		0x2

/**
 * struct cmm_view - CMM_IOC_VIEW: one more descriptor, for a part of a buffer
 * @fd: in: a descriptor of the buffer
 * @flags: in: CMM_VIEW_WRITE, CMM_VIEW_SEAL or 0
 * @offset: in: first byte of the part, from the first byte of @fd
 * @len: in: bytes of the part
 * @fd_flags: in: O_CLOEXEC or 0, for the new descriptor
 * @view_fd: out: the new descriptor. After a failure the value is meaningless.
 *
 * EINVAL unless @offset and @len are multiples of the running kernel's page size, @len
 * is not 0, and the part ends inside @fd. EACCES if @fd cannot be read, or if @flags has
 * CMM_VIEW_WRITE and @fd is read-only.
 *
 * The view is a dma-buf of its own, of @len bytes, on the same memory. It can be used
 * for an API that wants one descriptor for each plane of an image and ignores offsets,
 * as many V4L2 drivers do. All calls through it are confined to its bytes: CMM_IOC_QUERY,
 * CMM_IOC_SYNC, CMM_IOC_DEV_MAP, CMM_IOC_VIEW, DMA_BUF_IOCTL_SYNC, mmap(), and access by
 * importers and their devices. Offsets in these calls begin at the view's first byte.
 * Cache maintenance is confined too. A view of a view has a part of its bytes, and never
 * more rights.
 *
 * The buffer, and its charge to the quota, stay until the last of its descriptors,
 * mappings and device attachments is gone.
 *
 * With CMM_FEATURE_FENCES, all views of a buffer have the same fences: work on one of
 * them delays the users of all. Drivers that lock all buffers of a job with
 * drm_gem_lock_reservations(), such as lima, panfrost and v3d, refuse a job with two
 * views of one buffer (EALREADY). Give such a driver one descriptor of the whole buffer,
 * with an offset for each plane.
 *
 * Through a read-only view, these fail with EACCES: a writable mapping, mprotect() to
 * a writable one, the begin or end of a CPU access that writes, and a device mapping
 * other than DMA_TO_DEVICE. DRM drivers map for both directions, so they are refused.
 * Drivers that use vmap() are refused too, because a kernel mapping is always writable.
 * A device without a translating IOMMU is trusted to do no more than it was mapped for.
 *
 * CMM_VIEW_SEAL makes the whole buffer and all its descriptors read-only, for ever,
 * whatever the view's part is. EACCES if @fd is read-only or does not cover the whole
 * buffer. EBUSY, without a new descriptor, while another dma-buf of the buffer is
 * writable, or while a mapping exists that is writable or that mprotect() could make
 * writable, or a mapping of a device that may write. The latter stays from its first use
 * until the device detaches. Copies of @fd do not count: they become read-only too. End
 * accesses that write before: their end fails afterwards. Later requests for a writable
 * view fail with EACCES.
 */
struct cmm_view {
	__s32 fd;
	__u32 flags;
	__u64 offset;
	__u64 len;
	__u32 fd_flags;
	__s32 view_fd;
};

/* &cmm_dev_entry.flags */
/* It has a driver that leaves DMA mappings to the kernel. */
#define CMM_DEV_READY		0x1
/* An IOMMU translates its addresses, so it can access only what is mapped for it. */
#define CMM_DEV_TRANSLATED	0x2
/* It snoops the CPU's caches when it accesses this zone. */
#define CMM_DEV_COHERENT	0x4

/**
 * struct cmm_dev_entry - one device in the result of CMM_IOC_DEV_LIST
 * @index: the device's index in the device tree's list, for &cmm_dev_map.index
 * @flags: CMM_DEV_* bits; 0 unless the device is ready
 * @mask: the highest address that the device can use; 0 if unknown
 * @name: the kernel's name of the device, NUL-terminated; a long name is truncated
 */
struct cmm_dev_entry {
	__u32 index;
	__u32 flags;
	__u64 mask;
	char name[CMM_NAME_LEN];
};

/**
 * struct cmm_dev_list - CMM_IOC_DEV_LIST: the devices that CMM_IOC_DEV_MAP can map
 *	buffers for
 * @entries: in: address of an array of &struct cmm_dev_entry
 * @count: in: size of the array, in entries; out: entries written
 * @entry_size: in: sizeof(struct cmm_dev_entry) as the caller knows it; the kernel
 *	writes that much of each entry, with zeroes after the members that it knows
 *
 * The device tree lists these devices, at most CMM_DEV_MAX_COUNT. The result has those
 * that exist now.
 */
struct cmm_dev_list {
	__u64 entries;
	__u32 count;
	__u32 entry_size;
};

/* &cmm_dev_map.flags: what the device may do; at least one of the two. */
#define CMM_DEV_MAP_READ	0x1
#define CMM_DEV_MAP_WRITE	0x2
#define CMM_DEV_MAP_RW		(CMM_DEV_MAP_READ | CMM_DEV_MAP_WRITE)

/**
 * struct cmm_dev_map - CMM_IOC_DEV_MAP: map a buffer for a device of the zone's list
 * @fd: in: the buffer's descriptor, or one of a view: only its bytes are mapped
 * @index: in: the device's &cmm_dev_entry.index
 * @flags: in: CMM_DEV_MAP_* bits; EACCES if CMM_DEV_MAP_WRITE is set and @fd is
 *	read-only
 * @id: out: identifies the mapping for CMM_IOC_DEV_UNMAP on the same open file
 * @addr: out: device address of the first byte; the bytes are contiguous there
 *
 * ENOENT if there is no such device; EBUSY if the open file has CMM_DEV_MAP_MAX
 * mappings, if the device's driver manages DMA itself, as VFIO does, or if the buffer has
 * CMM_DEV_MAP_MAX different mappings for the device, or its overlapping views together
 * are mapped for 8 times the buffer's size; EOPNOTSUPP if the
 * device has no driver, or cannot reach the buffer. Without a translating IOMMU, the
 * address is physical: EPERM unless the zone exposes physical addresses and the caller
 * has CAP_SYS_RAWIO.
 *
 * The mapping keeps the buffer. It ends with CMM_IOC_DEV_UNMAP, when the open file that
 * requested it is closed, or before the device's driver is unbound, whichever is first.
 * If an IOMMU translates, later accesses of the device fail. So stop the device before.
 *
 * A second request for the same bytes, device and use returns the same address. Each
 * request needs its own unmap. A driver that has imported the buffer may keep the
 * address mapped until it detaches or is unbound.
 *
 * Mapping makes the CPU's data visible to the device. While the buffer is mapped,
 * announce accesses of the CPU with CMM_IOC_SYNC or DMA_BUF_IOCTL_SYNC.
 */
struct cmm_dev_map {
	__s32 fd;
	__u32 index;
	__u32 flags;
	__u32 id;
	__u64 addr;
};

/**
 * struct cmm_dev_unmap - CMM_IOC_DEV_UNMAP: end a mapping
 * @id: in: &cmm_dev_map.id; ENOENT if the mapping does not exist or has ended
 * @pad: in: 0
 */
struct cmm_dev_unmap {
	__u32 id;
	__u32 pad;
};

/* &cmm_whois.flags: the address is physical. EPERM without CAP_SYS_RAWIO. */
#define CMM_WHOIS_PHYS		0x1

/* &cmm_whois.state */
/* The buffer exists. */
#define CMM_WHOIS_LIVE		0x1
/* It is mapped for the device at the address. */
#define CMM_WHOIS_MAPPED	0x2

/**
 * struct cmm_whois - CMM_IOC_WHOIS: the buffer that an address belongs to, or
 *	belonged to last
 * @addr: in: an address that the device used, or a physical address
 * @flags: in: CMM_WHOIS_PHYS or 0
 * @state: out: CMM_WHOIS_* bits of the buffer and its mapping
 * @device: in: the kernel's name of the device, NUL-terminated; only the first
 *	CMM_DEVICE_LEN - 1 characters count; empty with CMM_WHOIS_PHYS
 * @id: out: the buffer's id, as in &struct cmm_query
 * @offset: out: bytes from the buffer's first byte to the address, also if a view was
 *	mapped for the device
 * @len: out: bytes of the buffer
 * @now_ns: out: time of the call; all times are CLOCK_BOOTTIME in nanoseconds and ignore
 *	the caller's time namespace
 * @born_ns: out: when the buffer was allocated
 * @freed_ns: out: when the buffer was freed; 0 if it still exists
 * @unmapped_ns: out: when the mapping for the device ended; with an IOMMU that has a
 *	flush queue, the device can access the memory for some milliseconds more; 0 if
 *	the mapping still exists, and with CMM_WHOIS_PHYS
 * @uid: out: as in &struct cmm_query
 * @pid: out: as in &struct cmm_query
 * @access: out: accesses that the newest such mapping allowed, CMM_DEV_MAP_* bits; 0 with
 *	CMM_WHOIS_PHYS
 * @pad: in: 0
 * @comm: out: as in &struct cmm_query
 * @name: out: as in &struct cmm_query
 *
 * Use it to explain a device's stray access, which an IOMMU reports with the device's
 * name and the address. Usually a buffer was freed or unmapped while the device still
 * used it.
 *
 * Mappings by importers and by CMM_IOC_DEV_MAP are known. Existing mappings take
 * precedence over ended ones, and newer ones over older ones. A zone remembers its last
 * few hundred ended buffers and mappings, of all users together, until it is unbound.
 * ENOENT if nothing is known, or nothing that the caller may see. A caller sees the same
 * buffers as with CMM_IOC_LIST. The address of a device without a translating IOMMU is
 * physical: EPERM without CAP_SYS_RAWIO.
 *
 * No member contains a physical address. But if @addr is physical, @addr minus @offset is
 * the buffer's physical address. So the driver treats that address as disclosed.
 */
struct cmm_whois {
	__u64 addr;
	__u32 flags;
	__u32 state;
	char device[CMM_DEVICE_LEN];
	__u64 id;
	__u64 offset;
	__u64 len;
	__u64 now_ns;
	__u64 born_ns;
	__u64 freed_ns;
	__u64 unmapped_ns;
	__u32 uid;
	__s32 pid;
	__u32 access;
	__u32 pad;
	char comm[CMM_COMM_LEN];
	char name[CMM_NAME_LEN];
};

#define CMM_IOC_INFO	_IOR(CMM_IOC_MAGIC,  0, struct cmm_info)
#define CMM_IOC_ALLOC	_IOWR(CMM_IOC_MAGIC, 1, struct cmm_alloc)
#define CMM_IOC_QUERY	_IOWR(CMM_IOC_MAGIC, 2, struct cmm_query)
#define CMM_IOC_LIST	_IOWR(CMM_IOC_MAGIC, 3, struct cmm_list)
#define CMM_IOC_SYNC	_IOW(CMM_IOC_MAGIC,  4, struct cmm_sync)
#define CMM_IOC_DEV_LIST	_IOWR(CMM_IOC_MAGIC, 5, struct cmm_dev_list)
#define CMM_IOC_DEV_MAP	_IOWR(CMM_IOC_MAGIC, 6, struct cmm_dev_map)
#define CMM_IOC_DEV_UNMAP	_IOW(CMM_IOC_MAGIC,  7, struct cmm_dev_unmap)
#define CMM_IOC_VIEW	_IOWR(CMM_IOC_MAGIC, 8, struct cmm_view)
#define CMM_IOC_WHOIS	_IOWR(CMM_IOC_MAGIC, 9, struct cmm_whois)
/* Number 10 is reserved for ADVISE. */

#endif /* _UAPI_LINUX_CMM_H */
