/*
 * A link of the host with its peer played by a test: a client of the proxy service here, or a server that is connected
 * to.
 */
#ifndef SUPPORT_HOST_LINK_H
#define SUPPORT_HOST_LINK_H

#include "support/controller.h"

#include "host/att.h"

#define CID_ATT 4
#define CID_SIGNALLING 5
#define CID_SMP 6
#define DATA_IN 18 /* of the proxy service */
#define DATA_OUT 20
#define CCCD 21

static struct controller c;
static size_t from;

static inline int setup(void **state)
{
	(void)state;
	controller_init(&c);
	controller_open(&c);
	return 0;
}

static inline struct bm_bearer bearer(void)
{
	return bm_host_bearer(c.user);
}

static inline void advertise_as(enum bm_gatt_service service, const char *name)
{
	const struct bm_gatt_adv adv = {
		.service = service, .data = (const uint8_t[]){0}, .len = 1, .interval_us = 100000, .name = name};
	assert_int_equal(bearer().ops->gatt_advertise(bearer().self, &adv, c.now), BM_OK);
	controller_pass(&c, 50 * BM_US_PER_MS);
}

static inline void advertise(enum bm_gatt_service service)
{
	advertise_as(service, NULL);
}

/* A client is connected to the proxy service. */
static inline int setup_server(void **state)
{
	setup(state);
	advertise(BM_GATT_PROXY);
	controller_connected(&c, true, 0);
	from = c.sent_count;
	return 0;
}

/* We are connected to somebody's proxy service; its server is to be played. */
static inline int setup_client(void **state)
{
	setup(state);
	from = c.sent_count;
	const struct bm_gatt_peer peer = {.addr = {0xc1, 2, 3, 4, 5, 6}, .random = true};
	assert_int_equal(bearer().ops->gatt_connect(bearer().self, &peer, BM_GATT_PROXY, c.now), BM_OK);
	assert_int_equal(bearer().ops->gatt_connect(bearer().self, &peer, BM_GATT_PROXY, c.now), BM_ERR_BUSY);
	controller_settle(&c);
	controller_connected(&c, false, 0);
	return 0;
}

static inline unsigned heard(enum bm_gatt_event_kind kind)
{
	unsigned count = 0;
	for (size_t i = 0; i < c.heard_count; i++)
		count += c.heard[i].event.kind == kind;
	return count;
}

static inline const struct heard *last_heard(void)
{
	assert_true(c.heard_count > 0);
	return &c.heard[c.heard_count - 1];
}

/* The next frame the host sends is this, in channel cid. */
static inline void expect(uint16_t cid, const uint8_t *octets, size_t len)
{
	uint8_t frame[600] = {0};
	const size_t got = controller_data(&c, &from, frame);
	assert_int_equal(got, 4 + len);
	assert_int_equal(frame[0] | frame[1] << 8, len);
	assert_int_equal(frame[2] | frame[3] << 8, cid);
	assert_memory_equal(frame + 4, octets, len);
}

static inline void expect_nothing(void)
{
	uint8_t frame[600];
	assert_int_equal(controller_data(&c, &from, frame), 0);
}

#define ATT(...) controller_l2cap(&c, CID_ATT, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define EXPECT_ATT(...) expect(CID_ATT, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

#endif
