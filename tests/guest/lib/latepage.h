/* SPDX-License-Identifier: MIT */
/*
 * A page that is missing until the test provides it. Any access waits until then,
 * including the kernel's access during a system call.
 */
#ifndef LATEPAGE_H
#define LATEPAGE_H

struct late_page {
	void *at;
	int faults;	/* userfaultfd */
};

/* Makes the page at that address a late one; skips the test if it cannot. */
struct late_page late_page_make(void *at);
/* Waits until an access waits for the page. */
void late_page_wait(const struct late_page *page);
/* Provides the page with these contents and wakes all waiters. */
void late_page_fill(const struct late_page *page, const void *contents);
void late_page_end(struct late_page *page);

#endif /* LATEPAGE_H */
