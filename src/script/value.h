/*
 * Values as scripts pass and get them, free of any interpreter's types, and what can be wrong with them. A binding
 * translates its interpreter's values into these and a fault into an exception.
 */
#ifndef BM_SCRIPT_VALUE_H
#define BM_SCRIPT_VALUE_H

#include "blemesh/base.h"

enum bm_value_kind {
	BM_VALUE_ABSENT, /* an argument not given */
	BM_VALUE_NONE,
	BM_VALUE_BOOL,
	BM_VALUE_INT,
	BM_VALUE_HUGE, /* an integer beyond 64 bits */
	BM_VALUE_FLOAT,
	BM_VALUE_TEXT,
	BM_VALUE_OCTETS,
	BM_VALUE_LIST, /* items, in order: a list or a tuple */
	BM_VALUE_MAP,  /* items: key, value, key, value, … */
	BM_VALUE_CALLABLE,
	BM_VALUE_OTHER,
};

#define BM_VALUE_DEPTH_MAX 4u /* lists and maps in each other; deeper ones are BM_VALUE_OTHER */

/* What lists, maps and copied texts of one value stand in. */
struct bm_value_memory;

struct bm_value {
	enum bm_value_kind kind;
	int64_t i;        /* BOOL, INT */
	double f;         /* FLOAT */
	const char *text; /* TEXT: UTF-8, zero-terminated; OCTETS; the caller's */
	size_t len;       /* TEXT, OCTETS: octets; LIST, MAP: items */
	struct bm_value *items;
	struct bm_value_memory *memory; /* of a value that owns its lists and texts: bm_value_free; else NULL */
	void *object;                   /* CALLABLE: the binding's */
	const char *type_name;          /* as the script's language calls its type */
};

/*
 * Building a value: lists and maps within root take their memory from root, and go with it. Each writes *out, which is
 * root or an item within it; NULL, and *out is none, if there is no memory.
 */
struct bm_value *bm_value_list(struct bm_value *root, struct bm_value *out, size_t count);
/* pairs keys and values, keys still to be written. */
struct bm_value *bm_value_map(struct bm_value *root, struct bm_value *out, size_t pairs);
/* A text of its own, copied. */
void bm_value_text(struct bm_value *root, struct bm_value *out, const char *text, size_t len);
/* Frees what a value owns; it is none then. */
void bm_value_free(struct bm_value *value);
/* The value of a map under a text key; NULL if there is none. */
const struct bm_value *bm_value_find(const struct bm_value *map, const char *key);

static inline struct bm_value bm_value_none(void)
{
	return (struct bm_value){.kind = BM_VALUE_NONE};
}

static inline struct bm_value bm_value_bool(bool b)
{
	return (struct bm_value){.kind = BM_VALUE_BOOL, .i = b};
}

static inline struct bm_value bm_value_int(int64_t i)
{
	return (struct bm_value){.kind = BM_VALUE_INT, .i = i};
}

static inline struct bm_value bm_value_double(double f)
{
	return (struct bm_value){.kind = BM_VALUE_FLOAT, .f = f};
}

/* A name that stays: not copied. */
struct bm_value bm_value_name(const char *text);

enum bm_fault_kind {
	BM_FAULT_NONE,
	BM_FAULT_TYPE,    /* an argument has a wrong type */
	BM_FAULT_VALUE,   /* an argument is out of its range */
	BM_FAULT_RUNTIME, /* not possible now */
};

struct bm_fault {
	enum bm_fault_kind kind;
	char text[240];
};

/* Sets the fault, unless there is one already. Returns false, so that a check can end with it. */
bool bm_fault_set(struct bm_fault *fault, enum bm_fault_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What the interpreter calls the type of a value. */
const char *bm_value_type(const struct bm_value *value);

/* Each takes an argument: name is the script's name for it. Absent: *out stays. False, and a fault, if it is wrong. */
bool bm_take_int(const struct bm_value *value, const char *name, int64_t min, int64_t max, int64_t *out,
		 struct bm_fault *fault);
bool bm_take_bool(const struct bm_value *value, const char *name, bool *out, struct bm_fault *fault);
bool bm_take_number(const struct bm_value *value, const char *name, double *out, struct bm_fault *fault);
bool bm_take_callback(const struct bm_value *value, const char *name, void **out, struct bm_fault *fault);

#endif
