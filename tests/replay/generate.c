// SPDX-License-Identifier: MIT
/*
 * Writes a trace: the allocations and frees of a board.
 *
 *   generate camera|npu|jpeg|mixed 105M|1G|3G SEED
 *
 * Each line of the trace is "+ NUMBER BYTES" for an allocation or "- NUMBER" for a free.
 * A line that begins with # is a comment. The same arguments always write the same trace.
 *
 * The traces are synthetic. The sizes are realistic: frames of usual resolutions (NV12,
 * packed 12 bit raw, RGB tensors, lines of a multiple of 64 bytes), and the weights of
 * common networks with 8 bits each. These actors allocate buffers:
 *
 * - A camera runs in a mode for some time. It allocates rings of frames at the start and
 *   frees them at the end. The next mode starts soon after.
 * - An NPU program loads a model (weights and scratch memory), allocates tensors for
 *   inferences, and unloads the model.
 * - A photo program takes bursts of pictures: raw and full frames with a short life, and
 *   a JPEG of varying size with a longer life.
 * - A small job allocates buffers of 4 to 256 KiB: commands, overlays, statistics.
 *
 * Times are random and independent, with each octave equally likely. Real times are more
 * regular and leave fewer holes. So the traces exaggerate the waste of every policy:
 * compare policies, not boards. No actor allocates if that would use more than nine
 * tenths of the memory.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB		1024ULL
#define MIB		(1024 * KIB)
#define SECOND		1000ULL			/* times are in milliseconds */
#define MAX_LIVE	4096
#define MAX_ACTORS	16
#define BUFFERS		25000			/* in a trace */

struct ring {
	unsigned int frames;
	uint64_t bytes;
};

struct mode {
	struct ring rings[4];
};

struct network {
	uint64_t weights;
	uint64_t scratch;
	uint64_t input;
	uint64_t output;
};

struct board {
	const char *name;
	uint64_t memory;
	unsigned int modes, networks;
	struct mode mode[6];
	struct network network[8];
	uint64_t still_raw, still_frame;
	unsigned int cameras, users, photographers, jobs;	/* of "mixed" */
};

#define STRIDE(width)		(((width) + 63ULL) / 64 * 64)
#define NV12(width, height)	(STRIDE(width) * (height) * 3 / 2)
#define RAW12(width, height)	(STRIDE((width) * 3 / 2) * (height))
#define RGB(width, height)	(STRIDE((width) * 3) * (height))

static const struct board boards[] = {
	{
		.name = "105M", .memory = 105 * MIB,
		.modes = 5,
		.mode = {
			{ { { 3, RAW12(2560, 1440) }, { 4, NV12(2560, 1440) },
			    { 3, NV12(640, 360) } } },
			{ { { 3, RAW12(1920, 1080) }, { 5, NV12(1920, 1080) },
			    { 3, RGB(640, 640) } } },
			{ { { 4, NV12(1920, 1080) }, { 4, NV12(1280, 720) }, { 2, 1 * MIB } } },
			{ { { 6, NV12(1280, 720) }, { 3, RGB(320, 320) } } },
			{ { { 4, NV12(640, 480) }, { 2, 512 * KIB } } },
		},
		.networks = 5,
		.network = {
			{ 3300 * KIB, 5200 * KIB, RGB(640, 640), 700 * KIB },	/* YOLOv8n */
			{ 11 * MIB, 9 * MIB, RGB(640, 640), 700 * KIB },	/* YOLOv8s */
			{ 3600 * KIB, 2 * MIB, RGB(224, 224), 4 * KIB },	/* MobileNetV2 */
			{ 500 * KIB, 3 * MIB, RGB(320, 320), 120 * KIB },	/* face finder */
			{ 1700 * KIB, 1300 * KIB, RGB(112, 112), 4 * KIB },	/* face features */
		},
		.still_raw = RAW12(2560, 1440), .still_frame = NV12(2560, 1440),
		.cameras = 2, .users = 2, .photographers = 1, .jobs = 3,
	}, {
		.name = "1G", .memory = 1024 * MIB,
		.modes = 6,
		.mode = {
			{ { { 4, RAW12(3840, 2160) }, { 8, NV12(3840, 2160) },
			    { 4, NV12(1280, 720) } } },
			{ { { 4, RAW12(3840, 2160) }, { 6, NV12(3840, 2160) },
			    { 6, NV12(1920, 1080) },
			    { 4, 4 * MIB } } },
			{ { { 3, RAW12(2560, 1440) }, { 6, NV12(2560, 1440) },
			    { 3, RGB(640, 640) } } },
			{ { { 3, RAW12(1920, 1080) }, { 8, NV12(1920, 1080) }, { 4, 2 * MIB } } },
			{ { { 8, NV12(1920, 1080) }, { 4, NV12(640, 360) } } },
			{ { { 6, NV12(1280, 720) }, { 4, RGB(320, 320) } } },
		},
		.networks = 8,
		.network = {
			{ 3300 * KIB, 5200 * KIB, RGB(640, 640), 700 * KIB },	/* YOLOv8n */
			{ 11 * MIB, 9 * MIB, RGB(640, 640), 700 * KIB },	/* YOLOv8s */
			{ 26 * MIB, 15 * MIB, RGB(640, 640), 700 * KIB },	/* YOLOv8m */
			{ 25 * MIB, 7 * MIB, RGB(224, 224), 4 * KIB },		/* ResNet-50 */
			{ 87 * MIB, 24 * MIB, RGB(224, 224), 4 * KIB },		/* ViT-B */
			{ 74 * MIB, 30 * MIB, 470 * KIB, 2300 * KIB },		/* Whisper base */
			{ 245 * MIB, 60 * MIB, 470 * KIB, 4500 * KIB },		/* Whisper small */
			{ 6 * MIB, 12 * MIB, NV12(1920, 1080), NV12(1920, 1080) }, /* denoiser */
		},
		.still_raw = RAW12(4608, 2592), .still_frame = NV12(4608, 2592),
		.cameras = 3, .users = 3, .photographers = 1, .jobs = 4,
	}, {
		.name = "3G", .memory = 3072 * MIB,
		.modes = 6,
		.mode = {
			{ { { 4, RAW12(7680, 4320) }, { 6, NV12(7680, 4320) },
			    { 4, NV12(1920, 1080) } } },
			{ { { 4, RAW12(3840, 2160) }, { 10, NV12(3840, 2160) },
			    { 4, NV12(1280, 720) } } },
			{ { { 4, RAW12(3840, 2160) }, { 6, NV12(3840, 2160) },
			    { 6, NV12(1920, 1080) },
			    { 4, 4 * MIB } } },
			{ { { 3, RAW12(2560, 1440) }, { 8, NV12(2560, 1440) },
			    { 4, RGB(640, 640) } } },
			{ { { 8, NV12(1920, 1080) }, { 4, 2 * MIB } } },
			{ { { 6, NV12(1280, 720) }, { 4, RGB(320, 320) } } },
		},
		.networks = 8,
		.network = {
			{ 11 * MIB, 9 * MIB, RGB(640, 640), 700 * KIB },	/* YOLOv8s */
			{ 26 * MIB, 15 * MIB, RGB(640, 640), 700 * KIB },	/* YOLOv8m */
			{ 68 * MIB, 28 * MIB, RGB(1280, 1280), 2800 * KIB },	/* YOLOv8x */
			{ 87 * MIB, 24 * MIB, RGB(224, 224), 4 * KIB },		/* ViT-B */
			{ 245 * MIB, 60 * MIB, 470 * KIB, 4500 * KIB },		/* Whisper small */
			{ 304 * MIB, 48 * MIB, RGB(336, 336), 2300 * KIB },	/* CLIP ViT-L */
			/* 0.5 G parameters */
			{ 500 * MIB, 110 * MIB, 64 * KIB, 600 * KIB },
			/* 1.5 G parameters */
			{ 1500 * MIB, 220 * MIB, 64 * KIB, 600 * KIB },
		},
		.still_raw = RAW12(8192, 6144), .still_frame = NV12(8192, 6144),
		.cameras = 4, .users = 4, .photographers = 2, .jobs = 6,
	},
};

static const struct board *board;
static uint64_t random_state, now, taken;
static unsigned int buffers;

static struct live {
	unsigned int number;
	uint64_t bytes;
	uint64_t dies;
} live[MAX_LIVE];

static unsigned int live_count;

static uint64_t below(uint64_t limit)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (random_state >> 24) % limit;
}

/* Returns a number from @low to @low << @octaves, each octave equally likely. */
static uint64_t spread(uint64_t low, unsigned int octaves)
{
	low <<= below(octaves);
	return low + below(low);
}

static bool has_room(uint64_t bytes)
{
	return taken + bytes <= board->memory / 10 * 9;
}

static void take(uint64_t bytes, uint64_t life)
{
	if (live_count == MAX_LIVE) {
		fprintf(stderr, "generate: raise MAX_LIVE.\n");
		exit(1);
	}
	live[live_count++] = (struct live) { buffers, bytes, now + life };
	taken += bytes;
	printf("+ %u %" PRIu64 "\n", buffers++, bytes);
}

static void give_back(unsigned int i)
{
	printf("- %u\n", live[i].number);
	taken -= live[i].bytes;
	/* Keep the order: buffers that were allocated together are freed in it. */
	memmove(&live[i], &live[i + 1], (--live_count - i) * sizeof(*live));
}

/*
 * The actors. Each call is one action. It returns the time until the next one. The state
 * is for the NPU program: its loaded network, and when it unloads it.
 */
struct state {
	uint64_t ends;
	const struct network *network;
};

static uint64_t camera(struct state *state)
{
	const struct mode *mode = &board->mode[below(board->modes)];
	const uint64_t life = spread(SECOND / 2, 8);
	unsigned int ring, frame;
	uint64_t bytes = 0;

	(void)state;
	for (ring = 0; ring < 4; ring++)
		bytes += mode->rings[ring].frames * mode->rings[ring].bytes;
	if (!has_room(bytes))
		return SECOND;
	for (ring = 0; ring < 4; ring++)
		for (frame = 0; frame < mode->rings[ring].frames; frame++)
			take(mode->rings[ring].bytes, life);
	return life + spread(SECOND / 50, 6);
}

static uint64_t npu(struct state *state)
{
	const struct network *network = state->network;
	uint64_t life;

	if (now < state->ends) {
		if (has_room(network->input + network->output)) {
			take(network->input, spread(10, 4));
			take(network->output, spread(20, 4));
		}
		return spread(SECOND / 4, 4);
	}
	network = &board->network[below(board->networks)];
	if (!has_room(network->weights + network->scratch))
		return SECOND;
	life = spread(SECOND, 8);
	take(network->weights, life);
	take(network->scratch, life);
	state->network = network;
	state->ends = now + life;
	return spread(SECOND / 4, 4);
}

static uint64_t photographer(struct state *state)
{
	const uint64_t jpeg = board->still_frame / 20 + below(board->still_frame / 4);

	(void)state;
	if (!has_room(board->still_raw + board->still_frame + jpeg))
		return SECOND;
	take(board->still_raw, spread(SECOND / 5, 2));
	take(board->still_frame, spread(SECOND / 3, 3));
	take(jpeg, spread(SECOND / 2, 6));
	/* The next picture of the burst, or the next burst. */
	return below(4) ? SECOND / 8 : spread(SECOND, 6);
}

static uint64_t job(struct state *state)
{
	const uint64_t bytes = spread(4 * KIB, 6);

	(void)state;
	if (has_room(bytes))
		take(bytes, spread(SECOND / 10, 10));
	return spread(SECOND / 5, 5);
}

static struct actor {
	uint64_t (*act)(struct state *state);
	struct state state;
	uint64_t wakes;
} actors[MAX_ACTORS];

static unsigned int actor_count;

static void add_actors(unsigned int count, uint64_t (*act)(struct state *state))
{
	while (count--)
		actors[actor_count++] = (struct actor) { act, { 0 }, below(SECOND) };
}

static bool add_scenario(const char *scenario)
{
	if (!strcmp(scenario, "camera"))
		add_actors(board->cameras + 1, camera);
	else if (!strcmp(scenario, "npu"))
		add_actors(board->users + 1, npu);
	else if (!strcmp(scenario, "jpeg"))
		add_actors(board->photographers + 1, photographer);
	else if (strcmp(scenario, "mixed"))
		return false;
	if (!strcmp(scenario, "jpeg") || !strcmp(scenario, "mixed"))
		add_actors(1, camera);
	if (!strcmp(scenario, "mixed")) {
		add_actors(board->cameras - 1, camera);
		add_actors(board->users, npu);
		add_actors(board->photographers, photographer);
	}
	add_actors(board->jobs, job);
	return true;
}

/* Does the next event: a free, or an action of an actor. */
static void happen(void)
{
	struct actor *next = &actors[0];
	unsigned int i, dies = 0;

	for (i = 1; i < actor_count; i++)
		if (actors[i].wakes < next->wakes)
			next = &actors[i];
	for (i = 1; i < live_count; i++)
		if (live[i].dies < live[dies].dies)
			dies = i;
	if (live_count && live[dies].dies <= next->wakes) {
		now = live[dies].dies;
		give_back(dies);
		return;
	}
	now = next->wakes;
	next->wakes = now + next->act(&next->state);
}

int main(int argc, char **argv)
{
	for (board = boards; argc == 4; board++) {
		if (board == boards + sizeof(boards) / sizeof(*boards))
			break;
		if (strcmp(board->name, argv[2]))
			continue;
		random_state = strtoul(argv[3], NULL, 10);
		if (!add_scenario(argv[1]))
			break;
		printf("# %s %s %s\n", argv[1], argv[2], argv[3]);
		while (buffers < BUFFERS)
			happen();
		return 0;
	}
	fprintf(stderr, "usage: generate camera|npu|jpeg|mixed 105M|1G|3G SEED\n");
	return 1;
}
