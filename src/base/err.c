/*
 * Names and texts of errors and drop reasons, from their lists.
 */
#include "blemesh/err.h"

#include "blemesh/trace.h"

const char *bm_err_name(enum bm_err err)
{
	switch (err) {
#define X(name, value, text) \
	case BM_##name:      \
		return "BM_" #name;
		BM_ERR_LIST(X)
#undef X
	}
	return "BM_ERR_?";
}

const char *bm_err_text(enum bm_err err)
{
	switch (err) {
#define X(name, value, text) \
	case BM_##name:      \
		return text;
		BM_ERR_LIST(X)
#undef X
	}
	return "unknown error";
}

const char *bm_drop_name(enum bm_drop drop)
{
	switch (drop) {
#define X(name, text)        \
	case BM_DROP_##name: \
		return text;
		BM_DROP_LIST(X)
#undef X
	case BM_DROP_COUNT:
		break;
	}
	return "?";
}
