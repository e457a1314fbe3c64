// SPDX-License-Identifier: MIT
/*
 * cmm-bench: what allocating and mapping cost, beside the kernel's CMA heap in the same
 * boot, and beside itself. Every ratio is printed with its goal, also where the
 * goal is missed. scripts/bench boots the kernel that it is meant for.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	void (*run)(const char *zone);
} benches[] = {
	{ "flatness", bench_flatness },
	{ "clean", bench_clean },
	{ "dirty", bench_dirty },
	{ "threads", bench_threads },
	{ "scrubber", bench_scrubber },
	{ "mapping", bench_mapping },
	{ "device", bench_device },
};

/* What every other figure contains. */
static void null_call(void)
{
	uint64_t start = now();
	int i;

	for (i = 0; i < 100000; i++)
		syscall(SYS_getppid);
	printf("a system call that does nothing: %llu ns\n",
	       (unsigned long long)(now() - start) / i);
}

static void run(const char *name, const char *zone)
{
	size_t i;

	for (i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		if (strcmp(benches[i].name, name))
			continue;
		printf("\n%s, zone %s\n", name, zone);
		benches[i].run(zone);
		fflush(stdout);
		return;
	}
	die("there is no measurement %s", name);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 4096, 4096 };
	int i;

	if (argc < 3)
		die("usage: cmm-bench ZONE MEASUREMENT...");
	if (setrlimit(RLIMIT_NOFILE, &files))
		die("4096 descriptors are more than allowed");
	null_call();
	for (i = 2; i < argc; i++)
		run(argv[i], argv[1]);
	return 0;
}
