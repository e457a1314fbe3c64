// SPDX-License-Identifier: MIT
/* The function that libFuzzer calls with its inputs, see input.h. libFuzzer has main(). */
#include <stdlib.h>

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!input_agrees(data, size))
		abort();
	return 0;
}
