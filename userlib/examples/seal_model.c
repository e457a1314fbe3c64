// SPDX-License-Identifier: MIT
/*
 * Loads a model, makes it read-only for ever, and lets two worker processes read the
 * one copy.
 *
 *	example-seal_model FILE [ZONE]
 */
#include <cmm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS	2

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, cmm_strerror(errno));
	exit(1);
}

/* Returns a read-only handle of the loaded file. No other handle exists. */
static struct cmm_buf *load(struct cmm_zone *zone, const char *path, size_t *size)
{
	struct cmm_buf *buf, *sealed;
	struct stat file;

	if (stat(path, &file))
		fail(path);
	*size = (size_t)file.st_size;
	buf = cmm_buf_alloc(zone, *size, 0, 0, "model");
	if (!buf || cmm_buf_load_file(buf, 0, path) < 0)
		fail("load");
	/* Fails while a mapping or a device could still write. */
	sealed = cmm_buf_view(buf, 0, cmm_buf_len(buf), CMM_VIEW_PERMANENT);
	if (!sealed)
		fail("seal");
	cmm_buf_close(buf);
	return sealed;
}

/* The handle came here by fork(). A program of its own would import a descriptor. */
static void read_model(struct cmm_buf *model, size_t size)
{
	const unsigned char *bytes = cmm_buf_map(model);
	unsigned int sum = 0;
	size_t i;

	if (!bytes || cmm_buf_sync_begin(model, CMM_CPU_READ))
		fail("map");
	for (i = 0; i < size; i++)
		sum += bytes[i];
	cmm_buf_sync_end(model, CMM_CPU_READ);
	if (mmap(NULL, size, PROT_WRITE, MAP_SHARED, cmm_buf_fd(model), 0) != MAP_FAILED ||
	    errno != EACCES)
		fail("the model is writable");
	printf("worker: sum %u, not writable\n", sum);
	cmm_buf_close(model);
}

int main(int argc, char **argv)
{
	struct cmm_zone *zone;
	struct cmm_buf *model;
	int i, status, failed = 0;
	size_t size;

	if (argc < 2) {
		fprintf(stderr, "usage: example-seal_model FILE [ZONE]\n");
		return 2;
	}
	zone = cmm_zone_open(argc > 2 ? argv[2] : NULL);
	if (!zone)
		fail("zone");
	model = load(zone, argv[1], &size);
	cmm_zone_close(zone);
	for (i = 0; i < WORKERS; i++) {
		pid_t child = fork();

		if (child < 0)
			fail("fork");
		if (child)
			continue;
		read_model(model, size);
		return 0;
	}
	for (i = 0; i < WORKERS; i++)
		failed |= wait(&status) < 0 || status;
	cmm_buf_close(model);
	return failed;
}
