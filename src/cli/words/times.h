/*
 * Times in messages: what a field's number means in milliseconds, and the number that is nearest to a time.
 */
#ifndef BM_CLI_WORDS_TIMES_H
#define BM_CLI_WORDS_TIMES_H

#include "pdu/messages.h"

/* Is the field a time? */
bool bm_field_is_time(const struct bm_field *field);
/* False: it says that the time is not known, or has no meaning. */
bool bm_field_to_ms(const struct bm_field *field, int64_t number, uint64_t *ms);
/* The number for the nearest time that the field can say, which is told in ms; half way the longer one. False: longer
 * than the longest, which is told in ms then. */
bool bm_field_from_us(const struct bm_field *field, uint64_t us, int64_t *number, uint64_t *ms);

#define BM_TIME_TEXT_MAX 32u
/* "200ms", "2s", "10m", "1.5s": what reads the same when typed. */
void bm_time_text(uint64_t ms, char out[BM_TIME_TEXT_MAX]);
/* "200ms", "2s", "1.5 s", "10m", "2h". False: something else, a bare number among it. */
bool bm_time_parse(const char *text, uint64_t *us);

#endif
