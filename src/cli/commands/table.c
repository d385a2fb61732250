/*
 * Cells are made harmless as they come, so that their width is what is printed.
 */
#include "cli/commands/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"

static char *harmless(const char *text)
{
	char *shown = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&shown, &len);
	if (!file)
		abort();
	bm_text_show(file, text, strlen(text), false);
	fclose(file);
	return shown;
}

void bm_table_begin(struct bm_table *table, const char *const *head, size_t columns)
{
	*table = (struct bm_table){.columns = columns};
	for (size_t i = 0; i < columns; i++)
		bm_table_put(table, head[i]);
}

void bm_table_put(struct bm_table *table, const char *text)
{
	char **cells = realloc(table->cells, (table->rows + 1) * sizeof *cells);
	if (!cells)
		abort();
	table->cells = cells;
	char *cell = harmless(text ? text : "");
	const size_t column = table->rows % table->columns;
	const int width = bm_text_width(cell);
	if (width > table->widths[column])
		table->widths[column] = width;
	table->cells[table->rows++] = cell;
}

void bm_table_putf(struct bm_table *table, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	bm_table_put(table, text);
}

/* Nothing stands in the row from this cell on. */
static bool is_rest_empty(const struct bm_table *table, size_t cell)
{
	do
		if (table->cells[cell][0])
			return false;
	while (++cell % table->columns && cell < table->rows);
	return true;
}

void bm_table_print(struct bm_table *table, const char *indent)
{
	const bool any = table->rows > table->columns;
	for (size_t i = 0; i < table->rows && any; i++) {
		const size_t column = i % table->columns;
		const bool last = column + 1 == table->columns || is_rest_empty(table, i + 1);
		const int pad = last ? 0 : table->widths[column] - bm_text_width(table->cells[i]) + 2;
		printf("%s%s%*s", column ? "" : indent, table->cells[i], pad, "");
		if (!last)
			continue;
		putchar('\n');
		i += table->columns - 1 - column;
	}
	for (size_t i = 0; i < table->rows; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct bm_table){0};
}
