// SPDX-License-Identifier: MIT
/* What tests do with buffers all the time: see buffer.h. */
#include "buffer.h"

#include <linux/dma-buf.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "driver.h"
#include "pattern.h"

/* The kernel drops events beyond ten in five seconds: tries that long. */
#define STRAY_TRIES	8
/* One event's worth of a transfer. */
#define STRAY_LEN	8

#define SECTION		(128 * MIB)

/* Descriptors passed through sockets are closed a little later. */

struct buffer buffer_of(int fd, size_t len)
{
	struct buffer buffer = { .fd = fd, .len = len };

	buffer.at = zone_map(fd, len);
	ASSERT(buffer.at);
	return buffer;
}

struct buffer buffer_alloc(int node, size_t len, uint32_t flags)
{
	return buffer_of(ASSERT_OK(zone_alloc(node, len, flags)), len);
}

void buffer_free(struct buffer *buffer)
{
	ASSERT(!munmap(buffer->at, buffer->len));
	ASSERT(!close(buffer->fd));
}

void buffer_fill(const struct buffer *buffer, uint64_t seed)
{
	ASSERT_OK(zone_sync(buffer->fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	pattern_fill(buffer->at, buffer->len, 0, seed);
	ASSERT_OK(zone_sync(buffer->fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
}

void buffer_expect(const struct buffer *buffer, uint64_t seed)
{
	ASSERT_OK(zone_sync(buffer->fd,
			    DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ));
	ASSERT_PATTERN(pattern_check(buffer->at, buffer->len, 0, seed));
	ASSERT_OK(zone_sync(buffer->fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ));
}

void buffer_expect_zero(const struct buffer *buffer)
{
	ASSERT_PATTERN(pattern_check_zero(buffer->at, buffer->len));
}

uint64_t buffer_id(int node, int fd)
{
	struct cmm_query query;

	ASSERT_OK(zone_query(node, fd, &query));
	return query.id;
}

uint64_t buffer_offset(int node, int fd)
{
	struct cmm_query query;

	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT(query.flags & CMM_BUF_OFFSET);
	return query.offset;
}

uint64_t buffer_phys(int node, int fd)
{
	struct cmm_query query;

	ASSERT_OK(zone_query(node, fd, &query));
	if (query.flags & CMM_BUF_PHYS)
		ASSERT_EQ(query.phys, chosen.start + query.offset);
	return chosen.start + query.offset;
}

bool exposes_phys(void)
{
	return chosen.flags & CMM_ZONE_EXPOSE_PHYS;
}

bool has_feature(int node, uint32_t feature)
{
	struct cmm_info info;

	ASSERT_OK(zone_info(node, &info));
	return info.features & feature;
}

void need_shared_fences(int node)
{
	if (!has_feature(node, CMM_FEATURE_FENCES))
		skip("views have fences of their own on this kernel");
}

int open_importer(const char *name)
{
	return ASSERT_OK(importer_open(name));
}

static bool is_kernel_from(unsigned int major, unsigned int minor)
{
	unsigned int its_major, its_minor;
	struct utsname kernel;

	ASSERT(!uname(&kernel));
	if (sscanf(kernel.release, "%u.%u", &its_major, &its_minor) != 2)
		FAIL("the kernel is called %s", kernel.release);
	return its_major > major || (its_major == major && its_minor >= minor);
}

/*
 * From 5.14 on, arm64 has struct pages for whole sections: also for memory with
 * no-map, and for what mem= hides but for a part of its section.
 */
static bool zone_has_pages(void)
{
	return chosen.kind == CMM_KIND_LINEAR ||
	       (is_kernel_from(5, 14) && (chosen.kind == CMM_KIND_NO_MAP ||
					  chosen.start % SECTION));
}

bool engine_snoops(int engine)
{
	return !ASSERT_OK(importer_is_translated(engine)) || zone_has_pages() ||
	       is_kernel_from(6, 18);
}

void need_snooping(int engine)
{
	if (!engine_snoops(engine))
		skip("this kernel does not let the engine snoop here");
}

void need_wc(void)
{
	if (zone_lacks_wc())
		skip("this CPU has no uncached mappings or cannot flush its cache");
}

struct import import(int importer, int fd, uint32_t dir)
{
	struct import import;

	ASSERT_OK(importer_import(importer, fd, dir, &import));
	return import;
}

uint64_t translate(int importer, uint64_t addr)
{
	uint64_t phys;

	ASSERT_OK(importer_translate(importer, addr, &phys));
	return phys;
}

static uint64_t used_now(void)
{
	uint64_t used;

	ASSERT_OK(zone_attribute(ZONE, "used", &used));
	return used;
}

void expect_used(uint64_t bytes)
{
	ASSERT_EQ(used_now(), bytes);
}

void expect_used_soon(uint64_t bytes)
{
	WAIT_UNTIL(used_now() == bytes);
}

struct smmu_event stray_by(void (*go_astray)(void *arg), void *arg,
			   uint64_t addr)
{
	struct smmu_event event;
	/* An event of one try may come during the next. */
	int i, log = ASSERT_OK(kmsg_open());

	expect_smmu_events();
	for (i = 0; i < STRAY_TRIES; i++) {
		go_astray(arg);
		if (kmsg_wait_smmu_event(log, 500, &event)) {
			close(log);
			ASSERT_EQ(event.addr / PAGE, addr / PAGE);
			return event;
		}
		sleep(1);
	}
	FAIL("no SMMU event for DMA to %#llx", (unsigned long long)addr);
}

struct astray {
	int engine;
	uint64_t addr;
	bool to_memory;
};

static void access_stray(void *arg)
{
	const struct astray *a = arg;

	ASSERT_OK(a->to_memory ?
		  importer_store(a->engine, a->addr, 0, STRAY_LEN) :
		  importer_load(a->engine, a->addr, 0, STRAY_LEN));
}

struct smmu_event stray(int engine, uint64_t addr, bool to_memory)
{
	struct astray a = { engine, addr, to_memory };

	return stray_by(access_stray, &a, addr);
}
