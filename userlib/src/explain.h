/* SPDX-License-Identifier: MIT */
/*
 * What cmm_explain() says about a failure of the calling thread.
 */
#ifndef CMM_EXPLAIN_H
#define CMM_EXPLAIN_H

/*
 * Sets errno to @errnum, and records a complete sentence about the failure for
 * cmm_explain(). Returns -1. A failed ioctl discards the sentence, so call this after
 * the last ioctl.
 */
int fail(int errnum, const char *sentence, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* CMM_EXPLAIN_H */
