/*
 * The virtual air between two media of one process, in a directory of the test's own.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "posix/air.h"

struct side {
	struct bm_medium *medium;
	struct bm_station *station;
	struct bm_air *air;
	unsigned heard, lights;
	uint8_t last_type;
	uint8_t last[31];
	size_t last_len;
	uint32_t rgb;
};

struct fixture {
	char root[64];
	uv_loop_t loop;
	struct side a, b;
	char error[256];
};

static const uint8_t BEACON[] = {0x03, 0x2b, 0x01, 0x77};
static const uint8_t UUID[16] = {0xdd, 0xdd, 1, 2, 3};

static bm_time no_clock(void *ctx)
{
	(void)ctx;
	return 0;
}

static void on_receive(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	struct side *side = ctx;
	(void)rssi;
	(void)now;
	side->heard++;
	side->last_type = ad_type;
	side->last_len = len;
	memcpy(side->last, payload, len);
}

static void on_light(void *ctx, const uint8_t uuid[16], uint32_t rgb, bm_time now)
{
	struct side *side = ctx;
	(void)now;
	assert_memory_equal(uuid, UUID, 16);
	side->lights++;
	side->rgb = rgb;
}

static const struct bm_station_ops OPS = {.receive = on_receive, .light = on_light};

static void side_open(struct fixture *f, struct side *side, uint8_t number)
{
	const uint8_t addr[6] = {0xc0, 0, 0, 0, 0, number};
	side->medium = bm_medium_new(number);
	side->station = bm_medium_join(side->medium, addr, &OPS, side);
	side->air = bm_air_join(side->medium, &f->loop, "test", no_clock, NULL, f->error, sizeof f->error);
}

static void side_close(struct side *side)
{
	bm_air_leave(side->air);
	side->air = NULL;
}

static void air_dir(const struct fixture *f, char *out, size_t len)
{
	snprintf(out, len, "%s/blemesh/air/test", f->root);
}

static unsigned socket_files(const struct fixture *f)
{
	char path[128];
	air_dir(f, path, sizeof path);
	DIR *dir = opendir(path);
	unsigned count = 0;
	if (!dir)
		return 0;
	for (const struct dirent *e; (e = readdir(dir));)
		count += e->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* Runs the loop for that long, and the media with it. */
static void run_ms(struct fixture *f, unsigned ms)
{
	const uint64_t end = uv_hrtime() + (uint64_t)ms * 1000000u;
	do {
		uv_run(&f->loop, UV_RUN_NOWAIT);
		if (f->a.medium)
			bm_medium_run(f->a.medium, 0);
		if (f->b.medium)
			bm_medium_run(f->b.medium, 0);
		usleep(1000);
	} while (uv_hrtime() < end);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	snprintf(f->root, sizeof f->root, "/tmp/bm-air-test-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	setenv("XDG_RUNTIME_DIR", f->root, 1);
	uv_loop_init(&f->loop);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	side_close(&f->a);
	side_close(&f->b);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	bm_medium_free(f->a.medium);
	bm_medium_free(f->b.medium);
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", f->root);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static void test_advertising_and_light_reach_the_other_process(void **state)
{
	struct fixture *f = *state;
	side_open(f, &f->a, 1);
	side_open(f, &f->b, 2);
	assert_non_null(f->a.air);
	assert_non_null(f->b.air);
	/* b found a when it joined. */
	bm_station_send(f->b.station, BEACON, sizeof BEACON, 0);
	bm_station_light(f->b.station, UUID, 0x123456, 0);
	run_ms(f, 5);
	assert_int_equal(f->a.heard, 1);
	assert_int_equal(f->a.last_type, 0x2b);
	assert_int_equal(f->a.last_len, 2);
	assert_memory_equal(f->a.last, BEACON + 2, 2);
	assert_int_equal(f->a.lights, 1);
	assert_int_equal(f->a.rgb, 0x123456);
	/* Nothing comes back to the sender. */
	assert_int_equal(f->b.heard, 0);
	assert_int_equal(bm_air_stats(f->b.air).sent, 2);
	assert_int_equal(bm_air_stats(f->a.air).received, 2);
}

static void test_a_newcomer_is_found_by_reading_the_directory_again(void **state)
{
	struct fixture *f = *state;
	side_open(f, &f->a, 1);
	side_open(f, &f->b, 2);
	bm_station_send(f->a.station, BEACON, sizeof BEACON, 0);
	assert_int_equal(bm_air_stats(f->a.air).sent, 0);
	run_ms(f, 250);
	bm_station_send(f->a.station, BEACON, sizeof BEACON, 0);
	run_ms(f, 5);
	assert_int_equal(f->b.heard, 1);
	/* Who left is no longer sent to. */
	side_close(&f->b);
	run_ms(f, 250);
	const uint64_t before = bm_air_stats(f->a.air).sent;
	bm_station_send(f->a.station, BEACON, sizeof BEACON, 0);
	assert_int_equal(bm_air_stats(f->a.air).sent, before);
	assert_int_equal(socket_files(f), 1);
}

static void test_a_newcomer_that_speaks_can_be_answered_at_once(void **state)
{
	struct fixture *f = *state;
	side_open(f, &f->a, 1);
	usleep(20000); /* the time of a directory's change is not finer than some milliseconds */
	side_open(f, &f->b, 2);
	bm_station_light(f->b.station, UUID, 0x123456, 0);
	run_ms(f, 5);
	assert_int_equal(f->a.lights, 1);
	bm_station_send(f->a.station, BEACON, sizeof BEACON, 0);
	run_ms(f, 5);
	assert_int_equal(f->b.heard, 1);
}

static void test_the_socket_of_a_dead_process_is_removed(void **state)
{
	struct fixture *f = *state;
	const pid_t pid = fork();
	if (pid == 0) {
		side_open(f, &f->b, 2);
		_exit(f->b.air ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(socket_files(f), 1);
	side_open(f, &f->a, 1);
	assert_int_equal(socket_files(f), 1);
	bm_station_send(f->a.station, BEACON, sizeof BEACON, 0);
	assert_int_equal(bm_air_stats(f->a.air).sent, 0);
}

static void test_the_directories_are_private(void **state)
{
	struct fixture *f = *state;
	side_open(f, &f->a, 1);
	char path[128];
	struct stat st;
	air_dir(f, path, sizeof path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void test_a_directory_open_to_others_is_refused(void **state)
{
	struct fixture *f = *state;
	char path[128];
	snprintf(path, sizeof path, "%s/blemesh", f->root);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 0755), 0);
	side_open(f, &f->a, 1);
	assert_null(f->a.air);
	assert_non_null(strstr(f->error, "open to other users"));
}

static void test_a_symbolic_link_is_refused(void **state)
{
	struct fixture *f = *state;
	char path[128], target[128];
	snprintf(path, sizeof path, "%s/blemesh", f->root);
	snprintf(target, sizeof target, "%s/elsewhere", f->root);
	assert_int_equal(mkdir(target, 0700), 0);
	assert_int_equal(symlink(target, path), 0);
	side_open(f, &f->a, 1);
	assert_null(f->a.air);
	assert_non_null(strstr(f->error, "not a directory"));
}

static void test_a_directory_of_another_user_is_refused(void **state)
{
	struct fixture *f = *state;
	char path[128];
	if (geteuid() != 0)
		skip();
	snprintf(path, sizeof path, "%s/blemesh", f->root);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chown(path, 12345, 12345), 0);
	side_open(f, &f->a, 1);
	assert_null(f->a.air);
	assert_non_null(strstr(f->error, "another user"));
}

static void test_names_that_could_leave_the_directory_are_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const BAD[] = {"", "..", "a/b", "a b", "0123456789012345678901234567890123"};
	for (size_t i = 0; i < BM_ARRAY_LEN(BAD); i++) {
		f->error[0] = 0;
		assert_null(bm_air_join(NULL, &f->loop, BAD[i], no_clock, NULL, f->error, sizeof f->error));
		assert_int_not_equal(f->error[0], 0);
	}
}

/* Sends octets to the only socket in the directory, from outside any air. */
static void send_raw(const struct fixture *f, const void *octets, size_t len)
{
	char path[128];
	air_dir(f, path, sizeof path);
	DIR *dir = opendir(path);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	for (const struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] != '.')
			snprintf(addr.sun_path, sizeof addr.sun_path, "%.60s/%.40s", path, e->d_name);
	closedir(dir);
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(sendto(fd, octets, len, 0, (struct sockaddr *)&addr, sizeof addr), (ssize_t)len);
	close(fd);
}

static void test_malformed_datagrams_are_counted_and_not_delivered(void **state)
{
	struct fixture *f = *state;
	static const uint8_t GOOD[] = {'b', 'm', 1, 1, 0x42, 10, 1, 2, 3, 4, 5, 0xc0, 0x03, 0x2b, 0x01, 0x77};
	side_open(f, &f->a, 1);
	uint8_t bad[200] = {0};
	memcpy(bad, GOOD, sizeof GOOD);
	send_raw(f, bad, 0);
	send_raw(f, bad, 3);
	send_raw(f, bad, 4);               /* no PDU */
	send_raw(f, bad, sizeof GOOD - 1); /* the PDU's own length disagrees */
	send_raw(f, bad, sizeof bad);      /* longer than any frame */
	bad[3] = 9;
	send_raw(f, bad, sizeof GOOD); /* no such kind */
	bad[3] = 2;
	send_raw(f, bad, sizeof GOOD); /* light of a wrong length */
	bad[3] = 1;
	bad[2] = 2;
	send_raw(f, bad, sizeof GOOD); /* a later version */
	run_ms(f, 5);
	assert_int_equal(f->a.heard, 0);
	assert_int_equal(bm_air_stats(f->a.air).malformed, 8);
	send_raw(f, GOOD, sizeof GOOD);
	run_ms(f, 5);
	assert_int_equal(f->a.heard, 1);
	assert_int_equal(bm_air_stats(f->a.air).malformed, 8);
}

static void test_a_full_socket_drops_and_counts_and_never_blocks(void **state)
{
	struct fixture *f = *state;
	side_open(f, &f->a, 1);
	side_open(f, &f->b, 2);
	/* a does not read while b sends. */
	const uint64_t begin = uv_hrtime();
	for (int i = 0; i < 5000; i++)
		bm_station_light(f->b.station, UUID, (uint32_t)i, 0);
	assert_true(uv_hrtime() - begin < 5000000000u);
	const struct bm_air_stats stats = bm_air_stats(f->b.air);
	assert_int_equal(stats.sent + stats.dropped, 5000);
	assert_true(stats.dropped > 0);
	assert_true(stats.sent > 0);
	/* And goes on once a reads again. */
	run_ms(f, 50);
	assert_int_equal(f->a.lights, stats.sent);
	bm_station_light(f->b.station, UUID, 0xabcdef, 0);
	run_ms(f, 5);
	assert_int_equal(f->a.rgb, 0xabcdef);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_advertising_and_light_reach_the_other_process),
		TEST(test_a_newcomer_is_found_by_reading_the_directory_again),
		TEST(test_a_newcomer_that_speaks_can_be_answered_at_once),
		TEST(test_the_socket_of_a_dead_process_is_removed),
		TEST(test_the_directories_are_private),
		TEST(test_a_directory_open_to_others_is_refused),
		TEST(test_a_symbolic_link_is_refused),
		TEST(test_a_directory_of_another_user_is_refused),
		TEST(test_names_that_could_leave_the_directory_are_refused),
		TEST(test_malformed_datagrams_are_counted_and_not_delivered),
		TEST(test_a_full_socket_drops_and_counts_and_never_blocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
