// SPDX-License-Identifier: MIT
/* User space, the kernel and devices read each other's writes. */
#include <errno.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "pattern.h"

/* Flags of a cached buffer (0), or a write-combined one if supported (1). */
static uint32_t kind_of(int i)
{
	return i ? zone_wc() : 0;
}

ZONE_TEST(kernel_reads_what_user_space_wrote)
{
	static uint8_t seen[64 * KIB];
	int plain = open_importer("plain");
	int i;

	for (i = 0; i < 2; i++) {
		struct buffer buffer = buffer_alloc(node, sizeof(seen),
						    kind_of(i));

		buffer_fill(&buffer, i);
		ASSERT_OK(importer_cpu_read(plain, buffer.fd, 0, seen,
					    sizeof(seen)));
		ASSERT_PATTERN(pattern_check(seen, sizeof(seen), 0, i));
		/* Across page boundaries, at unaligned offsets. */
		ASSERT_OK(importer_cpu_read(plain, buffer.fd, PAGE - 3, seen,
					    PAGE + 7));
		ASSERT_PATTERN(pattern_check(seen, PAGE + 7, PAGE - 3, i));
		buffer_free(&buffer);
	}
	close(plain);
}

ZONE_TEST(user_space_reads_what_the_kernel_wrote)
{
	static uint8_t data[64 * KIB];
	int plain = open_importer("plain");
	int i;

	for (i = 0; i < 2; i++) {
		struct buffer buffer = buffer_alloc(node, sizeof(data),
						    kind_of(i));

		pattern_fill(data, sizeof(data), 0, i);
		ASSERT_OK(importer_cpu_write(plain, buffer.fd, 0, data,
					     sizeof(data)));
		buffer_expect(&buffer, i);
		buffer_free(&buffer);
	}
	close(plain);
}

ZONE_TEST(device_copy_between_buffers_is_seen_by_user_space)
{
	int engine = open_importer("edu0");
	int i;

	for (i = 0; i < 2; i++) {
		struct buffer src = buffer_alloc(node, PAGE, kind_of(i));
		struct buffer dst = buffer_alloc(node, PAGE, kind_of(i));
		struct import in, out;

		buffer_fill(&src, i);
		in = import(engine, src.fd, CMM_IMPORT_TO_DEVICE);
		out = import(engine, dst.fd, CMM_IMPORT_FROM_DEVICE);
		ASSERT_OK(importer_copy(engine, out.map.addr, in.map.addr,
					PAGE));
		ASSERT_OK(importer_release(&out));
		ASSERT_OK(importer_release(&in));
		buffer_expect(&dst, i);
		buffer_free(&dst);
		buffer_free(&src);
	}
	close(engine);
}

ZONE_TEST(device_reads_what_the_kernel_wrote)
{
	static uint8_t data[1000];
	int engine = open_importer("edu1");
	struct buffer buffer = buffer_alloc(node, 2 * PAGE, 0);
	struct import dma = import(engine, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);

	pattern_fill(data, sizeof(data), 0, 7);
	ASSERT_OK(importer_cpu_write(engine, buffer.fd, 100, data,
				     sizeof(data)));
	ASSERT_OK(importer_copy(engine, dma.map.addr + PAGE, dma.map.addr + 100,
				sizeof(data)));
	memset(data, 0, sizeof(data));
	ASSERT_OK(importer_cpu_read(engine, buffer.fd, PAGE, data,
				    sizeof(data)));
	ASSERT_PATTERN(pattern_check(data, sizeof(data), 0, 7));
	ASSERT_OK(importer_release(&dma));
	buffer_free(&buffer);
	close(engine);
}

ZONE_TEST(all_user_mappings_show_the_same_bytes)
{
	struct buffer one = buffer_alloc(node, 16 * PAGE, 0);
	int copy = dup(one.fd);
	struct buffer two = buffer_of(copy, 16 * PAGE);
	uint8_t *part = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, one.fd,
			     5 * PAGE);

	ASSERT(part != MAP_FAILED);
	buffer_fill(&one, 3);
	buffer_expect(&two, 3);
	ASSERT_PATTERN(pattern_check(part, PAGE, 5 * PAGE, 3));
	munmap(part, PAGE);
	buffer_free(&two);
	buffer_free(&one);
}

ZONE_TEST(dma_buf_sync_accepts_only_valid_flags)
{
	static const uint64_t accesses[] = {
		DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE, DMA_BUF_SYNC_RW,
	};
	int engine = open_importer("edu0");
	int i, kind;

	for (kind = 0; kind < 2; kind++) {
		int fd = ASSERT_OK(zone_alloc(node, PAGE, kind_of(kind)));
		struct import dma;

		for (i = 0; i < 3; i++) {
			ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_START |
					    accesses[i]));
			ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_END |
					    accesses[i]));
		}
		dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
		ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
		ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
		ASSERT_OK(importer_release(&dma));
		ASSERT_ERR(zone_sync(fd, DMA_BUF_SYNC_START), EINVAL);
		ASSERT_ERR(zone_sync(fd, ~0ULL), EINVAL);
		close(fd);
	}
	close(engine);
}

ZONE_TEST(poll_reports_an_idle_buffer_as_ready)
{
	struct pollfd fd = {
		.fd = ASSERT_OK(zone_alloc(node, PAGE, 0)),
		.events = POLLIN | POLLOUT,
	};

	ASSERT_EQ(poll(&fd, 1, 0), 1);
	ASSERT_EQ(fd.revents, POLLIN | POLLOUT);
	close(fd.fd);
}
