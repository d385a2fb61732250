/*
 * The upper transport layer and above: control messages in words (MshPRT 3.5.2.3.1, 3.6.5), access messages opened with
 * application and device keys (3.6.2) and described by the table of messages; keys and labels that they hand out are
 * kept.
 */
#include <inttypes.h>
#include <string.h>

#include "base/env.h"
#include "blemesh/config_opcodes.h"
#include "cli/decode/analyzer_state.h"
#include "cli/decode/names.h"
#include "pdu/control.h"
#include "pdu/messages.h"

static const char *control_name(uint8_t opcode)
{
	static const char *const NAMES[] = {
		[BM_CTL_SEGMENT_ACK] = "Segment Acknowledgment",
		[BM_CTL_FRIEND_POLL] = "Friend Poll",
		[BM_CTL_FRIEND_UPDATE] = "Friend Update",
		[BM_CTL_FRIEND_REQUEST] = "Friend Request",
		[BM_CTL_FRIEND_OFFER] = "Friend Offer",
		[BM_CTL_FRIEND_CLEAR] = "Friend Clear",
		[BM_CTL_FRIEND_CLEAR_CONFIRM] = "Friend Clear Confirm",
		[BM_CTL_FRIEND_LIST_ADD] = "Friend Subscription List Add",
		[BM_CTL_FRIEND_LIST_REMOVE] = "Friend Subscription List Remove",
		[BM_CTL_FRIEND_LIST_CONFIRM] = "Friend Subscription List Confirm",
		[BM_CTL_HEARTBEAT] = "Heartbeat",
		/* Of directed forwarding (MshPRT 3.6.5.11 on). */
		[0x0b] = "Path Request",
		[0x0c] = "Path Reply",
		[0x0d] = "Path Confirmation",
		[0x0e] = "Path Echo Request",
		[0x0f] = "Path Echo Reply",
		[0x10] = "Dependent Node Update",
		[0x11] = "Path Request Solicitation",
	};
	return opcode < BM_ARRAY_LEN(NAMES) ? NAMES[opcode] : NULL;
}

static enum bm_err segment_ack(struct bm_report *report, const uint8_t *params, size_t len)
{
	struct bm_segment_ack ack;
	const enum bm_err err = bm_segment_ack_decode(params, len, &ack);
	if (err)
		return err;
	bm_report_string(report, "on_behalf_of_low_power_node", ack.obo ? "yes" : "no");
	bm_report_hex(report, "seq_zero", ack.seq_zero, 4);
	bm_report_hex(report, "block_ack", ack.block_ack, 8);
	if (ack.block_ack == 0)
		bm_report_string(report, "meaning", "the message is refused");
	return BM_OK;
}

static enum bm_err friend_update(struct bm_analyzer *an, const struct bm_opened *opened, const uint8_t *params,
				 size_t len)
{
	struct bm_friend_update update;
	const enum bm_err err = bm_friend_update_decode(params, len, &update);
	if (err)
		return err;
	bm_report_hex(an->report, "iv_index", update.iv_index, 8);
	bm_report_string(an->report, "iv_update", update.iv_update ? "in progress" : "no");
	bm_report_string(an->report, "key_refresh", update.key_refresh ? "phase 2" : "no");
	bm_report_number(an->report, "more_data", update.md, NULL);
	bm_ring_net_iv(an->keys.nets[opened->net], update.iv_index);
	return BM_OK;
}

static enum bm_err friend_request(struct bm_analyzer *an, const struct bm_opened *opened, const uint8_t *params,
				  size_t len)
{
	struct bm_friend_request request;
	const enum bm_err err = bm_friend_request_decode(params, len, &request);
	if (err)
		return err;
	/* MshPRT 3.6.5.3.1: both in halves, from 2 on. */
	static const char *const FACTORS[] = {"1", "1.5", "2", "2.5"};
	bm_report_string(an->report, "rssi_factor", "%s", FACTORS[request.rssi_factor & 3]);
	bm_report_string(an->report, "receive_window_factor", "%s", FACTORS[request.receive_window_factor & 3]);
	bm_report_number(an->report, "min_queue_size", 1u << request.min_queue_size_log, NULL);
	bm_report_number(an->report, "receive_delay", request.receive_delay, "ms");
	bm_report_number(an->report, "poll_timeout", 100u * (uint64_t)request.poll_timeout, "ms");
	bm_report_hex(an->report, "previous_address", request.previous_addr, 4);
	bm_report_number(an->report, "num_elements", request.num_elements, NULL);
	bm_report_number(an->report, "lpn_counter", request.lpn_counter, NULL);
	bm_keyring_friend_request(&an->keys, opened->net, opened->header.src, request.lpn_counter);
	return BM_OK;
}

static enum bm_err friend_offer(struct bm_analyzer *an, const struct bm_opened *opened, const uint8_t *params,
				size_t len)
{
	struct bm_friend_offer offer;
	const enum bm_err err = bm_friend_offer_decode(params, len, &offer);
	if (err)
		return err;
	bm_report_number(an->report, "receive_window", offer.receive_window, "ms");
	bm_report_number(an->report, "queue_size", offer.queue_size, NULL);
	bm_report_number(an->report, "subscription_list_size", offer.subscription_list_size, NULL);
	if (offer.rssi == 127)
		bm_report_string(an->report, "rssi", "not known");
	else
		bm_report_string(an->report, "rssi", "%ddBm", offer.rssi);
	bm_report_number(an->report, "friend_counter", offer.friend_counter, NULL);
	bm_keyring_friend_offer(&an->keys, opened->net, opened->header.dst, opened->header.src, offer.friend_counter);
	return BM_OK;
}

static enum bm_err friend_clear(struct bm_report *report, const uint8_t *params, size_t len)
{
	struct bm_friend_clear clear;
	const enum bm_err err = bm_friend_clear_decode(params, len, &clear);
	if (err)
		return err;
	bm_report_hex(report, "lpn_address", clear.lpn_addr, 4);
	bm_report_number(report, "lpn_counter", clear.lpn_counter, NULL);
	return BM_OK;
}

static enum bm_err friend_list(struct bm_report *report, const uint8_t *params, size_t len)
{
	struct bm_friend_list list;
	const enum bm_err err = bm_friend_list_decode(params, len, &list);
	if (err)
		return err;
	bm_report_number(report, "transaction", list.transaction, NULL);
	for (unsigned i = 0; i < list.count; i++)
		bm_report_hex(report, "address", list.addrs[i], 4);
	return BM_OK;
}

static enum bm_err heartbeat(struct bm_report *report, const struct bm_opened *opened, const uint8_t *params,
			     size_t len)
{
	static const char *const FEATURES[] = {"relay", "proxy", "friend", "low power"};
	struct bm_heartbeat beat;
	const enum bm_err err = bm_heartbeat_decode(params, len, &beat);
	if (err)
		return err;
	bm_report_number(report, "init_ttl", beat.init_ttl, NULL);
	if (beat.init_ttl >= opened->header.ttl)
		bm_report_number(report, "hops", beat.init_ttl - opened->header.ttl + 1u, NULL);
	bm_report_hex(report, "features", beat.features, 4);
	for (unsigned i = 0; i < BM_ARRAY_LEN(FEATURES); i++)
		if (beat.features >> i & 1)
			bm_report_string(report, "feature", "%s", FEATURES[i]);
	return BM_OK;
}

static enum bm_err control_fields(struct bm_analyzer *an, const struct bm_opened *opened, uint8_t opcode,
				  const uint8_t *params, size_t len)
{
	struct bm_friend_poll poll;
	struct bm_friend_list_confirm confirm;
	enum bm_err err;
	switch (opcode) {
	case BM_CTL_SEGMENT_ACK:
		return segment_ack(an->report, params, len);
	case BM_CTL_FRIEND_POLL:
		err = bm_friend_poll_decode(params, len, &poll);
		if (!err)
			bm_report_number(an->report, "fsn", poll.fsn, NULL);
		return err;
	case BM_CTL_FRIEND_UPDATE:
		return friend_update(an, opened, params, len);
	case BM_CTL_FRIEND_REQUEST:
		return friend_request(an, opened, params, len);
	case BM_CTL_FRIEND_OFFER:
		return friend_offer(an, opened, params, len);
	case BM_CTL_FRIEND_CLEAR:
	case BM_CTL_FRIEND_CLEAR_CONFIRM:
		return friend_clear(an->report, params, len);
	case BM_CTL_FRIEND_LIST_ADD:
	case BM_CTL_FRIEND_LIST_REMOVE:
		return friend_list(an->report, params, len);
	case BM_CTL_FRIEND_LIST_CONFIRM:
		err = bm_friend_list_confirm_decode(params, len, &confirm);
		if (!err)
			bm_report_number(an->report, "transaction", confirm.transaction, NULL);
		return err;
	case BM_CTL_HEARTBEAT:
		return heartbeat(an->report, opened, params, len);
	default:
		bm_report_octets(an->report, "parameters", params, len);
		return BM_OK;
	}
}

void bm_an_control(struct bm_analyzer *an, const struct bm_opened *opened, uint8_t opcode, const uint8_t *params,
		   size_t len)
{
	const char *name = control_name(opcode);
	if (name)
		bm_report_enter(an->report, "control", "%s", name);
	else
		bm_report_enter(an->report, "control", "Control message 0x%02x", opcode);
	const enum bm_err err = control_fields(an, opened, opcode, params, len);
	if (err)
		bm_report_problem(an->report, "malformed: %s", bm_err_text(err));
	bm_report_leave(an->report);
}

struct opening {
	const struct bm_opened *opened;
	const struct bm_lower_pdu *lower;
	uint32_t seq;
	const uint8_t *octets;
	size_t len; /* without the TransMIC */
	uint8_t *clear;
};

static bool opens(const struct opening *o, const struct bm_aes *aes, const uint8_t *label)
{
	const struct bm_net_header *h = &o->opened->header;
	uint8_t nonce[13];
	(o->lower->akf ? bm_nonce_application : bm_nonce_device)(nonce, o->lower->szmic, o->seq, h->src, h->dst,
								 o->opened->iv_index);
	return bm_ccm_decrypt(aes, nonce, label, label ? BM_UUID_LEN : 0, o->octets, o->len, o->clear,
			      o->lower->szmic ? 8 : 4) == BM_OK;
}

/* MshPRT 3.6.2: to a virtual address, the Label UUID is authenticated too. */
static bool opens_with_label(struct bm_analyzer *an, const struct opening *o, const struct bm_aes *aes,
			     bool *label_known)
{
	for (size_t i = 0; i < an->keys.label_count; i++) {
		const struct bm_ring_label *label = an->keys.labels[i];
		if (label->addr != o->opened->header.dst)
			continue;
		*label_known = true;
		if (!opens(o, aes, label->label))
			continue;
		bm_report_octets(an->report, "label", label->label, BM_UUID_LEN);
		return true;
	}
	return false;
}

/* Enters the layer whether it opens or not; false: closed, with the reason said. */
static bool open_app(struct bm_analyzer *an, const struct opening *o)
{
	const bool to_virtual = bm_addr_is_virtual(o->opened->header.dst);
	const uint16_t net_idx = an->keys.nets[o->opened->net]->index;
	bool key_known = false, label_known = !to_virtual;
	for (size_t i = 0; i < an->keys.app_count; i++) {
		const struct bm_ring_app *app = an->keys.apps[i];
		if (app->aid != o->lower->aid || (app->net_idx != BM_INDEX_UNKNOWN && app->net_idx != net_idx))
			continue;
		key_known = true;
		if (to_virtual ? !opens_with_label(an, o, &app->aes, &label_known) : !opens(o, &app->aes, NULL))
			continue;
		bm_report_string(an->report, "key", "AppKey %u", app->index);
		return true;
	}
	if (!key_known)
		bm_report_problem(an->report, "closed: no application key with AID 0x%02x", o->lower->aid);
	else if (!label_known)
		bm_report_problem(an->report, "closed: no Label UUID is known of 0x%04x", o->opened->header.dst);
	else
		bm_report_problem(an->report, "closed: the TransMIC does not match any application key with AID 0x%02x",
				  o->lower->aid);
	return false;
}

static bool open_dev(struct bm_analyzer *an, const struct opening *o)
{
	const uint16_t sides[2] = {o->opened->header.dst, o->opened->header.src};
	bool known = false;
	for (size_t s = 0; s < 2; s++) {
		for (size_t i = 0; i < an->keys.dev_count; i++) {
			const struct bm_ring_dev *dev = an->keys.devs[i];
			if (dev->addr != sides[s])
				continue;
			known = true;
			if (!opens(o, &dev->aes, NULL))
				continue;
			bm_report_string(an->report, "key", "DevKey of 0x%04x", dev->addr);
			return true;
		}
	}
	if (known)
		bm_report_problem(an->report, "closed: the TransMIC does not match the device key");
	else
		bm_report_problem(an->report, "closed: no device key of 0x%04x or 0x%04x", sides[0], sides[1]);
	return false;
}

void bm_an_upper_access(struct bm_analyzer *an, const struct bm_opened *opened, const struct bm_lower_pdu *lower,
			uint32_t seq, const uint8_t *octets, size_t len)
{
	uint8_t clear[BM_UPPER_ACCESS_MAX];
	const size_t mic_len = lower->szmic ? 8 : 4;
	bm_report_enter(an->report, "upper_transport", "Upper Transport PDU");
	bm_report_number(an->report, "octets", len, NULL);
	if (len <= mic_len || len > sizeof clear) {
		bm_report_problem(an->report, "too short for an opcode and a TransMIC");
	} else {
		const struct opening opening = {opened, lower, seq, octets, len - mic_len, clear};
		if (lower->akf ? open_app(an, &opening) : open_dev(an, &opening))
			bm_an_access(an, clear, len - mic_len, true);
		bm_wipe(clear, sizeof clear);
	}
	bm_report_leave(an->report);
}

/* What a message may teach. */
struct lesson {
	struct bm_analyzer *an;
	uint32_t opcode;
	uint32_t indexes;
};

static void learn(void *ctx, const struct bm_field *field, const struct bm_field_value *value)
{
	struct lesson *lesson = ctx;
	struct bm_keyring *ring = &lesson->an->keys;
	if (field->kind == BM_FIELD_KEY_INDEXES || field->kind == BM_FIELD_KEY_INDEX) {
		lesson->indexes = (uint32_t)value->number;
		return;
	}
	if (field->kind == BM_FIELD_LABEL && value->len == BM_UUID_LEN && bm_keyring_may_learn(ring))
		bm_keyring_add_label(ring, value->octets);
	if (field->kind != BM_FIELD_SECRET || value->len != BM_KEY_LEN)
		return;
	switch (lesson->opcode) {
	case BM_OP_CONFIG_APP_KEY_ADD:
	case BM_OP_CONFIG_APP_KEY_UPDATE:
		if (bm_keyring_may_learn(ring))
			bm_keyring_add_app(ring, (uint16_t)(lesson->indexes >> 12 & BM_KEY_INDEX_MAX),
					   lesson->indexes & BM_KEY_INDEX_MAX, value->octets);
		break;
	case BM_OP_CONFIG_NET_KEY_ADD:
	case BM_OP_CONFIG_NET_KEY_UPDATE:
		if (bm_keyring_may_learn(ring))
			bm_keyring_add_net(ring, lesson->indexes & BM_KEY_INDEX_MAX, value->octets, BM_IV_UNKNOWN);
		break;
	default:
		break;
	}
}

static void put_parameter(void *ctx, const struct bm_field *field, const char *text, bool is_number)
{
	bm_report_parameter(ctx, field->name, text, is_number, field->unit);
}

/* Known by name at most: the parameters are shown as octets. */
static void put_unknown(struct bm_report *report, uint32_t opcode, const uint8_t *params, size_t len)
{
	report->message = bm_message_name(opcode);
	if (report->message)
		bm_report_enter(report, "access", "%s", report->message);
	else if (opcode > 0xffff)
		bm_report_enter(report, "access", "Vendor message 0x%02" PRIx32 " of company 0x%04" PRIx32,
				opcode >> 16 & 0x3f, opcode & 0xffff);
	else
		bm_report_enter(report, "access", "Message 0x%02" PRIx32, opcode);
	bm_report_hex(report, "opcode", opcode, 2);
	if (len)
		bm_report_octets(report, "octets", params, len);
	if (!report->message && opcode <= 0xffff)
		bm_report_problem(report, "no message with this opcode is known");
}

void bm_an_access(struct bm_analyzer *an, const uint8_t *octets, size_t len, bool authentic)
{
	struct bm_report *report = an->report;
	struct bm_reader r = bm_reader_of(octets, len);
	uint32_t opcode;
	enum bm_err err = bm_opcode_read(&r, &opcode);
	if (err) {
		bm_report_enter(report, "access", "Access message");
		bm_report_problem(report, "no opcode: %s", bm_err_text(err));
		bm_report_leave(report);
		return;
	}
	const struct bm_message *message = bm_message_find(opcode);
	report->has_access = true;
	report->opcode = opcode;
	report->message = message ? message->name : NULL;
	if (message) {
		bm_report_enter(report, "access", "%s", message->name);
		bm_report_hex(report, "opcode", opcode, 2);
		struct lesson lesson = {.an = an, .opcode = opcode};
		err = bm_message_visit(message, r.at, bm_reader_left(&r), put_parameter, report);
		if (!err && authentic)
			err = bm_message_decode(message, r.at, bm_reader_left(&r), learn, &lesson);
		/* What a message that does not fit its description holds may be a key: it is not shown. */
		if (err)
			bm_report_problem(report, "malformed: %s", bm_err_text(err));
	} else {
		put_unknown(report, opcode, r.at, bm_reader_left(&r));
	}
	bm_report_leave(report);
}
