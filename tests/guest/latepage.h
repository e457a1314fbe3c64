/* SPDX-License-Identifier: MIT */
/*
 * A page that is not there until the test says so: whoever touches it, the
 * kernel in the middle of a system call included, waits that long.
 */
#ifndef LATEPAGE_H
#define LATEPAGE_H

struct late_page {
	void *at;
	int faults;	/* userfaultfd */
};

/* Makes the page at that address a late one; skips the test if it cannot. */
struct late_page late_page_make(void *at);
/* Waits until somebody waits for the page. */
void late_page_wait(const struct late_page *page);
/* Gives the page these contents, and ends all waiting. */
void late_page_fill(const struct late_page *page, const void *contents);
void late_page_end(struct late_page *page);

#endif /* LATEPAGE_H */
