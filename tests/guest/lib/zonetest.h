/* SPDX-License-Identifier: MIT */
/*
 * Tests of zones. The runner runs all tests once for each zone of the board. The macro
 * ZONE is the name of the current zone. A test is reported as <zone>/<file>/<test>. It
 * must free what it allocates: see leakcheck.h.
 *
 *	ZONE_TEST(what_it_shows)
 *	{
 *		int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
 *		...
 *		close(fd);
 *	}
 */
#ifndef ZONETEST_H
#define ZONETEST_H

#include <stdbool.h>
#include <stddef.h>

#include "harness.h"
#include "zone.h"

/*
 * A test that gets ZONE's node open as @node. The node is closed after it. TEST() is for
 * tests that open zones themselves.
 */
#define ZONE_TEST(name)	ZONE_TEST_LIMIT(name, TEST_SECONDS)

#define ZONE_TEST_LIMIT(title, limit)					\
	static void zone_test_##title(int node);			\
	TEST_LIMIT(title, limit)					\
	{								\
		run_with_node(zone_test_##title);			\
	}								\
	static void zone_test_##title(int node)

void run_with_node(void (*run)(int node));

/*
 * Declares that this test provokes SMMU events; in any other test they are
 * faults.
 */
void expect_smmu_events(void);

/* pattern_check() or pattern_check_zero() found no difference. */
#define ASSERT_PATTERN(check)	assert_pattern(__FILE__, __LINE__, #check, check)

void assert_pattern(const char *file, int line, const char *what, size_t place);

#endif /* ZONETEST_H */
