/*
 * Members of JSON, checked and brought into their form.
 */
#include "cli/database/check.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/env.h"
#include "cli/commands/options.h"
#include "cli/network/document.h"

bool bm_check_fail(struct bm_check *check, const char *member, const char *format, ...)
{
	if (check->failed)
		return false;
	check->failed = true;
	const bool both = check->path[0] && member[0];
	const int used = snprintf(check->error, check->error_len, "%s%s%s%s", check->path, both ? "." : "", member,
				  check->path[0] || member[0] ? ": " : "");
	va_list args;
	va_start(args, format);
	if (used >= 0 && (size_t)used < check->error_len)
		vsnprintf(check->error + used, check->error_len - (size_t)used, format, args);
	va_end(args);
	return false;
}

void bm_check_warn(struct bm_check *check, const char *member, const char *format, ...)
{
	char text[400];
	va_list args;
	if (json_array_size(check->warnings) == BM_CHECK_WARNINGS_MAX) {
		check->more_warnings++;
		return;
	}
	const bool both = check->path[0] && member[0];
	const int used = snprintf(text, sizeof text, "%s%s%s: ", check->path, both ? "." : "", member);
	va_start(args, format);
	if (used > 0 && (size_t)used < sizeof text)
		vsnprintf(text + used, sizeof text - (size_t)used, format, args);
	va_end(args);
	json_array_append_new(check->warnings, json_string(text));
}

void bm_check_state(struct bm_check *check, json_t *object, const char *member, bm_check_reader *read)
{
	char why[300] = "";
	struct bm_check inner = {.error = why,
				 .error_len = sizeof why,
				 .warnings = check->warnings,
				 .more_warnings = check->more_warnings};
	const json_t *value = json_object_get(object, member);
	memcpy(inner.path, check->path, sizeof inner.path);
	if (value && !json_is_null(value) && read(&inner, object, member)) {
		check->more_warnings = inner.more_warnings;
		return;
	}
	check->more_warnings = inner.more_warnings;
	(void)json_object_del(object, member);
	if (!why[0])
		return;
	/* It begins with the whole path already. */
	struct bm_check outer = {.warnings = check->warnings, .more_warnings = check->more_warnings};
	bm_check_warn(&outer, "left out", "%s", why);
	check->more_warnings = outer.more_warnings;
}

size_t bm_check_enter(struct bm_check *check, const char *member, int index)
{
	const size_t before = strlen(check->path), room = sizeof check->path - before;
	const char *dot = before && member[0] ? "." : "";
	if (index < 0)
		snprintf(check->path + before, room, "%s%s", dot, member);
	else
		snprintf(check->path + before, room, "%s%s[%d]", dot, member, index);
	return before;
}

void bm_check_leave(struct bm_check *check, size_t before)
{
	check->path[before] = '\0';
}

/* The member; one that is null goes, and is missing. *good: it may be. */
static json_t *find(struct bm_check *check, json_t *object, const char *member, enum bm_check_need need, bool *good)
{
	json_t *value = json_object_get(object, member);
	*good = true;
	if (value && !json_is_null(value))
		return value;
	(void)json_object_del(object, member);
	if (need == BM_CHECK_MUST)
		*good = bm_check_fail(check, member, "is missing");
	return NULL;
}

static void replace(json_t *object, const char *member, json_t *value)
{
	(void)json_object_set_new(object, member, value);
}

bool bm_check_hex16(struct bm_check *check, json_t *object, const char *member, enum bm_check_need need, uint32_t least,
		    uint32_t most, uint16_t *value)
{
	bool good;
	const json_t *found = find(check, object, member, need, &good);
	if (!found)
		return good;
	uint32_t number = UINT32_MAX;
	if (json_is_string(found)) {
		const char *text = json_string_value(found);
		char prefixed[16];
		const bool has = strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0;
		if (strlen(text) > 8)
			return bm_check_fail(check, member, "expected four hexadecimal digits");
		snprintf(prefixed, sizeof prefixed, "0x%s", has ? text + 2 : text);
		if (!bm_number_parse(prefixed, 0, 0xffff, &number))
			return bm_check_fail(check, member, "expected four hexadecimal digits");
	} else if (json_is_integer(found) && json_integer_value(found) >= 0 && json_integer_value(found) <= 0xffff) {
		number = (uint32_t)json_integer_value(found);
	} else {
		return bm_check_fail(check, member, "expected four hexadecimal digits in a string");
	}
	if (number < least || number > most)
		return bm_check_fail(check, member, "0x%04" PRIX32 " is not from 0x%04" PRIX32 " to 0x%04" PRIX32,
				     number, least, most);
	if (value)
		*value = (uint16_t)number;
	replace(object, member, bm_document_of_hex16((uint16_t)number));
	return true;
}

bool bm_check_number(struct bm_check *check, json_t *object, const char *member, enum bm_check_need need,
		     uint32_t least, uint32_t most, uint32_t *value)
{
	bool good;
	const json_t *found = find(check, object, member, need, &good);
	if (!found)
		return good;
	double number = -1;
	uint32_t parsed;
	if (json_is_number(found))
		number = json_number_value(found);
	else if (json_is_boolean(found))
		number = json_boolean_value(found);
	else if (json_is_string(found) && bm_number_parse(json_string_value(found), 0, UINT32_MAX, &parsed))
		number = parsed;
	if (!(number >= least && number <= most) || floor(number) != number)
		return bm_check_fail(check, member, "expected a number from %" PRIu32 " to %" PRIu32, least, most);
	if (value)
		*value = (uint32_t)number;
	replace(object, member, json_integer((json_int_t)number));
	return true;
}

bool bm_check_bool(struct bm_check *check, json_t *object, const char *member, bool fallback)
{
	bool good;
	const json_t *found = find(check, object, member, BM_CHECK_MAY, &good);
	bool value = fallback;
	if (json_is_boolean(found))
		return true;
	if (json_is_integer(found) && (json_integer_value(found) == 0 || json_integer_value(found) == 1))
		value = json_integer_value(found) == 1;
	else if (json_is_string(found) && strcmp(json_string_value(found), "true") == 0)
		value = true;
	else if (json_is_string(found) && strcmp(json_string_value(found), "false") == 0)
		value = false;
	else if (found)
		return bm_check_fail(check, member, "expected true or false");
	replace(object, member, json_boolean(value));
	return true;
}

bool bm_check_string(struct bm_check *check, json_t *object, const char *member, const char *fallback)
{
	bool good;
	const json_t *found = find(check, object, member, BM_CHECK_MAY, &good);
	if (found && !json_is_string(found))
		return bm_check_fail(check, member, "expected a string");
	if (!found && fallback)
		replace(object, member, json_string(fallback));
	return true;
}

void bm_check_name(struct bm_check *check, json_t *object, const char *member, const char *format, ...)
{
	const json_t *found = json_object_get(object, member);
	char name[64];
	va_list args;
	if (json_is_string(found) && json_string_length(found))
		return;
	if (found && !json_is_null(found) && !json_is_string(found))
		bm_check_warn(check, member, "left out: expected a string");
	(void)json_object_del(object, member);
	if (!format)
		return;
	va_start(args, format);
	vsnprintf(name, sizeof name, format, args);
	va_end(args);
	replace(object, member, json_string(name));
}

/* RFC 3339: a day, a time of day, perhaps a fraction of a second, an offset or none. */
static bool is_time(const char *text)
{
	static const char FORM[] = "0000-00-00T00:00:00";
	for (size_t i = 0; i < sizeof FORM - 1; i++)
		if (FORM[i] == '0' ? !isdigit((unsigned char)text[i]) : toupper((unsigned char)text[i]) != FORM[i])
			return false;
	text += sizeof FORM - 1;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
		return true;
	return strlen(text) == 6 && (text[0] == '+' || text[0] == '-') && isdigit((unsigned char)text[1]) &&
	       isdigit((unsigned char)text[2]) && text[3] == ':' && isdigit((unsigned char)text[4]) &&
	       isdigit((unsigned char)text[5]);
}

void bm_check_time(struct bm_check *check, json_t *object, const char *member)
{
	const json_t *found = json_object_get(object, member);
	char text[32];
	struct tm tm;
	if (!found || (json_is_string(found) && is_time(json_string_value(found))))
		return;
	const double number = json_is_number(found) ? json_number_value(found) : -1;
	/* So many seconds are beyond the year 5000: they are milliseconds. */
	const time_t at = (time_t)(number >= 1e11 && number < 1e14 ? number / 1000 : number);
	if (number >= 0 && number < 1e14 && gmtime_r(&at, &tm) &&
	    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm)) {
		replace(object, member, json_string(text));
		return;
	}
	if (!json_is_null(found))
		bm_check_warn(check, member, "left out: expected a time like 2026-11-22T22:16:31Z");
	(void)json_object_del(object, member);
}

bool bm_check_security(struct bm_check *check, json_t *object, const char *member)
{
	if (!bm_check_string(check, object, member, "insecure"))
		return false;
	const char *text = json_string_value(json_object_get(object, member));
	const bool secure = strcasecmp(text, "secure") == 0 || strcasecmp(text, "high") == 0;
	if (!secure && strcasecmp(text, "insecure") != 0 && strcasecmp(text, "low") != 0)
		return bm_check_fail(check, member, "expected \"secure\" or \"insecure\"");
	replace(object, member, json_string(secure ? "secure" : "insecure"));
	return true;
}

bool bm_check_uuid(struct bm_check *check, json_t *object, const char *member)
{
	bool good;
	const json_t *found = find(check, object, member, BM_CHECK_MUST, &good);
	uint8_t uuid[BM_UUID_LEN];
	char text[BM_DOCUMENT_UUID_LEN];
	if (!found)
		return good;
	if (!json_is_string(found) || !bm_document_uuid_parse(json_string_value(found), uuid))
		return bm_check_fail(check, member, "expected a UUID (32 hexadecimal digits)");
	bm_document_uuid_text(uuid, text);
	replace(object, member, json_string(text));
	return true;
}

bool bm_check_key(struct bm_check *check, json_t *object, const char *member, enum bm_check_need need,
		  uint8_t key[BM_KEY_LEN], bool *there)
{
	bool good;
	size_t len;
	const json_t *found = find(check, object, member, need, &good);
	*there = false;
	if (need == BM_CHECK_MAY && json_is_string(found) && json_string_length(found) == 0)
		found = NULL;
	if (found)
		good = (json_is_string(found) &&
			bm_octets_parse(json_string_value(found), key, BM_KEY_LEN, BM_KEY_LEN, &len)) ||
		       bm_check_fail(check, member, "expected a key (32 hexadecimal digits)");
	*there = found && good;
	(void)json_object_del(object, member);
	return good;
}

json_t *bm_check_array(struct bm_check *check, json_t *object, const char *member, enum bm_check_need need, size_t most)
{
	bool good;
	json_t *found = find(check, object, member, need, &good);
	if (!good)
		return NULL;
	if (found && !json_is_array(found)) {
		bm_check_fail(check, member, "expected a list");
		return NULL;
	}
	if (json_array_size(found) > most) {
		bm_check_fail(check, member, "has %zu entries, more than the %zu that are taken",
			      json_array_size(found), most);
		return NULL;
	}
	if (!found) {
		found = json_array();
		replace(object, member, found);
	}
	return found;
}

json_t *bm_check_address(struct bm_check *check, const char *member, const json_t *value)
{
	uint8_t label[BM_UUID_LEN];
	if (json_is_string(value) && strlen(json_string_value(value)) >= 2 * BM_UUID_LEN) {
		if (!bm_document_uuid_parse(json_string_value(value), label)) {
			bm_check_fail(check, member, "expected an address, or a Label UUID of 32 hexadecimal digits");
			return NULL;
		}
		return bm_document_of_label(label);
	}
	json_t *holder = json_pack("{s:O}", "", (json_t *)(uintptr_t)value);
	json_t *made = NULL;
	const size_t before = bm_check_enter(check, member, -1);
	if (bm_check_hex16(check, holder, "", BM_CHECK_MUST, 0, 0xffff, NULL))
		made = json_incref(json_object_get(holder, ""));
	bm_check_leave(check, before);
	json_decref(holder);
	return made;
}
