/*
 * BLE_Mesh.provisioner: a script's board takes other devices into a network of its own and configures them. API
 * functions as in mesh_api.h, and the board's part.
 */
#ifndef BM_SCRIPT_PROVISIONER_H
#define BM_SCRIPT_PROVISIONER_H

#include "blemesh/node.h"
#include "script/mesh_api.h"

#define BM_PROVISIONER_LIST_MAX 32u

struct bm_script_provisioner;

struct bm_provisioner_new_args {
	struct bm_value net_key, app_key, addr, iv_index, callback;
};
bm_api_function bm_script_provisioner_new;

/* Each of these raises RuntimeError if there is no provisioner. Start and stop: without arguments. */
bm_api_function bm_script_provisioner_start;
bm_api_function bm_script_provisioner_stop;

struct bm_provisioner_callback_args {
	struct bm_value callback;
};
bm_api_function bm_script_provisioner_on_device;

struct bm_provisioner_key_args {
	struct bm_value app_idx, key;
};
bm_api_function bm_script_provisioner_add_app_key;

struct bm_provisioner_provision_args {
	struct bm_value uuid, oob, addr, require_auth, public_key, attention, callback;
};
bm_api_function bm_script_provisioner_provision;

struct bm_provisioner_oob_args {
	struct bm_value uuid, value;
};
bm_api_function bm_script_provisioner_input_oob;
/* Its oob function failed: value is not looked at. */
bm_api_function bm_script_provisioner_oob_failed;

/* Values of a list; a single value is a list of one. given: not None. */
struct bm_provisioner_list {
	bool given;
	struct bm_value values[BM_PROVISIONER_LIST_MAX];
	size_t count;
};

struct bm_provisioner_configure_args {
	struct bm_value node, app_idx, element, publish, period, publish_ttl, ttl, relay, beacon, callback;
	struct bm_provisioner_list bind, subscribe;
};
bm_api_function bm_script_provisioner_configure;

struct bm_provisioner_node_args {
	struct bm_value node, callback;
};
bm_api_function bm_script_provisioner_reset_node;
bm_api_function bm_script_provisioner_remove_node;
/* Ends what is under way with a device. */
bm_api_function bm_script_provisioner_cancel;

/* How what was asked for of a device stands. */
struct bm_provisioner_outcome_args {
	struct bm_value node; /* or none: is anything under way at all? */
	bool done, failed, asks;
	uint16_t addr;
	char text[160]; /* failed: why */
};
bm_api_function bm_script_provisioner_outcome;

struct bm_node_view {
	uint8_t uuid[BM_UUID_LEN];
	uint16_t addr;
	uint8_t elements;
	bool configured;
	size_t page0_len; /* 0: not read yet */
	uint8_t page0[380];
};
struct bm_provisioner_nodes_args {
	struct bm_node_view *nodes; /* out: malloc'ed; NULL if there are none */
	size_t count;
};
bm_api_function bm_script_provisioner_nodes;

/* The board's part. */
/* Functions of the binding's that it may call. */
void bm_script_provisioner_functions(const struct bm_script_provisioner *p,
				     void (*each)(void *ctx, const void *function), void *ctx);
void bm_script_provisioner_event(struct bm_script_provisioner *p, const struct bm_event *event);
void bm_script_provisioner_light(struct bm_script_provisioner *p, const uint8_t uuid[16], uint32_t rgb, bm_time now);
bm_time bm_script_provisioner_deadline(const struct bm_script_provisioner *p);
void bm_script_provisioner_run(struct bm_script_provisioner *p, bm_time now);

#endif
