// SPDX-License-Identifier: MIT
/*
 * Several threads that allocate and free at the same time, beside the CMA heap:
 * buffers per second. From clean memory each thread takes its buffers and holds
 * them; from dirty memory each frees one before it takes the next, and both
 * exporters clear every byte.
 */
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define MAX_THREADS	4
#define MAX_HELD	64

struct work {
	const struct exporter *exporter;
	uint64_t len;
	int count;
	bool hold;
	pthread_barrier_t *start;
};

static void take_and_hold(const struct work *work, int *fds)
{
	int i;

	for (i = 0; i < work->count; i++)
		fds[i] = exporter_alloc(work->exporter, work->len);
}

static void take_and_free(const struct work *work)
{
	int i;

	for (i = 0; i < work->count; i++)
		close(exporter_alloc(work->exporter, work->len));
}

static void *run(void *arg)
{
	const struct work *work = arg;
	int i, fds[MAX_HELD];

	pthread_barrier_wait(work->start);
	if (work->hold)
		take_and_hold(work, fds);
	else
		take_and_free(work);
	pthread_barrier_wait(work->start);
	for (i = 0; work->hold && i < work->count; i++)
		close(fds[i]);
	return NULL;
}

/* Nanoseconds per buffer. */
static double one_round(struct work *work, int threads)
{
	pthread_barrier_t start;
	pthread_t ids[MAX_THREADS];
	uint64_t began, took;
	int i;

	if (work->hold && !work->exporter->heap)
		wait_until_clean(work->exporter);
	pthread_barrier_init(&start, NULL, threads + 1);
	work->start = &start;
	for (i = 0; i < threads; i++)
		pthread_create(&ids[i], NULL, run, work);
	pthread_barrier_wait(&start);
	began = now();
	pthread_barrier_wait(&start);
	took = now() - began;
	for (i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	pthread_barrier_destroy(&start);
	return (double)took / (threads * work->count);
}

/* The median of rounds in the order ours, theirs, theirs, ours. */
static double ratio(struct work *ours, struct work *theirs, int threads)
{
	struct samples ratios = samples_new(32);
	double a, b, median;
	int i;

	one_round(ours, threads);
	one_round(theirs, threads);
	for (i = 0; i < 16; i++) {
		a = one_round(ours, threads);
		b = one_round(theirs, threads);
		b += one_round(theirs, threads);
		a += one_round(ours, threads);
		samples_add(&ratios, 1000 * b / a);
	}
	median = percentile(&ratios, 50) / 1000.0;
	samples_free(&ratios);
	return median;
}

void bench_threads(const char *name)
{
	static const uint64_t lens[] = { 4 * KIB, 64 * KIB, MIB };
	struct exporter zone = exporter_zone(name), cma = exporter_cma();
	int threads, hold;
	char what[80];
	size_t i;

	for (hold = 1; hold >= 0; hold--)
		for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
			for (threads = 1; threads <= MAX_THREADS; threads *= 2) {
				struct work ours = {
					.exporter = &zone,
					.len = lens[i],
					.count = lens[i] < MIB ? 60 : 20,
					.hold = hold,
				};
				struct work theirs = ours;

				theirs.exporter = &cma;
				snprintf(what, sizeof(what),
					 "%s, %s, %d thread%s, ours over the heap",
					 hold ? "clean" : "dirty",
					 size_text(lens[i]), threads,
					 threads > 1 ? "s" : "");
				tell(what, ratio(&ours, &theirs, threads),
				     AT_LEAST, hold && threads == 4 ? 4 : 1);
			}
	close(zone.fd);
	close(cma.fd);
}
