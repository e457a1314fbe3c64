// SPDX-License-Identifier: MIT
/*
 * What a device tree says that is wrong: the zone is refused and the log names the
 * reason. The zones are those of dts/wrong.dtsi.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "harness.h"
#include "kmsg.h"
#include "zone.h"

/* Whether the log has a line with both from where it was opened. */
static bool is_told(int log, const char *device, const char *reason)
{
	char line[KMSG_LINE];
	bool told = false;

	while (kmsg_next(log, line))
		told |= strstr(line, device) && strstr(line, reason);
	return told;
}

TEST(wrong_device_tree_zones_are_refused_with_a_logged_reason)
{
	static const struct {
		const char *device, *reason;
	} wrong[] = {
		{ "wrong-label",
		  "the label 'a/b' must be 1 to 31 letters, digits and any of _-.@" },
		{ "wrong-nameless", "a zone needs a label property" },
		{ "wrong-region", "no memory-region property" },
		{ "wrong-shared", "is the memory-region of another device" },
		{ "wrong-protected",
		  "needs a reserved-memory node with no-map" },
		{ "wrong-firmware", "is for protected zones only" },
		{ "wrong-quota", "must be one number of 64 bits" },
		{ "wrong-devices", "there is no node number 1" },
		{ "wrong-alias", "heap aliases must be names of files" },
		{ "wrong-twice", "'cmm-npu-2' is given twice" },
	};
	int zones = zone_count(), log = ASSERT_OK(kmsg_open());
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		note("%s", wrong[i].device);
		/* Older kernels tell whoever binds that there is no device. */
		ASSERT(driver_bind_device(wrong[i].device) < 0);
		ASSERT(is_told(log, wrong[i].device, wrong[i].reason));
		ASSERT_EQ(zone_count(), zones);
	}
	/* Good zones before the bad one are removed too. */
	ASSERT(access("/dev/dma_heap/good", F_OK));
	ASSERT(access("/dev/dma_heap/cmm-npu-2", F_OK));
	close(log);
}
