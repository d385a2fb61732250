/* The messages of the sample data, from the access payload to Network PDUs and back. */
#include "support/transport_rig.h"
#include "support/vectors.h"

static struct station station;

static bool is_access(const json_t *message)
{
	return json_object_get(message, "access") != NULL;
}

static const json_t *first_pdu(const json_t *message)
{
	return json_array_get(json_object_get(message, "network"), 0);
}

/* A node with all keys of the message but the device key. */
static void be(const json_t *message, uint16_t addr)
{
	station_init(&station, NULL);
	station_start(&station, addr, 1, vectors_hex(message, "iv_index"));
}

static void set_label(const json_t *access, uint8_t label[16], const uint8_t **where)
{
	*where = NULL;
	if (!json_object_get(access, "label_uuid"))
		return;
	vectors_octets(access, "label_uuid", label, 16);
	*where = label;
}

static void encode(const json_t *message)
{
	const json_t *access = json_object_get(message, "access");
	const json_t *pdu = first_pdu(message);
	const json_t *pdus = json_object_get(message, "network");
	uint8_t payload[BM_ACCESS_MAX], key[16], label[16];
	const size_t len = vectors_octets(access, "access_payload", payload, sizeof payload);
	const bool device = strcmp(json_string_value(json_object_get(access, "key_type")), "device") == 0;
	be(message, (uint16_t)vectors_hex(pdu, "src"));
	struct bm_transport_tx tx = {.src = (uint16_t)vectors_hex(pdu, "src"),
				     .dst = (uint16_t)vectors_hex(pdu, "dst"),
				     .ttl = (uint8_t)json_integer_value(json_object_get(pdu, "ttl")),
				     .long_mic = json_integer_value(json_object_get(access, "szmic")) == 1,
				     .segmented = json_object_get(message, "seg_n") != NULL,
				     .app_idx = device ? BM_APP_IDX_DEV_REMOTE : 0};
	set_label(access, label, &tx.label);
	if (device) {
		vectors_octets(access, "key", key, sizeof key);
		assert_int_equal(bm_dev_key_add(&station.transport.dev_keys, tx.dst, 1, key), BM_OK);
	}
	station.rig.net.seq = station.rig.net.seq_reserved = vectors_hex(pdu, "seq");
	assert_int_equal(bm_transport_send(&station.transport, &tx, payload, len), BM_OK);
	/* Until the last segment is out, not longer: nobody acknowledges here. */
	const size_t count = json_array_size(pdus);
	rig_run_until(&station.rig, (count - 1) * 60000u);
	assert_int_equal(station.rig.sent_count, count);
	for (size_t i = 0; i < count; i++) {
		uint8_t expected[32];
		const size_t expected_len = vectors_octets(json_array_get(pdus, i), "network_pdu", expected,
							   sizeof expected);
		assert_octets(station.rig.sent[i].octets, station.rig.sent[i].adv.len, expected, expected_len);
	}
	station_free(&station);
}

static void hear_all(const json_t *message)
{
	size_t i;
	json_t *pdu;
	json_array_foreach(json_object_get(message, "network"), i, pdu)
	{
		uint8_t octets[32];
		const size_t len = vectors_octets(pdu, "network_pdu", octets, sizeof octets);
		bm_net_receive(&station.rig.net, octets, len, 0);
	}
}

/* dev_local: the receiver's own device key; else the sender's. */
static void decode(const json_t *message, bool dev_local)
{
	const json_t *access = json_object_get(message, "access");
	const json_t *pdu = first_pdu(message);
	const uint16_t src = (uint16_t)vectors_hex(pdu, "src");
	const uint16_t dst = (uint16_t)vectors_hex(pdu, "dst");
	const bool device = strcmp(json_string_value(json_object_get(access, "key_type")), "device") == 0;
	uint8_t key[16], label[16], expected[BM_ACCESS_MAX];
	const uint8_t *where;
	be(message, bm_addr_is_unicast(dst) ? dst : 0x0100);
	station.rig.group = bm_addr_is_group(dst) ? dst : 0;
	set_label(access, label, &where);
	uint8_t slot;
	if (where)
		assert_int_equal(bm_label_take(&station.transport.labels, label, &slot), BM_OK);
	vectors_octets(access, "key", key, sizeof key);
	if (device && dev_local)
		bm_dev_keys_set_own(&station.transport.dev_keys, key);
	else if (device)
		assert_int_equal(bm_dev_key_add(&station.transport.dev_keys, src, 1, key), BM_OK);
	hear_all(message);
	assert_int_equal(station.access_count, 1);
	const struct station_message *got = &station.access[0];
	assert_octets(got->payload, got->len, expected,
		      vectors_octets(access, "access_payload", expected, sizeof expected));
	assert_int_equal(got->rx.src, src);
	assert_int_equal(got->rx.dst, dst);
	assert_int_equal(got->rx.seq, vectors_hex(pdu, "seq"));
	assert_int_equal(got->rx.app_idx, !device ? 0 : (dev_local ? BM_APP_IDX_DEV_LOCAL : BM_APP_IDX_DEV_REMOTE));
	assert_int_equal(got->rx.segmented, json_object_get(message, "seg_n") != NULL);
	assert_int_equal(got->rx.label != NULL, where != NULL);
	if (where)
		assert_memory_equal(got->rx.label, label, 16);
	station_free(&station);
}

/* Control messages under managed flooding credentials arrive as opcode and parameters, and are sent so. */
static void control(const json_t *message)
{
	const json_t *pdu = first_pdu(message);
	const uint16_t dst = (uint16_t)vectors_hex(pdu, "dst");
	uint8_t lower[16], network[32];
	const size_t len = vectors_octets(pdu, "lower_transport_pdu", lower, sizeof lower);
	const size_t network_len = vectors_octets(pdu, "network_pdu", network, sizeof network);
	be(message, bm_addr_is_unicast(dst) ? dst : 0x0100);
	station.rig.group = bm_addr_is_unicast(dst) ? 0 : dst;
	hear_all(message);
	if (lower[0] == BM_CTL_SEGMENT_ACK) {
		/* for a message that we did not send */
		assert_int_equal(rig_drops(&station.rig, BM_DROP_SEGMENT), 1);
		station_free(&station);
		return;
	}
	assert_int_equal(station.control_count, 1);
	assert_int_equal(station.control[0].opcode, lower[0]);
	assert_octets(station.control[0].payload, station.control[0].len, lower + 1, len - 1);
	station_free(&station);

	be(message, (uint16_t)vectors_hex(pdu, "src"));
	const struct bm_transport_tx tx = {.src = (uint16_t)vectors_hex(pdu, "src"),
					   .dst = dst,
					   .ttl = (uint8_t)json_integer_value(json_object_get(pdu, "ttl"))};
	station.rig.net.seq = station.rig.net.seq_reserved = vectors_hex(pdu, "seq");
	assert_int_equal(bm_transport_send_control(&station.transport, &tx, lower[0], lower + 1, len - 1), BM_OK);
	assert_octets(station.rig.sent[0].octets, station.rig.sent[0].adv.len, network, network_len);
	station_free(&station);
}

static void each(void (*visit)(const json_t *message), size_t *count)
{
	json_t *root = vectors_load("messages.json");
	const char *const lists[] = {"messages", "library_variants"};
	*count = 0;
	for (size_t l = 0; l < 2; l++) {
		size_t i;
		json_t *message;
		json_array_foreach(json_object_get(root, lists[l]), i, message)
		{
			if (strcmp(json_string_value(json_object_get(message, "credentials")), "managed_flooding") != 0)
				continue;
			visit(message);
			++*count;
		}
	}
	json_decref(root);
}

static size_t access_messages, control_messages;

static void encode_access(const json_t *message)
{
	if (!is_access(message))
		return;
	encode(message);
	access_messages++;
}

static void decode_access(const json_t *message)
{
	if (!is_access(message))
		return;
	decode(message, true);
	decode(message, false);
	access_messages++;
}

static void both_ways_control(const json_t *message)
{
	if (strcmp(json_string_value(json_object_get(message, "type")), "control_unsegmented") != 0)
		return;
	control(message);
	control_messages++;
}

static void test_every_access_message_is_sent_octet_for_octet(void **state)
{
	(void)state;
	size_t count;
	access_messages = 0;
	each(encode_access, &count);
	assert_true(access_messages >= 30);
}

static void test_every_access_message_is_received_octet_for_octet(void **state)
{
	(void)state;
	size_t count;
	access_messages = 0;
	each(decode_access, &count);
	assert_true(access_messages >= 30);
}

static void test_control_messages_go_both_ways(void **state)
{
	(void)state;
	size_t count;
	control_messages = 0;
	each(both_ways_control, &count);
	assert_true(control_messages >= 5);
}

static void test_the_obsolete_prints_are_refused(void **state)
{
	(void)state;
	json_t *root = vectors_load("messages.json");
	size_t i;
	json_t *sample;
	json_array_foreach(json_object_get(root, "obsolete_values_seen_in_older_tests"), i, sample)
	{
		uint8_t octets[32];
		const uint8_t label[16] = {0xf4, 0xa0, 0x02, 0xc7, 0xfb, 0x1e, 0x4c, 0xa0,
					   0xa4, 0x69, 0xa0, 0x21, 0xde, 0x0d, 0xb8, 0x75};
		uint8_t slot;
		const size_t len = vectors_octets(sample, "network_pdu", octets, sizeof octets);
		station_init(&station, NULL);
		station_start(&station, 0x1201, 1, 0x12345677);
		station.rig.group = 0x8105;
		assert_int_equal(bm_label_take(&station.transport.labels, label, &slot), BM_OK);
		bm_net_receive(&station.rig.net, octets, len, 0);
		assert_int_equal(station.access_count, 0);
		station_free(&station);
	}
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_access_message_is_sent_octet_for_octet),
		cmocka_unit_test(test_every_access_message_is_received_octet_for_octet),
		cmocka_unit_test(test_control_messages_go_both_ways),
		cmocka_unit_test(test_the_obsolete_prints_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
