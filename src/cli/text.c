/*
 * Text as it is shown: UTF-8 that holds no surprise for a terminal or a JSON reader.
 */
#include "cli/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"

/* RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t bm_text_character(const char *text)
{
	static const struct {
		unsigned char first, last;   /* of the first octet */
		unsigned char second, until; /* of the second one */
		unsigned char len;
	} FORMS[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	const unsigned char *c = (const unsigned char *)text;
	if (c[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
		if (c[0] < FORMS[i].first || c[0] > FORMS[i].last)
			continue;
		if (c[1] < FORMS[i].second || c[1] > FORMS[i].until)
			return 0;
		for (size_t k = 2; k < FORMS[i].len; k++)
			if ((c[k] & 0xc0) != 0x80)
				return 0;
		return FORMS[i].len;
	}
	return 0;
}

char *bm_text_valid(const char *text)
{
	char *made = malloc(strlen(text) * (sizeof BM_TEXT_REPLACEMENT - 1) + 1), *out = made;
	if (!made)
		return NULL;
	while (*text) {
		const size_t len = bm_text_character(text);
		memcpy(out, len ? text : BM_TEXT_REPLACEMENT, len ? len : sizeof BM_TEXT_REPLACEMENT - 1);
		out += len ? len : sizeof BM_TEXT_REPLACEMENT - 1;
		text += len ? len : 1;
	}
	*out = '\0';
	return made;
}

/* The code of a character that a terminal would act upon: controls (C0, DEL, C1), and what turns the direction of
 * writing or ends a line (Unicode's Bidi_Control, line and paragraph separator). 0: it is harmless; a NUL is no text.
 */
static unsigned control_code(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	if (c[0] < 0x20 || c[0] == 0x7f)
		return c[0];
	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
		return c[1];
	if (c[0] == 0xd8 && c[1] == 0x9c)
		return 0x061c;
	if (c[0] != 0xe2 || (c[1] != 0x80 && c[1] != 0x81) || (c[2] & 0xc0) != 0x80)
		return 0;
	const unsigned code = 0x2000u | (c[1] & 0x3fu) << 6 | (c[2] & 0x3fu);
	const bool turns = (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
			   (code >= 0x2066 && code <= 0x2069);
	return turns ? code : 0;
}

bool bm_text_is_plain(const char *text)
{
	for (; *text; text += bm_text_character(text))
		if (!bm_text_character(text) || control_code(text))
			return false;
	return true;
}

json_t *bm_text_string(const char *text)
{
	char *valid = text ? bm_text_valid(text) : NULL;
	json_t *string = valid ? json_string(valid) : json_null();
	free(valid);
	return string;
}

size_t bm_text_cut(const char *text, int width)
{
	const char *at = text;
	for (; *at && width > 0; width--) {
		const size_t len = bm_text_character(at);
		at += len ? len : 1;
	}
	return (size_t)(at - text);
}

int bm_text_width(const char *text)
{
	int width = 0;
	for (; *text; width++)
		text += bm_text_cut(text, 1);
	return width;
}

/* The length of a sequence that sets colours (ECMA-48, SGR), or 0. */
static size_t colour_sequence(const char *text, size_t len)
{
	if (len < 3 || text[0] != '\x1b' || text[1] != '[')
		return 0;
	size_t i = 2;
	while (i < len && ((text[i] >= '0' && text[i] <= '9') || text[i] == ';'))
		i++;
	return i < len && text[i] == 'm' ? i + 1 : 0;
}

static void show_control(FILE *file, unsigned c)
{
	static const char *const NAMES[] = {
		['\a'] = "\\a", ['\b'] = "\\b", ['\n'] = "\\n", ['\v'] = "\\v", ['\f'] = "\\f", ['\r'] = "\\r"};
	if (c < sizeof NAMES / sizeof NAMES[0] && NAMES[c])
		fputs(NAMES[c], file);
	else
		fprintf(file, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
}

void bm_text_show(FILE *file, const char *text, size_t len, bool colour)
{
	bool coloured = false;
	if (len && text[len - 1] == '\r')
		len--;
	for (size_t i = 0; i < len;) {
		const size_t sequence = colour ? colour_sequence(text + i, len - i) : 0;
		const size_t character = bm_text_character(text + i);
		const size_t octets = sequence ? sequence : character ? character : 1;
		const unsigned control = sequence || !character || text[i] == '\t' ? 0 : control_code(text + i);
		if (sequence)
			coloured = true;
		if (control || (!sequence && text[i] == '\0'))
			show_control(file, control);
		else if (!sequence && !character)
			fputs(BM_TEXT_REPLACEMENT, file);
		else
			fwrite(text + i, 1, octets, file);
		i += octets;
	}
	if (coloured)
		fputs("\x1b[0m", file);
}

void bm_text_say(FILE *file, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = NULL;
	const int len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return;
	for (const char *at = text; *at;) {
		const size_t line = strcspn(at, "\n");
		bm_text_show(file, at, line, false);
		if (at[line])
			fputc('\n', file);
		at += line + (at[line] != '\0');
	}
	free(text);
}

/* jansson escapes C0 controls and leaves the others as they are. */
void bm_text_escape(FILE *file, const char *json)
{
	while (*json) {
		const size_t character = bm_text_character(json), octets = character ? character : 1;
		const unsigned control = *json == '\n' ? 0 : control_code(json);
		if (control)
			fprintf(file, "\\u%04x", control);
		else
			fwrite(json, 1, octets, file);
		json += octets;
	}
}

bool bm_text_json(FILE *file, const json_t *document, size_t flags)
{
	char *text = document ? json_dumps(document, flags) : NULL;
	if (!text)
		return false;
	bm_text_escape(file, text);
	bm_wipe(text, strlen(text)); /* keys may be in it */
	free(text);
	return fputc('\n', file) != EOF;
}
