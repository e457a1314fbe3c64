// SPDX-License-Identifier: MIT
/*
 * Lists a zone's buffers. Reads a page of entries from the kernel at a time.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <linux/cmm.h>

#include "internal.h"

static_assert(CMM_DEVICES_SIZE == CMM_DEVICES_LEN, "names are copied");
static_assert(CMM_MAX_INODES == CMM_LIST_INODES, "numbers are copied");

/* Entries per system call. */
#define PAGE_ENTRIES	64

typedef int (*each_fn)(const struct cmm_buf_entry *entry, void *arg);

static int tell(const struct cmm_list_entry *from, each_fn each, void *arg)
{
	struct cmm_buf_entry entry = {
		.id = from->id,
		.len = from->len,
		.offset = from->offset,
		.age_ns = from->age_ns,
		.flags = from->flags,
		.uid = from->uid,
		.pid = from->pid,
		.attached = from->attached,
		.dmabufs = from->dmabufs,
	};

	memcpy(entry.comm, from->comm, sizeof(entry.comm));
	memcpy(entry.name, from->name, sizeof(entry.name));
	memcpy(entry.devices, from->devices, sizeof(entry.devices));
	memcpy(entry.inodes, from->inodes, sizeof(entry.inodes));
	return each(&entry, arg);
}

/*
 * Passes the next page to @each. Returns the number of entries, 0 at the end, or -1;
 * *@stop is the last return value of @each.
 */
static int tell_page(struct cmm_zone *zone, struct cmm_list *list,
		     each_fn each, void *arg, int *stop)
{
	const struct cmm_list_entry *entries =
		(const void *)(uintptr_t)list->entries;
	unsigned int i;

	list->count = PAGE_ENTRIES;
	if (cmm_zone_call(zone, CMM_IOC_LIST, list))
		return -1;

	for (i = 0; i < list->count && !*stop; i++)
		*stop = tell(&entries[i], each, arg);
	return (int)list->count;
}

int cmm_buf_list(struct cmm_zone *zone,
		 int (*each)(const struct cmm_buf_entry *entry, void *arg),
		 void *arg)
{
	struct cmm_list_entry *entries;
	struct cmm_list list = { .entry_size = sizeof(*entries) };
	int count, saved, stop = 0;

	entries = calloc(PAGE_ENTRIES, sizeof(*entries));
	if (!entries)
		return -1;
	list.entries = (uintptr_t)entries;

	do {
		count = tell_page(zone, &list, each, arg, &stop);
	} while (count > 0 && !stop);

	saved = errno;
	free(entries);
	errno = saved;
	return count < 0 ? -1 : stop;
}
