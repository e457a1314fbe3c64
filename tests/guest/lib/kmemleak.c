// SPDX-License-Identifier: MIT
/* Lost memory: see kmemleak.h. */
#include "kmemleak.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

#define KMEMLEAK_FILE	"/sys/kernel/debug/kmemleak"
/* kmemleak does not report objects younger than 5 seconds. */
#define SETTLE_SECONDS	6

int kmemleak_report(void)
{
	char line[512];
	FILE *found = NULL;
	int count = 0;

	if (access(KMEMLEAK_FILE, F_OK))
		return -1;
	sleep(SETTLE_SECONDS);
	/* Scan twice: objects that changed since the last scan are not reported. */
	if (!file_write(KMEMLEAK_FILE, "scan") && !file_write(KMEMLEAK_FILE, "scan"))
		found = fopen(KMEMLEAK_FILE, "r");
	if (!found) {
		printf("not ok - kmemleak: it has switched itself off\n");
		return 1;
	}
	while (fgets(line, sizeof(line), found)) {
		count += !strncmp(line, "unreferenced object", 19);
		fputs(line, stdout);
	}
	fclose(found);
	printf("%d leaks\n", count);
	return count;
}
