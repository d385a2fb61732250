/*
 * How a provisioner chooses among what a device offers (MshPRT 5.4.2.2).
 */
#include "prov/choice.h"

#include "prov/protocol.h"

#define OOB_SIZE_MAX 8u

/* The first action of a list that the device offers, or -1. */
static int first_of(const uint8_t *actions, size_t count, uint16_t offered)
{
	for (size_t i = 0; i < count; i++)
		if (offered & 1u << actions[i])
			return actions[i];
	return -1;
}

/* MshPRT 5.4.1.3: a size up to what is offered, as far as we know values. */
static uint8_t size_within(uint8_t offered)
{
	return offered < OOB_SIZE_MAX ? offered : OOB_SIZE_MAX;
}

static bool choose_method(const struct bm_prov_caps *caps, const struct bm_provision_params *params,
			  struct bm_prov_start *start)
{
	/* What a person reads at a glance comes before what must be counted. */
	static const uint8_t outputs[] = {BM_PROV_OUTPUT_NUMERIC, BM_PROV_OUTPUT_TEXT, BM_PROV_BLINK, BM_PROV_BEEP,
					  BM_PROV_VIBRATE};
	static const uint8_t inputs[] = {BM_PROV_INPUT_NUMERIC, BM_PROV_INPUT_TEXT, BM_PROV_PUSH, BM_PROV_TWIST};
	const int output = params->no_output_oob || caps->output_size == 0
				   ? -1
				   : first_of(outputs, sizeof outputs, caps->output_actions);
	const int input = params->no_input_oob || caps->input_size == 0
				  ? -1
				  : first_of(inputs, sizeof inputs, caps->input_actions);
	if ((caps->oob_type & BM_PROV_OOB_TYPE_STATIC) && params->static_oob_len) {
		start->method = BM_PROV_STATIC_OOB;
	} else if (output >= 0) {
		start->method = BM_PROV_OUTPUT_OOB;
		start->action = (uint8_t)output;
		start->size = size_within(caps->output_size);
	} else if (input >= 0) {
		start->method = BM_PROV_INPUT_OOB;
		start->action = (uint8_t)input;
		start->size = size_within(caps->input_size);
	} else {
		start->method = BM_PROV_NO_OOB;
		return false;
	}
	return true;
}

enum bm_err bm_prov_choose(const struct bm_prov_caps *caps, const struct bm_provision_params *params,
			   struct bm_prov_start *start)
{
	const uint16_t known = BM_PROV_ALGS_BUILT;
	const uint16_t allowed = caps->algorithms & known & (params->algorithms ? params->algorithms : known);
	*start = (struct bm_prov_start){0};
	if (!allowed)
		return BM_ERR_NOT_SUPPORTED;
	/* MshPRT 5.4.2.3. Whoever was given a key by the device's owner is not talked out of it by what the air says.
	 */
	if (params->public_key && !(caps->public_key_type & BM_PROV_PUBLIC_KEY_OOB))
		return BM_ERR_AUTH;
	start->public_key = params->public_key ? 1 : 0;
	start->algorithm = allowed & BM_PROV_ALGS_HMAC ? BM_PROV_ALG_HMAC : BM_PROV_ALG_CMAC;
	if (choose_method(caps, params, start))
		return BM_OK;
	if (params->require_auth)
		return BM_ERR_AUTH;
	return caps->oob_type & BM_PROV_OOB_TYPE_ONLY_OOB ? BM_ERR_NOT_SUPPORTED : BM_OK;
}
