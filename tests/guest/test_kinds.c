// SPDX-License-Identifier: MIT
/*
 * What kind of memory a zone is in: in the kernel's linear map, kept out of it
 * by no-map, or unknown to the kernel because of mem=. All other tests are run
 * on a zone of each kind.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"

TEST(the_kind_is_told)
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct cmm_info info;

	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.kind, chosen.kind);
	ASSERT_EQ(info.total, ZONE_SIZE);
	close(node);
}

/* What the kernel does not know of, another driver could claim as well. */
TEST(the_range_is_claimed_where_the_kernel_has_not)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	uint64_t first, last;
	char line[128], name[64];
	bool found = false;

	ASSERT(iomem);
	while (fgets(line, sizeof(line), iomem)) {
		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %63s", &first,
			   &last, name) == 3 && !strcmp(name, ZONE))
			found = first == chosen.start &&
				last == chosen.start + ZONE_SIZE - 1;
	}
	fclose(iomem);
	ASSERT_EQ(found, chosen.kind != CMM_KIND_LINEAR);
}

/* Others have no address in the kernel at which an importer could look at them. */
TEST(importers_get_struct_pages_of_the_linear_map_alone)
{
	int node = ASSERT_OK(zone_open(ZONE)), plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	struct import dma = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	uint32_t pages = dma.map.pages;

	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(plain);
	close(node);
	if (pages == CMM_IMPORT_PAGES_HIDDEN)
		skip("this kernel hides struct pages from importers");
	ASSERT_EQ(pages, chosen.kind == CMM_KIND_LINEAR ? CMM_IMPORT_PAGES :
							  CMM_IMPORT_NO_PAGES);
}

/*
 * Cached mappings instead would never be maintained, and lines left in the cache
 * could reach memory at any time.
 */
TEST(write_combined_buffers_take_uncached_mappings_and_a_flush)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = zone_alloc(node, PAGE, CMM_BUF_WC);

	if (zone_lacks_wc())
		ASSERT_ERR(fd, EOPNOTSUPP);
	else
		close(ASSERT_OK(fd));
	close(node);
}
