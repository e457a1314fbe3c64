/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Vmap: the kernel's mapping of a buffer.
 */
#ifndef _CMM_VMAP_H
#define _CMM_VMAP_H

struct cmm_buffer;

void *cmm_buffer_vmap(struct cmm_buffer *buffer);

#endif /* _CMM_VMAP_H */
