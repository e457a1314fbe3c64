/* SPDX-License-Identifier: MIT */
/*
 * The demo's camera: frames from vivid into a ring of buffers, and a sample of
 * each frame as the CPU and as the first engine read it. Fails the demo where
 * something goes wrong.
 */
#ifndef DEMO_FRAMES_H
#define DEMO_FRAMES_H

#include <stdint.h>

#include "demo_shared.h"
#include "v4l2.h"

#define FRAMES		40
#define RING		6
/* Bytes of a sample: what an engine moves in one transfer. */
#define SAMPLE		CMM_EDU_CHUNK
#define SAMPLED		(FRAMES * SAMPLE)

struct frames {
	struct camera camera;
	struct shared ring[RING];
	uint8_t samples[SAMPLED];	/* as the CPU read them */
	uint64_t sums[FRAMES];
	uint32_t first;			/* sequence numbers */
	uint32_t last;
	/* How many samples were of these bytes of a frame. */
	unsigned int of_first;
	unsigned int of_middle;
	unsigned int of_last;
};

/* Loads vivid and opens it; the ring is still to be allocated. */
void frames_open(struct frames *frames);
/* Allocates the ring and attaches it to the first engine. */
void frames_alloc(struct frames *frames, struct cmm_zone *zone);

/*
 * Captures FRAMES frames. The CPU keeps a sample of each and the first engine
 * writes what it read of it to the result. The camera keeps the ring.
 */
void frames_capture(struct frames *frames, struct shared *result,
		    struct page_count *pages);

/* Closes the camera, frees the ring. */
void frames_close(struct frames *frames);

#endif /* DEMO_FRAMES_H */
