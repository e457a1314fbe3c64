// SPDX-License-Identifier: MIT
/* The demo's camera: see demo_frames.h. */
#include "demo_frames.h"

#include <string.h>

#include "demo_fail.h"

#define WIDTH		1280
#define HEIGHT		720
/* Slow, since an engine takes 0.1 s a transfer and makes two for each frame. */
#define FPS		2

void frames_open(struct frames *frames)
{
	struct camera *camera = &frames->camera;

	must(camera_open(camera, VIVID_DMA_CONTIG, WIDTH, HEIGHT, FPS),
	     "open the virtual camera, vivid");
	/* In noise, no two places and no two frames hold the same bytes. */
	must(camera_set_menu(camera, "Test Pattern", "Noise"),
	     "set vivid's pattern");
}

void frames_alloc(struct frames *frames, struct cmm_zone *zone)
{
	char name[] = "frame A";
	unsigned int i;

	for (i = 0; i < RING; i++) {
		name[sizeof(name) - 2] = 'A' + i;
		shared_alloc(&frames->ring[i], zone, frames->camera.frame_len,
			     name);
		shared_attach(&frames->ring[i], FIRST);
	}
}

/* Goes through a frame's first, middle and last bytes, and places between. */
static uint32_t sample_place(struct frames *frames, unsigned int number)
{
	uint32_t len = frames->camera.frame_len;

	switch (number % 4) {
	case 0:
		frames->of_first++;
		return 0;
	case 1:
		frames->of_middle++;
		return (len - SAMPLE) / 2;
	case 2:
		frames->of_last++;
		return len - SAMPLE;
	default:
		return (uint64_t)(len - SAMPLE) * number / FRAMES;
	}
}

/* A sum over a whole frame that depends on the order of its words. */
static uint64_t sum_frame(const uint8_t *data, uint32_t len)
{
	uint64_t sum = 0;
	uint64_t word;
	uint32_t at;

	for (at = 0; at + sizeof(word) <= len; at += sizeof(word)) {
		memcpy(&word, data + at, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3ULL;
	}
	return sum;
}

/* A frame must be a new one, and not blank. */
static void check_content(struct frames *frames, unsigned int number,
			  const uint8_t *data)
{
	uint32_t len = frames->camera.frame_len;
	unsigned int i;

	if (!memcmp(data, data + 1, len - 1))
		fail("frame %u is blank", number);
	frames->sums[number] = sum_frame(data, len);
	for (i = 0; i < number; i++)
		if (frames->sums[i] == frames->sums[number])
			fail("frame %u is frame %u again", number, i);
}

static void check_frame(struct frames *frames, unsigned int number,
			const struct camera_frame *frame)
{
	if (frame->bytesused != frames->camera.frame_len)
		fail("frame %u has %u bytes", number, frame->bytesused);
	if (number && frame->sequence < frames->last)
		fail("frame %u comes after frame %u", frame->sequence,
		     frames->last);
	if (!number)
		frames->first = frame->sequence;
	frames->last = frame->sequence;
}

/* The CPU and then the engine read the same place of a frame they own. */
static void sample(struct frames *frames, unsigned int number,
		   struct shared *shared, const struct shared *result,
		   struct page_count *pages)
{
	uint32_t place = sample_place(frames, number);
	uint32_t done = number * SAMPLE;
	const uint8_t *data = shared_look(shared, CMM_CPU_READ);

	check_content(frames, number, data);
	memcpy(frames->samples + done, data + place, SAMPLE);
	shared_leave(shared, CMM_CPU_READ);

	shared_map(shared, FIRST, CMM_IMPORT_TO_DEVICE, pages);
	engine_load(FIRST, shared->views[FIRST].iova + place, SAMPLE);
	shared_unmap(shared, FIRST);
	engine_store(FIRST, result->views[FIRST].iova + done, SAMPLE);
}

static void queue_frame(struct frames *frames, uint32_t index)
{
	must(camera_queue(&frames->camera, index,
			  cmm_buf_fd(frames->ring[index].buf)),
	     "queue a frame buffer");
}

void frames_capture(struct frames *frames, struct shared *result,
		    struct page_count *pages)
{
	struct camera *camera = &frames->camera;
	struct camera_frame frame;
	unsigned int i;

	must(camera_request(camera, V4L2_MEMORY_DMABUF, RING),
	     "ask vivid for a queue of dma-bufs");
	for (i = 0; i < RING; i++)
		queue_frame(frames, i);
	must(camera_start(camera), "start the camera");
	for (i = 0; i < FRAMES; i++) {
		must(camera_dequeue(camera, &frame), "wait for a frame");
		check_frame(frames, i, &frame);
		sample(frames, i, &frames->ring[frame.index], result, pages);
		queue_frame(frames, frame.index);
	}
	must(camera_stop(camera), "stop the camera");
}

void frames_close(struct frames *frames)
{
	unsigned int i;

	camera_close(&frames->camera);
	for (i = 0; i < RING; i++)
		shared_free(&frames->ring[i]);
}
