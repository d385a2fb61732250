/*
 * Checking JSON member by member: what is there is brought into its one form, what is wrong is told with its path.
 */
#ifndef BM_CLI_DATABASE_CHECK_H
#define BM_CLI_DATABASE_CHECK_H

#include <jansson.h>

#include "blemesh/base.h"

struct bm_check {
	char path[160]; /* "nodes[3].elements[0]"; "" at the top */
	char *error;
	size_t error_len;
	bool failed; /* the first complaint stands */
	/* What was left out and why, a string each; no more than BM_CHECK_WARNINGS_MAX are kept, the others counted. */
	json_t *warnings;
	size_t more_warnings;
};
#define BM_CHECK_WARNINGS_MAX 50u

/* Is false, and tells. */
__attribute__((format(printf, 3, 4))) bool bm_check_fail(struct bm_check *check, const char *member, const char *format,
							 ...);
/* Into member (index < 0) or an entry of it; the result is handed to bm_check_leave. */
size_t bm_check_enter(struct bm_check *check, const char *member, int index);
void bm_check_leave(struct bm_check *check, size_t before);

/* Something is taken otherwise than it is written. */
__attribute__((format(printf, 3, 4))) void bm_check_warn(struct bm_check *check, const char *member, const char *format,
							 ...);
/* Brings object's member into its one form, or takes it out. */
typedef bool bm_check_reader(struct bm_check *check, json_t *object, const char *member);
/* A member without which the rest makes sense: one that read refuses is taken out, with a warning. */
void bm_check_state(struct bm_check *check, json_t *object, const char *member, bm_check_reader *read);

enum bm_check_need { BM_CHECK_MUST, BM_CHECK_MAY };

/* Each leaves the member in its one form in object, and is false if it is wrong or missing though it must be there.
 * What is null is taken out: it is as good as missing. */
/* "0002", also written 2, "2", "0x0002" (a number in a string is hexadecimal). */
bool bm_check_hex16(struct bm_check *check, json_t *object, const char *member, enum bm_check_need need, uint32_t least,
		    uint32_t most, uint16_t *value);
/* 2, also written "2" (decimal), 2.0, true. value: may be NULL; unchanged where there is none. */
bool bm_check_number(struct bm_check *check, json_t *object, const char *member, enum bm_check_need need,
		     uint32_t least, uint32_t most, uint32_t *value);
/* true, also written "true", 1. Missing: becomes fallback. */
bool bm_check_bool(struct bm_check *check, json_t *object, const char *member, bool fallback);
/* Missing: becomes fallback, unless that is NULL. */
bool bm_check_string(struct bm_check *check, json_t *object, const char *member, const char *fallback);
/* What people call it. No string, or an empty one: becomes what the format says; NULL: it goes. */
__attribute__((format(printf, 4, 5))) void bm_check_name(struct bm_check *check, json_t *object, const char *member,
							 const char *format, ...);
/* "2026-11-22T22:16:31Z", with any offset; also written as seconds or milliseconds since 1970. Else it goes. */
void bm_check_time(struct bm_check *check, json_t *object, const char *member);
/* "secure", "insecure"; "high", "low" in older versions of the schema. Missing: becomes "insecure". */
bool bm_check_security(struct bm_check *check, json_t *object, const char *member);
/* With dashes or without. */
bool bm_check_uuid(struct bm_check *check, json_t *object, const char *member);
/* Empty: as good as missing. Taken out of object, and wiped there as far as that can be done. */
bool bm_check_key(struct bm_check *check, json_t *object, const char *member, enum bm_check_need need,
		  uint8_t key[BM_KEY_LEN], bool *there);
/* Missing: becomes empty. NULL: it is wrong. */
json_t *bm_check_array(struct bm_check *check, json_t *object, const char *member, enum bm_check_need need,
		       size_t most);
/* An address, or a virtual one as its Label UUID (32 digits): of an object's member, or a list's entry. The one form;
 * NULL: it is wrong. */
json_t *bm_check_address(struct bm_check *check, const char *member, const json_t *value);

#endif
