// SPDX-License-Identifier: GPL-2.0
/*
 * Whois: looks into the zone's indexes, then into the history. The model is in
 * whois.h.
 *
 * Under the pool's lock it costs the depth of a tree and the history's records,
 * whose number is fixed.
 */
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "address.h"
#include "buffer.h"
#include "mapping.h"
#include "sync.h"
#include "whois.h"
#include "zone.h"

static bool whois_may_see(const struct cmm_question *question, kuid_t uid)
{
	return !question->only || uid_eq(uid, *question->only);
}

static bool whois_covers(u64 start, u64 size, u64 addr)
{
	return addr >= start && addr - start < size;
}

/*
 * A live buffer has a reference on its process, so the id is known in each namespace.
 * A record has only the number in the initial one.
 */
static pid_t whois_visible_pid(const struct cmm_buffer *buffer)
{
	return pid_vnr(buffer->pid);
}

static pid_t whois_recorded_pid(const struct cmm_record *record)
{
	return task_active_pid_ns(current) == &init_pid_ns ? record->pid : 0;
}

/* --- physical addresses --- */

static int whois_find_live_buffer(const struct cmm_zone *zone,
				  const struct cmm_question *question,
				  struct cmm_answer *answer)
{
	struct cmm_allocation *allocation = cmm_pool_find(&zone->pool, question->addr);
	struct cmm_buffer *buffer;

	if (!allocation)
		return -ENOENT;
	buffer = container_of(allocation, struct cmm_buffer, allocation);
	/* The buffer may not be published yet, or may be about to be freed. */
	if (RB_EMPTY_NODE(&buffer->node) ||
	    !whois_may_see(question, buffer->uid))
		return -ENOENT;
	cmm_buffer_record(buffer, &answer->record);
	answer->pid = whois_visible_pid(buffer);
	answer->live = true;
	/* The address less the offset in the answer is the physical address. */
	cmm_sync_disclose(buffer);
	return 0;
}

static int whois_find_freed_buffer(const struct cmm_zone *zone,
				   const struct cmm_question *question,
				   struct cmm_answer *answer)
{
	const struct cmm_record *record;
	unsigned int age;

	for (age = 0; (record = cmm_history_get(&zone->history, age)); age++) {
		if (*record->device || !whois_may_see(question, record->uid) ||
		    !whois_covers(record->start, record->size, question->addr))
			continue;
		answer->record = *record;
		answer->pid = whois_recorded_pid(record);
		answer->freed = record->ended;
		return 0;
	}
	return -ENOENT;
}

/* --- addresses of devices --- */

/* Whether the caller may not know the addresses of a mapping. */
static bool whois_is_secret(const struct cmm_question *question,
			    bool translated)
{
	return !translated && !question->physical;
}

static int whois_find_live_mapping(struct cmm_zone *zone,
				   const struct cmm_question *question,
				   struct cmm_answer *answer)
{
	struct cmm_mapping *mapping;
	struct cmm_address *entry;

	if (whois_is_secret(question, false) &&
	    cmm_addresses_has_direct(&zone->addresses, question->device,
				     question->only))
		return -EPERM;
	entry = cmm_addresses_find(&zone->addresses, question->addr,
				   question->device, question->only);
	if (!entry)
		return -ENOENT;
	mapping = container_of(entry, struct cmm_mapping, entry);
	cmm_mapping_record(mapping, &answer->record);
	answer->pid = whois_visible_pid(mapping->buffer);
	answer->live = true;
	answer->mapped = true;
	if (!entry->translated)
		cmm_sync_disclose(mapping->buffer);
	return 0;
}

static int whois_find_ended_mapping(const struct cmm_zone *zone,
				    const struct cmm_question *question,
				    struct cmm_answer *answer)
{
	const struct cmm_record *record;
	unsigned int age;
	int ret = -ENOENT;

	for (age = 0; (record = cmm_history_get(&zone->history, age)); age++) {
		if (!whois_may_see(question, record->uid) ||
		    !cmm_address_is_of(record->device, question->device))
			continue;
		if (whois_is_secret(question, record->translated)) {
			ret = -EPERM;
		} else if (whois_covers(record->addr, record->len,
					question->addr)) {
			answer->record = *record;
			answer->pid = whois_recorded_pid(record);
			answer->unmapped = record->ended;
			return 0;
		}
	}
	return ret;
}

/* Find out whether the buffer of an ended mapping still exists. */
static void whois_follow_buffer(const struct cmm_zone *zone,
				struct cmm_answer *answer)
{
	const struct cmm_record *record;
	const struct cmm_buffer *buffer;
	unsigned int age;

	buffer = cmm_buffer_find(zone, answer->record.id);
	if (buffer) {
		answer->pid = whois_visible_pid(buffer);
		answer->live = true;
		return;
	}
	for (age = 0; (record = cmm_history_get(&zone->history, age)); age++) {
		if (!*record->device && record->id == answer->record.id) {
			answer->freed = record->ended;
			return;
		}
	}
}

static int whois_find_buffer(const struct cmm_zone *zone,
			     const struct cmm_question *question,
			     struct cmm_answer *answer)
{
	int ret = whois_find_live_buffer(zone, question, answer);

	return ret ? whois_find_freed_buffer(zone, question, answer) : 0;
}

static int whois_find_mapping(struct cmm_zone *zone,
			      const struct cmm_question *question,
			      struct cmm_answer *answer)
{
	int live = whois_find_live_mapping(zone, question, answer), ended;

	if (!live)
		return 0;
	ended = whois_find_ended_mapping(zone, question, answer);
	if (ended)
		return live == -EPERM ? live : ended;
	whois_follow_buffer(zone, answer);
	return 0;
}

/**
 * cmm_whois() - find the buffer that an address belongs to, or belonged to last
 * @zone: the zone
 * @question: the address
 * @answer: filled in on success
 *
 * Takes the zone's lock.
 *
 * Return: 0; -ENOENT if nothing is known, or nothing that the caller may see; or
 * -EPERM if the device's addresses are physical and the caller may not know them.
 */
int cmm_whois(struct cmm_zone *zone, const struct cmm_question *question,
	      struct cmm_answer *answer)
{
	int ret;

	memset(answer, 0, sizeof(*answer));
	spin_lock(&zone->pool.lock);
	ret = question->device ? whois_find_mapping(zone, question, answer) :
				 whois_find_buffer(zone, question, answer);
	if (!ret)
		answer->now = ktime_get_boottime_ns();
	spin_unlock(&zone->pool.lock);
	return ret;
}
