/* SPDX-License-Identifier: MIT */
/*
 * vgem, the kernel's virtual GEM driver: an importer of dma-bufs, and a device whose work
 * takes as long as the test wants. Each function asserts that it succeeds.
 *
 *	struct vgem_work work = vgem_begin(fd, true);	// the buffer has a fence
 *	...
 *	vgem_end(&work);				// the fence is signalled
 *	vgem_close(&work);
 */
#ifndef VGEM_H
#define VGEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "card.h"

/* A device, a buffer that it has imported, and the fence of its work on it. */
struct vgem_work {
	int card;
	uint32_t handle;
	uint32_t fence;
};

/* Opens the device's node. Skips the test if the kernel has none. */
int open_vgem(void);

/* Begins work on a dma-buf. Skips the test if the kernel has no vgem. */
struct vgem_work vgem_begin(int fd, bool writes);
void vgem_end(const struct vgem_work *work);
/* Ends the work after @ms milliseconds in a child process, which the caller joins. */
pid_t vgem_end_later(const struct vgem_work *work, unsigned int ms);
/* Closes the device. The work has ended. */
void vgem_close(const struct vgem_work *work);

#endif /* VGEM_H */
