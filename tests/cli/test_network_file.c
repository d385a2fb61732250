/*
 * A network's file: what is kept comes back, addresses are given out once, and names are told from addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/network/document.h"
#include "cli/network/heard_name.h"
#include "cli/network/learn.h"
#include "cli/network/network.h"
#include "crypto/crypto.h"

static char folder[] = "/tmp/bm-network-XXXXXX";

static struct bm_network *open_it(bool create)
{
	char error[600] = "";
	struct bm_network *network = bm_network_open("test", create, error, sizeof error);
	if (!network)
		print_message("%s\n", error);
	return network;
}

static int begin(void **state)
{
	snprintf(folder, sizeof folder, "/tmp/bm-network-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	setenv("XDG_STATE_HOME", folder, 1);
	*state = open_it(true);
	return *state ? 0 : -1;
}

static int end(void **state)
{
	char command[sizeof folder + 16];
	bm_network_close(*state);
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

static json_t *add_node(struct bm_network *network, uint8_t number, uint16_t addr, unsigned elements, const char *name)
{
	const uint8_t uuid[BM_UUID_LEN] = {number};
	json_t *node = bm_document_new_node(uuid, addr, elements);
	if (name)
		json_object_set_new(node, "name", json_string(name));
	assert_int_equal(bm_network_keep_node(network, node), BM_OK);
	json_decref(node);
	return bm_network_node(network, addr);
}

static uint16_t resolve(struct bm_network *network, const char *text)
{
	char error[300];
	uint16_t addr = 0;
	return bm_network_resolve(network, text, &addr, error, sizeof error) ? addr : 0;
}

static void test_what_is_kept_comes_back(void **state)
{
	struct bm_network *network = *state;
	assert_true(bm_network_is_new(network));
	json_object_set_new(bm_network_about(network), "meshName", json_string("home"));
	assert_int_equal(bm_network_keep_about(network), BM_OK);
	add_node(network, 2, 0x0010, 2, "lamp");
	add_node(network, 1, 0x0002, 1, NULL);
	json_t *group = json_pack("{s:s, s:s}", "name", "kitchen", "address", "C000");
	assert_int_equal(bm_network_keep_group(network, group), BM_OK);
	json_decref(group);
	bm_network_close(network);
	network = *state = open_it(false);
	assert_false(bm_network_is_new(network));
	assert_string_equal(json_string_value(json_object_get(bm_network_about(network), "meshName")), "home");
	assert_int_equal(json_array_size(bm_network_nodes(network)), 2);
	assert_int_equal(bm_document_addr(json_array_get(bm_network_nodes(network), 0)), 0x0002);
	assert_int_equal(bm_document_elements(bm_network_node(network, 0x0011)), 2);
	assert_null(bm_network_node(network, 0x0012));
	assert_int_equal(resolve(network, "kitchen"), 0xc000);
	assert_int_equal(bm_network_forget_group(network, 0xc000), BM_OK);
	assert_int_equal(resolve(network, "kitchen"), 0);
}

static void test_a_device_is_called_what_it_calls_itself(void **state)
{
	struct bm_network *network = *state;
	static const uint8_t uuid[BM_UUID_LEN] = {7};
	static const struct {
		const char *heard, *name;
	} CASES[] = {
		{"hall", "hall"},
		{"lamp", "lamp-2"},
		{"B\u00fcro Lampe/2 ", "B\u00fcro-Lampe-2"},
		{"--\x1b[2Jx\xff\xc2\x9b\u202ey", "[2Jxy"},
		{"sink", "sink"}, /* its own, of the time when it was a node */
		{"12", ""},
		{"0x0012", ""},
		{"all-nodes", ""},
		{" /-", ""},
		{"", ""},
	};
	add_node(network, 1, 0x0002, 1, "lamp");
	add_node(network, uuid[0], 0x0003, 1, "sink");
	for (size_t i = 0; i < BM_ARRAY_LEN(CASES); i++) {
		char name[BM_NODE_NAME_LEN];
		bm_network_name_heard(network, CASES[i].heard, uuid, name);
		assert_string_equal(name, CASES[i].name);
	}
	assert_non_null(bm_network_device_name_problem(network, "sink", "08"));
	assert_non_null(bm_network_device_name_problem(network, "sink", ""));
	assert_null(bm_network_device_name_problem(network, "sink", "0700"));
	static const uint8_t response[] = {2, 0x0a, 0, 3, 0x09, 'h', 'i'}, cut[] = {9, 0x09, 'h'};
	char heard[BM_HEARD_NAME_LEN];
	assert_true(bm_heard_name(response, sizeof response, heard));
	assert_string_equal(heard, "hi");
	assert_false(bm_heard_name(cut, sizeof cut, heard));
}

static void test_a_new_network_that_was_not_described_leaves_nothing(void **state)
{
	struct stat st;
	char path[200];
	snprintf(path, sizeof path, "%s", bm_network_path(*state));
	bm_network_close(*state);
	assert_int_equal(stat(path, &st), -1);
	*state = NULL;
	char error[600];
	assert_null(bm_network_open("test", false, error, sizeof error));
	assert_non_null(strstr(error, "there is no network test yet"));
}

/* What another process gets when it opens the network: 'o' it is open, 'u' it is in use, '?' anything else. */
static char another_process_gets(void)
{
	const pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execl("/proc/self/exe", "another", "open", (char *)NULL);
		_exit(127);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? (char)WEXITSTATUS(status) : '?';
}

static void test_one_process_has_it_at_a_time(void **state)
{
	assert_int_equal(bm_network_keep_about(*state), BM_OK);
	assert_int_equal(another_process_gets(), 'u');
	/* In this one it is there once, whoever opens it. */
	struct bm_network *again = open_it(false);
	assert_ptr_equal(again, *state);
	bm_network_close(again);
	assert_int_equal(another_process_gets(), 'u');
	bm_network_let_go(*state);
	assert_int_equal(another_process_gets(), 'o');
}

static void test_addresses_are_given_out_once(void **state)
{
	struct bm_network *network = *state;
	assert_int_equal(bm_network_free_address(network, 1), 0x0001);
	assert_int_equal(bm_network_take_address(network, 0x0001, 3), BM_OK);
	assert_int_equal(bm_network_free_address(network, 1), 0x0004);
	add_node(network, 1, 0x0100, 4, NULL);
	assert_int_equal(bm_network_free_address(network, 2), 0x0104);
	assert_false(bm_network_is_free(network, 0x00ff, 2));
	assert_true(bm_network_is_free(network, 0x00fe, 2));
	assert_int_equal(bm_network_exclude(network, 0x00fe, 1), BM_OK);
	assert_false(bm_network_is_free(network, 0x00fd, 2));
	assert_true(bm_network_is_free(network, 0x00ff, 1));
	assert_false(bm_network_is_free(network, 0x7fff, 2));
	assert_false(bm_network_is_free(network, 0x0000, 1));
	/* With the last one given out, what lies between is taken. */
	assert_int_equal(bm_network_take_address(network, 0x7fff, 1), BM_OK);
	assert_int_equal(bm_network_free_address(network, 0x00fe), 0x0104);
	add_node(network, 2, 0x0104, 0x80, NULL);
	assert_int_equal(bm_network_free_address(network, 0x7fff), 0);
	assert_int_equal(bm_network_keep_about(network), BM_OK);
	bm_network_close(network);
	network = *state = open_it(false);
	assert_false(bm_network_is_free(network, 0x00fe, 1));
}

static void test_an_end_in_the_middle_of_provisioning_is_settled_by_the_next_open(void **state)
{
	struct bm_network *network = *state;
	const uint8_t uuid[BM_UUID_LEN] = {7}, dev_key[] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
	const struct bm_store_key key = {.kind = BM_STORE_DEVICE, .index = 0x0020};
	assert_int_equal(bm_network_keep_about(network), BM_OK);
	for (uint16_t addr = 0x0010; addr <= 0x0020; addr += 0x10) {
		json_t *node = bm_document_new_node(uuid, addr, 2);
		assert_int_equal(bm_network_expect_node(network, node), BM_OK);
		json_decref(node);
	}
	assert_int_equal(bm_sqlite_store_put(bm_network_store(network), &key, dev_key, sizeof dev_key), BM_OK);
	for (int again = 0; again < 2; again++) {
		bm_network_close(network);
		network = *state = open_it(false);
		/* Without its device key it is no node of ours, but may think so; with it, it is one. */
		assert_null(bm_network_node(network, 0x0010));
		assert_false(bm_network_is_free(network, 0x0011, 1));
		const json_t *found = bm_network_node(network, 0x0021);
		assert_non_null(found);
		/* Nobody heard it say so. */
		assert_true(json_is_true(json_object_get(json_object_get(found, "blemesh"), BM_NODE_UNCONFIRMED)));
		assert_int_equal(json_array_size(json_object_get(bm_network_about(network), "networkExclusions")), 1);
	}
}

static void test_words_become_addresses(void **state)
{
	struct bm_network *network = *state;
	char name[80];
	add_node(network, 1, 0x0010, 2, "lamp");
	static const struct {
		const char *text;
		uint16_t addr;
	} WORDS[] = {
		{"lamp", 0x0010},
		{"lamp/0", 0x0010},
		{"lamp/1", 0x0011},
		{"lamp/2", 0},
		{"lamp/x", 0},
		{"Lamp", 0},
		{"0x0010", 0x0010},
		{"0x10/1", 0x0011},
		{"16", 0x0010},
		{"0x0010/2", 0},
		{"all-nodes", 0xffff},
		{"ALL-PROXIES", 0xfffc},
		{"all-friends", 0xfffd},
		{"all-relays", 0xfffe},
		{"all-nodes/1", 0},
		{"0xc000", 0xc000},
		{"0", 0},
		{"0x10000", 0},
		{"65536", 0},
		{"", 0},
		{"0x", 0},
		{"/1", 0},
		{"-1", 0},
		{"16 ", 0},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(WORDS); i++)
		if (resolve(network, WORDS[i].text) != WORDS[i].addr)
			fail_msg("%s is 0x%04x", WORDS[i].text, resolve(network, WORDS[i].text));
	bm_network_name_of(network, 0x0011, name, sizeof name);
	assert_string_equal(name, "lamp/1");
	bm_network_name_of(network, 0x0012, name, sizeof name);
	assert_string_equal(name, "0x0012");
	static const char *const bad[] = {"",       "a b", "a/b",       "-a",   "lamp",
					  "0x0010", "16",  "all-nodes", "a\tb", "00112233-4455-6677-8899-aabbccddeeff"};
	for (size_t i = 0; i < BM_ARRAY_LEN(bad); i++)
		assert_non_null(bm_network_name_problem(network, bad[i]));
	assert_null(bm_network_name_problem(network, "k\xc3\xbc"
						     "che"));
}

static void test_a_composition_keeps_what_was_known_of_a_model(void **state)
{
	/* CID, PID, VID, CRPL, relay and low power; front: OnOff Server, a vendor model; back: Level Server. */
	static const uint8_t page0[] = {0x59, 0x00, 0x01, 0x00, 0x02, 0x00, 0x20, 0x00, 0x09, 0x00, 0x00, 0x01, 0x01,
					0x01, 0x00, 0x10, 0x59, 0x00, 0x0a, 0x00, 0x01, 0x01, 0x01, 0x00, 0x02, 0x10};
	const struct bm_model_id onoff = {.id = 0x1000}, vendor = {.vendor = true, .company = 0x59, .id = 0x0a};
	json_t *node = add_node(*state, 1, 0x0010, 1, "lamp");
	assert_true(bm_document_take_composition(node, page0, sizeof page0));
	assert_int_equal(bm_document_elements(node), 2);
	assert_int_equal(bm_document_model_count(node), 3);
	bm_document_bind(node, 0, &onoff, 5);
	bm_document_bind(node, 0, &onoff, 5);
	bm_document_bind(node, 1, &onoff, 5); /* it is not there */
	assert_true(bm_document_take_composition(node, page0, sizeof page0));
	assert_int_equal(json_array_size(json_object_get(bm_document_model(node, 0, &onoff), "bind")), 1);
	assert_non_null(bm_document_model(node, 0, &vendor));
	assert_null(bm_document_model(node, 1, &vendor));
	const json_t *features = json_object_get(node, "features");
	assert_int_equal(json_integer_value(json_object_get(features, "lowPower")), 1);
	assert_int_equal(json_integer_value(json_object_get(features, "proxy")), 2);
	for (size_t len = 0; len < sizeof page0; len++)
		assert_false(bm_document_take_composition(node, page0, len) && len < 10);
	assert_string_equal(bm_document_name(node), "lamp");
}

/* As the other process of another_process_gets. */
static int open_once(void)
{
	char error[600] = "";
	struct bm_network *network = bm_network_open("test", false, error, sizeof error);
	bm_network_close(network);
	return network ? 'o' : strstr(error, "in use by another") ? 'u' : '?';
}

/* Networks imported by an earlier version keep labels as their app wrote them. */
static void test_a_label_is_the_same_with_dashes_and_in_any_case(void **state)
{
	(void)state;
	assert_true(
		bm_document_same_address("0073E7E4-D8B9-440F-AF84-15DF4C56C0E1", "0073e7e4d8b9440faf8415df4c56c0e1"));
	assert_true(bm_document_same_address("C00a", "c00A"));
	assert_false(
		bm_document_same_address("0073E7E4-D8B9-440F-AF84-15DF4C56C0E1", "0073e7e4d8b9440faf8415df4c56c0e2"));
	assert_false(bm_document_same_address("C00A", "C00B"));
	assert_false(bm_document_same_address("C00A", NULL));
	assert_false(bm_document_same_address("nonsense", "nonsense"));
}

static void test_unsubscribing_finds_a_label_written_with_dashes(void **state)
{
	static const uint8_t LABEL[BM_UUID_LEN] = {0x00, 0x73, 0xe7, 0xe4, 0xd8, 0xb9, 0x44, 0x0f,
						   0xaf, 0x84, 0x15, 0xdf, 0x4c, 0x56, 0xc0, 0xe1};
	struct bm_network *network = *state;
	json_t *node = add_node(network, 1, 0x0002, 1, NULL);
	json_t *model = json_pack("{s:s, s:[], s:[s]}", "modelId", "1000", "bind", "subscribe",
				  "0073E7E4-D8B9-440F-AF84-15DF4C56C0E1");
	json_array_append_new(json_object_get(json_array_get(json_object_get(node, "elements"), 0), "models"), model);
	const uint16_t addr = bm_virtual_addr(LABEL);
	/* Config Model Subscription Virtual Address Delete, and its Status. */
	uint8_t request[2 + 2 + BM_UUID_LEN + 2] = {0x80, 0x21, 0x02, 0x00};
	const uint8_t answer[] = {0x80, 0x1f, 0, 0x02, 0x00, (uint8_t)addr, (uint8_t)(addr >> 8), 0x00, 0x10};
	memcpy(request + 4, LABEL, sizeof LABEL);
	request[sizeof request - 1] = 0x10;
	bm_network_learn(network, 0x0002, request, sizeof request, answer, sizeof answer);
	assert_int_equal(json_array_size(json_object_get(model, "subscribe")), 0);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "open") == 0)
		return open_once();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_kept_comes_back, begin, end),
		cmocka_unit_test_setup_teardown(test_a_device_is_called_what_it_calls_itself, begin, end),
		cmocka_unit_test_setup_teardown(test_a_new_network_that_was_not_described_leaves_nothing, begin, end),
		cmocka_unit_test_setup_teardown(test_one_process_has_it_at_a_time, begin, end),
		cmocka_unit_test_setup_teardown(test_addresses_are_given_out_once, begin, end),
		cmocka_unit_test_setup_teardown(test_an_end_in_the_middle_of_provisioning_is_settled_by_the_next_open,
						begin, end),
		cmocka_unit_test_setup_teardown(test_words_become_addresses, begin, end),
		cmocka_unit_test_setup_teardown(test_a_composition_keeps_what_was_known_of_a_model, begin, end),
		cmocka_unit_test(test_a_label_is_the_same_with_dashes_and_in_any_case),
		cmocka_unit_test_setup_teardown(test_unsubscribing_finds_a_label_written_with_dashes, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
