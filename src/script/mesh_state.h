/*
 * Members of BLE_Mesh as one board has it. For this folder alone.
 */
#ifndef BM_SCRIPT_MESH_STATE_H
#define BM_SCRIPT_MESH_STATE_H

#include "blemesh/level.h"
#include "blemesh/node.h"
#include "blemesh/onoff.h"
#include "blemesh/request.h"
#include "blemesh/sensor.h"
#include "script/callbacks.h"
#include "script/sensor_codec.h"

#define BM_MESH_ELEMENTS_MAX 8u
#define BM_MESH_MODELS_MAX 32u   /* of a script; the foundation models stand beside them */
#define BM_MESH_REQUESTS_MAX 64u /* Gets and acknowledged Sets that wait for their answer */
#define BM_MESH_SENSORS_MAX 16u  /* properties of an element */
#define BM_MESH_SETTINGS_MAX 8u  /* of a sensor */

struct bm_board;
struct bm_mesh;
struct bm_script_model;
struct bm_script_provisioner;

/* A Get or an acknowledged Set to a unicast address, until its answer came or the time is over. */
struct bm_script_request {
	struct bm_request request;
	struct bm_script_model *m; /* NULL: free */
	uint64_t order;
	int event; /* of the answer */
	uint32_t status_opcode;
	uint16_t dst;
	uint16_t property_id, setting_id; /* a sensor's; 0: the opcode says it all */
	bool any;                         /* every status of the opcode is the answer, whatever its property */
	bool heard;                       /* the model's callback got the answer */
};

/* One property of an element's Sensor Server, with what a Sensor Setup Server adds to it. */
struct bm_script_sensor {
	struct bm_sensor_codec codec;
	double value;   /* as set: two octets may be coarser */
	bool described; /* by a SENSOR model; else by a SENSOR_SETUP model, which has brought it along */
	struct bm_sensor_cadence_state cadence; /* set: it says when changes are published; until then each is */
	struct bm_sensor_setting settings[BM_MESH_SETTINGS_MAX];
	uint8_t setting_raw[BM_MESH_SETTINGS_MAX][BM_SENSOR_VALUE_MAX];
	struct bm_sensor_series series;
	struct bm_sensor_column *columns; /* the series' */
	size_t column_capacity;
};

/* The sensors of an element. Several models of a script may stand for one of the stack's: one for each property. */
struct bm_script_sensors {
	struct bm_mesh *mesh;
	struct bm_sensor_server server;
	struct bm_sensor_setup_server setup;
	struct bm_sensor_client client;
	bool has_setup, has_client;
	struct bm_sensor list[BM_MESH_SENSORS_MAX]; /* the server's: ascending property ids */
	struct bm_script_sensor *of[BM_MESH_SENSORS_MAX];
	size_t count;
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
	} as; /* sensors: the element's */
	/* sensors */
	struct bm_sensor_codec codec;
	struct bm_script_sensor *sensor; /* a server's */
	/* clients */
	struct bm_message last_message; /* the callback thread's: read and written under the interpreter's lock */
	bm_time group_until;            /* until then a Status sent to us answers a message to many */
	int group_event;
};

struct bm_mesh {
	struct bm_node *node; /* NULL before init */
	void *memory;         /* the node's: memory_size octets */
	size_t memory_size;
	struct bm_script_element elements[BM_MESH_ELEMENTS_MAX]; /* the primary one first */
	uint8_t secondaries;
	struct bm_script_model models[BM_MESH_MODELS_MAX];
	size_t model_count;
	struct bm_script_sensors *sensors[BM_MESH_ELEMENTS_MAX]; /* NULL: the element has none */
	struct bm_script_request requests[BM_MESH_REQUESTS_MAX];
	uint64_t request_order;
	void *function; /* the provisioning callback, the binding's; NULL: none */
	char name[30];
	struct bm_script_provisioner *provisioner; /* NULL: the board is none */
	bool proxy_client;                         /* it has no advertising bearer once it is a node */
	uint16_t net_idx;                          /* of the network it joined */
	uint8_t bearers;                           /* provisioning bearers the script turned on */
	uint8_t input_action, input_size;          /* what a person is asked for; size 0: nothing */
	bool restored;                             /* a node since before the run, and not reset since */
	uint16_t restored_addr;
	bool store_failed; /* told */
};

#endif
