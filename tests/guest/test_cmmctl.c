// SPDX-License-Identifier: MIT
/* cmmctl and the library's example, run as programs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "tool.h"

TEST(info_shows_the_zone)
{
	int node = ASSERT_OK(zone_open(ZONE));
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
	close(node);
}

TEST(list_shows_who_holds_what)
{
	int node = ASSERT_OK(zone_open(ZONE));
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
	close(node);
}

TEST(alloc_hands_its_buffers_to_a_command)
{
	char text[4096], command[160];
	const char *line;
	int lines = 0;

	snprintf(command, sizeof(command),
		 "cmmctl alloc --zone %s --count 3 --name held 2M -- sh -c 'echo got $CMM_FDS; cmmctl list'",
		 ZONE);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	ASSERT(strstr(text, "got "));
	for (line = strstr(text, "got "); (line = strstr(line, "held")); line++)
		lines++;
	ASSERT_EQ(lines, 3);
	expect_used(0);
}

TEST(alloc_that_fails_says_how_much_is_free)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, ZONE_SIZE / 2, 0));
	char text[4096], command[128], half[32];

	snprintf(command, sizeof(command),
		 "cmmctl alloc --zone %s %" PRIu64 " -- true", ZONE,
		 ZONE_SIZE / 4 * 3);
	ASSERT(tool_run(command, text, sizeof(text)) != 0);
	ASSERT(strstr(text, "cannot allocate"));
	snprintf(half, sizeof(half), "%" PRIu64 " MiB", ZONE_SIZE / 2 / MIB);
	ASSERT(strstr(text, half));
	close(fd);
	close(node);
}

TEST(mistakes_are_told)
{
	static const char *const commands[] = {
		"cmmctl", "cmmctl nonsense", "cmmctl alloc",
		"cmmctl alloc 5X", "cmmctl alloc --align 3 4K",
		"cmmctl alloc --count 65 4K", "cmmctl info a b",
		"cmmctl info no-such-zone",
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

TEST(the_example_works)
{
	char text[4096], command[64];

	snprintf(command, sizeof(command), "example %s", ZONE);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	ASSERT(strstr(text, "1384448 bytes"));
	expect_used(0);
}
