// SPDX-License-Identifier: MIT
/* vgem by libdrm's calls: see vgem.h. */
#include "vgem.h"

#include <drm/vgem_drm.h>
#include <xf86drm.h>

#include "harness.h"

int open_vgem(void)
{
	return card_open("vgem");
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
