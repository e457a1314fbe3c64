/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Buffer: one extent with an owner, cleared before anybody sees it.
 *
 * A buffer is reference-counted. Each of its dma_bufs and of its device mappings
 * holds one reference, and so does a listing while it looks at the buffer;
 * cmm_buffer_put() of the last one destroys the buffer. The buffer holds a reference
 * on its zone. One dma_buf may be written through, and any number may only be read;
 * all have the buffer's fences. How the CPU maps the buffer, cached or
 * write-combined, is fixed at allocation: two mappings with different attributes
 * would break the architecture's coherency rules.
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
 * struct cmm_buffer_params - what is asked for
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
 * struct cmm_device_use - a device that a buffer is attached to or mapped for
 * @device: the device's name, which lives as long as this
 * @coherent: the device sees what is in the CPU's caches
 * @count: how many times the device counts
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
 * @allocation: where it is; addresses are physical
 * @account: of the user whom it is charged to
 * @params: what was asked for; never changes
 * @named: the first dma_buf, by whose name listings call the buffer, until that
 *	dma_buf is released; cleared under the zone's lock
 * @name: what listings call it without; under the zone's lock
 * @id: unique in the zone
 * @zeroed: bytes that had to be cleared for it
 * @born: when it was allocated, CLOCK_BOOTTIME
 * @uid: effective user of the process that allocated it
 * @pid: that process; one reference
 * @comm: that process's name at the time
 * @node: in the zone's tree of buffers, under the zone's lock
 * @disclosed: the physical address is known to a user, so devices that are not
 *	attached may use it; set once
 * @resv: the fences of devices that work on it, through whatever dma_buf
 * @refs: one for each dma_buf, each mapping, and each listing that looks at the
 *	buffer; the first one is the maker's
 * @lock: protects the members below
 * @sealed: nothing is written any more, for ever; set once, and may be read
 *	without the lock by those who can do without the latest news
 * @mappings: of type struct cmm_mapping
 * @uses: devices, of type struct cmm_device_use
 * @snooping: the sum of the counts in @uses of coherent devices; may be read
 *	without the lock
 * @others: the same of other devices
 * @writers: mappings that can write: users', devices', and the kernel's
 * @cpu_touched: a cached CPU mapping was handed out, so that the CPU's cache
 *	may hold dirty lines from then on
 * @wc_vaddr: write-combined kernel mapping, made at the first vmap
 */
struct cmm_buffer {
	struct cmm_zone *zone;
	struct cmm_allocation allocation;
	struct cmm_account *account;
	struct cmm_buffer_params params;
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
	struct list_head mappings;
	struct list_head uses;
	unsigned int snooping;
	unsigned int others;
	unsigned int writers;
	bool cpu_touched;
	void *wc_vaddr;
};

/**
 * struct cmm_buffer_info - a buffer as listings show it, at one moment
 * @id: unique in the zone
 * @offset: bytes from the zone's start
 * @params: what was asked for
 * @age_ns: nanoseconds since it was allocated
 * @uid: who allocated it
 * @name: what it is called; any bytes
 * @pid: process id as seen by the current process, 0 if invisible
 * @comm: that process's name
 * @owner_gone: that process has exited
 * @sealed: it can't be written any more
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
void cmm_buffer_put_dmabuf(struct cmm_buffer *buffer,
			   const struct dma_buf *dmabuf);

static inline bool cmm_buffer_is_wc(const struct cmm_buffer *buffer)
{
	return buffer->params.flags & CMM_BUF_WC;
}

static inline u64 cmm_buffer_offset(const struct cmm_buffer *buffer)
{
	return buffer->allocation.extent.start - buffer->zone->region.start;
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

void cmm_buffer_disclose(struct cmm_buffer *buffer);
void cmm_buffer_note_cpu_mapping(struct cmm_buffer *buffer);
bool cmm_buffer_is_incoherent(const struct cmm_buffer *buffer, bool coherent);
bool cmm_buffer_needs_sync(const struct cmm_buffer *buffer);

void cmm_buffer_set_named(struct cmm_buffer *buffer, struct dma_buf *dmabuf);
void cmm_buffer_name(const struct cmm_buffer *buffer, char name[CMM_NAME_LEN]);
void cmm_buffer_record(const struct cmm_buffer *buffer,
		       struct cmm_record *record);
void cmm_buffer_info(const struct cmm_buffer *buffer,
		     struct cmm_buffer_info *info);
unsigned int cmm_buffer_devices(struct cmm_buffer *buffer,
				char names[CMM_DEVICES_LEN]);

struct cmm_buffer *cmm_buffer_find(const struct cmm_zone *zone, u64 id);
struct cmm_buffer *cmm_buffer_get_next(struct cmm_zone *zone, u64 after,
				       const kuid_t *only);

#endif /* _CMM_BUFFER_H */
