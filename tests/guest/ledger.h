/* SPDX-License-Identifier: MIT */
/*
 * The ledger: which cache maintenance the kernel did on behalf of the calling
 * thread. QEMU has no caches, so a missing one shows nowhere else; kprobes on
 * the two functions that the DMA API ends in tell of each call.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stddef.h>
#include <stdint.h>

/* What became of memory. */
enum ledger_kind {
	CLEANED,	/* for devices: what the CPU wrote is in memory */
	INVALIDATED,	/* for the CPU: the cache holds nothing older */
	LEDGER_KINDS
};

/* One call. */
struct ledger_entry {
	enum ledger_kind kind;
	uint64_t phys;
	uint64_t size;
	unsigned int dir;	/* enum dma_data_direction */
};

/* Begins to count; skips the test if the kernel cannot. */
void ledger_open(void);
void ledger_close(void);

/* Forgets what there is. */
void ledger_clear(void);
/* The entries since then, at most max; how many. */
size_t ledger_read(struct ledger_entry *entries, size_t max);

#endif /* LEDGER_H */
