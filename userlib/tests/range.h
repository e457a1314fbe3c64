/* SPDX-License-Identifier: MIT */
#ifndef CMM_RANGE_H
#define CMM_RANGE_H

#include <stdint.h>

#include <cmm.h>

/* Checks range number @which of the fake system's last SYNC. @flags are CMM_SYNC_*. */
void expect_range(unsigned int which, const struct cmm_buf *buf,
		  uint64_t offset, uint64_t len, uint32_t flags);

#endif /* CMM_RANGE_H */
