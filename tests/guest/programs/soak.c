// SPDX-License-Identifier: MIT
/*
 * cmm-soak: hands out very much memory to processes that spoil it, some of which
 * are killed in the middle of it, and looks at every byte of every buffer first.
 *
 *	cmm-soak GIB ZONE...
 *
 * One test: passed if all bytes were zero and all memory is back.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "zone.h"

#define PER_ZONE	2
#define MAX_WORKERS	16
/* Buffers that a worker holds at most. */
#define HELD		8
/* Largest buffer: 2^MAX_ORDER bytes. */
#define MAX_ORDER	24
/* Seconds between two kills. */
#define KILL_EVERY	2

/* What the workers report; shared with all of them. */
struct totals {
	atomic_ullong bytes;
	atomic_ullong buffers;
	atomic_ullong bad;
	atomic_ullong errors;
};

static struct totals *totals;
static unsigned long long target;

/* 64 bytes at once, and what is over one by one. */
typedef uint64_t chunk __attribute__((vector_size(64), may_alias));

static uint64_t count_bad(const uint8_t *at, size_t len)
{
	const chunk *chunks = (const chunk *)at;
	chunk all = {};
	uint64_t bad = 0;
	size_t i;

	for (i = 0; i < len / sizeof(chunk); i++)
		all |= chunks[i];
	if (!(all[0] | all[1] | all[2] | all[3] |
	      all[4] | all[5] | all[6] | all[7]))
		return 0;
	for (i = 0; i < len; i++)
		bad += at[i] != 0;
	return bad;
}

/* Whole pages, of every magnitude alike. */
static uint64_t random_len(unsigned int *seed)
{
	uint64_t top = 1ULL << (12 + rand_r(seed) % (MAX_ORDER - 12));

	return (top + rand_r(seed) % top) & ~(PAGE - 1);
}

static int complain(const char *what, int error)
{
	totals->errors++;
	ktap_note("%s: %s", what, strerror(-error));
	return error;
}

/* Looks at all of a new buffer, and spoils it. */
static int use(int fd, uint64_t len)
{
	uint8_t *at = zone_map(fd, len);

	if (!at)
		return complain("mmap", -errno);
	totals->bad += count_bad(at, len);
	memset(at, 0xff, len);
	munmap(at, len);
	totals->buffers++;
	totals->bytes += len;
	return 0;
}

static void let_go(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int take(int node, int *fds, unsigned int *seed)
{
	uint32_t flags = rand_r(seed) % 4 ? 0 : zone_wc();
	uint64_t len = random_len(seed);
	int i = rand_r(seed) % HELD;

	let_go(&fds[i]);
	fds[i] = zone_alloc(node, len, flags);
	if (fds[i] >= 0)
		return use(fds[i], len);
	/* Others have it all: give something back. */
	if (fds[i] != -ENOSPC && fds[i] != -ENOBUFS)
		return complain("allocation", fds[i]);
	let_go(&fds[rand_r(seed) % HELD]);
	return 0;
}

static void work(const char *zone, unsigned int seed)
{
	int fds[HELD], node = zone_open(zone);
	size_t i;

	if (node < 0) {
		complain(zone, node);
		return;
	}
	for (i = 0; i < HELD; i++)
		fds[i] = -1;
	while (totals->bytes < target && !take(node, fds, &seed))
		;
}

static pid_t start_worker(const char *zone, unsigned int seed)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	work(zone, seed);
	fflush(stdout);
	_exit(0);
}

/* Until the target is reached or something is wrong. Returns the kills. */
static unsigned int disturb(pid_t *pids, char **zones, int count)
{
	unsigned int kills = 0, seed = 1;
	int i;

	while (totals->bytes < target && !totals->errors) {
		sleep(KILL_EVERY);
		i = rand_r(&seed) % (count * PER_ZONE);
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
		pids[i] = start_worker(zones[i % count], rand_r(&seed));
		kills++;
	}
	return kills;
}

static bool all_is_back(char **zones, int count)
{
	bool back = true;
	int i, node;

	for (i = 0; i < count; i++) {
		node = zone_open(zones[i]);
		if (zone_used(node)) {
			ktap_note("%s: %llu bytes are in use", zones[i],
				  (unsigned long long)zone_used(node));
			back = false;
		}
		close(node);
	}
	return back;
}

int main(int argc, char **argv)
{
	int i, count = argc - 2;
	pid_t pids[MAX_WORKERS];
	unsigned int kills;
	bool good;

	if (argc < 3 || count * PER_ZONE > MAX_WORKERS) {
		fprintf(stderr, "usage: cmm-soak GIB ZONE...\n");
		return 2;
	}
	target = strtoull(argv[1], NULL, 0) << 30;
	totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (totals == MAP_FAILED)
		return 2;

	ktap_plan(1);
	for (i = 0; i < count * PER_ZONE; i++)
		pids[i] = start_worker(argv[2 + i % count], i + 1);
	kills = disturb(pids, argv + 2, count);
	while (wait(NULL) > 0)
		;

	good = all_is_back(argv + 2, count) && !totals->errors && !totals->bad;
	ktap_note("%llu bytes in %llu buffers, %u processes killed: %llu bytes were not zero",
		  totals->bytes, totals->buffers, kills, totals->bad);
	ktap_test(good, "soak/every_byte_of_each_new_buffer_is_zero");
	return ktap_end();
}
