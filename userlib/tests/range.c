// SPDX-License-Identifier: MIT
/* Checks the ranges of a SYNC: see range.h. */
#include "range.h"

#include "check.h"
#include "fake.h"

void expect_range(unsigned int which, const struct cmm_buf *buf,
		  uint64_t offset, uint64_t len, uint32_t flags)
{
	CHECK(fake.ranges[which].fd == cmm_buf_fd(buf));
	CHECK(fake.ranges[which].offset == offset);
	CHECK(fake.ranges[which].len == len);
	CHECK(fake.ranges[which].flags == flags);
}
