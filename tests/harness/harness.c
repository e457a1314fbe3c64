// SPDX-License-Identifier: MIT
/*
 * The test harness: see harness.h. Each test runs in a session of its own, so that the
 * harness can end every process that the test leaves running. The test's processes
 * report through a page that they all share.
 */
#include "harness.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REASON_LEN	1024

/* What the running test reports; shared with all its processes. */
struct report {
	enum verdict verdict;
	char note[256];
	char waiting[256];
	char reason[REASON_LEN];
};

static struct test *tests;
static struct report *report;
/* How many times longer than on the reference kernel tests may take. */
static unsigned int timeout_multiplier = 1;
/* The parts of names on the command line. */
static int part_count;
static char **parts;

/* --- in the test's processes --- */

void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(report->note, sizeof(report->note), format, args);
	va_end(args);
}

void wait_begin(const char *file, int line, const char *condition)
{
	snprintf(report->waiting, sizeof(report->waiting),
		 ": %s:%d waits until %s", file, line, condition);
}

void wait_a_moment(void)
{
	usleep(10000);
}

void wait_end(void)
{
	report->waiting[0] = '\0';
}

/* The first failure is the one that counts. */
static void set_verdict(enum verdict verdict, const char *format, va_list args)
{
	if (report->verdict != PASSED)
		return;
	report->verdict = verdict;
	vsnprintf(report->reason, sizeof(report->reason), format, args);
}

static void set_failed(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static void set_failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_verdict(FAILED, format, args);
	va_end(args);
}

void fail_at(const char *file, int line, const char *format, ...)
{
	char text[REASON_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	set_failed("%s:%d: %s%s%s%s", file, line, text,
		   report->note[0] ? " [" : "", report->note,
		   report->note[0] ? "]" : "");
	_exit(1);
}

void skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_verdict(SKIPPED, format, args);
	va_end(args);
	_exit(0);
}

static const char *errno_name(int number)
{
	const char *name = strerrorname_np(number);

	return name ? name : "an unknown errno";
}

void assert_streq(const char *file, int line, const char *what,
		  const char *got, const char *want)
{
	if (strcmp(got, want))
		fail_at(file, line, "%s is \"%s\", not \"%s\"", what, got,
			want);
}

long assert_ok(const char *file, int line, const char *what, long ret)
{
	if (ret < 0)
		fail_at(file, line, "%s gave %s", what, errno_name(-ret));
	return ret;
}

void assert_err(const char *file, int line, const char *what, long ret,
		int errno_wanted)
{
	if (ret >= 0)
		fail_at(file, line, "%s gave %ld, not %s", what, ret,
			errno_name(errno_wanted));
	if (ret != -errno_wanted)
		fail_at(file, line, "%s gave %s, not %s", what,
			errno_name(-ret), errno_name(errno_wanted));
}

pid_t fork_to(void (*run)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid < 0)
		FAIL("fork: %s", errno_name(errno));
	if (!pid) {
		run(arg);
		_exit(0);
	}
	return pid;
}

void join(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0)
		FAIL("waitpid: %s", errno_name(errno));
	if (WIFSIGNALED(status))
		FAIL("the child was killed by SIG%s",
		     sigabbrev_np(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		FAIL("the child exited with status %d", WEXITSTATUS(status));
}

char child_state(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			FAIL("%s is not as expected", path);
		fclose(file);
	}
	return state;
}

/* Does not return. Uses exit(), so that sanitizers look for leaks of this process. */
static void run_test(const struct test *test, const struct harness_checks *checks)
{
	char wrong[REASON_LEN];

	setsid();
	checks->before();
	test->run();
	if (!checks->after(wrong, sizeof(wrong)))
		set_failed("not given back: %s", wrong);
	exit(report->verdict == FAILED);
}

/* --- in the runner --- */

void harness_name(const struct test *test, char *name, size_t size)
{
	const char *base = strrchr(test->file, '/');
	int len;

	base = base ? base + 1 : test->file;
	if (!strncmp(base, "test_", 5))
		base += 5;
	len = strcspn(base, ".");
	snprintf(name, size, "%.*s/%s", len, base, test->name);
}

static bool comes_before(const struct test *a, const struct test *b)
{
	int order = strcmp(a->file, b->file);

	return order ? order < 0 : a->line < b->line;
}

void harness_add(struct test *test)
{
	struct test **link = &tests;

	while (*link && comes_before(*link, test))
		link = &(*link)->next;
	test->next = *link;
	*link = test;
}

/* Waits for the child; false if it did not end in time. */
static bool wait_for(pid_t pid, unsigned int seconds, int *status)
{
	struct timespec limit = { .tv_sec = seconds };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (waitpid(pid, status, WNOHANG) != pid) {
		/* A signal that is not ours restarts the time: no harm. */
		if (sigtimedwait(&set, NULL, &limit) < 0 && errno == EAGAIN)
			return false;
	}
	return true;
}

/* Ends whatever the test left running; orphans come to us. */
static void end_session(pid_t pid)
{
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0 || !kill(-pid, 0))
		usleep(1000);
}

static void run_in_child(const struct test *test, const struct harness_checks *checks)
{
	pid_t pid = fork();
	int status;

	if (pid < 0) {
		set_failed("fork: %s", errno_name(errno));
		return;
	}
	if (!pid) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		run_test(test, checks);
	}

	if (!wait_for(pid, timeout_multiplier * test->seconds, &status)) {
		set_failed("still running after %u seconds%s%s%s%s",
			   timeout_multiplier * test->seconds, report->waiting,
			   report->note[0] ? " [" : "", report->note,
			   report->note[0] ? "]" : "");
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	end_session(pid);
	if (WIFSIGNALED(status))
		set_failed("killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		set_failed("exited with status %d", WEXITSTATUS(status));
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

double harness_run(const struct test *test, const char *name,
		   const struct harness_checks *checks)
{
	double start = now();
	char wrong[REASON_LEN];

	memset(report, 0, sizeof(*report));
	run_in_child(test, checks);
	if (checks->left_behind && !checks->left_behind(wrong, sizeof(wrong)))
		set_failed("left behind: %s", wrong);
	ktap_result(report->verdict, name, report->reason);
	return now() - start;
}

struct test *harness_tests(void)
{
	return tests;
}

bool harness_wants(const char *name)
{
	bool all = true, wanted = false;
	int i;

	for (i = 0; i < part_count; i++) {
		if (parts[i][0] == '!') {
			if (strstr(name, parts[i] + 1))
				return false;
			continue;
		}
		all = false;
		if (strstr(name, parts[i]))
			wanted = true;
	}
	return all || wanted;
}

static void list(void)
{
	const struct test *test;
	char name[128];

	for (test = tests; test; test = test->next) {
		harness_name(test, name, sizeof(name));
		puts(name);
	}
}

static void parse(int argc, char **argv)
{
	const char *program = argv[0];

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list();
		exit(0);
	}
	if (argc > 2 && !strcmp(argv[1], "--timeout-multiplier")) {
		timeout_multiplier = strtoul(argv[2], NULL, 10);
		argv += 2;
		argc -= 2;
	}
	if (!timeout_multiplier || (argc > 1 && argv[1][0] == '-')) {
		fprintf(stderr,
			"usage: %s [--list | [--timeout-multiplier N] [[!]PART-OF-NAME]...]\n",
			program);
		exit(2);
	}
	parts = argv + 1;
	part_count = argc - 1;
}

void harness_start(int argc, char **argv)
{
	sigset_t set;

	parse(argc, argv);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED) {
		perror("harness: mmap");
		exit(1);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}
