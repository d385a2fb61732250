/*
 * Text from scripts and file names, which may be anything, as it is shown.
 */
#ifndef BM_CLI_TEXT_H
#define BM_CLI_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Shown for octets that are no UTF-8. */
#define BM_TEXT_REPLACEMENT "\xef\xbf\xbd"

/* The length in octets of the character that text begins with; 0 if it is no UTF-8 (text must not be empty). */
size_t bm_text_character(const char *text);

/* A copy in which every octet that belongs to no character is replaced. To be freed; NULL without memory. */
char *bm_text_valid(const char *text);

/* It is UTF-8 without control characters and such that turn the direction of writing. */
bool bm_text_is_plain(const char *text);

/* Text as a JSON string: jansson refuses what is no UTF-8, which is replaced here. NULL: null. A new
 * reference. */
json_t *bm_text_string(const char *text);

/* How many characters text has; wide ones and combining ones are counted as one. */
int bm_text_width(const char *text);

/* How many octets of text the first width characters take. */
size_t bm_text_cut(const char *text, int width);

/* Writes len octets of text on one line: control characters as \n, \x1b and the like, but for the tabulator and, with
 * colour, for sequences that set a colour, and characters that turn the direction of writing as \u202e. A carriage
 * return at the end is left out. */
void bm_text_show(FILE *file, const char *text, size_t len, bool colour);

/* Writes what printf would, of which each line is made harmless so: for everything with names and other text that
 * somebody else chose. */
__attribute__((format(printf, 2, 3))) void bm_text_say(FILE *file, const char *format, ...);

/* Writes a document as JSON (flags: of jansson) and ends the line; or a text that is JSON. The same characters are
 * escaped in it as JSON has it. False: it could not be written. */
bool bm_text_json(FILE *file, const json_t *document, size_t flags);
void bm_text_escape(FILE *file, const char *json);

#endif
