// SPDX-License-Identifier: MIT
/* Leaked kernel memory: see kmemleak.h. */
#include "kmemleak.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "ktap.h"

#define KMEMLEAK_FILE	"/sys/kernel/debug/kmemleak"
/* kmemleak does not report objects younger than 5 seconds. */
#define SETTLE_SECONDS	6

bool kmemleak_is_there(void)
{
	return !access(KMEMLEAK_FILE, F_OK);
}

void kmemleak_test(void)
{
	char line[512], result[32];
	FILE *found = NULL;
	int count = 0;

	if (!kmemleak_is_there())
		return;
	sleep(SETTLE_SECONDS);
	/* Scan twice: objects that changed since the last scan are not reported. */
	if (!file_write(KMEMLEAK_FILE, "scan") && !file_write(KMEMLEAK_FILE, "scan"))
		found = fopen(KMEMLEAK_FILE, "r");
	if (!found) {
		ktap_result(FAILED, "kmemleak", "kmemleak has switched itself off");
		return;
	}
	while (fgets(line, sizeof(line), found)) {
		count += !strncmp(line, "unreferenced object", 19);
		ktap_note("%s", line);
	}
	fclose(found);
	snprintf(result, sizeof(result), "%d leaks", count);
	ktap_result(count ? FAILED : PASSED, "kmemleak", result);
}
