// SPDX-License-Identifier: MIT
/*
 * cmm-sweep: does every operation once more for each allocation, or access to a
 * user's memory, that the kernel makes for it, and has just that one fail.
 *
 * Each attempt must end with success, if the kernel got along, or an errno that
 * says what happened, keep its descriptors, leave nothing in use, and nothing in
 * the kernel's log. Each operation is a process.
 */
#include "sweep.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"
#include "inject.h"
#include "kmemleak.h"
#include "kmsg.h"
#include "leakcheck.h"

#define ATTEMPT_SECONDS	300

static const struct operation *const tables[] = {
	sweep_zone, sweep_buffer, sweep_device, sweep_driver,
};

#define TABLES	(sizeof(tables) / sizeof(tables[0]))

/* What an operation's process reports. */
struct result {
	bool done;
	unsigned int failures, tolerated;
};

static struct result *result;
static char failure[2 * KMSG_LINE];

static bool __attribute__((format(printf, 1, 2))) wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(failure, sizeof(failure), format, args);
	va_end(args);
	return false;
}

static const char *errno_name(int ret)
{
	const char *name = strerrorname_np(-ret);

	return ret ? name ? name : "an unknown errno" : "success";
}

int sweep_expect(int ret, int wanted)
{
	if (ret == wanted)
		return 0;
	return ret < 0 ? ret : -EPROTO;
}

/* --- in an operation's process --- */

static int count_descriptors(void)
{
	struct leakcheck state;

	leakcheck_read(&state);
	return state.descriptors;
}

static bool is_clean(const struct operation *op, int ret, bool injected)
{
	if (!injected)
		return !ret || wrong("it gave %s without a failure",
				     errno_name(ret));
	return !ret || ret == -ENOMEM || ret == -EFAULT ||
	       ret == -op->also[0] || ret == -op->also[1] ||
	       wrong("it gave %s", errno_name(ret));
}

/* Kmemleak lacked memory for a record that would have narrowed its search. */
static bool is_noise(const char *line)
{
	return !strcmp(line,
		       "kmemleak: Cannot allocate a scan area, scanning the full object");
}

static bool is_the_drivers(const char *line)
{
	return !strncmp(line, "cmm: ", 5) || !strncmp(line, "cmm ", 4);
}

/* Reads a warning to its end; whether it is of that function. */
static bool is_warning_of(const char *function, int log)
{
	char line[KMSG_LINE], wanted[64];
	bool is = false;

	snprintf(wanted, sizeof(wanted), " %s+", function);
	while (kmsg_next(log, line) && !strstr(line, "end trace"))
		is |= strstr(line, "WARNING:") && strstr(line, wanted);
	return is;
}

/* Nothing bad, and nothing of the driver's if that has to be silent. */
static bool log_is_clean(const struct operation *op, int log, bool silent)
{
	char line[KMSG_LINE];
	bool clean = true;

	while (kmsg_next(log, line)) {
		if (op->warns && strstr(line, "cut here") &&
		    is_warning_of(op->warns, log))
			continue;
		if (clean && !is_noise(line) &&
		    (kmsg_is_trouble(line) || (silent && is_the_drivers(line))))
			clean = wrong("the kernel's log: %s", line);
	}
	return clean;
}

/* Once more, and the n-th fails; *injected says whether there was one. */
static bool attempt(const struct operation *op, unsigned int n, int log,
		    bool *injected)
{
	struct scene scene = {};
	int first = dup(STDOUT_FILENO);
	int before, ret = op->prepare ? op->prepare(&scene) : 0;

	if (ret)
		return wrong("its preparation gave %s", errno_name(ret));
	if (!log_is_clean(op, log, false))
		return false;
	before = count_descriptors();
	inject_arm(n);
	ret = op->run(&scene);
	*injected = inject_disarm();
	if (count_descriptors() != before)
		return wrong("it left a descriptor, or took one");
	if (scene.at)
		munmap(scene.at, SWEEP_LEN);
	if (scene.also_at)
		munmap(scene.also_at, SWEEP_LEN);
	close_range(first, ~0U, 0);
	result->tolerated += *injected && !ret;
	return is_clean(op, ret, *injected);
}

static bool try(const struct operation *op, unsigned int n, bool *injected,
		const struct leakcheck *before)
{
	char text[256];

	alarm(ATTEMPT_SECONDS);
	if (!attempt(op, n, before->log, injected))
		return false;
	if (op->driver) {
		driver_restore();
		/* Most of the time would be spent on clearing the zone, each time. */
		zone_set_attribute(ZONE, "scrub", "alloc");
	}
	if (!leakcheck_compare(before, text, sizeof(text)))
		return wrong("not given back: %s", text);
	return log_is_clean(op, before->log, !op->driver);
}

static void sweep(const struct operation *op, struct leakcheck before)
{
	unsigned int n, skipped = op->skip ? op->skip() : 0;
	bool injected = true;

	before.log = kmsg_open();
	before.descriptors = count_descriptors();
	/* A page fault that fails is tried again, with a word in the log. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	for (n = 1 + skipped; injected; n++) {
		if (!try(op, n, &injected, &before)) {
			printf("not ok - %s: failure %u: %s\n", op->name, n,
			       failure);
			return;
		}
		result->failures += injected;
	}
	result->done = true;
}

/* --- in the runner --- */

/* Whether it went well, and how often something failed in it. */
static bool run(const struct operation *op, const struct leakcheck *before,
		unsigned int *failures)
{
	pid_t pid;
	int status;

	memset(result, 0, sizeof(*result));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		sweep(op, *before);
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		printf("not ok - %s: no process: %s\n", op->name,
		       strerrorname_np(errno));
	else if (WIFSIGNALED(status))
		printf("not ok - %s: failure %u: killed by SIG%s\n", op->name,
		       result->failures + 1, sigabbrev_np(WTERMSIG(status)));
	if (!result->done)
		driver_restore();
	*failures = result->failures;
	return result->done;
}

/* What came of all operations. */
struct totals {
	unsigned int passed, failed, failures;
};

static bool is_wanted(const char *name, int count, char **patterns)
{
	int i;

	for (i = 0; i < count; i++) {
		if (strstr(name, patterns[i]))
			return true;
	}
	return !count;
}

static void run_table(const struct operation *op, const char *zone,
		      const struct leakcheck *before, struct totals *totals,
		      int count, char **patterns)
{
	unsigned int failures;
	char name[128];

	for (; op->name; op++) {
		snprintf(name, sizeof(name), "%s/%s", zone, op->name);
		if (!is_wanted(name, count, patterns))
			continue;
		if (run(op, before, &failures))
			totals->passed++;
		else
			totals->failed++;
		totals->failures += failures;
		printf("%8u %9u  %s\n", failures, result->tolerated, name);
	}
}

static int run_all(int count, char **patterns)
{
	struct totals totals = {};
	struct board_zones zones;
	struct leakcheck before;
	size_t table;
	int i;

	if (!leakcheck_start(&before, &zones))
		return 1;
	printf("failures tolerated  of\n");
	for (i = 0; i < zones.count; i++) {
		if (driver_choose(zones.names[i])) {
			printf("not ok - %s: where it is in memory is not to be found\n",
			       zones.names[i]);
			totals.failed++;
			continue;
		}
		if (zone_is_protected()) {
			run_table(sweep_protected, ZONE, &before, &totals,
				  count, patterns);
			continue;
		}
		for (table = 0; table < TABLES; table++)
			run_table(tables[table], ZONE, &before, &totals, count,
				  patterns);
	}
	run_table(sweep_module, "all", &before, &totals, count, patterns);
	leakcheck_stop(&before);
	printf("%u operations, %u injection points\n",
	       totals.passed + totals.failed, totals.failures);
	totals.failed += kmemleak_report() > 0;
	printf("%u passed, %u failed, 0 skipped\n", totals.passed,
	       totals.failed);
	return totals.failed || !totals.passed;
}

/*
 * The C library shares a structure with the kernel (rseq) that the kernel updates
 * whenever a thread was preempted, and kills the thread if that fails. It is not
 * what the operations do: this program does without.
 */
static void do_without_rseq(char **argv)
{
	static const char tunable[] = "glibc.pthread.rseq=0";
	const char *set = getenv("GLIBC_TUNABLES");

	if (set && !strcmp(set, tunable))
		return;
	setenv("GLIBC_TUNABLES", tunable, 1);
	execv("/proc/self/exe", argv);
	perror("cmm-sweep: /proc/self/exe");
	exit(1);
}

int main(int argc, char **argv)
{
	const char *reason;

	do_without_rseq(argv);

	if (argc > 1 && argv[1][0] == '-') {
		fprintf(stderr, "usage: cmm-sweep [PART-OF-ZONE/OPERATION...]\n");
		return 2;
	}
	reason = inject_start();
	if (reason) {
		printf("skip - sweep: %s\n0 passed, 0 failed, 1 skipped\n",
		       reason);
		return 1;
	}
	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED) {
		perror("cmm-sweep: mmap");
		return 1;
	}
	return run_all(argc - 1, argv + 1);
}
