// SPDX-License-Identifier: MIT
/* vgem by libdrm's calls: see vgem.h. */
#include "vgem.h"

#include <unistd.h>

#include <drm/vgem_drm.h>
#include <xf86drm.h>

#include "harness.h"

int open_vgem(void)
{
	return card_open("vgem");
}

struct vgem_work vgem_begin(int fd, bool writes)
{
	int card = open_vgem();
	struct drm_vgem_fence_attach fence = {
		.handle = fd_to_handle(card, fd),
		.flags = writes ? VGEM_FENCE_WRITE : 0,
	};

	ASSERT(!drmIoctl(card, DRM_IOCTL_VGEM_FENCE_ATTACH, &fence));
	return (struct vgem_work){ card, fence.handle, fence.out_fence };
}

void vgem_end(const struct vgem_work *work)
{
	struct drm_vgem_fence_signal done = { .fence = work->fence };

	ASSERT(!drmIoctl(work->card, DRM_IOCTL_VGEM_FENCE_SIGNAL, &done));
}

pid_t vgem_end_later(const struct vgem_work *work, unsigned int ms)
{
	pid_t pid = fork();

	ASSERT(pid >= 0);
	if (pid)
		return pid;
	usleep(ms * 1000);
	vgem_end(work);
	_exit(0);
}

void vgem_close(const struct vgem_work *work)
{
	ASSERT(!drmCloseBufferHandle(work->card, work->handle));
	close(work->card);
}
