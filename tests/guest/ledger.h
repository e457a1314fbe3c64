/* SPDX-License-Identifier: MIT */
/*
 * The ledger: which cache maintenance the kernel did on behalf of the calling
 * thread, and with which attributes it mapped memory. QEMU has no caches, so
 * missing maintenance shows nowhere else. Kprobes on the driver's line function,
 * on the DMA API's functions and on those that map memory record each call.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stddef.h>
#include <stdint.h>

enum ledger_kind {
	FLUSHED,	/* by the driver: lines cleaned and invalidated */
	FOR_DEVICE,	/* by the DMA API, for a device's access */
	FOR_CPU,	/* by the DMA API, for the CPU's access: may drop stores */
	MAPPED,		/* for a user */
	VMAPPED,	/* for the kernel */
	LEDGER_KINDS
};

/* One call. */
struct ledger_entry {
	enum ledger_kind kind;
	uint64_t phys;		/* of what was maintained */
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

/* A range of physical addresses. */
struct ledger_range {
	uint64_t phys;
	uint64_t size;
};

/*
 * Of maintenance since then: the driver flushed exactly these ranges, each byte
 * once and in this order, and the DMA API maintained nothing. Ranges do not touch.
 */
void expect_flushed(const struct ledger_range *ranges, size_t count);
/* The same for one range. */
void expect_one_pass(uint64_t phys, uint64_t len);
/* There was none. */
void expect_none(void);

/*
 * Bytes of the smallest cache line, as the processor itself says; 0 if programs
 * cannot ask this processor.
 */
uint64_t hardware_line(void);

#endif /* LEDGER_H */
