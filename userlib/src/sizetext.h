/* SPDX-License-Identifier: MIT */
/* Bytes in a readable unit, for the library's sentences and cmmctl's tables. */
#ifndef CMM_SIZETEXT_H
#define CMM_SIZETEXT_H

#include <stdint.h>

/* Buffer size for size_text(). */
#define SIZE_TEXT	16

/* Writes "12 MiB", or "1.5 GiB" if it is not a whole number. Returns @text. */
const char *size_text(char text[SIZE_TEXT], uint64_t bytes);

#endif /* CMM_SIZETEXT_H */
