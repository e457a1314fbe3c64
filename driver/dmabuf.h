/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Dmabuf: exports buffers as dma_bufs.
 *
 * Usage, as in heap.c:
 *
 *	dmabuf = cmm_dmabuf_create(zone, &params, O_RDWR);
 *	if (IS_ERR(dmabuf))
 *		return PTR_ERR(dmabuf);
 *	fd = get_unused_fd_flags(O_CLOEXEC);
 *	if (fd < 0) {
 *		dma_buf_put(dmabuf);	// frees the buffer
 *		return fd;
 *	}
 *	fd_install(fd, dmabuf->file);	// the descriptor owns the dma_buf now
 *
 * A dma_buf from user space:
 *
 *	dmabuf = cmm_dmabuf_get(zone, fd);	// -EBADF, or -EXDEV if not of zone
 *	own = cmm_dmabuf_of(dmabuf);		// valid until dma_buf_put()
 *	...own->buffer, own->part...
 *	dma_buf_put(dmabuf);
 */
#ifndef _CMM_DMABUF_H
#define _CMM_DMABUF_H

#include <linux/dma-direction.h>
#include <linux/types.h>

struct cmm_buffer;
struct cmm_buffer_params;
struct cmm_dmabuf;
struct cmm_part;
struct cmm_zone;
struct dma_buf;

struct dma_buf *cmm_dmabuf_export(struct cmm_buffer *buffer, int access);
struct dma_buf *cmm_dmabuf_create(struct cmm_zone *zone,
				  const struct cmm_buffer_params *params,
				  int access);
struct dma_buf *cmm_dmabuf_view(const struct dma_buf *dmabuf,
				const struct cmm_part *part, bool writable);
int cmm_dmabuf_seal(const struct dma_buf *dmabuf);
struct dma_buf *cmm_dmabuf_get(const struct cmm_zone *zone, int fd);
struct cmm_dmabuf *cmm_dmabuf_of(const struct dma_buf *dmabuf);

bool cmm_dmabuf_is_read_only(const struct cmm_dmabuf *dmabuf);
int cmm_dmabuf_check_access(const struct cmm_dmabuf *dmabuf,
			    enum dma_data_direction dir);

#endif /* _CMM_DMABUF_H */
