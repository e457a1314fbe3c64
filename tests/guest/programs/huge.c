// SPDX-License-Identifier: MIT
/*
 * cmm-huge: a buffer that 32 bits cannot count, in the zone "huge" of dts/huge.dtsi,
 * and a DMA engine with as many address bits as that takes:
 *
 *	modprobe cmm_importer edu_bits=40
 *
 * Numbers that are cut to 32 bits somewhere on the way lead to its first 4 GiB: so
 * the engine and the CPU look there, too.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "importer.h"
#include "ktap.h"
#include "pattern.h"
#include "zone.h"

#define GIB		(1024 * MIB)
#define LEN		(4 * GIB + 512 * MIB)
/* What is looked at, a page of each: the beginning, and both sides of 4 GiB. */
#define VIEW		(2 * PAGE)
#define BEYOND		(4 * GIB - PAGE)
/* Results that are reported if nothing fails. */
#define TESTS		8

/* Two pages of the buffer as the CPU has them; NULL on failure. */
static uint8_t *view(int buf, uint64_t offset)
{
	void *at = mmap(NULL, VIEW, PROT_READ | PROT_WRITE, MAP_SHARED, buf,
			offset);

	return at == MAP_FAILED ? NULL : at;
}

/* The engine fetches what the CPU wrote, and writes it elsewhere. */
static bool is_reached(int node, int engine, int buf, uint64_t addr,
		       uint64_t seed)
{
	uint8_t *low = view(buf, 0), *high = view(buf, BEYOND);
	bool good = low && high;

	if (!good)
		return false;
	pattern_fill(high, VIEW, 0, seed);
	good = !zone_sync_part(node, buf, CMM_SYNC_END | CMM_SYNC_WRITE, BEYOND,
			       VIEW) &&
	       !importer_copy(engine, addr + LEN - VIEW, addr + BEYOND, VIEW) &&
	       !zone_sync_part(node, buf, CMM_SYNC_READ,
			       LEN - VIEW, VIEW) &&
	       pattern_check_zero(low, VIEW) == PATTERN_OK;
	munmap(low, VIEW);
	munmap(high, VIEW);
	low = good ? view(buf, LEN - VIEW) : NULL;
	good = low && pattern_check(low, VIEW, 0, seed) == PATTERN_OK;
	if (low)
		munmap(low, VIEW);
	return good;
}

static void test_attachment(int node, int engine, int buf)
{
	struct import import;
	uint64_t first, last;

	if (importer_import(engine, buf, CMM_IMPORT_BIDIRECTIONAL, &import)) {
		ktap_test(false, "huge/driver_maps_huge_buffer_with_three_entries");
		return;
	}
	ktap_test(import.map.len == LEN && import.map.contiguous &&
		  import.map.nents == 3, "huge/driver_maps_huge_buffer_with_three_entries");
	ktap_test(!importer_translate(engine, import.map.addr, &first) &&
		  !importer_translate(engine, import.map.addr + LEN - PAGE, &last) &&
		  last - first == LEN - PAGE, "huge/smmu_maps_all_of_huge_buffer");
	ktap_test(is_reached(node, engine, buf, import.map.addr, 81),
		  "huge/engine_reaches_all_of_huge_buffer");
	importer_release(&import);
}

static void test_chosen_device(int node, int engine, int buf)
{
	struct cmm_dev_map map;
	int ret = zone_map_device(node, buf, 0, CMM_DEV_MAP_RW, &map);

	ktap_test(!ret, "huge/program_maps_huge_buffer_for_engine");
	if (ret)
		return;
	ktap_test(is_reached(node, engine, buf, map.addr, 82),
		  "huge/engine_reaches_all_of_huge_buffer_by_programs_mapping");
	zone_unmap_device(node, map.id);
	ktap_test(!is_reached(node, engine, buf, map.addr, 83),
		  "huge/unmapped_huge_buffer_is_out_of_reach");
}

int main(void)
{
	int node = zone_open("huge"), engine = importer_open("edu0"), buf;
	struct cmm_query query = {};
	bool good;

	buf = node < 0 ? node : zone_alloc(node, LEN, 0);
	good = buf >= 0 && engine >= 0 && !zone_query(node, buf, &query) &&
	       query.len == LEN;
	ktap_plan(TESTS);
	ktap_test(good, "huge/huge_buffer_is_allocated");
	if (!good)
		return ktap_end();
	test_attachment(node, engine, buf);
	test_chosen_device(node, engine, buf);
	close(buf);
	ktap_test(!zone_used(node), "huge/huge_buffer_is_freed");
	close(engine);
	close(node);
	return ktap_end();
}
