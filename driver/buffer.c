// SPDX-License-Identifier: GPL-2.0
/*
 * Buffer: alloc, free and listings. The model is in buffer.h.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "buffer.h"
#include "cache.h"
#include "scrub.h"
#include "trace.h"

/* Bytes cleared between two checks for rescheduling and for signals. */
#define CMM_CLEAR_CHUNK		SZ_2M
/* Buffers that a search visits before it drops the pool's lock. */
#define CMM_SEARCH_STEP		64

static struct cmm_buffer *buffer_new(struct cmm_zone *zone,
				     const struct cmm_buffer_params *params)
{
	struct cmm_buffer *buffer;

	buffer = kzalloc(sizeof(*buffer), GFP_KERNEL_ACCOUNT);
	if (!buffer)
		return NULL;

	buffer->zone = cmm_zone_get(zone);
	buffer->params = *params;
	memcpy(buffer->name, params->name, sizeof(buffer->name));
	buffer->born = ktime_get_boottime_ns();
	buffer->uid = current_euid();
	buffer->pid = get_pid(task_tgid(current));
	get_task_comm(buffer->comm, current->group_leader);
	buffer->first.buffer = buffer;
	buffer->first.part.size = params->size;
	buffer->writable = 1;
	RB_CLEAR_NODE(&buffer->node);
	INIT_LIST_HEAD(&buffer->views);
	INIT_LIST_HEAD(&buffer->mappings);
	INIT_LIST_HEAD(&buffer->uses);
	dma_resv_init(&buffer->resv);
	refcount_set(&buffer->refs, 1);
	mutex_init(&buffer->lock);
	return buffer;
}

/* Undo buffer_new(); the buffer has no extent. */
static void buffer_delete(struct cmm_buffer *buffer)
{
	put_pid(buffer->pid);
	cmm_zone_put(buffer->zone);
	mutex_destroy(&buffer->lock);
	dma_resv_fini(&buffer->resv);
	kfree(buffer);
}

/*
 * Zero one chunk of a zone and flush the zeroes to memory. Devices that do not snoop
 * read memory. Write-combined mappings always read memory, whether devices snoop or
 * not.
 */
static void buffer_clear_chunk(struct cmm_zone *zone, u64 offset, u64 size,
			       bool wc)
{
	memset(zone->vaddr + offset, 0, size);
	if (wc || !(zone->flags & CMM_ZONE_COHERENT))
		cmm_cache_flush(&zone->cache, offset, size);
}

/* Clear what is not zero yet. Stops with -EINTR if the process is killed. */
static int buffer_clear(struct cmm_buffer *buffer)
{
	struct cmm_chunk chunk = { .offset = cmm_buffer_offset(buffer) };
	struct cmm_zone *zone = buffer->zone;
	int ret = 0;

	/* No need to wait for the scrubber: it skips clean granules. */
	if (cmm_zone_is_protected(zone) || buffer->allocation.clean)
		return 0;
	cmm_scrub_wait(zone, &buffer->allocation);
	while (cmm_zeromap_next_dirty(&zone->pool.zeromap, &buffer->allocation,
				      &chunk)) {
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		chunk.size = min_t(u64, chunk.size, CMM_CLEAR_CHUNK);
		buffer_clear_chunk(zone, chunk.offset, chunk.size,
				   cmm_buffer_is_wc(buffer));
		buffer->zeroed += chunk.size;
		cond_resched();
	}

	spin_lock(&zone->pool.lock);
	zone->pool.stats.zeroed += buffer->zeroed;
	spin_unlock(&zone->pool.lock);
	return ret;
}

static struct cmm_buffer *to_buffer(struct rb_node *node)
{
	return rb_entry_safe(node, struct cmm_buffer, node);
}

/* The newest buffer has the largest id. The tree begins with the largest id. */
static void buffer_insert_newest(struct rb_root_cached *buffers,
				 struct cmm_buffer *buffer)
{
	struct rb_node *second = buffers->rb_leftmost;

	rb_link_node(&buffer->node, second, second ? &second->rb_left :
						     &buffers->rb_root.rb_node);
	rb_insert_color_cached(&buffer->node, buffers, true);
}

/* Find the buffer with the smallest id above @after. */
static struct cmm_buffer *buffer_first_after(const struct cmm_zone *zone,
					     u64 after)
{
	struct rb_node *node = zone->buffers.rb_root.rb_node;
	struct cmm_buffer *found = NULL;

	lockdep_assert_held(&zone->pool.lock);
	while (node) {
		if (to_buffer(node)->id > after) {
			found = to_buffer(node);
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	return found;
}

static void buffer_publish(struct cmm_buffer *buffer)
{
	struct cmm_zone *zone = buffer->zone;

	spin_lock(&zone->pool.lock);
	buffer->id = ++zone->next_id;
	buffer_insert_newest(&zone->buffers, buffer);
	zone->pool.stats.allocations++;
	spin_unlock(&zone->pool.lock);
	trace_cmm_alloc(buffer);
}

static void buffer_unpublish(struct cmm_buffer *buffer)
{
	struct cmm_zone *zone = buffer->zone;
	struct cmm_record record;

	lockdep_assert_held(&zone->pool.lock);
	rb_erase_cached(&buffer->node, &zone->buffers);
	cmm_buffer_record(buffer, &record);
	record.ended = ktime_get_boottime_ns();
	cmm_history_add(&zone->history, &record);
}

static int buffers_place(struct cmm_zone *zone,
			 const struct cmm_buffer_params *params,
			 struct cmm_buffer **buffers, unsigned int count,
			 struct cmm_usage *shortage)
{
	const struct cmm_request request = {
		.count = count,
		.size = params->size,
		.align = params->align,
		.uid = buffers[0]->uid,
	};
	struct cmm_allocation *allocations[CMM_ALLOC_MAX_COUNT];
	struct cmm_account *account;
	unsigned int i;

	for (i = 0; i < count; i++)
		allocations[i] = &buffers[i]->allocation;
	account = cmm_pool_alloc(&zone->pool, allocations, &request, shortage);
	if (IS_ERR(account)) {
		/* -ENOMEM: kernel memory ran out before the search for space. */
		if (PTR_ERR(account) != -ENOMEM)
			trace_cmm_refuse(zone, &request, PTR_ERR(account),
					 shortage);
		return PTR_ERR(account);
	}

	for (i = 0; i < count; i++)
		buffers[i]->account = account;
	return 0;
}

static void buffer_free_memory(struct cmm_buffer *buffer)
{
	struct cmm_zone *zone = buffer->zone;
	struct cmm_account *empty;

	spin_lock(&zone->pool.lock);
	/* The buffer is not in the tree if its allocation failed. */
	if (!RB_EMPTY_NODE(&buffer->node))
		buffer_unpublish(buffer);
	empty = cmm_pool_free(&zone->pool, &buffer->allocation, buffer->account);
	spin_unlock(&zone->pool.lock);
	kfree(empty);
}

/* On riscv without Svpbmt, write-combined mappings are cached. */
static bool buffer_can_write_combine(void)
{
	return pgprot_val(pgprot_writecombine(PAGE_KERNEL)) !=
	       pgprot_val(PAGE_KERNEL);
}

/*
 * A write-combined buffer needs a cache flush, to evict the lines that are still in
 * the cache. vmap() refuses more pages than totalram_pages().
 */
static bool buffer_cannot_be_mapped(struct cmm_zone *zone,
				    const struct cmm_buffer_params *params)
{
	if (!(params->flags & CMM_BUF_WC))
		return false;
	return cmm_zone_is_protected(zone) || !buffer_can_write_combine() ||
	       !cmm_cache_can_flush(&zone->cache) ||
	       (params->size <= zone->region.size &&
		params->size >> PAGE_SHIFT > totalram_pages());
}

/**
 * cmm_buffers_create() - allocate equal buffers, all or none
 * @zone: the zone, entered
 * @params: parameters of each buffer
 * @buffers: filled with @count buffers; the caller owns one reference on each
 * @count: number of buffers, at most CMM_ALLOC_MAX_COUNT
 * @shortage: state of the zone when the allocation failed because of missing space
 *
 * Return: 0; -ENOMEM; -EOPNOTSUPP for a write-combined buffer that cannot be mapped
 * write-combined; -EINTR if the process is being killed; or an error of
 * cmm_pool_alloc().
 * On failure @buffers holds nothing.
 */
int cmm_buffers_create(struct cmm_zone *zone,
		       const struct cmm_buffer_params *params,
		       struct cmm_buffer **buffers, unsigned int count,
		       struct cmm_usage *shortage)
{
	unsigned int i, n;
	int ret = -ENOMEM;

	if (buffer_cannot_be_mapped(zone, params))
		return -EOPNOTSUPP;
	for (n = 0; n < count; n++) {
		buffers[n] = buffer_new(zone, params);
		if (!buffers[n])
			goto delete_buffers;
	}

	ret = buffers_place(zone, params, buffers, count, shortage);
	if (ret)
		goto delete_buffers;

	for (i = 0; i < count; i++) {
		ret = buffer_clear(buffers[i]);
		if (ret)
			goto free_memory;
	}

	for (i = 0; i < count; i++)
		buffer_publish(buffers[i]);
	return 0;

free_memory:
	for (i = 0; i < count; i++)
		buffer_free_memory(buffers[i]);
delete_buffers:
	while (n)
		buffer_delete(buffers[--n]);
	return ret;
}

static void buffer_unmap_wc(struct cmm_buffer *buffer)
{
	if (!buffer->wc_vaddr)
		return;
	if (buffer->zone->region.kind == CMM_KIND_LINEAR)
		vunmap(buffer->wc_vaddr);
	else
		memunmap(buffer->wc_vaddr);
}

static void buffer_destroy(struct cmm_buffer *buffer)
{
	buffer_unmap_wc(buffer);
	trace_cmm_free(buffer);
	buffer_free_memory(buffer);
	buffer_delete(buffer);
}

struct cmm_buffer *cmm_buffer_get(struct cmm_buffer *buffer)
{
	refcount_inc(&buffer->refs);
	return buffer;
}

/**
 * cmm_buffer_put() - drop a reference
 * @buffer: the buffer; don't use it afterwards
 *
 * The last reference destroys the buffer. May sleep; takes the pool's lock.
 */
void cmm_buffer_put(struct cmm_buffer *buffer)
{
	if (refcount_dec_and_test(&buffer->refs))
		buffer_destroy(buffer);
}

/* The name of the first dma_buf, if it has one; else the buffer's own name. */
static void buffer_read_name(const struct cmm_buffer *buffer,
			     char name[CMM_NAME_LEN])
{
	struct dma_buf *dmabuf = READ_ONCE(buffer->named);

	lockdep_assert_held(&buffer->zone->pool.lock);
	if (!dmabuf || !compat_dma_buf_get_name(dmabuf, name, CMM_NAME_LEN))
		memcpy(name, buffer->name, CMM_NAME_LEN);
}

/* Save the name of the first dma_buf before its release. */
static void buffer_save_name(struct cmm_buffer *buffer)
{
	char name[CMM_NAME_LEN];

	spin_lock(&buffer->zone->pool.lock);
	buffer_read_name(buffer, name);
	memcpy(buffer->name, name, sizeof(name));
	WRITE_ONCE(buffer->named, NULL);
	spin_unlock(&buffer->zone->pool.lock);
}

/**
 * cmm_buffer_put_first() - drop the reference of the first dma_buf, at its release
 * @buffer: the buffer; don't use it afterwards. The dma_buf's name stays valid until
 *	this returns.
 *
 * Like cmm_buffer_put(). If this is the last reference, no listing can find the
 * buffer any more, so its name is not saved.
 */
void cmm_buffer_put_first(struct cmm_buffer *buffer)
{
	if (refcount_dec_if_one(&buffer->refs)) {
		buffer_destroy(buffer);
		return;
	}
	buffer_save_name(buffer);
	mutex_lock(&buffer->lock);
	buffer->writable--;
	mutex_unlock(&buffer->lock);
	cmm_buffer_put(buffer);
}

/**
 * cmm_buffer_set_named() - use a dma_buf's name as the buffer's name
 * @buffer: a new buffer
 * @dmabuf: its first dma_buf, fully initialised
 */
void cmm_buffer_set_named(struct cmm_buffer *buffer, struct dma_buf *dmabuf)
{
	/* Listings may read the buffer already: publish an initialised dma_buf. */
	smp_store_release(&buffer->named, dmabuf);
}

/**
 * cmm_buffer_name() - get the current name of a buffer
 * @buffer: the buffer
 * @name: all CMM_NAME_LEN bytes are written; any bytes, since users name dma-bufs
 */
void cmm_buffer_name(const struct cmm_buffer *buffer, char name[CMM_NAME_LEN])
{
	spin_lock(&buffer->zone->pool.lock);
	buffer_read_name(buffer, name);
	spin_unlock(&buffer->zone->pool.lock);
}

/**
 * cmm_buffer_add_writer() - count a writable CPU mapping
 * @buffer: the buffer
 *
 * Return: 0, or -EACCES if it is sealed.
 */
int cmm_buffer_add_writer(struct cmm_buffer *buffer)
{
	int ret = 0;

	mutex_lock(&buffer->lock);
	if (buffer->sealed)
		ret = -EACCES;
	else
		buffer->writers++;
	mutex_unlock(&buffer->lock);
	return ret;
}

void cmm_buffer_remove_writer(struct cmm_buffer *buffer)
{
	mutex_lock(&buffer->lock);
	buffer->writers--;
	mutex_unlock(&buffer->lock);
}

static void buffer_count_use(struct cmm_buffer *buffer,
			     const struct cmm_device_use *use, int change)
{
	unsigned int *count = use->coherent ? &buffer->snooping :
					      &buffer->others;

	lockdep_assert_held(&buffer->lock);
	WRITE_ONCE(*count, *count + change);
}

/**
 * cmm_buffer_add_use() - count a device that uses the buffer
 * @buffer: the buffer; its lock is held
 * @use: owned by the caller; filled in, or counted already
 */
void cmm_buffer_add_use(struct cmm_buffer *buffer, struct cmm_device_use *use)
{
	buffer_count_use(buffer, use, 1);
	if (!use->count++)
		list_add_tail(&use->link, &buffer->uses);
}

void cmm_buffer_remove_use(struct cmm_buffer *buffer,
			   struct cmm_device_use *use)
{
	buffer_count_use(buffer, use, -1);
	if (!--use->count)
		list_del(&use->link);
}

/**
 * cmm_buffer_record() - fill in the history record of a live buffer
 * @buffer: the buffer
 * @record: filled in, without the end time
 *
 * The caller holds the pool's lock.
 */
void cmm_buffer_record(const struct cmm_buffer *buffer,
		       struct cmm_record *record)
{
	*record = (struct cmm_record){
		.id = buffer->id,
		.start = buffer->allocation.extent.start,
		.size = buffer->allocation.extent.size,
		.born = buffer->born,
		.uid = buffer->uid,
		.pid = pid_nr(buffer->pid),
	};
	memcpy(record->comm, buffer->comm, sizeof(record->comm));
	buffer_read_name(buffer, record->name);
}

/*
 * A process has exited when its last thread has exited. Its first thread alone does
 * not tell: it may exit while other threads run, and remains a zombie for that time.
 */
static bool buffer_owner_has_exited(struct pid *pid)
{
	struct task_struct *leader;
	bool exited;

	rcu_read_lock();
	leader = pid_task(pid, PIDTYPE_TGID);
	exited = !leader || (READ_ONCE(leader->exit_state) &&
			     thread_group_empty(leader));
	rcu_read_unlock();
	return exited;
}

/**
 * cmm_buffer_info() - describe a buffer, without its devices
 * @buffer: the buffer
 * @info: filled in
 *
 * All fields except the age, the name, the seal and the exit of the process are
 * fixed at allocation. Takes the pool's lock only for the name.
 */
void cmm_buffer_info(const struct cmm_buffer *buffer,
		     struct cmm_buffer_info *info)
{
	*info = (struct cmm_buffer_info) {
		.id = buffer->id,
		.offset = cmm_buffer_offset(buffer),
		.params = buffer->params,
		.age_ns = ktime_get_boottime_ns() - buffer->born,
		.uid = buffer->uid,
		.pid = pid_vnr(buffer->pid),
		.owner_gone = buffer_owner_has_exited(buffer->pid),
		.sealed = cmm_buffer_is_sealed(buffer),
	};
	strscpy(info->comm, buffer->comm, sizeof(info->comm));
	cmm_buffer_name(buffer, info->name);
}

static void buffer_append_device(char names[CMM_DEVICES_LEN], const char *name)
{
	size_t used = strlen(names);
	size_t room = CMM_DEVICES_LEN - used;

	/* A truncated name could be the name of another device. */
	if (strlen(name) + 1 < room)
		scnprintf(names + used, room, "%s%s", used ? "," : "", name);
}

/**
 * cmm_buffer_devices() - name the devices that a buffer is attached to or mapped for
 * @buffer: the buffer
 * @names: filled with the names that fit, separated by commas
 *
 * Return: the number of attachments plus the number of mappings on request.
 */
unsigned int cmm_buffer_devices(struct cmm_buffer *buffer,
				char names[CMM_DEVICES_LEN])
{
	struct cmm_device_use *use;
	unsigned int attached;

	memset(names, 0, CMM_DEVICES_LEN);
	mutex_lock(&buffer->lock);
	attached = buffer->snooping + buffer->others;
	list_for_each_entry(use, &buffer->uses, link)
		buffer_append_device(names, use->device);
	mutex_unlock(&buffer->lock);
	return attached;
}

/**
 * cmm_buffer_inodes() - give the inode numbers of a buffer's dma_bufs
 * @buffer: the buffer
 * @inodes: filled with the first numbers, and zeroes
 *
 * Return: the number of dma_bufs.
 */
unsigned int cmm_buffer_inodes(struct cmm_buffer *buffer,
			       u64 inodes[CMM_LIST_INODES])
{
	unsigned int count = 0, all;
	struct cmm_dmabuf *view;

	memset(inodes, 0, CMM_LIST_INODES * sizeof(*inodes));
	/* cmm_buffer_set_named() comes after the export. */
	if (smp_load_acquire(&buffer->named))
		inodes[count++] = buffer->first.inode;
	mutex_lock(&buffer->lock);
	all = count + buffer->view_count;
	list_for_each_entry(view, &buffer->views, link) {
		if (count == CMM_LIST_INODES)
			break;
		inodes[count++] = view->inode;
	}
	mutex_unlock(&buffer->lock);
	return all;
}

/**
 * cmm_buffer_find() - find a live buffer
 * @zone: the zone; the pool's lock is held
 * @id: id of the buffer
 *
 * Return: the buffer, without a reference, or NULL.
 */
struct cmm_buffer *cmm_buffer_find(const struct cmm_zone *zone, u64 id)
{
	struct cmm_buffer *buffer;

	buffer = id ? buffer_first_after(zone, id - 1) : NULL;

	return buffer && buffer->id == id ? buffer : NULL;
}

/*
 * One step of a search. Visits at most CMM_SEARCH_STEP buffers, to hold the lock
 * only for a short time. Sets @after to the last id that was visited, and @end if
 * no buffer is left.
 *
 * Return: a buffer with one more reference, or NULL if this step found none.
 */
static struct cmm_buffer *buffer_search_step(struct cmm_zone *zone, u64 *after,
					     const kuid_t *only, bool *end)
{
	struct cmm_buffer *buffer, *found = NULL;
	unsigned int seen;

	spin_lock(&zone->pool.lock);
	buffer = buffer_first_after(zone, *after);
	for (seen = 0; buffer && !found && seen < CMM_SEARCH_STEP; seen++) {
		*after = buffer->id;
		/* A buffer without a reference is about to leave the tree. */
		if ((!only || uid_eq(buffer->uid, *only)) &&
		    refcount_inc_not_zero(&buffer->refs))
			found = buffer;
		buffer = to_buffer(rb_prev(&buffer->node));
	}
	*end = !buffer;
	spin_unlock(&zone->pool.lock);
	return found;
}

/**
 * cmm_buffer_get_next() - find a zone's next buffer, in the order of ids
 * @zone: the zone
 * @after: find a buffer with a larger id
 * @only: find a buffer that this user allocated; NULL for any user
 *
 * Drops the pool's lock after a bounded number of buffers. May sleep.
 *
 * Return: the buffer with one more reference, which may later be the last one;
 * NULL if there is none; or ERR_PTR(-EINTR) if the process is being killed.
 */
struct cmm_buffer *cmm_buffer_get_next(struct cmm_zone *zone, u64 after,
				       const kuid_t *only)
{
	struct cmm_buffer *buffer;
	bool end;

	for (;;) {
		buffer = buffer_search_step(zone, &after, only, &end);
		if (buffer || end)
			return buffer;
		if (fatal_signal_pending(current))
			return ERR_PTR(-EINTR);
		cond_resched();
	}
}
