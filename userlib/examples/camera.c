// SPDX-License-Identifier: MIT
/*
 * Captures frames of a V4L2 camera into a ring of buffers that any device can import.
 *
 *	camera [DEVICE [FRAMES]]
 */
#include <cmm.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int failed(void)
{
	fprintf(stderr, "camera: %s\n", cmm_explain());
	return 1;
}

int main(int argc, char **argv)
{
	int camera = open(argc > 1 ? argv[1] : "/dev/video0", O_RDWR | O_CLOEXEC);
	int left = argc > 2 ? atoi(argv[2]) : 1;
	struct cmm_zone *zone = cmm_zone_open(NULL);
	struct cmm_ring *ring = NULL;
	struct cmm_ring_info info;

	if (zone)
		ring = cmm_ring_open(camera, CMM_RING_CAPTURE, zone, 4);
	if (!ring || cmm_ring_start(ring))
		return failed();
	while (left-- > 0) {
		struct cmm_frame *frame = cmm_ring_get(ring, &info, 5000);
		struct cmm_buf *buf = frame ? cmm_frame_buf(frame) : NULL;
		const unsigned char *pixels = buf ? cmm_buf_map(buf) : NULL;

		if (!pixels || cmm_buf_sync_begin(buf, CMM_CPU_READ))
			return failed();
		printf("frame %u, %u lost: fd %d, first byte %u\n", info.sequence,
		       info.gap, cmm_buf_fd(buf), pixels[0]);
		cmm_buf_sync_end(buf, CMM_CPU_READ);
		cmm_frame_put(frame);	/* the camera fills it again */
	}
	cmm_ring_close(ring);
	cmm_zone_close(zone);
	close(camera);
	return 0;
}
