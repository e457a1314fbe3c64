/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The test consumer: a driver for the tests in tests/guest. It allocates from the zone
 * that its device names.
 *
 * It has a buffer "firmware" of CMM_CONSUMER_FIRMWARE bytes and maps it for its device.
 * Each byte of it is its offset modulo 251. The node /dev/<device> (mode 0600) allocates
 * for programs.
 */
#ifndef _CMM_CONSUMER_H
#define _CMM_CONSUMER_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define CMM_CONSUMER_FIRMWARE	(64 << 10)
#define CMM_CONSUMER_NAME	64

/*
 * ALLOC: cmm_dmabuf_alloc() and dma_buf_fd(). EAGAIN stands for -EPROBE_DEFER, which is
 * no errno of user space.
 */
struct cmm_consumer_alloc {
	__u64 size;	/* in */
	__u32 flags;	/* in */
	__s32 fd;	/* out */
	char name[CMM_CONSUMER_NAME];	/* in */
};

/* SHARE: dma_buf_fd() of the firmware. Returns the descriptor. */

#define CMM_CONSUMER_ALLOC	_IOWR('T', 16, struct cmm_consumer_alloc)
#define CMM_CONSUMER_SHARE	_IO('T', 17)

#endif /* _CMM_CONSUMER_H */
