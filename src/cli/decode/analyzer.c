/*
 * The analyzer's ways in, and the guess at what octets are.
 */
#include "cli/decode/analyzer_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "pdu/beacon.h"
#include "pdu/messages.h"

#define ADVERTISING 0x8e89bed6u

struct bm_analyzer *bm_analyzer_new(void)
{
	struct bm_analyzer *an = calloc(1, sizeof *an);
	if (an)
		bm_keyring_init(&an->keys);
	return an;
}

void bm_analyzer_free(struct bm_analyzer *an)
{
	if (!an)
		return;
	bm_keyring_wipe(&an->keys);
	bm_wipe(an->private_key, sizeof an->private_key);
	free(an);
}

struct bm_keyring *bm_analyzer_keys(struct bm_analyzer *an)
{
	return &an->keys;
}

void bm_analyzer_private_key(struct bm_analyzer *an, const uint8_t key[32])
{
	memcpy(an->private_key, key, 32);
	an->has_private_key = true;
}

static const char *const NAMES[] = {
#define X(name, word, text) [BM_DECODE_##name] = (word),
	BM_DECODE_LIST(X)
#undef X
};

const char *bm_decode_layer_name(enum bm_decode_layer layer)
{
	return layer < BM_ARRAY_LEN(NAMES) ? NAMES[layer] : NULL;
}

bool bm_decode_layer_parse(const char *word, enum bm_decode_layer *layer)
{
	for (size_t i = 1; i < BM_ARRAY_LEN(NAMES); i++) {
		if (strcmp(word, NAMES[i]) != 0)
			continue;
		*layer = (enum bm_decode_layer)i;
		return true;
	}
	return false;
}

/* The types that carry AD structures behind the advertiser's address: ADV_IND, ADV_NONCONN_IND, SCAN_RSP, ADV_SCAN_IND.
 */
static bool is_adv_pdu(const uint8_t *octets, size_t len)
{
	if (len < 8 || octets[1] != len - 2)
		return false;
	const uint8_t type = octets[0] & 0x0f;
	return (type == 0 || type == 2 || type == 4 || type == 6) && bm_an_is_ad(octets + 8, len - 8, false);
}

static bool is_ll(const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	return bm_read_le32(&r) == ADVERTISING && !r.failed;
}

static bool is_beacon(const uint8_t *octets, size_t len)
{
	const uint8_t type = len ? octets[0] : 0xff;
	return (type == BM_BEACON_UNPROVISIONED && (len == 19 || len == 23)) ||
	       (type == BM_BEACON_SECURE_NETWORK && len == BM_SECURE_BEACON_LEN) ||
	       (type == BM_BEACON_PRIVATE && len == BM_PRIVATE_BEACON_LEN);
}

static bool is_pb_adv(const uint8_t *octets, size_t len)
{
	struct bm_pb_adv pdu;
	if (bm_pb_adv_decode(&pdu, octets, len) != BM_OK)
		return false;
	/* A continuation or an acknowledgment could be anything. */
	if (pdu.gpcf == BM_GP_CONTROL)
		return pdu.transaction == 0;
	return pdu.gpcf == BM_GP_START && pdu.seg_n == 0 && pdu.total_len == pdu.data_len &&
	       pdu.fcs == bm_pb_adv_fcs(pdu.data, pdu.data_len);
}

static void pass_over(void *ctx, const struct bm_field *field, const struct bm_field_value *value)
{
	(void)ctx;
	(void)field;
	(void)value;
}

static bool is_access(const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	uint32_t opcode;
	if (bm_opcode_read(&r, &opcode) != BM_OK)
		return false;
	const struct bm_message *message = bm_message_find(opcode);
	return message && bm_message_decode(message, r.at, bm_reader_left(&r), pass_over, NULL) == BM_OK;
}

static bool is_hci(const uint8_t *octets, size_t len)
{
	if (len >= 3 && octets[0] == 0x04)
		return octets[2] == len - 3;
	if (len >= 4 && octets[0] == 0x01)
		return octets[3] == len - 4;
	return len >= 5 && octets[0] == 0x02 && (size_t)(octets[3] | octets[4] << 8) == len - 5;
}

/* MshPRT 5.4.1. Those of 17 octets could as well be Network PDUs. */
static bool is_provisioning(const uint8_t *octets, size_t len)
{
	static const uint8_t LENGTHS[] = {
		[BM_PROV_INVITE] = 2,      [BM_PROV_CAPABILITIES] = 12,  [BM_PROV_START] = 6,
		[BM_PROV_PUBLIC_KEY] = 65, [BM_PROV_INPUT_COMPLETE] = 1, [BM_PROV_CONFIRMATION] = 33,
		[BM_PROV_RANDOM] = 33,     [BM_PROV_DATA] = 34,          [BM_PROV_COMPLETE] = 1,
		[BM_PROV_FAILED] = 2,
	};
	return len && octets[0] < BM_ARRAY_LEN(LENGTHS) && len == LENGTHS[octets[0]];
}

/* What a key opens is what it is; then what has a form of its own; then what merely may be. */
static enum bm_decode_layer guess(const struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	struct bm_opened opened;
	if (bm_keyring_open(&an->keys, octets, len, &opened) == BM_OK)
		return BM_DECODE_NETWORK;
	if (is_ll(octets, len))
		return BM_DECODE_LL;
	if (bm_an_is_ad(octets, len, true))
		return BM_DECODE_AD;
	if (is_adv_pdu(octets, len))
		return BM_DECODE_ADV;
	if (is_hci(octets, len))
		return BM_DECODE_HCI;
	if (is_beacon(octets, len))
		return BM_DECODE_BEACON;
	if (is_pb_adv(octets, len))
		return BM_DECODE_PB_ADV;
	if (is_provisioning(octets, len))
		return BM_DECODE_PROVISIONING;
	if (is_access(octets, len))
		return BM_DECODE_ACCESS;
	if (bm_an_is_ad(octets, len, false))
		return BM_DECODE_AD;
	return len >= BM_NET_PDU_MIN && len <= BM_NET_PDU_MAX ? BM_DECODE_NETWORK : BM_DECODE_AUTO;
}

bool bm_analyze(struct bm_analyzer *an, enum bm_decode_layer layer, const uint8_t *octets, size_t len,
		struct bm_report *report)
{
	bm_report_reset(report);
	an->report = report;
	switch (layer == BM_DECODE_AUTO ? guess(an, octets, len) : layer) {
	case BM_DECODE_AUTO:
		return false;
	case BM_DECODE_HCI:
		bm_an_hci(an, -1, octets, len);
		break;
	case BM_DECODE_LL:
		bm_an_ll(an, -1, octets, len);
		break;
	case BM_DECODE_ADV:
		bm_an_adv_pdu(an, octets, len);
		break;
	case BM_DECODE_AD:
		bm_an_ad(an, octets, len);
		break;
	case BM_DECODE_NETWORK:
		bm_an_network(an, octets, len);
		break;
	case BM_DECODE_BEACON:
		bm_an_beacon(an, octets, len);
		break;
	case BM_DECODE_PB_ADV:
		bm_an_pb_adv(an, octets, len);
		break;
	case BM_DECODE_PROXY:
		bm_an_proxy(an, bm_an_gatt_link(an, UINT32_MAX), 0, octets, len);
		break;
	case BM_DECODE_PROVISIONING:
		bm_an_provisioning(an, &bm_an_gatt_link(an, UINT32_MAX)->exchange, -1, octets, len);
		break;
	case BM_DECODE_ACCESS:
		bm_an_access(an, octets, len, false);
		break;
	}
	return true;
}

void bm_analyze_heard(struct bm_analyzer *an, uint8_t ad_type, const uint8_t *payload, size_t len,
		      struct bm_report *report)
{
	bm_report_reset(report);
	an->report = report;
	bm_an_ad_structure(an, ad_type, payload, len);
}
