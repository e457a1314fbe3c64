/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The ioctls of the test importer, for the tests in tests/guest.
 *
 * The nodes have mode 0600. Each open file has its own table of attachments. Closing the
 * file unmaps and detaches the rest of them.
 *
 *   /dev/cmm_edu<N>   QEMU's "edu" PCI device number N, behind the SMMU: a DMA engine
 *                     with an on-chip buffer of CMM_EDU_SRAM bytes
 *   /dev/cmm_direct   a platform device with a 28 bit DMA mask, which reaches no zone;
 *                     no IOMMU, no DMA engine
 *   /dev/cmm_plain    a platform device with a 64 bit DMA mask, not cache coherent; no
 *                     IOMMU, no DMA engine
 *   /dev/cmm_amba     as cmm_plain, with a 32 bit mask, on the AMBA bus; arm64 only
 *   /dev/cmm_bus      as cmm_plain, on a bus that the module registers. The driver
 *                     detaches in its remove()
 *
 * Two module parameters belong to cmm_bus. With bus_fail=1 its probe() fails. bus_late is
 * the result of dma_buf_attach() when the driver core last released the driver's
 * resources.
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
	__u32 handle;	/* out: identifies the attachment in this open file */
};

/* Whether the importer finds struct pages in the scatterlist. */
#define CMM_IMPORT_NO_PAGES	0
#define CMM_IMPORT_PAGES	1
#define CMM_IMPORT_PAGES_HIDDEN	2	/* by CONFIG_DMABUF_DEBUG */

/* MAP: dma_buf_map_attachment(). An attachment may be mapped several times. */
struct cmm_import_map {
	__u32 handle;	/* in */
	__u32 dir;	/* in: CMM_IMPORT_* */
	__u64 addr;	/* out: DMA address of the first segment */
	__u64 len;	/* out: sum of the segments' DMA lengths */
	__u32 nents;	/* out: number of DMA segments */
	__u32 contiguous;	/* out: 1 if each segment starts at the last one's end */
	__u32 pages;	/* out: whether any entry has a page: CMM_IMPORT_*PAGES* */
	__u32 pad;
};

/* DETACH, and UNMAP, which ends the latest mapping. */
struct cmm_import_handle {
	__u32 handle;
	__u32 pad;
};

/* TRANSLATE: the IOMMU's translation of an address (iommu_iova_to_phys()). */
struct cmm_import_translate {
	__u64 addr;		/* in: DMA address */
	__u64 phys;		/* out: physical address, 0 if unmapped */
	__u32 translated;	/* out: 1 if the device's domain translates, or else 0 */
	__u32 pad;
};

/* DMA: one transfer of the engine; returns at its end. Only for the edu nodes. */
struct cmm_import_dma {
	__u64 addr;		/* in: DMA address in memory; may be unmapped */
	__u32 sram;		/* in: offset in the on-chip buffer */
	__u32 len;		/* in: bytes, at most CMM_EDU_CHUNK */
	__u32 to_memory;	/* in: 0 memory -> engine, 1 engine -> memory */
	__u32 pad;
};

/*
 * CPU: dma_buf_begin_cpu_access(), dma_buf_vmap(), copy, dma_buf_vunmap(),
 * dma_buf_end_cpu_access(), as a kernel driver without a DMA engine calls them.
 */
struct cmm_import_cpu {
	__s32 fd;	/* in: the dma-buf */
	__u32 write;	/* in: 0 copies buffer -> user, 1 user -> buffer */
	__u64 offset;	/* in: bytes into the buffer */
	__u64 len;	/* in: bytes */
	__u64 user;	/* in: user address */
};

/* LEAF: the entry of the caller's page tables that maps an address. */
struct cmm_import_leaf {
	__u64 addr;	/* in: a user address */
	__u64 entry;	/* out: the raw entry */
	__u64 size;	/* out: bytes that the entry maps */
};

/*
 * OWN_DOMAIN: attaches the device to an IOMMU domain of its driver and gives it a 32 bit
 * DMA mask. Both end when the file is closed. No argument.
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
