// SPDX-License-Identifier: MIT
/*
 * Tables: collects rows, then prints them in columns of the required width.
 */
#include <stdlib.h>
#include <string.h>

#include "text.h"

struct table {
	const struct column *columns;
	unsigned int count;	/* of columns */
	size_t rows;
	char **cells;		/* owned: rows * count of them, by row */
	int widths[];		/* of the columns, as text_width() counts */
};

static void *or_die(void *memory)
{
	if (memory)
		return memory;
	fputs("cmmctl: out of memory\n", stderr);
	exit(1);
}

static void widen(int *width, const char *text)
{
	int needed = text_width(text);

	if (*width < needed)
		*width = needed;
}

struct table *table_new(const struct column *columns, unsigned int count)
{
	struct table *table = or_die(calloc(1, sizeof(*table) +
					       count * sizeof(int)));
	unsigned int i;

	table->columns = columns;
	table->count = count;
	for (i = 0; i < count; i++)
		widen(&table->widths[i], columns[i].title);
	return table;
}

void table_add(struct table *table, const char *const *cells)
{
	size_t used = table->rows * table->count;
	size_t size = (used + table->count) * sizeof(*table->cells);
	unsigned int i;

	table->cells = or_die(realloc(table->cells, size));
	for (i = 0; i < table->count; i++) {
		table->cells[used + i] = or_die(strdup(cells[i]));
		widen(&table->widths[i], cells[i]);
	}
	table->rows++;
}

static void print_cell(const struct table *table, unsigned int i,
		       const char *text, FILE *to)
{
	int last = i + 1 == table->count;
	int blanks = table->widths[i] - text_width(text);

	if (table->columns[i].right)
		fprintf(to, "%*s%s", blanks, "", text);
	else
		fprintf(to, "%s%*s", text, last ? 0 : blanks, "");
	fputs(last ? "\n" : "  ", to);
}

size_t table_print(struct table *table, FILE *to)
{
	size_t rows = table->rows;
	size_t cells = rows * table->count;
	size_t i;

	for (i = 0; cells && i < table->count; i++)
		print_cell(table, (unsigned int)i, table->columns[i].title, to);

	for (i = 0; i < cells; i++) {
		print_cell(table, (unsigned int)(i % table->count),
			   table->cells[i], to);
		free(table->cells[i]);
	}
	free(table->cells);
	free(table);
	return rows;
}
