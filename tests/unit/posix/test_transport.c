#define _GNU_SOURCE

#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
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

static void on_alarm(int signal)
{
	(void)signal;
}

/* Nobody accepts: the listener's queue is full. Signals come all the while, as a child's or a timer's do. */
static void test_a_signal_does_not_shorten_the_time_to_connect(void **state)
{
	(void)state;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	const int listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	int fillers[4];
	for (size_t i = 0; i < BM_ARRAY_LEN(fillers); i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fillers[i], (struct sockaddr *)&at, sizeof at);
	}
	char text[40];
	snprintf(text, sizeof text, "tcp:127.0.0.1:%u", ntohs(at.sin_port));
	assert_true(parse(text));
	const struct sigaction action = {.sa_handler = on_alarm};
	const struct itimerval often = {.it_interval.tv_usec = 20000, .it_value.tv_usec = 20000};
	const struct itimerval never = {0};
	struct timespec before, after;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(bm_transport_open(&transport, 300, error, sizeof error), -1);
	clock_gettime(CLOCK_MONOTONIC, &after);
	setitimer(ITIMER_REAL, &never, NULL);
	assert_true((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >= 295);
	assert_non_null(strstr(error, "timed out"));
	for (size_t i = 0; i < BM_ARRAY_LEN(fillers); i++)
		close(fillers[i]);
	close(listener);
}

static void test_a_host_is_looked_up_once(void **state)
{
	(void)state;
	assert_true(parse("tcp:127.0.0.1:1"));
	assert_int_equal(bm_transport_open(&transport, 100, error, sizeof error), -1);
	assert_true(transport.addr_count > 0);
	/* From here on the name does not matter. */
	strcpy(transport.path, "no.such.host.invalid");
	assert_int_equal(bm_transport_open(&transport, 100, error, sizeof error), -1);
	assert_non_null(strstr(error, "refused"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transports_are_parsed),
		cmocka_unit_test(test_wrong_transports_are_refused_with_a_reason),
		cmocka_unit_test(test_what_cannot_be_opened_says_why),
		cmocka_unit_test(test_a_signal_does_not_shorten_the_time_to_connect),
		cmocka_unit_test(test_a_host_is_looked_up_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
