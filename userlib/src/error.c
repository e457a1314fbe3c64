// SPDX-License-Identifier: MIT
/*
 * Error texts. An errno whose meaning in linux/cmm.h is more precise than the system's
 * text has its own text here.
 */
#undef _GNU_SOURCE		/* its strerror_r() returns a pointer */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmm.h>

/* Thread-safe: strerror(3) may use one buffer for all threads. */
static const char *system_text(int errnum)
{
	static _Thread_local char text[128];

	if (strerror_r(errnum, text, sizeof(text)) && !*text)
		snprintf(text, sizeof(text), "error %d", errnum);
	return text;
}

const char *cmm_strerror(int errnum)
{
	switch (errnum) {
	case E2BIG:
		return "too many at once, or a module older than this program";
	case ENOTTY:
		return "not a CMM zone, or a module older than this program";
	case EBADF:
		return "a bad descriptor, or not one of a dma-buf";
	case EXDEV:
		return "a dma-buf, but not of this zone";
	case ENOMEM:
		return "the system, not the zone, is out of memory";
	case ENOSPC:
		return "the zone is full";
	case ENOBUFS:
		return "enough is free, but not in one piece";
	case EDQUOT:
		return "more than the user's quota of the zone";
	case EFBIG:
		return "larger than the zone or the buffer";
	case EPERM:
		return "a privilege is missing";
	case EOPNOTSUPP:
		return "not possible for this zone or this device";
	case EBUSY:
		return "in use in a way that excludes the request";
	case ENODEV:
		return "the zone's device has been unbound";
	case ENOENT:
		return "no such zone, device, mapping or file, or nothing known";
	case ENOTUNIQ:
		return "there are several zones";
	default:
		return system_text(errnum);
	}
}
