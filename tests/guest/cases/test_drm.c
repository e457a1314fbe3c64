// SPDX-License-Identifier: MIT
/*
 * vgem, the kernel's virtual GEM driver, imports the zone's buffers and exports them
 * again through libdrm's PRIME calls, as a display or GPU driver would.
 */
#include <errno.h>
#include <linux/dma-buf.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "buffer.h"
#include "vgem.h"

ZONE_TEST(prime_import_and_export_give_the_same_buffer)
{
	int card = open_vgem();
	struct buffer buffer = buffer_alloc(node, 16 * PAGE, 0), out;
	struct stat before, after;
	uint32_t handle;
	int fd;

	buffer_fill(&buffer, 41);
	handle = fd_to_handle(card, buffer.fd);
	ASSERT_EQ(fd_to_handle(card, buffer.fd), handle);
	fd = handle_to_fd(card, handle);
	ASSERT(!fstat(buffer.fd, &before) && !fstat(fd, &after));
	ASSERT_EQ(after.st_ino, before.st_ino);
	ASSERT_EQ(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, buffer.fd,
			  fd), 0);

	out = buffer_of(fd, 16 * PAGE);
	buffer_expect(&out, 41);
	buffer_fill(&out, 42);
	buffer_expect(&buffer, 42);
	buffer_free(&out);
	ASSERT(!drmCloseBufferHandle(card, handle));
	buffer_free(&buffer);
	close(card);
}

ZONE_TEST(drm_handle_keeps_the_buffer_and_its_contents)
{
	int card = open_vgem();
	struct buffer buffer = buffer_alloc(node, MIB, 0);
	struct cmm_list_entry entry;
	uint32_t handle;

	buffer_fill(&buffer, 43);
	handle = fd_to_handle(card, buffer.fd);
	buffer_free(&buffer);
	expect_used(MIB);
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.attached, 1);
	ASSERT_STREQ(entry.devices, "vgem");

	buffer = buffer_of(handle_to_fd(card, handle), MIB);
	buffer_expect(&buffer, 43);
	ASSERT(!drmCloseBufferHandle(card, handle));
	expect_used(MIB);
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_EQ(entry.attached, 0);
	buffer_free(&buffer);
	expect_used(0);
	close(card);
}

ZONE_TEST(closing_drm_frees_its_buffers)
{
	int card = open_vgem();
	int i;

	for (i = 0; i < 5; i++) {
		int fd = ASSERT_OK(zone_alloc(node, PAGE, zone_wc()));

		fd_to_handle(card, fd);
		close(fd);
	}
	expect_used(5 * PAGE);
	close(card);
	expect_used_soon(0);
}

ZONE_TEST(query_of_a_drm_buffer_fails_with_exdev)
{
	int card = open_vgem();
	struct drm_mode_create_dumb dumb = {
		.width = 64,
		.height = 64,
		.bpp = 32,
	};
	struct cmm_query query;
	int fd;

	ASSERT(!drmIoctl(card, DRM_IOCTL_MODE_CREATE_DUMB, &dumb));
	fd = handle_to_fd(card, dumb.handle);
	ASSERT_ERR(zone_query(node, fd, &query), EXDEV);
	close(fd);
	ASSERT(!drmCloseBufferHandle(card, dumb.handle));
	close(card);
}

/* A fence on the buffer stands for device work. vgem signals it on request. */
ZONE_TEST(cpu_sync_waits_for_a_device_fence)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct vgem_work work = vgem_begin(fd, true);
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	pid_t pid;

	ASSERT_EQ(poll(&ready, 1, 0), 0);
	pid = vgem_end_later(&work, 100);
	ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ));
	/* The sync has waited until the fence was signalled. */
	ASSERT_EQ(poll(&ready, 1, 0), 1);
	ASSERT_OK(zone_sync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ));
	join(pid);
	vgem_close(&work);
	close(fd);
}
