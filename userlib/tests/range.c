// SPDX-License-Identifier: MIT
/* Checks the ranges of a SYNC: see range.h. */
#include "range.h"

#include "harness.h"
#include "fake.h"

void expect_range(unsigned int which, const struct cmm_buf *buf,
		  uint64_t offset, uint64_t len, uint32_t flags)
{
	ASSERT(fake.ranges[which].fd == cmm_buf_fd(buf));
	ASSERT(fake.ranges[which].offset == offset);
	ASSERT(fake.ranges[which].len == len);
	ASSERT(fake.ranges[which].flags == flags);
}
