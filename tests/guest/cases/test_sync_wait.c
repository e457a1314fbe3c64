// SPDX-License-Identifier: MIT
/*
 * What CMM_IOC_SYNC waits for: the work of devices on a buffer. What ends the call
 * early: a signal while it waits, and SIGKILL at any time.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "cachetrace.h"
#include "driver.h"
#include "events.h"
#include "sync.h"
#include "vgem.h"

static bool is_done(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return poll(&ready, 1, 0) == 1;
}

/* A device's work on the last of some buffers, whose end is awaited. */
ZONE_TEST(sync_waits_for_devices)
{
	int idle = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int busy = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct vgem_work work = vgem_begin(busy, true);
	const struct cmm_sync_entry entries[] = {
		sync_entry(idle, BEGIN, 0, PAGE),
		sync_entry(busy, BEGIN_READ, 0, 1),
	};
	pid_t pid;

	/* Ending an access does not wait. */
	ASSERT_OK(zone_sync_part(node, busy, END, 0, PAGE));
	ASSERT(!is_done(busy));
	pid = vgem_end_later(&work, 100);
	ASSERT_OK(zone_sync_entries(node, entries, 2));
	ASSERT(is_done(busy));
	join(pid);
	vgem_close(&work);
	close(busy);
	close(idle);
}

static void ignore(int signal)
{
	(void)signal;
}

/*
 * Signals from in 100 ms on: the first may come before the call that is meant.
 * @flags: of the handler, SA_RESTART for one that lets calls go on
 */
static void begin_signals(int flags)
{
	struct sigaction action = { .sa_handler = ignore, .sa_flags = flags };

	ASSERT(!sigaction(SIGALRM, &action, NULL));
	ualarm(100000, 100000);
}

static void end_signals(void)
{
	ualarm(0, 0);
}

ZONE_TEST(signal_interrupts_sync_wait_before_any_work)
{
	int idle = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int busy = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct vgem_work work = vgem_begin(busy, true);
	const struct cmm_sync_entry entries[] = {
		sync_entry(idle, END, 0, PAGE),
		sync_entry(idle, BEGIN, 0, PAGE),
		sync_entry(busy, BEGIN, 0, PAGE),
	};

	cachetrace_open();
	begin_signals(0);
	ASSERT_ERR(zone_sync_entries(node, entries, 3), EINTR);
	end_signals();
	expect_none();
	ASSERT(!is_done(busy));
	vgem_end(&work);
	/* The same once more. */
	ASSERT_OK(zone_sync_entries(node, entries, 3));
	cachetrace_close();
	vgem_close(&work);
	close(busy);
	close(idle);
}

#define WHOLES	64

/* Begins an access of all of a buffer, as often as one call can. */
static void begin_wholes(void *buffer)
{
	struct cmm_sync_entry entries[WHOLES];
	int node = ASSERT_OK(zone_open(ZONE)), i;

	/* The process that looks for the first event has the CPU first. */
	ASSERT(!setpriority(PRIO_PROCESS, 0, 19));
	for (i = 0; i < WHOLES; i++)
		entries[i] = sync_entry(*(int *)buffer, BEGIN_READ, 0, ZONE_SIZE);
	ASSERT_OK(zone_sync_entries(node, entries, WHOLES));
	close(node);
}

ZONE_TEST(killed_process_does_not_finish_its_sync_batch)
{
	int fd = ASSERT_OK(zone_alloc(node, ZONE_SIZE, 0));
	int done, status;
	pid_t pid;

	if (zone_lacks_maintenance())
		skip("this CPU has no instructions to maintain its cache");
	events_begin();
	pid = fork_to(begin_wholes, &fd);
	while (!events_count("cmm_sync", ""))
		;
	ASSERT_EQ(kill(pid, SIGKILL), 0);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	done = events_count("cmm_sync", "");
	events_end();
	note("%d entries are done", done);
	ASSERT(WIFSIGNALED(status));
	ASSERT(done > 0);
	ASSERT(done < WHOLES);
	close(fd);
}

ZONE_TEST(sync_wait_continues_after_signal_with_sa_restart)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct vgem_work work = vgem_begin(fd, true);
	pid_t pid = vgem_end_later(&work, 300);

	begin_signals(SA_RESTART);
	ASSERT_OK(zone_sync_part(node, fd, BEGIN, 0, PAGE));
	end_signals();
	ASSERT(is_done(fd));
	join(pid);
	vgem_close(&work);
	close(fd);
}

ZONE_TEST(only_write_sync_waits_for_device_readers)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct vgem_work work = vgem_begin(fd, false);

	ASSERT_OK(zone_sync_part(node, fd, BEGIN_READ, 0, PAGE));
	begin_signals(0);
	ASSERT_ERR(zone_sync_part(node, fd, BEGIN_WRITE, 0, PAGE), EINTR);
	ASSERT_ERR(zone_sync_part(node, fd, BEGIN, 0, PAGE), EINTR);
	end_signals();
	vgem_end(&work);
	vgem_close(&work);
	close(fd);
}

/* A device that never finishes blocks neither other devices nor the driver. */
TEST(sync_wait_does_not_delay_unbind)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct vgem_work work = vgem_begin(fd, true);
	pid_t pid = fork();

	ASSERT(pid >= 0);
	if (!pid) {
		ASSERT_OK(zone_sync_part(node, fd, BEGIN, 0, PAGE));
		_exit(0);
	}
	while (child_state(pid) != 'S')
		usleep(1000);
	ASSERT_OK(driver_unbind());
	vgem_end(&work);
	join(pid);
	vgem_close(&work);
	close(fd);
	close(node);
	ASSERT_OK(driver_bind_soon(ZONE));
}
