/*
 * The command line of `blemesh node --model …`, read and checked.
 */
#ifndef BM_CLI_DEVICE_OPTIONS_H
#define BM_CLI_DEVICE_OPTIONS_H

#include <getopt.h>

#include "blemesh/node.h"
#include "blemesh/sensor.h"

#define BM_DEVICE_MODELS_MAX 48u
#define BM_DEVICE_SENSORS_MAX 16u /* on an element */
#define BM_DEVICE_ELEMENTS_MAX 16u

enum bm_device_kind {
	BM_DEVICE_ONOFF_SERVER,
	BM_DEVICE_ONOFF_CLIENT,
	BM_DEVICE_LEVEL_SERVER,
	BM_DEVICE_LEVEL_CLIENT,
	BM_DEVICE_SENSOR_SERVER, /* with its setup server */
	BM_DEVICE_SENSOR_CLIENT,
	BM_DEVICE_TRANSITION_SERVER,
	BM_DEVICE_KINDS
};

struct bm_device_model_options {
	enum bm_device_kind kind;
	uint8_t element;
};

struct bm_device_options {
	struct bm_device_model_options models[BM_DEVICE_MODELS_MAX];
	size_t model_count;
	uint8_t elements;
	/* Of each element's sensor server, by ascending property. */
	struct bm_sensor sensors[BM_DEVICE_ELEMENTS_MAX][BM_DEVICE_SENSORS_MAX];
	size_t sensor_count[BM_DEVICE_ELEMENTS_MAX];
	const char *name;
	bool has_uuid;
	uint8_t uuid[BM_UUID_LEN];
	uint8_t bearers; /* BM_PROV_BEARER_* */
	uint16_t features;
	struct bm_prov_caps caps;
	uint8_t static_oob[32];
	size_t static_oob_len;
	bool require_auth;
	const char *state; /* NULL: nothing outlasts the process */
	const char *radio;
	const char *pcap, *keys;
	uint64_t for_us; /* 0: until Ctrl-C */
	bool json, trace, help;
};

extern const char *const bm_device_kind_words[BM_DEVICE_KINDS];
extern const char bm_device_usage[];
extern const struct option bm_device_long_options[];

/* Are these the options of a node that is to be, not of one that is asked about? */
bool bm_device_is_meant(int argc, char **argv);
/* False: error holds the line for the user. Strings point into argv. */
bool bm_device_options_parse(struct bm_device_options *options, int argc, char **argv, char *error, size_t error_len);

#endif
