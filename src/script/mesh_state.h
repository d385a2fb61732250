/*
 * Members of BLE_Mesh as one board has it. For this folder alone.
 */
#ifndef BM_SCRIPT_MESH_STATE_H
#define BM_SCRIPT_MESH_STATE_H

#include "blemesh/level.h"
#include "blemesh/node.h"
#include "blemesh/onoff.h"
#include "blemesh/sensor.h"
#include "script/callbacks.h"
#include "script/sensor_scale.h"

#define BM_MESH_ELEMENTS_MAX 8u
#define BM_MESH_MODELS_MAX 32u  /* of a script; the foundation models stand beside them */
#define BM_MESH_REQUESTS_MAX 8u /* Gets to unicast addresses that a model waits for */

struct bm_board;
struct bm_script_model;

/* A Get that waits for its answer; addr 0: free. */
struct bm_mesh_request {
	uint16_t addr;
	bm_time until;
};

struct bm_script_element {
	struct bm_board *board;
	bool created;
	uint8_t index; /* 0: the primary one, to which the rest belongs */
	uint16_t features;
	bool beacon;
	uint8_t ttl;
};

struct bm_script_model {
	struct bm_board *board;
	uint8_t element;
	int type, role;
	void *function; /* the callback, the binding's; NULL: none */
	struct bm_model *model;
	union {
		struct bm_onoff_server onoff_server;
		struct bm_onoff_client onoff_client;
		struct bm_level_server level_server;
		struct bm_level_client level_client;
		struct bm_sensor_server sensor_server;
		struct bm_sensor_client sensor_client;
	} as;
	/* sensors */
	struct bm_sensor_scale scale;
	double value;
	struct bm_sensor sensor;
	/* clients */
	struct bm_mesh_request requests[BM_MESH_REQUESTS_MAX];
	struct bm_message last_message; /* the callback thread's: read and written under the interpreter's lock */
	bm_time group_until;            /* until then a Status sent to us answers a Get to many */
};

struct bm_mesh {
	struct bm_node *node; /* NULL before init */
	void *memory;
	struct bm_script_element elements[BM_MESH_ELEMENTS_MAX]; /* the primary one first */
	uint8_t secondaries;
	struct bm_script_model models[BM_MESH_MODELS_MAX];
	size_t model_count;
	void *function; /* the provisioning callback, the binding's; NULL: none */
	char name[30];
	uint8_t bearers;                  /* provisioning bearers the script turned on */
	uint8_t input_action, input_size; /* what a person is asked for; size 0: nothing */
};

#endif
