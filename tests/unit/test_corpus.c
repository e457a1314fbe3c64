// SPDX-License-Identifier: MIT
/*
 * Replays the inputs of a fuzzer's corpus without the fuzzer. Each line on stdin is one
 * input, with two hexadecimal digits for each byte.
 */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "input.h"

#define MAX_BYTES	8192

static size_t from_hex(const char *line, uint8_t *data)
{
	size_t size = 0;

	while (size < MAX_BYTES && sscanf(line + 2 * size, "%2hhx", &data[size]) == 1)
		size++;
	return size;
}

TEST_LIMIT(extents_agree_with_the_model_for_each_input, 600)
{
	static char line[2 * MAX_BYTES + 2];
	static uint8_t data[MAX_BYTES];
	unsigned int count = 0;

	while (fgets(line, sizeof(line), stdin)) {
		note("input %u", ++count);
		ASSERT(input_agrees(data, from_hex(line, data)));
	}
	ASSERT(count);
}
