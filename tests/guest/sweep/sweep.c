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

#include "descriptors.h"
#include "driver.h"
#include "inject.h"
#include "kmemleak.h"
#include "kmsg.h"
#include "ktap.h"
#include "leakcheck.h"

#define ATTEMPT_SECONDS	300

static const struct operation *const tables[] = {
	sweep_zone, sweep_buffer, sweep_device, sweep_driver,
};

#define TABLES	(sizeof(tables) / sizeof(tables[0]))

/* What an operation's process reports; shared with the runner. */
struct result {
	bool done;
	unsigned int failures, tolerated;
	char reason[2 * KMSG_LINE];
};

static struct result *result;
/* The state before the first operation. */
static struct leakcheck before;
/* The parts of names on the command line. */
static int part_count;
static char **parts;

static bool __attribute__((format(printf, 1, 2))) wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result->reason, sizeof(result->reason), format, args);
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

static bool is_clean(const struct operation *op, int ret, bool injected)
{
	if (!injected)
		return !ret || wrong("it gave %s without a failure",
				     errno_name(ret));
	return !ret || ret == -ENOMEM || ret == -EFAULT ||
	       ret == -op->also[0] || ret == -op->also[1] ||
	       wrong("it gave %s", errno_name(ret));
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
		if (clean && (kmsg_is_bad(line) || (silent && is_the_drivers(line))))
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

static void sweep(const struct operation *op)
{
	unsigned int n, skipped = op->skip ? op->skip() : 0;
	struct leakcheck state = before;
	bool injected = true;

	state.log = kmsg_open();
	state.descriptors = count_descriptors();
	/* A page fault that fails is tried again, with a word in the log. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	for (n = 1 + skipped; injected; n++) {
		if (!try(op, n, &injected, &state))
			return;
		result->failures += injected;
	}
	result->done = true;
}

/* --- in the runner --- */

/* Runs an operation in its own process and reports it. */
static void run(const struct operation *op, const char *name)
{
	char reason[sizeof(result->reason) + 64];
	pid_t pid;
	int status;

	memset(result, 0, sizeof(*result));
	pid = fork();
	if (!pid) {
		sweep(op);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		wrong("no process: %s", strerrorname_np(errno));
	else if (WIFSIGNALED(status))
		wrong("killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
	if (!result->done)
		driver_restore();
	snprintf(reason, sizeof(reason), "failure %u: %s", result->failures + 1,
		 result->reason);
	ktap_result(result->done ? PASSED : FAILED, name, reason);
	ktap_note("%u failures, %u of them tolerated", result->failures,
		  result->tolerated);
}

static unsigned int planned;

static void plan(const struct operation *op, const char *name)
{
	(void)op;
	(void)name;
	planned++;
}

typedef void (*operation_visitor)(const struct operation *op, const char *name);

static bool is_wanted(const char *name)
{
	int i;

	for (i = 0; i < part_count; i++) {
		if (strstr(name, parts[i]))
			return true;
	}
	return !part_count;
}

/* Visits the operations of a table that the command line selects. */
static void visit_table(const struct operation *op, const char *zone,
			operation_visitor visit)
{
	char name[128];

	for (; op->name; op++) {
		snprintf(name, sizeof(name), "%s/%s", zone, op->name);
		if (is_wanted(name))
			visit(op, name);
	}
}

/* Visits them for ZONE. */
static void visit_zone(operation_visitor visit)
{
	size_t table;

	if (zone_is_protected()) {
		visit_table(sweep_protected, ZONE, visit);
		return;
	}
	for (table = 0; table < TABLES; table++)
		visit_table(tables[table], ZONE, visit);
}

/* Visits the operations of all zones. Exits if a zone's memory is not known. */
static void visit_all(const struct board_zones *zones, operation_visitor visit)
{
	int i;

	for (i = 0; i < zones->count; i++) {
		if (driver_choose(zones->names[i])) {
			fprintf(stderr, "cmm-sweep: cannot find the memory of zone %s\n",
				zones->names[i]);
			exit(1);
		}
		visit_zone(visit);
	}
	visit_table(sweep_module, "all", visit);
}

static int run_all(void)
{
	struct board_zones zones;

	if (!leakcheck_start(&before, &zones))
		return 1;
	visit_all(&zones, plan);
	ktap_plan(planned + kmemleak_is_there());
	visit_all(&zones, run);
	leakcheck_stop(&before);
	kmemleak_test();
	return ktap_end();
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
		ktap_plan(1);
		ktap_result(SKIPPED, "sweep", reason);
		return ktap_end();
	}
	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED) {
		perror("cmm-sweep: mmap");
		return 1;
	}
	parts = argv + 1;
	part_count = argc - 1;
	return run_all();
}
