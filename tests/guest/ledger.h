/* SPDX-License-Identifier: MIT */
/*
 * The ledger: which cache maintenance the kernel did on behalf of the calling
 * thread, and with which attributes it mapped memory. QEMU has no caches, so
 * what is missing there shows nowhere else; kprobes on the functions that such
 * things end in tell of each call.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stddef.h>
#include <stdint.h>

enum ledger_kind {
	CLEANED,	/* for devices: what the CPU wrote is in memory */
	INVALIDATED,	/* for the CPU: the cache holds nothing older */
	FLUSHED,	/* both at once, where the kernel has no linear map */
	MAPPED,		/* for a user */
	VMAPPED,	/* for the kernel */
	LEDGER_KINDS
};

/* One call. */
struct ledger_entry {
	enum ledger_kind kind;
	uint64_t phys;		/* of what was cleaned or invalidated */
	uint64_t size;		/* bytes of it */
	uint64_t attributes;	/* of what was mapped: a pgprot_t */
};

/* Begins to count for ZONE; skips the test if the kernel cannot. */
void ledger_open(void);
/* The same where the kernel has ZONE not mapped, and so has no addresses of it. */
void ledger_open_unmapped(void);
/* The same for the thread that scrubs ZONE. */
void ledger_open_scrubber(void);
void ledger_close(void);

/* Forgets what there is. */
void ledger_clear(void);
/* The entries since then, at most max; how many. */
size_t ledger_read(struct ledger_entry *entries, size_t max);

/*
 * Of maintenance since then: all calls of that kind are one pass over the range,
 * and none of any kind goes beyond it.
 */
void expect_one_pass(enum ledger_kind kind, uint64_t phys, uint64_t len);
/* What any user of the CPU wrote is in memory before lines are dropped. */
void expect_cleaned_first(uint64_t len);
/* There was none. */
void expect_none(void);

#endif /* LEDGER_H */
