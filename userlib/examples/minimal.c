// SPDX-License-Identifier: MIT
/*
 * Allocates a 1280x720 NV12 frame and paints it black, ready for any importer. The
 * zone's name is optional if there is only one zone.
 */
#include <cmm.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	const size_t luma = 1280 * 720, size = luma + luma / 2;
	struct cmm_zone *zone = cmm_zone_open(argc > 1 ? argv[1] : NULL);
	struct cmm_buf *frame = NULL;
	unsigned char *pixels = NULL;

	if (zone)
		frame = cmm_buf_alloc(zone, size, 0, 0, "frame");
	if (frame)
		pixels = cmm_buf_map(frame);
	if (!pixels || cmm_buf_sync_begin(frame, CMM_CPU_WRITE)) {
		fprintf(stderr, "no frame: %s\n", cmm_strerror(errno));
		return 1;
	}
	memset(pixels, 16, luma);
	memset(pixels + luma, 128, size - luma);
	cmm_buf_sync_end(frame, CMM_CPU_WRITE);

	printf("fd %d: %zu bytes\n", cmm_buf_fd(frame), cmm_buf_len(frame));
	cmm_buf_close(frame);
	cmm_zone_close(zone);
	return 0;
}
