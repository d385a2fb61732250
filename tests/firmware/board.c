/*
 * The board, the C library's memory functions and the crypto port, each as little as links. Not counted.
 */
#include "board.h"

#include <string.h>

#include "crypto/port.h"

static volatile uint32_t device[8];

bm_time board_now(void)
{
	return device[0];
}

bool board_wait(bm_time until, uint8_t *ad_type, uint8_t *payload, size_t *len, int8_t *rssi)
{
	*ad_type = (uint8_t)device[1];
	*payload = (uint8_t)device[1];
	*len = 1;
	*rssi = (int8_t)until;
	return device[2] != 0;
}

void board_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, (int)device[3], len);
}

enum bm_err board_store(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)ctx, (void)key;
	device[4] = len ? octets[0] : 0;
	return BM_OK;
}

bool board_stored(struct bm_store_key *key, const uint8_t **octets, size_t *len)
{
	key->kind = (enum bm_store_kind)device[0];
	key->index = (uint16_t)device[0];
	*octets = (const uint8_t *)(uintptr_t)device[0];
	*len = device[0];
	return device[0] != 0;
}

enum bm_err board_gatt_advertise(void *self, const struct bm_gatt_adv *adv, bm_time now)
{
	(void)self;
	device[5] = adv->len + (uint32_t)now;
	return BM_OK;
}

enum bm_err board_gatt_send(void *self, bm_gatt_conn conn, const uint8_t *octets, size_t len, bm_time now)
{
	(void)self, (void)octets, (void)now;
	device[5] = conn + (uint32_t)len;
	return BM_OK;
}

void board_gatt_disconnect(void *self, bm_gatt_conn conn, bm_time now)
{
	(void)self, (void)now;
	device[5] = conn;
}

bool board_gatt(struct bm_gatt_event *event)
{
	*event = (struct bm_gatt_event){.kind = (enum bm_gatt_event_kind)device[2], .conn = (bm_gatt_conn)device[2]};
	return device[2] != 0;
}

void board_listen(void *self, bm_time from, bm_time until, bm_time now)
{
	(void)self, (void)now;
	device[5] = (uint32_t)(until - from);
}

enum bm_err board_advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	(void)self;
	device[5] = adv->payload[0] + (uint32_t)now;
	return BM_OK;
}

void board_light(bool on)
{
	device[6] = on;
}

void board_blink(uint32_t times)
{
	device[7] = times;
}

void bm_port_aes_set_key(struct bm_aes *aes, const uint8_t key[16])
{
	memcpy(aes->opaque, key, 16);
}

void bm_port_aes_block(const struct bm_aes *aes, const uint8_t in[16], uint8_t out[16])
{
	out[0] = aes->opaque[0] ^ in[0];
}

void bm_port_sha256(const uint8_t *octets, size_t len, const uint8_t *more, size_t more_len, uint8_t out[32])
{
	out[0] = (len ? octets[0] : 0) ^ (more_len ? more[0] : 0);
}

enum bm_err bm_port_p256_keygen(const struct bm_port_random *random, uint8_t private_key[32], uint8_t public_key[64])
{
	random->fill(random->ctx, private_key, 32);
	random->fill(random->ctx, public_key, 64);
	return BM_OK;
}

enum bm_err bm_port_p256_public(const struct bm_port_random *random, const uint8_t private_key[32],
				uint8_t public_key[64])
{
	random->fill(random->ctx, public_key, private_key[0]);
	return BM_OK;
}

enum bm_err bm_port_p256_shared(const struct bm_port_random *random, const uint8_t private_key[32],
				const uint8_t peer_public_key[64], uint8_t secret[32])
{
	(void)random;
	secret[0] = private_key[0] ^ peer_public_key[0];
	return BM_OK;
}

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}

void *memmove(void *to, const void *from, size_t len)
{
	if ((uintptr_t)to < (uintptr_t)from)
		return memcpy(to, from, len);
	while (len-- > 0)
		((volatile uint8_t *)to)[len] = ((const uint8_t *)from)[len];
	return to;
}

void *memset(void *to, int octet, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((volatile uint8_t *)to)[i] = (uint8_t)octet;
	return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *left = a, *right = b;
	for (size_t i = 0; i < len; i++)
		if (left[i] != right[i])
			return left[i] - right[i];
	return 0;
}

void *memchr(const void *octets, int octet, size_t len)
{
	const uint8_t *at = octets;
	for (size_t i = 0; i < len; i++)
		if (at[i] == (uint8_t)octet)
			return (void *)(uintptr_t)(at + i);
	return NULL;
}
