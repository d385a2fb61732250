/*
 * Provisioning: PB-ADV links and their transactions (MshPRT 5.2.1, 5.3.1), and provisioning PDUs (5.4.1). Provisioning
 * Data stays closed, unless the private key of one side was given.
 */
#include <inttypes.h>
#include <string.h>

#include "base/env.h"
#include "cli/decode/analyzer_state.h"
#include "script/prov_words.h"

#define TRANSACTION_DEVICE 0x80u /* MshPRT 5.2.1: the first number of the device's */

static const char *pdu_name(uint8_t type)
{
	static const char *const NAMES[] = {
		[BM_PROV_INVITE] = "Provisioning Invite",
		[BM_PROV_CAPABILITIES] = "Provisioning Capabilities",
		[BM_PROV_START] = "Provisioning Start",
		[BM_PROV_PUBLIC_KEY] = "Provisioning Public Key",
		[BM_PROV_INPUT_COMPLETE] = "Provisioning Input Complete",
		[BM_PROV_CONFIRMATION] = "Provisioning Confirmation",
		[BM_PROV_RANDOM] = "Provisioning Random",
		[BM_PROV_DATA] = "Provisioning Data",
		[BM_PROV_COMPLETE] = "Provisioning Complete",
		[BM_PROV_FAILED] = "Provisioning Failed",
		[BM_PROV_RECORD_REQUEST] = "Provisioning Record Request",
		[BM_PROV_RECORD_RESPONSE] = "Provisioning Record Response",
		[BM_PROV_RECORDS_GET] = "Provisioning Records Get",
		[BM_PROV_RECORDS_LIST] = "Provisioning Records List",
	};
	return type < BM_ARRAY_LEN(NAMES) ? NAMES[type] : "Provisioning PDU";
}

static void put_caps(struct bm_report *report, const struct bm_prov_caps *caps)
{
	static const char *const OUTPUT[] = {"blink", "beep", "vibrate", "show a number", "show text"};
	static const char *const INPUT[] = {"push", "twist", "enter a number", "enter text"};
	bm_report_number(report, "elements", caps->elements, NULL);
	bm_report_hex(report, "algorithms", caps->algorithms, 4);
	bm_report_string(report, "public_key", caps->public_key_type & BM_PROV_PUBLIC_KEY_OOB ? "out of band" : "no");
	bm_report_string(report, "static_oob", caps->oob_type & BM_PROV_OOB_TYPE_STATIC ? "yes" : "no");
	if (caps->oob_type & BM_PROV_OOB_TYPE_ONLY_OOB)
		bm_report_string(report, "only_oob", "yes");
	bm_report_number(report, "output_size", caps->output_size, NULL);
	for (unsigned i = 0; i < BM_ARRAY_LEN(OUTPUT); i++)
		if (caps->output_actions >> i & 1)
			bm_report_string(report, "output_action", "%s", OUTPUT[i]);
	bm_report_number(report, "input_size", caps->input_size, NULL);
	for (unsigned i = 0; i < BM_ARRAY_LEN(INPUT); i++)
		if (caps->input_actions >> i & 1)
			bm_report_string(report, "input_action", "%s", INPUT[i]);
}

static void put_start(struct bm_report *report, const struct bm_prov_start *start)
{
	bm_report_string(report, "algorithm",
			 start->algorithm == BM_PROV_ALG_HMAC ? "BTM_ECDH_P256_HMAC_SHA256_AES_CCM"
							      : "BTM_ECDH_P256_CMAC_AES128_AES_CCM");
	bm_report_string(report, "public_key", start->public_key ? "out of band" : "no");
	bm_report_string(report, "method", "%s",
			 bm_prov_method_text((enum bm_prov_method)start->method, start->action));
	if (start->size)
		bm_report_number(report, "size", start->size, NULL);
}

static void put_fields(struct bm_report *report, const struct bm_prov_pdu *pdu)
{
	switch (pdu->type) {
	case BM_PROV_INVITE:
		bm_report_number(report, "attention", pdu->attention_s, "s");
		break;
	case BM_PROV_CAPABILITIES:
		put_caps(report, &pdu->caps);
		break;
	case BM_PROV_START:
		put_start(report, &pdu->start);
		break;
	case BM_PROV_PUBLIC_KEY:
		bm_report_octets(report, "x", pdu->value.octets, 32);
		bm_report_octets(report, "y", pdu->value.octets + 32, 32);
		break;
	case BM_PROV_CONFIRMATION:
	case BM_PROV_RANDOM:
		bm_report_octets(report, pdu->type == BM_PROV_RANDOM ? "random" : "confirmation", pdu->value.octets,
				 pdu->value.len);
		break;
	case BM_PROV_FAILED:
		bm_report_string(report, "error", "%s", bm_prov_error_name((enum bm_prov_error)pdu->error));
		break;
	case BM_PROV_RECORD_REQUEST:
		bm_report_hex(report, "record", pdu->record_request.record_id, 4);
		bm_report_number(report, "offset", pdu->record_request.offset, NULL);
		bm_report_number(report, "max_size", pdu->record_request.max_size, NULL);
		break;
	case BM_PROV_RECORD_RESPONSE:
		bm_report_number(report, "status", pdu->record_response.status, NULL);
		bm_report_hex(report, "record", pdu->record_response.record_id, 4);
		bm_report_number(report, "offset", pdu->record_response.offset, NULL);
		bm_report_number(report, "total_length", pdu->record_response.total_len, NULL);
		bm_report_octets(report, "data", pdu->record_response.data, pdu->record_response.data_len);
		break;
	case BM_PROV_RECORDS_LIST:
		bm_report_hex(report, "extensions", pdu->records_list.extensions, 4);
		for (size_t i = 0; i < pdu->records_list.count; i++)
			bm_report_hex(report, "record",
				      (uint64_t)pdu->records_list.ids[2 * i] << 8 | pdu->records_list.ids[2 * i + 1],
				      4);
		break;
	default:
		break;
	}
}

static void some_octets(void *ctx, uint8_t *out, size_t len)
{
	/* They blind the computation against onlookers, of whom there are none: any will do. */
	(void)ctx;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(0x5a + 37 * i);
}

/* The keys of the session, from the private key of side own. */
static bool session_of(const struct bm_analyzer *an, const struct bm_an_exchange *seen, enum bm_prov_side own,
		       struct bm_prov_session *session)
{
	struct bm_env env = {.ops = {.random = some_octets}};
	struct bm_prov_exchange x;
	const enum bm_prov_side peer = own == BM_PROV_SIDE_DEVICE ? BM_PROV_SIDE_PROVISIONER : BM_PROV_SIDE_DEVICE;
	const uint8_t *peer_key = seen->inputs + 17 + (peer == BM_PROV_SIDE_DEVICE ? BM_PROV_PUBLIC_KEY_LEN : 0);
	const uint8_t *own_key = seen->inputs + 17 + (own == BM_PROV_SIDE_DEVICE ? BM_PROV_PUBLIC_KEY_LEN : 0);
	bm_prov_exchange_init(&x, &env, own);
	bm_prov_exchange_invite(&x, seen->inputs);
	bm_prov_exchange_caps(&x, seen->inputs + 1);
	bm_prov_exchange_start(&x, seen->inputs + 1 + BM_PROV_CAPS_LEN);
	bool good = (seen->public_keys >> peer & 1) && bm_prov_exchange_own_key(&x, an->private_key) == BM_OK;
	/* A device whose public key is known out of band does not send it. */
	if (good && seen->public_keys >> own & 1)
		good = memcmp(bm_prov_exchange_public_key(&x, own), own_key, BM_PROV_PUBLIC_KEY_LEN) == 0;
	good = good && bm_prov_exchange_peer_key(&x, peer_key) == BM_OK;
	if (good) {
		memcpy(x.random, seen->random, sizeof x.random);
		bm_prov_exchange_session(&x, session);
	}
	bm_wipe(&x, sizeof x);
	return good;
}

static void put_data(struct bm_analyzer *an, const struct bm_an_exchange *exchange, const uint8_t *octets)
{
	struct bm_prov_session session;
	struct bm_prov_data data;
	bool opened = false;
	const unsigned wanted = 1u << BM_PROV_INVITE | 1u << BM_PROV_CAPABILITIES | 1u << BM_PROV_START;
	if (!an->has_private_key) {
		bm_report_problem(an->report, "closed: no private key of a side is known (--private-key)");
		return;
	}
	if ((exchange->seen & wanted) != wanted || exchange->randoms != 3) {
		bm_report_problem(an->report, "closed: not all PDUs before it were seen");
		return;
	}
	for (int side = 0; side < 2 && !opened; side++)
		opened = session_of(an, exchange, (enum bm_prov_side)side, &session) &&
			 bm_prov_session_decrypt(&session, octets, &data) == BM_OK;
	if (!opened) {
		bm_report_problem(an->report, "closed: the private key given is of neither side");
		return;
	}
	bm_report_number(an->report, "net_key_index", data.net_idx, NULL);
	bm_report_string(an->report, "key_refresh", data.key_refresh ? "phase 2" : "no");
	bm_report_string(an->report, "iv_update", data.iv_update ? "in progress" : "no");
	bm_report_hex(an->report, "iv_index", data.iv_index, 8);
	bm_report_hex(an->report, "address", data.addr, 4);
	if (bm_keyring_may_learn(&an->keys)) {
		bm_keyring_add_net(&an->keys, data.net_idx, data.net_key, data.iv_index);
		bm_keyring_add_dev(&an->keys, data.addr, session.dev_key);
	}
	bm_wipe(&session, sizeof session);
	bm_wipe(&data, sizeof data);
}

/* Who sent it; where that is not known, the provisioner is the first. */
static unsigned side_of(int side, uint8_t known)
{
	return side >= 0 ? (unsigned)side : known & 1;
}

static void remember(struct bm_an_exchange *x, int side, const struct bm_prov_pdu *pdu, const uint8_t *octets)
{
	unsigned s;
	switch (pdu->type) {
	case BM_PROV_INVITE:
		*x = (struct bm_an_exchange){.active = true};
		x->inputs[0] = octets[1];
		break;
	case BM_PROV_CAPABILITIES:
		memcpy(x->inputs + 1, octets + 1, BM_PROV_CAPS_LEN);
		break;
	case BM_PROV_START:
		memcpy(x->inputs + 1 + BM_PROV_CAPS_LEN, octets + 1, BM_PROV_START_LEN);
		break;
	case BM_PROV_PUBLIC_KEY:
		s = side_of(side, x->public_keys);
		memcpy(x->inputs + 17 + s * BM_PROV_PUBLIC_KEY_LEN, octets + 1, BM_PROV_PUBLIC_KEY_LEN);
		x->public_keys |= (uint8_t)(1u << s);
		break;
	case BM_PROV_RANDOM:
		s = side_of(side, x->randoms);
		memcpy(x->random[s], pdu->value.octets, pdu->value.len);
		x->randoms |= (uint8_t)(1u << s);
		break;
	default:
		break;
	}
	x->seen |= 1u << pdu->type;
}

void bm_an_provisioning(struct bm_analyzer *an, struct bm_an_exchange *exchange, int side, const uint8_t *octets,
			size_t len)
{
	static const char *const SIDES[] = {"provisioner", "device"};
	struct bm_prov_pdu pdu;
	const enum bm_err err = bm_prov_pdu_decode(&pdu, octets, len);
	bm_report_enter(an->report, "provisioning", "%s", len ? pdu_name(octets[0]) : "Provisioning PDU");
	if (side >= 0)
		bm_report_string(an->report, "from", "%s", SIDES[side]);
	if (err == BM_ERR_NOT_SUPPORTED) {
		bm_report_problem(an->report, "a type that is not known");
	} else if (err) {
		bm_report_problem(an->report, "malformed: %s", bm_err_text(err));
	} else {
		put_fields(an->report, &pdu);
		if (pdu.type == BM_PROV_DATA)
			put_data(an, exchange, pdu.value.octets);
		remember(exchange, side, &pdu, octets);
	}
	bm_report_leave(an->report);
}

static struct bm_an_pb_link *link_of(struct bm_analyzer *an, uint32_t link_id)
{
	struct bm_an_pb_link *oldest = &an->pb_links[0];
	for (size_t i = 0; i < BM_AN_PB_LINKS; i++) {
		struct bm_an_pb_link *link = &an->pb_links[i];
		if (link->used && link->link_id == link_id)
			return link;
		if (link->touched < oldest->touched)
			oldest = link;
	}
	memset(oldest, 0, sizeof *oldest);
	oldest->used = true;
	oldest->link_id = link_id;
	return oldest;
}

static void complete(struct bm_analyzer *an, struct bm_an_pb_link *link, int side, struct bm_an_prov_rx *rx)
{
	const uint64_t all = (UINT64_C(2) << rx->seg_n) - 1;
	if (rx->done || (rx->got & all) != all)
		return;
	rx->done = true;
	if (bm_pb_adv_fcs(rx->octets, rx->total_len) != rx->fcs)
		bm_report_problem(an->report, "the frame check sequence of the %u octets does not match",
				  rx->total_len);
	else
		bm_an_provisioning(an, &link->exchange, side, rx->octets, rx->total_len);
}

static void take_segment(struct bm_analyzer *an, struct bm_an_prov_rx *rx, uint8_t index, const struct bm_pb_adv *pdu)
{
	if (index > rx->seg_n || pdu->data_len != bm_pb_adv_seg_len(rx->total_len, index)) {
		bm_report_problem(an->report, "a segment that does not fit its transaction");
		return;
	}
	memcpy(rx->octets + bm_pb_adv_seg_offset(index), pdu->data, pdu->data_len);
	rx->got |= UINT64_C(1) << index;
}

static void start(struct bm_analyzer *an, struct bm_an_pb_link *link, const struct bm_pb_adv *pdu)
{
	const int side = pdu->transaction >= TRANSACTION_DEVICE;
	struct bm_an_prov_rx *rx = &link->rx[side];
	bm_report_number(an->report, "segments", pdu->seg_n + 1u, NULL);
	bm_report_number(an->report, "total_length", pdu->total_len, NULL);
	bm_report_hex(an->report, "fcs", pdu->fcs, 2);
	if (pdu->total_len == 0 || pdu->total_len > BM_AN_PROV_MAX || bm_pb_adv_seg_n(pdu->total_len) != pdu->seg_n) {
		bm_report_problem(an->report, "so many octets do not make so many segments");
		return;
	}
	/* The same again is a repeat. */
	const bool same = rx->active && rx->transaction == pdu->transaction && rx->total_len == pdu->total_len &&
			  rx->fcs == pdu->fcs;
	if (!same)
		*rx = (struct bm_an_prov_rx){.active = true, .transaction = pdu->transaction};
	else if (rx->done)
		bm_report_string(an->report, "repeat", "yes");
	rx->fcs = pdu->fcs;
	rx->seg_n = pdu->seg_n;
	rx->total_len = pdu->total_len;
	take_segment(an, rx, 0, pdu);
	complete(an, link, side, rx);
}

static void continuation(struct bm_analyzer *an, struct bm_an_pb_link *link, const struct bm_pb_adv *pdu)
{
	const int side = pdu->transaction >= TRANSACTION_DEVICE;
	struct bm_an_prov_rx *rx = &link->rx[side];
	bm_report_number(an->report, "segment", pdu->seg_index, NULL);
	if (!rx->active || rx->transaction != pdu->transaction) {
		bm_report_problem(an->report, "the start of its transaction was not seen");
		return;
	}
	if (rx->done)
		bm_report_string(an->report, "repeat", "yes");
	take_segment(an, rx, pdu->seg_index, pdu);
	complete(an, link, side, rx);
}

static void control(struct bm_analyzer *an, struct bm_an_pb_link *link, const struct bm_pb_adv *pdu)
{
	static const char *const REASONS[] = {"success", "time-out", "failure"};
	switch (pdu->opcode) {
	case BM_BEARER_LINK_OPEN:
		bm_report_octets(an->report, "uuid", pdu->uuid, BM_UUID_LEN);
		break;
	case BM_BEARER_LINK_ACK:
		break;
	case BM_BEARER_LINK_CLOSE:
		if (pdu->reason < BM_ARRAY_LEN(REASONS))
			bm_report_string(an->report, "reason", "%s", REASONS[pdu->reason]);
		else
			bm_report_hex(an->report, "reason", pdu->reason, 2);
		link->used = false;
		link->touched = 0;
		break;
	}
}

static const char *generic_name(const struct bm_pb_adv *pdu)
{
	static const char *const NAMES[] = {"Transaction Start", "Transaction Acknowledgment",
					    "Transaction Continuation"};
	static const char *const CONTROL[] = {"Link Open", "Link Ack", "Link Close"};
	return pdu->gpcf == BM_GP_CONTROL ? CONTROL[pdu->opcode] : NAMES[pdu->gpcf];
}

void bm_an_pb_adv(struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	struct bm_pb_adv pdu;
	const enum bm_err err = bm_pb_adv_decode(&pdu, octets, len);
	bm_report_enter(an->report, "pb_adv", "PB-ADV %s", err ? "PDU" : generic_name(&pdu));
	if (err) {
		bm_report_problem(an->report, "malformed: %s", bm_err_text(err));
		bm_report_leave(an->report);
		return;
	}
	bm_report_hex(an->report, "link_id", pdu.link_id, 8);
	bm_report_number(an->report, "transaction", pdu.transaction, NULL);
	struct bm_an_pb_link *link = link_of(an, pdu.link_id);
	link->touched = ++an->clock;
	if (pdu.gpcf == BM_GP_START)
		start(an, link, &pdu);
	else if (pdu.gpcf == BM_GP_CONTINUATION)
		continuation(an, link, &pdu);
	else if (pdu.gpcf == BM_GP_CONTROL)
		control(an, link, &pdu);
	bm_report_leave(an->report);
}
