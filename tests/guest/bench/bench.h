/* SPDX-License-Identifier: MIT */
/*
 * Shared by the benchmarks: a clock, samples, the allocators they compare, and the
 * output of a result and its goal.
 *
 * Where the board counts instructions (scripts/vm --icount), a nanosecond is one
 * instruction, and waiting costs none.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zone.h"

/* Bytes of a 3840x2160 NV12 frame plus some lines, as cameras request it. */
#define FRAME		(3175 * PAGE)

/* An allocator: a CMM zone or one of the kernel's dma-heaps. */
struct exporter {
	const char *name;
	int fd;
	bool heap;
};

/* Ends the program with a message if it cannot be opened. */
struct exporter exporter_zone(const char *name);
/* The heap on the kernel's own contiguous memory (cma=). */
struct exporter exporter_cma(void);
/* A buffer's descriptor; ends the program if there is none. */
int exporter_alloc(const struct exporter *exporter, uint64_t len);
/* Maximum total bytes of buffers of that size that fit at the same time. */
uint64_t exporter_capacity(const struct exporter *exporter);

/* Nanoseconds. */
uint64_t now(void);

struct samples {
	uint64_t *ns;
	size_t count;
};

struct samples samples_new(size_t max);
void samples_add(struct samples *samples, uint64_t ns);
void samples_free(struct samples *samples);
/* The smallest value that at least so many of 100 samples do not exceed. */
uint64_t percentile(struct samples *samples, unsigned int percent);

/* Waits until all free memory of a zone is known to be zero. */
void wait_until_clean(const struct exporter *zone);
/* Whether free memory is cleared in the background. */
void scrub_in_background(const char *zone, bool yes);
/* A counter of the zone in sysfs. */
uint64_t counter(const char *zone, const char *attribute);

/* "4 KiB"; a static buffer. */
const char *size_text(uint64_t len);
/* A line with a ratio and its goal. */
enum goal { AT_LEAST, AT_MOST };
void tell(const char *what, double ratio, enum goal goal, double limit);

/* Ends the program with a message. */
void die(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* The measurements, each in its own file. */
void bench_flatness(const char *zone);
void bench_clean(const char *zone);
void bench_dirty(const char *zone);
void bench_threads(const char *zone);
void bench_scrubber(const char *zone);
void bench_mapping(const char *zone);
void bench_device(const char *zone);

#endif /* BENCH_H */
