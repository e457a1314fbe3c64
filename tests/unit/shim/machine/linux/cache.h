/* SPDX-License-Identifier: MIT */
/* Lines are long, so that few steps of a test show everything. */
#ifndef SHIM_CACHE_H
#define SHIM_CACHE_H

#define L1_CACHE_BYTES	1024UL

#endif
