/*
 * A field's unit is a text in the table of messages: "ms" of steps with a resolution, else "s", "5 ms" or the like, of
 * which the number is a multiple.
 */
#include "cli/words/times.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN_STEPS 0x3fu

static const uint32_t RESOLUTION_MS[] = {100, 1000, 10000, 600000};

static bool has_resolution(const struct bm_field *field)
{
	return field->kind == BM_FIELD_TRANSITION || field->kind == BM_FIELD_PERIOD;
}

/* Milliseconds of one step; 0: no time. */
static uint64_t step_ms(const struct bm_field *field)
{
	char *end;
	if (!field->unit || field->kind != BM_FIELD_UINT)
		return 0;
	const unsigned long count = strtoul(field->unit, &end, 10);
	const uint64_t factor = end == field->unit ? 1 : count;
	end += strspn(end, " ");
	return strcmp(end, "ms") == 0 ? factor : strcmp(end, "s") == 0 ? factor * 1000 : 0;
}

/* MshPRT 4.2.20.2, 4.2.21.2, 4.2.2.7: of a retransmission 0 means one step. */
static bool begins_at_one(const struct bm_field *field)
{
	return field->name && strstr(field->name, "transmit_interval_steps");
}

bool bm_field_is_time(const struct bm_field *field)
{
	return has_resolution(field) || step_ms(field) != 0;
}

bool bm_field_to_ms(const struct bm_field *field, int64_t number, uint64_t *ms)
{
	const uint64_t raw = (uint64_t)number;
	if (!has_resolution(field)) {
		*ms = (raw + begins_at_one(field)) * step_ms(field);
		return true;
	}
	if (field->kind == BM_FIELD_TRANSITION && (raw & UNKNOWN_STEPS) == UNKNOWN_STEPS)
		return false;
	*ms = (raw & UNKNOWN_STEPS) * RESOLUTION_MS[raw >> 6 & 3];
	return true;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static bool steps_from_us(const struct bm_field *field, uint64_t us, int64_t *number, uint64_t *ms)
{
	const uint64_t most = field->kind == BM_FIELD_TRANSITION ? UNKNOWN_STEPS - 1 : UNKNOWN_STEPS;
	uint64_t best = UINT64_MAX;
	for (unsigned resolution = 0; resolution < BM_ARRAY_LEN(RESOLUTION_MS); resolution++) {
		const uint64_t unit = RESOLUTION_MS[resolution] * UINT64_C(1000);
		const uint64_t nearest = (us + unit / 2) / unit, steps = nearest < most ? nearest : most;
		const uint64_t error = apart(steps * unit, us);
		/* Half way between two resolutions' values the later, longer one. */
		if (error > best || (error == best && steps * unit <= us))
			continue;
		best = error;
		*number = (int64_t)(steps | resolution << 6);
		*ms = steps * RESOLUTION_MS[resolution];
	}
	const uint64_t longest = most * RESOLUTION_MS[BM_ARRAY_LEN(RESOLUTION_MS) - 1];
	return us <= longest * 1000;
}

bool bm_field_from_us(const struct bm_field *field, uint64_t us, int64_t *number, uint64_t *ms)
{
	if (has_resolution(field))
		return steps_from_us(field, us, number, ms);
	const uint64_t unit = step_ms(field) * 1000, shift = begins_at_one(field);
	if (unit == 0)
		return false; /* no time */
	const uint64_t most = (UINT64_C(1) << field->bits) - 1 + shift;
	uint64_t count = (us + unit / 2) / unit;
	const bool fits = count <= most;
	count = count < shift ? shift : fits ? count : most;
	*number = (int64_t)(count - shift);
	*ms = count * unit / 1000;
	return fits;
}

void bm_time_text(uint64_t ms, char out[BM_TIME_TEXT_MAX])
{
	if (ms % 60000 == 0 && ms >= 600000)
		snprintf(out, BM_TIME_TEXT_MAX, "%llum", (unsigned long long)(ms / 60000));
	else if (ms % 1000 == 0)
		snprintf(out, BM_TIME_TEXT_MAX, "%llus", (unsigned long long)(ms / 1000));
	else if (ms > 1000 && ms % 100 == 0)
		snprintf(out, BM_TIME_TEXT_MAX, "%llu.%llus", (unsigned long long)(ms / 1000),
			 (unsigned long long)(ms % 1000 / 100));
	else
		snprintf(out, BM_TIME_TEXT_MAX, "%llums", (unsigned long long)ms);
}

bool bm_time_parse(const char *text, uint64_t *us)
{
	static const struct {
		const char *unit;
		double us;
	} UNITS[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"sec", 1e6}, {"m", 60e6}, {"min", 60e6}, {"h", 3600e6}};
	char *end;
	if (text[0] < '0' || text[0] > '9' || strpbrk(text, "xXE+"))
		return false;
	const double value = strtod(text, &end);
	end += strspn(end, " ");
	for (size_t i = 0; i < BM_ARRAY_LEN(UNITS); i++) {
		/* A hundred years are enough. */
		if (strcmp(end, UNITS[i].unit) != 0 || value * UNITS[i].us > 3.2e15)
			continue;
		*us = (uint64_t)(value * UNITS[i].us + 0.5);
		return true;
	}
	return false;
}
