// SPDX-License-Identifier: MIT
/* Decodes operations on extents from bytes; see input.h. */
#include <setjmp.h>

#include "compare.h"
#include "input.h"

static jmp_buf input_ended;
static const uint8_t *next_byte, *end;

static u32 number_of_input(u32 below)
{
	if (next_byte == end)
		longjmp(input_ended, 1);
	return *next_byte++ % below;
}

/* Whether extents and the model agree after each operation in the input. */
bool input_agrees(const uint8_t *data, size_t size)
{
	next_byte = data;
	end = data + size;
	if (setjmp(input_ended))
		return true;
	compare_begin(number_of_input);
	while (compare_step() && compare_everything())
		;
	return false;
}
