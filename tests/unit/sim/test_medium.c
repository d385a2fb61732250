#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/medium.h"
#include "sim/medium_state.h"

struct ear {
	int heard;
	uint8_t ad_type;
	uint8_t payload[31];
	size_t len;
	bm_time at;
	uint32_t rgb;
	int lights;
};

static void hear(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	struct ear *ear = ctx;
	(void)rssi;
	ear->heard++;
	ear->ad_type = ad_type;
	memcpy(ear->payload, payload, len);
	ear->len = len;
	ear->at = now;
}

static void see(void *ctx, const uint8_t uuid[16], uint32_t rgb, bm_time now)
{
	struct ear *ear = ctx;
	(void)uuid;
	(void)now;
	ear->lights++;
	ear->rgb = rgb;
}

static const struct bm_station_ops ops = {.receive = hear, .light = see};

struct room {
	struct bm_medium *medium;
	struct bm_station *stations[3];
	struct ear ears[3];
};

static int set_up(void **state)
{
	static struct room room;
	memset(&room, 0, sizeof room);
	room.medium = bm_medium_new(1);
	for (uint8_t i = 0; i < 3; i++) {
		const uint8_t addr[6] = {0xc0, 1, 2, 3, 4, i};
		room.stations[i] = bm_medium_join(room.medium, addr, &ops, &room.ears[i]);
	}
	*state = &room;
	return 0;
}

static int tear_down(void **state)
{
	bm_medium_free(((struct room *)*state)->medium);
	return 0;
}

static void advertise(struct room *room, int from, bm_time now)
{
	const uint8_t payload[] = {1, 2, 3};
	const struct bm_adv adv = {.ad_type = BM_AD_MESH_BEACON, .payload = payload, .len = 3, .transmissions = 1};
	const struct bm_bearer bearer = bm_station_bearer(room->stations[from]);
	assert_int_equal(bearer.ops->advertise(bearer.self, &adv, now), BM_OK);
}

static void test_medium_carries_to_all_but_the_sender(void **state)
{
	struct room *room = *state;
	advertise(room, 0, 10);
	assert_int_equal(bm_medium_deadline(room->medium), 10);
	bm_medium_run(room->medium, 10);
	assert_int_equal(room->ears[0].heard, 0);
	for (int i = 1; i < 3; i++) {
		assert_int_equal(room->ears[i].heard, 1);
		assert_int_equal(room->ears[i].ad_type, 0x2b);
		assert_int_equal(room->ears[i].len, 3);
		assert_memory_equal(room->ears[i].payload, ((const uint8_t[]){1, 2, 3}), 3);
	}
	assert_true(bm_medium_deadline(room->medium) == BM_TIME_NEVER);
}

static void test_medium_delays(void **state)
{
	struct room *room = *state;
	bm_medium_set_delay(room->medium, 500);
	advertise(room, 0, 10);
	bm_medium_run(room->medium, 10);
	assert_int_equal(room->ears[1].heard, 0);
	assert_int_equal(bm_medium_deadline(room->medium), 510);
	bm_medium_run(room->medium, 510);
	assert_int_equal(room->ears[1].heard, 1);
	assert_int_equal(room->ears[1].at, 510);
}

static void test_medium_keeps_to_its_topology(void **state)
{
	struct room *room = *state;
	bm_medium_set_link(room->medium, room->stations[0], room->stations[2], false);
	advertise(room, 0, 0);
	advertise(room, 2, 0);
	bm_medium_run(room->medium, 0);
	assert_int_equal(room->ears[1].heard, 2);
	assert_int_equal(room->ears[2].heard, 0);
	assert_int_equal(room->ears[0].heard, 0);
	bm_medium_set_link(room->medium, room->stations[2], room->stations[0], true);
	advertise(room, 0, 1);
	bm_medium_run(room->medium, 1);
	assert_int_equal(room->ears[2].heard, 1);
}

static void test_medium_loses_the_share_it_is_told_to(void **state)
{
	struct room *room = *state;
	bm_medium_set_loss(room->medium, 0.3);
	for (bm_time now = 0; now < 2000; now++) {
		advertise(room, 0, now);
		bm_medium_run(room->medium, now);
	}
	assert_in_range(room->ears[1].heard, 1300, 1500);
	assert_in_range(room->ears[2].heard, 1300, 1500);
	assert_int_not_equal(room->ears[1].heard, room->ears[2].heard);
}

struct tap {
	int frames;
	uint8_t octets[BM_FRAME_MAX];
	size_t len;
	enum bm_frame_kind kind;
};

static void tap_frame(void *ctx, const struct bm_frame *frame, bm_time now)
{
	struct tap *tap = ctx;
	(void)now;
	tap->frames++;
	tap->kind = frame->kind;
	tap->len = frame->len;
	memcpy(tap->octets, frame->octets, frame->len);
}

static void test_medium_frames_are_advertising_pdus(void **state)
{
	struct room *room = *state;
	struct tap tap = {0};
	bm_medium_set_sniffer(room->medium, tap_frame, &tap);
	advertise(room, 2, 0);
	bm_medium_run(room->medium, 0);
	const uint8_t expected[] = {0x42, 11, 2, 4, 3, 2, 1, 0xc0, 4, 0x2b, 1, 2, 3};
	assert_int_equal(tap.frames, 1);
	assert_int_equal(tap.len, sizeof expected);
	assert_memory_equal(tap.octets, expected, sizeof expected);
}

static void test_medium_light_reaches_onlookers_but_no_capture(void **state)
{
	struct room *room = *state;
	struct tap sniffed = {0};
	struct tap up = {0};
	bm_medium_set_sniffer(room->medium, tap_frame, &sniffed);
	bm_medium_set_uplink(room->medium, tap_frame, &up);
	const uint8_t uuid[16] = {0xdd};
	bm_station_light(room->stations[0], uuid, 0x007f00, 0);
	bm_medium_run(room->medium, 0);
	assert_int_equal(room->ears[1].lights, 1);
	assert_int_equal(room->ears[1].rgb, 0x007f00);
	assert_int_equal(sniffed.frames, 0);
	assert_int_equal(up.frames, 1);
	assert_int_equal(up.kind, BM_FRAME_LIGHT);
}

static void test_medium_refuses_malformed_frames_from_outside(void **state)
{
	struct room *room = *state;
	uint8_t octets[BM_FRAME_MAX] = {0x42, 11, 2, 4, 3, 2, 1, 0xc0, 4, 0x2b, 1, 2, 3};
	for (size_t len = 0; len <= sizeof octets; len++) {
		const struct bm_frame frame = {.kind = BM_FRAME_ADV, .octets = octets, .len = len};
		assert_int_equal(bm_medium_inject(room->medium, &frame, 0), len == 13);
		const struct bm_frame light = {.kind = BM_FRAME_LIGHT, .octets = octets, .len = len};
		assert_int_equal(bm_medium_inject(room->medium, &light, 0), len == BM_FRAME_LIGHT_LEN);
	}
	bm_medium_run(room->medium, 0);
	assert_int_equal(room->ears[0].heard, 1);
	/* AD structures that reach past the end are not read. */
	octets[8] = 5;
	const struct bm_frame frame = {.kind = BM_FRAME_ADV, .octets = octets, .len = 13};
	assert_true(bm_medium_inject(room->medium, &frame, 0));
	bm_medium_run(room->medium, 0);
	assert_int_equal(room->ears[0].heard, 1);
}

static void note_conn(void *ctx, const struct bm_gatt_event *event, bm_time now)
{
	(void)now;
	if (event->kind == BM_GATT_CONNECTED)
		*(int *)ctx = event->conn;
}

static void connect_to_0(struct bm_medium *medium, struct bm_station *lamp, struct bm_station *phone, bm_time now)
{
	const struct bm_bearer server = bm_station_bearer(lamp), client = bm_station_bearer(phone);
	const struct bm_gatt_adv adv = {
		.service = BM_GATT_PROXY, .data = (const uint8_t[]){0}, .len = 1, .interval_us = 100000};
	const struct bm_gatt_peer peer = {.addr = {0xc0, 1, 2, 3, 5, 0}, .random = true};
	assert_int_equal(server.ops->gatt_advertise(server.self, &adv, now), BM_OK);
	assert_int_equal(client.ops->gatt_connect(client.self, &peer, BM_GATT_PROXY, now), BM_OK);
	for (bm_time at = now; at <= now + 100 * BM_US_PER_MS; at = bm_medium_deadline(medium))
		bm_medium_run(medium, at);
}

static void test_medium_gives_no_connection_the_number_of_a_live_one(void **state)
{
	static const struct bm_station_ops gatt = {.gatt = note_conn};
	struct room *room = *state;
	int served = -1, connected = -1;
	struct bm_station *lamp = bm_medium_join(room->medium, (const uint8_t[]){0xc0, 1, 2, 3, 5, 0}, &gatt, &served);
	struct bm_station *phone = bm_medium_join(room->medium, (const uint8_t[]){0xc0, 1, 2, 3, 5, 1}, &gatt,
						  &connected);
	connect_to_0(room->medium, lamp, phone, 0);
	const int first[] = {served, connected};
	assert_true(served >= 0 && connected >= 0);
	/* As after 65535 more, which have all ended. */
	lamp->last_conn = (bm_gatt_conn)(served - 1);
	phone->last_conn = (bm_gatt_conn)(connected - 1);
	connect_to_0(room->medium, lamp, phone, BM_US_PER_S);
	assert_int_not_equal(served, first[0]);
	assert_int_not_equal(connected, first[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_medium_carries_to_all_but_the_sender, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_medium_delays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_medium_keeps_to_its_topology, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_medium_loses_the_share_it_is_told_to, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_medium_frames_are_advertising_pdus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_medium_light_reaches_onlookers_but_no_capture, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_medium_refuses_malformed_frames_from_outside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_medium_gives_no_connection_the_number_of_a_live_one, set_up,
						tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
