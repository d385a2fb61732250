/*
 * A C program's node on the virtual air (blemesh/air.h), in a directory of the test's own.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "blemesh/air.h"
#include "blemesh/node_size.h"
#include "blemesh/radio.h"

#define LIMITS(LIMIT) LIMIT(prov_links, 1) LIMIT(remote_dev_keys, 2)
#define PATIENCE_US (20 * (bm_time)BM_US_PER_S)

struct party {
	struct bm_on_air *air;
	struct bm_node *node;
	uint8_t uuid[BM_UUID_LEN];
	unsigned devices_seen;
	uint8_t last_seen[BM_UUID_LEN];
	_Alignas(max_align_t) uint8_t memory[BM_NODE_SIZE(LIMITS)];
};

static char root[64];
static char error[256];

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/bm-on-air-XXXXXX");
	assert_non_null(mkdtemp(root));
	return setenv("XDG_RUNTIME_DIR", root, 1);
}

static int tear_down(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -r '%s'", root);
	return system(command);
}

static void on_event(void *ctx, const struct bm_event *event)
{
	struct party *party = ctx;
	if (event->kind != BM_EVENT_DEVICE_SEEN)
		return;
	party->devices_seen++;
	memcpy(party->last_seen, event->uuid, BM_UUID_LEN);
}

static void join(struct party *party, const char *name, uint8_t number)
{
	memset(party, 0, sizeof *party);
	party->air = bm_on_air_join(name, error, sizeof error);
	assert_non_null(party->air);
	struct bm_node_config config = {.limits = BM_LIMITS_OF(LIMITS), .default_ttl = 7, .uuid = {number}};
	config.caps.algorithms = BM_PROV_ALGS_CMAC;
	memcpy(party->uuid, config.uuid, sizeof party->uuid);
	const struct bm_node_ops ops = {.ctx = party, .random = bm_on_air_random, .event = on_event};
	const struct bm_bearer bearer = bm_on_air_bearer(party->air);
	assert_int_equal(bm_node_init(party->memory, sizeof party->memory, &config, &ops, &bearer, &party->node),
			 BM_OK);
	bm_on_air_attach(party->air, party->node);
	assert_int_equal(bm_node_start(party->node, bm_on_air_now(party->air)), BM_OK);
}

static void leave(struct party *party)
{
	bm_node_wipe(party->node);
	bm_on_air_leave(party->air);
}

/* It will be looking for devices. */
static void make_provisioner(struct party *party)
{
	const struct bm_prov_data data = {.addr = 1};
	const uint8_t key[BM_KEY_LEN] = {1};
	assert_int_equal(bm_node_provision_self(party->node, &data, key, bm_on_air_now(party->air)), BM_OK);
}

/* Both run in turn until the provisioner has seen a device, or for that long. */
static void run_both(struct party *device, struct party *provisioner, bm_time for_us)
{
	const bm_time end = bm_on_air_now(device->air) + for_us;
	while (provisioner->devices_seen == 0 && bm_on_air_now(device->air) < end) {
		bm_on_air_run(device->air, bm_on_air_now(device->air) + 5000);
		bm_on_air_run(provisioner->air, bm_on_air_now(device->air) + 5000);
	}
}

static void test_name_that_is_none_is_refused_and_said_why(void **state)
{
	(void)state;
	static const char *const BAD[] = {"", "a/b", "..", "a b", "abcdefghijklmnopqrstuvwxyz0123456"};
	for (size_t i = 0; i < BM_ARRAY_LEN(BAD); i++) {
		error[0] = '\0';
		assert_null(bm_on_air_join(BAD[i], error, sizeof error));
		assert_true(strlen(error) > 0);
	}
	bm_on_air_leave(NULL);
}

static void test_folder_whose_name_leaves_no_room_for_a_socket_is_refused(void **state)
{
	(void)state;
	char path[160];
	memset(path, 'x', sizeof path);
	memcpy(path, root, strlen(root));
	path[strlen(root)] = '/';
	path[sizeof path - 1] = '\0';
	assert_int_equal(mkdir(path, 0700), 0);
	setenv("XDG_RUNTIME_DIR", path, 1);
	assert_null(bm_on_air_join("test", error, sizeof error));
	assert_non_null(strstr(error, "too long"));
}

static void test_devices_beacon_reaches_a_provisioner_on_the_same_air(void **state)
{
	(void)state;
	static struct party device, provisioner;
	join(&device, "one", 0xd1);
	join(&provisioner, "one", 0xb2);
	make_provisioner(&provisioner);
	assert_int_equal(bm_node_prov_enable(device.node, BM_PROV_BEARER_ADV, bm_on_air_now(device.air)), BM_OK);
	run_both(&device, &provisioner, PATIENCE_US);
	assert_true(provisioner.devices_seen > 0);
	assert_memory_equal(provisioner.last_seen, device.uuid, BM_UUID_LEN);
	leave(&device);
	leave(&provisioner);
}

static void test_airs_of_two_names_do_not_mix_and_a_node_that_is_not_attached_hears_nothing(void **state)
{
	(void)state;
	static struct party device, elsewhere, deaf, hearing;
	join(&device, "one", 0xd1);
	join(&elsewhere, "two", 0xb2);
	join(&deaf, "one", 0xb3);
	join(&hearing, "one", 0xb4);
	make_provisioner(&elsewhere);
	make_provisioner(&deaf);
	make_provisioner(&hearing);
	bm_on_air_attach(deaf.air, NULL);
	assert_int_equal(bm_node_prov_enable(device.node, BM_PROV_BEARER_ADV, bm_on_air_now(device.air)), BM_OK);
	/* What one hears has been there for all of them. */
	run_both(&device, &hearing, PATIENCE_US);
	assert_true(hearing.devices_seen > 0);
	bm_on_air_run(elsewhere.air, bm_on_air_now(device.air) + 1000);
	bm_on_air_run(deaf.air, bm_on_air_now(device.air) + 1000);
	assert_int_equal(elsewhere.devices_seen, 0);
	assert_int_equal(deaf.devices_seen, 0);
	leave(&device);
	leave(&elsewhere);
	leave(&deaf);
	leave(&hearing);
}

static void test_run_waits_until_the_instant_and_not_for_ever_when_something_is_due(void **state)
{
	(void)state;
	static struct party party;
	join(&party, "one", 0xd1);
	assert_true(bm_on_air_deadline(party.air) == BM_TIME_NEVER);
	const bm_time until = bm_on_air_now(party.air) + 30000;
	while (bm_on_air_now(party.air) < until)
		bm_on_air_run(party.air, until);
	assert_true(bm_on_air_deadline(party.air) == BM_TIME_NEVER);
	/* The node's beacons are due one after the other: for ever is not waited for. */
	assert_int_equal(bm_node_prov_enable(party.node, BM_PROV_BEARER_ADV, bm_on_air_now(party.air)), BM_OK);
	for (int i = 0; i < 3; i++) {
		const bm_time due = bm_on_air_deadline(party.air);
		assert_true(due != BM_TIME_NEVER);
		for (int runs = 0; runs < 1000 && bm_on_air_now(party.air) < due; runs++)
			bm_on_air_run(party.air, BM_TIME_NEVER);
		assert_true(bm_on_air_now(party.air) >= due);
	}
	leave(&party);
}

static unsigned sockets_in(const char *path)
{
	unsigned count = 0;
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		char below[512];
		snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			count += sockets_in(below);
		else if (entry->d_type == DT_SOCK)
			count++;
	}
	closedir(dir);
	return count;
}

static void test_who_leaves_leaves_no_socket(void **state)
{
	(void)state;
	static struct party one, other;
	join(&one, "one", 1);
	join(&other, "one", 2);
	assert_int_equal(sockets_in(root), 2);
	leave(&one);
	assert_int_equal(sockets_in(root), 1);
	leave(&other);
	assert_int_equal(sockets_in(root), 0);
}

static void test_radio_that_goes_away_is_no_signal(void **state)
{
	(void)state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char radio[sizeof address.sun_path + 5];
	const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s/hci", root);
	snprintf(radio, sizeof radio, "unix:%s", address.sun_path);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 1), 0);
	struct bm_on_air *on_air = bm_on_radio_open(radio, error, sizeof error);
	assert_non_null(on_air);
	const int controller = accept(listener, NULL, NULL);
	assert_true(controller >= 0);
	close(controller);
	close(listener);
	/* The reset goes to nobody. */
	bm_on_air_leave(on_air);
}

static void test_random_octets_are_not_the_same_twice(void **state)
{
	(void)state;
	uint8_t one[64] = {0}, other[64] = {0}, none[64] = {0};
	bm_on_air_random(NULL, one, sizeof one);
	bm_on_air_random(NULL, other, sizeof other);
	assert_memory_not_equal(one, other, sizeof one);
	assert_memory_not_equal(one + 48, none, 16);
	bm_on_air_random(NULL, none, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_name_that_is_none_is_refused_and_said_why),
		TEST(test_folder_whose_name_leaves_no_room_for_a_socket_is_refused),
		TEST(test_devices_beacon_reaches_a_provisioner_on_the_same_air),
		TEST(test_airs_of_two_names_do_not_mix_and_a_node_that_is_not_attached_hears_nothing),
		TEST(test_run_waits_until_the_instant_and_not_for_ever_when_something_is_due),
		TEST(test_who_leaves_leaves_no_socket),
		TEST(test_radio_that_goes_away_is_no_signal),
		TEST(test_random_octets_are_not_the_same_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
