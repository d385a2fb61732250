/*
 * The provisioner's steps in words.
 */
#include "cli/steps.h"

#include "script/prov_words.h"

#include <stdio.h>

const char *bm_step_name(enum bm_step_kind kind)
{
	static const char *const NAMES[] = {
#define X(name, text) text,
		BM_STEP_LIST(X)
#undef X
	};
	return NAMES[kind];
}

const char *bm_step_method(const struct bm_step *step)
{
	return bm_prov_method_text(step->method, step->action);
}

void bm_step_text(const struct bm_step *step, char *out, size_t len)
{
	const char *device = step->device ? step->device : "?";
	const char *text = step->text ? step->text : "?";
	switch (step->kind) {
	case BM_STEP_FOUND:
		snprintf(out, len, "found %s, provisions it", device);
		return;
	case BM_STEP_LINK:
		snprintf(out, len, "link to %s is open", device);
		return;
	case BM_STEP_CAPABILITIES:
		snprintf(out, len, "authenticates %s by %s, %s", device, bm_step_method(step),
			 step->alg == BM_PROV_ALG_HMAC ? "HMAC-SHA256" : "AES-CMAC");
		return;
	case BM_STEP_WATCHING:
		snprintf(out, len, "counts how often the LED of %s blinks", device);
		return;
	case BM_STEP_COUNTED:
		snprintf(out, len, "counted %u %s of %s", (unsigned)step->number,
			 step->number == 1 ? "blink" : "blinks", device);
		return;
	case BM_STEP_READ_PRINT:
		snprintf(out, len, "the LED of %s does not blink; uses the number it printed: %u", device,
			 (unsigned)step->number);
		return;
	case BM_STEP_NO_NUMBER:
		snprintf(out, len, "the LED of %s does not blink and no number was printed", device);
		return;
	case BM_STEP_SHOW:
		if (step->has_number)
			snprintf(out, len, "%s must be given the number %u (BLE_Mesh.input_oob)", device,
				 (unsigned)step->number);
		else
			snprintf(out, len, "%s must be given the text %s (BLE_Mesh.input_oob)", device, text);
		return;
	case BM_STEP_UNSURE:
		snprintf(out, len, "%s was sent the keys, then: %s; asks whether it is node 0x%04x", device, text,
			 step->addr);
		return;
	case BM_STEP_PROVISIONED:
		snprintf(out, len, "provisioned %s, address 0x%04x", device, step->addr);
		return;
	case BM_STEP_COMPOSITION:
		snprintf(out, len, "%s has %u %s in %u %s", device, step->models,
			 step->models == 1 ? "model" : "models", step->elements,
			 step->elements == 1 ? "element" : "elements");
		return;
	case BM_STEP_APP_KEY:
		snprintf(out, len, "gave %s application key 0", device);
		return;
	case BM_STEP_BIND_FAILED:
		snprintf(out, len, "could not bind a model of %s: %s", device, text);
		return;
	case BM_STEP_CONFIGURED:
		snprintf(out, len, "bound %u %s of %s: it is configured", step->models,
			 step->models == 1 ? "model" : "models", device);
		return;
	case BM_STEP_FAILED:
		snprintf(out, len, "%s failed, will try again: %s", device, text);
		return;
	case BM_STEP_GIVEN_UP:
		snprintf(out, len, "%s failed, given up: %s", device, text);
		return;
	case BM_STEP_READY:
		snprintf(out, len, "all boards are provisioned");
		return;
	}
	snprintf(out, len, "?");
}
