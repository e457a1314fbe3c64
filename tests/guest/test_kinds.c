// SPDX-License-Identifier: MIT
/*
 * Zones in memory of every kind: in the kernel's linear map, hidden from it by
 * no-map, and unknown to it because of mem=. Each behaves as the others do.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "harness.h"

#define TESTED		"tested"
#define LEN		(3 * MIB)

static const struct {
	const char *name;
	uint32_t kind;
} kinds[] = {
	{ SPARE, CMM_KIND_LINEAR },
	{ HIDDEN, CMM_KIND_NO_MAP },
	{ NULL, CMM_KIND_EXTERNAL },
};

static uint64_t zone_start, zone_size;

/* Makes a zone of that kind; its node. */
static int begin(size_t i)
{
	char params[128];

	note("%s", kinds[i].name ? kinds[i].name : "external");
	if (kinds[i].name)
		ASSERT_OK(reserved_range(kinds[i].name, &zone_start,
					 &zone_size));
	else
		ASSERT_OK(external_range(&zone_start, &zone_size));
	snprintf(params, sizeof(params),
		 "zones=" TESTED ",0,%#" PRIx64 ",%#" PRIx64, zone_start,
		 zone_size);
	ASSERT_OK(driver_reload(params));
	return ASSERT_OK(zone_open(TESTED));
}

static void end(int node)
{
	uint64_t used;

	ASSERT_OK(zone_attribute(TESTED, "used", &used));
	ASSERT_EQ(used, 0);
	close(node);
	ASSERT_OK(driver_reload(""));
}

TEST(the_kind_is_told)
{
	struct cmm_info info;
	size_t i;
	int node;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		node = begin(i);
		ASSERT_OK(zone_info(node, &info));
		ASSERT_EQ(info.kind, kinds[i].kind);
		ASSERT_EQ(info.total, zone_size);
		end(node);
	}
}

TEST(all_of_it_is_zero_every_time)
{
	static const uint32_t flags[] = { 0, CMM_BUF_WC };
	struct buffer buffer;
	size_t i, j;
	int node;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		node = begin(i);
		for (j = 0; j < ARRAY_SIZE(flags); j++) {
			buffer = buffer_alloc(node, zone_size, flags[j]);
			buffer_expect_zero(&buffer);
			memset(buffer.at, 0xa5, buffer.len);
			buffer_free(&buffer);
		}
		end(node);
	}
}

TEST(users_the_kernel_and_devices_see_the_same)
{
	static const uint32_t flags[] = { 0, CMM_BUF_WC };
	int plain = open_importer("plain"), engine, node;
	uint8_t data[2 * PAGE];
	struct buffer buffer;
	struct import dma;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		node = begin(i);
		engine = open_importer("edu0");
		for (j = 0; j < ARRAY_SIZE(flags); j++) {
			buffer = buffer_alloc(node, LEN, flags[j]);
			buffer_fill(&buffer, 7);
			ASSERT_OK(importer_cpu_read(plain, buffer.fd, LEN - sizeof(data),
						    data, sizeof(data)));
			ASSERT_EQ(memcmp(data, buffer.at + LEN - sizeof(data),
					 sizeof(data)), 0);

			dma = import(engine, buffer.fd, CMM_IMPORT_BIDIRECTIONAL);
			ASSERT_EQ(dma.map.nents, 1);
			ASSERT_EQ(dma.map.len, LEN);
			ASSERT(translate(engine, dma.map.addr) >= zone_start);
			ASSERT_OK(importer_copy(engine, dma.map.addr,
						dma.map.addr + LEN - 1024, 1024));
			ASSERT_EQ(memcmp(buffer.at, buffer.at + LEN - 1024,
					 1024), 0);
			ASSERT_OK(importer_release(&dma));
			buffer_free(&buffer);
		}
		close(engine);
		end(node);
	}
	close(plain);
}

TEST(nobody_else_can_claim_it_meanwhile)
{
	char params[192];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		int node = begin(i);

		close(node);
		ASSERT_OK(driver_unload());
		snprintf(params, sizeof(params),
			 "zones=a,0,%#" PRIx64 ",8M:b,0,%#" PRIx64 ",8M",
			 zone_start, zone_start + 4 * MIB);
		ASSERT_ERR(driver_load(params), EBUSY);
		ASSERT_OK(driver_load(""));
	}
}
