// SPDX-License-Identifier: MIT
/*
 * Every byte of a new buffer is zero: for the CPU through either kind of mapping,
 * for the kernel, and for a device. Each test first fills memory with other bytes.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "pattern.h"

/* Leaves bytes other than zero in the whole zone, through the CPU. */
static void dirty_zone(int node)
{
	struct buffer all = buffer_alloc(node, ZONE_SIZE, 0);

	memset(all.at, 0xa5, all.len);
	buffer_free(&all);
	expect_used(0);
}

static void expect_zero_zone(uint32_t flags)
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct buffer all;

	dirty_zone(node);
	all = buffer_alloc(node, ZONE_SIZE, flags);
	buffer_expect_zero(&all);
	buffer_free(&all);
	close(node);
}

TEST_LIMIT(cached_mapping_of_new_buffer_reads_zero, 120)
{
	expect_zero_zone(0);
}

TEST_LIMIT(write_combined_mapping_of_new_buffer_reads_zero, 120)
{
	need_wc();
	expect_zero_zone(CMM_BUF_WC);
}

static void expect_zero_for_kernel(int node, int importer, uint32_t flags)
{
	static uint8_t chunk[MIB];
	int fd = ASSERT_OK(zone_alloc(node, 64 * MIB, flags));
	uint64_t offset;

	for (offset = 0; offset < 64 * MIB; offset += sizeof(chunk)) {
		memset(chunk, 0xff, sizeof(chunk));
		ASSERT_OK(importer_cpu_read(importer, fd, offset, chunk,
					    sizeof(chunk)));
		ASSERT_PATTERN(pattern_check_zero(chunk, sizeof(chunk)));
	}
	close(fd);
}

ZONE_TEST_LIMIT(kernel_mapping_of_new_buffer_reads_zero, 120)
{
	int plain = open_importer("plain");

	dirty_zone(node);
	expect_zero_for_kernel(node, plain, 0);
	dirty_zone(node);
	expect_zero_for_kernel(node, plain, zone_wc());
	close(plain);
}

/* What the engine reads at those places of a buffer is zero. */
static void expect_zero_for_device(int node, int engine, int fd,
				   const size_t *places, size_t count)
{
	struct buffer seen = buffer_alloc(node, PAGE, 0);
	struct import src = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import dst = import(engine, seen.fd, CMM_IMPORT_BIDIRECTIONAL);
	size_t i;

	for (i = 0; i < count; i++) {
		note("at %zu", places[i]);
		buffer_fill(&seen, i);
		ASSERT_OK(importer_copy(engine, dst.map.addr,
					src.map.addr + places[i], 512));
		ASSERT_PATTERN(pattern_check_zero(seen.at, 512));
	}
	ASSERT_OK(importer_release(&dst));
	ASSERT_OK(importer_release(&src));
	buffer_free(&seen);
}

ZONE_TEST_LIMIT(device_reads_zero_from_new_buffer, 120)
{
	/* Beginning, end of a granule, middle, last page. */
	static const size_t places[] = {
		0, 64 * KIB - 512, 4 * MIB + 512, 8 * MIB - 512,
	};
	int engine = open_importer("edu0");
	int fd;

	dirty_zone(node);
	fd = ASSERT_OK(zone_alloc(node, 8 * MIB, 0));
	expect_zero_for_device(node, engine, fd, places, 4);
	close(fd);
	close(engine);
}

ZONE_TEST_LIMIT(new_buffer_is_zero_to_the_end_of_its_last_page, 120)
{
	static const size_t tail[] = { 3 * PAGE, 4 * PAGE - 512 };
	int engine = open_importer("edu1");
	struct buffer buffer;
	int fd;

	dirty_zone(node);
	fd = ASSERT_OK(zone_alloc(node, 3 * PAGE + 100, 0));
	expect_zero_for_device(node, engine, fd, tail, 2);
	buffer = buffer_of(fd, 4 * PAGE);
	buffer_expect_zero(&buffer);
	buffer_free(&buffer);
	close(engine);
}

ZONE_TEST(new_buffer_is_zero_after_device_wrote_old_one)
{
	int engine = open_importer("edu0");
	struct buffer buffer = buffer_alloc(node, 2 * PAGE, 0);
	struct import dma = import(engine, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);

	buffer_fill(&buffer, 1);
	ASSERT_OK(importer_copy(engine, dma.map.addr + PAGE, dma.map.addr,
				CMM_EDU_CHUNK));
	ASSERT_PATTERN(pattern_check(buffer.at + PAGE, CMM_EDU_CHUNK, 0, 1));
	ASSERT_OK(importer_release(&dma));
	buffer_free(&buffer);

	buffer = buffer_alloc(node, 2 * PAGE, 0);
	ASSERT_EQ(buffer_offset(node, buffer.fd), 0);
	buffer_expect_zero(&buffer);
	buffer_free(&buffer);
	close(engine);
}

ZONE_TEST(new_buffer_is_zero_after_kernel_wrote_old_one)
{
	const uint32_t flags[] = { 0, zone_wc() };
	int plain = open_importer("plain");
	struct buffer buffer;
	char data[64];
	int i;

	memset(data, 0x5a, sizeof(data));
	for (i = 0; i < 2; i++) {
		buffer = buffer_alloc(node, PAGE, flags[i]);
		ASSERT_OK(importer_cpu_write(plain, buffer.fd, PAGE - 64, data,
					     64));
		buffer_free(&buffer);
		buffer = buffer_alloc(node, PAGE, flags[!i]);
		ASSERT_EQ(buffer_offset(node, buffer.fd), 0);
		buffer_expect_zero(&buffer);
		buffer_free(&buffer);
	}
	close(plain);
}

ZONE_TEST(every_buffer_of_a_batch_is_zero)
{
	struct buffer all = buffer_alloc(node, 4 * MIB, 0);
	int32_t fds[16];
	struct cmm_alloc req = {
		.len = 5 * PAGE - 1,
		.fds = (uintptr_t)fds,
		.count = 16,
	};
	int i;

	memset(all.at, 0xff, all.len);
	buffer_free(&all);
	ASSERT_OK(zone_request(node, &req));
	for (i = 0; i < 16; i++) {
		struct buffer one = buffer_of(fds[i], 5 * PAGE);

		note("buffer %d", i);
		buffer_expect_zero(&one);
		buffer_free(&one);
	}
}
