/* SPDX-License-Identifier: GPL-2.0 */
/*
 * History: which buffers a zone had, and where devices found them, until lately.
 *
 * When a buffer or a mapping of one ends, a record of it is written over the
 * oldest. All records are there from the beginning, so that nothing can fail then,
 * and it costs the same whatever has been before. As a buffer outlives its
 * mappings, as long as there is a record of one's end, that of the buffer's end is
 * there as well.
 *
 * A record holds no object, only numbers and copies of names.
 *
 * The owner serialises all calls with one lock. Nothing here sleeps.
 */
#ifndef _CMM_HISTORY_H
#define _CMM_HISTORY_H

#include <linux/dma-direction.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <uapi/linux/cmm.h>

/* Records that a zone has, about 200 bytes each. */
#define CMM_HISTORY_RECORDS	512

/**
 * struct cmm_record - a buffer, or a mapping of it
 * @id: the buffer's
 * @start: physical address of its extent
 * @size: bytes of that
 * @born: when the buffer was allocated, CLOCK_BOOTTIME
 * @ended: when it, or the mapping, ended; in the order of the records
 * @uid: effective user of the process that allocated it
 * @pid: that process's id in the initial pid namespace
 * @comm: that process's name at the time
 * @name: the buffer's label, NUL-terminated
 * @device: name of the device that it was mapped for, as far as it fits, or empty:
 *	this is of the buffer itself, and what follows means nothing
 * @addr: where the device found the extent
 * @dir: what the device could do
 * @translated: an IOMMU translated @addr; else it is as good as a physical address
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
	enum dma_data_direction dir;
	bool translated;
};

/**
 * struct cmm_history - the records of one zone
 */
struct cmm_history {
	/* private: */
	struct cmm_record *records;
	u64 count;	/* written ever; the next goes to this, modulo their number */
};

int cmm_history_init(struct cmm_history *history);
void cmm_history_free(struct cmm_history *history);
void cmm_history_add(struct cmm_history *history,
		     const struct cmm_record *record);
const struct cmm_record *cmm_history_get(const struct cmm_history *history,
					 unsigned int age);

#endif /* _CMM_HISTORY_H */
