/*
 * The words of messages, models and values, over every row of the table of messages and in both directions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/sensor.h"
#include "cli/commands/options.h"
#include "cli/words/models.h"
#include "cli/words/speak.h"
#include "cli/words/times.h"
#include "cli/words/value_names.h"
#include "pdu/key_index.h"

#define ERROR_LEN 600

static const struct bm_words NOBODY = {0};

static const struct bm_message *find(const char *word)
{
	char error[ERROR_LEN] = "";
	const struct bm_message *message = bm_message_by_word(word, error, sizeof error);
	if (!message)
		fail_msg("%s", error);
	return message;
}

static void test_every_message_has_a_word_of_its_own(void **state)
{
	(void)state;
	char word[BM_WORD_MAX], long_word[2 * BM_WORD_MAX], shorter[BM_WORD_MAX];
	const struct bm_message *message;
	size_t i;
	for (i = 0; (message = bm_message_at(i)); i++) {
		bm_message_word(message, word);
		assert_ptr_equal(find(word), message);
		if (strncmp(message->name, "Generic ", 8) == 0) {
			snprintf(long_word, sizeof long_word, "generic-%s", word);
			assert_ptr_equal(find(long_word), message);
		}
		assert_ptr_equal(find(message->name), message);
		const char *end = strstr(word, "-unacknowledged");
		if (!end)
			continue;
		snprintf(shorter, sizeof shorter, "%.*s-unack", (int)(end - word), word);
		assert_ptr_equal(find(shorter), message);
	}
	assert_int_equal(i, bm_message_count());
	assert_true(i > 100);
}

/* asked and answer in hexadecimal, with their opcodes. */
static bool is_about(const char *asked, const char *answer)
{
	uint8_t octets[2][64];
	size_t len[2];
	assert_true(bm_octets_parse(asked, octets[0], 1, sizeof octets[0], &len[0]));
	assert_true(bm_octets_parse(answer, octets[1], 1, sizeof octets[1], &len[1]));
	return bm_message_is_about(octets[0], len[0], octets[1], len[1]);
}

static void test_a_status_of_another_property_is_no_answer(void **state)
{
	(void)state;
	/* Sensor Get of 0x004f, or of all; Status in both formats, of several values, of an unknown property. */
	assert_true(is_about("82314f00", "52e0092b"));
	assert_true(is_about("8231", "52e0092b"));
	assert_false(is_about("82314f00", "5200022b"));
	assert_true(is_about("82314f00", "5200022be0092b"));
	assert_true(is_about("82314f00", "52ff4f00"));
	assert_false(is_about("82314f00", "52ff5000"));
	assert_false(is_about("82314f00", "52"));
	/* Descriptor, Cadence, Setting (of a property and a setting). */
	assert_true(is_about("82304f00", "514f00000000000000"));
	assert_false(is_about("82304f00", "515000"));
	assert_false(is_about("82344f00", "575000"));
	assert_true(is_about("82344f00", "574f00"));
	assert_true(is_about("82364f000101", "5b4f000101"));
	assert_false(is_about("82364f000101", "5b4f000201"));
	/* Others are not told apart so. */
	assert_true(is_about("8201", "820400"));
}

static void test_a_wrong_word_is_told_with_what_was_meant(void **state)
{
	(void)state;
	static const struct {
		const char *typed, *meant;
	} cases[] = {{"onof-set", "onoff-set"},
		     {"onoff", "onoff-set"},
		     {"levle-get", "level-get"},
		     {"sensor", "sensor-get"},
		     {"onoff-sett", "onoff-set"}};
	char error[ERROR_LEN];
	for (size_t i = 0; i < BM_ARRAY_LEN(cases); i++) {
		assert_null(bm_message_by_word(cases[i].typed, error, sizeof error));
		assert_non_null(strstr(error, "did you mean"));
		assert_non_null(strstr(error, cases[i].meant));
	}
	assert_null(bm_message_by_word("quite-something-else", error, sizeof error));
	assert_null(strstr(error, "did you mean"));
	char endless[500];
	memset(endless, 'x', sizeof endless);
	endless[sizeof endless - 1] = '\0';
	assert_null(bm_message_by_word(endless, error, sizeof error));
	assert_null(bm_message_by_word("", error, sizeof error));
}

static void test_every_acknowledged_message_has_its_answer(void **state)
{
	(void)state;
	static const char *const verbs[] = {" Get", " Set", " Add", " Clear", " Test", " Bind", " Delete", " Reset"};
	const struct bm_message *message;
	for (size_t i = 0; (message = bm_message_at(i)); i++) {
		const struct bm_message *answer = bm_message_answer(message);
		const size_t len = strlen(message->name);
		for (size_t k = 0; k < BM_ARRAY_LEN(verbs); k++)
			if (len > strlen(verbs[k]) && strcmp(message->name + len - strlen(verbs[k]), verbs[k]) == 0 &&
			    !answer)
				fail_msg("%s has no answer", message->name);
		if (strstr(message->name, " Unacknowledged") || (strstr(message->name, " Status")))
			assert_null(answer);
	}
	assert_string_equal(bm_message_answer(find("delta-set"))->name, "Generic Level Status");
	assert_string_equal(bm_message_answer(find("health-fault-test"))->name, "Health Fault Status");
	assert_string_equal(bm_message_answer(find("sensor-get"))->name, "Sensor Status");
}

/*
 * Each field of each message, with its least and greatest values, is shown, typed as it was shown, and the same octets
 * come out.
 */
struct trip {
	const struct bm_message *message;
	unsigned round;
	uint8_t octets[64];
	char typed[32][512];
	char *values[32];
	size_t count;
	bool skip; /* has what is shown shorter than it is */
};

static bool make_value(void *ctx, const struct bm_field *field, struct bm_field_value *value)
{
	struct trip *trip = ctx;
	if (bm_field_is_number(field)) {
		const int64_t span = INT64_C(1) << field->bits;
		value->number = trip->round == 0 ? 0 : trip->round == 1 ? span - 1 : 1;
		if (field->kind == BM_FIELD_INT)
			value->number = trip->round == 0 ? -span / 2 : trip->round == 1 ? span / 2 - 1 : 1;
		if (field->kind == BM_FIELD_BOOL)
			value->number = trip->round == 1;
		if (field->kind == BM_FIELD_KEY_INDEX)
			value->number = trip->round == 1 ? BM_KEY_INDEX_MAX : 3;
		/* Steps of the least resolution, as typing chooses it. */
		if ((field->kind == BM_FIELD_TRANSITION || field->kind == BM_FIELD_PERIOD) && trip->round == 1)
			value->number = 0xc0 | 62;
		return true;
	}
	for (size_t i = 0; i < sizeof trip->octets; i++)
		trip->octets[i] = (uint8_t)(i + trip->round);
	value->octets = trip->octets;
	value->len = field->bits ? field->bits / 8u : 6;
	if (field->kind == BM_FIELD_MODEL)
		value->len = field->bits ? field->bits / 8u : trip->round ? 4 : 2;
	if (field->kind == BM_FIELD_KEY_LIST) {
		struct bm_writer w = bm_writer_of(trip->octets, sizeof trip->octets);
		bm_put_key_indexes(&w, 1, BM_KEY_INDEX_MAX);
		bm_put_le16(&w, (uint16_t)trip->round);
		value->len = 5;
	}
	if (field->kind == BM_FIELD_SENSOR_DATA)
		value->len = 0;
	return true;
}

static void type_field(void *ctx, const char *name, const char *text)
{
	struct trip *trip = ctx;
	assert_true(trip->count < BM_ARRAY_LEN(trip->typed));
	snprintf(trip->typed[trip->count], sizeof trip->typed[0], "%s=%s", name, text);
	trip->values[trip->count] = trip->typed[trip->count];
	trip->count++;
}

static void type_again(void *ctx, const struct bm_field *field, const struct bm_field_value *value)
{
	struct trip *trip = ctx;
	if (field->kind == BM_FIELD_KEY_INDEXES) {
		char text[8];
		snprintf(text, sizeof text, "%u", (unsigned)(value->number & BM_KEY_INDEX_MAX));
		type_field(trip, "net_key_index", text);
		snprintf(text, sizeof text, "%u", (unsigned)(value->number >> 12));
		type_field(trip, "app_key_index", text);
		return;
	}
	struct bm_field_shown shown = bm_field_show(&NOBODY, trip->message, field, value);
	assert_non_null(shown.text);
	assert_non_null(shown.value);
	if (field->kind == BM_FIELD_SECRET) {
		char *hex = shown.text;
		assert_null(strchr(hex, '0'));
		free(shown.text);
		shown.text = malloc(33);
		for (size_t i = 0; i < value->len; i++)
			snprintf(shown.text + 2 * i, 3, "%02x", value->octets[i]);
	}
	type_field(trip, field->name, shown.text);
	free(shown.text);
	json_decref(shown.value);
}

static void round_trip(const struct bm_message *message, unsigned round)
{
	struct trip trip = {.message = message, .round = round};
	uint8_t octets[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	char error[ERROR_LEN] = "";
	struct bm_speech speech;
	assert_int_equal(bm_message_encode(message, &w, make_value, &trip), BM_OK);
	const size_t len = bm_writer_len(&w);
	const size_t opcode_len = message->opcode < 0x80 ? 1 : 2;
	assert_int_equal(bm_message_decode(message, octets + opcode_len, len - opcode_len, type_again, &trip), BM_OK);
	if (!bm_speak(&NOBODY, message, trip.values, trip.count, 0, &speech, error, sizeof error))
		fail_msg("%s: %s", message->name, error);
	if (speech.len != len || memcmp(speech.octets, octets, len) != 0)
		fail_msg("%s (%u) comes out as something else", message->name, round);
	assert_string_equal(speech.notes, "");
	assert_int_equal(speech.opcode_len, opcode_len);
	char *line = bm_speech_line(&NOBODY, octets, len);
	assert_int_equal(strncmp(line, message->name, strlen(message->name)), 0);
	assert_null(strstr(line, "malformed"));
	free(line);
	json_t *json = bm_speech_json(&NOBODY, octets, len);
	assert_string_equal(json_string_value(json_object_get(json, "message")), message->name);
	assert_true(json_object_size(json_object_get(json, "fields")) > 0 || message->field_count == 0);
	json_decref(json);
}

static void test_every_message_reads_back_as_it_is_shown(void **state)
{
	(void)state;
	const struct bm_message *message;
	for (size_t i = 0; (message = bm_message_at(i)); i++)
		for (unsigned round = 0; round < 3; round++)
			round_trip(message, round);
}

static void speak(const char *word, const char *values, struct bm_speech *speech)
{
	char copy[400], error[ERROR_LEN] = "", *each[16];
	size_t count = 0;
	snprintf(copy, sizeof copy, "%s", values);
	for (char *save, *at = strtok_r(copy, " ", &save); at; at = strtok_r(NULL, " ", &save))
		each[count++] = at;
	if (!bm_speak(&NOBODY, find(word), each, count, 0x42, speech, error, sizeof error))
		fail_msg("%s %s: %s", word, values, error);
}

static void refused(const char *word, const char *values, const char *why)
{
	struct bm_speech speech;
	char copy[400], error[ERROR_LEN] = "", *each[16];
	size_t count = 0;
	snprintf(copy, sizeof copy, "%s", values);
	for (char *save, *at = strtok_r(copy, " ", &save); at; at = strtok_r(NULL, " ", &save))
		each[count++] = at;
	assert_false(bm_speak(&NOBODY, find(word), each, count, 0x42, &speech, error, sizeof error));
	if (!strstr(error, why))
		fail_msg("%s %s: \"%s\" does not say \"%s\"", word, values, error, why);
}

static void test_what_people_type_becomes_the_message(void **state)
{
	(void)state;
	static const struct {
		const char *word, *values, *octets;
	} cases[] = {
		{"onoff-set", "state=on transition=2s", "820201421400"},
		{"onoff-set", "on", "82020142"},
		{"onoff-set", "off delay=100ms", "820200420014"},
		{"onoff-set", "onoff=true tid=7 transition-time=10m delay=5", "82020107bc05"},
		{"generic-onoff-set-unack", "state=1 transition_time=6200",
		 "8203014"
		 "23e00"},
		{"level-set", "level=-32768",
		 "82060080"
		 "42"},
		{"level-set", "0x10", "8206100042"},
		{"delta-set", "-5", "8209fbffffff42"},
		{"onoff-get", "", "8201"},
		{"sensor-get", "present-ambient-temperature", "82314f00"},
		{"sensor-get", "0x004f", "82314f00"},
		{"sensor-get", "", "8231"},
		{"config-relay-set", "relay=on count=2 interval=20ms",
		 "80270"
		 "10a"},
		{"config-appkey-delete", "app=1", "8000001000"},
		{"config-model-app-bind", "0x0002 1 onoff-server", "803d020001000010"},
		{"config-model-app-bind", "0x0002 1 0x02e5:0x0001", "803d02000100e5020100"},
		{"config-model-publication-set",
		 "element=2 publish_address=0xc000 app=0 credential=off publish_ttl=default period=10s count=2 "
		 "interval=50ms model=onoff-server",
		 "03020000c00000ff4a020010"},
		{"config-heartbeat-publication-set", "3 forever 1 5 relay+friend 0",
		 "80390300ff0105050000"
		 "00"},
		{"health-attention-set", "5s", "800505"},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(cases); i++) {
		struct bm_speech speech;
		char hex[2 * BM_ACCESS_MAX + 1] = "";
		speak(cases[i].word, cases[i].values, &speech);
		for (size_t k = 0; k < speech.len; k++)
			snprintf(hex + 2 * k, 3, "%02x", speech.octets[k]);
		if (strcmp(hex, cases[i].octets) != 0)
			fail_msg("%s %s: %s, not %s", cases[i].word, cases[i].values, hex, cases[i].octets);
	}
}

static void test_mistakes_name_the_field_and_what_it_wants(void **state)
{
	(void)state;
	refused("onoff-set", "", "needs onoff=: off or on");
	refused("onoff-set", "onoff=2", "onoff: expected off or on, not 2");
	refused("onoff-set", "on transition=never", "transition_time: expected a time");
	refused("onoff-set", "on transition=20h", "the longest");
	refused("onoff-set", "on colour=red", "colour is no field of onoff-set (it has onoff, tid,");
	refused("onoff-set", "on onoff=off", "onoff is given twice");
	refused("onoff-set", "on 1s 5 7 9", "one value too many");
	refused("onoff-set", "on delay=3h", "delay: 3h is too long");
	refused("level-set", "level=40000", "a number from -32768 to 32767");
	refused("config-model-app-bind", "element=0x0002 app=1", "needs model_identifier=");
	refused("config-model-app-bind", "element=lamp app=1 model=onoff-server",
		"element_address: expected an address");
	refused("config-model-app-bind", "element=2 app=5000 model=onoff-server", "0 to 4095");
	refused("config-model-app-bind", "element=2 app=1 model=onoff-sever", "did you mean onoff-server");
	refused("config-sig-model-app-get", "2 0x02e5:0x0001", "vendor");
	refused("config-relay-set", "relay=on relay_retransmit=2", "more than one field");
	refused("config-netkey-add", "0 001122", "16 octets");
	refused("onoff-get", "x=1", "it has none");
}

static void test_times_are_rounded_and_it_is_told(void **state)
{
	(void)state;
	struct bm_speech speech;
	speak("onoff-set", "on transition=6.5s", &speech);
	assert_string_equal(speech.notes, "transition_time: 6.5s becomes 6.2s, the nearest there is");
	assert_int_equal(speech.octets[4], 62);
	speak("onoff-set", "on transition=6.9s delay=7ms", &speech);
	assert_int_equal(speech.octets[4], 0x40 | 7);
	assert_int_equal(speech.octets[5], 1);
	assert_non_null(strstr(speech.notes, "delay: 7ms becomes 5ms"));
	speak("config-relay-set", "on 1 interval=1ms", &speech);
	assert_int_equal(speech.octets[3] >> 3, 0);
	assert_non_null(strstr(speech.notes, "becomes 10ms"));
	speak("onoff-set", "on transition=2s", &speech);
	assert_string_equal(speech.notes, "");
}

static void line_is(const char *hex, const char *expected)
{
	uint8_t octets[64];
	size_t len = 0;
	for (; hex[2 * len]; len++) {
		const char pair[] = {hex[2 * len], hex[2 * len + 1], 0};
		octets[len] = (uint8_t)strtoul(pair, NULL, 16);
	}
	char *line = bm_speech_line(&NOBODY, octets, len);
	assert_string_equal(line, expected);
	free(line);
}

static void test_answers_are_read_in_words(void **state)
{
	(void)state;
	line_is("820401", "Generic OnOff Status: present_onoff=on");
	line_is("8204000114", "Generic OnOff Status: present_onoff=off target_onoff=on remaining_time=2s");
	line_is("8204003f", "Generic OnOff Status: present_onoff=off target_onoff=63 (malformed: 003f)");
	line_is("803e0302000100"
		"0010",
		"Config Model App Status: status=invalid-appkey-index element_address=0x0002 app_key_index=1 "
		"model_identifier=onoff-server");
	line_is("8028020a", "Config Relay Status: relay=not-supported relay_retransmit_count=2 "
			    "relay_retransmit_interval_steps=20ms");
	line_is("0500e5020105", "Health Fault Status: test_id=0 company_id=0x02e5 "
				"fault_array=battery-low-warning,supply-voltage-too-high-warning");
	line_is("52e0092b", "Sensor Status: marshalled_sensor_data=present-ambient-temperature=21.5 °C");
	line_is("804a", "Config Node Reset Status");
	line_is("c1e5020102ff", "message 0xc102e5: 0102ff");
	line_is("7f01", "no message: 7f01");
	line_is("", "no message: ");
}

static void test_a_key_is_never_shown(void **state)
{
	(void)state;
	line_is("8040000000112233445566778899aabbccddeeff", "Config NetKey Add: net_key_index=0 net_key=(a key)");
}

static void test_models_have_names_and_words(void **state)
{
	(void)state;
	char word[BM_MODEL_WORD_MAX], error[ERROR_LEN];
	struct bm_model_id id;
	for (size_t i = 0; i < bm_model_name_count; i++) {
		const struct bm_model_id sig = {.id = bm_model_names[i].id};
		bm_model_word(&sig, word);
		assert_true(bm_model_parse(word, &id, error, sizeof error));
		assert_int_equal(id.id, sig.id);
		assert_false(id.vendor);
		assert_true(i == 0 || bm_model_names[i - 1].id < sig.id);
	}
	assert_true(bm_model_parse("Generic OnOff Server", &id, error, sizeof error));
	assert_int_equal(id.id, 0x1000);
	assert_true(bm_model_parse("1000", &id, error, sizeof error) && id.id == 0x1000 && !id.vendor);
	assert_true(bm_model_parse("0x2e5:0x1", &id, error, sizeof error) && id.vendor && id.company == 0x2e5);
	bm_model_word(&id, word);
	assert_string_equal(word, "0x02e5:0x0001");
	assert_false(bm_model_parse("0x02e5:", &id, error, sizeof error));
	assert_false(bm_model_parse("0x02e5:0x0001:3", &id, error, sizeof error));
	assert_false(bm_model_parse("12345", &id, error, sizeof error));
	assert_false(bm_model_parse("onoff-servr", &id, error, sizeof error));
	assert_non_null(strstr(error, "did you mean onoff-server?"));
}

static void test_times_read_as_they_are_written(void **state)
{
	(void)state;
	static const uint64_t cases[] = {0, 5, 100, 200, 1000, 1500, 2000, 59900, 62000, 600000, 37200000};
	char text[BM_TIME_TEXT_MAX];
	uint64_t us;
	for (size_t i = 0; i < BM_ARRAY_LEN(cases); i++) {
		bm_time_text(cases[i], text);
		assert_true(bm_time_parse(text, &us));
		assert_int_equal(us, cases[i] * 1000);
	}
	assert_false(bm_time_parse("2", &us));
	assert_false(bm_time_parse("-2s", &us));
	assert_false(bm_time_parse("2 parsecs", &us));
	assert_false(bm_time_parse("", &us));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_message_has_a_word_of_its_own),
		cmocka_unit_test(test_a_wrong_word_is_told_with_what_was_meant),
		cmocka_unit_test(test_every_acknowledged_message_has_its_answer),
		cmocka_unit_test(test_every_message_reads_back_as_it_is_shown),
		cmocka_unit_test(test_what_people_type_becomes_the_message),
		cmocka_unit_test(test_mistakes_name_the_field_and_what_it_wants),
		cmocka_unit_test(test_times_are_rounded_and_it_is_told),
		cmocka_unit_test(test_answers_are_read_in_words),
		cmocka_unit_test(test_a_status_of_another_property_is_no_answer),
		cmocka_unit_test(test_a_key_is_never_shown),
		cmocka_unit_test(test_models_have_names_and_words),
		cmocka_unit_test(test_times_read_as_they_are_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
