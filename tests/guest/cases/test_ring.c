// SPDX-License-Identifier: MIT
/*
 * The library's V4L2 ring: frames of vivid by each interface and both of its allocators,
 * a memory-to-memory device, and each way in which a stream ends.
 */
#include <cmm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "harness.h"
#include "pattern.h"
#include "v4l2.h"

#define WIDTH	640
#define HEIGHT	360
#define FPS	10
#define COUNT	3
#define FRAMES	7
#define LUMA	(WIDTH * HEIGHT)
#define SIZE	(LUMA * 3 / 2)
#define WAIT_MS	60000

/* How a camera delivers NV12. */
enum interface {
	SINGLE_PLANAR,	/* one buffer, by the single-planar interface */
	MULTI_PLANAR,	/* one buffer, by the multi-planar interface */
	PER_PLANE,	/* a buffer for each plane: NV12M */
};

static struct cmm_zone *open_zone(void)
{
	struct cmm_zone *zone = cmm_zone_open(ZONE);

	ASSERT(zone);
	return zone;
}

/* Opens vivid with a picture that stays the same. */
static void open_camera(struct camera *cam, enum vivid_allocator allocator,
			enum interface interface)
{
	if (interface == SINGLE_PLANAR)
		ASSERT_OK(camera_open(cam, allocator, WIDTH, HEIGHT, FPS));
	else
		ASSERT_OK(camera_open_multiplanar(cam, allocator, WIDTH, HEIGHT,
						  FPS, interface == PER_PLANE ?
						  V4L2_PIX_FMT_NV12M :
						  V4L2_PIX_FMT_NV12));
	ASSERT_OK(camera_set_menu(cam, "Test Pattern", "100% Color Squares"));
	ASSERT_OK(camera_set_menu(cam, "OSD Text Mode", "None"));
}

static struct cmm_ring *open_ring(struct camera *cam, struct cmm_zone *zone)
{
	struct cmm_ring *ring = cmm_ring_open(cam->fd, CMM_RING_CAPTURE, zone, COUNT);

	if (!ring)
		FAIL("no ring: %s", cmm_explain());
	return ring;
}

static void start(struct cmm_ring *ring)
{
	if (cmm_ring_start(ring))
		FAIL("not started: %s", cmm_explain());
}

static struct cmm_frame *get(struct cmm_ring *ring, struct cmm_ring_info *info)
{
	struct cmm_frame *frame = cmm_ring_get(ring, info, WAIT_MS);

	if (!frame)
		FAIL("no frame: %s", cmm_explain());
	return frame;
}

/* The picture from the camera's own memory; the caller frees it. */
static uint8_t *capture_reference(void)
{
	struct camera_frame frame;
	struct camera cam;
	uint8_t *copy = malloc(SIZE);
	void *addr[COUNT];
	size_t len[COUNT];
	uint32_t i;

	ASSERT(copy);
	open_camera(&cam, VIVID_VMALLOC, SINGLE_PLANAR);
	ASSERT_EQ(cam.frame_len, SIZE);
	ASSERT_OK(camera_request(&cam, V4L2_MEMORY_MMAP, COUNT));
	for (i = 0; i < COUNT; i++) {
		ASSERT_OK(camera_map(&cam, i, &addr[i], &len[i]));
		ASSERT_OK(camera_queue(&cam, i, -1));
	}
	ASSERT_OK(camera_start(&cam));
	ASSERT_OK(camera_dequeue(&cam, &frame));
	memcpy(copy, addr[frame.index], SIZE);
	for (i = 0; i < COUNT; i++)
		munmap(addr[i], len[i]);
	camera_close(&cam);
	return copy;
}

/* Both planes are those of the picture, and no byte outside of them was written. */
static void check_pixels(struct cmm_frame *frame, const struct cmm_layout *layout,
			 const uint8_t *reference)
{
	struct cmm_buf *buf = cmm_frame_buf(frame);
	uint8_t *data = cmm_buf_map(buf);
	size_t chroma = layout->plane[1].offset;

	ASSERT(data);
	ASSERT(!cmm_buf_sync_begin(buf, CMM_CPU_READ | CMM_CPU_WRITE));
	ASSERT(!memcmp(data, reference, LUMA));
	ASSERT(!memcmp(data + chroma, reference + LUMA, SIZE - LUMA));
	ASSERT_PATTERN(pattern_check_zero(data + LUMA, chroma - LUMA));
	/* The next picture in this frame must be a new one. */
	memset(data, 0, LUMA);
	memset(data + chroma, 0, SIZE - LUMA);
	ASSERT(!cmm_buf_sync_end(buf, CMM_CPU_READ | CMM_CPU_WRITE));
}

static void check_layout(const struct cmm_layout *layout, enum interface interface)
{
	size_t chroma = interface == PER_PLANE ? (LUMA + PAGE - 1) & ~(PAGE - 1) : LUMA;

	ASSERT_EQ(layout->width, WIDTH);
	ASSERT_EQ(layout->height, HEIGHT);
	ASSERT_EQ(layout->planes, 2);
	ASSERT_EQ(layout->buffers, 1);
	ASSERT_EQ(layout->plane[0].stride, WIDTH);
	ASSERT_EQ(layout->plane[1].offset, chroma);
}

static void check_info(const struct cmm_ring_info *info,
		       const struct cmm_ring_info *last, enum interface interface)
{
	ASSERT_EQ(info->buffers, interface == PER_PLANE ? 2 : 1);
	ASSERT_EQ(info->used[0], interface == PER_PLANE ? LUMA : SIZE);
	ASSERT_EQ(info->used[1], interface == PER_PLANE ? SIZE - LUMA : 0);
	ASSERT_EQ(info->skip[0], 0);
	ASSERT(info->timestamp_ns > last->timestamp_ns);
	ASSERT_EQ(info->lost, last->lost + info->gap);
	if (last->timestamp_ns && info->sequence > last->sequence)
		ASSERT_EQ(info->gap, info->sequence - last->sequence - 1);
}

static void check_frames(enum vivid_allocator allocator, enum interface interface)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_ring_info info, last = { 0 };
	uint8_t *reference = capture_reference();
	struct cmm_layout layout;
	struct cmm_frame *frame;
	struct cmm_ring *ring;
	struct camera cam;
	int i;

	open_camera(&cam, allocator, interface);
	ring = open_ring(&cam, zone);
	ASSERT(!cmm_ring_layout(ring, &layout));
	check_layout(&layout, interface);
	start(ring);
	for (i = 0; i < FRAMES; i++) {
		note("frame %d", i);
		frame = get(ring, &info);
		check_info(&info, &last, interface);
		check_pixels(frame, &layout, reference);
		last = info;
		cmm_frame_put(frame);
	}
	cmm_ring_close(ring);
	camera_close(&cam);
	cmm_zone_close(zone);
	free(reference);
	expect_used_soon(0);
}

TEST(ring_captures_single_planar_vmalloc)
{
	check_frames(VIVID_VMALLOC, SINGLE_PLANAR);
}

TEST(ring_captures_single_planar_dma_contig)
{
	check_frames(VIVID_DMA_CONTIG, SINGLE_PLANAR);
}

TEST(ring_captures_multi_planar_vmalloc)
{
	check_frames(VIVID_VMALLOC, MULTI_PLANAR);
}

TEST(ring_captures_multi_planar_dma_contig)
{
	check_frames(VIVID_DMA_CONTIG, MULTI_PLANAR);
}

TEST(ring_captures_into_views_vmalloc)
{
	check_frames(VIVID_VMALLOC, PER_PLANE);
}

TEST(ring_captures_into_views_dma_contig)
{
	check_frames(VIVID_DMA_CONTIG, PER_PLANE);
}

/* --- a frame belongs to the device or to the program --- */

static void expect_busy(struct cmm_buf *buf)
{
	ASSERT(!cmm_buf_map(buf) && errno == EBUSY);
	ASSERT(cmm_buf_sync_begin(buf, CMM_CPU_READ) && errno == EBUSY);
	ASSERT(cmm_buf_sync_end(buf, CMM_CPU_READ) && errno == EBUSY);
	ASSERT(cmm_buf_sync_begin_range(buf, 0, 1, CMM_CPU_READ) && errno == EBUSY);
	ASSERT(strstr(cmm_explain(), "queued to a device"));
	ASSERT(cmm_buf_load_file(buf, 0, "/proc/self/stat") < 0 && errno == EBUSY);
}

TEST(access_to_a_queued_frame_fails_with_ebusy)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_frame *frame;
	struct cmm_ring *ring;
	struct cmm_buf *buf;
	struct camera cam;

	open_camera(&cam, VIVID_VMALLOC, SINGLE_PLANAR);
	ring = open_ring(&cam, zone);
	start(ring);
	frame = get(ring, NULL);
	buf = cmm_frame_buf(frame);
	ASSERT(cmm_buf_map(buf));
	ASSERT(!cmm_buf_sync_begin(buf, CMM_CPU_READ));
	ASSERT(!cmm_buf_sync_end(buf, CMM_CPU_READ));

	/* The program goes on using a frame that it put. */
	cmm_frame_put(frame);
	expect_busy(buf);
	ASSERT(!cmm_ring_stop(ring));
	ASSERT(!cmm_buf_sync_begin(buf, CMM_CPU_READ));
	ASSERT(!cmm_buf_sync_end(buf, CMM_CPU_READ));
	cmm_ring_close(ring);
	camera_close(&cam);
	cmm_zone_close(zone);
}

TEST(frames_outlive_the_ring_and_return_to_the_zone)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_frame *frame, *other;
	struct cmm_ring *ring;
	struct camera cam;
	size_t len;

	open_camera(&cam, VIVID_DMA_CONTIG, SINGLE_PLANAR);
	ring = open_ring(&cam, zone);
	start(ring);
	frame = get(ring, NULL);
	other = cmm_frame_ref(get(ring, NULL));
	len = cmm_buf_len(cmm_frame_buf(frame));
	cmm_ring_close(ring);
	camera_close(&cam);
	cmm_zone_close(zone);
	expect_used_soon(2 * len);
	cmm_frame_put(other);
	cmm_frame_put(frame);
	expect_used(len);
	cmm_frame_put(other);
	expect_used(0);
}

/* The program holds all frames for a second. The camera drops what it cannot store. */
TEST(gaps_in_the_sequence_are_counted)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_frame *frames[COUNT];
	struct cmm_ring_info info;
	struct cmm_ring *ring;
	struct camera cam;
	uint64_t lost;
	int i;

	open_camera(&cam, VIVID_VMALLOC, SINGLE_PLANAR);
	ring = open_ring(&cam, zone);
	start(ring);
	for (i = 0; i < COUNT; i++)
		frames[i] = get(ring, &info);
	lost = info.lost;
	ASSERT(!cmm_ring_get(ring, NULL, 0) && errno == EAGAIN);
	ASSERT(!cmm_ring_get(ring, NULL, 1000) && errno == ETIMEDOUT);
	for (i = 0; i < COUNT; i++)
		cmm_frame_put(frames[i]);
	do {
		cmm_frame_put(get(ring, &info));
	} while (!info.gap);
	ASSERT_EQ(info.lost, lost + info.gap);
	cmm_ring_close(ring);
	camera_close(&cam);
	cmm_zone_close(zone);
}

/* --- how a stream ends --- */

TEST(ring_stops_and_starts_again)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_pool_stats stats;
	struct cmm_frame *held;
	struct cmm_ring *ring;
	struct camera cam;

	open_camera(&cam, VIVID_DMA_CONTIG, SINGLE_PLANAR);
	ring = open_ring(&cam, zone);
	ASSERT(!cmm_ring_get(ring, NULL, 0) && errno == ECANCELED);
	start(ring);
	ASSERT(cmm_ring_start(ring) && errno == EBUSY);
	held = get(ring, NULL);
	ASSERT(!cmm_ring_stop(ring) && !cmm_ring_stop(ring));
	cmm_pool_stats(cmm_ring_pool(ring), &stats);
	ASSERT_EQ(stats.used, 1);
	ASSERT(!cmm_ring_get(ring, NULL, 0) && errno == ECANCELED);
	start(ring);
	cmm_frame_put(held);
	cmm_frame_put(get(ring, NULL));
	cmm_ring_close(ring);
	camera_close(&cam);
	cmm_zone_close(zone);
}

struct waiter {
	struct cmm_ring *ring;
	int errnum;
	char text[512];
};

/* Gets frames until there are no more. */
static void *get_all(void *arg)
{
	struct waiter *waiter = arg;
	struct cmm_frame *frame;

	while ((frame = cmm_ring_get(waiter->ring, NULL, WAIT_MS)))
		cmm_frame_put(frame);
	waiter->errnum = errno;
	snprintf(waiter->text, sizeof(waiter->text), "%s", cmm_explain());
	return NULL;
}

/* A thread gets frames until @end happens. It fails with @errnum and a sentence. */
static void check_end(enum vivid_allocator device,
		      void (*end)(struct camera *cam, struct cmm_ring *ring), int errnum,
		      const char *text)
{
	struct cmm_zone *zone = open_zone();
	struct waiter waiter;
	struct camera cam;
	pthread_t thread;

	open_camera(&cam, device, SINGLE_PLANAR);
	waiter.ring = open_ring(&cam, zone);
	start(waiter.ring);
	cmm_frame_put(get(waiter.ring, NULL));
	ASSERT(!pthread_create(&thread, NULL, get_all, &waiter));
	usleep(300000);
	end(&cam, waiter.ring);
	ASSERT(!pthread_join(thread, NULL));
	note("%s", waiter.text);
	ASSERT_EQ(waiter.errnum, errnum);
	ASSERT(strstr(waiter.text, text));
	ASSERT(strstr(waiter.text, "'vivid'"));
	cmm_ring_close(waiter.ring);
	camera_close(&cam);
	cmm_zone_close(zone);
	expect_used_soon(0);
}

static void stop_ring(struct camera *cam, struct cmm_ring *ring)
{
	(void)cam;
	ASSERT(!cmm_ring_stop(ring));
}

static void stop_device(struct camera *cam, struct cmm_ring *ring)
{
	(void)ring;
	ASSERT_OK(camera_stop(cam));
}

static void unplug(struct camera *cam, struct cmm_ring *ring)
{
	(void)ring;
	ASSERT_OK(camera_press(cam, "Disconnect"));
}

static void break_device(struct camera *cam, struct cmm_ring *ring)
{
	(void)ring;
	ASSERT_OK(camera_press(cam, "Inject Fatal Streaming Error"));
}

TEST(stop_ends_a_wait_with_ecanceled)
{
	check_end(VIVID_DMA_CONTIG, stop_ring, ECANCELED, "was stopped");
}

TEST(stream_off_ends_a_wait_with_ecanceled)
{
	check_end(VIVID_DMA_CONTIG, stop_device, ECANCELED, "was stopped");
}

/* On Linux 5.10, vivid does not register a disconnected node again. */
TEST(unplug_ends_a_wait_with_enodev)
{
	struct camera cam;

	if (camera_open(&cam, VIVID_SPARE, WIDTH, HEIGHT, FPS))
		skip("the device was unplugged in another zone and does not return");
	camera_close(&cam);
	check_end(VIVID_SPARE, unplug, ENODEV, "unplugged");
}

TEST(failure_of_the_device_ends_a_wait_with_eio)
{
	check_end(VIVID_DMA_CONTIG, break_device, EIO, "failure");
}

static void capture_for_ever(void *arg)
{
	int *ready = arg;
	struct cmm_zone *zone = open_zone();
	struct cmm_ring *ring;
	struct camera cam;
	int i;

	open_camera(&cam, VIVID_DMA_CONTIG, PER_PLANE);
	ring = open_ring(&cam, zone);
	start(ring);
	for (i = 0;; i++) {
		cmm_frame_put(get(ring, NULL));
		if (i == COUNT)
			ASSERT_EQ(write(ready[1], "", 1), 1);
	}
}

ZONE_TEST(kill_during_ring_capture_frees_the_frames)
{
	int ready[2];
	char byte;
	pid_t pid;

	ASSERT(!pipe(ready));
	pid = fork_to(capture_for_ever, ready);
	close(ready[1]);
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
	ASSERT(zone_used(node) > 0);
	ASSERT(!kill(pid, SIGKILL));
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	ASSERT_EQ(zone_used(node), 0);
	close(ready[0]);
}

/* --- what a ring refuses --- */

static struct cmm_pool *pool_of(struct cmm_zone *zone, size_t len)
{
	struct cmm_pool *pool = cmm_pool_alloc(zone, len, 0, 0, "frame", COUNT, COUNT);

	ASSERT(pool);
	return pool;
}

/* Starting on this pool fails with @errnum and a sentence. */
static void expect_refused(struct camera *cam, struct cmm_pool *pool, int errnum,
			   const char *text)
{
	struct cmm_ring *ring = cmm_ring_open_pool(cam->fd, CMM_RING_CAPTURE, pool);
	struct cmm_pool_stats stats;

	ASSERT(ring);
	ASSERT(cmm_ring_start(ring));
	ASSERT_EQ(errno, errnum);
	note("%s", cmm_explain());
	ASSERT(strstr(cmm_explain(), text));
	cmm_ring_close(ring);
	cmm_pool_stats(pool, &stats);
	ASSERT_EQ(stats.used, 0);
}

TEST(too_small_frames_are_refused)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_pool *pool = pool_of(zone, SIZE - PAGE);
	struct camera cam;

	open_camera(&cam, VIVID_VMALLOC, SINGLE_PLANAR);
	expect_refused(&cam, pool, EINVAL, "too small");
	camera_close(&cam);
	cmm_pool_close(pool);
	cmm_zone_close(zone);
}

/* vivid's vmalloc allocator needs memory that the CPU can access. */
TEST(memory_that_the_driver_rejects_is_one_clear_error)
{
	struct cmm_zone *secure = cmm_zone_open("secure");
	struct cmm_pool *pool;
	struct camera cam;

	ASSERT(secure);
	pool = pool_of(secure, SIZE);
	open_camera(&cam, VIVID_VMALLOC, SINGLE_PLANAR);
	expect_refused(&cam, pool, EOPNOTSUPP, "'vivid' rejects the memory");
	camera_close(&cam);
	cmm_pool_close(pool);
	cmm_zone_close(secure);
}

TEST(ring_checks_its_arguments)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_pool *pool = pool_of(zone, SIZE);
	struct cmm_frame *frame;
	struct cmm_ring *ring;
	struct camera cam;

	open_camera(&cam, VIVID_VMALLOC, SINGLE_PLANAR);
	ASSERT(!cmm_ring_open(cam.fd, 0, zone, COUNT) && errno == EINVAL);
	ASSERT(!cmm_ring_open(cam.fd, CMM_RING_CAPTURE, zone, 0) && errno == EINVAL);
	ASSERT(!cmm_ring_open(cam.fd, CMM_RING_CAPTURE, zone, CMM_RING_MAX + 1) &&
	       errno == EINVAL);
	ASSERT(!cmm_ring_open(cam.fd, CMM_RING_OUTPUT, zone, COUNT) &&
	       errno == EOPNOTSUPP);
	ASSERT(!cmm_ring_open(STDERR_FILENO, CMM_RING_CAPTURE, zone, COUNT) &&
	       errno == ENOTTY);
	ring = cmm_ring_open_pool(cam.fd, CMM_RING_CAPTURE, pool);
	ASSERT(ring);
	frame = cmm_pool_get(pool, 0);
	ASSERT(cmm_ring_queue(ring, frame, NULL) && errno == EINVAL);
	cmm_frame_put(frame);
	cmm_ring_close(ring);
	camera_close(&cam);
	cmm_pool_close(pool);
	cmm_zone_close(zone);
}

/* --- a memory-to-memory device: frames from one pool to the other --- */

#define PIXELS	(WIDTH * HEIGHT)

static void set_m2m_format(int fd, uint32_t type)
{
	struct v4l2_format fmt = { .type = type };

	fmt.fmt.pix.width = WIDTH;
	fmt.fmt.pix.height = HEIGHT;
	fmt.fmt.pix.pixelformat = V4L2_PIX_FMT_RGB565;
	ASSERT(!ioctl(fd, VIDIOC_S_FMT, &fmt));
	ASSERT_EQ(fmt.fmt.pix.width, WIDTH);
	ASSERT_EQ(fmt.fmt.pix.sizeimage, 2 * PIXELS);
}

/* Opens vim2m, which copies RGB565 from one queue to the other. */
static int open_m2m(void)
{
	struct v4l2_capability cap;
	char path[32];
	int fd, i;

	if (module_probe("vim2m"))
		skip("this kernel has no vim2m");
	for (i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/dev/video%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, VIDIOC_QUERYCAP, &cap) &&
		    !strcmp((const char *)cap.driver, "vim2m")) {
			set_m2m_format(fd, V4L2_BUF_TYPE_VIDEO_OUTPUT);
			set_m2m_format(fd, V4L2_BUF_TYPE_VIDEO_CAPTURE);
			return fd;
		}
		close(fd);
	}
	FAIL("vim2m has no node");
}

static void fill_frame(struct cmm_frame *frame, uint64_t seed)
{
	struct cmm_buf *buf = cmm_frame_buf(frame);
	uint8_t *data = cmm_buf_map(buf);

	ASSERT(data);
	ASSERT(!cmm_buf_sync_begin(buf, CMM_CPU_WRITE));
	pattern_fill(data, 2 * PIXELS, 0, seed);
	ASSERT(!cmm_buf_sync_end(buf, CMM_CPU_WRITE));
}

static void expect_frame(struct cmm_frame *frame, uint64_t seed)
{
	struct cmm_buf *buf = cmm_frame_buf(frame);
	uint8_t *data = cmm_buf_map(buf);

	ASSERT(data);
	ASSERT(!cmm_buf_sync_begin(buf, CMM_CPU_READ));
	ASSERT_PATTERN(pattern_check(data, 2 * PIXELS, 0, seed));
	ASSERT(!cmm_buf_sync_end(buf, CMM_CPU_READ));
}

/* One frame through the device: its pixels and its timestamp arrive. */
static void pass_frame(struct cmm_ring *out, struct cmm_ring *in, uint64_t seed)
{
	struct cmm_frame *frame = cmm_pool_get(cmm_ring_pool(out), 0), *done;
	struct cmm_ring_info info = { .timestamp_ns = seed * 1000000 };

	ASSERT(frame);
	fill_frame(frame, seed);
	if (cmm_ring_queue(out, frame, &info))
		FAIL("not queued: %s", cmm_explain());
	ASSERT(cmm_ring_queue(out, frame, &info) && errno == EBUSY);
	expect_busy(cmm_frame_buf(frame));
	done = get(in, &info);
	ASSERT_EQ(info.timestamp_ns, seed * 1000000);
	expect_frame(done, seed);
	cmm_frame_put(done);
	ASSERT(get(out, NULL) == frame);
	expect_frame(frame, seed);
	cmm_frame_put(frame);
	cmm_frame_put(frame);
}

TEST(output_and_capture_rings_pass_frames_through_vim2m)
{
	struct cmm_zone *zone = open_zone();
	struct cmm_frame *foreign;
	struct cmm_ring *out, *in;
	int fd = open_m2m();
	uint64_t seed;

	out = cmm_ring_open(fd, CMM_RING_OUTPUT, zone, 2);
	in = cmm_ring_open(fd, CMM_RING_CAPTURE, zone, 2);
	ASSERT(out && in);
	foreign = cmm_pool_get(cmm_ring_pool(in), 0);
	ASSERT(cmm_ring_queue(out, foreign, NULL) && errno == EINVAL);
	cmm_frame_put(foreign);
	start(out);
	start(in);
	for (seed = 1; seed < 6; seed++)
		pass_frame(out, in, seed);
	cmm_ring_close(in);
	cmm_ring_close(out);
	close(fd);
	cmm_zone_close(zone);
}
