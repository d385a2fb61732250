/*
 * The device side of provisioning, given any PB-ADV PDUs and any provisioning PDUs: it must never be provisioned (the
 * fuzzer does not know the keys), and after all it must be findable again.
 */
#include <stdlib.h>

#include "prov/device_state.h"
#include "prov_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static enum bm_err provisioned(void *ctx, const struct bm_prov_data *data, const uint8_t dev_key[16])
{
	(void)ctx, (void)data, (void)dev_key;
	abort();
}

static void hear(void *peer, const uint8_t *octets, size_t len)
{
	(void)bm_prov_device_receive(peer, octets, len);
}

static void event(void *peer, const struct bm_event *e)
{
	const struct bm_oob_value number = {.number = 7}, text = {.is_text = true, .text = "7"};
	if (e->kind == BM_EVENT_INPUT_OOB &&
	    bm_prov_device_input(peer, e->action == BM_PROV_INPUT_TEXT ? &text : &number))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static const uint8_t secret[16] = {1}, private_key[32] = {2};
	static const uint8_t uuid[16] = {0x70, 0xcf, 0x7c, 0x97, 0x32, 0xa3, 0x45, 0xb6,
					 0x91, 0x49, 0x48, 0x10, 0xd2, 0xe9, 0xcb, 0xf4};
	const struct bm_prov_device_config config = {
		.uuid = {0x70, 0xcf, 0x7c, 0x97, 0x32, 0xa3, 0x45, 0xb6, 0x91, 0x49, 0x48, 0x10, 0xd2, 0xe9, 0xcb,
			 0xf4},
		.caps = {.elements = 1,
			 .output_size = 8,
			 .output_actions = 0x1f,
			 .input_size = 8,
			 .input_actions = 0x0f},
		.static_oob = secret,
		.static_oob_len = sizeof secret,
		.private_key = private_key,
	};
	struct prov_fuzz fuzz;
	struct bm_prov_device device;
	struct bm_prov_exchange exchange;
	const struct bm_prov_device_upper upper = {.provisioned = provisioned};
	const struct bm_pb_adv open = {
		.link_id = 0x23af5850, .gpcf = BM_GP_CONTROL, .opcode = BM_BEARER_LINK_OPEN, .uuid = uuid};
	prov_fuzz_init(&fuzz);
	fuzz.peer = &device;
	fuzz.hear = hear;
	fuzz.event = event;
	fuzz.link_id = 0x23af5850;
	bm_prov_device_init(&device, &fuzz.env, &config, &upper, &exchange);
	bm_prov_device_start(&device, BM_PROV_BEARER_ADV);
	prov_fuzz_send(&fuzz, &open);
	prov_fuzz_pass(&fuzz, 100 * BM_US_PER_MS);
	prov_fuzz_run(&fuzz, 0x00, octets, len);
	if (device.state != BM_PROV_DEVICE_BEACONING)
		abort();
	bm_prov_device_wipe(&device);
	return 0;
}
