/* SPDX-License-Identifier: MIT */
/*
 * Policies: ways to place buffers in a zone, to be compared on one trace. All
 * work on whole pages and manage one zone at a time, which begins at address 0.
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
 * @extent: where the driver's extents keep it
 * @start: where any other policy has put it
 */
struct buffer {
	u64 size;
	struct cmm_extent extent;
	u64 start;
};

/**
 * struct policy - a way to place buffers
 * @name: for the table
 * @begin: forget all, and begin with an empty zone of so many bytes
 * @take: place a buffer; false if it does not fit
 * @give: give it back
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
