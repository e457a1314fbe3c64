// SPDX-License-Identifier: GPL-2.0
/*
 * Whois: searches what is there, then the history. The model is told in whois.h.
 *
 * It takes as long as the zone has buffers, mappings and records, under the zone's
 * lock, as listings do.
 */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "buffer.h"
#include "map.h"
#include "whois.h"
#include "zone.h"

static bool may_see(const struct cmm_question *question, kuid_t uid)
{
	return !question->only || uid_eq(uid, *question->only);
}

static bool covers(u64 start, u64 size, u64 addr)
{
	return addr >= start && addr - start < size;
}

/* Records have as much of a name as fits. */
static bool is_named(const char *device, const char *name)
{
	return !strncmp(device, name, CMM_DEVICE_LEN - 1);
}

/* --- physical addresses --- */

static int find_live_buffer(const struct cmm_zone *zone,
			    const struct cmm_question *question,
			    struct cmm_answer *answer)
{
	struct cmm_buffer *buffer;
	struct rb_node *node;

	for (node = rb_first(&zone->buffers); node; node = rb_next(node)) {
		buffer = rb_entry(node, struct cmm_buffer, node);
		if (!may_see(question, buffer->uid) ||
		    !covers(buffer->grant.extent.start,
			    buffer->grant.extent.size, question->addr))
			continue;
		cmm_buffer_record(buffer, &answer->record);
		answer->live = true;
		/* The offset, taken from the address, is what was asked about. */
		buffer->disclosed = true;
		return 0;
	}
	return -ENOENT;
}

static int find_freed_buffer(const struct cmm_zone *zone,
			     const struct cmm_question *question,
			     struct cmm_answer *answer)
{
	const struct cmm_record *record;
	unsigned int age;

	for (age = 0; (record = cmm_history_get(&zone->history, age)); age++) {
		if (*record->device || !may_see(question, record->uid) ||
		    !covers(record->start, record->size, question->addr))
			continue;
		answer->record = *record;
		answer->freed = record->ended;
		return 0;
	}
	return -ENOENT;
}

/* --- addresses of devices --- */

/*
 * Whether a mapping for the device that is asked about is kept from the asker,
 * which is not to depend on the address that is asked about.
 */
static bool is_secret(const struct cmm_question *question, bool translated)
{
	return !translated && !question->physical;
}

static int find_live_map(const struct cmm_zone *zone,
			 const struct cmm_question *question,
			 struct cmm_answer *answer)
{
	struct cmm_map *map;
	int ret = -ENOENT;

	list_for_each_entry(map, &zone->maps, zone_link) {
		bool covered = covers(map->addr, map->buffer->grant.extent.size,
				      question->addr);

		/* The name last, which takes longest. */
		if (!may_see(question, map->buffer->uid) ||
		    (map->translated && !covered) ||
		    !is_named(dev_name(map->dev), question->device))
			continue;
		if (is_secret(question, map->translated)) {
			ret = -EPERM;
		} else if (covered) {
			cmm_map_record(map, &answer->record);
			answer->live = true;
			answer->mapped = true;
			map->buffer->disclosed |= !map->translated;
			return 0;
		}
	}
	return ret;
}

static int find_ended_map(const struct cmm_zone *zone,
			  const struct cmm_question *question,
			  struct cmm_answer *answer)
{
	const struct cmm_record *record;
	unsigned int age;
	int ret = -ENOENT;

	for (age = 0; (record = cmm_history_get(&zone->history, age)); age++) {
		if (!may_see(question, record->uid) ||
		    !is_named(record->device, question->device))
			continue;
		if (is_secret(question, record->translated)) {
			ret = -EPERM;
		} else if (covers(record->addr, record->size, question->addr)) {
			answer->record = *record;
			answer->unmapped = record->ended;
			return 0;
		}
	}
	return ret;
}

/* What became of the buffer whose mapping has ended. */
static void follow_buffer(const struct cmm_zone *zone,
			  struct cmm_answer *answer)
{
	const struct cmm_record *record;
	unsigned int age;

	if (cmm_buffer_find(zone, answer->record.id)) {
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

/* --- either --- */

static int find_buffer(const struct cmm_zone *zone,
		       const struct cmm_question *question,
		       struct cmm_answer *answer)
{
	int ret = find_live_buffer(zone, question, answer);

	return ret ? find_freed_buffer(zone, question, answer) : 0;
}

static int find_map(const struct cmm_zone *zone,
		    const struct cmm_question *question,
		    struct cmm_answer *answer)
{
	int live = find_live_map(zone, question, answer), ended;

	if (!live)
		return 0;
	ended = find_ended_map(zone, question, answer);
	if (ended)
		return live == -EPERM ? live : ended;
	follow_buffer(zone, answer);
	return 0;
}

/**
 * cmm_whois() - say which buffer an address belongs to, or belonged to last
 * @zone: the zone
 * @question: which address
 * @answer: filled in on success
 *
 * Return: 0; -ENOENT if nothing is known, or nothing that the asker may see; or
 * -EPERM if the device's addresses are physical and may not be known.
 */
int cmm_whois(struct cmm_zone *zone, const struct cmm_question *question,
	      struct cmm_answer *answer)
{
	int ret;

	memset(answer, 0, sizeof(*answer));
	spin_lock(&zone->lock);
	ret = question->device ? find_map(zone, question, answer) :
				 find_buffer(zone, question, answer);
	if (!ret) {
		answer->pid = pid_vnr(answer->record.pid);
		answer->now = ktime_get_boottime_ns();
	}
	spin_unlock(&zone->lock);
	return ret;
}
