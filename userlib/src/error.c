// SPDX-License-Identifier: MIT
/*
 * What an errno means here: the words of the table in linux/cmm.h.
 */
#include <errno.h>
#include <string.h>

#include <cmm.h>

const char *cmm_strerror(int errnum)
{
	switch (errnum) {
	case EINVAL:
		return "an argument has a value that is not allowed";
	case E2BIG:
		return "too many at once, or a module older than this program";
	case ENOTTY:
		return "not a CMM zone, or a module older than this program";
	case EBADF:
		return "not a dma-buf";
	case EXDEV:
		return "a dma-buf, but not of this zone";
	case ENOMEM:
		return "the system, not the zone, is out of memory";
	case EMFILE:
		return "the process has too many open descriptors";
	case ENFILE:
		return "the system has too many open files";
	case EFAULT:
		return "memory that cannot be read or written";
	case ENOSPC:
		return "the zone is full";
	case ENOBUFS:
		return "enough is free, but not in one piece";
	case EDQUOT:
		return "the user's quota of the zone does not allow for it";
	case EFBIG:
		return "larger than the zone or the buffer";
	case EINTR:
		return "a signal came before it was done";
	case EPERM:
		return "a privilege is missing";
	case EACCES:
		return "no permission";
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
		return strerror(errnum);
	}
}
