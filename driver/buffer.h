/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Buffer: one extent with an owner. It is cleared before any user can see it.
 *
 * A buffer is reference-counted. Each dma_buf and each device mapping holds one
 * reference. A listing holds one while it reads the buffer. The last
 * cmm_buffer_put() destroys the buffer. The buffer holds a reference on its zone.
 *
 * A buffer has one dma_buf for all of it, from its allocation, and any number of views:
 * dma_bufs for a part of it, writable or read-only. All share the buffer's fences.
 *
 * The CPU mapping type, cached or write-combined, is fixed at allocation. Two
 * mappings with different attributes would break the architecture's coherency rules.
 */
#ifndef _CMM_BUFFER_H
#define _CMM_BUFFER_H

#include <linux/dma-resv.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "zone.h"

struct dma_buf;

/**
 * struct cmm_buffer_params - parameters of an allocation
 * @size: bytes, whole pages
 * @align: alignment of the physical address, a power of two, at least a page
 * @flags: CMM_BUF_FLAGS bits
 * @name: label, NUL-terminated
 */
struct cmm_buffer_params {
	u64 size;
	u64 align;
	u32 flags;
	char name[CMM_NAME_LEN];
};

/**
 * struct cmm_part - some bytes of a buffer
 * @offset: the first byte, from the buffer's start
 * @size: number of bytes, not 0. The part ends inside the buffer.
 */
struct cmm_part {
	u64 offset;
	u64 size;
};

/**
 * struct cmm_dmabuf - the access that a dma_buf gives to a buffer
 * @buffer: the buffer; one reference
 * @part: the accessible bytes, whole pages
 * @read_only: neither the CPU nor a device may write
 * @inode: inode number of the dma_buf's file; 0 if the kernel has one inode for all
 *	dma_bufs
 * @link: in the buffer's list of views
 *
 * It is the dma_buf's priv. All members but @link are fixed at the export.
 */
struct cmm_dmabuf {
	struct cmm_buffer *buffer;
	struct cmm_part part;
	bool read_only;
	u64 inode;
	struct list_head link;
};

/**
 * struct cmm_device_use - a device that a buffer is attached to or mapped for
 * @device: the device's name; valid as long as this struct
 * @coherent: the device snoops the CPU's caches
 * @count: calls of cmm_buffer_add_use() that are not undone yet
 * @link: in the buffer's list while @count is not 0
 *
 * Embedded in attachments (attach.c) and mappings (mapping.h). The buffer's lock
 * protects it.
 */
struct cmm_device_use {
	const char *device;
	bool coherent;
	unsigned int count;
	struct list_head link;
};

/**
 * struct cmm_buffer - a buffer
 * @zone: the zone; one reference
 * @allocation: its memory; addresses are physical
 * @account: account of the user to whom the buffer is charged
 * @params: parameters of the allocation; never change
 * @first: access of the first dma_buf: the whole buffer, writable
 * @named: the first dma_buf, until its release. Listings show its name. Cleared
 *	under the pool's lock.
 * @name: name in listings if @named gives none; under the pool's lock
 * @id: unique in the zone
 * @zeroed: bytes that were cleared at allocation
 * @born: time of allocation, CLOCK_BOOTTIME
 * @uid: effective user of the process that allocated it
 * @pid: that process; one reference
 * @comm: name of that process at allocation
 * @node: in the zone's tree of buffers, under the pool's lock
 * @disclosed: a user knows the physical address, so devices that are not attached
 *	may use the buffer; set once
 * @resv: fences of the devices that use it, through any dma_buf
 * @refs: one for each dma_buf, each mapping, and each listing that reads the
 *	buffer; the creator holds the first one
 * @lock: protects the members below
 * @sealed: the buffer can never be written again; set once. Without the lock, a
 *	reader may see an old value.
 * @views: dma_bufs other than the first, of type struct cmm_dmabuf
 * @view_count: number of @views
 * @writable: dma_bufs that are not read-only, the first one included
 * @mappings: of type struct cmm_mapping
 * @uses: devices, of type struct cmm_device_use
 * @snooping: sum of the counts in @uses of coherent devices; may be read without
 *	the lock
 * @others: same as @snooping, for devices that are not coherent
 * @writers: writable mappings of users, devices and the kernel
 * @cpu_touched: a cached CPU mapping was created, so the CPU's cache may hold
 *	dirty lines
 * @wc_vaddr: write-combined kernel mapping, created at the first vmap
 */
struct cmm_buffer {
	struct cmm_zone *zone;
	struct cmm_allocation allocation;
	struct cmm_account *account;
	struct cmm_buffer_params params;
	struct cmm_dmabuf first;
	struct dma_buf *named;
	char name[CMM_NAME_LEN];
	u64 id;
	u64 zeroed;
	u64 born;
	kuid_t uid;
	struct pid *pid;
	char comm[TASK_COMM_LEN];
	struct rb_node node;
	bool disclosed;
	struct dma_resv resv;
	refcount_t refs;

	struct mutex lock;	/* protects the rest */
	bool sealed;
	struct list_head views;
	unsigned int view_count;
	unsigned int writable;
	struct list_head mappings;
	struct list_head uses;
	unsigned int snooping;
	unsigned int others;
	unsigned int writers;
	bool cpu_touched;
	void *wc_vaddr;
};

/**
 * struct cmm_buffer_info - snapshot of a buffer for listings
 * @id: unique in the zone
 * @offset: bytes from the zone's start
 * @params: parameters of the allocation
 * @age_ns: nanoseconds since allocation
 * @uid: user that allocated it
 * @name: its name; any bytes
 * @pid: id of the allocating process as seen by the current process, 0 if invisible
 * @comm: name of that process
 * @owner_gone: that process has exited
 * @sealed: the buffer can't be written any more
 */
struct cmm_buffer_info {
	u64 id;
	u64 offset;
	struct cmm_buffer_params params;
	char name[CMM_NAME_LEN];
	u64 age_ns;
	kuid_t uid;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	bool owner_gone;
	bool sealed;
};

int cmm_buffers_create(struct cmm_zone *zone,
		       const struct cmm_buffer_params *params,
		       struct cmm_buffer **buffers, unsigned int count,
		       struct cmm_usage *shortage);
struct cmm_buffer *cmm_buffer_get(struct cmm_buffer *buffer);
void cmm_buffer_put(struct cmm_buffer *buffer);
void cmm_buffer_put_first(struct cmm_buffer *buffer);

static inline bool cmm_buffer_is_wc(const struct cmm_buffer *buffer)
{
	return buffer->params.flags & CMM_BUF_WC;
}

static inline u64 cmm_buffer_offset(const struct cmm_buffer *buffer)
{
	return buffer->allocation.extent.start - buffer->zone->region.start;
}

/* Physical address of a dma_buf's first byte. */
static inline u64 cmm_dmabuf_phys(const struct cmm_dmabuf *dmabuf)
{
	return dmabuf->buffer->allocation.extent.start + dmabuf->part.offset;
}

static inline void *cmm_buffer_vaddr(const struct cmm_buffer *buffer)
{
	return buffer->zone->vaddr + cmm_buffer_offset(buffer);
}

static inline bool cmm_buffer_is_sealed(const struct cmm_buffer *buffer)
{
	return READ_ONCE(buffer->sealed);
}

int cmm_buffer_add_writer(struct cmm_buffer *buffer);
void cmm_buffer_remove_writer(struct cmm_buffer *buffer);

void cmm_buffer_add_use(struct cmm_buffer *buffer, struct cmm_device_use *use);
void cmm_buffer_remove_use(struct cmm_buffer *buffer,
			   struct cmm_device_use *use);

void cmm_buffer_set_named(struct cmm_buffer *buffer, struct dma_buf *dmabuf);
void cmm_buffer_name(const struct cmm_buffer *buffer, char name[CMM_NAME_LEN]);
void cmm_buffer_record(const struct cmm_buffer *buffer,
		       struct cmm_record *record);
void cmm_buffer_info(const struct cmm_buffer *buffer,
		     struct cmm_buffer_info *info);
unsigned int cmm_buffer_devices(struct cmm_buffer *buffer,
				char names[CMM_DEVICES_LEN]);
unsigned int cmm_buffer_inodes(struct cmm_buffer *buffer,
			       u64 inodes[CMM_LIST_INODES]);

struct cmm_buffer *cmm_buffer_find(const struct cmm_zone *zone, u64 id);
struct cmm_buffer *cmm_buffer_get_next(struct cmm_zone *zone, u64 after,
				       const kuid_t *only);

#endif /* _CMM_BUFFER_H */
