// SPDX-License-Identifier: MIT
/*
 * The way from a stray access to the buffer: what the kernel's log has of the
 * access, CMM_IOC_WHOIS, and the same in words, by cmmctl.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "importer.h"
#include "tool.h"
#include "whois.h"

#define LEN		(4 * PAGE)
#define BOTH		CMM_IMPORT_BIDIRECTIONAL

/* The kernel's name of the PCI device that a stream is of, on bus 0. */
static void name_of_stream(char *name, size_t size, uint32_t stream)
{
	snprintf(name, size, "0000:%02x:%02x.%x", stream >> 8, stream >> 3 & 31,
		 stream & 7);
}

static int open_translated(void)
{
	int engine = open_importer("edu0");

	if (importer_is_translated(engine) != 1)
		skip("no IOMMU reports stray accesses");
	return engine;
}

static void expect_line(const char *text, const char *format, const char *value)
{
	char line[128];

	snprintf(line, sizeof(line), format, value);
	if (!strstr(text, line))
		FAIL("'%s' is not in: %s", line, text);
}

static void expect_time(const char *text, const char *before, uint64_t ns)
{
	char line[64];

	snprintf(line, sizeof(line), "%s%" PRIu64 ".%06u, ", before,
		 ns / 1000000000, (unsigned int)(ns % 1000000000 / 1000));
	expect_line(text, "%s", line);
}

ZONE_TEST_LIMIT(whois_finds_the_buffer_of_a_logged_stray_access, 60)
{
	int engine = open_translated();
	int before = ASSERT_OK(zone_alloc_named(node, LEN, 0, "before"));
	int fd = ASSERT_OK(zone_alloc_named(node, LEN, 0, "freed too soon"));
	int behind = ASSERT_OK(zone_alloc_named(node, LEN, 0, "behind"));
	struct import a = import(engine, before, BOTH);
	struct import dma = import(engine, fd, BOTH);
	struct import b = import(engine, behind, BOTH);
	uint64_t id = buffer_id(node, fd), start = whois_now(), end;
	struct smmu_event event;
	struct cmm_whois whois;
	char device[32], command[64], text[1024];

	ASSERT_OK(importer_release(&dma));
	close(fd);
	end = whois_now();
	/* The device goes on with what it was told before. */
	event = stray(engine, dma.map.addr + 2 * PAGE, false);
	ASSERT_EQ(event.type, SMMU_TRANSLATION);

	/* From here on only the log is used. */
	name_of_stream(device, sizeof(device), event.stream);
	ASSERT_STREQ(device, EDU0);
	whois = ask(node, device, event.addr);
	ASSERT_EQ(whois.id, id);
	ASSERT_EQ(whois.state, 0);
	ASSERT_EQ(whois.offset, 2 * PAGE);
	ASSERT_EQ(whois.access, CMM_DEV_MAP_RW);
	ASSERT_EQ(whois.pid, getpid());
	ASSERT_STREQ(whois.name, "freed too soon");
	expect_between(whois.unmapped_ns, start, end);
	expect_between(whois.freed_ns, whois.unmapped_ns, end);

	snprintf(command, sizeof(command), "cmmctl whois %s:%#" PRIx64, device,
		 event.addr);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	expect_line(text, "zone       %s\n", ZONE);
	expect_line(text, "'%s', 16 KiB\n", "freed too soon");
	expect_line(text, "address    %s bytes into it\n", "0x2000");
	expect_line(text, "by %s,", "cmm-check");
	expect_time(text, "ended at ", whois.unmapped_ns);
	expect_time(text, "freed      at ", whois.freed_ns);
	ASSERT_OK(importer_release(&b));
	ASSERT_OK(importer_release(&a));
	close(behind);
	close(before);
	close(engine);
}

ZONE_TEST(cmmctl_finds_buffer_by_physical_address)
{
	int fd = ASSERT_OK(zone_alloc_named(node, 2 * PAGE, 0, "here"));
	char command[64], text[1024];

	snprintf(command, sizeof(command), "cmmctl whois --phys %" PRIx64,
		 chosen.start + PAGE + 1);
	ASSERT_EQ(tool_run(command, text, sizeof(text)), 0);
	expect_line(text, "zone       %s\n", ZONE);
	expect_line(text, "'%s', 8 KiB\n", "here");
	expect_line(text, "address    %s bytes into it\n", "0x1001");
	expect_line(text, "freed      %s\n", "no");
	ASSERT_EQ(tool_run("cmmctl whois --phys 0x10", text, sizeof(text)), 3);
	ASSERT_EQ(tool_run("cmmctl whois --phys", text, sizeof(text)), 2);
	ASSERT_EQ(tool_run("cmmctl whois nonsense", text, sizeof(text)), 2);
	close(fd);
}
