/* SPDX-License-Identifier: MIT */
/*
 * Values to text and back, and tables of text. Knows nothing about zones.
 */
#ifndef CMMCTL_TEXT_H
#define CMMCTL_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Room for what the functions below write. */
#define SIZE_TEXT	16
#define AGE_TEXT	16
#define ADDRESS_TEXT	24
/* Room for @n bytes, each of them escaped. */
#define ESCAPED_TEXT(n)	(4 * (n) + 1)

/*
 * Reads a number of bytes: decimal or 0x…, with K, M or G behind it for powers
 * of 1024. Returns 0, or -1 if it is none or does not fit in a size_t.
 */
int parse_size(const char *text, size_t *size);

/*
 * Reads an address: hexadecimal, with or without 0x. Returns 0, or -1 if it is none
 * or does not fit.
 */
int parse_address(const char *text, uint64_t *address);

/* Bytes for people: "12 MiB", or "1.5 GiB" where it is not a whole number. */
const char *size_text(char text[SIZE_TEXT], uint64_t bytes);

/* An address or offset, "0x00001000", or "-" if it is not known. */
const char *address_text(char text[ADDRESS_TEXT], int known, uint64_t address);

/* Nanoseconds for people: "12s", "5m03s", "3h20m", "2d04h". */
const char *age_text(char text[AGE_TEXT], uint64_t ns);

/*
 * Text of any bytes, made fit for a terminal: printable characters of UTF-8 stay,
 * every other byte becomes \xNN, and a backslash is doubled. @text has
 * ESCAPED_TEXT(strlen(@from)) bytes.
 */
const char *escape(char *text, const char *from);

/*
 * Returns the bytes of the character of UTF-8 that @text begins with, and sets
 * *@width to its columns on a terminal. Returns 0 if that is no valid character, or
 * none that may be printed.
 */
size_t utf8_printable(const char *text, int *width);

/* The columns that a text takes, each byte that is no character one. */
int text_width(const char *text);

/**
 * struct column - a column of a table
 * @title: its heading
 * @right: numbers stand at the right
 */
struct column {
	const char *title;
	int right;
};

struct table;

/* Returns an empty table, or ends the program if there is no memory. */
struct table *table_new(const struct column *columns, unsigned int count);

/* Adds a row; copies the texts, of which there is one for each column. */
void table_add(struct table *table, const char *const *cells);

/*
 * Prints the table, unless it has no rows, and frees it. Returns the number of
 * rows.
 */
size_t table_print(struct table *table, FILE *to);

#endif /* CMMCTL_TEXT_H */
