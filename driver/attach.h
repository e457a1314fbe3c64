/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attach: an importer's attachment to a buffer.
 *
 * A buffer is mapped when the importer first maps it, and stays mapped until the
 * importer detaches or its driver is unbound (mapping.h). To map it again costs
 * nothing but the cache maintenance that is due. The device has the access that
 * the importer asked for. An importer that asks for another access later gets
 * both. Through a read-only dma_buf a device may only read. Through any dma_buf it
 * may only read once the buffer is sealed.
 *
 * An attachment belongs to the driver that was bound to the device when it was
 * made. After the unbind, map fails with -ENODEV, and unmap and detach do nothing
 * with the DMA API. The attachment is in listings until the importer detaches.
 */
#ifndef _CMM_ATTACH_H
#define _CMM_ATTACH_H

#include <linux/dma-direction.h>
#include <linux/types.h>

struct cmm_attachment;
struct cmm_buffer;
struct device;
struct sg_table;

struct cmm_attachment *cmm_attach(struct cmm_buffer *buffer,
				  struct device *dev, bool read_only);
void cmm_detach(struct cmm_attachment *attachment);

struct sg_table *cmm_attachment_map(struct cmm_attachment *attachment,
				    enum dma_data_direction dir);
void cmm_attachment_unmap(struct cmm_attachment *attachment,
			  enum dma_data_direction dir);

#endif /* _CMM_ATTACH_H */
