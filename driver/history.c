// SPDX-License-Identifier: GPL-2.0
/*
 * History: a ring of records. The model is in history.h.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "history.h"

static struct cmm_record *history_record_at(const struct cmm_history *history,
					    u64 nr)
{
	return &history->records[nr & (CMM_HISTORY_RECORDS - 1)];
}

int cmm_history_init(struct cmm_history *history)
{
	BUILD_BUG_ON_NOT_POWER_OF_2(CMM_HISTORY_RECORDS);
	history->records = kvcalloc(CMM_HISTORY_RECORDS,
				    sizeof(*history->records), GFP_KERNEL);
	return history->records ? 0 : -ENOMEM;
}

/* The history may be zeroed, without cmm_history_init(). */
void cmm_history_free(struct cmm_history *history)
{
	kvfree(history->records);
}

/**
 * cmm_history_add() - add the record of a freed buffer or an ended mapping
 * @history: the zone's history
 * @record: copied
 *
 * Copies one record and never fails.
 */
void cmm_history_add(struct cmm_history *history,
		     const struct cmm_record *record)
{
	*history_record_at(history, history->count++) = *record;
}

/**
 * cmm_history_get() - get a record
 * @history: the zone's history
 * @age: number of newer records
 *
 * Return: the record, or NULL if it was overwritten or never existed.
 */
const struct cmm_record *cmm_history_get(const struct cmm_history *history,
					 unsigned int age)
{
	if (age >= CMM_HISTORY_RECORDS || age >= history->count)
		return NULL;
	return history_record_at(history, history->count - 1 - age);
}
