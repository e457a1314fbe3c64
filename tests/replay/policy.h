/* SPDX-License-Identifier: MIT */
/*
 * Policies: ways to place buffers in a zone, for comparison on the same trace. A policy
 * works on whole pages and manages one zone at a time. The zone begins at address 0.
 */
#ifndef _POLICY_H
#define _POLICY_H

#include <stdbool.h>

#include <linux/types.h>

#include "extent.h"

#define PAGE	4096ULL

/**
 * struct buffer - a buffer of a trace, and its place in a zone
 * @size: bytes, whole pages
 * @extent: its place with the driver's extents
 * @start: its place with any other policy
 */
struct buffer {
	u64 size;
	struct cmm_extent extent;
	u64 start;
};

/**
 * struct policy - a way to place buffers
 * @name: the title of its column
 * @begin: start with an empty zone of @zone bytes
 * @take: allocate a buffer; false if it does not fit
 * @give: free a buffer
 */
struct policy {
	const char *name;
	void (*begin)(u64 zone);
	bool (*take)(struct buffer *buffer);
	void (*give)(struct buffer *buffer);
};

extern const struct policy driver, first_fit;	/* policy_extent.c */
extern const struct policy best_fit, tlsf;	/* policy_hole.c */
extern const struct policy buddy;		/* policy_buddy.c */

#endif /* _POLICY_H */
