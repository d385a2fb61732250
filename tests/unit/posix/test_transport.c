#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "posix/transport.h"

static struct bm_transport transport;
static char error[200];

static bool parse(const char *text)
{
	error[0] = 0;
	return bm_transport_parse(text, &transport, error, sizeof error);
}

static void test_transports_are_parsed(void **state)
{
	(void)state;
	assert_true(parse("hci0"));
	assert_int_equal(transport.kind, BM_TRANSPORT_HCI);
	assert_true(parse("hci12"));
	assert_int_equal(transport.number, 12);
	assert_true(parse("h4:/dev/ttyACM0"));
	assert_string_equal(transport.path, "/dev/ttyACM0");
	assert_int_equal(transport.baud, BM_TRANSPORT_BAUD_DEFAULT);
	assert_true(parse("h4:/dev/serial/by-id/a:b:115200"));
	assert_string_equal(transport.path, "/dev/serial/by-id/a:b");
	assert_int_equal(transport.baud, 115200);
	assert_true(parse("unix:/tmp/bt-server-le"));
	assert_string_equal(transport.path, "/tmp/bt-server-le");
	assert_true(parse("tcp:localhost:45550"));
	assert_string_equal(transport.path, "localhost");
	assert_string_equal(transport.port, "45550");
	assert_true(parse("tcp:[::1]:9"));
	assert_string_equal(transport.path, "::1");
}

static void test_wrong_transports_are_refused_with_a_reason(void **state)
{
	(void)state;
	static const char *const WRONG[] = {"",       "hci",        "hcix",        "hci0x",    "hci99999",
					    "h4:",    "h4::115200", "unix:",       "tcp:host", "tcp:host:",
					    "tcp::9", "tcp:h:0",    "tcp:h:65536", "usb0",     "h4:/dev/ttyACM0:12345"};
	for (size_t i = 0; i < BM_ARRAY_LEN(WRONG); i++) {
		assert_false(parse(WRONG[i]));
		assert_true(strlen(error) > 10);
	}
	char path[200] = "unix:/";
	memset(path + 6, 'x', 150);
	assert_false(parse(path));
}

static void check_fails(const char *text, const char *why)
{
	assert_true(parse(text));
	assert_int_equal(bm_transport_open(&transport, 100, error, sizeof error), -1);
	if (!strstr(error, why))
		fail_msg("%s: '%s' does not say '%s'", text, error, why);
	assert_null(strchr(error, '\n'));
}

static void test_what_cannot_be_opened_says_why(void **state)
{
	(void)state;
	check_fails("unix:/nonexistent/socket", "No such file");
	check_fails("h4:/dev/null", "is no serial port");
	check_fails("h4:/nonexistent/tty", "No such file");
	check_fails("tcp:127.0.0.1:1", "refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transports_are_parsed),
		cmocka_unit_test(test_wrong_transports_are_refused_with_a_reason),
		cmocka_unit_test(test_what_cannot_be_opened_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
