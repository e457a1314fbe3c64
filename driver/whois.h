/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whois: which buffer an address belongs to, or belonged to last.
 *
 * The address is physical, or one that a device uses. What is there now comes
 * before what has been there, and of that the last. An answer says nothing of
 * buffers that the asker may not see, and nothing of physical addresses, not even
 * by failing, to one who may not know these.
 */
#ifndef _CMM_WHOIS_H
#define _CMM_WHOIS_H

#include <linux/types.h>
#include <linux/uidgid.h>

#include "history.h"

struct cmm_zone;

/**
 * struct cmm_question - whose is this address?
 * @addr: the address
 * @device: name of the device that uses it, NUL-terminated; NULL: it is physical
 * @only: only of buffers that this user allocated; NULL for all
 * @physical: physical addresses may be known to whoever asks
 */
struct cmm_question {
	u64 addr;
	const char *device;
	const kuid_t *only;
	bool physical;
};

/**
 * struct cmm_answer - whose it is
 * @record: the buffer, and the mapping if a device was named
 * @pid: the allocating process's id as seen by the current process, 0 if that is
 *	invisible. Of a buffer that is gone, only a process in the initial pid
 *	namespace sees it.
 * @mapped: the mapping is there
 * @live: the buffer is there
 * @unmapped: when the mapping ended, if it is not there
 * @freed: when the buffer ended, if it is not there
 * @now: the moment of all this; times are of CLOCK_BOOTTIME
 */
struct cmm_answer {
	struct cmm_record record;
	pid_t pid;
	bool mapped;
	bool live;
	u64 unmapped;
	u64 freed;
	u64 now;
};

int cmm_whois(struct cmm_zone *zone, const struct cmm_question *question,
	      struct cmm_answer *answer);

#endif /* _CMM_WHOIS_H */
