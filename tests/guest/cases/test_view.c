// SPDX-License-Identifier: MIT
/*
 * Views: descriptors for a part of a buffer. A view gives access to its bytes and to no
 * other byte, with no more rights than the descriptor that it was made from.
 *
 * The buffer here is an image with two planes. Most tests hold the descriptor of the
 * second plane only, as an attacker or a driver would.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include <linux/dma-buf.h>

#include "blocks.h"
#include "buffer.h"
#include "cachetrace.h"
#include "events.h"
#include "pattern.h"
#include "sync.h"
#include "vgem.h"
#include "whois.h"

#define LUMA	(5 * PAGE)
#define CHROMA	(3 * PAGE)
#define TAIL	PAGE
#define LEN	(LUMA + CHROMA + TAIL)
#define SEED	83

static struct cmm_query query_of(int node, int fd)
{
	struct cmm_query query;

	ASSERT_OK(zone_query(node, fd, &query));
	return query;
}

/* A writable view of the second plane. */
static int view_chroma(int node, int fd)
{
	return ASSERT_OK(zone_view(node, fd, LUMA, CHROMA, CMM_VIEW_WRITE));
}

/* All bytes outside of the second plane have the pattern of buffer_fill(). */
static void expect_rest(const struct buffer *buffer)
{
	ASSERT_PATTERN(pattern_check(buffer->at, LUMA, 0, SEED));
	ASSERT_PATTERN(pattern_check(buffer->at + LUMA + CHROMA, TAIL,
				     LUMA + CHROMA, SEED));
}

/* --- what a view is --- */

ZONE_TEST(view_shows_its_part_of_the_buffer)
{
	struct buffer buffer = buffer_alloc(node, LEN, 0), chroma;
	int view = view_chroma(node, buffer.fd);
	struct cmm_query whole, part;

	buffer_fill(&buffer, SEED);
	chroma = buffer_of(view, CHROMA);
	ASSERT_PATTERN(pattern_check(chroma.at, CHROMA, LUMA, SEED));
	buffer_fill(&chroma, SEED + 1);
	ASSERT_PATTERN(pattern_check(buffer.at + LUMA, CHROMA, 0, SEED + 1));
	expect_rest(&buffer);

	ASSERT_EQ(lseek(view, 0, SEEK_END), CHROMA);
	ASSERT_EQ(fcntl(view, F_GETFL) & O_ACCMODE, O_RDWR);
	ASSERT_EQ(fcntl(view, F_GETFD), FD_CLOEXEC);
	whole = query_of(node, buffer.fd);
	part = query_of(node, view);
	ASSERT_EQ(part.id, whole.id);
	ASSERT_EQ(part.len, CHROMA);
	ASSERT_EQ(whole.len, LEN);
	ASSERT_EQ(part.view_offset, LUMA);
	ASSERT_EQ(whole.view_offset, 0);
	ASSERT_EQ(part.offset, whole.offset + LUMA);
	if (exposes_phys())
		ASSERT_EQ(part.phys, whole.phys + LUMA);
	ASSERT(!(part.flags & CMM_BUF_READ_ONLY));
	ASSERT(has_feature(node, CMM_FEATURE_VIEW));
	buffer_free(&chroma);
	buffer_free(&buffer);
}

ZONE_TEST(view_reports_the_alignment_that_it_has)
{
	int fd = ASSERT_OK(zone_alloc_named(node, 64 * PAGE, 64 * KIB, ""));
	int odd = ASSERT_OK(zone_view(node, fd, 3 * PAGE, PAGE, 0));
	int even = ASSERT_OK(zone_view(node, fd, 32 * PAGE, PAGE, 0));
	int half = ASSERT_OK(zone_view(node, fd, 8 * PAGE, PAGE, 0));

	ASSERT_EQ(query_of(node, fd).align, 64 * KIB);
	ASSERT_EQ(query_of(node, odd).align, PAGE);
	ASSERT_EQ(query_of(node, half).align, 8 * PAGE);
	ASSERT_EQ(query_of(node, even).align, 64 * KIB);
	close(half);
	close(even);
	close(odd);
	close(fd);
}

ZONE_TEST(buffer_and_its_charge_stay_until_the_last_view_is_gone)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int luma = ASSERT_OK(zone_view(node, fd, 0, LUMA, 0));
	int chroma = view_chroma(node, fd);
	struct cmm_info info;
	uint8_t *at;

	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.charged, LEN);
	close(fd);
	expect_used(LEN);
	close(luma);
	expect_used(LEN);
	at = zone_map(chroma, CHROMA);
	ASSERT(at);
	close(chroma);
	expect_used(LEN);
	at[CHROMA - 1] = 1;
	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.charged, LEN);
	ASSERT(!munmap(at, CHROMA));
	expect_used_soon(0);
	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.charged, 0);
}

ZONE_TEST(killing_the_holder_of_views_frees_the_buffer)
{
	int ready[2];
	char byte;
	pid_t pid;

	ASSERT(!pipe(ready));
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
		int view = view_chroma(node, fd);

		ASSERT(zone_map(view, CHROMA));
		ASSERT_OK(zone_view(node, view, PAGE, PAGE, 0));
		close(fd);
		ASSERT_EQ(write(ready[1], "x", 1), 1);
		pause();
	}
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
	expect_used(LEN);
	ASSERT(!kill(pid, SIGKILL));
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	expect_used_soon(0);
	close(ready[0]);
	close(ready[1]);
}

ZONE_TEST(view_is_traced)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));

	events_begin();
	close(view_chroma(node, fd));
	ASSERT_EQ(events_count("cmm_view", "size=12288 read_only=0"), 1);
	close(ASSERT_OK(zone_view(node, fd, 0, PAGE, 0)));
	ASSERT_EQ(events_count("cmm_view", "size=4096 read_only=1"), 1);
	events_end();
	close(fd);
}

/* --- range --- */

/* A descriptor of that many bytes gives no view of a malformed part. */
static void expect_no_part(int node, int fd, uint64_t len)
{
	const struct {
		uint64_t offset, len;
	} bad[] = {
		{ 0, 0 }, { PAGE, 0 }, { len, 0 }, { 0, len + PAGE },
		{ PAGE, len }, { len, PAGE }, { len + PAGE, PAGE },
		{ 0, 1 }, { 1, PAGE }, { 0, PAGE - 1 }, { 0, PAGE + 1 },
		{ PAGE / 2, PAGE }, { PAGE, PAGE / 2 },
		{ -PAGE, PAGE }, { -PAGE, 2 * PAGE }, { PAGE, -PAGE },
		{ 2 * PAGE, -PAGE }, { 0, -PAGE }, { 0, UINT64_MAX },
		{ UINT64_MAX, 1 }, { 1ULL << 63, 1ULL << 63 },
		{ 0, 1ULL << 63 }, { 1ULL << 32, PAGE }, { 0, 1ULL << 32 },
	};
	static const uint32_t flags[] = { 0, CMM_VIEW_WRITE, CMM_VIEW_SEAL };
	size_t i, f;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		for (f = 0; f < ARRAY_SIZE(flags); f++) {
			note("offset %#" PRIx64 ", length %#" PRIx64 ", flags %u",
			     bad[i].offset, bad[i].len, flags[f]);
			ASSERT_ERR(zone_view(node, fd, bad[i].offset,
					     bad[i].len, flags[f]), EINVAL);
		}
	}
}

ZONE_TEST(malformed_parts_are_refused)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int view = view_chroma(node, fd);

	expect_no_part(node, fd, LEN);
	expect_no_part(node, view, CHROMA);
	ASSERT(!(query_of(node, fd).flags & CMM_BUF_READ_ONLY));
	close(view);
	close(fd);
}

ZONE_TEST(view_of_a_view_is_relative_and_stays_inside)
{
	struct buffer buffer = buffer_alloc(node, LEN, 0), inner;
	int view = view_chroma(node, buffer.fd);
	int last = ASSERT_OK(zone_view(node, view, 2 * PAGE, PAGE,
				       CMM_VIEW_WRITE));

	buffer_fill(&buffer, SEED);
	ASSERT_EQ(query_of(node, last).view_offset, LUMA + 2 * PAGE);
	expect_no_part(node, last, PAGE);
	inner = buffer_of(last, PAGE);
	ASSERT_PATTERN(pattern_check(inner.at, PAGE, LUMA + 2 * PAGE, SEED));
	buffer_fill(&inner, SEED + 1);
	expect_rest(&buffer);
	ASSERT_PATTERN(pattern_check(buffer.at + LUMA, 2 * PAGE, LUMA, SEED));
	/* It does not need its parent. */
	close(view);
	ASSERT_PATTERN(pattern_check(buffer.at + LUMA + 2 * PAGE, PAGE, 0,
				     SEED + 1));
	buffer_free(&inner);
	buffer_free(&buffer);
}

ZONE_TEST(mapping_of_a_view_is_confined)
{
	static const off_t offsets[] = {
		CHROMA, CHROMA + PAGE, -PAGE, -CHROMA, -LUMA, 1L << 32,
		1L << 62,
	};
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	int view = view_chroma(node, buffer.fd);
	uint8_t *at;
	size_t i;

	buffer_fill(&buffer, SEED);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		note("offset %ld", (long)offsets[i]);
		ASSERT(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, view,
			    offsets[i]) == MAP_FAILED);
	}
	ASSERT(mmap(NULL, CHROMA + PAGE, PROT_READ, MAP_SHARED, view, 0) ==
	       MAP_FAILED);
	ASSERT(mmap(NULL, CHROMA, PROT_READ, MAP_SHARED, view, PAGE) ==
	       MAP_FAILED);

	at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, view, PAGE);
	ASSERT(at != MAP_FAILED);
	ASSERT_PATTERN(pattern_check(at, 2 * PAGE, LUMA + PAGE, SEED));
	/* It cannot grow over the view's end. */
	ASSERT(mremap(at, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	ASSERT(mremap(at, 0, 3 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	ASSERT(!munmap(at, 2 * PAGE));
	expect_rest(&buffer);
	close(view);
	buffer_free(&buffer);
}

static void check_vmap(int node, uint32_t flags)
{
	struct buffer buffer = buffer_alloc(node, LEN, flags);
	int view = view_chroma(node, buffer.fd);
	int plain = open_importer("plain");
	char bytes[8] = "";

	buffer_fill(&buffer, SEED);
	ASSERT_OK(importer_cpu_write(plain, view, CHROMA - 8, "kernel!", 8));
	ASSERT_STREQ((char *)buffer.at + LUMA + CHROMA - 8, "kernel!");
	ASSERT_OK(importer_cpu_read(plain, buffer.fd, LUMA + CHROMA - 8, bytes,
				    8));
	ASSERT_STREQ(bytes, "kernel!");
	/* The importer knows the size of the view. */
	ASSERT_ERR(importer_cpu_write(plain, view, CHROMA, bytes, 8), EINVAL);
	expect_rest(&buffer);
	close(plain);
	close(view);
	buffer_free(&buffer);
}

ZONE_TEST(kernel_mapping_of_a_view_is_its_part)
{
	check_vmap(node, 0);
}

ZONE_TEST(kernel_mapping_of_a_write_combined_view_is_its_part)
{
	need_wc();
	check_vmap(node, CMM_BUF_WC);
}

/* --- cache maintenance --- */

ZONE_TEST(sync_of_a_view_is_confined)
{
	static const uint64_t bad[][2] = {
		{ CHROMA, 1 }, { CHROMA - 1, 2 }, { 0, CHROMA + 1 },
		{ -1ULL, 2 }, { -LUMA, LUMA }, { 1, -1ULL }, { CHROMA + 1, 1 },
	};
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int view = view_chroma(node, fd);
	uint64_t phys = buffer_phys(node, fd) + LUMA;
	uint64_t line;
	size_t i;

	cachetrace_open();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		note("offset %#" PRIx64, bad[i][0]);
		ASSERT_ERR(zone_sync_part(node, view, BEGIN, bad[i][0],
					  bad[i][1]), EINVAL);
	}
	expect_none();
	ASSERT_OK(zone_sync(view, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	expect_one_pass(phys, CHROMA);
	cachetrace_clear();
	ASSERT_OK(zone_sync(view, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	expect_one_pass(phys, CHROMA);
	line = hardware_line();
	if (line) {
		cachetrace_clear();
		ASSERT_OK(zone_sync_part(node, view, BEGIN, PAGE + 1, 1));
		expect_one_pass(phys + PAGE, line);
		cachetrace_clear();
		ASSERT_OK(zone_sync_part(node, view, END, CHROMA - 1, 1));
		expect_one_pass(phys + CHROMA - line, line);
	}
	cachetrace_close();
	close(view);
	close(fd);
}

ZONE_TEST(importer_of_a_view_causes_maintenance_of_its_part)
{
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	int view = view_chroma(node, buffer.fd);
	int plain = open_importer("plain");
	uint64_t phys = buffer_phys(node, view);
	uint32_t handle;

	ASSERT_OK(importer_attach(plain, view, &handle));
	cachetrace_open();
	ASSERT_OK(importer_map(plain, handle, CMM_IMPORT_BIDIRECTIONAL, NULL));
	expect_one_pass(phys, CHROMA);
	cachetrace_clear();
	ASSERT_OK(importer_unmap(plain, handle));
	expect_one_pass(phys, CHROMA);
	cachetrace_close();
	ASSERT_OK(importer_detach(plain, handle));
	close(plain);
	close(view);
	buffer_free(&buffer);
}

/* --- devices --- */

ZONE_TEST(importer_of_a_view_gets_addresses_for_its_part_only)
{
	struct buffer buffer = buffer_alloc(node, LEN, 0);
	int view = view_chroma(node, buffer.fd);
	int engine = open_importer("edu0");
	struct import dma = import(engine, view, CMM_IMPORT_BIDIRECTIONAL);
	uint64_t phys = buffer_phys(node, view);

	ASSERT_EQ(dma.map.len, CHROMA);
	ASSERT(dma.map.contiguous);
	ASSERT_EQ(translate(engine, dma.map.addr), phys);
	ASSERT_EQ(translate(engine, dma.map.addr + CHROMA - 1),
		  phys + CHROMA - 1);
	buffer_fill(&buffer, SEED);
	ASSERT_OK(importer_copy(engine, dma.map.addr + 2 * PAGE, dma.map.addr,
				PAGE));
	ASSERT_PATTERN(pattern_check(buffer.at + LUMA + 2 * PAGE, PAGE, LUMA,
				     SEED));
	expect_rest(&buffer);
	if (ASSERT_OK(importer_is_translated(engine))) {
		ASSERT_EQ(translate(engine, dma.map.addr - PAGE), 0);
		ASSERT_EQ(translate(engine, dma.map.addr + CHROMA), 0);
		expect_smmu_events();
		importer_store(engine, dma.map.addr + CHROMA, 0, 256);
		importer_store(engine, dma.map.addr - PAGE, 0, 256);
		expect_rest(&buffer);
	}
	ASSERT_OK(importer_release(&dma));
	close(engine);
	close(view);
	buffer_free(&buffer);
}

ZONE_TEST(whole_and_views_have_mappings_of_their_own)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int view = view_chroma(node, fd), same = view_chroma(node, fd);
	int engine = open_importer("edu0");
	struct import whole = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	struct import part = import(engine, view, CMM_IMPORT_BIDIRECTIONAL);
	struct import again = import(engine, same, CMM_IMPORT_BIDIRECTIONAL);

	/* Two views of the same bytes share a mapping. */
	ASSERT_EQ(again.map.addr, part.map.addr);
	ASSERT_EQ(whole.map.len, LEN);
	ASSERT_OK(importer_release(&whole));
	ASSERT_EQ(translate(engine, part.map.addr), buffer_phys(node, view));
	ASSERT_OK(importer_release(&part));
	ASSERT_EQ(translate(engine, again.map.addr), buffer_phys(node, view));
	ASSERT_OK(importer_release(&again));
	close(engine);
	close(same);
	close(view);
	close(fd);
}

static bool has_devices(int node)
{
	struct cmm_dev_entry entry;

	return ASSERT_OK(zone_devices(node, &entry, 1)) > 0;
}

ZONE_TEST(device_mapping_and_whois_know_views)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int view = view_chroma(node, fd);
	int engine = open_importer("edu0");
	bool translated = ASSERT_OK(importer_is_translated(engine));
	struct cmm_dev_map map, whole;
	struct cmm_whois whois;

	if (!has_devices(node) || !translated)
		skip("the zone has no device behind an IOMMU");
	ASSERT_OK(zone_map_device(node, view, 0, CMM_DEV_MAP_RW, &map));
	ASSERT_EQ(translate(engine, map.addr), buffer_phys(node, view));
	ASSERT_EQ(translate(engine, map.addr + CHROMA), 0);
	ASSERT_OK(zone_map_device(node, fd, 0, CMM_DEV_MAP_RW, &whole));
	ASSERT(whole.addr != map.addr);

	whois = ask(node, EDU0, map.addr + 5);
	ASSERT_EQ(whois.id, query_of(node, fd).id);
	ASSERT_EQ(whois.offset, LUMA + 5);
	ASSERT_EQ(whois.len, LEN);
	ASSERT_EQ(ask(node, EDU0, whole.addr + 5).offset, 5);

	/* A mapping keeps the buffer, without any descriptor. */
	close(view);
	close(fd);
	expect_used(LEN);
	ASSERT_OK(zone_unmap_device(node, whole.id));
	ASSERT_OK(zone_unmap_device(node, map.id));
	expect_used_soon(0);
	whois = ask(node, EDU0, map.addr + CHROMA - 1);
	ASSERT_EQ(whois.offset, LUMA + CHROMA - 1);
	ASSERT_EQ(whois.state, 0);
	close(engine);
}

/* Nested views of one buffer: each needs device addresses of its own. */
ZONE_TEST(overlapping_views_cannot_use_up_a_devices_addresses)
{
	int fd = ASSERT_OK(zone_alloc(node, 64 * PAGE, 0)), ret = 0, view;
	int engine = open_importer("edu0");
	bool translated = ASSERT_OK(importer_is_translated(engine));
	struct cmm_dev_map map;
	uint64_t pages, mapped = 0;

	if (!has_devices(node) || !translated)
		skip("the zone has no device behind an IOMMU");
	for (pages = 64; pages && ret >= 0; pages--) {
		view = ASSERT_OK(zone_view(node, fd, 0, pages * PAGE, CMM_VIEW_WRITE));
		ret = zone_map_device(node, view, 0, CMM_DEV_MAP_RW, &map);
		close(view);
		mapped += ret < 0 ? 0 : pages;
	}
	ASSERT_ERR(ret, EBUSY);
	ASSERT(mapped > 7 * 64 && mapped <= 8 * 64);

	/* The limit is of the buffer: another one is mapped. */
	view = ASSERT_OK(zone_alloc(node, PAGE, 0));
	ASSERT_OK(zone_map_device(node, view, 0, CMM_DEV_MAP_RW, &map));
	close(view);
	close(fd);
	close(engine);
}

ZONE_TEST(device_may_not_write_through_a_read_only_view)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int view = ASSERT_OK(zone_view(node, fd, LUMA, CHROMA, 0));
	int engine = open_importer("edu0"), plain = open_importer("plain");
	struct cmm_dev_map map;
	struct import dma;
	char bytes[8];

	ASSERT_ERR(importer_import(engine, view, CMM_IMPORT_BIDIRECTIONAL, &dma),
		   EACCES);
	ASSERT_ERR(importer_import(engine, view, CMM_IMPORT_FROM_DEVICE, &dma),
		   EACCES);
	if (has_devices(node))
		ASSERT(zone_map_device(node, view, 0, CMM_DEV_MAP_RW, &map) < 0);
	ASSERT_ERR(importer_cpu_write(plain, view, 0, bytes, 8), EACCES);
	ASSERT(importer_cpu_read(plain, view, 0, bytes, 8) < 0);
	close(plain);
	close(engine);
	close(view);
	close(fd);
}

/* --- rights --- */

ZONE_TEST(view_of_a_read_only_view_is_read_only)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int view = ASSERT_OK(zone_view(node, fd, LUMA, CHROMA, 0));
	int inner = ASSERT_OK(zone_view(node, view, PAGE, PAGE, 0));

	ASSERT_ERR(zone_view(node, view, 0, CHROMA, CMM_VIEW_WRITE), EACCES);
	ASSERT_ERR(zone_view(node, view, 0, PAGE, CMM_VIEW_WRITE), EACCES);
	ASSERT_ERR(zone_view(node, inner, 0, PAGE, CMM_VIEW_WRITE), EACCES);
	ASSERT_ERR(zone_view(node, view, 0, CHROMA, CMM_VIEW_SEAL), EACCES);
	ASSERT(query_of(node, view).flags & CMM_BUF_READ_ONLY);
	ASSERT(query_of(node, inner).flags & CMM_BUF_READ_ONLY);
	ASSERT(!zone_map(inner, PAGE));
	ASSERT_ERR(zone_sync(inner, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE),
		   EACCES);
	close(inner);
	close(view);
	close(fd);
}

ZONE_TEST(seal_needs_a_descriptor_of_the_whole_buffer)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int chroma = view_chroma(node, fd);
	int most = ASSERT_OK(zone_view(node, fd, 0, LEN - PAGE,
				       CMM_VIEW_WRITE));

	ASSERT_ERR(zone_view(node, chroma, 0, CHROMA, CMM_VIEW_SEAL), EACCES);
	ASSERT_ERR(zone_view(node, most, 0, PAGE, CMM_VIEW_SEAL), EACCES);
	close(fd);
	close(chroma);
	ASSERT_ERR(zone_view(node, most, 0, PAGE, CMM_VIEW_SEAL), EACCES);
	ASSERT(!(query_of(node, most).flags & CMM_BUF_READ_ONLY));
	close(most);
}

ZONE_TEST(seal_refused_while_another_view_is_writable)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int chroma = view_chroma(node, fd), copy, sealed, whole;
	int reader = ASSERT_OK(zone_view(node, fd, 0, LUMA, 0));

	ASSERT_ERR(zone_view_all(node, fd, CMM_VIEW_SEAL), EBUSY);
	copy = dup(chroma);
	close(chroma);
	ASSERT_ERR(zone_view_all(node, fd, CMM_VIEW_SEAL), EBUSY);
	close(copy);

	/* The first descriptor is such a view for another whole one. */
	whole = ASSERT_OK(zone_view_all(node, fd, CMM_VIEW_WRITE));
	ASSERT_ERR(zone_view_all(node, whole, CMM_VIEW_SEAL), EBUSY);
	ASSERT_ERR(zone_view_all(node, fd, CMM_VIEW_SEAL), EBUSY);
	close(fd);
	/* A part may be requested: the seal is for the whole buffer. */
	sealed = ASSERT_OK(zone_view(node, whole, LUMA, CHROMA, CMM_VIEW_SEAL));
	ASSERT_EQ(query_of(node, sealed).len, CHROMA);
	ASSERT(query_of(node, whole).flags & CMM_BUF_READ_ONLY);
	ASSERT(!zone_map(whole, LEN));
	/* Nothing gives a writable view any more. */
	ASSERT_ERR(zone_view_all(node, whole, CMM_VIEW_WRITE), EACCES);
	ASSERT_ERR(zone_view(node, whole, 0, PAGE, CMM_VIEW_WRITE), EACCES);
	ASSERT_ERR(zone_view(node, reader, 0, PAGE, CMM_VIEW_WRITE), EACCES);
	close(ASSERT_OK(zone_view(node, whole, 0, PAGE, 0)));
	close(reader);
	close(sealed);
	close(whole);
}

ZONE_TEST(seal_refused_with_writers_of_a_closed_view)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int chroma = view_chroma(node, fd);
	int engine = open_importer("edu0");
	struct import dma = import(engine, chroma, CMM_IMPORT_FROM_DEVICE);
	uint8_t *at = zone_map(chroma, CHROMA);

	close(chroma);
	ASSERT_ERR(zone_view_all(node, fd, CMM_VIEW_SEAL), EBUSY);
	ASSERT(!munmap(at, CHROMA));
	ASSERT_ERR(zone_view_all(node, fd, CMM_VIEW_SEAL), EBUSY);
	ASSERT_OK(importer_release(&dma));
	close(ASSERT_OK(zone_view_all(node, fd, CMM_VIEW_SEAL)));
	close(engine);
	close(fd);
}

/* A race ends with either a writable view or a seal. */
ZONE_TEST_LIMIT(writable_view_and_sealing_race_has_one_winner, 60)
{
	int i;

	for (i = 0; i < 40; i++) {
		int fd = ASSERT_OK(zone_alloc(node, PAGE, 0)), sealed, status;
		pid_t pid = fork();

		ASSERT(pid >= 0);
		if (!pid)
			_exit(zone_view_all(node, fd, CMM_VIEW_WRITE) < 0 ?
			      1 : pause());
		usleep(i % 10 * 50);
		sealed = zone_view_all(node, fd, CMM_VIEW_SEAL);
		if (sealed < 0) {
			ASSERT_EQ(sealed, -EBUSY);
			kill(pid, SIGKILL);
			ASSERT_EQ(waitpid(pid, NULL, 0), pid);
		} else {
			ASSERT_EQ(waitpid(pid, &status, 0), pid);
			ASSERT_EQ(WEXITSTATUS(status), 1);
			close(sealed);
		}
		close(fd);
	}
}

/* --- fences and PRIME --- */

ZONE_TEST(work_on_one_view_delays_the_users_of_another)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int luma = ASSERT_OK(zone_view(node, fd, 0, LUMA, CMM_VIEW_WRITE));
	int chroma = view_chroma(node, fd);
	struct vgem_work work;
	struct pollfd ready = { .fd = luma, .events = POLLIN };
	pid_t pid;

	need_shared_fences(node);
	work = vgem_begin(chroma, true);
	ASSERT_EQ(poll(&ready, 1, 0), 0);
	pid = vgem_end_later(&work, 100);
	ASSERT_OK(zone_sync_part(node, luma, BEGIN_READ, 0, 1));
	/* The call has waited until the fence was signalled. */
	ASSERT_EQ(poll(&ready, 1, 0), 1);
	join(pid);
	vgem_close(&work);
	close(chroma);
	close(luma);
	close(fd);
}

/* The kernel waits for the fence of the chroma view, for a luma view that is gone. */
ZONE_TEST(view_may_be_closed_while_the_kernel_polls_it)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int luma = ASSERT_OK(zone_view(node, fd, 0, LUMA, CMM_VIEW_WRITE));
	int chroma = view_chroma(node, fd);
	struct vgem_work work = vgem_begin(chroma, true);
	struct pollfd ready = { .fd = luma, .events = POLLIN };

	poll(&ready, 1, 0);
	close(luma);
	vgem_end(&work);
	vgem_close(&work);
	close(chroma);
	close(fd);
}

ZONE_TEST(prime_import_of_two_views_gives_two_objects)
{
	struct buffer buffer = buffer_alloc(node, LEN, 0), out;
	int luma = ASSERT_OK(zone_view(node, buffer.fd, 0, LUMA,
				       CMM_VIEW_WRITE));
	int chroma = view_chroma(node, buffer.fd);
	int card = open_vgem();
	uint32_t first = fd_to_handle(card, luma);
	uint32_t second = fd_to_handle(card, chroma);

	ASSERT(first != second);
	ASSERT_EQ(fd_to_handle(card, chroma), second);
	buffer_fill(&buffer, SEED);
	out = buffer_of(handle_to_fd(card, second), CHROMA);
	ASSERT_EQ(lseek(out.fd, 0, SEEK_END), CHROMA);
	ASSERT_PATTERN(pattern_check(out.at, CHROMA, LUMA, SEED));
	buffer_fill(&out, SEED + 1);
	expect_rest(&buffer);
	buffer_free(&out);
	ASSERT(!drmCloseBufferHandle(card, second));
	ASSERT(!drmCloseBufferHandle(card, first));
	close(card);
	close(chroma);
	close(luma);
	buffer_free(&buffer);
}

/* --- blocks --- */

/* A view that begins at that offset of a block-aligned buffer of four blocks. */
static void check_blocks(int node, uint64_t offset)
{
	uint64_t len = 2 * BLOCK;
	int fd = ASSERT_OK(zone_alloc_named(node, 4 * BLOCK, BLOCK, ""));
	int view = ASSERT_OK(zone_view(node, fd, offset, len, CMM_VIEW_WRITE));
	struct cmm_query query = query_of(node, view);
	uint8_t *whole = zone_map(fd, 4 * BLOCK), *at;
	size_t shift;

	note("a view at %#" PRIx64, offset);
	ASSERT(whole);
	if (query.map_block)
		ASSERT_EQ(query.map_offset, offset % BLOCK);
	pattern_fill(whole, 4 * BLOCK, 0, SEED);
	for (shift = 0; shift < 2 * PAGE; shift += PAGE) {
		at = blocks_map(node, view, len, 0, shift,
				PROT_READ | PROT_WRITE);
		ASSERT_PATTERN(pattern_check(at, len, offset, SEED));
		at[0] = whole[offset];
		munmap(at, len);
		at = blocks_map(node, view, BLOCK + PAGE, BLOCK - PAGE, shift,
				PROT_READ);
		ASSERT_PATTERN(pattern_check(at, BLOCK + PAGE,
					     offset + BLOCK - PAGE, SEED));
		munmap(at, BLOCK + PAGE);
	}
	munmap(whole, 4 * BLOCK);
	close(view);
	close(fd);
}

ZONE_TEST(blocks_of_a_view_show_its_bytes)
{
	check_blocks(node, 0);
	check_blocks(node, BLOCK);
	check_blocks(node, PAGE);
	check_blocks(node, BLOCK - PAGE);
}

/* --- listings and holders --- */

static struct cmm_list_entry entry_of(int node)
{
	struct cmm_list_entry entry;

	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	return entry;
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	ASSERT(!fstat(fd, &st));
	return st.st_ino;
}

ZONE_TEST(inode_numbers_lead_to_the_holders)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int views[10], i;
	struct cmm_list_entry entry = entry_of(node);

	if (!has_feature(node, CMM_FEATURE_INODE))
		skip("this kernel has one inode for all dma-bufs");
	ASSERT_EQ(entry.dmabufs, 1);
	ASSERT_EQ(entry.inodes[0], inode_of(fd));
	ASSERT_EQ(entry.inodes[1], 0);
	for (i = 0; i < 10; i++) {
		views[i] = view_chroma(node, fd);
		ASSERT_EQ(query_of(node, views[i]).inode, inode_of(views[i]));
	}
	ASSERT_EQ(query_of(node, fd).inode, inode_of(fd));
	entry = entry_of(node);
	ASSERT_EQ(entry.len, LEN);
	ASSERT_EQ(entry.dmabufs, 11);
	for (i = 0; i < CMM_LIST_INODES; i++)
		ASSERT_EQ(entry.inodes[i], inode_of(i ? views[i - 1] : fd));

	close(fd);
	for (i = 1; i < 10; i++)
		close(views[i]);
	entry = entry_of(node);
	ASSERT_EQ(entry.dmabufs, 1);
	ASSERT_EQ(entry.inodes[0], inode_of(views[0]));
	ASSERT_EQ(entry.inodes[1], 0);
	close(views[0]);
}

ZONE_TEST(mapping_in_proc_maps_has_the_inode_of_the_view)
{
	int fd = ASSERT_OK(zone_alloc(node, LEN, 0));
	int view = view_chroma(node, fd);
	uint64_t inode = query_of(node, view).inode;
	uint8_t *at = zone_map(view, CHROMA);
	char line[256], wanted[32];
	bool found = false;
	FILE *maps;

	if (!inode)
		skip("this kernel has one inode for all dma-bufs");
	close(view);
	snprintf(wanted, sizeof(wanted), " %" PRIu64 " ", inode);
	maps = fopen("/proc/self/maps", "r");
	ASSERT(maps);
	while (fgets(line, sizeof(line), maps))
		found |= strstr(line, wanted) && strstr(line, "/dmabuf:");
	fclose(maps);
	ASSERT(found);
	munmap(at, CHROMA);
	close(fd);
}

ZONE_TEST(name_of_a_view_does_not_change_the_listing)
{
	int fd = ASSERT_OK(zone_alloc_named(node, LEN, 0, "image"));
	int view = view_chroma(node, fd);

	ASSERT(!ioctl(view, DMA_BUF_SET_NAME, "other"));
	ASSERT_STREQ(entry_of(node).name, "image");
	ASSERT_STREQ(query_of(node, view).name, "image");
	ASSERT(!ioctl(fd, DMA_BUF_SET_NAME, "renamed"));
	ASSERT_STREQ(query_of(node, view).name, "renamed");
	close(fd);
	ASSERT_STREQ(entry_of(node).name, "renamed");
	ASSERT_STREQ(query_of(node, view).name, "renamed");
	close(view);
}
