/*
 * A provisioner and a device with an air between them.
 */
#include "support/prov_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint32_t prng_next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	uint32_t x = *state;
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	return x;
}

static void side_random(void *ctx, uint8_t *out, size_t len)
{
	struct pair_side *side = ctx;
	if (side->random && side->random(side->pair, out, len))
		return;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)prng_next(&side->prng);
}

static void person_answers(struct pair *pair)
{
	if (!pair->is_shown) {
		/* Frames that were lost may delay the one side; a person waits for it. */
		pair->answer_at = bm_time_add(pair->answer_at, 100 * BM_US_PER_MS);
		return;
	}
	pair->answer_at = BM_TIME_NEVER;
	if (pair->device.state == BM_PROV_DEVICE_INPUT)
		assert_int_equal(bm_prov_device_input(&pair->device, &pair->shown), BM_OK);
	else
		assert_int_equal(bm_provisioner_oob(&pair->provisioner, pair->params.uuid, &pair->shown), BM_OK);
}

static void side_event(void *ctx, const struct bm_event *event)
{
	struct pair_side *side = ctx;
	struct pair *pair = side->pair;
	assert_true(side->event_count < PAIR_EVENTS_MAX || event->kind == BM_EVENT_DEVICE_SEEN);
	if (event->kind != BM_EVENT_DEVICE_SEEN)
		side->events[side->event_count++] = *event;
	switch (event->kind) {
	case BM_EVENT_OUTPUT_OOB:
	case BM_EVENT_PROVISION_SHOW_OOB:
		pair->shown = event->oob;
		pair->is_shown = true;
		break;
	case BM_EVENT_PROVISION_LINK:
		pair->is_shown = false;
		break;
	case BM_EVENT_PROVISION_ENTER_OOB:
	case BM_EVENT_INPUT_OOB:
		if (pair->answer_oob)
			pair->answer_at = bm_time_add(event->now, pair->answer_delay);
		break;
	case BM_EVENT_DEVICE_SEEN:
		if (!pair->find_devices)
			break;
		pair->find_devices = false;
		memcpy(pair->params.uuid, event->uuid, BM_UUID_LEN);
		assert_int_equal(bm_provisioner_start(&pair->provisioner, &pair->params), BM_OK);
		break;
	default:
		break;
	}
}

static enum bm_err side_advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	struct pair_side *side = self;
	struct pair *pair = side->pair;
	bm_time at = bm_time_add(now, adv->delay_us);
	assert_in_range(adv->len, 1, BM_ADV_PAYLOAD_MAX);
	assert_in_range(adv->transmissions, 1, 8);
	for (uint8_t i = 0; i < adv->transmissions; i++) {
		assert_true(pair->air_count < PAIR_AIR_MAX);
		struct pair_frame *frame = &pair->air[pair->air_count++];
		frame->at = bm_time_add(at, 1000); /* the air's own time */
		frame->to = side->end == PAIR_DEVICE ? PAIR_PROVISIONER : PAIR_DEVICE;
		frame->ad_type = (uint8_t)adv->ad_type;
		frame->len = adv->len;
		memcpy(frame->octets, adv->payload, adv->len);
		at = bm_time_add(at, adv->interval_us);
		if (adv->jitter_us)
			at = bm_time_add(at, prng_next(&pair->prng) % adv->jitter_us);
	}
	return BM_OK;
}

static const struct bm_bearer_ops bearer_ops = {.advertise = side_advertise};

static enum bm_err device_provisioned(void *ctx, const struct bm_prov_data *data, const uint8_t dev_key[16])
{
	struct pair *pair = ctx;
	if (pair->provisioned_result)
		return pair->provisioned_result;
	pair->provisioned++;
	pair->data = *data;
	memcpy(pair->device_key, dev_key, 16);
	bm_prov_device_stop(&pair->device); /* as a node does */
	if (pair->reset_when_provisioned)
		bm_prov_device_start(&pair->device, BM_PROV_BEARER_ADV);
	return BM_OK;
}

static enum bm_err network(void *ctx, uint16_t net_idx, struct bm_prov_data *data)
{
	(void)ctx;
	if (net_idx != 0x567)
		return BM_ERR_NO_KEY;
	static const uint8_t net_key[16] = {0xef, 0xb2, 0x25, 0x5e, 0x64, 0x22, 0xd3, 0x30,
					    0x08, 0x8e, 0x09, 0xbb, 0x01, 0x5e, 0xd7, 0x07};
	memset(data, 0, sizeof *data);
	memcpy(data->net_key, net_key, 16);
	data->iv_index = 0x01020304;
	return BM_OK;
}

static enum bm_err provisioner_provisioned(void *ctx, uint16_t addr, uint8_t elements, const uint8_t dev_key[16])
{
	struct pair *pair = ctx;
	pair->completed++;
	pair->completed_addr = addr;
	pair->completed_elements = elements;
	memcpy(pair->provisioner_key, dev_key, 16);
	return BM_OK;
}

static enum bm_err has_room(void *ctx, uint16_t addr, uint8_t elements, uint16_t others)
{
	struct pair *pair = ctx;
	(void)addr;
	pair->room_elements = elements;
	pair->room_others = others;
	return pair->room_result;
}

struct bm_prov_device_config pair_device_config(void)
{
	return (struct bm_prov_device_config){
		.uuid = {0x70, 0xcf, 0x7c, 0x97, 0x32, 0xa3, 0x45, 0xb6, 0x91, 0x49, 0x48, 0x10, 0xd2, 0xe9, 0xcb,
			 0xf4},
		.caps = {.elements = 1},
	};
}

void pair_set_device(struct pair *pair, const struct bm_prov_device_config *config)
{
	const struct bm_prov_device_upper upper = {.ctx = pair, .provisioned = device_provisioned};
	bm_prov_device_init(&pair->device, &pair->side[PAIR_DEVICE].env, config, &upper, &pair->exchange);
}

void pair_init(struct pair *pair, uint32_t seed)
{
	const struct bm_limits limits = {.prov_links = PAIR_LINKS_MAX};
	const struct bm_provisioner_upper upper = {
		.ctx = pair, .network = network, .has_room = has_room, .provisioned = provisioner_provisioned};
	memset(pair, 0, sizeof *pair);
	pair->prng = seed * 31;
	pair->answer_at = BM_TIME_NEVER;
	pair->answer_oob = true;
	pair->answer_delay = BM_US_PER_S;
	pair->params = (struct bm_provision_params){.addr = 0x0b0c, .net_idx = 0x567};
	for (int i = 0; i < 2; i++) {
		struct pair_side *side = &pair->side[i];
		side->pair = pair;
		side->end = (enum pair_end)i;
		side->prng = seed * 2 + (uint32_t)i;
		side->env.ops = (struct bm_node_ops){.ctx = side, .random = side_random, .event = side_event};
		side->env.bearer = (struct bm_bearer){.ops = &bearer_ops, .self = side};
	}
	const struct bm_prov_device_config config = pair_device_config();
	pair_set_device(pair, &config);
	memcpy(pair->params.uuid, config.uuid, BM_UUID_LEN);
	struct bm_arena arena = {.mem = pair->memory, .size = sizeof pair->memory};
	bm_provisioner_carve(&pair->provisioner, &limits, &arena);
	assert_false(arena.failed);
	bm_provisioner_init(&pair->provisioner, &pair->side[PAIR_PROVISIONER].env, &limits, &upper);
}

void pair_start(struct pair *pair)
{
	pair->find_devices = true;
	bm_prov_device_start(&pair->device, BM_PROV_BEARER_ADV);
}

bm_time pair_now(const struct pair *pair)
{
	return pair->side[0].env.timers.now;
}

static void deliver(struct pair *pair, struct pair_frame *frame)
{
	const enum pair_end from = frame->to == PAIR_DEVICE ? PAIR_PROVISIONER : PAIR_DEVICE;
	pair->side[from].sent++;
	if (prng_next(&pair->prng) % 100 < pair->loss_percent)
		return;
	if (pair->filter && !pair->filter(pair, from, frame->ad_type, frame->octets, &frame->len))
		return;
	if (frame->ad_type == BM_AD_MESH_BEACON && frame->to == PAIR_PROVISIONER)
		bm_provisioner_receive_beacon(&pair->provisioner, frame->octets, frame->len, -40);
	else if (frame->ad_type == BM_AD_PB_ADV && frame->to == PAIR_PROVISIONER)
		(void)bm_provisioner_receive(&pair->provisioner, frame->octets, frame->len);
	else if (frame->ad_type == BM_AD_PB_ADV)
		(void)bm_prov_device_receive(&pair->device, frame->octets, frame->len);
}

static void set_now(struct pair *pair, bm_time now)
{
	for (int i = 0; i < 2; i++)
		bm_timers_advance(&pair->side[i].env.timers, now);
}

/* Does what is next, no later than until. False if there is nothing. */
static bool step(struct pair *pair, bm_time until)
{
	bm_time at = pair->answer_at;
	int next = -1;
	for (int i = 0; i < 2; i++) {
		const bm_time deadline = bm_timers_deadline(&pair->side[i].env.timers);
		if (deadline < at)
			at = deadline;
	}
	for (int i = 0; i < pair->air_count; i++) {
		if (pair->air[i].at < at) {
			at = pair->air[i].at;
			next = i;
		}
	}
	if (at > until)
		return false;
	set_now(pair, at);
	if (next >= 0) {
		struct pair_frame frame = pair->air[next];
		memmove(&pair->air[next], &pair->air[next + 1],
			(size_t)(--pair->air_count - next) * sizeof pair->air[0]);
		deliver(pair, &frame);
		return true;
	}
	if (pair->answer_at <= at)
		person_answers(pair);
	for (int i = 0; i < 2; i++)
		bm_timers_run(&pair->side[i].env.timers);
	return true;
}

void pair_run(struct pair *pair, uint64_t duration_us)
{
	const bm_time until = bm_time_add(pair_now(pair), duration_us);
	while (step(pair, until))
		;
	set_now(pair, until);
}

bool pair_run_to_end(struct pair *pair, uint64_t duration_us)
{
	const bm_time until = bm_time_add(pair_now(pair), duration_us);
	const int before = pair_count(pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_COMPLETE);
	const int failed = pair_count(pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED);
	while (pair_count(pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_COMPLETE) == before &&
	       pair_count(pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED) == failed && step(pair, until))
		;
	return pair_count(pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_COMPLETE) > before;
}

const struct bm_event *pair_event(const struct pair *pair, enum pair_end end, enum bm_event_kind kind)
{
	for (int i = pair->side[end].event_count - 1; i >= 0; i--)
		if (pair->side[end].events[i].kind == kind)
			return &pair->side[end].events[i];
	return NULL;
}

int pair_count(const struct pair *pair, enum pair_end end, enum bm_event_kind kind)
{
	int count = 0;
	for (int i = 0; i < pair->side[end].event_count; i++)
		count += pair->side[end].events[i].kind == kind;
	return count;
}

void pair_inject(struct pair *pair, enum pair_end to, const uint8_t *octets, size_t len)
{
	if (to == PAIR_DEVICE)
		(void)bm_prov_device_receive(&pair->device, octets, len);
	else
		(void)bm_provisioner_receive(&pair->provisioner, octets, len);
}

/* The puppet. */

static enum pair_end other(enum pair_end end)
{
	return end == PAIR_DEVICE ? PAIR_PROVISIONER : PAIR_DEVICE;
}

void puppet_send_raw(struct pair_puppet *puppet, const struct bm_pb_adv *pdu)
{
	uint8_t octets[BM_PB_ADV_MAX];
	size_t len;
	assert_int_equal(bm_pb_adv_encode(pdu, octets, sizeof octets, &len), BM_OK);
	pair_inject(puppet->pair, other(puppet->plays), octets, len);
}

static void puppet_segment(struct pair_puppet *puppet, const struct bm_pb_adv *pdu)
{
	if (pdu->gpcf == BM_GP_START)
		puppet->total = pdu->total_len;
	const uint8_t index = pdu->gpcf == BM_GP_START ? 0 : pdu->seg_index;
	const size_t offset = bm_pb_adv_seg_offset(index);
	assert_true(offset + pdu->data_len <= sizeof puppet->buf);
	memcpy(puppet->buf + offset, pdu->data, pdu->data_len);
	if (index != bm_pb_adv_seg_n(puppet->total))
		return;
	const struct bm_pb_adv ack = {.link_id = puppet->link_id, .transaction = pdu->transaction, .gpcf = BM_GP_ACK};
	const bool again = puppet->rx_any && puppet->rx_transaction == pdu->transaction;
	puppet->rx_any = 1;
	puppet->rx_transaction = pdu->transaction;
	if (!again) {
		puppet->received++;
		puppet->len = puppet->total;
		memcpy(puppet->pdu, puppet->buf, puppet->total);
		if (puppet->pdu[0] == BM_PROV_FAILED)
			puppet->failed = puppet->pdu[1];
	}
	puppet_send_raw(puppet, &ack);
}

static bool puppet_hears(struct pair *pair, enum pair_end from, uint8_t ad_type, uint8_t *octets, uint8_t *len)
{
	struct pair_puppet *puppet = pair->ctx;
	struct bm_pb_adv pdu;
	if (from == puppet->plays || ad_type != BM_AD_PB_ADV)
		return false;
	assert_int_equal(bm_pb_adv_decode(&pdu, octets, *len), BM_OK);
	if (pdu.gpcf == BM_GP_CONTROL && pdu.opcode == BM_BEARER_LINK_OPEN && !puppet->opened) {
		const struct bm_pb_adv ack = {
			.link_id = pdu.link_id, .gpcf = BM_GP_CONTROL, .opcode = BM_BEARER_LINK_ACK};
		puppet->link_id = pdu.link_id;
		puppet->opened = true;
		puppet_send_raw(puppet, &ack);
	}
	if (pdu.link_id != puppet->link_id)
		return false;
	if (pdu.gpcf == BM_GP_CONTROL && pdu.opcode == BM_BEARER_LINK_ACK)
		puppet->opened = true;
	if (pdu.gpcf == BM_GP_CONTROL && pdu.opcode == BM_BEARER_LINK_CLOSE) {
		puppet->closed = true;
		puppet->close_reason = pdu.reason;
	}
	if (pdu.gpcf == BM_GP_ACK)
		puppet->acks++;
	if (pdu.gpcf == BM_GP_START || pdu.gpcf == BM_GP_CONTINUATION)
		puppet_segment(puppet, &pdu);
	return false;
}

void puppet_init(struct pair_puppet *puppet, struct pair *pair, enum pair_end plays)
{
	*puppet = (struct pair_puppet){.pair = pair, .plays = plays, .transaction = plays == PAIR_DEVICE ? 0x80 : 0x00};
	pair->ctx = puppet;
	pair->filter = puppet_hears;
}

void puppet_open(struct pair_puppet *puppet, uint32_t link_id)
{
	const struct bm_pb_adv open = {.link_id = link_id,
				       .gpcf = BM_GP_CONTROL,
				       .opcode = BM_BEARER_LINK_OPEN,
				       .uuid = puppet->pair->device.config.uuid};
	puppet->link_id = link_id;
	puppet_send_raw(puppet, &open);
	pair_run(puppet->pair, 100 * BM_US_PER_MS);
}

void puppet_send(struct pair_puppet *puppet, const uint8_t *octets, size_t len)
{
	const uint8_t seg_n = bm_pb_adv_seg_n(len);
	for (uint8_t i = 0; i <= seg_n; i++) {
		const struct bm_pb_adv pdu = {.link_id = puppet->link_id,
					      .transaction = puppet->transaction,
					      .gpcf = i == 0 ? BM_GP_START : BM_GP_CONTINUATION,
					      .seg_n = seg_n,
					      .total_len = (uint16_t)len,
					      .fcs = bm_pb_adv_fcs(octets, len),
					      .seg_index = i,
					      .data = octets + bm_pb_adv_seg_offset(i),
					      .data_len = bm_pb_adv_seg_len(len, i)};
		puppet_send_raw(puppet, &pdu);
	}
	puppet->transaction = (uint8_t)((puppet->transaction & 0x80) | ((puppet->transaction + 1) & 0x7f));
	pair_run(puppet->pair, 500 * BM_US_PER_MS);
}
