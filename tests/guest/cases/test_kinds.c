// SPDX-License-Identifier: MIT
/*
 * The kind of a zone's memory: in the kernel's linear map, excluded from it by
 * no-map, or unknown to the kernel because of mem=. All other tests run on a zone
 * of each kind.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"

ZONE_TEST(info_reports_the_zones_kind)
{
	struct cmm_info info;

	ASSERT_OK(zone_info(node, &info));
	ASSERT_EQ(info.kind, chosen.kind);
	ASSERT_EQ(info.total, ZONE_SIZE);
}

/* CMM claims memory outside the linear map, so that no other driver can. */
TEST(iomem_lists_zones_outside_the_linear_map)
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

/* Other zones have no kernel addresses that an importer could access. */
TEST(importers_get_struct_pages_only_from_linear_zones)
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
 * Write-combined buffers need a CPU with uncached mappings and a flush instruction.
 * CMM would never flush cached mappings used instead. Without a flush, dirty lines
 * in the cache could overwrite memory at any time.
 */
ZONE_TEST(write_combined_alloc_fails_only_if_the_cpu_lacks_support)
{
	int fd = zone_alloc(node, PAGE, CMM_BUF_WC);

	if (zone_lacks_wc())
		ASSERT_ERR(fd, EOPNOTSUPP);
	else
		close(ASSERT_OK(fd));
}
