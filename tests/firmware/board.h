/*
 * What a board would bring along.
 */
#ifndef BM_FIRMWARE_BOARD_H
#define BM_FIRMWARE_BOARD_H

#include "blemesh/node.h"

bm_time board_now(void);
/* Sleeps until something was received (true) or the instant is reached. */
bool board_wait(bm_time until, uint8_t *ad_type, uint8_t *payload, size_t *len, int8_t *rssi);
void board_random(void *ctx, uint8_t *out, size_t len);
enum bm_err board_store(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len);
/* The next record of the store, as the last start left it. */
bool board_stored(struct bm_store_key *key, const uint8_t **octets, size_t *len);
enum bm_err board_gatt_advertise(void *self, const struct bm_gatt_adv *adv, bm_time now);
enum bm_err board_gatt_send(void *self, bm_gatt_conn conn, const uint8_t *octets, size_t len, bm_time now);
void board_gatt_disconnect(void *self, bm_gatt_conn conn, bm_time now);
/* Something happened on a GATT link. */
bool board_gatt(struct bm_gatt_event *event);
void board_listen(void *self, bm_time from, bm_time until, bm_time now);
enum bm_err board_advertise(void *self, const struct bm_adv *adv, bm_time now);
void board_light(bool on);
void board_blink(uint32_t times);

#endif
