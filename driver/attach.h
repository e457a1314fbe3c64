/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attach: an importer's attachment to a dma_buf.
 *
 * The first map call of the importer maps the dma_buf's part. It stays mapped until the
 * importer detaches or its driver is unbound (mapping.h). Further map calls do only
 * the necessary cache maintenance.
 *
 * The device gets the access direction of the map call. If a later map call has
 * another direction, the device gets both directions. A device may only read through
 * a read-only dma_buf, or if the buffer is sealed.
 *
 * An attachment belongs to the driver that was bound to the device at cmm_attach().
 * After the unbind, map fails with -ENODEV, and unmap and detach do not use the DMA
 * API. Listings show the attachment until the importer detaches.
 */
#ifndef _CMM_ATTACH_H
#define _CMM_ATTACH_H

#include <linux/dma-direction.h>
#include <linux/types.h>

struct cmm_attachment;
struct cmm_dmabuf;
struct device;
struct sg_table;

struct cmm_attachment *cmm_attach(struct cmm_dmabuf *dmabuf,
				  struct device *dev);
void cmm_detach(struct cmm_attachment *attachment);

struct sg_table *cmm_attachment_map(struct cmm_attachment *attachment,
				    enum dma_data_direction dir);
void cmm_attachment_unmap(struct cmm_attachment *attachment,
			  enum dma_data_direction dir);

#endif /* _CMM_ATTACH_H */
