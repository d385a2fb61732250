/*
 * Provisioning in words.
 */
#include "script/prov_words.h"

#include <stdio.h>

const char *bm_prov_method_text(enum bm_prov_method method, uint8_t action)
{
	static const char *const output[] = {"blinking", "beeping", "vibrating", "output of a number",
					     "output of a text"};
	static const char *const input[] = {"pushing", "twisting", "input of a number", "input of a text"};
	switch (method) {
	case BM_PROV_NO_OOB:
		return "no authentication";
	case BM_PROV_STATIC_OOB:
		return "static OOB";
	case BM_PROV_OUTPUT_OOB:
		return action < BM_ARRAY_LEN(output) ? output[action] : "output OOB";
	case BM_PROV_INPUT_OOB:
		return action < BM_ARRAY_LEN(input) ? input[action] : "input OOB";
	}
	return "?";
}

void bm_prov_failure_text(const struct bm_event *event, const char *why, char *out, size_t len)
{
	if (why)
		snprintf(out, len, "%s", why);
	else if (event->error != BM_PROV_ERR_NONE)
		snprintf(out, len, "the device says: %s", bm_prov_error_name(event->error));
	else if (event->result != BM_OK)
		snprintf(out, len, "%s", bm_err_text(event->result));
	else
		snprintf(out, len, "the link was closed");
}

bool bm_prov_refused(const struct bm_event *event)
{
	return event->result == BM_ERR_AUTH || event->error == BM_PROV_ERR_CONFIRMATION_FAILED;
}

const char *bm_config_status_text(uint8_t status)
{
	static const char *const names[] = {
		"success",
		"invalid address",
		"invalid model",
		"invalid AppKey index",
		"invalid NetKey index",
		"insufficient resources",
		"key index already stored",
		"invalid publish parameters",
		"not a subscribe model",
		"storage failure",
		"feature not supported",
		"cannot update",
		"cannot remove",
		"cannot bind",
		"temporarily unable to change state",
		"cannot set",
		"unspecified error",
		"invalid binding",
	};
	return status < BM_ARRAY_LEN(names) ? names[status] : "unknown status";
}
