/*
 * A whole node with all its features, in its network, fed by somebody who holds all its keys: access messages under the
 * device key and application keys, whole and in segments of any order, control messages, PDUs under friendship
 * credentials, network beacons of both kinds, Solicitation PDUs, GATT links with Proxy PDUs and Proxy Configuration;
 * replays; and time that passes, up to days.
 *
 * Input: a first octet (bit 0: it is a low power node, bit 1: its IV Update in test mode), then steps of a kind, an
 * octet of how, and what that kind takes.
 *
 * Whatever it was: tables stay within their bounds, the IV index never goes back, no sequence number goes out twice, a
 * node has a subnet as long as it is one, and after all that it serves, or can be made to.
 */
#include "hostile.h"

#include "blemesh/level.h"
#include "blemesh/onoff.h"
#include "blemesh/proxy.h"
#include "blemesh/sensor.h"

#define STEPS_MAX 48
#define OWN_ADDR 0x1201
#define SENT_MAX 64
#define FILTER_MAX 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t KEY[BM_KEY_LEN] = {0x7d, 0xd7, 0x36, 0x4c, 0xd8, 0x42, 0xad, 0x18,
					0xc1, 0x7c, 0x2b, 0x82, 0x0c, 0x84, 0xc3, 0xd6};
static const uint16_t SOURCES[] = {0x0003, 0x0004, 0x2345, 0x7ffe, OWN_ADDR, 0x0005, 0x0006, 0x0007};
static const uint16_t DESTINATIONS[] = {OWN_ADDR,          OWN_ADDR + 1, BM_ADDR_ALL_FRIENDS, 0x0003, 0xc000,
					BM_ADDR_ALL_NODES, 0x8123,       BM_ADDR_ALL_PROXIES};

struct target {
	struct hostile h;
	struct bm_onoff_server onoff;
	struct bm_onoff_client onoff_client;
	struct bm_level_server level;
	struct bm_sensor_server sensor;
	struct bm_sensor_setup_server sensor_setup;
	struct bm_sensor sensors[1];
	struct bm_sensor_cadence_state cadence;
	struct bm_sensor_setting setting;
	uint8_t setting_raw[2];
	struct bm_bearer radio;
	/* What it sent last, in clear: a number goes out twice with the same octets alone. */
	uint32_t sent_iv, sent_seq;
	uint8_t sent[SENT_MAX][BM_NET_PDU_MAX];
	uint8_t sent_len[SENT_MAX];
	uint8_t sent_next;
	uint32_t iv_index;
	bool was_node;
};

static void must(enum bm_err err)
{
	if (err)
		abort();
}

/* Sending. */

static bool was_sent(const struct target *t, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < SENT_MAX; i++)
		if (t->sent_len[i] == len && memcmp(t->sent[i], octets, len) == 0)
			return true;
	return false;
}

static bool opens(const struct target *t, const struct bm_cred *cred, const uint8_t *octets, size_t len,
		  struct bm_net_header *header)
{
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t transport_len;
	return bm_net_decrypt(cred, bm_iv_tx(&t->h.node->net.iv), octets, len, header, clear, &transport_len) == BM_OK;
}

/* Our own numbers only grow under an IV index. */
static void check_sent(struct target *t, const uint8_t *octets, size_t len)
{
	const struct bm_subnets *subnets = bm_net_subnets(&t->h.node->net);
	struct bm_net_header header;
	bool opened = false;
	for (size_t i = 0; !opened && i < subnets->capacity; i++)
		for (size_t k = 0; !opened && subnets->table[i].used && k < 2; k++)
			opened = subnets->table[i].keys[k].valid &&
				 opens(t, &subnets->table[i].keys[k].flooding, octets, len, &header);
	for (size_t i = 0; !opened && i < subnets->friendship_count; i++)
		opened = subnets->friendships[i].keys[0].valid &&
			 opens(t, &subnets->friendships[i].keys[0].cred, octets, len, &header);
	if (!opened || !bm_net_is_own(&t->h.node->net, header.src) || was_sent(t, octets, len))
		return;
	const uint32_t iv_index = bm_iv_tx(&t->h.node->net.iv);
	if (iv_index == t->sent_iv && header.seq <= t->sent_seq)
		abort();
	t->sent_iv = iv_index;
	t->sent_seq = header.seq;
	memcpy(t->sent[t->sent_next], octets, len);
	t->sent_len[t->sent_next] = (uint8_t)len;
	t->sent_next = (uint8_t)((t->sent_next + 1) % SENT_MAX);
}

static enum bm_err advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	struct target *t = self;
	if (adv->len < 1 || adv->len > BM_ADV_PAYLOAD_MAX || adv->transmissions < 1 || adv->transmissions > 8)
		abort();
	if (adv->ad_type == BM_AD_MESH_MESSAGE)
		check_sent(t, adv->payload, adv->len);
	return t->radio.ops->advertise(t->radio.self, adv, now);
}

static enum bm_err gatt_advertise(void *self, const struct bm_gatt_adv *adv, bm_time now)
{
	struct target *t = self;
	return t->radio.ops->gatt_advertise(t->radio.self, adv, now);
}

static enum bm_err gatt_send(void *self, bm_gatt_conn conn, const uint8_t *octets, size_t len, bm_time now)
{
	(void)self, (void)conn, (void)octets, (void)now;
	if (len < 1 || len > BM_GATT_MTU_MIN - 3)
		abort();
	return BM_OK;
}

static void gatt_disconnect(void *self, bm_gatt_conn conn, bm_time now)
{
	(void)self, (void)conn, (void)now;
}

static void listen(void *self, bm_time from, bm_time until, bm_time now)
{
	(void)self, (void)now;
	if (until < from)
		abort();
}

static const struct bm_bearer_ops bearer = {.advertise = advertise,
					    .gatt_advertise = gatt_advertise,
					    .gatt_send = gatt_send,
					    .gatt_disconnect = gatt_disconnect,
					    .listen = listen};

/* The node. */

static void join(struct target *t)
{
	struct bm_node *node = t->h.node;
	struct bm_prov_data network = {.net_idx = 0, .iv_index = 5, .addr = OWN_ADDR};
	memcpy(network.net_key, KEY, sizeof KEY);
	must(bm_node_provision_self(node, &network, KEY, bm_world_now(t->h.world)));
	must(bm_node_add_app_key(node, 0, 0, KEY));
	struct bm_model *const models[] = {&t->onoff.model,  &t->onoff_client.model, &t->level.model,
					   &t->sensor.model, &t->sensor_setup.model, &node->health_server.model};
	for (size_t i = 0; i < BM_ARRAY_LEN(models); i++)
		must(bm_node_bind(node, models[i], 0));
	t->iv_index = 0;
	t->sent_iv = UINT32_MAX;
	t->was_node = true;
}

static void add_models(struct target *t)
{
	struct bm_node *node = t->h.node;
	uint8_t secondary;
	bm_onoff_server_init(&t->onoff, false, NULL, NULL);
	bm_onoff_client_init(&t->onoff_client, NULL, NULL);
	bm_level_server_init(&t->level, 0, NULL, NULL);
	t->setting = (struct bm_sensor_setting){
		.property_id = 0x32, .access = BM_SENSOR_SETTING_READ_WRITE, .raw = t->setting_raw, .len = 2};
	t->sensors[0] = (struct bm_sensor){
		.property_id = 0x56, .len = 2, .cadence = &t->cadence, .settings = &t->setting, .setting_count = 1};
	bm_sensor_server_init(&t->sensor, t->sensors, 1);
	bm_sensor_setup_server_init(&t->sensor_setup, &t->sensor);
	must(bm_node_add_model(node, 0, &t->onoff.model));
	must(bm_node_add_model(node, 0, &t->onoff_client.model));
	must(bm_node_add_model(node, 0, &t->sensor.model));
	must(bm_node_add_model(node, 0, &t->sensor_setup.model));
	must(bm_node_add_element(node, 0, &secondary));
	must(bm_node_add_model(node, secondary, &t->level.model));
}

static struct target *target_new(uint8_t options)
{
	const bool low_power = options & 1;
	struct target *t = calloc(1, sizeof *t);
	struct bm_node_config config = bm_world_config();
	config.features = BM_FEATURE_RELAY | BM_FEATURE_PROXY | BM_FEATURE_FRIEND |
			  (low_power ? BM_FEATURE_LOW_POWER : 0);
	config.foundation = config.foundation_clients = BM_FOUNDATION_ALL;
	config.limits.elements = 2;
	config.limits.models = 24;
	config.limits.subnets = 2;
	config.limits.app_keys = 3;
	config.limits.labels = 2;
	config.limits.subscriptions = 3;
	config.limits.rpl = 16;
	config.limits.sar_rx = 2;
	config.limits.config_requests = 1;
	config.limits.gatt_links = 2;
	config.limits.proxy_filter = FILTER_MAX;
	config.limits.solicitations = 2;
	config.limits.friend_lpns = 2;
	config.limits.friend_queue = 4;
	config.limits.friend_subscriptions = 3;
	config.limits.low_power = low_power;
	t->h.world = bm_world_new(1);
	t->h.node = bm_world_add(t->h.world, &config)->node;
	t->radio = t->h.node->env.bearer;
	t->h.node->env.bearer = (struct bm_bearer){.ops = &bearer, .self = t};
	add_models(t);
	must(bm_node_start(t->h.node, 0));
	join(t);
	bm_node_iv_test_mode(t->h.node, options & 2);
	return t;
}

static void check(struct target *t)
{
	struct bm_node *node = t->h.node;
	hostile_check_friends(node);
	for (uint8_t i = 0; i < 2; i++)
		if (node->proxy.table[i].filter.count > FILTER_MAX)
			abort();
	if (!bm_node_is_provisioned(node))
		return;
	const struct bm_subnets *subnets = bm_net_subnets(&node->net);
	bool any = false;
	for (size_t i = 0; i < subnets->capacity; i++)
		any |= subnets->table[i].used && (subnets->table[i].keys[0].valid || subnets->table[i].keys[1].valid);
	if (!any || node->net.iv.index < t->iv_index || node->net.seq > node->net.seq_reserved)
		abort();
	t->iv_index = node->net.iv.index;
}

/* Steps. */

static struct bm_net_header header_of(struct target *t, struct bm_reader *r, bool ctl)
{
	struct bm_net_header header = {.ctl = ctl, .seq = ++t->h.seq};
	const uint8_t octet = bm_read_u8(r);
	header.ttl = octet & 3;
	header.src = SOURCES[octet >> 2 & 7];
	header.dst = DESTINATIONS[octet >> 5];
	return header;
}

static const uint8_t *take(struct bm_reader *r, size_t max, size_t *len)
{
	*len = bm_read_u8(r);
	if (*len > bm_reader_left(r))
		*len = bm_reader_left(r);
	if (*len > max)
		*len = max;
	return bm_read_octets(r, *len);
}

static void say_access(struct target *t, struct bm_reader *r, uint8_t how)
{
	const uint8_t key = bm_read_u8(r);
	const struct bm_net_header header = header_of(t, r, false);
	const bool szmic = key & 0x80, in_segments = key & 0x40;
	uint8_t upper[256 + 8], first_octet;
	size_t len;
	const uint8_t order = in_segments ? bm_read_u8(r) : 0;
	const uint32_t skip = in_segments ? bm_read_u8(r) : 0;
	const uint8_t *payload = take(r, 255, &len);
	const size_t upper_len = hostile_seal(&t->h, how, key & 0x0f, &header, szmic && in_segments, payload, len,
					      upper, &first_octet);
	if (upper_len == 0)
		return;
	if (in_segments || upper_len > BM_UNSEGMENTED_ACCESS_MAX) {
		hostile_segments(&t->h, how, header, first_octet, szmic && in_segments, upper, upper_len, order, skip);
		return;
	}
	uint8_t pdu[BM_NET_TRANSPORT_MAX] = {first_octet};
	memcpy(pdu + 1, upper, upper_len);
	hostile_send(&t->h, how, &header, pdu, 1 + upper_len);
}

static void say_control(struct target *t, struct bm_reader *r, uint8_t how, bool in_segments)
{
	const struct bm_net_header header = header_of(t, r, true);
	const uint8_t opcode = bm_read_u8(r) & 0x7f;
	size_t len;
	const uint8_t order = in_segments ? bm_read_u8(r) : 0;
	const uint8_t *params = take(r, in_segments ? 255 : BM_UNSEGMENTED_CONTROL_MAX, &len);
	if (in_segments) {
		hostile_segments(&t->h, how, header, opcode, false, params, len, order, 0);
		return;
	}
	uint8_t pdu[BM_NET_TRANSPORT_CTL_MAX] = {opcode};
	if (len)
		memcpy(pdu + 1, params, len);
	hostile_send(&t->h, how, &header, pdu, 1 + len);
}

/* Any Transport PDU; now and then with a number that was there before. */
static void say_anything(struct target *t, struct bm_reader *r, uint8_t how)
{
	struct bm_net_header header = header_of(t, r, how & 0x40);
	size_t len;
	if (how & 0x10)
		header.seq -= bm_read_u8(r);
	header.seq &= BM_SEQ_MAX;
	const uint8_t *octets = take(r, how & 0x40 ? BM_NET_TRANSPORT_CTL_MAX : BM_NET_TRANSPORT_MAX, &len);
	hostile_send(&t->h, how, &header, octets, len);
}

static void say_proxy(struct target *t, struct bm_reader *r, uint8_t how, enum bm_net_kind kind)
{
	uint8_t pdu[2 + 1 + BM_NET_PDU_MAX] = {(uint8_t)BM_GATT_SOLICITATION, BM_GATT_SOLICITATION >> 8, 0};
	size_t len, pdu_len;
	const uint8_t *octets = take(r, kind == BM_NET_SOLICITATION ? 0 : BM_NET_TRANSPORT_CTL_MAX, &len);
	const uint16_t src = SOURCES[how & 7];
	const uint32_t iv_index = kind == BM_NET_SOLICITATION ? 0 : hostile_iv(t->h.node, how);
	if (bm_net_encrypt_proxy(kind, hostile_cred(t->h.node, (uint8_t)(how & 0xfc)), iv_index, ++t->h.seq, src,
				 octets, len, pdu + 3, &pdu_len))
		return;
	if (kind == BM_NET_SOLICITATION)
		bm_node_receive(t->h.node, BM_AD_SERVICE_DATA, pdu, 3 + pdu_len, -60, bm_world_now(t->h.world));
	else
		hostile_write(&t->h, BM_PROXY_CONFIG, pdu + 3, pdu_len);
}

static void do_gatt(struct target *t, struct bm_reader *r, uint8_t how)
{
	size_t len;
	t->h.conn = how >> 3 & 3;
	struct bm_gatt_event event = {.conn = t->h.conn, .role = BM_GATT_SERVER};
	switch (how & 7) {
	case 0:
	case 1:
		event.kind = BM_GATT_CONNECTED;
		hostile_tell(&t->h, event);
		event.kind = BM_GATT_SUBSCRIBED;
		event.on = !(how & 1);
		break;
	case 2:
		event.kind = BM_GATT_DISCONNECTED;
		break;
	case 3:
		event.kind = BM_GATT_READY;
		break;
	default:
		event.kind = BM_GATT_RECEIVED;
		event.octets = take(r, 80, &len);
		event.len = len;
		break;
	}
	hostile_tell(&t->h, event);
}

/* What the node's own user does meanwhile; errors are answers too. */
static void do_own(struct target *t, struct bm_reader *r, uint8_t how)
{
	struct bm_node *node = t->h.node;
	const bm_time now = bm_world_now(t->h.world);
	const struct bm_tx tx = {.dst = DESTINATIONS[how >> 5], .app_idx = 0, .ttl = BM_TTL_DEFAULT};
	enum bm_err err = BM_OK;
	size_t len;
	const uint8_t *octets;
	switch (how & 7) {
	case 0:
		err = bm_onoff_server_status(&t->onoff, &tx, now);
		break;
	case 1:
		octets = take(r, 200, &len);
		if (len > 0)
			err = bm_model_send(&t->onoff.model, &tx, octets, len, now);
		break;
	case 2:
		err = bm_node_iv_update(node, how & 8, now);
		break;
	case 3:
		octets = take(r, 32, &len);
		err = bm_config_request(node, 0, OWN_ADDR, 0x8000u + how, octets, len, BM_US_PER_S, NULL, NULL, now);
		break;
	case 4:
		err = bm_node_proxy_solicit(node, 0, now);
		break;
	default:
		break;
	}
	if (err > 0)
		abort();
}

static void wait(struct target *t, uint8_t how)
{
	/* A quarter of a second at most, some minutes, some days. */
	static const uint64_t units[] = {4 * BM_US_PER_MS, 4 * BM_US_PER_S, 3600 * (uint64_t)BM_US_PER_S,
					 100 * BM_US_PER_MS};
	const uint64_t unit = units[how >> 6];
	bm_world_run_for(t->h.world, unit * (1 + (how & (unit > BM_US_PER_S * 60 ? 7 : 0x3f))));
}

static void step(struct target *t, struct bm_reader *r)
{
	const uint8_t kind = bm_read_u8(r);
	const uint8_t how = bm_read_u8(r);
	t->h.over_gatt = kind & 0x80;
	switch (kind & 0x0f) {
	case 0:
	case 1:
	case 2:
		say_access(t, r, how);
		break;
	case 3:
	case 4:
		say_control(t, r, how, false);
		break;
	case 5:
		say_control(t, r, how, true);
		break;
	case 6:
		say_anything(t, r, how);
		break;
	case 7:
	case 8:
		hostile_beacon(&t->h, kind & 1, how, bm_read_u8(r), (int8_t)bm_read_u8(r));
		break;
	case 9:
		say_proxy(t, r, how, BM_NET_SOLICITATION);
		break;
	case 10:
		say_proxy(t, r, how, BM_NET_PROXY_CONFIG);
		break;
	case 11:
	case 12:
		do_gatt(t, r, how);
		break;
	case 13:
		do_own(t, r, how);
		break;
	default:
		wait(t, how);
		break;
	}
	bm_world_run_for(t->h.world, 5 * BM_US_PER_MS);
}

/* A Config Node Reset took it out of its network: it can come again, at an address of its own. */
static void join_again(struct target *t)
{
	if (bm_node_is_provisioned(t->h.node))
		return;
	memset(t->sent_len, 0, sizeof t->sent_len);
	join(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bm_reader r = bm_reader_of(data, size);
	struct target *t = target_new(bm_read_u8(&r));
	for (int i = 0; i < STEPS_MAX && bm_reader_left(&r) >= 3; i++) {
		step(t, &r);
		check(t);
		join_again(t);
	}
	bm_world_run_for(t->h.world, 20 * BM_US_PER_S);
	check(t);
	join_again(t);
	const struct bm_tx tx = {.dst = BM_ADDR_ALL_NODES, .app_idx = 0, .ttl = BM_TTL_DEFAULT};
	const enum bm_err err = bm_onoff_server_status(&t->onoff, &tx, bm_world_now(t->h.world));
	/* Its key or its binding may have been taken from it. */
	if (err && err != BM_ERR_NO_KEY && err != BM_ERR_NOT_BOUND)
		abort();
	bm_world_free(t->h.world);
	free(t);
	return 0;
}
