/* SPDX-License-Identifier: GPL-2.0 */
/*
 * History: recent buffers of a zone and their device addresses.
 *
 * When a buffer is freed or a mapping of it ends, its record overwrites the oldest
 * one. All records are preallocated, so a write can't fail and has constant cost. A
 * buffer outlives its mappings. So if the history has the record of a mapping, it
 * also has the record of its buffer, once the buffer is freed.
 *
 * A record holds no references, only numbers and copies of names.
 *
 * The owner serialises all calls with one lock. No function here sleeps, except
 * cmm_history_init() and cmm_history_free().
 */
#ifndef _CMM_HISTORY_H
#define _CMM_HISTORY_H

#include <linux/dma-direction.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <uapi/linux/cmm.h>

/* Records per zone, about 200 bytes each. */
#define CMM_HISTORY_RECORDS	512

/**
 * struct cmm_record - record of a buffer or of a mapping
 * @id: id of the buffer
 * @start: physical address of its extent
 * @size: bytes of the extent
 * @born: time of the buffer's allocation, CLOCK_BOOTTIME
 * @ended: time when the buffer was freed or the mapping ended; in the order of the
 *	records
 * @uid: effective user of the process that allocated the buffer
 * @pid: id of that process in the initial pid namespace
 * @comm: name of that process at allocation
 * @name: the buffer's label, NUL-terminated
 * @device: name of the device of the mapping, truncated if too long. Empty in the
 *	record of a buffer; the members below are then unused.
 * @addr: device address of the mapping's first byte
 * @offset: the mapping's first byte, from the buffer's start
 * @len: bytes of the mapping
 * @dir: allowed access of the device
 * @translated: an IOMMU translated @addr; else it discloses the physical address
 */
struct cmm_record {
	u64 id;
	u64 start;
	u64 size;
	u64 born;
	u64 ended;
	kuid_t uid;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	char name[CMM_NAME_LEN];
	char device[CMM_DEVICE_LEN];
	u64 addr;
	u64 offset;
	u64 len;
	enum dma_data_direction dir;
	bool translated;
};

/**
 * struct cmm_history - the records of one zone
 */
struct cmm_history {
	/* private: */
	struct cmm_record *records;
	u64 count;	/* records written; modulo the ring size: next index */
};

int cmm_history_init(struct cmm_history *history);
void cmm_history_free(struct cmm_history *history);
void cmm_history_add(struct cmm_history *history,
		     const struct cmm_record *record);
const struct cmm_record *cmm_history_get(const struct cmm_history *history,
					 unsigned int age);

#endif /* _CMM_HISTORY_H */
