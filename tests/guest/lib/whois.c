// SPDX-License-Identifier: MIT
/* Questions of CMM_IOC_WHOIS: see whois.h. */
#include "whois.h"

#include <inttypes.h>
#include <time.h>

#include "harness.h"
#include "zone.h"

struct cmm_whois ask(int node, const char *device, uint64_t addr)
{
	struct cmm_whois whois;

	ASSERT_OK(zone_whois(node, device, addr, &whois));
	ASSERT_EQ(whois.addr, addr);
	ASSERT_EQ(whois.pad, 0);
	return whois;
}

uint64_t whois_now(void)
{
	struct timespec ts;

	ASSERT(!clock_gettime(CLOCK_BOOTTIME, &ts));
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void expect_between(uint64_t time, uint64_t first, uint64_t last)
{
	note("%" PRIu64 " is to be from %" PRIu64 " to %" PRIu64, time, first,
	     last);
	ASSERT(time >= first);
	ASSERT(time <= last);
}
