/*
 * What the records of the keeper's node say of the network: its keys, and the IV index.
 */
#include <time.h>

#include "base/env.h"
#include "cli/network/document.h"
#include "cli/network/network.h"
#include "pdu/records.h"

#define FIRST_ADDR 0x0001u

struct telling {
	void (*each)(void *ctx, const struct bm_key_view *key);
	void *ctx;
	bool damaged;
};

static void tell_keys(const struct telling *telling, enum bm_key_kind kind, uint16_t index,
		      const struct bm_keys_record *record)
{
	for (size_t i = 0; i < BM_ARRAY_LEN(record->held); i++)
		if (record->held[i])
			telling->each(telling->ctx,
				      &(struct bm_key_view){.kind = kind,
							    .index = index,
							    .net_idx = kind == BM_KEY_NET ? index : record->net_idx,
							    .key = record->keys[i]});
}

static void tell(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct telling *telling = ctx;
	struct bm_keys_record keys = {0};
	struct bm_device_record device = {0};
	struct bm_net_record net = {0};
	enum bm_err err = BM_OK;
	switch (key->kind) {
	case BM_STORE_SUBNET:
		err = bm_record_read_subnet(octets, len, &keys);
		if (!err)
			tell_keys(telling, BM_KEY_NET, key->index, &keys);
		break;
	case BM_STORE_APP_KEY:
		err = bm_record_read_app_key(octets, len, &keys);
		if (!err)
			tell_keys(telling, BM_KEY_APP, key->index, &keys);
		break;
	case BM_STORE_DEVICE:
		err = bm_record_read_device(octets, len, &device);
		if (!err)
			telling->each(
				telling->ctx,
				&(struct bm_key_view){.kind = BM_KEY_DEV, .index = key->index, .key = device.key});
		break;
	case BM_STORE_NET:
		err = bm_record_read_net(octets, len, &net);
		if (!err)
			telling->each(telling->ctx,
				      &(struct bm_key_view){.kind = BM_KEY_DEV, .index = net.addr, .key = net.dev_key});
		break;
	default:
		break;
	}
	telling->damaged |= err != BM_OK;
	bm_wipe(&keys, sizeof keys);
	bm_wipe(&device, sizeof device);
	bm_wipe(&net, sizeof net);
}

enum bm_err bm_network_each_key(struct bm_network *network, void (*each)(void *ctx, const struct bm_key_view *key),
				void *ctx)
{
	struct telling telling = {.each = each, .ctx = ctx};
	const enum bm_err err = bm_sqlite_store_each(bm_network_store(network), 0, tell, &telling);
	return err ? err : telling.damaged ? BM_ERR_STORE : BM_OK;
}

static enum bm_err read_net(struct bm_network *network, struct bm_net_record *net)
{
	const struct bm_store_key key = {.kind = BM_STORE_NET};
	uint8_t octets[BM_RECORD_NET_LEN];
	size_t len;
	enum bm_err err = bm_sqlite_store_get(bm_network_store(network), &key, octets, sizeof octets, &len);
	if (!err)
		err = bm_record_read_net(octets, len, net);
	bm_wipe(octets, sizeof octets);
	return err;
}

uint16_t bm_network_own_addr(struct bm_network *network)
{
	struct bm_net_record net;
	const uint16_t addr = read_net(network, &net) ? FIRST_ADDR : net.addr;
	bm_wipe(&net, sizeof net);
	return addr;
}

bool bm_network_iv_index(struct bm_network *network, uint32_t *iv_index, bool *iv_update)
{
	struct bm_net_record net;
	if (read_net(network, &net))
		return false;
	*iv_index = net.iv_index;
	*iv_update = net.iv_update;
	bm_wipe(&net, sizeof net);
	return true;
}

/* Whole hours since the present state of the IV index began; 0 if that is not known or the clock went back. */
static uint16_t hours_in_state(struct bm_network *network)
{
	const json_t *own = json_object_get(bm_network_about(network), "blemesh");
	time_t since;
	if (!bm_document_time(json_string_value(json_object_get(own, "ivSince")), &since))
		return 0;
	const double hours = difftime(time(NULL), since) / 3600;
	return hours < 0 ? 0 : hours > BM_RECORD_HOURS_MAX ? (uint16_t)BM_RECORD_HOURS_MAX : (uint16_t)hours;
}

enum bm_err bm_network_count_iv_hours(struct bm_network *network)
{
	const struct bm_store_key key = {.kind = BM_STORE_NET};
	const uint16_t hours = hours_in_state(network);
	struct bm_net_record net;
	uint8_t octets[BM_RECORD_NET_LEN];
	enum bm_err err = BM_OK;
	if (read_net(network, &net))
		return BM_OK; /* there is none yet, or restoring it tells what is wrong */
	if (hours > net.iv_hours) {
		struct bm_writer w = bm_writer_of(octets, sizeof octets);
		/* A recovery began the state that is counted, if there was one. */
		if (net.recovered_hours != BM_RECORD_HOURS_NONE && net.recovered_hours < hours)
			net.recovered_hours = hours;
		net.iv_hours = hours;
		bm_record_put_net(&w, &net);
		err = bm_sqlite_store_put(bm_network_store(network), &key, octets, bm_writer_len(&w));
	}
	bm_wipe(&net, sizeof net);
	bm_wipe(octets, sizeof octets);
	return err;
}
