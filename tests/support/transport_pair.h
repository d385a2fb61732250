/*
 * Two stations on one air, for tests of segmentation: A (0x0001) sends what is asked of it to B (0x0010). For one test
 * program each: the stations are its own.
 */
#ifndef BM_TESTS_TRANSPORT_PAIR_H
#define BM_TESTS_TRANSPORT_PAIR_H

#include "support/transport_rig.h"

#define IV 0x12345678u

static struct station a, b;
static struct air air;
static uint8_t payload[BM_ACCESS_MAX];

static int set_up(void **state)
{
	(void)state;
	station_init(&a, NULL);
	station_init(&b, NULL);
	b.rig.random = 2;
	station_start(&a, 0x0001, 2, IV);
	station_start(&b, 0x0010, 2, IV);
	air = (struct air){.stations = {&a, &b}, .count = 2, .random = 1};
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 7 + 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	station_free(&a);
	station_free(&b);
	return 0;
}

static struct bm_transport_tx to(uint16_t dst)
{
	return (struct bm_transport_tx){
		.src = 0x0001, .dst = dst, .ttl = 5, .segmented = true, .done = station_done, .done_ctx = &a};
}

static enum bm_err send(const struct bm_transport_tx *tx, size_t len)
{
	return bm_transport_send(&a.transport, tx, payload, len);
}

#endif
