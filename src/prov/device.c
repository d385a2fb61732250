/*
 * The device side of provisioning (MshPRT 5.4).
 *
 *   OFF ──start──▶ BEACONING ──Link Open──▶ INVITE ▶ START ▶ PUBLIC_KEY ▶ [INPUT] ▶ CONFIRMATION ▶ RANDOM ▶ DATA
 *    ▲                 ▲   ▲                   └───────────┬─ a wrong or unexpected PDU ──────────┴────────┤
 *    │                 │   └─ PAUSED ◀─ (many) ─ link ends ┴── FAILED                                       ▼
 *    └─────────────────┴───────────────────────── link ends ────────────────────────────────────────── COMPLETE
 *
 * A link also ends by the peer's Link Close and by time-outs, from any state.
 */
#include "prov/device.h"

#include <string.h>

#include "pdu/beacon.h"
#include "prov/device_state.h"

/* MshPRT 3.10.2 leaves the interval open; a provisioner that listens for two seconds should see a device. */
#define BEACON_INTERVAL_US (1900u * BM_US_PER_MS)
#define BEACON_SPREAD_US (200u * BM_US_PER_MS)
#define BEACON_FIRST_SPREAD_US (100u * BM_US_PER_MS)
#define BEACON_TRANSMISSIONS 3u
#define BEACON_REPEAT_US 20000u
#define BEACON_JITTER_US 10000u

/* MshPRT 5.4.4: at least 60 s without a PDU, and a person is given twice that. */
#define PROTOCOL_TIMEOUT_US (60u * BM_US_PER_S)
#define PERSON_TIMEOUT_US (120u * BM_US_PER_S)
/* How long the provisioner may take to close the link when all is said. */
#define CLOSE_TIMEOUT_US (10u * BM_US_PER_S)

/* CVE-2020-26556: somebody who guesses should not get many guesses. So many failures are free, then each doubles the
 * pause. */
#define FREE_FAILURES 3u
#define PAUSE_US (4u * BM_US_PER_S)
#define PAUSE_DOUBLINGS_MAX 4u

static void set_state(struct bm_prov_device *device, enum bm_prov_device_state state)
{
	static const char *const names[] = {"off",   "beaconing",    "paused", "invite", "start",    "public_key",
					    "input", "confirmation", "random", "data",   "complete", "failed"};
	if (device->state != state)
		bm_env_trace_state(device->env, "prov_device", names[device->state], names[state]);
	device->state = state;
}

/* MshPRT 7.1.2.2: an unprovisioned device is connectable while it has no link. */
static void tell_connectable(struct bm_prov_device *device)
{
	const bool on = device->state == BM_PROV_DEVICE_BEACONING && (device->bearers & BM_PROV_BEARER_GATT);
	if (on == device->connectable)
		return;
	device->connectable = on;
	if (device->upper.connectable)
		device->upper.connectable(device->upper.ctx, on);
}

static bool has_link(const struct bm_prov_device *device)
{
	return device->state >= BM_PROV_DEVICE_INVITE;
}

static void beacon(struct bm_prov_device *device)
{
	struct bm_unprovisioned_beacon unprovisioned = {.oob_info = device->config.oob_info};
	uint8_t octets[BM_UNPROVISIONED_BEACON_MAX];
	size_t len;
	memcpy(unprovisioned.uuid, device->config.uuid, BM_UUID_LEN);
	if (bm_unprovisioned_beacon_encode(&unprovisioned, octets, sizeof octets, &len))
		return;
	const struct bm_adv adv = {.ad_type = BM_AD_MESH_BEACON,
				   .payload = octets,
				   .len = (uint8_t)len,
				   .transmissions = BEACON_TRANSMISSIONS,
				   .interval_us = BEACON_REPEAT_US,
				   .jitter_us = BEACON_JITTER_US};
	(void)bm_env_advertise(device->env, &adv);
}

static void become_findable(struct bm_prov_device *device)
{
	bm_timer_stop(&device->timer);
	set_state(device, device->bearers ? BM_PROV_DEVICE_BEACONING : BM_PROV_DEVICE_OFF);
	tell_connectable(device);
	if (!device->bearers)
		return;
	bm_timer_set_after(&device->env->timers, &device->timer,
			   bm_env_random_below(device->env, BEACON_FIRST_SPREAD_US));
}

static void attend(struct bm_prov_device *device, uint8_t seconds)
{
	bm_env_event(device->env, &(struct bm_event){.kind = BM_EVENT_ATTENTION, .seconds = seconds});
}

/* The attempt is over, whatever came of it: its secrets go, the device is free for another link. */
static void end_link(struct bm_prov_device *device, enum bm_link_close reason)
{
	const bool complete = device->state == BM_PROV_DEVICE_COMPLETE;
	bm_timer_stop(&device->timer);
	/* It was wiped when the node was made, and may be somebody else's by now. */
	if (!complete)
		bm_wipe(device->exchange, sizeof *device->exchange);
	if (complete)
		device->failed_in_row = 0;
	else if (device->attempt && device->failed_in_row < UINT8_MAX)
		device->failed_in_row++;
	if (!complete && device->attempt && device->bearers && device->failed_in_row > FREE_FAILURES) {
		const unsigned over = device->failed_in_row - FREE_FAILURES - 1;
		const unsigned doublings = over < PAUSE_DOUBLINGS_MAX ? over : PAUSE_DOUBLINGS_MAX;
		set_state(device, BM_PROV_DEVICE_PAUSED);
		tell_connectable(device);
		bm_timer_set_after(&device->env->timers, &device->timer, (uint64_t)PAUSE_US << doublings);
	} else {
		become_findable(device);
	}
	if (device->attention) {
		device->attention = false;
		attend(device, 0);
	}
	bm_env_event(device->env, &(struct bm_event){.kind = BM_EVENT_LINK_CLOSE, .reason = reason});
}

static void close_link(struct bm_prov_device *device, enum bm_link_close reason)
{
	bm_link_close(&device->link, reason);
	end_link(device, reason);
}

static void fire(void *ctx)
{
	struct bm_prov_device *device = ctx;
	switch (device->state) {
	case BM_PROV_DEVICE_OFF:
		break;
	case BM_PROV_DEVICE_BEACONING:
		if (device->bearers & BM_PROV_BEARER_ADV)
			beacon(device);
		bm_timer_set_after(&device->env->timers, &device->timer,
				   BEACON_INTERVAL_US + bm_env_random_below(device->env, BEACON_SPREAD_US));
		break;
	case BM_PROV_DEVICE_PAUSED:
		become_findable(device);
		break;
	case BM_PROV_DEVICE_COMPLETE:
		close_link(device, BM_LINK_CLOSE_SUCCESS);
		break;
	case BM_PROV_DEVICE_FAILED:
		close_link(device, BM_LINK_CLOSE_FAIL);
		break;
	default:
		close_link(device, BM_LINK_CLOSE_TIMEOUT);
		break;
	}
}

static void restart_timeout(struct bm_prov_device *device)
{
	bm_timer_set_after(&device->env->timers, &device->timer,
			   device->timed_by_person ? PERSON_TIMEOUT_US : PROTOCOL_TIMEOUT_US);
}

static void send(struct bm_prov_device *device, const struct bm_prov_pdu *pdu)
{
	uint8_t octets[BM_PROV_PDU_MAX];
	size_t len;
	enum bm_err err = bm_prov_pdu_encode(pdu, octets, sizeof octets, &len);
	if (!err)
		err = bm_link_send(&device->link, octets, len);
	/* The protocol goes in steps, so at most one PDU waits for another's acknowledgment. */
	(void)err;
	bm_wipe(octets, sizeof octets);
}

static void send_value(struct bm_prov_device *device, enum bm_prov_type type, const uint8_t *octets, size_t len)
{
	const struct bm_prov_pdu pdu = {.type = type, .value = {.octets = octets, .len = (uint8_t)len}};
	send(device, &pdu);
}

/* MshPRT 5.4.4: an attempt ends at its first failure; what comes after it is unexpected. */
static void fail(struct bm_prov_device *device, enum bm_prov_error error)
{
	const struct bm_prov_pdu pdu = {.type = BM_PROV_FAILED, .error = (uint8_t)error};
	const bool first = device->state != BM_PROV_DEVICE_FAILED;
	bm_link_drop_waiting(&device->link);
	send(device, &pdu);
	if (!first)
		return;
	set_state(device, BM_PROV_DEVICE_FAILED);
	bm_wipe(device->exchange, sizeof *device->exchange);
	bm_timer_set_after(&device->env->timers, &device->timer, CLOSE_TIMEOUT_US);
	bm_env_event(device->env, &(struct bm_event){.kind = BM_EVENT_PROV_FAILED, .error = error});
}

static void receive_invite(struct bm_prov_device *device, const struct bm_prov_pdu *pdu, const uint8_t *params)
{
	uint8_t octets[1 + BM_PROV_CAPS_LEN];
	size_t len;
	const struct bm_prov_pdu answer = {.type = BM_PROV_CAPABILITIES, .caps = device->config.caps};
	if (bm_prov_pdu_encode(&answer, octets, sizeof octets, &len))
		return;
	bm_prov_exchange_invite(device->exchange, params);
	bm_prov_exchange_caps(device->exchange, octets + 1);
	set_state(device, BM_PROV_DEVICE_START);
	send(device, &answer);
	if (pdu->attention_s == 0)
		return;
	device->attention = true;
	attend(device, pdu->attention_s);
}

/* Whether Start chose among what the capabilities offered. */
static bool was_offered(const struct bm_prov_device *device, const struct bm_prov_start *start)
{
	const struct bm_prov_caps *caps = &device->config.caps;
	if (!(caps->algorithms & 1u << start->algorithm) ||
	    start->public_key > (caps->public_key_type & BM_PROV_PUBLIC_KEY_OOB))
		return false;
	switch (start->method) {
	case BM_PROV_STATIC_OOB:
		return caps->oob_type & BM_PROV_OOB_TYPE_STATIC;
	case BM_PROV_OUTPUT_OOB:
		return start->size <= caps->output_size && (caps->output_actions & 1u << start->action);
	case BM_PROV_INPUT_OOB:
		return start->size <= caps->input_size && (caps->input_actions & 1u << start->action);
	default:
		return !device->config.require_auth;
	}
}

static void receive_start(struct bm_prov_device *device, const struct bm_prov_pdu *pdu, const uint8_t *params)
{
	if (!was_offered(device, &pdu->start)) {
		fail(device, BM_PROV_ERR_INVALID_FORMAT);
		return;
	}
	device->attempt = true;
	device->start = pdu->start;
	device->timed_by_person = pdu->start.method == BM_PROV_OUTPUT_OOB || pdu->start.method == BM_PROV_INPUT_OOB;
	bm_prov_exchange_start(device->exchange, params);
	if (pdu->start.public_key ? bm_prov_exchange_own_key(device->exchange, device->config.private_key)
				  : bm_prov_exchange_keygen(device->exchange)) {
		fail(device, BM_PROV_ERR_OUT_OF_RESOURCES);
		return;
	}
	set_state(device, BM_PROV_DEVICE_PUBLIC_KEY);
	restart_timeout(device);
}

static void begin_authentication(struct bm_prov_device *device)
{
	const struct bm_prov_start *start = &device->start;
	struct bm_event event = {.action = start->action, .size = start->size, .method = start->method};
	set_state(device, BM_PROV_DEVICE_CONFIRMATION);
	switch (start->method) {
	case BM_PROV_STATIC_OOB:
		bm_prov_exchange_auth_static(device->exchange, device->config.static_oob,
					     device->config.static_oob_len);
		break;
	case BM_PROV_OUTPUT_OOB:
		bm_prov_oob_draw(device->env, start->action == BM_PROV_OUTPUT_TEXT, start->size, &event.oob);
		bm_prov_exchange_auth_value(device->exchange, &event.oob);
		event.kind = BM_EVENT_OUTPUT_OOB;
		bm_env_event(device->env, &event);
		break;
	case BM_PROV_INPUT_OOB:
		set_state(device, BM_PROV_DEVICE_INPUT);
		event.kind = BM_EVENT_INPUT_OOB;
		bm_env_event(device->env, &event);
		break;
	default:
		break;
	}
	bm_wipe(&event.oob, sizeof event.oob);
}

static void receive_public_key(struct bm_prov_device *device, const uint8_t *key)
{
	const enum bm_err err = bm_prov_exchange_peer_key(device->exchange, key);
	if (err) {
		fail(device, err == BM_ERR_AUTH ? BM_PROV_ERR_INVALID_FORMAT : BM_PROV_ERR_OUT_OF_RESOURCES);
		return;
	}
	/* MshPRT 5.4.2.3: a key that is known out of band does not go over the air. */
	if (!device->start.public_key)
		send_value(device, BM_PROV_PUBLIC_KEY,
			   bm_prov_exchange_public_key(device->exchange, BM_PROV_SIDE_DEVICE), BM_PROV_PUBLIC_KEY_LEN);
	begin_authentication(device);
}

static void receive_confirmation(struct bm_prov_device *device, const uint8_t *octets)
{
	if (bm_prov_exchange_peer_confirmation(device->exchange, octets)) {
		fail(device, BM_PROV_ERR_CONFIRMATION_FAILED);
		return;
	}
	set_state(device, BM_PROV_DEVICE_RANDOM);
	send_value(device, BM_PROV_CONFIRMATION, bm_prov_exchange_confirm(device->exchange),
		   bm_prov_exchange_value_len(device->exchange));
}

static void receive_random(struct bm_prov_device *device, const uint8_t *octets)
{
	if (bm_prov_exchange_peer_random(device->exchange, octets)) {
		fail(device, BM_PROV_ERR_CONFIRMATION_FAILED);
		return;
	}
	set_state(device, BM_PROV_DEVICE_DATA);
	send_value(device, BM_PROV_RANDOM, device->exchange->random[BM_PROV_SIDE_DEVICE],
		   bm_prov_exchange_value_len(device->exchange));
}

static void provisioned(struct bm_prov_device *device, const struct bm_prov_data *data, const uint8_t dev_key[16])
{
	const struct bm_prov_pdu complete = {.type = BM_PROV_COMPLETE};
	const uint8_t bearers = device->bearers;
	/* The state first: the upper layer may stop us, and is to leave this link alone; or it may be reset at once and
	 * start us anew. */
	set_state(device, BM_PROV_DEVICE_COMPLETE);
	device->bearers = 0;
	const enum bm_err err = device->upper.provisioned(device->upper.ctx, data, dev_key);
	if (device->state != BM_PROV_DEVICE_COMPLETE)
		return;
	if (err) {
		/* Its addresses do not fit the elements, or it has no room. */
		device->bearers = bearers;
		fail(device,
		     err == BM_ERR_INVALID ? BM_PROV_ERR_CANNOT_ASSIGN_ADDRESSES : BM_PROV_ERR_OUT_OF_RESOURCES);
		return;
	}
	send(device, &complete);
	bm_timer_set_after(&device->env->timers, &device->timer, CLOSE_TIMEOUT_US);
}

static void receive_data(struct bm_prov_device *device, const uint8_t *octets)
{
	struct bm_prov_session session;
	struct bm_prov_data data;
	bm_prov_exchange_session(device->exchange, &session);
	const enum bm_err err = bm_prov_session_decrypt(&session, octets, &data);
	bm_wipe(device->exchange, sizeof *device->exchange);
	if (err)
		fail(device, err == BM_ERR_AUTH ? BM_PROV_ERR_DECRYPTION_FAILED : BM_PROV_ERR_INVALID_DATA);
	else
		provisioned(device, &data, session.dev_key);
	bm_wipe(&session, sizeof session);
	bm_wipe(&data, sizeof data);
}

/* The type of PDU that each state awaits; one that there is not: none. */
static unsigned awaited(enum bm_prov_device_state state)
{
	switch (state) {
	case BM_PROV_DEVICE_INVITE:
		return BM_PROV_INVITE;
	case BM_PROV_DEVICE_START:
		return BM_PROV_START;
	case BM_PROV_DEVICE_PUBLIC_KEY:
		return BM_PROV_PUBLIC_KEY;
	case BM_PROV_DEVICE_CONFIRMATION:
		return BM_PROV_CONFIRMATION;
	case BM_PROV_DEVICE_RANDOM:
		return BM_PROV_RANDOM;
	case BM_PROV_DEVICE_DATA:
		return BM_PROV_DATA;
	default:
		return UINT8_MAX;
	}
}

static void dispatch(struct bm_prov_device *device, const struct bm_prov_pdu *pdu, const uint8_t *params)
{
	const bool has_value = pdu->type == BM_PROV_CONFIRMATION || pdu->type == BM_PROV_RANDOM;
	if (has_value && pdu->value.len != bm_prov_exchange_value_len(device->exchange)) {
		fail(device, BM_PROV_ERR_INVALID_FORMAT);
		return;
	}
	restart_timeout(device);
	switch (pdu->type) {
	case BM_PROV_INVITE:
		receive_invite(device, pdu, params);
		break;
	case BM_PROV_START:
		receive_start(device, pdu, params);
		break;
	case BM_PROV_PUBLIC_KEY:
		receive_public_key(device, pdu->value.octets);
		break;
	case BM_PROV_CONFIRMATION:
		receive_confirmation(device, pdu->value.octets);
		break;
	case BM_PROV_RANDOM:
		receive_random(device, pdu->value.octets);
		break;
	default:
		receive_data(device, pdu->value.octets);
		break;
	}
}

static void link_received(void *ctx, const uint8_t *octets, size_t len)
{
	struct bm_prov_device *device = ctx;
	struct bm_prov_pdu pdu;
	if (device->state == BM_PROV_DEVICE_COMPLETE) {
		bm_env_drop(device->env, BM_DROP_PROV_UNEXPECTED, octets, len);
		return;
	}
	const enum bm_err err = bm_prov_pdu_decode(&pdu, octets, len);
	if (err == BM_ERR_NOT_SUPPORTED) {
		bm_env_drop(device->env, BM_DROP_PROV_UNEXPECTED, octets, len);
		fail(device, BM_PROV_ERR_INVALID_PDU);
	} else if (octets[0] != awaited(device->state)) {
		bm_env_drop(device->env, BM_DROP_PROV_UNEXPECTED, octets, len);
		fail(device, BM_PROV_ERR_UNEXPECTED_PDU);
	} else if (err) {
		bm_env_drop(device->env, BM_DROP_MALFORMED, octets, len);
		fail(device, BM_PROV_ERR_INVALID_FORMAT);
	} else {
		dispatch(device, &pdu, octets + 1);
	}
}

static void link_closed(void *ctx, enum bm_link_close reason, bool by_peer)
{
	const struct bm_prov_device *device = ctx;
	(void)by_peer;
	/* A connection ends without a reason; all was said. */
	end_link(ctx, device->over_gatt && device->state == BM_PROV_DEVICE_COMPLETE ? BM_LINK_CLOSE_SUCCESS : reason);
}

static void link_opened(void *ctx)
{
	(void)ctx; /* a device's link opens by Link Open, see bm_prov_device_receive */
}

/* What is offered: never more than there is. */
static void complete_caps(struct bm_prov_device_config *config)
{
	struct bm_prov_caps *caps = &config->caps;
	const uint16_t known = BM_PROV_ALGS_BUILT;
	if (!(caps->algorithms & known))
		caps->algorithms = known;
	caps->algorithms &= known;
	caps->public_key_type = config->private_key ? BM_PROV_PUBLIC_KEY_OOB : 0;
	/* MshPRT 5.4.1.2: only OOB authenticated provisioning. Who says so keeps to it. */
	config->require_auth |= (caps->oob_type & BM_PROV_OOB_TYPE_ONLY_OOB) != 0;
	caps->oob_type = config->static_oob && config->static_oob_len ? BM_PROV_OOB_TYPE_STATIC : 0;
	if (config->require_auth)
		caps->oob_type |= BM_PROV_OOB_TYPE_ONLY_OOB;
	if (caps->output_size > 8)
		caps->output_size = 8;
	if (caps->input_size > 8)
		caps->input_size = 8;
	/* A size without an action offers nothing, and the other way round. */
	if (!caps->output_size || !caps->output_actions) {
		caps->output_size = 0;
		caps->output_actions = 0;
	}
	if (!caps->input_size || !caps->input_actions) {
		caps->input_size = 0;
		caps->input_actions = 0;
	}
}

void bm_prov_device_init(struct bm_prov_device *device, struct bm_env *env, const struct bm_prov_device_config *config,
			 const struct bm_prov_device_upper *upper, struct bm_prov_exchange *exchange)
{
	const struct bm_link_upper link_upper = {
		.ctx = device, .opened = link_opened, .received = link_received, .closed = link_closed};
	memset(device, 0, sizeof *device);
	device->env = env;
	device->config = *config;
	device->upper = *upper;
	device->exchange = exchange;
	complete_caps(&device->config);
	bm_timer_init(&device->timer, fire, device);
	bm_link_init(&device->link, env, BM_LINK_DEVICE, &link_upper);
}

void bm_prov_device_start(struct bm_prov_device *device, uint8_t bearers)
{
	device->bearers = bearers;
	tell_connectable(device);
	/* A link that already did its work is in the way of the next one. */
	if (device->state == BM_PROV_DEVICE_COMPLETE)
		close_link(device, BM_LINK_CLOSE_SUCCESS);
	else if (device->state == BM_PROV_DEVICE_OFF)
		become_findable(device);
}

void bm_prov_device_stop(struct bm_prov_device *device)
{
	device->bearers = 0;
	if (device->state == BM_PROV_DEVICE_COMPLETE)
		return;
	if (has_link(device))
		close_link(device, BM_LINK_CLOSE_FAIL);
	else
		become_findable(device);
}

static void begin_attempt(struct bm_prov_device *device)
{
	device->attempt = false;
	device->timed_by_person = false;
	bm_prov_exchange_init(device->exchange, device->env, BM_PROV_SIDE_DEVICE);
	set_state(device, BM_PROV_DEVICE_INVITE);
	tell_connectable(device);
	restart_timeout(device);
	bm_env_tell(device->env, BM_EVENT_LINK_OPEN, 0, 0);
}

static bool accept_link(struct bm_prov_device *device, const struct bm_pb_adv *pdu)
{
	if (device->state != BM_PROV_DEVICE_BEACONING || !(device->bearers & BM_PROV_BEARER_ADV) ||
	    memcmp(pdu->uuid, device->config.uuid, BM_UUID_LEN) != 0 ||
	    !bm_link_accept(&device->link, pdu->link_id, device->config.uuid))
		return false;
	device->over_gatt = false;
	begin_attempt(device);
	return true;
}

bool bm_prov_device_gatt_opened(struct bm_prov_device *device, uint8_t gatt_link)
{
	if (device->state != BM_PROV_DEVICE_BEACONING || !(device->bearers & BM_PROV_BEARER_GATT))
		return false;
	device->over_gatt = true;
	bm_link_gatt_connected(&device->link, &device->upper.gatt, gatt_link);
	begin_attempt(device);
	return true;
}

void bm_prov_device_gatt_freed(struct bm_prov_device *device)
{
	if (device->state != BM_PROV_DEVICE_BEACONING || !device->connectable)
		return;
	device->connectable = false;
	tell_connectable(device);
}

struct bm_link *bm_prov_device_link(struct bm_prov_device *device, uint8_t gatt_link)
{
	return bm_link_is_gatt(&device->link, gatt_link) ? &device->link : NULL;
}

bool bm_prov_device_receive(struct bm_prov_device *device, const uint8_t *octets, size_t len)
{
	struct bm_pb_adv pdu;
	if (bm_pb_adv_decode(&pdu, octets, len)) {
		bm_env_drop(device->env, BM_DROP_MALFORMED, octets, len);
		return true;
	}
	if (bm_link_receive(&device->link, &pdu))
		return true;
	return pdu.gpcf == BM_GP_CONTROL && pdu.opcode == BM_BEARER_LINK_OPEN && accept_link(device, &pdu);
}

enum bm_err bm_prov_device_input(struct bm_prov_device *device, const struct bm_oob_value *value)
{
	const struct bm_prov_pdu complete = {.type = BM_PROV_INPUT_COMPLETE};
	if (device->state != BM_PROV_DEVICE_INPUT)
		return BM_ERR_STATE;
	if (!bm_prov_oob_fits(value, device->start.action == BM_PROV_INPUT_TEXT, device->start.size))
		return BM_ERR_INVALID;
	bm_prov_exchange_auth_value(device->exchange, value);
	set_state(device, BM_PROV_DEVICE_CONFIRMATION);
	restart_timeout(device);
	send(device, &complete);
	return BM_OK;
}

void bm_prov_device_wipe(struct bm_prov_device *device)
{
	bm_timer_stop(&device->timer);
	bm_timer_stop(&device->link.timer);
	bm_wipe(device->exchange, sizeof *device->exchange);
	bm_wipe(device, sizeof *device);
}
