/* SPDX-License-Identifier: MIT */
/*
 * vgem, the kernel's virtual GEM driver, as an importer of dma-bufs and as a
 * device with work of any duration. Each function asserts that it
 * succeeds.
 */
#ifndef VGEM_H
#define VGEM_H

#include <stdbool.h>
#include <stdint.h>

#include "card.h"

/* Opens its node; skips the test if the kernel has none. */
int open_vgem(void);

/* Begins work on a buffer, with a fence. Returns the fence's number. */
uint32_t vgem_begin(int card, uint32_t handle, bool writes);
/* Ends the work. */
void vgem_end(int card, uint32_t fence);

#endif /* VGEM_H */
