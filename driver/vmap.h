/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Vmap: the kernel's mapping of a dma_buf.
 */
#ifndef _CMM_VMAP_H
#define _CMM_VMAP_H

struct cmm_dmabuf;

void *cmm_vmap(const struct cmm_dmabuf *dmabuf);

#endif /* _CMM_VMAP_H */
