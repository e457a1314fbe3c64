/* SPDX-License-Identifier: MIT */
/* Long lines keep the number of steps in a test small. */
#ifndef SHIM_CACHE_H
#define SHIM_CACHE_H

#define L1_CACHE_BYTES	1024UL

#endif
