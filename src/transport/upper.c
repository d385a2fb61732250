/*
 * The upper transport layer (MshPRT 3.6): which key, which nonce, which label; and what is opened with them goes up
 * once the replay list has taken note.
 */
#include <string.h>

#include "transport/transport_state.h"

static void nonce_for(uint8_t nonce[13], bool akf, bool aszmic, uint32_t seq, uint16_t src, uint16_t dst,
		      uint32_t iv_index)
{
	if (akf)
		bm_nonce_application(nonce, aszmic, seq, src, dst, iv_index);
	else
		bm_nonce_device(nonce, aszmic, seq, src, dst, iv_index);
}

static enum bm_err choose_app_key(struct bm_transport *transport, uint16_t app_idx, struct bm_upper_key *key)
{
	const struct bm_app_key *held = bm_app_key_find(&transport->app_keys, app_idx);
	if (!held)
		return BM_ERR_NO_KEY;
	const struct bm_subnet *subnet = bm_net_subnet(transport->net, held->net_idx);
	if (!subnet)
		return BM_ERR_NO_KEY;
	/* MshPRT 3.11.4: from Phase 2 on the new keys are sent with. */
	const bool fresh = (subnet->phase == 2 && held->values[1].valid) || !held->values[0].valid;
	const struct bm_app_key_value *value = &held->values[fresh];
	if (!value->valid)
		return BM_ERR_NO_KEY;
	key->aes = &value->aes;
	key->akf = true;
	key->aid = value->aid;
	key->net_idx = held->net_idx;
	return BM_OK;
}

enum bm_err bm_upper_key_choose(struct bm_transport *transport, const struct bm_transport_tx *tx,
				struct bm_upper_key *key)
{
	struct bm_dev_keys *dev_keys = &transport->dev_keys;
	if (tx->app_idx != BM_APP_IDX_DEV_LOCAL && tx->app_idx != BM_APP_IDX_DEV_REMOTE)
		return choose_app_key(transport, tx->app_idx, key);
	/* MshPRT 3.7.3.2: messages under a device key go to unicast addresses. */
	if (!bm_addr_is_unicast(tx->dst))
		return BM_ERR_INVALID;
	if (!bm_net_subnet(transport->net, tx->net_idx))
		return BM_ERR_NO_KEY;
	key->akf = false;
	key->aid = 0;
	key->net_idx = tx->net_idx;
	/* A node that configures itself finds its own key where it would look for the peer's. */
	if (tx->app_idx == BM_APP_IDX_DEV_LOCAL || bm_net_is_own(transport->net, tx->dst)) {
		key->aes = &dev_keys->own_aes;
		return dev_keys->own_valid ? BM_OK : BM_ERR_NO_KEY;
	}
	const struct bm_dev_key *remote = BM_DEV_KEYS_REMOTE ? bm_dev_key_of(dev_keys, tx->dst) : NULL;
	if (!remote)
		return BM_ERR_NO_KEY;
	bm_port_aes_set_key(&key->remote, remote->key);
	key->aes = &key->remote;
	return BM_OK;
}

void bm_upper_key_wipe(struct bm_upper_key *key)
{
	if (BM_DEV_KEYS_REMOTE && key->aes == &key->remote)
		bm_wipe(&key->remote, sizeof key->remote);
	key->aes = NULL;
}

void bm_upper_encrypt(const struct bm_upper_key *key, const struct bm_transport_tx *tx, bool aszmic, uint32_t seq,
		      uint32_t iv_index, const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t nonce[13];
	nonce_for(nonce, key->akf, aszmic, seq, tx->src, tx->dst, iv_index);
	/* MshPRT 3.9.7.1: the Label UUID is what a virtual address stands for. */
	const bool labelled = bm_addr_is_virtual(tx->dst);
	bm_ccm_encrypt(key->aes, nonce, labelled ? tx->label : NULL, labelled ? BM_UUID_LEN : 0, in, len, out,
		       aszmic ? 8 : 4);
}

/* What is being opened: the nonce depends on the kind of key alone. */
struct opening {
	struct bm_transport *transport;
	const struct bm_upper_pdu *pdu;
	uint8_t nonce[13];
	size_t len; /* of the access payload */
	size_t mic_len;
};

static bool opens(const struct opening *o, const struct bm_aes *aes, const uint8_t *label)
{
	return bm_ccm_decrypt(aes, o->nonce, label, label ? BM_UUID_LEN : 0, o->pdu->octets, o->len,
			      o->transport->plain, o->mic_len) == BM_OK;
}

static bool opens_labelled(const struct opening *o, const struct bm_aes *aes, uint16_t dst, const uint8_t **label)
{
	*label = NULL;
	if (!bm_addr_is_virtual(dst))
		return opens(o, aes, NULL);
	/* Several labels can share one virtual address: each is tried. */
	const struct bm_labels *labels = &o->transport->labels;
	for (size_t i = 0; i < labels->capacity; i++) {
		const struct bm_label *held = &labels->table[i];
		if (!held->users || held->addr != dst || !opens(o, aes, held->uuid))
			continue;
		*label = held->uuid;
		return true;
	}
	return false;
}

static bool open_app(const struct opening *o, const struct bm_net_rx *rx, struct bm_transport_rx *up)
{
	const struct bm_app_keys *keys = &o->transport->app_keys;
	for (size_t i = 0; i < keys->capacity; i++) {
		const struct bm_app_key *key = &keys->table[i];
		if (!key->used || key->net_idx != rx->net_idx)
			continue;
		for (size_t k = 0; k < BM_ARRAY_LEN(key->values); k++) {
			const struct bm_app_key_value *value = &key->values[k];
			if (!value->valid || value->aid != o->pdu->aid ||
			    !opens_labelled(o, &value->aes, rx->dst, &up->label))
				continue;
			up->app_idx = key->app_idx;
			return true;
		}
	}
	return false;
}

/* To us under our own key: somebody configures us. Under the sender's key: a node that we configure answers. */
static bool open_dev(const struct opening *o, const struct bm_net_rx *rx, struct bm_transport_rx *up)
{
	const struct bm_dev_keys *keys = &o->transport->dev_keys;
	if (!bm_addr_is_unicast(rx->dst) || o->pdu->aid != 0)
		return false;
	if (keys->own_valid && opens(o, &keys->own_aes, NULL)) {
		up->app_idx = BM_APP_IDX_DEV_LOCAL;
		return true;
	}
	const struct bm_dev_key *remote = BM_DEV_KEYS_REMOTE ? bm_dev_key_of(keys, rx->src) : NULL;
	if (!remote)
		return false;
	struct bm_aes aes;
	bm_port_aes_set_key(&aes, remote->key);
	const bool opened = opens(o, &aes, NULL);
	bm_wipe(&aes, sizeof aes);
	up->app_idx = BM_APP_IDX_DEV_REMOTE;
	return opened;
}

/* A message of our own: under our own device key, or that of the node it goes to. */
static bool open_own_dev(const struct opening *o, const struct bm_net_rx *rx, struct bm_transport_rx *up)
{
	const struct bm_net_rx back = {.src = rx->dst, .dst = rx->dst};
	return open_dev(o, &back, up);
}

enum bm_err bm_upper_renumber(struct bm_transport *transport, const struct bm_net_rx *rx,
			      const struct bm_upper_pdu *pdu, uint32_t seq, uint32_t iv_index, uint8_t *out,
			      uint8_t *aid)
{
	struct opening o = {.transport = transport, .pdu = pdu, .mic_len = 4};
	struct bm_transport_rx up = {0};
	if (pdu->len < 1 + o.mic_len)
		return BM_ERR_TOO_SHORT;
	o.len = pdu->len - o.mic_len;
	nonce_for(o.nonce, pdu->akf, false, pdu->seq, rx->src, rx->dst, rx->iv_index);
	if (!(pdu->akf ? open_app(&o, rx, &up) : open_own_dev(&o, rx, &up)))
		return BM_ERR_NO_KEY;
	const struct bm_transport_tx tx = {
		.src = rx->src, .dst = rx->dst, .label = up.label, .net_idx = rx->net_idx, .app_idx = up.app_idx};
	struct bm_upper_key key;
	const enum bm_err err = bm_upper_key_choose(transport, &tx, &key);
	if (!err) {
		bm_upper_encrypt(&key, &tx, false, seq, iv_index, transport->plain, o.len, out);
		*aid = key.aid;
		bm_upper_key_wipe(&key);
	}
	bm_wipe(transport->plain, o.len);
	return err;
}

/* What the layers above are told of a message. */
static struct bm_transport_rx up_of(const struct bm_net_rx *rx, bool segmented, uint32_t seq)
{
	return (struct bm_transport_rx){.src = rx->src,
					.dst = rx->dst,
					.net_idx = rx->net_idx,
					.ttl = rx->ttl,
					.rssi = rx->rssi,
					.segmented = segmented,
					.cred = rx->cred,
					.new_key = rx->new_key,
					.seq = seq,
					.iv_index = rx->iv_index};
}

void bm_upper_receive(struct bm_transport *transport, const struct bm_net_rx *rx, const struct bm_upper_pdu *pdu)
{
	struct opening o = {.transport = transport, .pdu = pdu, .mic_len = pdu->aszmic ? 8 : 4};
	if (pdu->len < 1 + o.mic_len) {
		bm_env_drop(transport->env, BM_DROP_MALFORMED, pdu->octets, pdu->len);
		return;
	}
	o.len = pdu->len - o.mic_len;
	nonce_for(o.nonce, pdu->akf, pdu->aszmic, pdu->seq, rx->src, rx->dst, rx->iv_index);
	struct bm_transport_rx up = up_of(rx, pdu->segmented, pdu->seq);
	if (!(pdu->akf ? open_app(&o, rx, &up) : open_dev(&o, rx, &up))) {
		bm_env_drop(transport->env, BM_DROP_NO_KEY, pdu->octets, pdu->len);
		return;
	}
	if (bm_transport_admit(transport, rx, pdu->segmented, pdu->seq))
		transport->upper.access(transport->upper.ctx, &up, transport->plain, o.len);
}

void bm_upper_receive_control(struct bm_transport *transport, const struct bm_net_rx *rx, uint8_t opcode,
			      bool segmented, uint32_t seq, const uint8_t *params, size_t len)
{
	const struct bm_transport_rx up = up_of(rx, segmented, seq);
	const bool heartbeat = opcode == BM_CTL_HEARTBEAT && !segmented;
	if (!heartbeat && !transport->upper.control) {
		bm_env_drop(transport->env, BM_DROP_UNKNOWN_TYPE, params, len);
		return;
	}
	if (!bm_transport_admit(transport, rx, segmented, seq))
		return;
	if (heartbeat)
		bm_heartbeat_receive(transport, &up, params, len);
	else if (!transport->upper.control(transport->upper.ctx, &up, opcode, params, len))
		bm_env_drop(transport->env, BM_DROP_UNKNOWN_TYPE, params, len);
}
