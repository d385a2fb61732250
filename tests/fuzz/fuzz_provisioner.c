/*
 * The provisioner, given any PB-ADV PDUs, any provisioning PDUs and any beacons: it must never take a device as
 * provisioned (the fuzzer does not know the keys), and after all its session must be free.
 */
#include <stdlib.h>

#include "prov/provisioner_state.h"
#include "prov_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static enum bm_err network(void *ctx, uint16_t net_idx, struct bm_prov_data *data)
{
	(void)ctx, (void)net_idx;
	memset(data, 0, sizeof *data);
	return BM_OK;
}

static enum bm_err provisioned(void *ctx, uint16_t addr, uint8_t elements, const uint8_t dev_key[16])
{
	(void)ctx, (void)addr, (void)elements, (void)dev_key;
	abort();
}

static void hear(void *peer, const uint8_t *octets, size_t len)
{
	(void)bm_provisioner_receive(peer, octets, len);
	bm_provisioner_receive_beacon(peer, octets, len, 0);
}

static void event(void *peer, const struct bm_event *e)
{
	const struct bm_oob_value number = {.number = 7}, text = {.is_text = true, .text = "7"};
	if (e->kind == BM_EVENT_PROVISION_ENTER_OOB &&
	    bm_provisioner_oob(peer, e->uuid, e->action == BM_PROV_OUTPUT_TEXT ? &text : &number))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static const uint8_t secret[16] = {1};
	/* Of the sample data (MshPRT 8.7): a point of the curve. */
	static const uint8_t public_key[64] = {
		0xf4, 0x65, 0xe4, 0x3f, 0xf2, 0x3d, 0x3f, 0x1b, 0x9d, 0xc7, 0xdf, 0xc0, 0x4d, 0xa8, 0x75, 0x81,
		0x84, 0xdb, 0xc9, 0x66, 0x20, 0x47, 0x96, 0xec, 0xcf, 0x0d, 0x6c, 0xf5, 0xe1, 0x65, 0x00, 0xcc,
		0x02, 0x01, 0xd0, 0x48, 0xbc, 0xbb, 0xd8, 0x99, 0xee, 0xef, 0xc4, 0x24, 0x16, 0x4e, 0x33, 0xc2,
		0x01, 0xc2, 0xb0, 0x10, 0xca, 0x6b, 0x4d, 0x43, 0xa8, 0xa1, 0x55, 0xca, 0xd8, 0xec, 0xb2, 0x79};
	const struct bm_limits limits = {.prov_links = 1};
	const struct bm_provisioner_upper upper = {.network = network, .provisioned = provisioned};
	const struct bm_provision_params params = {.addr = 1,
						   .static_oob = secret,
						   .static_oob_len = len % 3 ? 0 : sizeof secret,
						   .public_key = len % 5 ? NULL : public_key};
	_Alignas(16) uint8_t memory[sizeof(struct bm_provisioner_session) + 32];
	struct bm_arena arena = {.mem = memory, .size = sizeof memory};
	struct prov_fuzz fuzz;
	struct bm_provisioner provisioner;
	prov_fuzz_init(&fuzz);
	fuzz.peer = &provisioner;
	fuzz.hear = hear;
	fuzz.event = event;
	bm_provisioner_carve(&provisioner, &limits, &arena);
	bm_provisioner_init(&provisioner, &fuzz.env, &limits, &upper);
	if (bm_provisioner_start(&provisioner, &params))
		abort();
	prov_fuzz_pass(&fuzz, 100 * BM_US_PER_MS);
	const struct bm_pb_adv ack = {.link_id = fuzz.link_id, .gpcf = BM_GP_CONTROL, .opcode = BM_BEARER_LINK_ACK};
	prov_fuzz_send(&fuzz, &ack);
	prov_fuzz_pass(&fuzz, 100 * BM_US_PER_MS);
	prov_fuzz_run(&fuzz, 0x80, octets, len);
	if (provisioner.sessions[0].state != BM_PROV_SESSION_FREE)
		abort();
	return 0;
}
