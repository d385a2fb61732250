/*
 * The provisioner side of provisioning (MshPRT 5.4), a session for each device:
 *
 *   FREE ──start──▶ LINK ▶ CAPABILITIES ┬▶ PUBLIC_KEY ┬▶ OOB ────────────┬▶ CONFIRMATION ▶ RANDOM ▶ COMPLETE ──▶ FREE
 *                                       │             ├▶ INPUT_COMPLETE ─┤
 *                                       └▶ KEY_SENT ──┴──────────────────┘
 *
 * From every state an error, a time-out, the peer's Link Close or a cancellation leads to FREE; out of COMPLETE the
 * device's key is kept, for it may be a node. Whoever is told of an end finds the session free already.
 */
#include "prov/provisioner.h"

#include <string.h>

#include "pdu/beacon.h"
#include "pdu/proxy_pdu.h"
#include "prov/choice.h"
#include "prov/provisioner_state.h"

/* MshPRT 5.4.4: at least 60 s without a PDU, and a person is given twice that. */
#define PROTOCOL_TIMEOUT_US (60u * BM_US_PER_S)
#define PERSON_TIMEOUT_US (120u * BM_US_PER_S)

typedef struct bm_provisioner_session session;

static struct bm_env *env_of(const session *s)
{
	return s->provisioner->env;
}

static void set_state(session *s, enum bm_prov_session_state state)
{
	static const char *const names[] = {"free", "link",           "capabilities", "public_key", "key_sent",
					    "oob",  "input_complete", "confirmation", "random",     "complete"};
	if (state == s->state)
		return;
	bm_env_trace_state(env_of(s), "provisioner", names[s->state], names[state]);
	s->state = state;
}

static void event(const session *s, struct bm_event e)
{
	/* Whoever hears it may start another session in this place, so the UUID is not the session's. */
	uint8_t uuid[BM_UUID_LEN];
	memcpy(uuid, s->params.uuid, sizeof uuid);
	e.uuid = uuid;
	bm_env_event(env_of(s), &e);
}

/* Forgets the attempt; the parameters stay for the event that tells its end. */
static void release(session *s)
{
	bm_timer_stop(&s->timer);
	bm_wipe(&s->exchange, sizeof s->exchange);
	bm_wipe(s->dev_key, sizeof s->dev_key);
	bm_wipe(s->static_oob, sizeof s->static_oob);
	s->data_out = false;
	set_state(s, BM_PROV_SESSION_FREE);
}

/* Once the data was sent (MshPRT 5.4.2.5) the device may be a node, even one that seems to say Provisioning Failed:
 * that PDU is not authenticated. Only its device key can find that out. */
static void end_failed(session *s, enum bm_err result, enum bm_prov_error error, enum bm_link_close reason)
{
	const struct bm_provisioner_upper *upper = &s->provisioner->upper;
	uint8_t uuid[BM_UUID_LEN], dev_key[BM_KEY_LEN];
	struct bm_event e = {.kind = BM_EVENT_PROVISION_FAILED,
			     .uuid = uuid,
			     .addr = s->params.addr,
			     .net_idx = s->params.net_idx,
			     .elements = s->elements,
			     .data_may_be_out = s->data_out,
			     .result = result,
			     .error = error,
			     .reason = reason};
	memcpy(uuid, s->params.uuid, sizeof uuid);
	memcpy(dev_key, s->dev_key, sizeof dev_key);
	release(s);
	if (e.data_may_be_out) {
		/* Without room for it nobody can ask the device: it is lost, as it would be without a key. */
		const enum bm_err ignored = upper->provisioned(upper->ctx, e.addr, e.elements, dev_key);
		(void)ignored;
	}
	bm_wipe(dev_key, sizeof dev_key);
	bm_env_event(env_of(s), &e);
}

/* MshPRT 5.4.4: the provisioner closes the link on any error. */
static void fail(session *s, enum bm_err result, enum bm_prov_error error)
{
	const enum bm_link_close reason = result == BM_ERR_TIMEOUT ? BM_LINK_CLOSE_TIMEOUT : BM_LINK_CLOSE_FAIL;
	bm_link_close(&s->link, reason);
	end_failed(s, result, error, reason);
}

static void fire(void *ctx)
{
	fail(ctx, BM_ERR_TIMEOUT, BM_PROV_ERR_NONE);
}

static void restart_timeout(session *s)
{
	const bool person = s->start.method == BM_PROV_OUTPUT_OOB || s->start.method == BM_PROV_INPUT_OOB;
	bm_timer_set_after(&env_of(s)->timers, &s->timer, person ? PERSON_TIMEOUT_US : PROTOCOL_TIMEOUT_US);
}

/* Encodes and sends; out, if not NULL, gets the parameters as they go over the air. */
static enum bm_err send(session *s, const struct bm_prov_pdu *pdu, uint8_t *out)
{
	uint8_t octets[BM_PROV_PDU_MAX];
	size_t len;
	enum bm_err err = bm_prov_pdu_encode(pdu, octets, sizeof octets, &len);
	if (err)
		return err;
	if (out)
		memcpy(out, octets + 1, len - 1);
	return bm_link_send(&s->link, octets, len);
}

static void send_value(session *s, enum bm_prov_type type, const uint8_t *octets, size_t len)
{
	const struct bm_prov_pdu pdu = {.type = type, .value = {.octets = octets, .len = (uint8_t)len}};
	const enum bm_err err = send(s, &pdu, NULL);
	if (err)
		fail(s, err, BM_PROV_ERR_NONE);
}

static void link_opened(void *ctx)
{
	session *s = ctx;
	const struct bm_prov_pdu invite = {.type = BM_PROV_INVITE, .attention_s = s->params.attention_s};
	uint8_t params[1];
	const enum bm_err err = send(s, &invite, params);
	if (err) {
		fail(s, err, BM_PROV_ERR_NONE);
		return;
	}
	bm_prov_exchange_invite(&s->exchange, params);
	set_state(s, BM_PROV_SESSION_CAPABILITIES);
	restart_timeout(s);
	event(s, (struct bm_event){.kind = BM_EVENT_PROVISION_LINK, .addr = s->params.addr});
}

/* Addresses that are taken would be found out too late once the device has them (MshPRT 5.4.2.5). */
static enum bm_err check_addresses(const session *s)
{
	const struct bm_provisioner *provisioner = s->provisioner;
	const unsigned end = s->params.addr + (unsigned)s->elements;
	uint16_t others = 0;
	if (end - 1 > 0x7fff)
		return BM_ERR_INVALID;
	for (uint8_t i = 0; i < provisioner->session_count; i++) {
		const session *other = &provisioner->sessions[i];
		if (other == s || other->state == BM_PROV_SESSION_FREE || other->elements == 0)
			continue;
		if (s->params.addr < other->params.addr + other->elements && other->params.addr < end)
			return BM_ERR_EXISTS;
		others++;
	}
	if (!provisioner->upper.has_room)
		return BM_OK;
	return provisioner->upper.has_room(provisioner->upper.ctx, s->params.addr, s->elements, others);
}

/* Says what was chosen, and our public key as soon as that is acknowledged. */
static void send_start(session *s)
{
	uint8_t params[BM_PROV_START_LEN];
	const struct bm_prov_pdu start = {.type = BM_PROV_START, .start = s->start};
	enum bm_err err = send(s, &start, params);
	if (!err) {
		bm_prov_exchange_start(&s->exchange, params);
		err = bm_prov_exchange_keygen(&s->exchange);
	}
	if (!err && s->start.public_key) {
		err = bm_prov_exchange_peer_key(&s->exchange, s->public_key);
		set_state(s, BM_PROV_SESSION_KEY_SENT);
	}
	if (err) {
		fail(s, err, BM_PROV_ERR_NONE);
		return;
	}
	restart_timeout(s);
	send_value(s, BM_PROV_PUBLIC_KEY, bm_prov_exchange_public_key(&s->exchange, BM_PROV_SIDE_PROVISIONER),
		   BM_PROV_PUBLIC_KEY_LEN);
}

static void receive_caps(session *s, const struct bm_prov_pdu *pdu, const uint8_t *params)
{
	enum bm_err err = bm_prov_choose(&pdu->caps, &s->params, &s->start);
	if (err) {
		fail(s, err, BM_PROV_ERR_NONE);
		return;
	}
	s->elements = pdu->caps.elements;
	if (s->params.addr != BM_ADDR_UNASSIGNED)
		err = check_addresses(s);
	if (err) {
		fail(s, err, BM_PROV_ERR_NONE);
		return;
	}
	bm_prov_exchange_caps(&s->exchange, params);
	set_state(s, BM_PROV_SESSION_PUBLIC_KEY);
	event(s, (struct bm_event){.kind = BM_EVENT_PROVISION_CAPS,
				   .addr = s->params.addr,
				   .elements = s->elements,
				   .method = (enum bm_prov_method)s->start.method,
				   .alg = (enum bm_prov_alg)s->start.algorithm,
				   .action = s->start.action,
				   .size = s->start.size,
				   .public_key_oob = s->start.public_key,
				   .caps = &pdu->caps});
	if (s->state != BM_PROV_SESSION_PUBLIC_KEY)
		return; /* cancelled by who heard it */
	if (s->params.addr == BM_ADDR_UNASSIGNED)
		fail(s, BM_ERR_INVALID, BM_PROV_ERR_NONE);
	else
		send_start(s);
}

static void send_confirmation(session *s)
{
	set_state(s, BM_PROV_SESSION_CONFIRMATION);
	send_value(s, BM_PROV_CONFIRMATION, bm_prov_exchange_confirm(&s->exchange),
		   bm_prov_exchange_value_len(&s->exchange));
}

static void begin_authentication(session *s)
{
	struct bm_event e = {.addr = s->params.addr,
			     .action = s->start.action,
			     .size = s->start.size,
			     .method = (enum bm_prov_method)s->start.method};
	switch (s->start.method) {
	case BM_PROV_STATIC_OOB:
		bm_prov_exchange_auth_static(&s->exchange, s->static_oob, s->params.static_oob_len);
		send_confirmation(s);
		break;
	case BM_PROV_OUTPUT_OOB:
		set_state(s, BM_PROV_SESSION_OOB);
		e.kind = BM_EVENT_PROVISION_ENTER_OOB;
		event(s, e);
		break;
	case BM_PROV_INPUT_OOB:
		set_state(s, BM_PROV_SESSION_INPUT_COMPLETE);
		bm_prov_oob_draw(env_of(s), s->start.action == BM_PROV_INPUT_TEXT, s->start.size, &e.oob);
		bm_prov_exchange_auth_value(&s->exchange, &e.oob);
		e.kind = BM_EVENT_PROVISION_SHOW_OOB;
		event(s, e);
		bm_wipe(&e.oob, sizeof e.oob);
		break;
	default:
		send_confirmation(s);
		break;
	}
}

static void receive_public_key(session *s, const uint8_t *key)
{
	const enum bm_err err = bm_prov_exchange_peer_key(&s->exchange, key);
	if (err)
		fail(s, err, BM_PROV_ERR_NONE);
	else
		begin_authentication(s);
}

static void link_sent(void *ctx)
{
	session *s = ctx;
	if (s->state == BM_PROV_SESSION_KEY_SENT)
		begin_authentication(s);
}

static void receive_confirmation(session *s, const uint8_t *octets)
{
	if (bm_prov_exchange_peer_confirmation(&s->exchange, octets)) {
		fail(s, BM_ERR_AUTH, BM_PROV_ERR_NONE);
		return;
	}
	set_state(s, BM_PROV_SESSION_RANDOM);
	send_value(s, BM_PROV_RANDOM, s->exchange.random[BM_PROV_SIDE_PROVISIONER],
		   bm_prov_exchange_value_len(&s->exchange));
}

static void receive_random(session *s, const uint8_t *octets)
{
	struct bm_prov_session keys;
	struct bm_prov_data data = {0};
	uint8_t encrypted[BM_PROV_DATA_ENCRYPTED_LEN];
	if (bm_prov_exchange_peer_random(&s->exchange, octets)) {
		fail(s, BM_ERR_AUTH, BM_PROV_ERR_NONE);
		return;
	}
	const enum bm_err err = s->provisioner->upper.network(s->provisioner->upper.ctx, s->params.net_idx, &data);
	if (err) {
		fail(s, err, BM_PROV_ERR_NONE);
		return;
	}
	data.net_idx = s->params.net_idx;
	data.addr = s->params.addr;
	bm_prov_exchange_session(&s->exchange, &keys);
	bm_prov_session_encrypt(&keys, &data, encrypted);
	memcpy(s->dev_key, keys.dev_key, sizeof s->dev_key);
	bm_wipe(&keys, sizeof keys);
	bm_wipe(&data, sizeof data);
	set_state(s, BM_PROV_SESSION_COMPLETE);
	s->data_out = true;
	send_value(s, BM_PROV_DATA, encrypted, sizeof encrypted);
}

static void receive_complete(session *s)
{
	const struct bm_provisioner_upper *upper = &s->provisioner->upper;
	const enum bm_err err = upper->provisioned(upper->ctx, s->params.addr, s->elements, s->dev_key);
	if (s->state != BM_PROV_SESSION_COMPLETE)
		return; /* cancelled meanwhile */
	if (err) {
		fail(s, err, BM_PROV_ERR_NONE);
		return;
	}
	bm_link_close(&s->link, BM_LINK_CLOSE_SUCCESS);
	release(s);
	event(s, (struct bm_event){.kind = BM_EVENT_PROVISION_COMPLETE,
				   .addr = s->params.addr,
				   .net_idx = s->params.net_idx,
				   .elements = s->elements});
}

/* The PDU that each state awaits. */
static bool is_awaited(enum bm_prov_session_state state, enum bm_prov_type type)
{
	switch (state) {
	case BM_PROV_SESSION_CAPABILITIES:
		return type == BM_PROV_CAPABILITIES;
	case BM_PROV_SESSION_PUBLIC_KEY:
		return type == BM_PROV_PUBLIC_KEY;
	case BM_PROV_SESSION_INPUT_COMPLETE:
		return type == BM_PROV_INPUT_COMPLETE;
	case BM_PROV_SESSION_CONFIRMATION:
		return type == BM_PROV_CONFIRMATION;
	case BM_PROV_SESSION_RANDOM:
		return type == BM_PROV_RANDOM;
	case BM_PROV_SESSION_COMPLETE:
		return type == BM_PROV_COMPLETE;
	default:
		return false;
	}
}

static void dispatch(session *s, const struct bm_prov_pdu *pdu, const uint8_t *params)
{
	const bool has_value = pdu->type == BM_PROV_CONFIRMATION || pdu->type == BM_PROV_RANDOM;
	if (has_value && pdu->value.len != bm_prov_exchange_value_len(&s->exchange)) {
		fail(s, BM_ERR_PROHIBITED, BM_PROV_ERR_NONE);
		return;
	}
	restart_timeout(s);
	switch (pdu->type) {
	case BM_PROV_CAPABILITIES:
		receive_caps(s, pdu, params);
		break;
	case BM_PROV_PUBLIC_KEY:
		receive_public_key(s, pdu->value.octets);
		break;
	case BM_PROV_INPUT_COMPLETE:
		send_confirmation(s);
		break;
	case BM_PROV_CONFIRMATION:
		receive_confirmation(s, pdu->value.octets);
		break;
	case BM_PROV_RANDOM:
		receive_random(s, pdu->value.octets);
		break;
	default:
		receive_complete(s);
		break;
	}
}

static void link_received(void *ctx, const uint8_t *octets, size_t len)
{
	session *s = ctx;
	struct bm_prov_pdu pdu;
	const enum bm_err err = bm_prov_pdu_decode(&pdu, octets, len);
	if (!err && pdu.type == BM_PROV_FAILED) {
		fail(s, BM_ERR_CANCELLED, (enum bm_prov_error)pdu.error);
	} else if (err) {
		bm_env_drop(env_of(s), BM_DROP_MALFORMED, octets, len);
		fail(s, err, BM_PROV_ERR_NONE);
	} else if (!is_awaited(s->state, pdu.type)) {
		bm_env_drop(env_of(s), BM_DROP_PROV_UNEXPECTED, octets, len);
		fail(s, BM_ERR_PROHIBITED, BM_PROV_ERR_NONE);
	} else {
		dispatch(s, &pdu, octets + 1);
	}
}

static void link_closed(void *ctx, enum bm_link_close reason, bool by_peer)
{
	const bool timed_out = !by_peer || reason == BM_LINK_CLOSE_TIMEOUT;
	end_failed(ctx, timed_out ? BM_ERR_TIMEOUT : BM_ERR_CANCELLED, BM_PROV_ERR_NONE, reason);
}

/* The session of a device, or NULL. */
static session *find(struct bm_provisioner *provisioner, const uint8_t uuid[BM_UUID_LEN])
{
	for (uint8_t i = 0; i < provisioner->session_count; i++) {
		session *s = &provisioner->sessions[i];
		if (s->state != BM_PROV_SESSION_FREE && memcmp(s->params.uuid, uuid, BM_UUID_LEN) == 0)
			return s;
	}
	return NULL;
}

static session *find_free(struct bm_provisioner *provisioner)
{
	for (uint8_t i = 0; i < provisioner->session_count; i++)
		if (provisioner->sessions[i].state == BM_PROV_SESSION_FREE)
			return &provisioner->sessions[i];
	return NULL;
}

void bm_provisioner_carve(struct bm_provisioner *provisioner, const struct bm_limits *limits, struct bm_arena *arena)
{
	provisioner->sessions = bm_arena_take(arena, limits->prov_links, sizeof *provisioner->sessions);
}

void bm_provisioner_init(struct bm_provisioner *provisioner, struct bm_env *env, const struct bm_limits *limits,
			 const struct bm_provisioner_upper *upper)
{
	provisioner->env = env;
	provisioner->upper = *upper;
	provisioner->session_count = limits->prov_links;
	for (uint8_t i = 0; i < provisioner->session_count; i++) {
		session *s = &provisioner->sessions[i];
		const struct bm_link_upper link_upper = {.ctx = s,
							 .opened = link_opened,
							 .received = link_received,
							 .closed = link_closed,
							 .sent = link_sent};
		memset(s, 0, sizeof *s);
		s->provisioner = provisioner;
		bm_timer_init(&s->timer, fire, s);
		bm_link_init(&s->link, env, BM_LINK_PROVISIONER, &link_upper);
	}
}

enum bm_err bm_provisioner_start(struct bm_provisioner *provisioner, const struct bm_provision_params *params)
{
	struct bm_prov_data data;
	if ((params->addr != BM_ADDR_UNASSIGNED && !bm_addr_is_unicast(params->addr)) ||
	    params->static_oob_len > BM_PROV_STATIC_OOB_MAX || (params->static_oob_len && !params->static_oob))
		return BM_ERR_INVALID;
	if (params->bearer > BM_PROV_BEARER_GATT)
		return BM_ERR_INVALID;
	if (params->bearer == BM_PROV_BEARER_GATT && !provisioner->upper.gatt.send)
		return BM_ERR_NOT_SUPPORTED;
	if (find(provisioner, params->uuid))
		return BM_ERR_EXISTS;
	session *s = find_free(provisioner);
	if (!s)
		return BM_ERR_BUSY;
	/* Whether there is such a subnet is found out now and not at the end of the exchange. */
	const enum bm_err err = provisioner->upper.network(provisioner->upper.ctx, params->net_idx, &data);
	bm_wipe(&data, sizeof data);
	if (err)
		return err;
	s->params = *params;
	s->params.static_oob = s->static_oob;
	memset(s->static_oob, 0, sizeof s->static_oob);
	if (params->static_oob_len)
		memcpy(s->static_oob, params->static_oob, params->static_oob_len);
	if (params->public_key) {
		memcpy(s->public_key, params->public_key, sizeof s->public_key);
		s->params.public_key = s->public_key;
	}
	memset(&s->start, 0, sizeof s->start);
	s->elements = 0;
	bm_prov_exchange_init(&s->exchange, provisioner->env, BM_PROV_SIDE_PROVISIONER);
	set_state(s, BM_PROV_SESSION_LINK);
	if (params->bearer == BM_PROV_BEARER_GATT)
		bm_link_gatt_open(&s->link, &provisioner->upper.gatt);
	else
		bm_link_open(&s->link, s->params.uuid);
	return BM_OK;
}

enum bm_err bm_provisioner_addr(struct bm_provisioner *provisioner, const uint8_t uuid[16], uint16_t addr)
{
	session *s = find(provisioner, uuid);
	if (!s)
		return BM_ERR_NOT_FOUND;
	if (s->state != BM_PROV_SESSION_PUBLIC_KEY || s->params.addr != BM_ADDR_UNASSIGNED)
		return BM_ERR_STATE;
	if (!bm_addr_is_unicast(addr))
		return BM_ERR_INVALID;
	s->params.addr = addr;
	const enum bm_err err = check_addresses(s);
	if (err)
		s->params.addr = BM_ADDR_UNASSIGNED;
	return err;
}

enum bm_err bm_provisioner_oob(struct bm_provisioner *provisioner, const uint8_t uuid[16],
			       const struct bm_oob_value *value)
{
	session *s = find(provisioner, uuid);
	if (!s)
		return BM_ERR_NOT_FOUND;
	if (s->state != BM_PROV_SESSION_OOB)
		return BM_ERR_STATE;
	if (!bm_prov_oob_fits(value, s->start.action == BM_PROV_OUTPUT_TEXT, s->start.size))
		return BM_ERR_INVALID;
	bm_prov_exchange_auth_value(&s->exchange, value);
	restart_timeout(s);
	send_confirmation(s);
	return BM_OK;
}

void bm_provisioner_cancel(struct bm_provisioner *provisioner, const uint8_t uuid[16])
{
	session *s = find(provisioner, uuid);
	if (s)
		fail(s, BM_ERR_CANCELLED, BM_PROV_ERR_NONE);
}

bool bm_provisioner_receive(struct bm_provisioner *provisioner, const uint8_t *octets, size_t len)
{
	struct bm_pb_adv pdu;
	if (bm_pb_adv_decode(&pdu, octets, len)) {
		bm_env_drop(provisioner->env, BM_DROP_MALFORMED, octets, len);
		return true;
	}
	for (uint8_t i = 0; i < provisioner->session_count; i++)
		if (bm_link_receive(&provisioner->sessions[i].link, &pdu))
			return true;
	return false;
}

void bm_provisioner_receive_beacon(struct bm_provisioner *provisioner, const uint8_t *octets, size_t len, int8_t rssi)
{
	struct bm_unprovisioned_beacon beacon;
	if (bm_unprovisioned_beacon_decode(octets, len, &beacon)) {
		bm_env_drop(provisioner->env, BM_DROP_MALFORMED, octets, len);
		return;
	}
	bm_env_event(provisioner->env, &(struct bm_event){.kind = BM_EVENT_DEVICE_SEEN,
							  .uuid = beacon.uuid,
							  .bearer = BM_PROV_BEARER_ADV,
							  .oob_info = beacon.oob_info,
							  .rssi = rssi});
}

bool bm_provisioner_gatt_seen(struct bm_provisioner *provisioner, const uint8_t *data, size_t len, int8_t rssi,
			      uint8_t uuid[BM_UUID_LEN])
{
	uint16_t oob_info;
	if (bm_prov_service_data_decode(data, len, uuid, &oob_info)) {
		bm_env_drop(provisioner->env, BM_DROP_MALFORMED, data, len);
		return false;
	}
	bm_env_event(provisioner->env, &(struct bm_event){.kind = BM_EVENT_DEVICE_SEEN,
							  .uuid = uuid,
							  .bearer = BM_PROV_BEARER_GATT,
							  .oob_info = oob_info,
							  .rssi = rssi});
	const session *s = find(provisioner, uuid);
	return s && s->state == BM_PROV_SESSION_LINK && s->link.gatt;
}

bool bm_provisioner_gatt_opened(struct bm_provisioner *provisioner, const uint8_t uuid[BM_UUID_LEN], uint8_t gatt_link)
{
	session *s = find(provisioner, uuid);
	if (!s || s->state != BM_PROV_SESSION_LINK || !s->link.gatt)
		return false;
	bm_link_gatt_connected(&s->link, &provisioner->upper.gatt, gatt_link);
	return true;
}

struct bm_link *bm_provisioner_link(struct bm_provisioner *provisioner, uint8_t gatt_link)
{
	for (uint8_t i = 0; i < provisioner->session_count; i++)
		if (bm_link_is_gatt(&provisioner->sessions[i].link, gatt_link))
			return &provisioner->sessions[i].link;
	return NULL;
}

void bm_provisioner_reset(struct bm_provisioner *provisioner)
{
	for (uint8_t i = 0; i < provisioner->session_count; i++)
		if (provisioner->sessions[i].state != BM_PROV_SESSION_FREE) {
			/* The node forgets every key, and what the devices were given is no network of its any more. */
			provisioner->sessions[i].data_out = false;
			fail(&provisioner->sessions[i], BM_ERR_CANCELLED, BM_PROV_ERR_NONE);
		}
}
