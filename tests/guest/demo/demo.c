// SPDX-License-Identifier: MIT
/*
 * The demo: camera frames reach two DMA engines in the very memory that the
 * camera filled.
 *
 *   vivid --> ring of frames --> edu0 --> result --> edu1 --> verdict
 *
 * The camera captures into CMM buffers. The first engine reads a sample of each
 * frame and writes it to the result; the second engine reads that and writes it
 * to the verdict. The CPU keeps its own copy of each sample and compares. Then
 * the first engine loses its mapping, and a process that holds buffers is
 * killed.
 *
 * Everything that is printed was measured in this run. The last line is
 * "demo: PASS", or "demo: FAIL:" with the step and what was wrong.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "demo_fail.h"
#include "demo_frames.h"
#include "demo_picture.h"
#include "demo_shared.h"
#include "kmsg.h"

/* Bytes of the stray write: few, as every 4 of them are an event. */
#define STRAY		16
#define EVENT_WAIT_MS	500

/* What the process holds that is killed. */
#define HELD		3
#define HELD_LEN	(2u << 20)

#define KIB(bytes)	((unsigned long long)(bytes) >> 10)

enum moment { BEFORE, DURING, HOLDING, KILLED, AFTER, MOMENTS };

static struct cmm_zone *zone;
static struct cmm_zone_info zone_info;
static struct frames frames;
static struct shared result, verdict;
static struct page_count pages;
static struct picture pictures[MOMENTS];

/* --- the parts --- */

static void take_picture(enum moment moment)
{
	must_cmm(!picture_take(zone, &pictures[moment]), "list the buffers");
}

static void make_buffers(void)
{
	frames_alloc(&frames, zone);
	shared_alloc(&result, zone, SAMPLED, "result R");
	shared_attach(&result, FIRST);
	shared_attach(&result, SECOND);
	shared_alloc(&verdict, zone, SAMPLED, "verdict V");
	shared_attach(&verdict, SECOND);

	/* Each engine has its own addresses, given out in order of mapping. */
	shared_map(&result, FIRST, CMM_IMPORT_FROM_DEVICE, &pages);
	shared_map(&verdict, SECOND, CMM_IMPORT_FROM_DEVICE, &pages);
	shared_map(&result, SECOND, CMM_IMPORT_TO_DEVICE, &pages);
	if (result.views[FIRST].iova == result.views[SECOND].iova)
		fail("both engines see the result at the same IOVA");
}

/* The second engine reads what the first wrote. */
static void judge(void)
{
	uint32_t at;

	for (at = 0; at < SAMPLED; at += SAMPLE) {
		engine_load(SECOND, result.views[SECOND].iova + at, SAMPLE);
		engine_store(SECOND, verdict.views[SECOND].iova + at, SAMPLE);
	}
}

/* Every byte must be what the CPU read from the frames. */
static void compare(struct shared *shared)
{
	const uint8_t *data = shared_look(shared, CMM_CPU_READ);
	unsigned int i;

	for (i = 0; i < SAMPLED; i++)
		if (data[i] != frames.samples[i])
			fail("byte %u of %s is %#x, but was %#x in the frame",
			     i, shared->info.name, data[i], frames.samples[i]);
	shared_leave(shared, CMM_CPU_READ);
}

/* --- one engine loses its mapping --- */

static void unmap_first(void)
{
	uint64_t phys;

	shared_unmap(&result, FIRST);
	shared_detach(&result, FIRST);
	phys = engine_reaches(FIRST, result.views[FIRST].iova);
	if (phys)
		fail("the old IOVA still leads to %#llx",
		     (unsigned long long)phys);
}

static void check_second_works(void)
{
	uint8_t *data = shared_look(&verdict, CMM_CPU_WRITE);

	memset(data, 0, SAMPLED);
	shared_leave(&verdict, CMM_CPU_WRITE);
	judge();
	compare(&verdict);
}

/* The first engine writes, where it could before, what is not there now. */
static void write_stray(void)
{
	struct shared *frame = &frames.ring[0];
	uint8_t *data = shared_look(frame, CMM_CPU_WRITE);
	unsigned int i;

	for (i = 0; i < STRAY; i++)
		data[i] = ~frames.samples[i];
	shared_leave(frame, CMM_CPU_WRITE);
	shared_map(frame, FIRST, CMM_IMPORT_TO_DEVICE, &pages);
	engine_load(FIRST, frame->views[FIRST].iova, STRAY);
	shared_unmap(frame, FIRST);
	engine_store(FIRST, result.views[FIRST].iova, STRAY);
}

/* Returns how many SMMU events there were; all must be about this range. */
static unsigned int count_events(int log, uint64_t start, uint64_t len,
				 struct smmu_event *event)
{
	unsigned int count = 0;

	while (must(kmsg_wait_smmu_event(log, EVENT_WAIT_MS, event),
		    "read the kernel's log")) {
		if (event->addr - start >= len)
			fail("an SMMU event of type %#x, stream %#x, IOVA %#llx",
			     event->type, event->stream,
			     (unsigned long long)event->addr);
		count++;
	}
	return count;
}

static void check_stray(int log)
{
	uint64_t old = result.views[FIRST].iova;
	struct smmu_event event;
	unsigned int count;

	count_events(log, 0, 0, &event);
	write_stray();
	count = count_events(log, old, STRAY, &event);
	if (!count)
		fail("a write to the old IOVA raised no SMMU event");
	compare(&result);
	compare(&verdict);

	puts("unmapped result R from edu0; edu1 reads it as before, every byte equal");
	printf("stray    edu0 writes %u bytes to its old IOVA: %u SMMU events (none before),\n",
	       STRAY, count);
	printf("         type %#x, stream %#x, at %#llx; no byte of R or V changed\n",
	       event.type, event.stream, (unsigned long long)old);
}

/* --- a process is killed --- */

/* In the child: holds buffers in every way there is, until it is killed. */
static void hold_buffers(int ready)
{
	struct cmm_buf *bufs[HELD];
	struct import import;
	char *data;
	int i, edu;

	edu = must(importer_open("edu1"), "open edu1");
	must_cmm(!cmm_buf_alloc_array(zone, HELD_LEN, 0, 0, "held x", bufs,
				      HELD), "allocate");
	for (i = 0; i < HELD; i++) {
		data = cmm_buf_map(bufs[i]);
		must_cmm(data, "map");
		memset(data, 0xa5, HELD_LEN);
		must(importer_import(edu, cmm_buf_fd(bufs[i]),
				     CMM_IMPORT_BIDIRECTIONAL, &import),
		     "import");
	}
	if (write(ready, "", 1) != 1)
		fail("tell the parent: %s", strerror(errno));
	for (;;)
		pause();
}

static pid_t start_holder(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	must(pipe(ready) ? -errno : 0, "make a pipe");
	fflush(stdout);
	pid = fork();
	must(pid < 0 ? -errno : 0, "fork");
	if (!pid)
		hold_buffers(ready[1]);
	close(ready[1]);
	/* A child that failed has said why, and is the demo's end as well. */
	if (read(ready[0], &byte, 1) != 1)
		_exit(1);
	close(ready[0]);
	return pid;
}

static void kill_holder(void)
{
	uint64_t used = pictures[DURING].used;
	pid_t pid = start_holder();

	take_picture(HOLDING);
	if (pictures[HOLDING].used != used + HELD * HELD_LEN)
		fail("the child holds %lld bytes",
		     (long long)(pictures[HOLDING].used - used));
	must(kill(pid, SIGKILL) ? -errno : 0, "kill the child");
	must(waitpid(pid, NULL, 0) < 0 ? -errno : 0, "wait for the child");
	take_picture(KILLED);
	if (pictures[KILLED].used != used ||
	    pictures[KILLED].count != pictures[DURING].count)
		fail("%llu bytes are used now, %llu were before",
		     (unsigned long long)pictures[KILLED].used,
		     (unsigned long long)used);
	printf("killed   process %d, which held %d buffers (x), mapped and on edu1;\n",
	       pid, HELD);
	printf("         KiB in use: %llu before it, %llu with it, %llu after it\n",
	       KIB(used), KIB(pictures[HOLDING].used),
	       KIB(pictures[KILLED].used));
}

/* --- telling --- */

static void print_setting(void)
{
	puts("CMM: camera frames reach two DMA engines in the camera's own buffers\n");
	printf("zone     %s, %llu MiB\n", zone_info.name,
	       KIB(zone_info.total) >> 10);
	printf("camera   vivid, %ux%u NV12, %u bytes a frame, into dma-bufs\n",
	       frames.camera.width, frames.camera.height,
	       frames.camera.frame_len);
	puts("path     vivid > frames A-F > edu0 > result R > edu1 > verdict V\n");
}

static void print_iova(const struct view *view)
{
	if (view->attached)
		printf(" %#14llx", (unsigned long long)view->iova);
	else
		printf(" %14s", "-");
}

static void print_place(const struct shared *shared)
{
	printf("%-9s  %#10llx %9llu %#14llx", shared->info.name,
	       (unsigned long long)shared->info.offset,
	       (unsigned long long)shared->info.len,
	       (unsigned long long)shared->info.phys);
	print_iova(&shared->views[FIRST]);
	print_iova(&shared->views[SECOND]);
	putchar('\n');
}

static void print_places(void)
{
	unsigned int i;

	printf("%-9s  %10s %9s %14s %14s %14s\n", "buffer", "offset", "bytes",
	       "physical", "IOVA of edu0", "IOVA of edu1");
	for (i = 0; i < RING; i++)
		print_place(&frames.ring[i]);
	print_place(&result);
	print_place(&verdict);
	putchar('\n');
}

static void print_flow(void)
{
	uint32_t span = frames.last - frames.first + 1;

	printf("frames   %u captured, %u missed, no two alike, none blank\n",
	       FRAMES, span - FRAMES);
	printf("bytes    %u read by edu0, by edu1 and by the CPU: all equal\n",
	       SAMPLED);
	printf("         (first bytes of a frame %u times, middle %u, last %u, others %u)\n",
	       frames.of_first, frames.of_middle, frames.of_last,
	       FRAMES - frames.of_first - frames.of_middle - frames.of_last);
	printf("copies   %u: of %u pages looked up behind the IOVAs, %u were not the\n",
	       pages.elsewhere, pages.checked, pages.elsewhere);
	puts("         page of the buffer's own extent");
}

static void print_pictures(void)
{
	static const char *const names[MOMENTS] = {
		"before", "during", "+ child", "killed", "after"
	};
	uint64_t cell = picture_scale(pictures, MOMENTS);
	char line[PICTURE_CELLS + 1];
	unsigned int i;

	printf("\nThe first %llu KiB of the zone, %llu KiB to a character; the rest is free.\n",
	       KIB(cell * PICTURE_CELLS), KIB(cell));
	for (i = 0; i < MOMENTS; i++) {
		picture_draw(&pictures[i], cell, line);
		printf("%-8s |%s|\n", names[i], line);
	}
	printf("in use   %llu bytes before, %llu after\n",
	       (unsigned long long)pictures[BEFORE].used,
	       (unsigned long long)pictures[AFTER].used);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "media";
	int log;

	setlinebuf(stdout);
	step("open the zone and the engines");
	zone = cmm_zone_open(name);
	must_cmm(zone, name);
	must_cmm(!cmm_zone_info(zone, &zone_info), "ask for the zone's size");
	log = must(kmsg_open(), "open the kernel's log");
	engines_open();
	take_picture(BEFORE);

	step("start the camera");
	frames_open(&frames);
	print_setting();
	step("make the buffers");
	make_buffers();

	step("capture frames, read them with the first engine");
	frames_capture(&frames, &result, &pages);
	take_picture(DURING);
	print_places();
	step("read the result with the second engine");
	judge();
	step("compare what the engines read with the frames");
	compare(&result);
	compare(&verdict);
	print_flow();

	step("unmap the first engine");
	unmap_first();
	step("read on with the second engine");
	check_second_works();
	step("write with the first engine where it was unmapped");
	check_stray(log);

	step("kill a process that holds buffers");
	kill_holder();

	step("give everything back");
	frames_close(&frames);
	shared_free(&result);
	shared_free(&verdict);
	engines_close();
	take_picture(AFTER);
	if (pictures[AFTER].used != pictures[BEFORE].used)
		fail("%llu bytes are in use, %llu were before",
		     (unsigned long long)pictures[AFTER].used,
		     (unsigned long long)pictures[BEFORE].used);
	print_pictures();
	cmm_zone_close(zone);
	close(log);
	puts("demo: PASS");
	return 0;
}
