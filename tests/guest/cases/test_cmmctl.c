// SPDX-License-Identifier: MIT
/* cmmctl and the library's examples, run as programs. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "tool.h"
#include "user.h"

#define USER	1234

/*
 * Runs cmmctl with @arguments, where %s is ZONE. Expects @status, and @words in the
 * output.
 */
static void expect(const char *arguments, int status, const char *words)
{
	char text[4096], format[160], command[192];

	snprintf(format, sizeof(format), "(cmmctl %s)", arguments);
	snprintf(command, sizeof(command), format, ZONE);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), status);
	ASSERT(strstr(text, words));
}

/* Calls run() in a child process as an ordinary user. */
static void as_user(void (*run)(void))
{
	pid_t pid = fork();

	ASSERT(pid >= 0);
	if (!pid) {
		become(USER);
		run();
		_exit(0);
	}
	join(pid);
}

/* Lets any user open the zone's node, or only root, as without a udev rule. */
static void open_node_to(int all)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/cmm/%s", ZONE);
	ASSERT(!chmod(path, all ? 0666 : 0600));
}

ZONE_TEST(info_shows_the_zone)
{
	static const char *const kinds[] = { "linear", "no-map", "external" };
	const uint64_t sizes[] = {
		ZONE_SIZE / MIB, ZONE_SIZE / 4 / MIB, ZONE_SIZE / 4 * 3 / MIB,
	};
	int fd = ASSERT_OK(zone_alloc(node, ZONE_SIZE / 4, 0));
	char text[4096], command[128], size[32];
	size_t i;

	ASSERT_EQ(tool_run("cmmctl info", text, sizeof(text)), 0);
	ASSERT(strstr(text, ZONE));
	snprintf(command, sizeof(command), "cmmctl info %s", ZONE);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	ASSERT(strstr(text, ZONE));
	ASSERT(strstr(text, kinds[chosen.kind]));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(size, sizeof(size), " %" PRIu64 " MiB", sizes[i]);
		ASSERT(strstr(text, size));
	}
	close(fd);
}

ZONE_TEST(list_shows_buffers_owners_and_devices)
{
	int fd = ASSERT_OK(zone_alloc_named(node, 3 * MIB, 0, "a frame"));
	int plain = open_importer("plain");
	struct import dma = import(plain, fd, CMM_IMPORT_TO_DEVICE);
	char text[4096], pid[16];

	ASSERT_EQ(tool_run("cmmctl list", text, sizeof(text)), 0);
	snprintf(pid, sizeof(pid), " %d ", getpid());
	ASSERT(strstr(text, "a frame"));
	ASSERT(strstr(text, "cmm-check"));
	ASSERT(strstr(text, "cmm_plain"));
	ASSERT(strstr(text, pid));
	ASSERT(strstr(text, "3"));
	ASSERT_OK(importer_release(&dma));
	close(plain);
	close(fd);
	ASSERT_EQ(tool_run("cmmctl list", text, sizeof(text)), 0);
	ASSERT(strstr(text, "no buffers"));
}

TEST(alloc_passes_its_buffers_to_a_command)
{
	char text[4096], command[160];
	const char *line;
	int lines = 0;

	snprintf(command, sizeof(command),
		 "cmmctl alloc 2M --count 3 --name held %s -- sh -c 'echo got $CMM_FDS; cmmctl list'",
		 ZONE);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	ASSERT(strstr(text, "got "));
	for (line = strstr(text, "got "); (line = strstr(line, "held")); line++)
		lines++;
	ASSERT_EQ(lines, 3);
	expect_used(0);
}

ZONE_TEST(failed_alloc_reports_the_free_space)
{
	int fd = ASSERT_OK(zone_alloc(node, ZONE_SIZE / 2, 0));
	char text[4096], command[128], half[32];

	snprintf(command, sizeof(command),
		 "cmmctl alloc %" PRIu64 " %s -- true", ZONE_SIZE / 4 * 3,
		 ZONE);
	ASSERT(tool_run(command, text, sizeof(text)) != 0);
	ASSERT(strstr(text, "cannot allocate"));
	snprintf(half, sizeof(half), "%" PRIu64 " MiB", ZONE_SIZE / 2 / MIB);
	ASSERT(strstr(text, half));
	close(fd);
}

static void look_without_permission(void)
{
	expect("info %s", 1, "permission denied; its node belongs to root alone");
	expect("info %s", 1, "udevadm trigger");
}

TEST(permission_error_explains_its_cause)
{
	as_user(look_without_permission);
}

static void look_at_others(void)
{
	expect("list %s", 0, ": none of yours; root sees all (8 MiB used)");
	expect("alloc 1M --name own %1$s -- cmmctl list %1$s", 0,
	       "-  1 MiB  own ");
	expect("alloc 1M --name own %1$s -- cmmctl list %1$s", 0,
	       ": only yours; root sees all (8 MiB more used)");
}

ZONE_TEST(list_shows_how_much_other_users_allocated)
{
	int fd = ASSERT_OK(zone_alloc(node, 8 * MIB, 0));

	open_node_to(1);
	as_user(look_at_others);
	open_node_to(0);
	close(fd);
	expect("list %s", 0, "no buffers");
}

static void exceed_quota(void)
{
	expect("info %s", 0, " 0 B  3 MiB ");
	expect("alloc 1M --count 4 %s -- true", 1,
	       "and you use 0 B of your quota of 3 MiB");
}

TEST(quota_is_shown_by_info_and_failed_alloc)
{
	open_node_to(1);
	ASSERT_OK(zone_set_attribute(ZONE, "quota", "3145728\n"));
	as_user(exceed_quota);
	ASSERT_OK(zone_set_attribute(ZONE, "quota", "0\n"));
	open_node_to(0);
}

TEST(list_marks_owners_that_have_exited)
{
	char text[4096], command[128];
	pid_t holder;

	/* cmmctl executes the shell, which exits; its child keeps the buffer. */
	snprintf(command, sizeof(command),
		 "(cmmctl alloc 1M %s 2>/dev/null -- sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!')",
		 ZONE);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	holder = (pid_t)atoi(text);
	ASSERT(holder > 0);
	expect("list %s", 0, " (gone)  ");
	expect("list %s", 0, "(gone): this process has exited");
	ASSERT(!kill(holder, SIGKILL));
	expect_used_soon(0);
	expect("list %s", 0, "no buffers");
}

TEST(failure_to_write_output_fails_the_command)
{
	expect("info %s 2>&1 >/dev/full", 1, "cannot write the output");
	expect("list %s 2>&1 >/dev/full", 1, "cannot write the output");
	expect("alloc 4K %s 2>&1 >/dev/full </dev/null", 1,
	       "cannot write the output");
	expect("--help 2>&1 >/dev/full", 1, "cannot write the output");
}

TEST(whois_error_names_the_unknown_device)
{
	expect("whois no-such-device:0x1000 %s", 3,
	       "'no-such-device' is not a device that a zone knows now");
}

TEST(usage_errors_print_a_message)
{
	static const char *const commands[] = {
		"cmmctl", "cmmctl nonsense", "cmmctl alloc",
		"cmmctl alloc 5X", "cmmctl alloc --align 3 4K",
		"cmmctl alloc --count 65 4K", "cmmctl info a b",
		"cmmctl info no-such-zone", "cmmctl info --zone x",
	};
	char text[4096];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		ASSERT(tool_run(commands[i], text, sizeof(text)) > 0);
		ASSERT(strlen(text) > 10);
	}
	ASSERT_EQ(tool_run("cmmctl --help", text, sizeof(text)), 0);
	ASSERT_EQ(tool_run("cmmctl alloc --help", text, sizeof(text)), 0);
}

TEST(library_example_program_works)
{
	char text[4096], command[128];

	snprintf(command, sizeof(command), "example %s", ZONE);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	ASSERT(strstr(text, "1384448 bytes"));
	expect_used(0);
}

TEST(frame_and_layout_reach_another_process)
{
	char text[4096], command[128];

	snprintf(command, sizeof(command), "example-share_frame %s", ZONE);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	ASSERT(strstr(text, "received 1366x768 with 2 planes: 1049088 grey pixels"));
	expect_used(0);
}

TEST(workers_read_one_sealed_model)
{
	char text[4096], command[128];

	snprintf(command, sizeof(command), "example-seal_model /usr/bin/cmmctl %s", ZONE);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	ASSERT(strstr(text, "not writable"));
	expect_used(0);
}
