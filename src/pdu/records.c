/*
 * The codec of a node's records. A field that no node would write makes the record BM_ERR_PROHIBITED: it was not
 * written by this code, or not kept as it was written.
 */
#include "pdu/records.h"

#define FLAG_IV_UPDATE 0x01u
#define FLAG_IV_UNLIMITED 0x02u

#define FLAG_KEY(which) (0x01u << (which))

#define FLAG_VENDOR 0x01u

#define FLAG_PUBLISHES 0x01u
#define FLAG_FRIENDSHIP 0x02u

#define FLAG_BEACON 0x01u
#define FLAG_RELAY 0x02u
#define FLAG_PROXY 0x04u
#define FLAG_FRIEND 0x08u

#define HEARTBEAT_LOG_MAX 0x11u
#define HEARTBEAT_FOREVER 0xffu

static void begin(struct bm_writer *w)
{
	bm_put_u8(w, BM_RECORD_VERSION);
}

enum bm_err bm_record_begin(struct bm_reader *r, const uint8_t *octets, size_t len)
{
	*r = bm_reader_of(octets, len);
	const uint8_t version = bm_read_u8(r);
	if (r->failed)
		return BM_ERR_TOO_SHORT;
	return version == BM_RECORD_VERSION ? BM_OK : BM_ERR_NOT_SUPPORTED;
}

static enum bm_err finish(const struct bm_reader *r, bool valid)
{
	const enum bm_err err = bm_reader_finish(r);
	return err ? err : valid ? BM_OK : BM_ERR_PROHIBITED;
}

void bm_record_put_net(struct bm_writer *w, const struct bm_net_record *record)
{
	begin(w);
	bm_put_u8(w,
		  (uint8_t)((record->iv_update ? FLAG_IV_UPDATE : 0) | (record->iv_unlimited ? FLAG_IV_UNLIMITED : 0)));
	bm_put_be16(w, record->addr);
	bm_put_u8(w, record->elements);
	bm_put_be32(w, record->iv_index);
	bm_put_be16(w, record->iv_hours);
	bm_put_be16(w, record->recovered_hours);
	bm_put_octets(w, record->dev_key, sizeof record->dev_key);
}

enum bm_err bm_record_read_net(const uint8_t *octets, size_t len, struct bm_net_record *record)
{
	struct bm_reader r;
	*record = (struct bm_net_record){0};
	const enum bm_err err = bm_record_begin(&r, octets, len);
	if (err)
		return err;
	const uint8_t flags = bm_read_u8(&r);
	record->iv_update = flags & FLAG_IV_UPDATE;
	record->iv_unlimited = flags & FLAG_IV_UNLIMITED;
	record->addr = bm_read_be16(&r);
	record->elements = bm_read_u8(&r);
	record->iv_index = bm_read_be32(&r);
	record->iv_hours = bm_read_be16(&r);
	record->recovered_hours = bm_read_be16(&r);
	bm_read_copy(&r, record->dev_key, sizeof record->dev_key);
	return finish(&r, flags <= (FLAG_IV_UPDATE | FLAG_IV_UNLIMITED) && bm_addr_is_unicast(record->addr) &&
				  record->elements > 0 && record->addr + record->elements - 1 <= 0x7fff);
}

void bm_record_put_seq(struct bm_writer *w, const struct bm_seq_record *record)
{
	begin(w);
	bm_put_be32(w, record->reserved);
	bm_put_be32(w, record->iv_index);
}

enum bm_err bm_record_read_seq(const uint8_t *octets, size_t len, struct bm_seq_record *record)
{
	struct bm_reader r;
	*record = (struct bm_seq_record){0};
	const enum bm_err err = bm_record_begin(&r, octets, len);
	if (err)
		return err;
	record->reserved = bm_read_be32(&r);
	record->iv_index = bm_read_be32(&r);
	return finish(&r, record->reserved <= BM_RECORD_SEQ_END);
}

void bm_record_put_rpl(struct bm_writer *w, const struct bm_rpl_record *record)
{
	begin(w);
	bm_put_be32(w, record->iv_index);
	bm_put_be24(w, record->seq);
	bm_put_be32(w, record->segmented_next);
}

enum bm_err bm_record_read_rpl(const uint8_t *octets, size_t len, struct bm_rpl_record *record)
{
	struct bm_reader r;
	*record = (struct bm_rpl_record){0};
	const enum bm_err err = bm_record_begin(&r, octets, len);
	if (err)
		return err;
	record->iv_index = bm_read_be32(&r);
	record->seq = bm_read_be24(&r);
	record->segmented_next = bm_read_be32(&r);
	return finish(&r, record->segmented_next <= BM_RECORD_SEQ_END);
}

void bm_record_put_sseq(struct bm_writer *w, const struct bm_sseq_record *record)
{
	begin(w);
	bm_put_be32(w, record->next);
}

enum bm_err bm_record_read_sseq(const uint8_t *octets, size_t len, struct bm_sseq_record *record)
{
	struct bm_reader r;
	*record = (struct bm_sseq_record){0};
	const enum bm_err err = bm_record_begin(&r, octets, len);
	if (err)
		return err;
	record->next = bm_read_be32(&r);
	return finish(&r, record->next <= BM_RECORD_SEQ_END);
}

void bm_record_put_keys(struct bm_writer *w, const struct bm_keys_record *record)
{
	begin(w);
	bm_put_u8(w, record->phase);
	bm_put_be16(w, record->net_idx);
	bm_put_u8(w, (uint8_t)((record->held[0] ? FLAG_KEY(0) : 0) | (record->held[1] ? FLAG_KEY(1) : 0)));
	for (size_t k = 0; k < BM_ARRAY_LEN(record->keys); k++)
		if (record->held[k])
			bm_put_octets(w, record->keys[k], BM_KEY_LEN);
}

static enum bm_err read_keys(const uint8_t *octets, size_t len, struct bm_keys_record *record)
{
	struct bm_reader r;
	*record = (struct bm_keys_record){0};
	const enum bm_err err = bm_record_begin(&r, octets, len);
	if (err)
		return err;
	record->phase = bm_read_u8(&r);
	record->net_idx = bm_read_be16(&r);
	const uint8_t flags = bm_read_u8(&r);
	for (size_t k = 0; k < BM_ARRAY_LEN(record->keys); k++) {
		record->held[k] = flags & FLAG_KEY(k);
		if (record->held[k])
			bm_read_copy(&r, record->keys[k], BM_KEY_LEN);
	}
	return finish(&r, flags <= (FLAG_KEY(0) | FLAG_KEY(1)));
}

enum bm_err bm_record_read_subnet(const uint8_t *octets, size_t len, struct bm_keys_record *record)
{
	const enum bm_err err = read_keys(octets, len, record);
	if (err)
		return err;
	const bool fits = record->phase == 0   ? record->held[0] && !record->held[1]
			  : record->phase == 1 ? record->held[0] && record->held[1]
					       : record->held[1];
	return fits && record->phase <= 2 && record->net_idx == 0 ? BM_OK : BM_ERR_PROHIBITED;
}

enum bm_err bm_record_read_app_key(const uint8_t *octets, size_t len, struct bm_keys_record *record)
{
	const enum bm_err err = read_keys(octets, len, record);
	if (err)
		return err;
	return record->phase == 0 && record->held[0] && record->net_idx <= BM_KEY_INDEX_MAX ? BM_OK : BM_ERR_PROHIBITED;
}

void bm_record_put_device(struct bm_writer *w, const struct bm_device_record *record)
{
	begin(w);
	bm_put_u8(w, record->elements);
	bm_put_octets(w, record->key, sizeof record->key);
}

enum bm_err bm_record_read_device(const uint8_t *octets, size_t len, struct bm_device_record *record)
{
	struct bm_reader r;
	*record = (struct bm_device_record){0};
	const enum bm_err err = bm_record_begin(&r, octets, len);
	if (err)
		return err;
	record->elements = bm_read_u8(&r);
	bm_read_copy(&r, record->key, sizeof record->key);
	return finish(&r, record->elements > 0);
}

void bm_record_put_place(struct bm_writer *w, const struct bm_model_place *place)
{
	begin(w);
	bm_put_u8(w, place->element);
	bm_put_u8(w, place->id.vendor ? FLAG_VENDOR : 0);
	bm_put_be16(w, place->id.company);
	bm_put_be16(w, place->id.id);
}

enum bm_err bm_record_read_place(struct bm_reader *r, struct bm_model_place *place)
{
	place->element = bm_read_u8(r);
	const uint8_t flags = bm_read_u8(r);
	place->id = (struct bm_model_id){.vendor = flags & FLAG_VENDOR, .company = bm_read_be16(r)};
	place->id.id = bm_read_be16(r);
	if (r->failed)
		return BM_ERR_TOO_SHORT;
	return flags <= FLAG_VENDOR ? BM_OK : BM_ERR_PROHIBITED;
}

static void put_publication(struct bm_writer *w, const struct bm_publication *publication, const uint8_t *label)
{
	const bool publishes = publication->addr != BM_ADDR_UNASSIGNED;
	bm_put_u8(w, (uint8_t)((publishes ? FLAG_PUBLISHES : 0) |
			       (publishes && publication->friendship_credentials ? FLAG_FRIENDSHIP : 0)));
	if (!publishes)
		return;
	bm_put_be16(w, publication->addr);
	if (label)
		bm_put_octets(w, label, BM_UUID_LEN);
	bm_put_be16(w, publication->app_idx);
	bm_put_u8(w, publication->ttl);
	bm_put_u8(w, publication->period);
	bm_put_u8(w, publication->retransmit);
}

static bool read_publication(struct bm_reader *r, struct bm_publication *publication, const uint8_t **label)
{
	const uint8_t flags = bm_read_u8(r);
	*publication = (struct bm_publication){0};
	*label = NULL;
	if (!(flags & FLAG_PUBLISHES))
		return flags == 0;
	publication->addr = bm_read_be16(r);
	if (bm_addr_is_virtual(publication->addr))
		*label = bm_read_octets(r, BM_UUID_LEN);
	publication->app_idx = bm_read_be16(r);
	publication->friendship_credentials = flags & FLAG_FRIENDSHIP;
	publication->ttl = bm_read_u8(r);
	publication->period = bm_read_u8(r);
	publication->retransmit = bm_read_u8(r);
	return flags <= (FLAG_PUBLISHES | FLAG_FRIENDSHIP) && publication->addr != BM_ADDR_UNASSIGNED &&
	       publication->app_idx <= BM_KEY_INDEX_MAX &&
	       (publication->ttl <= BM_TTL_MAX || publication->ttl == BM_TTL_DEFAULT);
}

void bm_record_put_model(struct bm_writer *w, const struct bm_model_record *record)
{
	bm_record_put_place(w, &record->place);
	put_publication(w, &record->publication, record->label);
	bm_put_u8(w, record->binding_count);
	bm_put_u8(w, record->subscription_count);
}

void bm_record_put_subscription(struct bm_writer *w, uint16_t addr, const uint8_t *label)
{
	bm_put_be16(w, addr);
	if (label)
		bm_put_octets(w, label, BM_UUID_LEN);
}

uint16_t bm_record_next_binding(struct bm_model_record *record)
{
	return bm_read_be16(&record->bindings);
}

struct bm_subscription_record bm_record_next_subscription(struct bm_model_record *record)
{
	struct bm_subscription_record subscription = {.addr = bm_read_be16(&record->subscriptions)};
	if (bm_addr_is_virtual(subscription.addr))
		subscription.label = bm_read_octets(&record->subscriptions, BM_UUID_LEN);
	return subscription;
}

enum bm_err bm_record_read_model(const uint8_t *octets, size_t len, struct bm_model_record *record)
{
	struct bm_reader r;
	*record = (struct bm_model_record){0};
	enum bm_err err = bm_record_begin(&r, octets, len);
	if (!err)
		err = bm_record_read_place(&r, &record->place);
	if (err)
		return err;
	bool valid = read_publication(&r, &record->publication, &record->label);
	record->binding_count = bm_read_u8(&r);
	record->subscription_count = bm_read_u8(&r);
	const uint8_t *bindings = bm_read_octets(&r, 2u * record->binding_count);
	record->bindings = bm_reader_of(bindings, 2u * record->binding_count);
	record->subscriptions = r;
	/* Once through the lists: what is walked later is known to be there. */
	struct bm_model_record walk = *record;
	for (size_t i = 0; i < record->binding_count; i++)
		valid &= bm_record_next_binding(&walk) <= BM_KEY_INDEX_MAX;
	for (size_t i = 0; i < record->subscription_count; i++) {
		const uint16_t addr = bm_record_next_subscription(&walk).addr;
		valid &= (bm_addr_is_group(addr) && addr != BM_ADDR_ALL_NODES) || bm_addr_is_virtual(addr);
	}
	return finish(&walk.subscriptions, valid);
}

void bm_record_put_states(struct bm_writer *w, const struct bm_states_record *record)
{
	begin(w);
	bm_put_u8(w, (uint8_t)((record->beacon ? FLAG_BEACON : 0) | (record->relay ? FLAG_RELAY : 0) |
			       (record->gatt_proxy ? FLAG_PROXY : 0) | (record->friend_feature ? FLAG_FRIEND : 0)));
	bm_put_u8(w, record->relay_retransmit);
	bm_put_u8(w, record->network_transmit);
	bm_put_u8(w, record->default_ttl);
}

enum bm_err bm_record_read_states(const uint8_t *octets, size_t len, struct bm_states_record *record)
{
	struct bm_reader r;
	*record = (struct bm_states_record){0};
	const enum bm_err err = bm_record_begin(&r, octets, len);
	if (err)
		return err;
	const uint8_t flags = bm_read_u8(&r);
	record->beacon = flags & FLAG_BEACON;
	record->relay = flags & FLAG_RELAY;
	record->gatt_proxy = flags & FLAG_PROXY;
	record->friend_feature = flags & FLAG_FRIEND;
	record->relay_retransmit = bm_read_u8(&r);
	record->network_transmit = bm_read_u8(&r);
	record->default_ttl = bm_read_u8(&r);
	return finish(&r, flags <= (FLAG_BEACON | FLAG_RELAY | FLAG_PROXY | FLAG_FRIEND) && record->default_ttl != 1 &&
				  record->default_ttl <= BM_TTL_MAX);
}

void bm_record_put_heartbeat(struct bm_writer *w, const struct bm_heartbeat_record *record)
{
	begin(w);
	bm_put_be16(w, record->dst);
	bm_put_be16(w, record->features);
	bm_put_be16(w, record->net_idx);
	bm_put_u8(w, record->count_log);
	bm_put_u8(w, record->period_log);
	bm_put_u8(w, record->ttl);
}

enum bm_err bm_record_read_heartbeat(const uint8_t *octets, size_t len, struct bm_heartbeat_record *record)
{
	struct bm_reader r;
	*record = (struct bm_heartbeat_record){0};
	const enum bm_err err = bm_record_begin(&r, octets, len);
	if (err)
		return err;
	record->dst = bm_read_be16(&r);
	record->features = bm_read_be16(&r);
	record->net_idx = bm_read_be16(&r);
	record->count_log = bm_read_u8(&r);
	record->period_log = bm_read_u8(&r);
	record->ttl = bm_read_u8(&r);
	return finish(&r, record->dst != BM_ADDR_UNASSIGNED && !bm_addr_is_virtual(record->dst) &&
				  record->features <= 0x000f && record->net_idx <= BM_KEY_INDEX_MAX &&
				  (record->count_log <= HEARTBEAT_LOG_MAX || record->count_log == HEARTBEAT_FOREVER) &&
				  record->period_log <= HEARTBEAT_LOG_MAX && record->ttl <= BM_TTL_MAX);
}

void bm_record_put_private_beacon(struct bm_writer *w, const struct bm_private_beacon_record *record)
{
	begin(w);
	bm_put_u8(w, record->on);
	bm_put_u8(w, record->interval_steps);
}

enum bm_err bm_record_read_private_beacon(const uint8_t *octets, size_t len, struct bm_private_beacon_record *record)
{
	struct bm_reader r;
	*record = (struct bm_private_beacon_record){0};
	const enum bm_err err = bm_record_begin(&r, octets, len);
	if (err)
		return err;
	const uint8_t on = bm_read_u8(&r);
	record->on = on;
	record->interval_steps = bm_read_u8(&r);
	return finish(&r, on <= 1);
}

void bm_record_put_lpn_counter(struct bm_writer *w, uint16_t last)
{
	begin(w);
	bm_put_be16(w, last);
}

enum bm_err bm_record_read_lpn_counter(const uint8_t *octets, size_t len, uint16_t *last)
{
	struct bm_reader r;
	const enum bm_err err = bm_record_begin(&r, octets, len);
	*last = 0;
	if (err)
		return err;
	*last = bm_read_be16(&r);
	return finish(&r, true);
}
