/*
 * Text as it is shown: UTF-8 that holds no surprise for a terminal or a JSON reader.
 */
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

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

static void show_control(FILE *file, unsigned char c)
{
	static const char *const NAMES[] = {
		['\a'] = "\\a", ['\b'] = "\\b", ['\n'] = "\\n", ['\v'] = "\\v", ['\f'] = "\\f", ['\r'] = "\\r"};
	if (c < sizeof NAMES / sizeof NAMES[0] && NAMES[c])
		fputs(NAMES[c], file);
	else
		fprintf(file, "\\x%02x", c);
}

void bm_text_show(FILE *file, const char *text, size_t len, bool colour)
{
	bool coloured = false;
	if (len && text[len - 1] == '\r')
		len--;
	for (size_t i = 0; i < len;) {
		const unsigned char c = (unsigned char)text[i];
		const size_t sequence = colour ? colour_sequence(text + i, len - i) : 0;
		const size_t character = bm_text_character(text + i);
		const size_t octets = sequence ? sequence : character ? character : 1;
		if (sequence)
			coloured = true;
		if (!sequence && ((c < 0x20 && c != '\t') || c == 0x7f))
			show_control(file, c);
		else if (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0) /* U+0080 to U+009F */
			show_control(file, (unsigned char)text[i + 1]);
		else if (!sequence && !character)
			fputs(BM_TEXT_REPLACEMENT, file);
		else
			fwrite(text + i, 1, octets, file);
		i += octets;
	}
	if (coloured)
		fputs("\x1b[0m", file);
}
