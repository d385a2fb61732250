/*
 * A table for people on standard output: a head, rows, columns as wide as what stands in them. Text from the air or a
 * file may be anything, and is shown as harmless characters.
 */
#ifndef BM_CLI_COMMANDS_TABLE_H
#define BM_CLI_COMMANDS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define BM_TABLE_COLUMNS 8u

struct bm_table {
	size_t columns, rows;
	int widths[BM_TABLE_COLUMNS];
	char **cells; /* rows × columns, the head first */
};

/* head: columns names. */
void bm_table_begin(struct bm_table *table, const char *const *head, size_t columns);
/* The next cell, row by row; NULL is empty. */
void bm_table_put(struct bm_table *table, const char *text);
__attribute__((format(printf, 2, 3))) void bm_table_putf(struct bm_table *table, const char *format, ...);
/* Prints, each line after indent, and frees. Without rows nothing is printed. */
void bm_table_print(struct bm_table *table, const char *indent);

#endif
