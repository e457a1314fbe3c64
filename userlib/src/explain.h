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
int explain_failure(int errnum, const char *sentence, ...)
	__attribute__((format(printf, 2, 3)));

struct cmm_alloc;
struct cmm_zone;

/*
 * Explains why @zone did not allocate @wanted, from errno and from the kernel's @answer.
 * Returns -1, with the same errno.
 */
int explain_alloc(const struct cmm_zone *zone, const struct cmm_alloc *wanted,
		  const struct cmm_alloc *answer);

#endif /* CMM_EXPLAIN_H */
