// SPDX-License-Identifier: MIT
/*
 * The tests' frame: see harness.h. Each test runs in a session of its own, so
 * that whatever it leaves running can be ended with it, and reports through a
 * page that all its processes share.
 */
#include "harness.h"

#include <errno.h>
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

#include "device.h"
#include "driver.h"
#include "kmemleak.h"
#include "leakcheck.h"
#include "pattern.h"
#include "zone.h"

#define REASON_LEN	1024

/* A test that takes longer than this, in seconds, is listed as slow. */
#define SLOW_SECONDS	5

enum verdict { PASSED, FAILED, SKIPPED, VERDICTS };

/* What the running test reports; shared with all its processes. */
struct report {
	enum verdict verdict;
	bool smmu_events_expected;
	char note[256];
	char waiting[256];
	char reason[REASON_LEN];
};

static struct test *tests;
static struct report *report;
/* How many times longer than on the reference kernel tests may take. */
static unsigned int timeout_multiplier = 1;

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

void expect_smmu_events(void)
{
	report->smmu_events_expected = true;
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

void assert_pattern(const char *file, int line, const char *what, size_t place)
{
	if (place != PATTERN_OK)
		fail_at(file, line, "%s: byte %zu (%#zx) differs", what, place,
			place);
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

void run_with_node(void (*run)(int node))
{
	int node = ASSERT_OK(zone_open(ZONE));

	run(node);
	close(node);
}

static void run_test(const struct test *test)
{
	struct leakcheck before;
	char wrong[REASON_LEN];

	setsid();
	leakcheck_read(&before);
	test->run();
	if (!leakcheck_compare(&before, wrong, sizeof(wrong)))
		set_failed("not given back: %s", wrong);
	_exit(report->verdict == FAILED);
}

/* --- in the runner --- */

/* Without the zone. */
static void name_of(const struct test *test, char *name, size_t size)
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

static void run_in_child(const struct test *test)
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
		run_test(test);
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

static enum verdict judge(const struct test *test, struct leakcheck *before)
{
	static const char *const words[] = { "ok", "not ok", "skip" };
	double start = now(), seconds;
	char wrong[REASON_LEN];
	char name[128];

	memset(report, 0, sizeof(*report));
	run_in_child(test);
	if (!leakcheck_compare(before, wrong, sizeof(wrong)))
		set_failed("left behind: %s", wrong);
	if (!leakcheck_read_log(before, report->smmu_events_expected, wrong,
				sizeof(wrong)))
		set_failed("the kernel's log: %s", wrong);

	name_of(test, name, sizeof(name));
	printf("%s - %s/%s%s%s\n", words[report->verdict], ZONE, name,
	       report->verdict == PASSED ? "" : ": ", report->reason);
	fflush(stdout);
	driver_restore();
	device_restore();
	seconds = now() - start;
	if (seconds > SLOW_SECONDS) {
		printf("slow - %s/%s: %.0f s\n", ZONE, name, seconds);
		fflush(stdout);
	}
	return report->verdict;
}

/* The tests of protected zones, where all others have nothing to look at. */
#define PROTECTED_TESTS	"protected/"

/* A pattern is a part of the name; one after a "!" keeps tests out. */
static bool is_wanted(const struct test *test, int count, char **patterns)
{
	char name[128], full[CMM_NAME_LEN + 128];
	bool all = true, wanted = false;
	int i;

	name_of(test, name, sizeof(name));
	if (!strncmp(name, PROTECTED_TESTS, strlen(PROTECTED_TESTS)) !=
	    zone_is_protected())
		return false;
	snprintf(full, sizeof(full), "%s/%s", ZONE, name);
	for (i = 0; i < count; i++) {
		if (patterns[i][0] == '!') {
			if (strstr(full, patterns[i] + 1))
				return false;
			continue;
		}
		all = false;
		if (strstr(full, patterns[i]))
			wanted = true;
	}
	return all || wanted;
}

/*
 * Groups of tests of code that treats all zones alike: parameters, quotas,
 * questions, the tool and races between calls. One zone shows what they show.
 */
static const char *const zone_independent[] = {
	"cmmctl/", "module/", "quota/", "threads/", "whois/",
};

static bool is_zone_independent(const struct test *test)
{
	char name[128];
	size_t i;

	name_of(test, name, sizeof(name));
	for (i = 0; i < ARRAY_SIZE(zone_independent); i++) {
		if (!strncmp(name, zone_independent[i],
			     strlen(zone_independent[i])))
			return true;
	}
	return false;
}

static void list(void)
{
	const struct test *test;
	char name[128];

	for (test = tests; test; test = test->next) {
		name_of(test, name, sizeof(name));
		puts(name);
	}
}

static void run_on_zone(const char *zone, struct leakcheck *before,
			unsigned int *verdicts, int count, char **patterns)
{
	int err = driver_choose(zone);
	enum verdict verdict;
	struct test *test;

	if (err) {
		printf("not ok - %s: where it is in memory is not to be found: %s\n",
		       zone, errno_name(-err));
		verdicts[FAILED]++;
		return;
	}
	for (test = tests; test; test = test->next) {
		if (!is_wanted(test, count, patterns) ||
		    (test->has_run && is_zone_independent(test)))
			continue;
		verdict = judge(test, before);
		verdicts[verdict]++;
		test->has_run |= verdict != SKIPPED;
	}
}

static int run_all(int count, char **patterns)
{
	unsigned int verdicts[VERDICTS] = { 0 };
	struct board_zones zones;
	struct leakcheck before;
	int i;

	if (!leakcheck_start(&before, &zones))
		return 1;
	for (i = 0; i < zones.count; i++)
		run_on_zone(zones.names[i], &before, verdicts, count,
			    patterns);
	leakcheck_stop(&before);
	verdicts[FAILED] += kmemleak_report() > 0;
	printf("%u passed, %u failed, %u skipped\n", verdicts[PASSED],
	       verdicts[FAILED], verdicts[SKIPPED]);
	return verdicts[FAILED] || !verdicts[PASSED];
}

static void prepare(void)
{
	sigset_t set;

	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED) {
		perror("cmm-check: mmap");
		exit(1);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list();
		return 0;
	}
	if (argc > 2 && !strcmp(argv[1], "--timeout-multiplier")) {
		timeout_multiplier = strtoul(argv[2], NULL, 10);
		argv += 2;
		argc -= 2;
	}
	if (!timeout_multiplier || (argc > 1 && argv[1][0] == '-')) {
		fprintf(stderr,
			"usage: cmm-check [--list | [--timeout-multiplier N] [[!]PART-OF-ZONE/FILE/TEST...]]\n");
		return 2;
	}
	prepare();
	return run_all(argc - 1, argv + 1);
}
