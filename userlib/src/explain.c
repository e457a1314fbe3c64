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

/* The failure that the thread's sentence is about. */
static _Thread_local struct {
	int errnum;		/* 0: there is no sentence */
	char sentence[512];
} last;

int fail(int errnum, const char *sentence, ...)
{
	va_list args;

	va_start(args, sentence);
	vsnprintf(last.sentence, sizeof(last.sentence), sentence, args);
	va_end(args);
	last.errnum = errnum;
	errno = errnum;
	return -1;
}

int call_kernel(int fd, unsigned long request, void *arg)
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

const char *cmm_explain(void)
{
	int errnum = errno;

	if (!errnum || last.errnum != errnum)
		fail(errnum, "The call failed: %s.", cmm_strerror(errnum));
	return last.sentence;
}
