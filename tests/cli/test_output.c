/*
 * Both kinds of output, event by event.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/output.h"
#include "cli/text.h"

struct fixture {
	char *text;
	size_t len, shown;
	FILE *file;
	struct bm_output output;
};

static const uint8_t UUID[16] = {0xdd, 0xdd, 1};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->file = open_memstream(&f->text, &f->len);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	fclose(f->file);
	free(f->text);
	free(f);
	return 0;
}

/* What was written since the last time. */
static const char *written(struct fixture *f)
{
	static char copy[4096];
	fflush(f->file);
	snprintf(copy, sizeof copy, "%s", f->text + f->shown);
	f->shown = f->len;
	return copy;
}

static void event(struct fixture *f, const struct bm_board_event *e)
{
	f->output.ops->board(&f->output, "lamp", 0x7f7f00, e);
}

static void test_json_events_of_a_board(void **state)
{
	struct fixture *f = *state;
	bm_output_json(&f->output, f->file);
	event(f, &(struct bm_board_event){.kind = BM_BOARD_PRINT, .at = 1234567, .text = "a \"b\"\t\xc3\xa9"});
	assert_string_equal(written(f), "{\"t\":1.234567,\"board\":\"lamp\",\"event\":\"print\","
					"\"text\":\"a \\\"b\\\"\\t\xc3\xa9\"}\n");
	event(f, &(struct bm_board_event){.kind = BM_BOARD_LED, .at = 5, .rgb = 0x007f00});
	assert_string_equal(written(f), "{\"t\":0.000005,\"board\":\"lamp\",\"event\":\"led\",\"rgb\":\"007f00\"}\n");
	event(f, &(struct bm_board_event){.kind = BM_BOARD_PROV, .prov = BM_BOARD_COMPLETE, .addr = 2});
	assert_string_equal(written(f), "{\"t\":0.000000,\"board\":\"lamp\",\"event\":\"prov\",\"state\":\"complete\","
					"\"address\":2}\n");
	event(f, &(struct bm_board_event){.kind = BM_BOARD_PROV, .prov = BM_BOARD_OOB, .oob.number = 7});
	assert_string_equal(written(f),
			    "{\"t\":0.000000,\"board\":\"lamp\",\"event\":\"prov\",\"state\":\"oob\",\"oob\":7}\n");
	event(f, &(struct bm_board_event){.kind = BM_BOARD_EXIT, .code = 3});
	assert_string_equal(written(f), "{\"t\":0.000000,\"board\":\"lamp\",\"event\":\"exit\",\"code\":3}\n");
	event(f, &(struct bm_board_event){.kind = BM_BOARD_TYPED, .text = "x"});
	assert_string_equal(written(f), "{\"t\":0.000000,\"board\":\"lamp\",\"event\":\"typed\",\"code\":\"x\"}\n");
}

static void test_json_survives_text_that_is_no_utf8(void **state)
{
	struct fixture *f = *state;
	bm_output_json(&f->output, f->file);
	event(f, &(struct bm_board_event){.kind = BM_BOARD_PRINT, .text = "a\xff\x80z\xc3\xa9"});
	assert_string_equal(written(f), "{\"t\":0.000000,\"board\":\"lamp\",\"event\":\"print\",\"text\":"
					"\"a\xef\xbf\xbd\xef\xbf\xbdz\xc3\xa9\"}\n");
}

static void test_json_messages_are_decoded(void **state)
{
	struct fixture *f = *state;
	bm_output_json(&f->output, f->file);
	static const uint8_t SET[] = {0x82, 0x03, 0x01, 0x09};
	struct bm_trace trace = {
		.kind = BM_TRACE_ACCESS_TX, .at = 1, .octets = SET, .len = sizeof SET, .src = 3, .dst = 0xffff};
	f->output.ops->message(&f->output, "lamp", 0, &trace);
	assert_string_equal(written(f), "{\"t\":0.000001,\"board\":\"lamp\",\"event\":\"message\",\"dir\":\"tx\","
					"\"src\":3,\"dst\":65535,\"opcode\":\"Generic OnOff Set Unacknowledged\","
					"\"parameters\":{\"onoff\":1,\"tid\":9}}\n");
	static const uint8_t UNKNOWN[] = {0xc1, 0xc4, 0x02, 0xab};
	trace.kind = BM_TRACE_ACCESS_RX;
	trace.octets = UNKNOWN;
	f->output.ops->message(&f->output, "lamp", 0, &trace);
	assert_non_null(strstr(written(f), "\"dir\":\"rx\",\"src\":3,\"dst\":65535,\"opcode\":\"0xc102c4\","
					   "\"parameters\":{\"octets\":\"ab\"}}"));
}

static void test_a_key_in_a_message_is_not_shown(void **state)
{
	struct fixture *f = *state;
	uint8_t add[] = {0x00, 0x00, 0x00, 0x00, 0xde, 0xad, 0xbe, 0xef, 0xde, 0xad,
			 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xef};
	/* As it should be, and cut short. */
	for (size_t len = sizeof add; len >= 12; len -= 8) {
		const struct bm_trace trace = {.kind = BM_TRACE_ACCESS_TX, .octets = add, .len = len};
		bm_output_json(&f->output, f->file);
		f->output.ops->message(&f->output, "lamp", 0, &trace);
		const char *text = written(f);
		assert_non_null(strstr(text, "Config AppKey Add"));
		assert_null(strstr(text, "dead"));
		bm_output_human(&f->output, f->file, false, false, 10);
		f->output.ops->message(&f->output, "lamp", 0, &trace);
		text = written(f);
		assert_non_null(strstr(text, "Config AppKey Add"));
		assert_null(strstr(text, "dead"));
	}
}

static void test_json_steps_and_summary(void **state)
{
	struct fixture *f = *state;
	bm_output_json(&f->output, f->file);
	f->output.ops->step(
		&f->output,
		&(struct bm_step){
			.kind = BM_STEP_COUNTED, .device = "lamp", .uuid = UUID, .has_number = true, .number = 4});
	assert_string_equal(written(f), "{\"t\":0.000000,\"board\":\"provisioner\",\"event\":\"provision\","
					"\"step\":\"counted\",\"device\":\"lamp\","
					"\"uuid\":\"dddd0100000000000000000000000000\",\"number\":4,"
					"\"text\":\"counted 4 blinks of lamp\"}\n");
	struct bm_counters counters = {.access_tx = 3, .access_rx = 4};
	counters.drop[BM_DROP_REPLAY] = 2;
	const struct bm_summary_row rows[] = {
		{.name = "lamp", .provisioned = true, .addr = 2, .counters = &counters},
		{.name = "bare", .typed_waiting = 1},
	};
	f->output.ops->summary(&f->output, rows, 2, 1500000);
	assert_string_equal(
		written(f),
		"{\"t\":1.500000,\"board\":null,\"event\":\"summary\",\"boards\":{"
		"\"lamp\":{\"provisioned\":true,\"address\":2,\"messages\":{\"tx\":3,\"rx\":4,\"relayed\":0},"
		"\"drops\":{\"replay\":2}},"
		"\"bare\":{\"provisioned\":false,\"address\":null,\"messages\":{\"tx\":0,\"rx\":0,\"relayed\":0},"
		"\"drops\":{},\"typed_waiting\":1}}}\n");
}

static void test_human_lines_are_aligned_and_plain_without_a_terminal(void **state)
{
	struct fixture *f = *state;
	bm_output_human(&f->output, f->file, false, false, 12);
	event(f, &(struct bm_board_event){.kind = BM_BOARD_PRINT, .at = 12345678, .text = "hello"});
	assert_string_equal(written(f), "   12.345  lamp          \u25cf yellow   hello\n");
	event(f, &(struct bm_board_event){.kind = BM_BOARD_EXCEPTION, .text = "Traceback:\nValueError: x"});
	assert_string_equal(written(f), "    0.000  lamp          \u25cf yellow   Traceback:\n"
					"    0.000  lamp          \u25cf yellow   ValueError: x\n");
	f->output.ops->step(&f->output, &(struct bm_step){.kind = BM_STEP_FOUND, .device = "lamp"});
	assert_string_equal(written(f), "    0.000  provisioner              found lamp, provisions it\n");
	bm_output_status(&f->output, "waiting");
	assert_string_equal(written(f), "");
}

static void test_human_text_holds_no_surprise_for_a_terminal(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text, *plain, *coloured;
	} CASES[] = {
		{"50%\rdone\r", "50%\\rdone", "50%\\rdone"},
		{"a\tb\x1b[2J\x07\x7f", "a\tb\\x1b[2J\\a\\x7f", "a\tb\\x1b[2J\\a\\x7f"},
		{"\x1b[31mred", "\\x1b[31mred", "\x1b[31mred\x1b[0m"},
		{"\xc3\xa9\xff\xed\xa0\x80 \xc2\x9b", "\xc3\xa9\ufffd\ufffd\ufffd\ufffd \\x9b",
		 "\xc3\xa9\ufffd\ufffd\ufffd\ufffd \\x9b"},
	};
	for (size_t i = 0; i < 2 * BM_ARRAY_LEN(CASES); i++) {
		const bool colour = i % 2;
		bm_output_human(&f->output, f->file, false, colour, 4);
		event(f, &(struct bm_board_event){.kind = BM_BOARD_PRINT, .text = CASES[i / 2].text});
		char end[64];
		snprintf(end, sizeof end, "%s\n", colour ? CASES[i / 2].coloured : CASES[i / 2].plain);
		const char *text = written(f);
		assert_string_equal(text + strlen(text) - strlen(end), end);
	}
}

static void test_names_from_elsewhere_are_harmless_in_text_and_json(void **state)
{
	struct fixture *f = *state;
	static const char hostile[] = "n\x1b[2J\xc2\x9b\x7f\u202ee\u2066\u061c";
	json_t *document = json_pack("{s:s, s:o}", "a", hostile, "b", bm_text_string("\xff"));
	bm_text_say(f->file, "%s: %d\n\t%s", hostile, 5, "\u00e9\u2030\n");
	assert_string_equal(written(f), "n\\x1b[2J\\x9b\\x7f\\u202ee\\u2066\\u061c: 5\n\t\u00e9\u2030\n");
	assert_true(bm_text_json(f->file, document, JSON_COMPACT));
	const char *line = written(f);
	assert_string_equal(line, "{\"a\":\"n\\u001B[2J\\u009b\\u007f\\u202ee\\u2066\\u061c\",\"b\":\"\ufffd\"}\n");
	json_t *read = json_loads(line, 0, NULL);
	assert_true(json_equal(read, document));
	json_decref(read);
	json_decref(document);
	assert_false(bm_text_is_plain(hostile));
	assert_false(bm_text_is_plain("\xff"));
	assert_true(bm_text_is_plain("k\u00fcche \u2030"));
}

static void test_names_are_aligned_by_characters(void **state)
{
	struct fixture *f = *state;
	bm_output_human(&f->output, f->file, false, false, 12);
	f->output.ops->board(&f->output, "h\u00e9h\u00e9", 0, &(struct bm_board_event){.text = "x"});
	assert_string_equal(written(f), "    0.000  h\u00e9h\u00e9          \u25cb off      x\n");
}

static void test_the_waiting_line_does_not_wrap(void **state)
{
	struct fixture *f = *state;
	char text[200] = "";
	memset(text, 'x', sizeof text - 1);
	bm_output_human(&f->output, f->file, true, false, 4);
	bm_output_status(&f->output, text);
	assert_int_equal(strspn(strchr(written(f), 'x'), "x"), 79);
}

static void test_why_nothing_can_be_written_is_kept(void **state)
{
	struct fixture *f = *state;
	FILE *full = fopen("/dev/full", "w");
	if (!full)
		skip();
	bm_output_json(&f->output, full);
	event(f, &(struct bm_board_event){.kind = BM_BOARD_PRINT, .text = "hello"});
	bm_output_flush(&f->output);
	assert_true(f->output.broken);
	assert_int_equal(f->output.error, ENOSPC);
	fclose(full);
}

static void test_on_a_terminal_the_waiting_line_makes_room(void **state)
{
	struct fixture *f = *state;
	bm_output_human(&f->output, f->file, true, true, 4);
	bm_output_status(&f->output, "waiting");
	assert_string_equal(written(f), "\r\x1b[K\x1b[2mwaiting\x1b[0m");
	event(f, &(struct bm_board_event){.kind = BM_BOARD_PRINT, .text = "hello"});
	const char *text = written(f);
	assert_ptr_equal(strstr(text, "\r\x1b[K"), text);
	assert_non_null(strstr(text, "\x1b[38;2;127;127;0m\u25cf"));
	assert_non_null(strstr(text, "hello\n"));
}

static void test_a_broken_pipe_is_noticed(void **state)
{
	struct fixture *f = *state;
	FILE *full = fopen("/dev/full", "w");
	if (!full)
		skip();
	bm_output_json(&f->output, full);
	f->output.flush = true;
	event(f, &(struct bm_board_event){.kind = BM_BOARD_PRINT, .text = "hello"});
	assert_true(f->output.broken);
	fclose(full);
}

static void test_colours_have_names(void **state)
{
	(void)state;
	static const struct {
		uint32_t rgb;
		const char *name;
	} CASES[] = {{0, "off"},           {0x007f00, "green"},   {0x7f0000, "red"},    {0x555500, "yellow"},
		     {0xffff00, "yellow"}, {0x0000ff, "blue"},    {0xffffff, "white"},  {0x101010, "white"},
		     {0x00ffff, "cyan"},   {0xff00ff, "magenta"}, {0xff7f00, "orange"}, {0x000001, "blue"}};
	for (size_t i = 0; i < BM_ARRAY_LEN(CASES); i++)
		assert_string_equal(bm_colour_name(CASES[i].rgb), CASES[i].name);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_json_events_of_a_board),
		TEST(test_json_survives_text_that_is_no_utf8),
		TEST(test_json_messages_are_decoded),
		TEST(test_a_key_in_a_message_is_not_shown),
		TEST(test_json_steps_and_summary),
		TEST(test_human_lines_are_aligned_and_plain_without_a_terminal),
		TEST(test_human_text_holds_no_surprise_for_a_terminal),
		TEST(test_names_from_elsewhere_are_harmless_in_text_and_json),
		TEST(test_names_are_aligned_by_characters),
		TEST(test_the_waiting_line_does_not_wrap),
		TEST(test_why_nothing_can_be_written_is_kept),
		TEST(test_on_a_terminal_the_waiting_line_makes_room),
		TEST(test_a_broken_pipe_is_noticed),
		TEST(test_colours_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
