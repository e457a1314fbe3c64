// SPDX-License-Identifier: MIT
/*
 * The sentence about the last failure of each thread: see cmm_explain() in cmm.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include <cmm.h>

#include "explain.h"
#include "internal.h"
#include "sizetext.h"

/* The failure that the thread's sentence is about. */
static _Thread_local struct {
	int errnum;		/* 0: there is no sentence */
	char sentence[512];
} last;

int explain_failure(int errnum, const char *sentence, ...)
{
	va_list args;

	va_start(args, sentence);
	vsnprintf(last.sentence, sizeof(last.sentence), sentence, args);
	va_end(args);
	last.errnum = errnum;
	errno = errnum;
	return -1;
}

int cmm_call_kernel(int fd, unsigned long request, void *arg)
{
	/* C libraries other than glibc declare the second parameter as int. */
#ifdef __GLIBC__
	int ret = ioctl(fd, request, arg);
#else
	int ret = ioctl(fd, (int)request, arg);
#endif

	if (ret < 0)
		last.errnum = 0;
	return ret;
}

/* What the user can do about an errno, after a semicolon; may be empty. */
static const char *advice(int errnum)
{
	switch (errnum) {
	case EMFILE:
		return "; ask for fewer buffers or raise 'ulimit -n'";
	case ENODEV:
		return "; bind its device to cmm again";
	case EFBIG:
		return "; ask for less";
	case ENOBUFS:
		return "; ask for smaller buffers, or free some that 'cmmctl list' shows";
	case ENOSPC:
	case EDQUOT:
		return "; 'cmmctl list' shows which processes hold buffers";
	default:
		return "";
	}
}

/* Writes how much memory there is and how much of it the user may have. */
static void describe_room(char *text, size_t size, const struct cmm_zone *zone,
			  const struct cmm_alloc *answer)
{
	char free[SIZE_TEXT], largest[SIZE_TEXT], charged[SIZE_TEXT], quota[SIZE_TEXT];
	struct cmm_budget budget;
	int len;

	len = snprintf(text, size, ": %s are free, at most %s in one piece",
		       size_text(free, answer->total_free),
		       size_text(largest, answer->largest_free));
	if (cmm_zone_budget(zone, &budget))
		return;
	if (budget.quota)
		snprintf(text + len, size - (size_t)len, ", and you use %s of your quota of %s",
			 size_text(charged, budget.charged),
			 size_text(quota, budget.quota));
	else
		snprintf(text + len, size - (size_t)len, ", and no quota limits you");
}

int explain_alloc(const struct cmm_zone *zone, const struct cmm_alloc *wanted,
		  const struct cmm_alloc *answer)
{
	char size[SIZE_TEXT], room[160] = "";
	const char *why = room;
	const int errnum = errno;

	if (errnum == ENOSPC || errnum == ENOBUFS || errnum == EDQUOT ||
	    errnum == EFBIG)
		describe_room(room, sizeof(room), zone, answer);
	else if (errnum == EBUSY)
		why = ": this is a protected zone that another user owns";
	else if (errnum == EOPNOTSUPP && wanted->flags & CMM_BUF_WC)
		why = ": protected zones and CPUs without uncached mappings cannot do this";
	return explain_failure(errnum,
			       "Zone '%s' cannot allocate %u x %s (%s)%s%s.",
			       zone->name, wanted->count, size_text(size, wanted->len),
			       cmm_strerror(errnum), why, advice(errnum));
}

const char *cmm_explain(void)
{
	int errnum = errno;

	if (!errnum || last.errnum != errnum)
		explain_failure(errnum, "The call failed: %s%s.",
				cmm_strerror(errnum), advice(errnum));
	return last.sentence;
}
