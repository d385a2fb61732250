/*
 * Checks of arguments: the text of each fault names the argument, what it may be and what it was.
 */
#include "script/value.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

bool bm_fault_set(struct bm_fault *fault, enum bm_fault_kind kind, const char *format, ...)
{
	if (fault->kind != BM_FAULT_NONE)
		return false;
	fault->kind = kind;
	va_list args;
	va_start(args, format);
	vsnprintf(fault->text, sizeof fault->text, format, args);
	va_end(args);
	return false;
}

static const char *type_of(const struct bm_value *value)
{
	return value->type_name ? value->type_name : "nothing";
}

bool bm_take_int(const struct bm_value *value, const char *name, int64_t min, int64_t max, int64_t *out,
		 struct bm_fault *fault)
{
	switch (value->kind) {
	case BM_VALUE_ABSENT:
		return true;
	case BM_VALUE_BOOL:
	case BM_VALUE_INT:
		if (value->i >= min && value->i <= max) {
			*out = value->i;
			return true;
		}
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must be %lld to %lld, not %lld", name, (long long)min,
				    (long long)max, (long long)value->i);
	case BM_VALUE_HUGE:
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must be %lld to %lld", name, (long long)min,
				    (long long)max);
	default:
		return bm_fault_set(fault, BM_FAULT_TYPE, "%s must be an int, not %s", name, type_of(value));
	}
}

bool bm_take_bool(const struct bm_value *value, const char *name, bool *out, struct bm_fault *fault)
{
	switch (value->kind) {
	case BM_VALUE_ABSENT:
		return true;
	case BM_VALUE_BOOL:
	case BM_VALUE_INT:
		if (value->i == 0 || value->i == 1) {
			*out = value->i;
			return true;
		}
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must be True or False, not %lld", name,
				    (long long)value->i);
	case BM_VALUE_HUGE:
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must be True or False", name);
	default:
		return bm_fault_set(fault, BM_FAULT_TYPE, "%s must be a bool, not %s", name, type_of(value));
	}
}

bool bm_take_number(const struct bm_value *value, const char *name, double *out, struct bm_fault *fault)
{
	switch (value->kind) {
	case BM_VALUE_ABSENT:
		return true;
	case BM_VALUE_BOOL:
	case BM_VALUE_INT:
		*out = (double)value->i;
		return true;
	case BM_VALUE_FLOAT:
		if (isfinite(value->f)) {
			*out = value->f;
			return true;
		}
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must be a finite number", name);
	case BM_VALUE_HUGE:
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s is too large", name);
	default:
		return bm_fault_set(fault, BM_FAULT_TYPE, "%s must be a number, not %s", name, type_of(value));
	}
}

bool bm_take_callback(const struct bm_value *value, const char *name, void **out, struct bm_fault *fault)
{
	switch (value->kind) {
	case BM_VALUE_ABSENT:
		return true;
	case BM_VALUE_NONE:
		*out = NULL;
		return true;
	case BM_VALUE_CALLABLE:
		*out = value->object;
		return true;
	default:
		return bm_fault_set(fault, BM_FAULT_TYPE, "%s must be a function or None, not %s", name,
				    type_of(value));
	}
}
