/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The test consumer: a driver that allocates from the zone that its device names,
 * for the programs in tests/guest.
 *
 * It has a buffer "firmware" of its own, CMM_CONSUMER_FIRMWARE bytes, which it
 * writes, byte by byte the offset modulo 251, and maps for its device. The node
 * /dev/<device> (mode 0600) allocates for users.
 */
#ifndef _CMM_CONSUMER_H
#define _CMM_CONSUMER_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define CMM_CONSUMER_FIRMWARE	(64 << 10)
#define CMM_CONSUMER_NAME	64

/*
 * ALLOC: cmm_dmabuf_alloc() and dma_buf_fd(). EAGAIN is -EPROBE_DEFER, which users
 * have no name for.
 */
struct cmm_consumer_alloc {
	__u64 size;	/* in */
	__u32 flags;	/* in */
	__s32 fd;	/* out */
	char name[CMM_CONSUMER_NAME];	/* in */
};

/* SHARE: dma_buf_fd() of the firmware; the descriptor is what it returns. */

#define CMM_CONSUMER_ALLOC	_IOWR('T', 16, struct cmm_consumer_alloc)
#define CMM_CONSUMER_SHARE	_IO('T', 17)

#endif /* _CMM_CONSUMER_H */
