/*
 * `blemesh node --model …`: a node without a script, for the files of this folder.
 *
 *   unprovisioned, beaconing ⇄ provisioned
 */
#ifndef BM_CLI_DEVICE_H
#define BM_CLI_DEVICE_H

#include <jansson.h>
#include <stdio.h>

#include "blemesh/default_transition_time.h"
#include "blemesh/level.h"
#include "blemesh/onoff.h"
#include "cli/carrier.h"
#include "cli/device/device_options.h"
#include "cli/keys.h"
#include "cli/output.h"
#include "cli/pcapng.h"
#include "script/runtime.h"

struct bm_device;

struct bm_device_sensor_server {
	struct bm_sensor_server server;
	struct bm_sensor_setup_server setup;
	struct bm_sensor_cadence_state cadence[BM_DEVICE_SENSORS_MAX];
};

struct bm_device_model {
	struct bm_device *device;
	enum bm_device_kind kind;
	uint8_t element;
	bool on; /* a switch: what it last asked for */
	union {
		struct bm_onoff_server onoff_server;
		struct bm_onoff_client onoff_client;
		struct bm_level_server level_server;
		struct bm_level_client level_client;
		struct bm_device_sensor_server sensor_server;
		struct bm_sensor_client sensor_client;
		struct bm_default_transition_time_server transition_server;
	} is;
};

struct bm_device {
	struct bm_device_options options;
	struct bm_runtime *rt;
	struct bm_station *station;
	struct bm_carrier carrier;
	struct bm_actor actor;
	struct bm_node *node;
	void *memory;
	struct bm_device_model *models;
	struct bm_sqlite_store *store;
	struct bm_pcapng pcapng;
	struct bm_keys *keys;
	struct bm_output output;        /* of messages */
	struct bm_oob_value wanted_oob; /* is_text: as it is to be */
	bool wants_oob;
	bool store_failed;
	int mute; /* errno of standard output, which takes no more; else 0 */
};

int bm_command_device(int argc, char **argv, char **whole_argv);

/* Tells what happened: a line for people, or with --json an object of the event's name, the time and fields (taken;
 * NULL: none more). */
__attribute__((format(printf, 4, 5))) void bm_device_say(struct bm_device *device, const char *event, json_t *fields,
							 const char *format, ...);
void bm_device_stop(struct bm_device *device);

/* device_models.c: the models that the options ask for, on the node before it starts. */
BM_MUST_USE enum bm_err bm_device_compose(struct bm_device *device);
/* How many models, with those that come along. */
unsigned bm_device_model_count(const struct bm_device_options *options);
/* The states of the servers. */
void bm_device_status(struct bm_device *device);
/* The device's LED, as an onlooker sees it. */
void bm_device_light(struct bm_device *device);
/* What a model makes of a typed word. False: it is not for this kind of model. */
bool bm_device_typed(struct bm_device_model *model, const char *word);

/* device_input.c: takes lines from standard input, on a thread of their own, until there are no more. */
void bm_device_listen(struct bm_device *device);

#endif
