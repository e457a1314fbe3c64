/* SPDX-License-Identifier: MIT */
/*
 * Operations on extents and the model (see compare.h), decoded from a string
 * of bytes, each of which is one number: a fuzzer's input.
 */
#ifndef _INPUT_H
#define _INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool input_agrees(const uint8_t *data, size_t size);

#endif /* _INPUT_H */
