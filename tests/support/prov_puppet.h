/*
 * A puppet that plays the provisioner of one device and knows how to go on honestly, step by step: tests let it depart
 * from that where they like. Included by one file of an executable.
 */
#ifndef BM_TESTS_PROV_PUPPET_H
#define BM_TESTS_PROV_PUPPET_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/prov_pair.h"

#define PUPPET_LINK_ID 0x11223344u

static struct pair pair;
static struct pair_puppet puppet;
static struct bm_prov_exchange x; /* the puppet's own, as an honest provisioner has it */
static const uint8_t invite[] = {BM_PROV_INVITE, 0};

static inline void begin_with(const struct bm_prov_device_config *config)
{
	pair_init(&pair, 500);
	pair_set_device(&pair, config);
	puppet_init(&puppet, &pair, PAIR_PROVISIONER);
	bm_prov_device_start(&pair.device, BM_PROV_BEARER_ADV);
	pair_run(&pair, 200 * BM_US_PER_MS);
	puppet_open(&puppet, PUPPET_LINK_ID);
	assert_true(puppet.opened);
	bm_prov_exchange_init(&x, &pair.side[PAIR_PROVISIONER].env, BM_PROV_SIDE_PROVISIONER);
}

static inline void begin(void)
{
	const struct bm_prov_device_config config = pair_device_config();
	begin_with(&config);
}

static inline void exchange_invite(void)
{
	puppet_send(&puppet, invite, sizeof invite);
	assert_int_equal(puppet.pdu[0], BM_PROV_CAPABILITIES);
	bm_prov_exchange_invite(&x, invite + 1);
	bm_prov_exchange_caps(&x, puppet.pdu + 1);
}

static inline void exchange_start(uint8_t alg, uint8_t method, uint8_t action, uint8_t size)
{
	const uint8_t start[] = {BM_PROV_START, alg, 0, method, action, size};
	bm_prov_exchange_start(&x, start + 1);
	assert_int_equal(bm_prov_exchange_keygen(&x), BM_OK);
	puppet_send(&puppet, start, sizeof start);
}

static inline void send_value(uint8_t type, const uint8_t *octets, size_t len)
{
	uint8_t pdu[BM_PROV_PDU_MAX] = {type};
	memcpy(pdu + 1, octets, len);
	puppet_send(&puppet, pdu, len + 1);
}

static inline void exchange_keys(void)
{
	send_value(BM_PROV_PUBLIC_KEY, bm_prov_exchange_public_key(&x, BM_PROV_SIDE_PROVISIONER), 64);
	assert_int_equal(puppet.pdu[0], BM_PROV_PUBLIC_KEY);
	assert_int_equal(bm_prov_exchange_peer_key(&x, puppet.pdu + 1), BM_OK);
}

static inline void exchange_confirmations(void)
{
	send_value(BM_PROV_CONFIRMATION, bm_prov_exchange_confirm(&x), bm_prov_exchange_value_len(&x));
	assert_int_equal(puppet.pdu[0], BM_PROV_CONFIRMATION);
	assert_int_equal(bm_prov_exchange_peer_confirmation(&x, puppet.pdu + 1), BM_OK);
}

static inline void exchange_randoms(void)
{
	send_value(BM_PROV_RANDOM, x.random[BM_PROV_SIDE_PROVISIONER], bm_prov_exchange_value_len(&x));
	assert_int_equal(puppet.pdu[0], BM_PROV_RANDOM);
	assert_int_equal(bm_prov_exchange_peer_random(&x, puppet.pdu + 1), BM_OK);
}

static inline void encrypt_data(uint8_t out[BM_PROV_DATA_ENCRYPTED_LEN])
{
	const struct bm_prov_data data = {.addr = 0x0b0c, .net_idx = 0x567};
	struct bm_prov_session session;
	bm_prov_exchange_session(&x, &session);
	bm_prov_session_encrypt(&session, &data, out);
}

#endif
