/*
 * Text from scripts and file names, which may be anything, as it is shown.
 */
#ifndef BM_CLI_TEXT_H
#define BM_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Shown for octets that are no UTF-8. */
#define BM_TEXT_REPLACEMENT "\xef\xbf\xbd"

/* The length in octets of the character that text begins with; 0 if it is no UTF-8 (text must not be empty). */
size_t bm_text_character(const char *text);

/* A copy in which every octet that belongs to no character is replaced. To be freed; NULL without memory. */
char *bm_text_valid(const char *text);

/* How many characters text has; wide ones and combining ones are counted as one. */
int bm_text_width(const char *text);

/* How many octets of text the first width characters take. */
size_t bm_text_cut(const char *text, int width);

/* Writes len octets of text on one line: control characters as \n, \x1b and the like, but for the tabulator and, with
 * colour, for sequences that set a colour. A carriage return at the end is left out. */
void bm_text_show(FILE *file, const char *text, size_t len, bool colour);

#endif
