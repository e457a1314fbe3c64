/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attach: a buffer in the address space of a device that imports it.
 *
 * A buffer is mapped once for each attachment, when the importer first asks,
 * and stays mapped until it detaches; asking again costs nothing but the cache
 * maintenance that is due. The device has the access that the importer asked
 * for and no more, from the first time until it detaches; an importer that asks
 * for another later gets both. Through a read-only dma_buf a device may only
 * read, and so it may through any once the buffer is sealed.
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
