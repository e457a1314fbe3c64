/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The test importer: what its nodes do, for the programs in tests/guest.
 *
 * Nodes (mode 0600, one attachment table per open file; closing the file
 * unmaps and detaches whatever is left):
 *
 *   /dev/cmm_edu<N>   QEMU's "edu" PCI device number N: a real DMA master with
 *                     an on-chip buffer of CMM_EDU_SRAM bytes, behind the SMMU
 *   /dev/cmm_direct   a platform device without an IOMMU and with a 28 bit DMA
 *                     mask: it can reach no zone, and has no DMA engine
 *   /dev/cmm_plain    a platform device without an IOMMU and with a 64 bit DMA
 *                     mask, not cache coherent, without a DMA engine
 *   /dev/cmm_amba     the same with 32 bits, on the AMBA bus; arm64 only
 *   /dev/cmm_bus      the same with 64 bits, on a bus of this module's own, with a
 *                     driver that detaches in its remove()
 *
 * Two module parameters are about the driver on the module's own bus. With bus_fail=1
 * its probe() fails. bus_late is what dma_buf_attach() returned when the driver core
 * last released the driver's resources.
 */
#ifndef _CMM_IMPORTER_H
#define _CMM_IMPORTER_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Bytes of edu's on-chip buffer that one transfer can use. */
#define CMM_EDU_SRAM		4096
/* The most bytes of one transfer (a full 4096 is refused by QEMU 7.2). */
#define CMM_EDU_CHUNK		2048

/* Directions, as enum dma_data_direction. */
#define CMM_IMPORT_BIDIRECTIONAL	0
#define CMM_IMPORT_TO_DEVICE		1
#define CMM_IMPORT_FROM_DEVICE		2

/* ATTACH: dma_buf_get() and dma_buf_attach(). */
struct cmm_import_attach {
	__s32 fd;	/* in: the dma-buf */
	__u32 handle;	/* out: names the attachment on this open file */
};

/* Whether an importer finds struct pages in a scatterlist. */
#define CMM_IMPORT_NO_PAGES	0
#define CMM_IMPORT_PAGES	1
#define CMM_IMPORT_PAGES_HIDDEN	2	/* by CONFIG_DMABUF_DEBUG */

/* MAP: dma_buf_map_attachment(); counts, as importers may map repeatedly. */
struct cmm_import_map {
	__u32 handle;	/* in */
	__u32 dir;	/* in: CMM_IMPORT_* */
	__u64 addr;	/* out: DMA address of the first segment */
	__u64 len;	/* out: sum of the segments' DMA lengths */
	__u32 nents;	/* out: number of DMA segments */
	__u32 contiguous;	/* out: 1 if each segment starts at the last one's end */
	__u32 pages;	/* out: whether any entry has one: CMM_IMPORT_*PAGES* */
	__u32 pad;
};

/* DETACH, UNMAP: a handle. */
struct cmm_import_handle {
	__u32 handle;
	__u32 pad;
};

/* TRANSLATE: what the IOMMU makes of an address (iommu_iova_to_phys()). */
struct cmm_import_translate {
	__u64 addr;		/* in: DMA address */
	__u64 phys;		/* out: physical address, 0 if unmapped */
	__u32 translated;	/* out: 1 behind a translating domain, 0 if direct */
	__u32 pad;
};

/* DMA: one transfer of the engine, edu nodes only; returns when it is done. */
struct cmm_import_dma {
	__u64 addr;		/* in: DMA address in memory; any, also a stray one */
	__u32 sram;		/* in: offset in the on-chip buffer */
	__u32 len;		/* in: bytes, at most CMM_EDU_CHUNK */
	__u32 to_memory;	/* in: 0 memory -> engine, 1 engine -> memory */
	__u32 pad;
};

/*
 * CPU: dma_buf_begin_cpu_access(), dma_buf_vmap(), copy, dma_buf_vunmap(),
 * dma_buf_end_cpu_access(), as a kernel driver without a DMA engine does.
 */
struct cmm_import_cpu {
	__s32 fd;	/* in: the dma-buf */
	__u32 write;	/* in: 0 copies buffer -> user, 1 user -> buffer */
	__u64 offset;	/* in: bytes into the buffer */
	__u64 len;	/* in: bytes */
	__u64 user;	/* in: user address */
};

/* LEAF: the entry of the caller's own page tables that maps an address. */
struct cmm_import_leaf {
	__u64 addr;	/* in: a user address */
	__u64 entry;	/* out: as the CPU has it */
	__u64 size;	/* out: bytes that it maps */
};

/*
 * OWN_DOMAIN: the device is attached to an IOMMU domain of its driver's until the file
 * is closed, and has a 32 bit DMA mask so long. No argument.
 */

#define CMM_IMPORT_ATTACH	_IOWR('T', 0, struct cmm_import_attach)
#define CMM_IMPORT_DETACH	_IOW('T', 1, struct cmm_import_handle)
#define CMM_IMPORT_MAP		_IOWR('T', 2, struct cmm_import_map)
#define CMM_IMPORT_UNMAP	_IOW('T', 3, struct cmm_import_handle)
#define CMM_IMPORT_TRANSLATE	_IOWR('T', 4, struct cmm_import_translate)
#define CMM_IMPORT_DMA		_IOW('T', 5, struct cmm_import_dma)
#define CMM_IMPORT_CPU		_IOW('T', 6, struct cmm_import_cpu)
#define CMM_IMPORT_LEAF		_IOWR('T', 7, struct cmm_import_leaf)
#define CMM_IMPORT_OWN_DOMAIN	_IO('T', 8)

#endif /* _CMM_IMPORTER_H */
