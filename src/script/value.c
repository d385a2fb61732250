/*
 * Values with lists and maps in them, and checks of arguments: the text of each fault names the argument, what it may
 * be and what it was.
 */
#include "script/value.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bm_value_memory {
	struct bm_value_memory *next;
	_Alignas(max_align_t) uint8_t octets[];
};

static void *allocate(struct bm_value *root, size_t size)
{
	struct bm_value_memory *memory = calloc(1, sizeof *memory + size);
	if (!memory)
		return NULL;
	memory->next = root->memory;
	root->memory = memory;
	return memory->octets;
}

static struct bm_value *make(struct bm_value *root, struct bm_value *out, enum bm_value_kind kind, size_t count)
{
	struct bm_value *items = allocate(root, (count ? count : 1) * sizeof *items);
	struct bm_value_memory *memory = out == root ? root->memory : NULL;
	for (size_t i = 0; items && i < count; i++)
		items[i].kind = BM_VALUE_NONE;
	*out = (struct bm_value){
		.kind = items ? kind : BM_VALUE_NONE, .items = items, .len = items ? count : 0, .memory = memory};
	return items;
}

struct bm_value *bm_value_list(struct bm_value *root, struct bm_value *out, size_t count)
{
	return make(root, out, BM_VALUE_LIST, count);
}

struct bm_value *bm_value_map(struct bm_value *root, struct bm_value *out, size_t pairs)
{
	return make(root, out, BM_VALUE_MAP, 2 * pairs);
}

void bm_value_text(struct bm_value *root, struct bm_value *out, const char *text, size_t len)
{
	char *copy = allocate(root, len + 1);
	struct bm_value_memory *memory = out == root ? root->memory : NULL;
	if (copy)
		memcpy(copy, text, len);
	*out = (struct bm_value){
		.kind = copy ? BM_VALUE_TEXT : BM_VALUE_NONE, .text = copy, .len = copy ? len : 0, .memory = memory};
}

struct bm_value bm_value_name(const char *text)
{
	return (struct bm_value){.kind = BM_VALUE_TEXT, .text = text, .len = strlen(text)};
}

void bm_value_free(struct bm_value *value)
{
	while (value->memory) {
		struct bm_value_memory *next = value->memory->next;
		free(value->memory);
		value->memory = next;
	}
	*value = bm_value_none();
}

const struct bm_value *bm_value_find(const struct bm_value *map, const char *key)
{
	for (size_t i = 0; map->kind == BM_VALUE_MAP && i + 1 < map->len; i += 2)
		if (map->items[i].kind == BM_VALUE_TEXT && strcmp(map->items[i].text, key) == 0)
			return &map->items[i + 1];
	return NULL;
}

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

const char *bm_value_type(const struct bm_value *value)
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
		return bm_fault_set(fault, BM_FAULT_TYPE, "%s must be an int, not %s", name, bm_value_type(value));
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
		return bm_fault_set(fault, BM_FAULT_TYPE, "%s must be a bool, not %s", name, bm_value_type(value));
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
		return bm_fault_set(fault, BM_FAULT_TYPE, "%s must be a number, not %s", name, bm_value_type(value));
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
				    bm_value_type(value));
	}
}
