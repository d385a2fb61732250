/*
 * The tables of keys, and trying them.
 */
#include "cli/decode/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "base/env.h"

void bm_keyring_init(struct bm_keyring *ring)
{
	*ring = (struct bm_keyring){0};
}

static void drop(void *table, size_t count, size_t size)
{
	void **entries = table;
	for (size_t i = 0; i < count; i++) {
		bm_wipe(entries[i], size);
		free(entries[i]);
	}
	free(entries);
}

void bm_keyring_wipe(struct bm_keyring *ring)
{
	drop(ring->nets, ring->net_count, sizeof **ring->nets);
	drop(ring->apps, ring->app_count, sizeof **ring->apps);
	drop(ring->devs, ring->dev_count, sizeof **ring->devs);
	drop(ring->labels, ring->label_count, sizeof **ring->labels);
	bm_wipe(ring, sizeof *ring);
}

/* The table with a new entry at its end, all zero. */
static void *extended(void *table, size_t count, size_t size)
{
	void **entries = realloc(table, (count + 1) * sizeof *entries);
	if (!entries)
		abort();
	entries[count] = calloc(1, size);
	if (!entries[count])
		abort();
	return entries;
}

void bm_ring_net_iv(struct bm_ring_net *net, uint32_t iv_index)
{
	uint8_t at = 0;
	while (at < net->iv_count && net->iv[at] != iv_index)
		at++;
	if (at == net->iv_count) {
		if (net->iv_count < BM_KEYRING_IVS)
			net->iv_count++;
		else
			at--;
	}
	memmove(net->iv + 1, net->iv, at * sizeof net->iv[0]);
	net->iv[0] = iv_index;
}

void bm_keyring_add_net(struct bm_keyring *ring, uint16_t index, const uint8_t key[BM_KEY_LEN], uint64_t iv)
{
	struct bm_ring_net *net = NULL;
	for (size_t i = 0; i < ring->net_count && !net; i++)
		if (bm_equal_constant_time(ring->nets[i]->keys.net_key, key, BM_KEY_LEN))
			net = ring->nets[i];
	if (!net) {
		ring->nets = extended(ring->nets, ring->net_count, sizeof **ring->nets);
		net = ring->nets[ring->net_count++];
		net->index = index;
		bm_net_keys_derive(&net->keys, key);
		/* MshPRT 3.9.6.3.1: P is 0x02 for the directed security credentials. */
		uint8_t encryption[16], privacy[16];
		bm_k2(key, (const uint8_t[]){0x02}, 1, &net->directed.nid, encryption, privacy);
		bm_port_aes_set_key(&net->directed.encryption, encryption);
		bm_port_aes_set_key(&net->directed.privacy, privacy);
		bm_wipe(encryption, sizeof encryption);
		bm_wipe(privacy, sizeof privacy);
	}
	if (iv != BM_IV_UNKNOWN)
		bm_ring_net_iv(net, (uint32_t)iv);
}

void bm_keyring_add_app(struct bm_keyring *ring, uint16_t index, uint16_t net_idx, const uint8_t key[BM_KEY_LEN])
{
	for (size_t i = 0; i < ring->app_count; i++)
		if (bm_equal_constant_time(ring->apps[i]->key, key, BM_KEY_LEN) && ring->apps[i]->net_idx == net_idx)
			return;
	ring->apps = extended(ring->apps, ring->app_count, sizeof **ring->apps);
	struct bm_ring_app *app = ring->apps[ring->app_count++];
	app->index = index;
	app->net_idx = net_idx;
	app->aid = bm_k4(key);
	memcpy(app->key, key, BM_KEY_LEN);
	bm_port_aes_set_key(&app->aes, key);
}

void bm_keyring_add_dev(struct bm_keyring *ring, uint16_t addr, const uint8_t key[BM_KEY_LEN])
{
	for (size_t i = 0; i < ring->dev_count; i++)
		if (ring->devs[i]->addr == addr && bm_equal_constant_time(ring->devs[i]->key, key, BM_KEY_LEN))
			return;
	ring->devs = extended(ring->devs, ring->dev_count, sizeof **ring->devs);
	struct bm_ring_dev *dev = ring->devs[ring->dev_count++];
	dev->addr = addr;
	memcpy(dev->key, key, BM_KEY_LEN);
	bm_port_aes_set_key(&dev->aes, key);
}

void bm_keyring_add_label(struct bm_keyring *ring, const uint8_t label[BM_UUID_LEN])
{
	for (size_t i = 0; i < ring->label_count; i++)
		if (memcmp(ring->labels[i]->label, label, BM_UUID_LEN) == 0)
			return;
	ring->labels = extended(ring->labels, ring->label_count, sizeof **ring->labels);
	struct bm_ring_label *added = ring->labels[ring->label_count++];
	added->addr = bm_virtual_addr(label);
	memcpy(added->label, label, BM_UUID_LEN);
}

bool bm_keyring_may_learn(struct bm_keyring *ring)
{
	if (ring->learned == BM_KEYRING_LEARNED)
		return false;
	ring->learned++;
	return true;
}

static struct bm_ring_friendship *next_friendship(struct bm_keyring *ring)
{
	struct bm_ring_friendship *friendship = &ring->friendships[ring->friendship_next];
	ring->friendship_next = (ring->friendship_next + 1) % BM_KEYRING_FRIENDSHIPS;
	bm_wipe(friendship, sizeof *friendship);
	return friendship;
}

void bm_keyring_friend_request(struct bm_keyring *ring, uint16_t net, uint16_t lpn_addr, uint16_t lpn_counter)
{
	for (size_t i = 0; i < BM_KEYRING_FRIENDSHIPS; i++) {
		const struct bm_ring_friendship *f = &ring->friendships[i];
		if (!f->established && f->lpn_addr == lpn_addr && f->lpn_counter == lpn_counter && f->net == net)
			return;
	}
	struct bm_ring_friendship *friendship = next_friendship(ring);
	friendship->net = net;
	friendship->lpn_addr = lpn_addr;
	friendship->lpn_counter = lpn_counter;
}

/* MshPRT 3.9.6.3.1: P is 0x01, both addresses, both counters. */
static void derive_friendship(struct bm_keyring *ring, struct bm_ring_friendship *f)
{
	uint8_t p[9], encryption[16], privacy[16];
	struct bm_writer w = bm_writer_of(p, sizeof p);
	bm_put_u8(&w, 0x01);
	bm_put_be16(&w, f->lpn_addr);
	bm_put_be16(&w, f->friend_addr);
	bm_put_be16(&w, f->lpn_counter);
	bm_put_be16(&w, f->friend_counter);
	bm_k2(ring->nets[f->net]->keys.net_key, p, sizeof p, &f->cred.nid, encryption, privacy);
	bm_port_aes_set_key(&f->cred.encryption, encryption);
	bm_port_aes_set_key(&f->cred.privacy, privacy);
	bm_wipe(encryption, sizeof encryption);
	bm_wipe(privacy, sizeof privacy);
	f->established = true;
}

void bm_keyring_friend_offer(struct bm_keyring *ring, uint16_t net, uint16_t lpn_addr, uint16_t friend_addr,
			     uint16_t friend_counter)
{
	/* The request that the offer answers is the latest of that node. */
	const struct bm_ring_friendship *request = NULL;
	for (size_t i = 1; i <= BM_KEYRING_FRIENDSHIPS && !request; i++) {
		const size_t at = (ring->friendship_next + BM_KEYRING_FRIENDSHIPS - i) % BM_KEYRING_FRIENDSHIPS;
		const struct bm_ring_friendship *f = &ring->friendships[at];
		if (f->lpn_addr == lpn_addr && f->net == net && !f->established)
			request = f;
	}
	if (!request)
		return;
	const uint16_t lpn_counter = request->lpn_counter;
	for (size_t i = 0; i < BM_KEYRING_FRIENDSHIPS; i++) {
		const struct bm_ring_friendship *f = &ring->friendships[i];
		if (f->established && f->lpn_addr == lpn_addr && f->friend_addr == friend_addr && f->net == net &&
		    f->lpn_counter == lpn_counter && f->friend_counter == friend_counter)
			return;
	}
	struct bm_ring_friendship *friendship = next_friendship(ring);
	friendship->net = net;
	friendship->lpn_addr = lpn_addr;
	friendship->friend_addr = friend_addr;
	friendship->lpn_counter = lpn_counter;
	friendship->friend_counter = friend_counter;
	derive_friendship(ring, friendship);
}

/* One of the ways a PDU may be opened. */
typedef enum bm_err opener(const struct bm_cred *cred, uint32_t iv_index, const uint8_t *pdu, size_t len,
			   struct bm_opened *opened);

static enum bm_err open_network(const struct bm_cred *cred, uint32_t iv_index, const uint8_t *pdu, size_t len,
				struct bm_opened *opened)
{
	return bm_net_decrypt(cred, iv_index, pdu, len, &opened->header, opened->clear, &opened->transport_len);
}

static enum bm_err open_config(const struct bm_cred *cred, uint32_t iv_index, const uint8_t *pdu, size_t len,
			       struct bm_opened *opened)
{
	return bm_net_decrypt_proxy(BM_NET_PROXY_CONFIG, cred, iv_index, pdu, len, &opened->header, opened->clear,
				    &opened->transport_len);
}

static enum bm_err open_solicitation(const struct bm_cred *cred, uint32_t iv_index, const uint8_t *pdu, size_t len,
				     struct bm_opened *opened)
{
	return bm_net_decrypt_proxy(BM_NET_SOLICITATION, cred, iv_index, pdu, len, &opened->header, opened->clear,
				    &opened->transport_len);
}

static bool try_iv(opener *open, const struct bm_cred *cred, uint32_t iv_index, const uint8_t *pdu, size_t len,
		   struct bm_opened *opened, enum bm_err *err)
{
	if ((iv_index & 1) != pdu[0] >> 7)
		return false;
	*err = open(cred, iv_index, pdu, len, opened);
	opened->iv_index = iv_index;
	return *err != BM_ERR_AUTH;
}

/* MshPRT 3.11.5: a PDU is under the IV index in use, or the one before; a listener may also have missed an update. */
static bool try_cred(const struct bm_keyring *ring, const struct bm_ring_net *net, opener *open,
		     const struct bm_cred *cred, const uint8_t *pdu, size_t len, struct bm_opened *opened,
		     enum bm_err *err)
{
	if (cred->nid != (pdu[0] & 0x7f))
		return false;
	if (*err == BM_ERR_NO_KEY)
		*err = BM_ERR_AUTH;
	if (open == open_solicitation)
		return try_iv(open, cred, 0, pdu, len, opened, err);
	const size_t count = net->iv_count ? net->iv_count : 1;
	for (size_t i = 0; i < count; i++) {
		const uint32_t iv = net->iv_count ? net->iv[i] : ring->iv_index;
		if (try_iv(open, cred, iv, pdu, len, opened, err) ||
		    (iv > 0 && try_iv(open, cred, iv - 1, pdu, len, opened, err)) ||
		    (iv < UINT32_MAX && try_iv(open, cred, iv + 1, pdu, len, opened, err)))
			return true;
	}
	return false;
}

static enum bm_err open_with_any(const struct bm_keyring *ring, opener *open, const uint8_t *pdu, size_t len,
				 struct bm_opened *opened)
{
	enum bm_err err = BM_ERR_NO_KEY;
	*opened = (struct bm_opened){0};
	if (len < BM_NET_PDU_MIN)
		return BM_ERR_TOO_SHORT;
	for (size_t n = 0; n < ring->net_count; n++) {
		const struct bm_ring_net *net = ring->nets[n];
		opened->net = (uint16_t)n;
		opened->cred = BM_CRED_FLOODING;
		if (try_cred(ring, net, open, &net->keys.flooding, pdu, len, opened, &err))
			return err;
		if (open != open_network)
			continue;
		opened->cred = BM_CRED_DIRECTED;
		if (try_cred(ring, net, open, &net->directed, pdu, len, opened, &err))
			return err;
	}
	opened->cred = BM_CRED_FRIENDSHIP;
	for (size_t i = 0; open == open_network && i < BM_KEYRING_FRIENDSHIPS; i++) {
		const struct bm_ring_friendship *f = &ring->friendships[i];
		opened->net = f->net;
		if (f->established && try_cred(ring, ring->nets[f->net], open, &f->cred, pdu, len, opened, &err))
			return err;
	}
	return err;
}

enum bm_err bm_keyring_open(const struct bm_keyring *ring, const uint8_t *pdu, size_t len, struct bm_opened *opened)
{
	return open_with_any(ring, open_network, pdu, len, opened);
}

enum bm_err bm_keyring_open_proxy(const struct bm_keyring *ring, enum bm_net_kind kind, const uint8_t *pdu, size_t len,
				  struct bm_opened *opened)
{
	return open_with_any(ring, kind == BM_NET_SOLICITATION ? open_solicitation : open_config, pdu, len, opened);
}
