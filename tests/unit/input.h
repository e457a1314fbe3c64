/* SPDX-License-Identifier: MIT */
/*
 * Decodes a fuzzer's input into operations on extents and the model (see compare.h). Each
 * byte is one number.
 */
#ifndef _INPUT_H
#define _INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool input_agrees(const uint8_t *data, size_t size);

#endif /* _INPUT_H */
