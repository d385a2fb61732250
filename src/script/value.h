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
	BM_VALUE_CALLABLE,
	BM_VALUE_OTHER,
};

struct bm_value {
	enum bm_value_kind kind;
	int64_t i;             /* BOOL, INT */
	double f;              /* FLOAT */
	const char *text;      /* TEXT: UTF-8, zero-terminated; OCTETS; the caller's */
	size_t len;            /* TEXT, OCTETS: octets */
	void *object;          /* CALLABLE: the binding's */
	const char *type_name; /* as the script's language calls its type */
};

enum bm_fault_kind {
	BM_FAULT_NONE,
	BM_FAULT_TYPE,    /* an argument has a wrong type */
	BM_FAULT_VALUE,   /* an argument is out of its range */
	BM_FAULT_RUNTIME, /* not possible now */
	BM_FAULT_NOT_YET, /* not possible in this version */
};

struct bm_fault {
	enum bm_fault_kind kind;
	char text[240];
};

/* Sets the fault, unless there is one already. Returns false, so that a check can end with it. */
bool bm_fault_set(struct bm_fault *fault, enum bm_fault_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Each takes an argument: name is the script's name for it. Absent: *out stays. False, and a fault, if it is wrong. */
bool bm_take_int(const struct bm_value *value, const char *name, int64_t min, int64_t max, int64_t *out,
		 struct bm_fault *fault);
bool bm_take_bool(const struct bm_value *value, const char *name, bool *out, struct bm_fault *fault);
bool bm_take_number(const struct bm_value *value, const char *name, double *out, struct bm_fault *fault);
bool bm_take_callback(const struct bm_value *value, const char *name, void **out, struct bm_fault *fault);

#endif
