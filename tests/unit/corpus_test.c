// SPDX-License-Identifier: MIT
/*
 * Replays the inputs of a fuzzer's corpus without the fuzzer. Each line on stdin is one
 * input, with two hexadecimal digits for each byte.
 */
#include <stdio.h>
#include <string.h>

#include "input.h"

#define MAX_BYTES	8192

static size_t from_hex(const char *line, uint8_t *data)
{
	size_t size = 0;

	while (size < MAX_BYTES && sscanf(line + 2 * size, "%2hhx", &data[size]) == 1)
		size++;
	return size;
}

int main(void)
{
	static char line[2 * MAX_BYTES + 2];
	static uint8_t data[MAX_BYTES];
	unsigned int count = 0, failed = 0;

	while (fgets(line, sizeof(line), stdin)) {
		count++;
		if (input_agrees(data, from_hex(line, data)))
			continue;
		printf("not ok - input %u: extents and the model disagree\n", count);
		failed++;
	}
	printf("%u passed, %u failed, 0 skipped\n", count - failed, failed);
	return failed || !count;
}
