/* SPDX-License-Identifier: MIT */
/*
 * The cache-op trace: the cache maintenance that the kernel did for the calling
 * thread, and the attributes of its memory mappings. QEMU has no caches, so no other
 * check can find missing maintenance. Kprobes on the driver's line function,
 * on the DMA API's functions and on those that map memory record each call.
 */
#ifndef CACHETRACE_H
#define CACHETRACE_H

#include <stddef.h>
#include <stdint.h>

enum cachetrace_kind {
	FLUSHED,	/* by the driver: lines cleaned and invalidated */
	FOR_DEVICE,	/* by the DMA API, for a device's access */
	FOR_CPU,	/* by the DMA API, for the CPU's access: may drop stores */
	MAPPED,		/* for a user */
	VMAPPED,	/* for the kernel */
	CACHETRACE_KINDS
};

/* One call. */
struct cachetrace_entry {
	enum cachetrace_kind kind;
	uint64_t phys;		/* of what was maintained */
	uint64_t size;		/* bytes of it */
	uint64_t attributes;	/* of what was mapped: a pgprot_t */
};

/* Starts the trace for ZONE; skips the test if the kernel cannot trace. */
void cachetrace_open(void);
/* The same where the kernel has ZONE not mapped, and so has no addresses of it. */
void cachetrace_open_unmapped(void);
/* The same for the thread that scrubs ZONE. */
void cachetrace_open_scrubber(void);
void cachetrace_close(void);

/* Discards the entries so far. */
void cachetrace_clear(void);
/* Reads the entries since then, at most max. Returns their number. */
size_t cachetrace_read(struct cachetrace_entry *entries, size_t max);

/* A range of physical addresses. */
struct cachetrace_range {
	uint64_t phys;
	uint64_t size;
};

/*
 * Of maintenance since then: the driver flushed exactly these ranges, each byte
 * once and in this order, and the DMA API maintained nothing. Ranges do not touch.
 */
void expect_flushed(const struct cachetrace_range *ranges, size_t count);
/* The same for one range. */
void expect_one_pass(uint64_t phys, uint64_t len);
/* There was no maintenance. */
void expect_none(void);

/*
 * Bytes of the smallest cache line, as the processor itself says; 0 if programs
 * cannot ask this processor.
 */
uint64_t hardware_line(void);

#endif /* CACHETRACE_H */
