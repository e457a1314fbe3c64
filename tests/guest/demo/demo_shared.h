/* SPDX-License-Identifier: MIT */
/*
 * A buffer of the demo as the CPU and the two DMA engines see it. Fails the
 * demo where something goes wrong.
 */
#ifndef DEMO_SHARED_H
#define DEMO_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include <cmm.h>

#include "importer.h"

/* The engines: QEMU's two "edu" devices, each with its own stream ID. */
enum engine { FIRST, SECOND, ENGINES };

struct view {
	bool attached;
	uint32_t handle;
	uint64_t iova;		/* 0 before the first shared_map() */
};

struct shared {
	struct cmm_buf *buf;
	struct cmm_buf_info info;
	struct view views[ENGINES];
};

/* What shared_map() found so far. */
struct page_count {
	unsigned int checked;	/* pages looked up behind IOVAs */
	unsigned int elsewhere;	/* those that are not the buffer's own */
};

void engines_open(void);
void engines_close(void);

void shared_alloc(struct shared *shared, struct cmm_zone *zone, size_t len,
		  const char *name);
/* Detaches the buffer from all engines and lets go of it. */
void shared_free(struct shared *shared);

/* The CPU's view, from shared_look() until shared_leave(). */
uint8_t *shared_look(struct shared *shared, unsigned int access);
void shared_leave(struct shared *shared, unsigned int access);

void shared_attach(struct shared *shared, enum engine engine);
void shared_detach(struct shared *shared, enum engine engine);

/*
 * Hands the buffer to an engine it is attached to, and back. Looks up every
 * page that the engine sees, which must be that page of the buffer's own
 * extent: a copy in between would be somewhere else.
 */
void shared_map(struct shared *shared, enum engine engine, uint32_t dir,
		struct page_count *pages);
void shared_unmap(struct shared *shared, enum engine engine);

/* The physical address that an engine reaches at an IOVA; 0 for none. */
uint64_t engine_reaches(enum engine engine, uint64_t iova);
/* One transfer of at most CMM_EDU_CHUNK bytes: the engine reads, or writes. */
void engine_load(enum engine engine, uint64_t iova, uint32_t len);
void engine_store(enum engine engine, uint64_t iova, uint32_t len);

#endif /* DEMO_SHARED_H */
