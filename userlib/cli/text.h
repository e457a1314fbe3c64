/* SPDX-License-Identifier: MIT */
/*
 * Converts values to text and back, and prints tables. Independent of zones.
 */
#ifndef CMMCTL_TEXT_H
#define CMMCTL_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../src/sizetext.h"

/* Buffer size for the functions below. */
#define AGE_TEXT	16
#define ADDRESS_TEXT	24
/* Buffer size for @n bytes if each of them is escaped. */
#define ESCAPED_TEXT(n)	(4 * (n) + 1)

/*
 * Reads a number of bytes: decimal or 0x…, with an optional suffix K, M or G for
 * powers of 1024. Returns 0, or -1 if it is invalid or does not fit in a size_t.
 */
int parse_size(const char *text, size_t *size);

/*
 * Reads an address: hexadecimal, with or without 0x. Returns 0, or -1 if it is
 * invalid or does not fit.
 */
int parse_address(const char *text, uint64_t *address);

/* An address or offset, "0x00001000", or "-" if unknown. */
const char *address_text(char text[ADDRESS_TEXT], int known, uint64_t address);

/* Nanoseconds in readable units: "12s", "5m03s", "3h20m", "2d04h". */
const char *age_text(char text[AGE_TEXT], uint64_t ns);

/*
 * Escapes arbitrary bytes for a terminal: keeps printable UTF-8 characters, turns
 * every other byte into \xNN, and doubles a backslash. @text has
 * ESCAPED_TEXT(strlen(@from)) bytes.
 */
const char *escape(char *text, const char *from);

/*
 * Returns the length in bytes of the UTF-8 character at the start of @text, and sets
 * *@width to its columns on a terminal. Returns 0 if the character is invalid or not
 * printable.
 */
size_t utf8_printable(const char *text, int *width);

/* The columns of a text. Each byte that is not part of a character counts as one. */
int text_width(const char *text);

/**
 * struct column - a column of a table
 * @title: its heading
 * @right: align right, for numbers
 */
struct column {
	const char *title;
	int right;
};

struct table;

/* Returns an empty table. Exits the program if there is no memory. */
struct table *table_new(const struct column *columns, unsigned int count);

/* Adds a row: one text for each column. Copies the texts. */
void table_add(struct table *table, const char *const *cells);

/*
 * Prints the table, unless it has no rows, and frees it. Returns the number of
 * rows.
 */
size_t table_print(struct table *table, FILE *to);

#endif /* CMMCTL_TEXT_H */
