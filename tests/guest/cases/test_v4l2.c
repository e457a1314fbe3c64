// SPDX-License-Identifier: MIT
/*
 * A V4L2 camera fills our buffers: vivid, which attaches and maps them as a
 * device with a DMA engine would (dma-contig), or only vmaps them (vmalloc).
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/dma-buf.h>

#include "buffer.h"
#include "harness.h"
#include "pattern.h"
#include "v4l2.h"

#define WIDTH	1280
#define HEIGHT	720
#define FPS	10
#define RING	3
#define FRAMES	7
#define SEED	0x5eed

/* Opens vivid with a picture that stays the same. */
static void open_camera(struct camera *cam, enum vivid_allocator allocator)
{
	ASSERT_OK(camera_open(cam, allocator, WIDTH, HEIGHT, FPS));
	ASSERT_OK(camera_set_menu(cam, "Test Pattern", "100% Color Squares"));
	ASSERT_OK(camera_set_menu(cam, "OSD Text Mode", "None"));
}

/* A frame from the camera's own memory; the caller frees it. */
static void *capture_reference(struct camera *cam)
{
	struct camera_frame frame;
	void *addr[RING];
	size_t len[RING];
	void *copy = malloc(cam->frame_len);
	uint32_t i;

	ASSERT(copy);
	ASSERT_OK(camera_request(cam, V4L2_MEMORY_MMAP, RING));
	for (i = 0; i < RING; i++) {
		ASSERT_OK(camera_map(cam, i, &addr[i], &len[i]));
		ASSERT_OK(camera_queue(cam, i, -1));
	}
	ASSERT_OK(camera_start(cam));
	ASSERT_OK(camera_dequeue(cam, &frame));
	ASSERT_EQ(frame.bytesused, cam->frame_len);
	memcpy(copy, addr[frame.index], cam->frame_len);
	ASSERT_OK(camera_stop(cam));
	for (i = 0; i < RING; i++)
		munmap(addr[i], len[i]);
	ASSERT_OK(camera_request(cam, cam->memory, 0));
	return copy;
}

/* A ring of buffers queued to the camera. */
static void queue_ring(struct camera *cam, int node, uint32_t flags,
		       int bufs[RING])
{
	uint32_t i;

	ASSERT_OK(camera_request(cam, V4L2_MEMORY_DMABUF, RING));
	for (i = 0; i < RING; i++) {
		bufs[i] = ASSERT_OK(zone_alloc(node, cam->frame_len, flags));
		ASSERT_OK(camera_queue(cam, i, bufs[i]));
	}
}

static void close_ring(const int bufs[RING])
{
	int i;

	for (i = 0; i < RING; i++)
		close(bufs[i]);
}

static size_t buffer_len(const struct camera *cam)
{
	return (cam->frame_len + PAGE - 1) & ~(PAGE - 1);
}

/* Dequeues a frame, compares it, and fills the buffer with other bytes. */
static void check_frame(struct camera *cam, const int bufs[RING],
			const void *reference, uint32_t *sequence)
{
	size_t len = buffer_len(cam);
	struct camera_frame frame;
	uint8_t *data;
	int buf;

	ASSERT_OK(camera_dequeue(cam, &frame));
	ASSERT_EQ(frame.bytesused, cam->frame_len);
	ASSERT(frame.index < RING);
	/* vivid counts time: it repeats a number when it comes late. */
	ASSERT((int32_t)(frame.sequence - *sequence) >= 0);
	*sequence = frame.sequence;
	buf = bufs[frame.index];
	data = zone_map(buf, len);
	ASSERT(data);

	ASSERT_OK(zone_sync(buf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	ASSERT(!memcmp(data, reference, cam->frame_len));
	ASSERT_PATTERN(pattern_check_zero(data + cam->frame_len,
					  len - cam->frame_len));
	pattern_fill(data, cam->frame_len, 0, SEED + frame.sequence);
	ASSERT_OK(zone_sync(buf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));

	munmap(data, len);
	ASSERT_OK(camera_queue(cam, frame.index, buf));
}

/* Frames in our buffers are the same as in the camera's own memory. */
static void check_frames(enum vivid_allocator allocator, uint32_t flags)
{
	int node = ASSERT_OK(zone_open(ZONE));
	uint32_t sequence = (uint32_t)-1;
	struct camera cam;
	int bufs[RING];
	void *reference;
	int i;

	open_camera(&cam, allocator);
	reference = capture_reference(&cam);
	queue_ring(&cam, node, flags, bufs);
	ASSERT_OK(camera_start(&cam));
	for (i = 0; i < FRAMES; i++) {
		note("frame %d", i);
		check_frame(&cam, bufs, reference, &sequence);
	}
	ASSERT_OK(camera_stop(&cam));
	camera_close(&cam);
	close_ring(bufs);
	free(reference);
	close(node);
}

TEST(captured_frames_are_correct_with_dma_contig)
{
	check_frames(VIVID_DMA_CONTIG, 0);
}

TEST(captured_frames_are_correct_with_vmalloc)
{
	check_frames(VIVID_VMALLOC, 0);
}

TEST(captured_frames_are_correct_with_dma_contig_write_combined)
{
	need_wc();
	check_frames(VIVID_DMA_CONTIG, CMM_BUF_WC);
}

TEST(captured_frames_are_correct_with_vmalloc_write_combined)
{
	need_wc();
	check_frames(VIVID_VMALLOC, CMM_BUF_WC);
}

/* What the listing says of each buffer of the ring. */
static void check_attached(int node, uint32_t attached, const char *devices)
{
	struct cmm_list_entry entries[RING + 1];
	int i;

	ASSERT_EQ(ASSERT_OK(zone_list(node, entries, RING + 1, 0)), RING);
	for (i = 0; i < RING; i++) {
		ASSERT_EQ(entries[i].attached, attached);
		ASSERT_STREQ(entries[i].devices, devices);
	}
}

ZONE_TEST(camera_is_listed_as_attached)
{
	struct camera cam;
	int bufs[RING];

	open_camera(&cam, VIVID_DMA_CONTIG);
	queue_ring(&cam, node, 0, bufs);
	check_attached(node, 1, "vivid.0");
	camera_close(&cam);
	check_attached(node, 0, "");
	close_ring(bufs);
}

/* A buffer that is a page too small is refused and released. */
static void check_small(enum vivid_allocator allocator)
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct cmm_list_entry entry;
	struct camera_frame frame;
	struct camera cam;
	int small, large[2];
	int i;

	open_camera(&cam, allocator);
	ASSERT(cam.frame_len % PAGE);
	small = ASSERT_OK(zone_alloc(node, cam.frame_len - PAGE, 0));
	ASSERT_OK(camera_request(&cam, V4L2_MEMORY_DMABUF, 2));
	ASSERT_ERR(camera_queue(&cam, 0, small), EINVAL);
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.attached, 0);
	close(small);
	ASSERT_EQ(zone_used(node), 0);

	for (i = 0; i < 2; i++) {
		large[i] = ASSERT_OK(zone_alloc(node, cam.frame_len, 0));
		ASSERT_OK(camera_queue(&cam, i, large[i]));
	}
	ASSERT_OK(camera_start(&cam));
	ASSERT_OK(camera_dequeue(&cam, &frame));
	camera_close(&cam);
	close(large[0]);
	close(large[1]);
	close(node);
}

TEST(too_small_buffer_is_refused_by_dma_contig)
{
	check_small(VIVID_DMA_CONTIG);
}

TEST(too_small_buffer_is_refused_by_vmalloc)
{
	check_small(VIVID_VMALLOC);
}

/* Nobody but the camera holds the buffers; it goes on, and then they go. */
static void check_camera_keeps(enum vivid_allocator allocator)
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct camera_frame frame;
	struct camera cam;
	int bufs[RING];
	int i;

	open_camera(&cam, allocator);
	queue_ring(&cam, node, 0, bufs);
	close_ring(bufs);
	ASSERT_EQ(zone_used(node), RING * buffer_len(&cam));
	ASSERT_OK(camera_start(&cam));
	for (i = 0; i < RING; i++) {
		ASSERT_OK(camera_dequeue(&cam, &frame));
		ASSERT_EQ(frame.bytesused, cam.frame_len);
	}
	ASSERT_EQ(zone_used(node), RING * buffer_len(&cam));
	ASSERT_OK(camera_stop(&cam));
	ASSERT_OK(camera_request(&cam, V4L2_MEMORY_DMABUF, 0));
	ASSERT_EQ(zone_used(node), 0);
	camera_close(&cam);
	close(node);
}

TEST(dma_contig_keeps_queued_buffers)
{
	check_camera_keeps(VIVID_DMA_CONTIG);
}

TEST(vmalloc_keeps_queued_buffers)
{
	check_camera_keeps(VIVID_VMALLOC);
}

/* The application's CPU mapping is the last that holds the frame. */
ZONE_TEST(mapping_outlives_camera_and_descriptor)
{
	struct camera_frame frame;
	struct camera cam;
	uint8_t *data[RING];
	int bufs[RING];
	void *reference;
	size_t len;
	int i;

	open_camera(&cam, VIVID_DMA_CONTIG);
	len = buffer_len(&cam);
	reference = capture_reference(&cam);
	queue_ring(&cam, node, 0, bufs);
	for (i = 0; i < RING; i++) {
		data[i] = zone_map(bufs[i], len);
		ASSERT(data[i]);
	}
	close_ring(bufs);
	ASSERT_OK(camera_start(&cam));
	ASSERT_OK(camera_dequeue(&cam, &frame));
	camera_close(&cam);

	ASSERT_EQ(zone_used(node), RING * len);
	ASSERT(!memcmp(data[frame.index], reference, cam.frame_len));
	for (i = 0; i < RING; i++) {
		munmap(data[i], len);
		ASSERT_EQ(zone_used(node), (RING - 1 - i) * len);
	}
	free(reference);
}

struct capture {
	enum vivid_allocator allocator;
	int ready[2];
};

/* Captures until killed; reports once when capture runs. */
static void capture_for_ever(void *arg)
{
	struct capture *capture = arg;
	int node = ASSERT_OK(zone_open(ZONE));
	struct camera_frame frame;
	struct camera cam;
	int bufs[RING];
	int i;

	ASSERT_OK(camera_open(&cam, capture->allocator, WIDTH, HEIGHT, FPS));
	queue_ring(&cam, node, 0, bufs);
	ASSERT_OK(camera_start(&cam));
	for (i = 0;; i++) {
		ASSERT_OK(camera_dequeue(&cam, &frame));
		ASSERT_OK(camera_queue(&cam, frame.index, bufs[frame.index]));
		if (i == RING)
			ASSERT_EQ(write(capture->ready[1], "", 1), 1);
	}
}

static void check_killed(enum vivid_allocator allocator)
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct capture capture = { .allocator = allocator };
	char byte;
	pid_t pid;

	ASSERT(!pipe(capture.ready));
	pid = fork_to(capture_for_ever, &capture);
	close(capture.ready[1]);
	ASSERT_EQ(read(capture.ready[0], &byte, 1), 1);
	ASSERT(zone_used(node) > 0);
	ASSERT(!kill(pid, SIGKILL));
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	ASSERT_EQ(zone_used(node), 0);
	close(capture.ready[0]);
	close(node);
}

TEST(kill_during_dma_contig_capture_frees_the_buffers)
{
	check_killed(VIVID_DMA_CONTIG);
}

TEST(kill_during_vmalloc_capture_frees_the_buffers)
{
	check_killed(VIVID_VMALLOC);
}
