/*
 * BLE_Mesh: the module functions, elements and models of the scripting API. Each is an API function: a binding fills
 * in the arguments, calls it through bm_api_call and raises the fault, if there is one.
 */
#ifndef BM_SCRIPT_MESH_API_H
#define BM_SCRIPT_MESH_API_H

#include "blemesh/base.h"
#include "script/value.h"

struct bm_board;
struct bm_script_element;
struct bm_script_model;

/* name, value. SEN_… are the same numbers under the reference page's names. */
#define BM_MESH_CONSTANTS(X)          \
	X(PROV_ADV, 1)                \
	X(PROV_GATT, 2)               \
	X(PROV_NONE, 4)               \
	X(RELAY, 1)                   \
	X(GATT_PROXY, 2)              \
	X(LOW_POWER, 4)               \
	X(FRIEND, 8)                  \
	X(OOB_INPUT, 1)               \
	X(OOB_OUTPUT, 2)              \
	X(ADDR_ALL_NODES, 0xffff)     \
	X(ADDR_PUBLISH, 0x0000)       \
	X(GEN_ONOFF, 0)               \
	X(GEN_LEVEL, 1)               \
	X(SENSOR, 2)                  \
	X(SENSOR_SETUP, 3)            \
	X(GEN_SENSOR, 2)              \
	X(GEN_SENSOR_SETUP, 3)        \
	X(SERVER, 0)                  \
	X(CLIENT, 1)                  \
	X(STATE_ONOFF, 0)             \
	X(STATE_LEVEL, 3)             \
	X(STATE_LEVEL_DELTA, 7)       \
	X(STATE_LEVEL_MOVE, 11)       \
	X(STATE_SEN_DESCRIPTOR, 14)   \
	X(STATE_SEN, 18)              \
	X(STATE_SEN_COLUMN, 22)       \
	X(STATE_SEN_SERIES, 26)       \
	X(STATE_SEN_SET_CADENCE, 29)  \
	X(STATE_SEN_SET_SETTINGS, 33) \
	X(STATE_SEN_SET_SETTING, 37)  \
	X(SEN_DESCRIPTOR, 14)         \
	X(SEN, 18)                    \
	X(SEN_COLUMN, 22)             \
	X(SEN_SERIES, 26)             \
	X(SEN_SET_CADENCE, 29)        \
	X(SEN_SETTINGS, 33)           \
	X(SEN_SETTING, 37)            \
	X(PROV_REGISTER_EVT, 1)       \
	X(PROV_ENABLE_EVT, 2)         \
	X(PROV_DISABLE_EVT, 3)        \
	X(LINK_OPEN_EVT, 4)           \
	X(LINK_CLOSE_EVT, 5)          \
	X(PROV_COMPLETE_EVT, 6)       \
	X(PROV_RESET_EVT, 7)          \
	X(PROV_OUTPUT_OOB_REQ_EVT, 8) \
	X(PROV_INPUT_OOB_REQ_EVT, 9)  \
	X(ATTENTION_EVT, 10)          \
	X(DEVICE_LINK_EVT, 11)        \
	X(DEVICE_AUTH_EVT, 12)        \
	X(DEVICE_PROVISIONED_EVT, 13) \
	X(DEVICE_FAILED_EVT, 14)      \
	X(NODE_STEP_EVT, 15)          \
	X(NODE_CONFIGURED_EVT, 16)    \
	X(NODE_FAILED_EVT, 17)        \
	X(NODE_RESET_EVT, 18)

enum bm_mesh_constant {
#define X(name, value) BM_MESH_##name = (value),
	BM_MESH_CONSTANTS(X)
#undef X
};

/* Events of a model's callback. */
enum bm_model_callback_event {
	BM_MODEL_EVENT_SET = 0,        /* a server's state was set */
	BM_MODEL_EVENT_GOT = 0,        /* a client: the answer to its Get */
	BM_MODEL_EVENT_SET_ANSWER = 1, /* a client: the answer to its acknowledged Set */
	BM_MODEL_EVENT_STATUS = 2,     /* a client: a Status nobody asked for */
	BM_MODEL_EVENT_TIMEOUT = 3,    /* a client: no answer came */
};

typedef void bm_api_function(struct bm_board *board, void *args, struct bm_fault *fault);

/* Calls an API function on the loop, from an interpreter's thread without its lock. In virtual time a call takes a
 * microsecond, like a reading of the clock. */
void bm_api_call(struct bm_board *board, bm_api_function *function, void *args, struct bm_fault *fault);

struct bm_mesh_init_args {
	struct bm_value name, auth, callback;
};
bm_api_function bm_mesh_init;

struct bm_mesh_prov_args {
	struct bm_value bearer;
};
bm_api_function bm_mesh_set_node_prov;
/* Without arguments: NULL. */
bm_api_function bm_mesh_reset_node_prov;

struct bm_mesh_oob_args {
	struct bm_value oob;
};
bm_api_function bm_mesh_input_oob;

struct bm_mesh_element_args {
	struct bm_value primary, feature, beacon, ttl;
	struct bm_script_element *element; /* out */
};
bm_api_function bm_mesh_create_element;

struct bm_mesh_model_args {
	struct bm_script_element *element;
	struct bm_value type, server_client, callback, value, sen_min, sen_max, sen_res, property_id;
	struct bm_script_model *model; /* out; the callback is held from here on */
};
bm_api_function bm_mesh_add_model;

struct bm_mesh_state_args {
	struct bm_script_model *model;
	struct bm_value state, addr, app_idx, state_type;
	struct bm_value setting_id, x;          /* of a sensor's states: which of them */
	struct bm_value ack, transition, delay; /* of a client's set_state */
	struct bm_value result;                 /* out; bm_value_free it */
};
bm_api_function bm_model_get_state;
bm_api_function bm_model_set_state;
bm_api_function bm_model_status_state;

struct bm_mesh_subscribe_args {
	struct bm_script_model *model;
	struct bm_value addr;
};
bm_api_function bm_model_subscribe;
bm_api_function bm_model_unsubscribe;

struct bm_mesh_publish_args {
	struct bm_script_model *model;
	struct bm_value addr, period, ttl, app_idx;
};
bm_api_function bm_model_set_publication;

/* The board's part. */
bm_time bm_mesh_deadline(const struct bm_board *board);
void bm_mesh_run(struct bm_board *board, bm_time now);

#endif
