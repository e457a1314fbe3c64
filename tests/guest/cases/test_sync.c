// SPDX-License-Identifier: MIT
/*
 * What is maintained for the CPU's access to a part of a buffer: exactly that part,
 * once, in lines and in short steps.
 */
#include <unistd.h>

#include "buffer.h"
#include "cachetrace.h"
#include "driver.h"
#include "sync.h"

static void announce(int node, int fd, uint32_t flags, uint64_t offset,
		     uint64_t len)
{
	cachetrace_clear();
	ASSERT_OK(zone_sync_part(node, fd, flags, offset, len));
}

/* Each kind of access to a part of whole lines, at that physical address. */
static void expect_exact(int node, int fd, uint64_t phys, uint64_t offset,
			 uint64_t len)
{
	phys += offset;
	announce(node, fd, BEGIN_READ, offset, len);
	expect_one_pass(phys, len);
	announce(node, fd, BEGIN, offset, len);
	expect_one_pass(phys, len);
	announce(node, fd, BEGIN_WRITE, offset, len);
	expect_none();
	announce(node, fd, END_READ, offset, len);
	expect_one_pass(phys, len);
	announce(node, fd, END_WRITE, offset, len);
	expect_one_pass(phys, len);
	announce(node, fd, END, offset, len);
	expect_one_pass(phys, len);
}

ZONE_TEST(partial_sync_flushes_once_for_any_number_of_devices)
{
	/* The cache-op trace needs a page for itself. */
	const uint64_t len = 64 * KIB,
		       whole = ZONE_SIZE > 64 * MIB ? 64 * MIB : 32 * MIB;
	const uint64_t places[] = { 0, 20 * MIB, whole - len };
	int plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, whole, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct import dma[3];
	unsigned int devices;
	size_t i;

	for (devices = 0; devices <= 3; devices++) {
		if (devices)
			dma[devices - 1] = import(plain, fd,
						  CMM_IMPORT_BIDIRECTIONAL);
		cachetrace_open();
		for (i = 0; i < ARRAY_SIZE(places); i++) {
			note("%u devices, at %#llx", devices,
			     (unsigned long long)places[i]);
			expect_exact(node, fd, phys, places[i], len);
		}
		cachetrace_close();
	}
	for (i = 0; i < 3; i++)
		ASSERT_OK(importer_release(&dma[i]));
	close(fd);
	close(plain);
}

ZONE_TEST(partial_sync_does_nothing_if_all_devices_are_coherent)
{
	int engine = open_importer("edu0"), plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, 8 * PAGE, 0));
	struct import dma, other;

	need_snooping(engine);
	dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	cachetrace_open();
	announce(node, fd, BEGIN, PAGE, PAGE);
	expect_none();
	announce(node, fd, END, PAGE, PAGE);
	expect_none();
	announce(node, fd, BEGIN_WRITE, 1, 1);
	expect_none();
	/* One device that is not coherent is enough. */
	other = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	expect_exact(node, fd, buffer_phys(node, fd), PAGE, PAGE);
	ASSERT_OK(importer_release(&other));
	cachetrace_close();
	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(plain);
	close(engine);
}

ZONE_TEST(partial_sync_of_write_combined_buffer_does_nothing)
{
	int fd;

	need_wc();
	fd = ASSERT_OK(zone_alloc(node, 8 * PAGE, CMM_BUF_WC));
	cachetrace_open();
	announce(node, fd, BEGIN, PAGE, PAGE);
	expect_none();
	announce(node, fd, END, PAGE, PAGE);
	expect_none();
	cachetrace_close();
	close(fd);
}

/* Bytes of what is maintained at least, as the first byte shows it. */
static uint64_t line_size(int node, int fd)
{
	struct cachetrace_entry entry;

	announce(node, fd, END, 0, 1);
	ASSERT_EQ(cachetrace_read(&entry, 1), 1);
	ASSERT(entry.size && !(entry.size & (entry.size - 1)));
	ASSERT(entry.size >= 16 && entry.size <= 2048);
	return entry.size;
}

/* The part's lines, and nothing beyond the buffer. */
static void expect_rounded(int node, int fd, uint64_t line, uint64_t offset,
			   uint64_t len)
{
	uint64_t phys = buffer_phys(node, fd) + offset / line * line;
	uint64_t end = (offset + len + line - 1) / line * line;
	uint64_t size = end - offset / line * line;

	note("line of %llu, bytes %llu to %llu", (unsigned long long)line,
	     (unsigned long long)offset, (unsigned long long)(offset + len));
	announce(node, fd, BEGIN, offset, len);
	expect_one_pass(phys, size);
	announce(node, fd, END, offset, len);
	expect_one_pass(phys, size);
}

ZONE_TEST(partial_sync_flushes_whole_cache_lines_inside_the_buffer)
{
	static const uint64_t size = 3 * PAGE;
	int before = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int fd = ASSERT_OK(zone_alloc(node, size, 0));
	int behind = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint64_t line;

	ASSERT_EQ(buffer_offset(node, fd), buffer_offset(node, before) + PAGE);
	ASSERT_EQ(buffer_offset(node, behind), buffer_offset(node, fd) + size);
	cachetrace_open();
	line = line_size(node, fd);
	expect_rounded(node, fd, line, 0, 1);
	expect_rounded(node, fd, line, size - 1, 1);
	expect_rounded(node, fd, line, line - 1, 1);
	expect_rounded(node, fd, line, line - 1, 2);
	expect_rounded(node, fd, line, line, 1);
	expect_rounded(node, fd, line, PAGE - 1, 2);
	expect_rounded(node, fd, line, 1, size - 2);
	expect_rounded(node, fd, line, 5, 3 * line);
	expect_rounded(node, fd, line, 0, size);
	cachetrace_close();
	close(behind);
	close(fd);
	close(before);
}

ZONE_TEST(partial_sync_uses_the_cpus_cache_line_size)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));

	if (!hardware_line())
		skip("programs cannot ask this CPU for the size of its lines");
	cachetrace_open();
	ASSERT_EQ(line_size(node, fd), hardware_line());
	cachetrace_close();
	close(fd);
}

/* The lines that a part touches but does not cover, from an address on. */
static size_t partly_covered(struct cachetrace_range *ranges, uint64_t phys,
			     uint64_t line, uint64_t first, uint64_t end)
{
	uint64_t at;
	size_t n = 0;

	for (at = first / line * line; at < end; at += line) {
		if (first <= at && at + line <= end)
			continue;
		if (n && ranges[n - 1].phys + ranges[n - 1].size == phys + at)
			ranges[n - 1].size += line;
		else
			ranges[n++] = (struct cachetrace_range){ phys + at, line };
	}
	return n;
}

static void expect_write_begin(int node, int fd, uint64_t phys, uint64_t line,
			       uint64_t first, uint64_t end)
{
	struct cachetrace_range ranges[2];
	size_t count = partly_covered(ranges, phys, line, first, end);

	note("bytes %llu to %llu", (unsigned long long)first,
	     (unsigned long long)end);
	announce(node, fd, BEGIN_WRITE, first, end - first);
	expect_flushed(ranges, count);
}

/*
 * A device may have written the other bytes of such a line, and the CPU must not
 * write back older ones. Lines that the CPU replaces need nothing.
 */
ZONE_TEST(write_sync_begin_flushes_partly_covered_cache_lines)
{
	static const uint64_t size = 3 * PAGE;
	int fd = ASSERT_OK(zone_alloc(node, size, 0));
	uint64_t phys = buffer_phys(node, fd), line, first, end;

	cachetrace_open();
	line = line_size(node, fd);
	/* At each line's edge, and a byte before and behind it. */
	for (first = 0; first <= 2 * line + 1; first++) {
		if ((first + 1) % line > 2)
			continue;
		for (end = first + 1; end <= 4 * line; end++)
			if ((end + 1) % line <= 2)
				expect_write_begin(node, fd, phys, line, first,
						   end);
		expect_write_begin(node, fd, phys, line, first, PAGE + 1);
		expect_write_begin(node, fd, phys, line, first, size - 1);
		expect_write_begin(node, fd, phys, line, first, size);
	}
	cachetrace_close();
	close(fd);
}

ZONE_TEST(info_reports_support_for_partial_sync)
{
	struct cmm_info info;

	ASSERT_OK(zone_info(node, &info));
	ASSERT(info.features & CMM_FEATURE_SYNC);
}

/* Between two steps a signal can end the call, and another thread can run. */
ZONE_TEST(large_buffer_is_flushed_in_steps)
{
	static struct cachetrace_entry entries[16];
	int fd = ASSERT_OK(zone_alloc(node, 9 * MIB, 0));
	uint64_t flushed = 0;
	size_t i, count;

	cachetrace_open();
	ASSERT_OK(zone_sync_part(node, fd, BEGIN_READ, 0, 9 * MIB));
	count = cachetrace_read(entries, ARRAY_SIZE(entries));
	cachetrace_close();
	for (i = 0; i < count; i++) {
		ASSERT(entries[i].size <= 2 * MIB);
		flushed += entries[i].size;
	}
	ASSERT_EQ(flushed, 9 * MIB);
	close(fd);
}
