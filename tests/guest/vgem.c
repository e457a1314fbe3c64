// SPDX-License-Identifier: MIT
/* vgem by libdrm's calls: see vgem.h. */
#include "vgem.h"

#include <drm/vgem_drm.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "driver.h"
#include "harness.h"

#define MAX_CARDS	16

static bool is_vgem(int card)
{
	drmVersion *version = drmGetVersion(card);
	bool is = version && !strcmp(version->name, "vgem");

	drmFreeVersion(version);
	return is;
}

int open_vgem(void)
{
	char path[64];
	int i, card;

	if (module_probe("vgem"))
		skip("this kernel has no vgem");
	for (i = 0; i < MAX_CARDS; i++) {
		snprintf(path, sizeof(path), DRM_DEV_NAME, DRM_DIR_NAME, i);
		card = open(path, O_RDWR | O_CLOEXEC);
		if (card < 0)
			continue;
		if (is_vgem(card))
			return card;
		close(card);
	}
	FAIL("vgem is loaded but has no node");
}

uint32_t fd_to_handle(int card, int fd)
{
	uint32_t handle = 0;

	ASSERT(!drmPrimeFDToHandle(card, fd, &handle));
	ASSERT(handle);
	return handle;
}

int handle_to_fd(int card, uint32_t handle)
{
	int fd = -1;

	ASSERT(!drmPrimeHandleToFD(card, handle, DRM_CLOEXEC | DRM_RDWR, &fd));
	return fd;
}

uint32_t vgem_begin(int card, uint32_t handle, bool writes)
{
	struct drm_vgem_fence_attach work = {
		.handle = handle,
		.flags = writes ? VGEM_FENCE_WRITE : 0,
	};

	ASSERT(!drmIoctl(card, DRM_IOCTL_VGEM_FENCE_ATTACH, &work));
	return work.out_fence;
}

void vgem_end(int card, uint32_t fence)
{
	struct drm_vgem_fence_signal done = { .fence = fence };

	ASSERT(!drmIoctl(card, DRM_IOCTL_VGEM_FENCE_SIGNAL, &done));
}
