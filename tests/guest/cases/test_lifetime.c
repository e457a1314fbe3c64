// SPDX-License-Identifier: MIT
/*
 * A buffer lives until its last descriptor, mapping or attachment ends, in any
 * order and in any way.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "holder.h"
#include "pattern.h"

/* Permutation n of the 24. */
static void nth_order(int n, enum hold order[HOLDS])
{
	enum hold left[HOLDS] = { NODE, DESCRIPTOR, MAPPING, ATTACHMENT };
	int i, count;

	for (i = 0, count = HOLDS; count; i++, count--) {
		int pick = n % count;

		n /= count;
		order[i] = left[pick];
		memmove(&left[pick], &left[pick + 1],
			(count - pick - 1) * sizeof(left[0]));
	}
}

TEST(buffer_is_freed_after_its_last_reference_in_any_order)
{
	int n, i;

	for (n = 0; n < 24; n++) {
		struct holder h = hold_all();
		enum hold order[HOLDS];
		int keeping = 3;	/* references; the node is none */

		nth_order(n, order);
		note("order %d%d%d%d", order[0], order[1], order[2], order[3]);
		for (i = 0; i < HOLDS; i++) {
			let_go(&h, order[i]);
			keeping -= order[i] != NODE;
			expect_used(keeping ? HOLDER_LEN : 0);
		}
		holder_end(&h);
	}
}

ZONE_TEST(duplicated_descriptor_keeps_the_buffer)
{
	int one = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int two = dup(one);

	close(one);
	expect_used(PAGE);
	close(two);
	expect_used(0);
}

ZONE_TEST(forked_child_keeps_the_buffer)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int pipes[2];
	pid_t pid;
	char byte;

	ASSERT(!pipe(pipes));
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		close(pipes[1]);
		ASSERT_EQ(read(pipes[0], &byte, 1), 0);
		expect_used(PAGE);
		_exit(0);
	}
	close(pipes[0]);
	close(fd);
	expect_used(PAGE);
	close(pipes[1]);
	join(pid);
	expect_used(0);
}

static void send_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&msg);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	ASSERT_EQ(sendmsg(socket, &msg, 0), 1);
}

static int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	ASSERT_EQ(recvmsg(socket, &msg, MSG_CMSG_CLOEXEC), 1);
	ASSERT(CMSG_FIRSTHDR(&msg));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

ZONE_TEST(descriptor_can_be_sent_to_another_process)
{
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	int sockets[2];
	pid_t pid;

	ASSERT(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	buffer_fill(&buffer, 22);
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		struct cmm_query query;

		buffer_free(&buffer);
		buffer = buffer_of(receive_fd(sockets[1]), PAGE);
		buffer_expect(&buffer, 22);
		ASSERT_OK(zone_query(node, buffer.fd, &query));
		ASSERT_EQ(query.pid, getppid());
		_exit(0);
	}
	send_fd(sockets[0], buffer.fd);
	buffer_free(&buffer);
	join(pid);
	close(sockets[0]);
	close(sockets[1]);
	expect_used_soon(0);
}

ZONE_TEST(descriptor_in_a_socket_keeps_the_buffer)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int sockets[2];

	ASSERT(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	send_fd(sockets[0], fd);
	close(fd);
	expect_used(PAGE);
	fd = receive_fd(sockets[1]);
	expect_used(PAGE);
	send_fd(sockets[0], fd);
	close(fd);
	expect_used(PAGE);
	close(sockets[0]);
	close(sockets[1]);
	expect_used_soon(0);
}

/* Holds buffers in every way, reports it on the pipe, and waits to be killed. */
static void hold_and_wait(void *arg)
{
	int ready = *(int *)arg, i;

	for (i = 0; i < 8; i++)
		hold_all();
	ASSERT_EQ(write(ready, "", 1), 1);
	for (;;)
		pause();
}

TEST(killed_process_leaves_no_buffers)
{
	int pipes[2];
	pid_t pid;
	char byte;

	ASSERT(!pipe(pipes));
	pid = fork_to(hold_and_wait, &pipes[1]);
	ASSERT_EQ(read(pipes[0], &byte, 1), 1);
	expect_used(8 * HOLDER_LEN);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	expect_used(0);
	close(pipes[0]);
	close(pipes[1]);
}

/* Allocates and frees the whole zone for ever. */
static void allocate_for_ever(void *arg)
{
	int node = ASSERT_OK(zone_open(ZONE));

	(void)arg;
	for (;;)
		close(ASSERT_OK(zone_alloc(node, ZONE_SIZE, 0)));
}

TEST(process_killed_during_alloc_leaves_no_buffers)
{
	int i;

	for (i = 0; i < 10; i++) {
		pid_t pid = fork_to(allocate_for_ever, NULL);

		usleep(10000 + 23000 * i);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		expect_used(0);
	}
}

static uint64_t cleared(void)
{
	uint64_t bytes;

	ASSERT_OK(zone_attribute(ZONE, "stats/zeroed", &bytes));
	return bytes;
}

/*
 * Each allocation zeroes the whole zone, unless its process is killed. While a
 * process has the zone's memory in use, it is zeroing it or is about to.
 */
TEST_LIMIT(kill_interrupts_the_zeroing_in_alloc, 120)
{
	int node = ASSERT_OK(zone_open(ZONE));
	bool stopped = false;
	uint64_t before;
	int i;

	ASSERT_OK(zone_set_attribute(ZONE, "scrub", "alloc"));
	close(ASSERT_OK(zone_alloc(node, ZONE_SIZE, 0)));
	for (i = 0; !stopped; i++) {
		pid_t pid = fork_to(allocate_for_ever, NULL);

		note("killed %d times", i);
		before = cleared();
		while (!zone_used(node))
			;
		usleep(i % 20 * 5000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		expect_used(0);
		stopped = (cleared() - before) % ZONE_SIZE;
	}
	close(node);
	ASSERT_OK(zone_set_attribute(ZONE, "scrub", "idle"));
}

/* Executes sleep with a buffer open. */
static void allocate_and_exec(void *arg)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));

	fcntl(fd, F_SETFD, *(int *)arg);
	execlp("sleep", "sleep", "1000", NULL);
	FAIL("cannot execute sleep");
}

static bool is_called(pid_t pid, const char *wanted)
{
	char path[64], name[64];
	FILE *comm;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	comm = fopen(path, "r");
	ASSERT(comm && fgets(name, sizeof(name), comm));
	fclose(comm);
	return !strcmp(name, wanted);
}

static void exec_with_buffer(int fd_flags, uint64_t used)
{
	pid_t pid = fork_to(allocate_and_exec, &fd_flags);

	WAIT_UNTIL(is_called(pid, "sleep\n"));
	expect_used_soon(used);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	expect_used(0);
}

TEST(exec_keeps_only_buffers_without_close_on_exec)
{
	exec_with_buffer(FD_CLOEXEC, 0);
	exec_with_buffer(0, PAGE);
}

ZONE_TEST(attachment_alone_keeps_the_contents)
{
	int engine = open_importer("edu1");
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	struct buffer seen = buffer_alloc(node, PAGE, 0);
	struct import src, dst;

	buffer_fill(&buffer, 23);
	src = import(engine, buffer.fd, CMM_IMPORT_TO_DEVICE);
	dst = import(engine, seen.fd, CMM_IMPORT_FROM_DEVICE);
	buffer_free(&buffer);
	/* The attachment keeps the memory, so a new buffer gets other memory. */
	buffer = buffer_alloc(node, 2 * MIB, 0);
	memset(buffer.at, 0xff, buffer.len);
	ASSERT_OK(importer_copy(engine, dst.map.addr, src.map.addr, 1024));
	ASSERT_PATTERN(pattern_check(seen.at, 1024, 0, 23));
	ASSERT_OK(importer_release(&src));
	ASSERT_OK(importer_release(&dst));
	buffer_free(&buffer);
	buffer_free(&seen);
	close(engine);
}

/* The number of CMM's mappings of the zone in the kernel's address space. */
static int count_kernel_mappings(void)
{
	FILE *maps = fopen("/proc/vmallocinfo", "r");
	unsigned long long phys;
	const char *at;
	char line[512];
	int count = 0;

	ASSERT(maps);
	while (fgets(line, sizeof(line), maps)) {
		/* A mapping of struct pages, or of a physical range. */
		at = strstr(line, "phys=");
		if (strstr(line, "[cmm]") && strstr(line, "vmap"))
			count++;
		else if (at && sscanf(at, "phys=%llx", &phys) == 1)
			count += phys - chosen.start < ZONE_SIZE;
	}
	fclose(maps);
	return count;
}

ZONE_TEST(kernel_mapping_is_removed_with_the_buffer)
{
	int plain = open_importer("plain");
	/* One may map the whole zone. */
	int fd, before = count_kernel_mappings();
	char byte;

	need_wc();
	fd = ASSERT_OK(zone_alloc(node, MIB, CMM_BUF_WC));
	ASSERT_OK(importer_cpu_read(plain, fd, 0, &byte, 1));
	ASSERT_OK(importer_cpu_read(plain, fd, 0, &byte, 1));
	ASSERT_EQ(count_kernel_mappings(), before + 1);
	close(fd);
	ASSERT_EQ(count_kernel_mappings(), before);
	close(plain);
}

ZONE_TEST(one_thousand_allocs_and_frees_leave_no_buffer)
{
	int32_t fds[50];
	struct cmm_alloc req = {
		.len = PAGE,
		.fds = (uintptr_t)fds,
		.count = 50,
	};
	int round, i;

	for (round = 0; round < 20; round++) {
		ASSERT_OK(zone_request(node, &req));
		for (i = 0; i < 50; i++)
			close(fds[i]);
		expect_used(0);
	}
}
