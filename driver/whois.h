/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whois: which buffer an address belongs to, or belonged to last.
 *
 * The address is physical, or a device uses it. A buffer or mapping that exists comes
 * before one that has ended, and a newer one before an older one. The answer does not
 * depend on buffers that the caller may not see. Without the privilege to know physical
 * addresses, it does not depend on these either: the error is the same for all of them.
 */
#ifndef _CMM_WHOIS_H
#define _CMM_WHOIS_H

#include <linux/types.h>
#include <linux/uidgid.h>

#include "history.h"

struct cmm_zone;

/**
 * struct cmm_question - the address, and the rights of the caller
 * @addr: the address
 * @device: name of the device that uses it, NUL-terminated; NULL: it is physical
 * @only: find only buffers that this user allocated; NULL for all
 * @physical: the caller may know physical addresses
 */
struct cmm_question {
	u64 addr;
	const char *device;
	const kuid_t *only;
	bool physical;
};

/**
 * struct cmm_answer - the buffer at the address
 * @record: the buffer, and the mapping if a device was named
 * @pid: id of the allocating process as seen by the current process, 0 if invisible.
 *	For a freed buffer, only a process in the initial pid namespace sees it.
 * @mapped: the mapping exists
 * @live: the buffer exists
 * @unmapped: when the mapping ended, if it does not exist
 * @freed: when the buffer was freed, if it does not exist
 * @now: time of the call; all times are CLOCK_BOOTTIME
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
