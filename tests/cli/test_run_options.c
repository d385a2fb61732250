/*
 * The command line of `blemesh run`: what it takes, and the one line for what it does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/run_options.h"

static char dir[] = "/tmp/bm-options-test-XXXXXX";

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/bm-options-test-XXXXXX");
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return -1;
	static const char *const FILES[] = {"lamp.py", "switch.py", "provisioner.py", "noext"};
	for (size_t i = 0; i < BM_ARRAY_LEN(FILES); i++)
		fclose(fopen(FILES[i], "w"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	char command[64];
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command);
}

static struct bm_run_options options;
static char error[256];

/* The words of a command line, separated by blanks. */
static bool parse(const char *line)
{
	static char words[512];
	char *argv[32];
	int argc = 0;
	snprintf(words, sizeof words, "run %s", line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	error[0] = 0;
	bm_run_options_free(&options);
	return bm_run_options_parse(&options, argc, argv, error, sizeof error);
}

static void test_durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t us;
	} GOOD[] = {{"500ms", 500000}, {"40s", 40000000},  {"10m", 600000000}, {"1.5s", 1500000},
		    {"0s", 0},         {"2h", 7200000000}, {"7us", 7}};
	static const char *const BAD[] = {"",    "5",    "s",    "-1s",   "1 s", "1d",  "1s2", "0x10s",
					  "inf", "nans", "1e3s", "1..5s", ".s",  " 1s", "+1s", "99999999999999999h"};
	uint64_t us;
	for (size_t i = 0; i < BM_ARRAY_LEN(GOOD); i++) {
		assert_true(bm_duration_parse(GOOD[i].text, &us));
		assert_true(us == GOOD[i].us);
	}
	for (size_t i = 0; i < BM_ARRAY_LEN(BAD); i++)
		assert_false(bm_duration_parse(BAD[i], &us));
}

static void test_boards_are_named_after_their_scripts(void **state)
{
	(void)state;
	assert_true(parse("lamp.py*2 ./switch.py lamp.py noext provisioner.py"));
	static const char *const NAMES[] = {"lamp", "lamp-2", "switch", "lamp-3", "noext", "provisioner-2"};
	assert_int_equal(options.board_count, BM_ARRAY_LEN(NAMES));
	for (size_t i = 0; i < options.board_count; i++)
		assert_string_equal(options.boards[i].name, NAMES[i]);
	assert_string_equal(options.boards[1].script, "lamp.py");
	assert_string_equal(options.boards[2].script, "./switch.py");
}

static void test_all_options(void **state)
{
	(void)state;
	assert_true(parse("--virtual --for 90s --seed 18446744073709551615 --loss 0.25 --delay 50 --pcap a.pcapng "
			  "--keys k --trace --json --no-provision lamp.py"));
	assert_true(options.virtual_time && options.seeded && options.trace && options.json && options.no_provision);
	assert_true(options.for_us == 90 * BM_US_PER_S);
	assert_true(options.seed == UINT64_MAX);
	assert_true(options.loss == 0.25);
	assert_int_equal(options.delay_us, 50000);
	assert_string_equal(options.pcap, "a.pcapng");
	assert_string_equal(options.keys, "k");
	assert_true(parse("lamp.py --air room-1 --delay=20ms"));
	assert_string_equal(options.air, "room-1");
	assert_int_equal(options.delay_us, 20000);
	assert_true(parse("--air room"));
	assert_int_equal(options.board_count, 0);
	assert_true(parse("--seed 5 --insecure-seed lamp.py"));
}

static void test_the_radio_is_the_air_or_a_controller_and_has_a_default(void **state)
{
	(void)state;
	assert_true(parse("--radio hci0 lamp.py --pcap a.pcapng"));
	assert_string_equal(options.radio, "hci0");
	assert_null(options.air);
	assert_true(parse("--radio air:kitchen lamp.py"));
	assert_string_equal(options.air, "kitchen");
	assert_null(options.radio);
	assert_true(parse("--radio air lamp.py"));
	assert_string_equal(options.air, "default");
	setenv("BLEMESH_RADIO", "unix:/tmp/x", 1);
	assert_true(parse("lamp.py"));
	assert_string_equal(options.radio, "unix:/tmp/x");
	assert_true(parse("lamp.py --air kitchen"));
	assert_null(options.radio);
	assert_true(parse("lamp.py --virtual --for 1s"));
	assert_null(options.radio);
	setenv("BLEMESH_RADIO", "nonsense", 1);
	assert_false(parse("lamp.py"));
	assert_non_null(strstr(error, "BLEMESH_RADIO nonsense: expected air[:NAME]"));
	unsetenv("BLEMESH_RADIO");
}

static void test_a_prompt_names_a_board_of_the_run(void **state)
{
	(void)state;
	assert_true(parse("lamp.py*2 -i lamp-2"));
	assert_true(options.has_prompt);
	assert_int_equal(options.prompt_board, 1);
	assert_true(parse("lamp.py"));
	assert_false(options.has_prompt);
	static const char *const BAD[] = {"lamp.py -i lamp-2", "lamp.py -i", "lamp.py -i lamp -i lamp",
					  "--virtual --for 1s lamp.py -i lamp", "--air x -i lamp"};
	for (size_t i = 0; i < BM_ARRAY_LEN(BAD); i++)
		assert_false(parse(BAD[i]));
}

static void test_typed_code(void **state)
{
	(void)state;
	assert_true(parse("lamp.py*2 --type lamp-2@60s:a=b[1:2]@c --type lamp@ready:x --type lamp@ready+2s:y"));
	assert_int_equal(options.typed_count, 3);
	assert_int_equal(options.typed[0].board, 1);
	assert_false(options.typed[0].after_ready);
	assert_true(options.typed[0].at_us == 60 * BM_US_PER_S);
	assert_string_equal(options.typed[0].code, "a=b[1:2]@c");
	assert_true(options.typed[1].after_ready);
	assert_int_equal(options.typed[1].at_us, 0);
	assert_int_equal(options.typed[2].at_us, 2000000);
	static const char *const BAD[] = {"lamp",           "lamp@60s",      "lamp@60s:", "@60s:x",      "lamp@soon:x",
					  "lamp@ready2s:x", "lamp@ready+:x", "lamp@60:x", "nobody@60s:x"};
	for (size_t i = 0; i < BM_ARRAY_LEN(BAD); i++) {
		char line[128];
		snprintf(line, sizeof line, "lamp.py --type %s", BAD[i]);
		assert_false(parse(line));
		assert_non_null(strstr(error, BAD[i]));
	}
}

static void test_wrong_usage_gets_one_clear_line(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} CASES[] = {
		{"", "no script"},
		{"missing.py", "missing.py: No such file"},
		{"lamp.py*0", "number of boards"},
		{"lamp.py*", "number of boards"},
		{"lamp.py*-3", "number of boards"},
		{"lamp.py*99999", "number of boards"},
		{"lamp.py*1000 lamp.py*1000 lamp.py", "more than"},
		{"*3", "empty"},
		{"/tmp", "is a directory"},
		{"--bogus lamp.py", "unknown option --bogus"},
		{"-x lamp.py", "unknown option -x"},
		{"lamp.py --for", "--for needs a value"},
		{"lamp.py --for 10", "--for 10"},
		{"lamp.py --for 0s", "--for 0s"},
		{"lamp.py --trace=yes", "takes no value"},
		{"lamp.py --virtual", "needs --for"},
		{"lamp.py --virtual --for 1s --air x", "--air"},
		{"lamp.py --seed 1", "--insecure-seed"},
		{"lamp.py --seed -1 --virtual --for 1s", "--seed -1"},
		{"lamp.py --seed 1x --virtual --for 1s", "--seed 1x"},
		{"lamp.py --insecure-seed", "needs --seed"},
		{"lamp.py --loss 1.1", "--loss 1.1"},
		{"lamp.py --loss x", "--loss x"},
		{"lamp.py --loss -0.5", "--loss -0.5"},
		{"lamp.py --delay x", "--delay x"},
		{"lamp.py --delay 60001", "--delay 60001"},
		{"lamp.py --pcap=", "empty"},
		{"--no-provision --air x", "nothing to run"},
		{"lamp.py --radio usb0", "--radio usb0: expected"},
		{"lamp.py --radio tcp:host", "tcp:HOST:PORT"},
		{"lamp.py --radio hci0 --virtual --for 1s", "real time"},
		{"lamp.py --radio hci0 --air x", "do not go together"},
		{"lamp.py --radio hci0 --loss 0.1", "--loss"},
		{"lamp.py*16 --radio hci0", "16 boards are more than the 15"},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(CASES); i++) {
		if (parse(CASES[i].line))
			fail_msg("taken: %s", CASES[i].line);
		if (!strstr(error, CASES[i].says))
			fail_msg("%s: \"%s\" does not say \"%s\"", CASES[i].line, error, CASES[i].says);
		assert_null(strchr(error, '\n'));
	}
}

static void test_help_wins_over_missing_scripts(void **state)
{
	(void)state;
	assert_true(parse("--help"));
	assert_true(options.help);
}

static int group_teardown(void **state)
{
	(void)state;
	bm_run_options_free(&options);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_durations),
		TEST(test_the_radio_is_the_air_or_a_controller_and_has_a_default),
		TEST(test_boards_are_named_after_their_scripts),
		TEST(test_all_options),
		TEST(test_a_prompt_names_a_board_of_the_run),
		TEST(test_typed_code),
		TEST(test_wrong_usage_gets_one_clear_line),
		TEST(test_help_wins_over_missing_scripts),
	};
	return cmocka_run_group_tests(tests, NULL, group_teardown);
}
